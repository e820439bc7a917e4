import type pg from 'pg';
import { actorName } from '../access/access.service.js';
import { AuditAction } from '../audit/audit-entry.entity.js';
import { recordAudit, requireReason } from '../audit/audit.service.js';
import type { Context } from '../kernel/context.js';
import { AppError, notFound } from '../kernel/errors.js';
import { numericKey } from '../kernel/global-id.js';
import { staleEdit, type StaleEdit } from '../kernel/refusal.js';
import { requireText } from '../kernel/text.js';
import { reachOf, type Reach } from '../kernel/viewer.js';
import { requireEvent } from '../event/event.service.js';
import { isWithin, requireUnit, unitPath } from '../hierarchy/hierarchy.service.js';
import { volunteerInReach } from '../volunteer/volunteer.service.js';
import { Attendance, AttendanceState, EvidenceGrade } from './attendance.entity.js';
import type { CorrectAttendanceInput, EnterServiceInput } from './attendance.input.js';
import { messages } from './attendance.messages.js';
import {
  AttendanceConfirmed,
  AttendanceRefusalReason,
  AttendanceRefused,
  AttendanceSaved,
} from './attendance.result.js';
import { longestEntryMs, publicationMs, wholeMinutes } from './attendance.rules.js';
import { attendanceBell } from './bookkeeper.js';

/** Of how many stays one call may decide. */
const most = 100;

const { OWN, STILL_OPEN, NOT_WAITING, TIMES, OVERLAP, SAME_PERSON, ACCOUNT_NEEDED } = AttendanceRefusalReason;

/** Whether a stay lies where the viewer acts: at their unit or below it. */
export function isAtReach(
  stay: Pick<Attendance, 'postId' | 'teamId' | 'stationId' | 'schoolId'>,
  reach: Reach,
): boolean {
  if (typeof reach === 'string') return reach === 'everywhere';
  return [stay.postId, stay.teamId, stay.stationId, stay.schoolId].includes(reach);
}

/** Makes the proposals of these stays count. All of them, or none. */
export async function confirmAttendance(ctx: Context, ids: readonly string[]) {
  if (ids.length === 0 || ids.length > most) throw new AppError('BAD_USER_INPUT', messages[ctx.locale].tooMany);
  const keys = [...new Set(ids.map((id) => keyOf(ctx, id)))].toSorted((a, b) => a - b);
  const answer = await ctx.db.transaction(async (client) => {
    const stays = await hold(ctx, client, keys);
    const reason = stays.map((stay) => (isOwn(ctx, stay) ? OWN : decidable(stay))).find((it) => it !== undefined);
    if (reason) return refused(ctx, reason);
    for (const stay of stays) {
      // Confirmed already is as good.
      if (stay.state !== AttendanceState.PROVISIONAL) continue;
      const grade = stay.grade === EvidenceGrade.A ? EvidenceGrade.B : stay.grade;
      await change(ctx, client, stay, { state: AttendanceState.CONFIRMED, grade }, null);
    }
    await audit(ctx, client, AuditAction.ATTENDANCE_CONFIRMED, stays[0]!, null, {
      stays: stays.map(({ id }) => String(id)),
    });
    return stays;
  });
  return answer instanceof AttendanceRefused
    ? answer
    : Object.assign(new AttendanceConfirmed(), { attendances: answer });
}

/** Gives a stay other times; what it was stays beside it. From then on it counts, by a person's word. */
export async function correctAttendance(ctx: Context, input: CorrectAttendanceInput) {
  const reason = requireReason(ctx, input.reason);
  const { inAt, outAt } = input;
  return edit(ctx, input.attendance, input.version, async (client, stay) => {
    const fault = decidable(stay) ?? (areTimes(ctx, inAt, outAt) ? undefined : TIMES);
    if (fault) return refused(ctx, fault);
    if (await overlapsOther(client, stay.volunteerId, inAt, outAt, stay.id)) return refused(ctx, OVERLAP);
    const grade = stay.grade === EvidenceGrade.A ? EvidenceGrade.B : stay.grade;
    const counts = { state: AttendanceState.CONFIRMED, grade, inAt, outAt, minutes: wholeMinutes(inAt, outAt) };
    await change(ctx, client, stay, counts, reason);
    await audit(ctx, client, AuditAction.ATTENDANCE_CORRECTED, stay, reason);
    return saved(stay);
  });
}

/** Lets a stay count no longer, whatever it was; what it was stays beside it. */
export async function annulAttendance(ctx: Context, id: string, version: number, reason: string) {
  const why = requireReason(ctx, reason);
  return edit(ctx, id, version, async (client, stay) => {
    if (stay.state === AttendanceState.OPEN) return refused(ctx, STILL_OPEN);
    if (stay.state === AttendanceState.ANNULLED) return refused(ctx, NOT_WAITING);
    await change(ctx, client, stay, { state: AttendanceState.ANNULLED }, why);
    await audit(ctx, client, AuditAction.ATTENDANCE_ANNULLED, stay, why);
    return saved(stay);
  });
}

