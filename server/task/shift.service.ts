import { actorName } from '../access/access.service.js';
import { AuditAction } from '../audit/audit-entry.entity.js';
import { recordAudit, requireReason } from '../audit/audit.service.js';
import type { Context } from '../kernel/context.js';
import { AppError, notFound } from '../kernel/errors.js';
import { staleEdit } from '../kernel/refusal.js';
import { requireText } from '../kernel/text.js';
import { reachOf } from '../kernel/viewer.js';
import { requireEvent } from '../event/event.service.js';
import { Shift } from '../event/shift.entity.js';
import { isWithin, requireUnit } from '../hierarchy/hierarchy.service.js';
import { skillKeys } from '../volunteer/skill.service.js';
import { activeStates } from './assignment.entity.js';
import type { CreateShiftsInput, EditShiftInput, ShiftInput } from './assignment.input.js';
import { AssignmentRefusalReason, AssignmentRefused, ShiftsSaved } from './assignment.result.js';
import { shiftInReach } from './assignment.service.js';
import { moveBoards } from './board.log.js';
import { planning } from './planning.js';
import { messages } from './task.messages.js';

const dayMs = 24 * 3_600_000;
const { TIMES, TOO_MANY_ASSIGNED, NOT_NOW } = AssignmentRefusalReason;

/** Plans shifts at posts where the viewer acts: all of them, or none. */
export async function createShifts(ctx: Context, { event, shifts }: CreateShiftsInput) {
  const text = messages[ctx.locale];
  if (shifts.length === 0 || shifts.length > 100) throw new AppError('BAD_USER_INPUT', text.shiftCount);
  const { id: eventId } = await requireEvent(ctx, event);
  const { accountId, keyId } = ctx.viewer;
  const rows = await Promise.all(shifts.map((shift) => rowOf(ctx, eventId, shift)));
  if (!rows.every(areTimes)) return refused(ctx, TIMES);
  const made = await ctx.db.transaction(async (client) => {
    const { rows: saved } = await client.query<Shift>(
      `insert into shift as s (post_level, event_id, post_id, kind, title, starts_at, ends_at, capacity, skill_ids, min_age, max_age,
         changed_by_account_id, changed_by_key_id)
       select 4, r.*, $2, $3 from jsonb_to_recordset($1) as r ("eventId" int, "postId" int, kind text, title text, "startsAt" timestamptz,
         "endsAt" timestamptz, capacity int, "skillIds" int[], "minAge" int, "maxAge" int)
       returning ${ctx.db.columns(Shift, 's')}`,
      [JSON.stringify(rows), accountId, keyId],
    );
    await moveBoards(
      client,
      saved.map(({ id }) => id),
    );
    await recordAudit(ctx, client, {
      action: AuditAction.SHIFTS_CHANGED,
      target: { type: 'CommunityEvent', id: eventId },
      details: { created: saved.map(({ id }) => String(id)) },
    });
    return saved.map((row) => Object.assign(new Shift(), row));
  });
  return Object.assign(new ShiftsSaved(), { shifts: made });
}

async function rowOf(ctx: Context, eventId: number, input: ShiftInput) {
  const text = messages[ctx.locale];
  const bad = (message: string) => new AppError('BAD_USER_INPUT', message);
  const { kind, startsAt, endsAt, capacity, minAge = null, maxAge = null } = input;
  const post = await requireUnit(ctx, input.post);
  if (post.levelNumber !== 4 || !(await isWithin(ctx, post.id, reachOf(ctx.viewer)))) throw notFound(ctx.locale);
  if (!(capacity >= 1 && capacity <= 500)) throw bad(text.capacity);
  if ((minAge ?? 0) < 0 || (maxAge !== null && maxAge < (minAge ?? 0))) throw bad(text.ages);
  const title = requireText(input.title?.trim() ?? '', ctx.locale) || null;
  if (title && [...title].length > 100) throw bad(text.title);
  const skillIds = await skillKeys(ctx, input.skills);
  return { eventId, postId: post.id, kind, title, startsAt, endsAt, capacity, skillIds, minAge, maxAge };
}

