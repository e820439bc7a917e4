import { CheckInMethod, ReviewReason, type CheckIn } from '../feed/check-in.entity.js';
import { AttendanceFlag, AttendanceState, EvidenceGrade, type Attendance } from './attendance.entity.js';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** As in the rules of check-in: a clock that runs ahead by more is wrong. */
const skewMs = 2 * minuteMs;
/** What reaches us later than this is no scan of the day any more: somebody looks at it. */
export const lateBatchMs = 24 * hourMs;
/** How long service that was entered later is shown to everybody before it counts. */
export const publicationMs = 7 * 24 * hourMs;
/** The longest service that can be entered at once. */
export const longestEntryMs = 24 * hourMs;

/** An event's own times, and when people may check in and out. */
export interface EventTimes {
  endsAt: Date;
  opensAt: Date;
  closesAt: Date;
}

/** A row of the table but for what the table itself adds; `id` is 0 before it is stored. */
export type Stay = Omit<Attendance, 'nodeKey' | 'nodeId' | 'event' | 'volunteer' | 'post'>;

/** What the rules need of a row of the log. */
export type LogRow = Pick<
  CheckIn,
  | 'eventId'
  | 'sequence'
  | 'volunteerId'
  | 'postId'
  | 'teamId'
  | 'stationId'
  | 'schoolId'
  | 'direction'
  | 'method'
  | 'at'
  | 'recordedAt'
  | 'review'
  | 'arrives'
  | 'endsSequence'
  | 'minutes'
>;

/**
 * Books rows of an event's log, in order, into stays. Pure; the same rows in any grouping give the same stays. `known` are
 * the stays that the rows may end or complete. Tells which stays are new or changed; those changed are those of `known`.
 */
export function bookRows(rows: readonly LogRow[], known: readonly Stay[], event: EventTimes): Stay[] {
  const byCheckIn = new Map<number, Stay>();
  /** The latest check-out of a person that nobody had checked in for. */
  const waiting = new Map<number, Stay>();
  for (const stay of known) {
    if (stay.inSequence !== null) byCheckIn.set(stay.inSequence, stay);
    else waiting.set(stay.volunteerId, stay);
  }
  const changed = new Set<Stay>();

  for (const row of rows) {
    const time = timeOf(row, event);
    const ended = row.endsSequence === null ? undefined : byCheckIn.get(row.endsSequence);
    if (ended) {
      end(ended, row, time, event);
      changed.add(ended);
    }
    if (row.direction === 'IN') {
      const before = row.arrives ? undefined : waiting.get(row.volunteerId);
      const stay = before ? complete(before, row, time) : begin(row, time);
      waiting.delete(row.volunteerId);
      byCheckIn.set(row.sequence, stay);
      changed.add(stay);
    } else if (row.review === ReviewReason.OUT_WITHOUT_IN) {
      const stay = outAlone(row, time);
      waiting.set(row.volunteerId, stay);
      changed.add(stay);
    }
  }
  return [...changed];
}

/** When it was, as far as it is believed: a clock that is plainly wrong tells nothing, so the time of arrival has to do. */
export function timeOf({ at, recordedAt, review }: LogRow, { opensAt, closesAt }: EventTimes): Date {
  const wrong = review === ReviewReason.CLOCK || at < opensAt || at > closesAt;
  return wrong || at > recordedAt ? recordedAt : at;
}

function begin(row: LogRow, time: Date): Stay {
  const { eventId, volunteerId, postId, teamId, stationId, schoolId, sequence } = row;
  return {
    id: 0,
    ...{ eventId, volunteerId, postId, teamId, stationId, schoolId },
    inAt: time,
    outAt: null,
    minutes: null,
    grade: isScan(row.method) ? EvidenceGrade.A : EvidenceGrade.B,
    state: AttendanceState.OPEN,
    flags: flagsOf(row),
    inSequence: sequence,
    outSequence: null,
    decidedAt: null,
    content: null,
    entryKey: null,
    enteredByAccountId: null,
    signedByAccountId: null,
    publishedUntil: null,
    version: 1,
    settled: false,
  };
}