/**
 * Enters service that nobody checked in for: of the weakest grade, and worth nothing before somebody else has signed and it
 * was shown to everybody for a week.
 */
export async function enterService(ctx: Context, input: EnterServiceInput) {
  const text = messages[ctx.locale];
  const content = requireText(input.content.trim(), ctx.locale);
  if (content === '' || [...content].length > 200) throw new AppError('BAD_USER_INPUT', text.content);
  const post = await requireUnit(ctx, input.post);
  const volunteerKey = numericKey(input.volunteer, 'Volunteer');
  const volunteer = volunteerKey === undefined ? null : await volunteerInReach(ctx, volunteerKey);
  if (post.levelNumber !== 4 || !volunteer || !(await isWithin(ctx, post.id, reachOf(ctx.viewer)))) {
    throw notFound(ctx.locale);
  }
  const event = input.event ? await requireEvent(ctx, input.event) : null;
  const { accountId } = ctx.viewer;
  if (accountId === null) return refused(ctx, ACCOUNT_NEEDED);
  if (volunteer.id === ctx.viewer.volunteerId) return refused(ctx, OWN);
  const { inAt, outAt } = input;
  if (!areTimes(ctx, inAt, outAt)) return refused(ctx, TIMES);
  const [schoolId, stationId, teamId] = await unitPath(ctx).load(post.id);
  const key = input.key.toLowerCase().replace(/[{}]/g, '');

  return ctx.db.transaction(async (client) => {
    // Whoever enters something for the same person waits: two entries for one afternoon do not pass each other.
    await client.query('select from volunteer where id = $1 for no key update', [volunteer.id]);
    const { rows: known } = await client.query<Attendance>(
      `select ${ctx.db.columns(Attendance, 'a')} from attendance a where a.entry_key = $1`,
      [key],
    );
    if (known[0]) {
      const same =
        known[0].volunteerId === volunteer.id &&
        known[0].postId === post.id &&
        known[0].enteredByAccountId === accountId &&
        known[0].content === content;
      if (!same) throw new AppError('IDEMPOTENCY_MISMATCH', text.mismatch);
      return saved(Object.assign(new Attendance(), known[0]));
    }
    if (await overlapsOther(client, volunteer.id, inAt, outAt, 0)) return refused(ctx, OVERLAP);
    const { rows } = await client.query<Attendance>(
      `insert into attendance as a (event_id, volunteer_id, post_id, team_id, station_id, school_id, in_at, out_at, minutes, grade,
         state, content, entry_key, entered_by_account_id, decided_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'C', 'UNSIGNED', $10, $11, $12, $13)
       returning ${ctx.db.columns(Attendance, 'a')}`,
      [
        event?.id ?? null,
        ...[volunteer.id, post.id, teamId, stationId, schoolId],
        ...[inAt, outAt, wholeMinutes(inAt, outAt), content, key, accountId, ctx.clock()],
      ],
    );
    const stay = Object.assign(new Attendance(), rows[0]);
    await audit(ctx, client, AuditAction.SERVICE_ENTERED, stay, null);
    return saved(stay);
  });
}

/** The second signature: from now on it is shown to everybody, and counts after a week unless somebody annuls it. */
export async function signService(ctx: Context, id: string) {
  return ctx.db.transaction(async (client) => {
    const [stay] = await hold(ctx, client, [keyOf(ctx, id)]);
    const { accountId } = ctx.viewer;
    if (accountId === null) return refused(ctx, ACCOUNT_NEEDED);
    if (isOwn(ctx, stay!)) return refused(ctx, OWN);
    if (stay!.state !== AttendanceState.UNSIGNED) return refused(ctx, NOT_WAITING);
    if (stay!.enteredByAccountId === accountId) return refused(ctx, SAME_PERSON);
    const publishedUntil = new Date(ctx.clock().getTime() + publicationMs);
    const signed = { state: AttendanceState.PUBLISHED, signedByAccountId: accountId, publishedUntil };
    await change(ctx, client, stay!, signed, null);
    await audit(ctx, client, AuditAction.SERVICE_SIGNED, stay!, null);
    return saved(stay!);
  });
}

type Answer = AttendanceSaved | AttendanceRefused;

/** Runs `work` on a stay that the viewer may decide on, unless somebody changed it since its `version`. */
async function edit(
  ctx: Context,
  id: string,
  version: number,
  work: (client: pg.ClientBase, stay: Attendance) => Promise<Answer>,
): Promise<Answer | StaleEdit> {
  const answer = await ctx.db.transaction(async (client) => {
    const [stay] = await hold(ctx, client, [keyOf(ctx, id)]);
    if (isOwn(ctx, stay!)) return refused(ctx, OWN);
    return stay!.version === version
      ? work(client, stay!)
      : { by: await changedBy(client, stay!), version: stay!.version };
  });
  // Whose name it is, is asked when the connection is back: nobody waits for a second one with one in hand.
  if (!('by' in answer)) return answer;
  return staleEdit(ctx.locale, answer.by && (await actorName(ctx).load(answer.by)), answer.version);
}

