import type { CheckInDirection, CheckInMethod } from '../feed/check-in.entity.js';
import { ReviewReason } from '../feed/check-in.entity.js';
import type { PostPath, TallyEffect } from '../feed/tally.rules.js';

const minuteMs = 60_000;
/** A device's clock may differ from ours by this much before somebody should look. */
const skewMs = 2 * minuteMs;
/** Told later than this, a record is flagged: its evidence is weaker. */
const lateMs = 15 * minuteMs;
/** A stay longer than a day is a forgotten check-out: no minutes before somebody has looked. */
const longestStayMs = 24 * 60 * minuteMs;

/** What somebody reports, after its codes and rights were checked. */
export interface Scan {
  /** Lower-case UUID made by the client. */
  key: string;
  /** Hex of the hash over the whole request. */
  bodyHash: string;
  direction: CheckInDirection;
  method: CheckInMethod;
  /** Null when somebody checks out wherever they are. */
  postId: number | null;
  volunteerId: number;
  /** By the device's clock; null means now. */
  at: Date | null;
  /** The code that was scanned had not been on the post's screen at `at`, but is there now: that clock is behind. */
  clockBehind?: boolean;
  note: string | null;
  recordedBy: number | null;
  /** The unit at and below which the recorder may act; null is no such limit. */
  scopeId: number | null;
}

/** Where one person is in one event. */
export interface Whereabouts {
  stay: (PostPath & { since: Date; inSequence: number }) | null;
  /** A check-out that came without a check-in and may still meet it. */
  pendingOutAt: Date | null;
  /** Everywhere that this person has checked in, the latest last. */
  visits: PostPath[];
}

export const nowhere: Whereabouts = { stay: null, pendingOutAt: null, visits: [] };

export interface Circumstances {
  window: { opensAt: Date; closesAt: Date };
  /** The post that was named; undefined when there is none of that key. */
  post: PostPath | undefined;
  volunteerExists: boolean;
  /** Since when the person does not serve; none for everybody else. */
  suspendedSince?: Date;
  whereabouts: Whereabouts;
  now: Date;
}

/** A row of the log but for its number and what the scan itself says. */
export type Effect = TallyEffect & {
  at: Date;
  review: ReviewReason | null;
  endsSequence: number | null;
};

export type Decision =
  | { kind: 'record'; effect: Effect; whereabouts: (sequence: number) => Whereabouts }
  | { kind: 'already'; sequence: number }
  | { kind: 'closed' }
  /** They do not serve at present. Who is here already can leave, though. */
  | { kind: 'suspended' }
  /** No such post or person, or not within the recorder's unit: both read the same. */
  | { kind: 'absent' }
  /** A check-out by somebody who never checked in, and no post was named: there is nothing to write down. */
  | { kind: 'no-post' };

/**
 * What one scan does. Pure: the same scan in the same circumstances always does the same.
 * - In, not present: recorded. In at the same post: already there. In at another post: one row, a move.
 * - Out, present: ends the stay. Out, not present: kept for review, and paired when the check-in arrives later.
 * - A wrong clock or a late report is recorded and flagged, never refused, as long as it reached us or happened while
 *   check-in was open.
 */
export function decide(scan: Scan, circumstances: Circumstances): Decision {
  const { window, post, volunteerExists, whereabouts, now } = circumstances;
  if (!volunteerExists || (scan.postId !== null && !post)) return { kind: 'absent' };
  if (post && scan.scopeId !== null && !pathIncludes(post, scan.scopeId)) return { kind: 'absent' };

  const told = scan.at ?? now;
  const isOpen = (time: Date) => time >= window.opensAt && time <= window.closesAt;
  if (!isOpen(told) && !isOpen(now)) return { kind: 'closed' };
  const { suspendedSince } = circumstances;
  if (scan.direction === 'IN' && suspendedSince && told >= suspendedSince) return { kind: 'suspended' };
  // A clock that is plainly wrong tells nothing about when it was: the time of arrival has to do.
  const offMs = told.getTime() - now.getTime();
  const clockWrong = !isOpen(told) || offMs > skewMs || (scan.clockBehind === true && offMs < -skewMs);
  const time = clockWrong || told > now ? now : told;
  const late = now.getTime() - time.getTime() > lateMs;
  const flag = clockWrong ? ReviewReason.CLOCK : late ? ReviewReason.LATE : null;

  return scan.direction === 'IN'
    ? decideIn(told, time, flag, post!, whereabouts)
    : decideOut(scan, told, time, flag, post, whereabouts);
}