function end(stay: Stay, row: LogRow, time: Date, event: EventTimes): void {
  stay.outSequence = row.sequence;
  if (stay.decidedAt) {
    addFlags(stay, [AttendanceFlag.OUT_AFTER_DECISION]);
    return;
  }
  stay.flags = stay.flags.filter((flag) => flag !== AttendanceFlag.NO_CHECK_OUT);
  addFlags(stay, flagsOf(row));
  if (!isScan(row.method)) stay.grade = EvidenceGrade.B;
  const isLong = row.minutes === null;
  if (isLong) addFlags(stay, [AttendanceFlag.LONG_STAY]);
  const proposed = isLong && time > event.endsAt ? event.endsAt : time;
  settleTimes(stay, stay.inAt, proposed, row.review === ReviewReason.CLOCK ? null : row.minutes);
}

/** A check-in that comes after its check-out. */
function complete(stay: Stay, row: LogRow, time: Date): Stay {
  const { postId, teamId, stationId, schoolId } = row;
  Object.assign(stay, { postId, teamId, stationId, schoolId, inSequence: row.sequence });
  if (stay.decidedAt) return stay;
  stay.flags = stay.flags.filter((flag) => flag !== AttendanceFlag.OUT_WITHOUT_IN);
  addFlags(stay, flagsOf(row));
  if (!isScan(row.method)) stay.grade = EvidenceGrade.B;
  settleTimes(stay, time, stay.outAt!, row.minutes);
  return stay;
}

/** What nobody checked in for lasts no time, until somebody says how long it was. */
function outAlone(row: LogRow, time: Date): Stay {
  const stay = { ...begin(row, time), inSequence: null, outSequence: row.sequence };
  addFlags(stay, [AttendanceFlag.OUT_WITHOUT_IN]);
  settleTimes(stay, time, time, 0);
  return stay;
}

function settleTimes(stay: Stay, inAt: Date, outAt: Date, minutes: number | null): void {
  const end = outAt < inAt ? inAt : outAt;
  Object.assign(stay, { inAt, outAt: end, minutes: minutes ?? wholeMinutes(inAt, end) });
  stay.state = stay.flags.some((flag) => doubtful.has(flag)) ? AttendanceState.PROVISIONAL : AttendanceState.CONFIRMED;
}

/** With any of these the times are a proposal. */
const doubtful: ReadonlySet<AttendanceFlag> = new Set([
  AttendanceFlag.LATE_BATCH,
  AttendanceFlag.CLOCK,
  AttendanceFlag.LONG_STAY,
  AttendanceFlag.OUT_WITHOUT_IN,
  AttendanceFlag.NO_CHECK_OUT,
]);

function flagsOf({ at, recordedAt, review }: LogRow): AttendanceFlag[] {
  const flags: AttendanceFlag[] = [];
  if (review === ReviewReason.CLOCK || at.getTime() - recordedAt.getTime() > skewMs) flags.push(AttendanceFlag.CLOCK);
  if (review === ReviewReason.LATE) flags.push(AttendanceFlag.LATE);
  if (review === ReviewReason.LONG_STAY) flags.push(AttendanceFlag.LONG_STAY);
  if (recordedAt.getTime() - at.getTime() > lateBatchMs) flags.push(AttendanceFlag.LATE_BATCH);
  return flags;
}

function addFlags(stay: Stay, flags: readonly AttendanceFlag[]): void {
  stay.flags = [...new Set([...stay.flags, ...flags])];
}

/** A code that was scanned speaks for itself; everything else is somebody's word. */
function isScan(method: CheckInMethod): boolean {
  return method === CheckInMethod.POST_CODE || method === CheckInMethod.VOLUNTEER_PASS;
}

/** Instants are subtracted; parts of a minute do not count. */
export function wholeMinutes(from: Date, to: Date): number {
  return Math.floor((to.getTime() - from.getTime()) / minuteMs);
}