/** Gives a shift other times, another size or other needs; its people come along, unless one of them has no time then. */
export async function editShift(ctx: Context, input: EditShiftInput) {
  const { version, startsAt, endsAt, capacity } = input;
  const shiftId = await shiftInReach(ctx, input.shift);
  if (!(capacity >= 1 && capacity <= 500)) throw new AppError('BAD_USER_INPUT', messages[ctx.locale].capacity);
  const skillIds = await skillKeys(ctx, input.skills);
  const people = await peopleOf(ctx, shiftId);
  const saved = await planning(ctx, [shiftId], people, async (plan) => {
    const shift = plan.shifts.get(shiftId)!;
    if (shift.version !== version) return shift;
    if (shift.cancelledAt) return refused(ctx, NOT_NOW);
    if (!areTimes(input)) return refused(ctx, TIMES);
    const { rows: active } = await plan.client.query<{ volunteerId: number; taken: boolean }>(
      `select a.volunteer_id as "volunteerId", exists (select from assignment o where o.volunteer_id = a.volunteer_id
         and o.id <> a.id and o.state in ${activeStates} and tstzrange(o.starts_at, o.ends_at) && tstzrange($2, $3)) as taken
       from assignment a where a.shift_id = $1 and a.state in ${activeStates}`,
      [shiftId, startsAt, endsAt],
    );
    if (active.length > capacity) return refused(ctx, TOO_MANY_ASSIGNED);
    // Somebody who was assigned between the look at its people and the lock is not held.
    if (active.some((it) => it.taken || !people.includes(it.volunteerId))) return refused(ctx, NOT_NOW);
    const { accountId, keyId } = ctx.viewer;
    Object.assign(shift, { startsAt, endsAt, capacity, skillIds, version: version + 1 });
    await plan.client.query(
      `with moved as (
         update assignment set starts_at = $2, ends_at = $3, version = version + 1, changed_at = $9,
           changed_by_account_id = $7, changed_by_key_id = $8
         where shift_id = $1 and state in ('WAITLISTED', 'OFFERED', 'ACCEPTED') and (starts_at, ends_at) is distinct from ($2, $3)
       )
       update shift set starts_at = $2, ends_at = $3, capacity = $4, skill_ids = $5, version = $6, changed_by_account_id = $7,
         changed_by_key_id = $8 where id = $1`,
      [shiftId, startsAt, endsAt, capacity, skillIds, shift.version, accountId, keyId, ctx.clock()],
    );
    await moveBoards(plan.client, [shiftId]);
    await recordAudit(ctx, plan.client, {
      action: AuditAction.SHIFTS_CHANGED,
      target: { type: 'Shift', id: shiftId },
      unitId: shift.postId,
    });
    return Object.assign(new ShiftsSaved(), { shifts: [shift] });
  });
  return saved instanceof Shift ? stale(ctx, saved) : saved;
}

/** Lets a shift not take place: its people are free again. */
export async function cancelShift(ctx: Context, id: string, version: number, reason: string) {
  const why = requireReason(ctx, reason);
  const shiftId = await shiftInReach(ctx, id);
  const saved = await planning(ctx, [shiftId], await peopleOf(ctx, shiftId), async (plan) => {
    const shift = plan.shifts.get(shiftId)!;
    if (shift.version !== version) return shift;
    if (shift.cancelledAt) return refused(ctx, NOT_NOW);
    const { accountId, keyId } = ctx.viewer;
    Object.assign(shift, { cancelledAt: ctx.clock(), version: version + 1 });
    await plan.client.query(
      `with released as (
         update assignment set state = 'RELEASED', expires_at = null, version = version + 1, changed_at = $2,
           changed_by_account_id = $4, changed_by_key_id = $5
         where shift_id = $1 and state in ('WAITLISTED', 'OFFERED', 'ACCEPTED')
       )
       update shift set cancelled_at = $2, version = $3, changed_by_account_id = $4, changed_by_key_id = $5 where id = $1`,
      [shiftId, shift.cancelledAt, shift.version, accountId, keyId],
    );
    await moveBoards(plan.client, [shiftId]);
    await recordAudit(ctx, plan.client, {
      action: AuditAction.SHIFTS_CHANGED,
      target: { type: 'Shift', id: shiftId },
      unitId: shift.postId,
      reason: why,
      details: { cancelled: true },
    });
    return Object.assign(new ShiftsSaved(), { shifts: [shift] });
  });
  return saved instanceof Shift ? stale(ctx, saved) : saved;
}

async function peopleOf(ctx: Context, shiftId: number): Promise<number[]> {
  const rows = await ctx.db.query<{ id: number }>(
    `select distinct volunteer_id as id from assignment where shift_id = $1 and state in ${activeStates}`,
    [shiftId],
  );
  return rows.map(({ id }) => id);
}

function areTimes({ startsAt, endsAt }: { startsAt: Date; endsAt: Date }): boolean {
  const lastsMs = endsAt.getTime() - startsAt.getTime();
  return lastsMs > 0 && lastsMs <= dayMs;
}

function refused(ctx: Context, reason: AssignmentRefusalReason): AssignmentRefused {
  return Object.assign(new AssignmentRefused(), { message: messages[ctx.locale][reason], reason });
}

async function stale(ctx: Context, { version, changedByAccountId, changedByKeyId }: Shift) {
  const by = await actorName(ctx).load({ accountId: changedByAccountId, keyId: changedByKeyId });
  return staleEdit(ctx.locale, by, version);
}