function decideIn(told: Date, time: Date, flag: ReviewReason | null, post: PostPath, was: Whereabouts): Decision {
  const { stay } = was;
  if (stay?.postId === post.postId) return { kind: 'already', sequence: stay.inSequence };
  const firstLevels = firstLevelsOf(post, was.visits);
  const visits = [...was.visits.filter((visit) => visit.postId !== post.postId), pathOf(post)];
  const effect: Effect = {
    ...pathOf(post),
    ...notLeft,
    direction: 'IN',
    at: told,
    firstLevels,
    arrives: true,
    review: flag,
  };

  if (!stay && was.pendingOutAt && was.pendingOutAt >= time && !isLong(time, was.pendingOutAt)) {
    // The check-out had arrived first: the stay is complete, and nobody is on site.
    const minutes = wholeMinutes(time, was.pendingOutAt);
    return {
      kind: 'record',
      effect: { ...effect, arrives: false, minutes },
      whereabouts: () => ({ stay: null, pendingOutAt: null, visits }),
    };
  }
  return {
    kind: 'record',
    effect: stay ? { ...effect, ...endStay(stay, time, flag) } : effect,
    whereabouts: (sequence) => ({
      stay: { ...pathOf(post), since: time, inSequence: sequence },
      pendingOutAt: null,
      visits,
    }),
  };
}

function decideOut(
  scan: Scan,
  told: Date,
  time: Date,
  flag: ReviewReason | null,
  post: PostPath | undefined,
  was: Whereabouts,
): Decision {
  const base = { direction: 'OUT' as const, at: told, firstLevels: 0, arrives: false };
  const { stay } = was;
  if (stay && time >= stay.since) {
    if (scan.scopeId !== null && !pathIncludes(stay, scan.scopeId)) return { kind: 'absent' };
    return {
      kind: 'record',
      effect: { ...pathOf(stay), ...base, ...endStay(stay, time, flag) },
      whereabouts: () => ({ ...was, stay: null, pendingOutAt: null }),
    };
  }
  const place = post ?? stay ?? was.visits.at(-1);
  if (!place) return { kind: 'no-post' };
  if (scan.scopeId !== null && !pathIncludes(place, scan.scopeId)) return { kind: 'absent' };
  return {
    kind: 'record',
    effect: {
      ...pathOf(place),
      ...base,
      ...notLeft,
      // Somebody who is here cannot have left before they came: an older report, or a wrong clock. The stay goes on.
      review: stay ? ReviewReason.CLOCK : ReviewReason.OUT_WITHOUT_IN,
    },
    whereabouts: () => (stay ? was : { ...was, pendingOutAt: time }),
  };
}

const notLeft = {
  leftPostId: null,
  leftTeamId: null,
  leftStationId: null,
  leftSchoolId: null,
  endsSequence: null,
  minutes: null,
};

function endStay(stay: NonNullable<Whereabouts['stay']>, time: Date, flag: ReviewReason | null) {
  const left = {
    leftPostId: stay.postId,
    leftTeamId: stay.teamId,
    leftStationId: stay.stationId,
    leftSchoolId: stay.schoolId,
    endsSequence: stay.inSequence,
  };
  if (time < stay.since) return { ...left, minutes: 0, review: ReviewReason.CLOCK };
  if (isLong(stay.since, time)) return { ...left, minutes: null, review: ReviewReason.LONG_STAY };
  return { ...left, minutes: wholeMinutes(stay.since, time), review: flag };
}

/** Instants are subtracted, so midnight and the change of clocks give true minutes; parts of a minute do not count. */
function wholeMinutes(from: Date, to: Date): number {
  return Math.floor((to.getTime() - from.getTime()) / minuteMs);
}

function isLong(from: Date, to: Date): boolean {
  return to.getTime() - from.getTime() > longestStayMs;
}

/** At how many levels, from the post up to the whole event, this is the person's first time. */
function firstLevelsOf(post: PostPath, visits: PostPath[]): number {
  if (visits.length === 0) return 5;
  if (!visits.some((visit) => visit.schoolId === post.schoolId)) return 4;
  if (!visits.some((visit) => visit.stationId === post.stationId)) return 3;
  if (!visits.some((visit) => visit.teamId === post.teamId)) return 2;
  return visits.some((visit) => visit.postId === post.postId) ? 0 : 1;
}

function pathOf({ postId, teamId, stationId, schoolId }: PostPath): PostPath {
  return { postId, teamId, stationId, schoolId };
}

function pathIncludes(path: PostPath, unitId: number): boolean {
  return path.postId === unitId || path.teamId === unitId || path.stationId === unitId || path.schoolId === unitId;
}