/** Stays by key, locked, all of them where the viewer acts; NOT_FOUND otherwise. */
async function hold(ctx: Context, client: pg.ClientBase, keys: readonly number[]): Promise<Attendance[]> {
  const { rows } = await client.query<Attendance>(
    `select ${ctx.db.columns(Attendance, 'a')} from attendance a where a.id = any($1) order by a.id for update`,
    [keys],
  );
  const reach = reachOf(ctx.viewer);
  if (rows.length !== keys.length || !rows.every((row) => isAtReach(row, reach))) throw notFound(ctx.locale);
  return rows.map((row) => Object.assign(new Attendance(), row));
}

type Change = Partial<
  Pick<Attendance, 'state' | 'grade' | 'inAt' | 'outAt' | 'minutes' | 'signedByAccountId' | 'publishedUntil'>
>;

async function change(ctx: Context, client: pg.ClientBase, stay: Attendance, to: Change, reason: string | null) {
  const { state: oldState, inAt: oldInAt, outAt: oldOutAt } = stay;
  const now = ctx.clock();
  Object.assign(stay, to, { version: stay.version + 1, decidedAt: now, settled: false });
  await client.query(
    `with changed as (
       update attendance set state = $2, grade = $3, in_at = $4, out_at = $5, minutes = $6, signed_by_account_id = $7,
         published_until = $8, version = $9, decided_at = $10, settled = false where id = $1
     )
     insert into attendance_change (attendance_id, at, account_id, key_id, reason, version, old_state, new_state, old_in_at,
       old_out_at, new_in_at, new_out_at)
     values ($1, $10, $11, $12, $13, $9, $14, $2, $15, $16, $4, $5)`,
    [
      ...[stay.id, stay.state, stay.grade, stay.inAt, stay.outAt, stay.minutes, stay.signedByAccountId],
      ...[
        stay.publishedUntil,
        stay.version,
        now,
        ctx.viewer.accountId,
        ctx.viewer.keyId,
        reason,
        oldState,
        oldInAt,
        oldOutAt,
      ],
    ],
  );
  await client.query(`select pg_notify('${attendanceBell}', '')`);
}

async function changedBy(client: pg.ClientBase, { id, version }: Attendance) {
  const { rows } = await client.query<{ accountId: number | null; keyId: number | null }>(
    `select account_id as "accountId", key_id as "keyId" from attendance_change where attendance_id = $1 and version = $2`,
    [id, version],
  );
  return rows[0] ?? null;
}

async function overlapsOther(client: pg.ClientBase, volunteerId: number, inAt: Date, outAt: Date, but: number) {
  const { rows } = await client.query(
    `select from attendance where volunteer_id = $1 and state <> 'ANNULLED' and id <> $4
       and in_at < $3 and coalesce(out_at, 'infinity') > $2 limit 1`,
    [volunteerId, inAt, outAt, but],
  );
  return rows.length > 0;
}

function areTimes(ctx: Context, inAt: Date, outAt: Date): boolean {
  return outAt > inAt && outAt <= ctx.clock() && outAt.getTime() - inAt.getTime() <= longestEntryMs;
}

/** Why a stay's times cannot be decided on; undefined when they can. */
function decidable({ state, grade }: Attendance): AttendanceRefusalReason | undefined {
  if (state === AttendanceState.OPEN) return STILL_OPEN;
  // What was entered later has a way of its own, and no short cut.
  if (state === AttendanceState.ANNULLED || grade === EvidenceGrade.C) return NOT_WAITING;
  return undefined;
}

function isOwn({ viewer }: Context, stay: Attendance): boolean {
  return viewer.volunteerId !== null && viewer.volunteerId === stay.volunteerId;
}

function keyOf(ctx: Context, id: string): number {
  const key = numericKey(id, 'Attendance');
  if (key === undefined) throw notFound(ctx.locale);
  return key;
}

function saved(attendance: Attendance): AttendanceSaved {
  return Object.assign(new AttendanceSaved(), { attendance });
}

function refused(ctx: Context, reason: AttendanceRefusalReason): AttendanceRefused {
  return Object.assign(new AttendanceRefused(), { message: messages[ctx.locale][reason], reason });
}

function audit(
  ctx: Context,
  client: pg.ClientBase,
  action: AuditAction,
  stay: Attendance,
  reason: string | null,
  details?: Record<string, string[]>,
): Promise<void> {
  return recordAudit(ctx, client, {
    action,
    target: { type: 'Attendance', id: stay.id },
    unitId: stay.postId,
    reason,
    details,
  });
}
