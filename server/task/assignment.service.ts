import { actorName } from '../access/access.service.js';
import type { Context } from '../kernel/context.js';
import { AppError, notFound } from '../kernel/errors.js';
import { numericKey } from '../kernel/global-id.js';
import { staleEdit, type StaleEdit } from '../kernel/refusal.js';
import { requireText } from '../kernel/text.js';
import { publicViewer, reachOf, ViewerRole } from '../kernel/viewer.js';
import type { Shift } from '../event/shift.entity.js';
import { isWithin, requiredUnit } from '../hierarchy/hierarchy.service.js';
import { requiredSkills } from '../volunteer/skill.service.js';
import { volunteerInReach } from '../volunteer/volunteer.service.js';
import { activeStates, Assignment, AssignmentState } from './assignment.entity.js';
import type { AssignInput, MoveAssignmentInput, SwapAssignmentsInput } from './assignment.input.js';
import {
  AssignmentRefusalReason,
  AssignmentRefused,
  AssignmentsSaved,
  ShiftFull,
  SkillMissing,
  TimeTaken,
} from './assignment.result.js';
import { bestCandidate } from './candidates.js';
import { held, planning, type Planning } from './planning.js';
import { messages } from './task.messages.js';
import { isActive, mayBecome, offerMs } from './task.rules.js';

const { OVER, CANCELLED, EXPIRED, NOT_NOW, TIMES, OTHER_EVENT } = AssignmentRefusalReason;
const { ACCEPTED, DECLINED, DONE, OFFERED, RATED, RELEASED, WAITLISTED } = AssignmentState;

/** Gives somebody a place at a shift, asks them first, or lets them wait for one. */
export async function assign(ctx: Context, input: AssignInput) {
  const shiftId = await shiftInReach(ctx, input.shift);
  const volunteerId = await personInReach(ctx, input.volunteer);
  const saved = await planning(ctx, [shiftId], [volunteerId], async (plan): Promise<Saved> => {
    const shift = plan.shifts.get(shiftId)!;
    const fault = closed(ctx, shift);
    if (fault) return fault;
    if (!input.despiteSkills) {
      const missing = await lackedBy(plan, volunteerId, shift);
      if (missing.length > 0) {
        return async () => {
          const skills = await requiredSkills(ctx, missing);
          const message = messages[ctx.locale].skillMissing(skills.map((skill) => skill.name).join('、'));
          return Object.assign(new SkillMissing(), { message, skills });
        };
      }
    }
    const { startsAt, endsAt } = shift;
    const taken = await timeTaken(ctx, plan, volunteerId, startsAt, endsAt, []);
    if (taken) return taken;
    if (await isFull(plan, shift)) {
      if (!input.wait) return full(ctx, shift);
      return insert(ctx, plan, { shift, volunteerId, state: WAITLISTED, expiresAt: null, passesOn: false });
    }
    const expiresAt = input.offer ? (input.expiresAt ?? new Date(ctx.clock().getTime() + offerMs)) : null;
    const state = input.offer ? OFFERED : ACCEPTED;
    return insert(ctx, plan, { shift, volunteerId, state, expiresAt, passesOn: input.offer && input.passOn });
  });
  return outcome(saved);
}

/** Brings somebody to another shift of the event instead, with what they have answered. */
export async function moveAssignment(ctx: Context, input: MoveAssignmentInput) {
  const shiftId = await shiftInReach(ctx, input.shift);
  const before = await assignmentInReach(ctx, input.assignment);
  const saved = await planning(ctx, [shiftId, before.shiftId], [before.volunteerId], async (plan): Promise<Saved> => {
    const assignment = await held(ctx, plan.client, before);
    if (assignment.version !== input.version) return stale(ctx, assignment);
    if (!isActive(assignment.state) && assignment.state !== WAITLISTED) return refused(ctx, NOT_NOW);
    const shift = plan.shifts.get(shiftId)!;
    if (shift.eventId !== assignment.eventId) return refused(ctx, OTHER_EVENT);
    if (shift.id === assignment.shiftId) return assignment;
    const fault = closed(ctx, shift);
    if (fault) return fault;
    const taken = await timeTaken(ctx, plan, assignment.volunteerId, shift.startsAt, shift.endsAt, [assignment.id]);
    if (taken) return taken;
    if (await isFull(plan, shift)) return full(ctx, shift);
    const left = plan.shifts.get(assignment.shiftId)!;
    const state = assignment.state === WAITLISTED ? ACCEPTED : assignment.state;
    const { startsAt, endsAt } = shift;
    await change(ctx, plan, assignment, { shiftId: shift.id, startsAt, endsAt, state });
    await promote(ctx, plan, left);
    return assignment;
  });
  return outcome(saved);
}

/** Answers an offer: by the person asked, or by somebody who runs the post, on their behalf. */
export async function answerOffer(ctx: Context, id: string, accepts: boolean) {
  const before = await assignmentInReach(ctx, id, 'or own');
  const saved = await planning(ctx, [before.shiftId], [before.volunteerId], async (plan): Promise<Saved> => {
    const assignment = await held(ctx, plan.client, before);
    if (!plan.shifts.has(assignment.shiftId)) return stale(ctx, assignment);
    // Said again, it is as good.
    if (assignment.state === (accepts ? ACCEPTED : DECLINED)) return assignment;
    if (assignment.state === AssignmentState.EXPIRED) return refused(ctx, EXPIRED);
    if (!mayBecome(assignment.state, accepts ? ACCEPTED : DECLINED) || assignment.state === WAITLISTED) {
      return refused(ctx, NOT_NOW);
    }
    if (accepts && assignment.expiresAt && assignment.expiresAt <= ctx.clock()) {
      await change(ctx, plan, assignment, { state: AssignmentState.EXPIRED });
      return refused(ctx, EXPIRED);
    }
    await change(ctx, plan, assignment, { state: accepts ? ACCEPTED : DECLINED, expiresAt: null });
    if (!accepts) await promote(ctx, plan, plan.shifts.get(assignment.shiftId)!);
    return assignment;
  });
  if (saved instanceof Assignment && saved.state === DECLINED && saved.passesOn) await askNext(ctx, saved);
  return outcome(saved);
}

/** Takes somebody off a shift; whoever waits longest for a place is asked. */
export async function releaseAssignment(ctx: Context, id: string, version: number) {
  return step(ctx, id, version, RELEASED, async (plan, assignment) => {
    await change(ctx, plan, assignment, { state: RELEASED, expiresAt: null });
    await promote(ctx, plan, plan.shifts.get(assignment.shiftId)!);
    return assignment;
  });
}

/** What was assigned has been done. */
export async function completeAssignment(ctx: Context, id: string, version: number) {
  return step(ctx, id, version, DONE, async (plan, assignment) => {
    await change(ctx, plan, assignment, { state: DONE });
    return assignment;
  });
}

/** Says how it was, from one to five (评单). */
export async function rateAssignment(ctx: Context, id: string, version: number, stars: number, remark?: string | null) {
  const text = messages[ctx.locale];
  if (!(stars >= 1 && stars <= 5)) throw new AppError('BAD_USER_INPUT', text.stars);
  const words = requireText(remark?.trim() ?? '', ctx.locale) || null;
  if (words && [...words].length > 500) throw new AppError('BAD_USER_INPUT', text.remark);
  return step(ctx, id, version, RATED, async (plan, assignment) => {
    await change(ctx, plan, assignment, { state: RATED, stars, remark: words });
    return assignment;
  });
}

/** Somebody stays until later, or leaves earlier, than the shift says. */
export async function stayOn(ctx: Context, id: string, version: number, until: Date) {
  return step(ctx, id, version, null, async (plan, assignment) => {
    const { startsAt, volunteerId } = assignment;
    const lastsMs = until.getTime() - startsAt.getTime();
    if (!(lastsMs > 0 && lastsMs <= 24 * 3_600_000)) return refused(ctx, TIMES);
    const taken = await timeTaken(ctx, plan, volunteerId, startsAt, until, [assignment.id]);
    if (taken) return taken;
    await change(ctx, plan, assignment, { endsAt: until });
    return assignment;
  });
}

/** Somebody else takes the place over. */
export async function handOver(ctx: Context, id: string, version: number, volunteer: string) {
  const volunteerId = await personInReach(ctx, volunteer);
  const before = await assignmentInReach(ctx, id);
  const saved = await planning(
    ctx,
    [before.shiftId],
    [before.volunteerId, volunteerId],
    async (plan): Promise<Saved> => {
      const assignment = await held(ctx, plan.client, before);
      if (assignment.version !== version) return stale(ctx, assignment);
      if (!mayBecome(assignment.state, RELEASED) || assignment.state === WAITLISTED) return refused(ctx, NOT_NOW);
      const shift = plan.shifts.get(assignment.shiftId)!;
      const fault = closed(ctx, shift);
      if (fault) return fault;
      const taken = await timeTaken(ctx, plan, volunteerId, shift.startsAt, shift.endsAt, []);
      if (taken) return taken;
      await change(ctx, plan, assignment, { state: RELEASED, expiresAt: null });
      const fresh = await insert(ctx, plan, { shift, volunteerId, state: ACCEPTED, expiresAt: null, passesOn: false });
      return [fresh, assignment];
    },
  );
  return outcome(saved);
}

/** Two people take each other's places; both keep what they have answered. */
export async function swapAssignments(ctx: Context, input: SwapAssignmentsInput) {
  const one = await assignmentInReach(ctx, input.one);
  const other = await assignmentInReach(ctx, input.other);
  const saved = await planning(
    ctx,
    [one.shiftId, other.shiftId],
    [one.volunteerId, other.volunteerId],
    async (plan): Promise<Saved> => {
      const first = await held(ctx, plan.client, one);
      const second = await held(ctx, plan.client, other);
      if (first.version !== input.oneVersion) return stale(ctx, first);
      if (second.version !== input.otherVersion) return stale(ctx, second);
      if (![first, second].every((it) => mayBecome(it.state, RELEASED) && it.state !== WAITLISTED)) {
        return refused(ctx, NOT_NOW);
      }
      const both = [first.id, second.id];
      const places = [first, second].map((it) => plan.shifts.get(it.shiftId)!);
      for (const [person, shift] of [[first, places[1]!] as const, [second, places[0]!] as const]) {
        const taken = await timeTaken(ctx, plan, person.volunteerId, shift.startsAt, shift.endsAt, both);
        if (taken) return taken;
      }
      // Let go of both first, so that neither time is taken while it changes hands.
      await change(ctx, plan, first, { state: RELEASED, expiresAt: null });
      await change(ctx, plan, second, { state: RELEASED, expiresAt: null });
      const made = [first, second].map((it, i) => ({
        ...{ shift: places[1 - i]!, volunteerId: it.volunteerId, state: ACCEPTED, expiresAt: null, passesOn: false },
      }));
      return [await insert(ctx, plan, made[0]!), await insert(ctx, plan, made[1]!)];
    },
  );
  return outcome(saved);
}

/** Lets offers that nobody answered in time expire, and asks whoever comes next; how many there were. */
export async function expireOffers(ctx: Context): Promise<number> {
  const due = await ctx.db.query<Assignment>(
    `select ${ctx.db.columns(Assignment, 'a')} from assignment a where a.state = 'OFFERED' and a.expires_at <= $1
     order by a.expires_at limit 100`,
    [ctx.clock()],
    'assignment-due',
  );
  for (const row of due) {
    const before = Object.assign(new Assignment(), row);
    const expired = await planning(ctx, [before.shiftId], [before.volunteerId], async (plan) => {
      const assignment = await held(ctx, plan.client, before);
      if (assignment.state !== OFFERED || assignment.version !== before.version) return null;
      await change(ctx, plan, assignment, { state: AssignmentState.EXPIRED });
      await promote(ctx, plan, plan.shifts.get(assignment.shiftId)!);
      return assignment;
    });
    if (expired?.passesOn) await askNext(ctx, expired);
  }
  return due.length;
}

/** Offers the place that somebody did not take to the next in rank who was not asked yet. */
async function askNext(caller: Context, { shiftId, eventId }: Assignment): Promise<void> {
  // Whoever declines does not choose who comes next.
  const ctx = bySystem(caller);
  const volunteerId = await bestCandidate(ctx, shiftId);
  if (volunteerId === null) return;
  await planning(ctx, [shiftId], [volunteerId], async (plan) => {
    const shift = plan.shifts.get(shiftId)!;
    if (shift.eventId !== eventId || closed(ctx, shift) || (await isFull(plan, shift))) return;
    if (await timeTaken(ctx, plan, volunteerId, shift.startsAt, shift.endsAt, [])) return;
    const expiresAt = new Date(ctx.clock().getTime() + offerMs);
    await insert(ctx, plan, { shift, volunteerId, state: OFFERED, expiresAt, passesOn: true });
  });
}

/** What the system does by itself, it does everywhere and in nobody's name. */
export function bySystem(ctx: Context): Context {
  return { ...ctx, viewer: { ...publicViewer, role: ViewerRole.ADMINISTRATOR } };
}

/**
 * A refusal that has to look something up: made when the transaction is over. One that asked for a second connection while it
 * holds one would wait for others that do the same.
 */
type Refusing = () => Promise<StaleEdit | TimeTaken | ShiftFull | SkillMissing>;

type Saved = Assignment | Assignment[] | AssignmentRefused | Refusing;

async function outcome(saved: Saved) {
  if (typeof saved === 'function') return saved();
  if (saved instanceof AssignmentRefused) return saved;
  return Object.assign(new AssignmentsSaved(), { assignments: Array.isArray(saved) ? saved : [saved] });
}

/** One step of one assignment, unless somebody changed it since; with `to` null, while it is active. */
async function step(
  ctx: Context,
  id: string,
  version: number,
  to: AssignmentState | null,
  work: (plan: Planning, assignment: Assignment) => Promise<Saved>,
) {
  const before = await assignmentInReach(ctx, id);
  const saved = await planning(ctx, [before.shiftId], [before.volunteerId], async (plan): Promise<Saved> => {
    const assignment = await held(ctx, plan.client, before);
    if (assignment.version !== version) return stale(ctx, assignment);
    const may = to === null ? isActive(assignment.state) : mayBecome(assignment.state, to);
    return may ? work(plan, assignment) : refused(ctx, NOT_NOW);
  });
  return outcome(saved);
}

/** Whoever waits longest, and has the time, is asked as soon as there is a place. */
async function promote(ctx: Context, plan: Planning, shift: Shift): Promise<void> {
  if (closed(ctx, shift) || (await isFull(plan, shift))) return;
  const { rows } = await plan.client.query<Assignment>(
    `select ${ctx.db.columns(Assignment, 'a')} from assignment a
     where a.shift_id = $1 and a.state = 'WAITLISTED' and not exists (
       select from assignment o where o.volunteer_id = a.volunteer_id and o.state in ${activeStates}
         and tstzrange(o.starts_at, o.ends_at) && tstzrange(a.starts_at, a.ends_at))
     order by a.id limit 1 for update skip locked`,
    [shift.id],
  );
  if (!rows[0]) return;
  const next = Object.assign(new Assignment(), rows[0]);
  // Their time is taken by this offer: whoever else assigns them at this moment waits here, or has done so already.
  const { rowCount } = await plan.client.query('select from volunteer where id = $1 for no key update skip locked', [
    next.volunteerId,
  ]);
  if (rowCount === 0) return;
  if (await overlapping(ctx, plan, next.volunteerId, next.startsAt, next.endsAt, [next.id])) return;
  const expiresAt = new Date(ctx.clock().getTime() + offerMs);
  await change(ctx, plan, next, { state: OFFERED, expiresAt });
}

interface NewAssignment {
  shift: Shift;
  volunteerId: number;
  state: AssignmentState;
  expiresAt: Date | null;
  passesOn: boolean;
}

async function insert(ctx: Context, plan: Planning, it: NewAssignment): Promise<Assignment> {
  const { accountId, keyId } = ctx.viewer;
  const { shift } = it;
  const { rows } = await plan.client.query<Assignment>(
    `insert into assignment as a (shift_id, event_id, volunteer_id, starts_at, ends_at, state, expires_at, passes_on, changed_at,
       changed_by_account_id, changed_by_key_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     on conflict (shift_id, volunteer_id) where state = 'WAITLISTED' do update set changed_at = a.changed_at
     returning ${ctx.db.columns(Assignment, 'a')}`,
    [
      ...[shift.id, shift.eventId, it.volunteerId, shift.startsAt, shift.endsAt, it.state, it.expiresAt, it.passesOn],
      ...[ctx.clock(), accountId, keyId],
    ],
  );
  const assignment = Object.assign(new Assignment(), rows[0]);
  plan.touched.add(shift.id);
  plan.acts.push({ assignment, from: null });
  return assignment;
}

type Change = Partial<Pick<Assignment, 'shiftId' | 'startsAt' | 'endsAt' | 'state' | 'expiresAt' | 'stars' | 'remark'>>;

async function change(ctx: Context, plan: Planning, assignment: Assignment, to: Change): Promise<void> {
  const { accountId, keyId } = ctx.viewer;
  const from = assignment.state;
  plan.touched.add(assignment.shiftId);
  Object.assign(assignment, to, {
    version: assignment.version + 1,
    changedAt: ctx.clock(),
    changedByAccountId: accountId,
    changedByKeyId: keyId,
  });
  plan.touched.add(assignment.shiftId);
  plan.acts.push({ assignment, from });
  const { shiftId, startsAt, endsAt, state, expiresAt, stars, remark, version, changedAt } = assignment;
  await plan.client.query({
    name: 'assignment-change',
    text: `update assignment set shift_id = $2, starts_at = $3, ends_at = $4, state = $5, expires_at = $6, stars = $7, remark = $8,
      version = $9, changed_at = $10, changed_by_account_id = $11, changed_by_key_id = $12 where id = $1`,
    values: [
      ...[
        assignment.id,
        shiftId,
        startsAt,
        endsAt,
        state,
        expiresAt,
        stars,
        remark,
        version,
        changedAt,
        accountId,
        keyId,
      ],
    ],
  });
}

/** The refusal of a time that a person does not have; undefined when it is free. Their row is locked, so it stays so. */
async function timeTaken(ctx: Context, plan: Planning, volunteerId: number, from: Date, to: Date, but: number[]) {
  const other = await overlapping(ctx, plan, volunteerId, from, to, but);
  if (!other) return undefined;
  const { rows } = await plan.client.query<{ postId: number }>('select post_id as "postId" from shift where id = $1', [
    other.shiftId,
  ]);
  return async () => {
    const post = await requiredUnit(ctx, rows[0]!.postId);
    const time = (at: Date) =>
      at.toLocaleTimeString(ctx.locale, { timeZone: ctx.timeZone, hour: '2-digit', minute: '2-digit', hour12: false });
    const message = messages[ctx.locale].timeTaken(post.name, time(other.startsAt), time(other.endsAt));
    return Object.assign(new TimeTaken(), { message, assignment: other });
  };
}

async function overlapping(ctx: Context, plan: Planning, volunteerId: number, from: Date, to: Date, but: number[]) {
  // An offer that nobody answered in time takes nobody's time any more.
  const { rows: expired } = await plan.client.query<{ shiftId: number }>(
    `update assignment set state = 'EXPIRED', version = version + 1, changed_at = $2, changed_by_account_id = null,
       changed_by_key_id = null
     where volunteer_id = $1 and state = 'OFFERED' and expires_at <= $2 returning shift_id as "shiftId"`,
    [volunteerId, ctx.clock()],
  );
  for (const { shiftId } of expired) plan.touched.add(shiftId);
  const { rows } = await plan.client.query<Assignment>(
    `select ${ctx.db.columns(Assignment, 'a')} from assignment a
     where a.volunteer_id = $1 and a.state in ${activeStates} and tstzrange(a.starts_at, a.ends_at) && tstzrange($2, $3)
       and a.id <> all($4) order by a.starts_at limit 1`,
    [volunteerId, from, to, but],
  );
  return rows[0] ? Object.assign(new Assignment(), rows[0]) : undefined;
}

async function isFull({ client }: Planning, shift: Shift): Promise<boolean> {
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::int as count from assignment where shift_id = $1 and state in ${activeStates}`,
    [shift.id],
  );
  return rows[0]!.count >= shift.capacity;
}

async function lackedBy({ client }: Planning, volunteerId: number, { skillIds, endsAt }: Shift): Promise<number[]> {
  if (skillIds.length === 0) return [];
  const { rows } = await client.query<{ id: number }>(
    `select n.id from unnest($2::int[]) as n (id)
     where not exists (select from volunteer_skill v where v.volunteer_id = $1 and v.skill_id = n.id
       and (v.until is null or v.until >= $3))`,
    [volunteerId, skillIds, endsAt],
  );
  return rows.map(({ id }) => id);
}

function closed(ctx: Context, { cancelledAt, endsAt }: Shift): AssignmentRefused | undefined {
  if (cancelledAt) return refused(ctx, CANCELLED);
  return endsAt <= ctx.clock() ? refused(ctx, OVER) : undefined;
}

function full(ctx: Context, shift: Shift): Refusing {
  return async () => {
    const post = await requiredUnit(ctx, shift.postId);
    return Object.assign(new ShiftFull(), { message: messages[ctx.locale].shiftFull(post.name), shift });
  };
}

function refused(ctx: Context, reason: AssignmentRefusalReason): AssignmentRefused {
  return Object.assign(new AssignmentRefused(), { message: messages[ctx.locale][reason], reason });
}

function stale(ctx: Context, { version, changedByAccountId, changedByKeyId }: Assignment): Refusing {
  return async () => {
    const by = await actorName(ctx).load({ accountId: changedByAccountId, keyId: changedByKeyId });
    return staleEdit(ctx.locale, by, version);
  };
}

/** A shift at a post where the viewer acts; NOT_FOUND for anything else. */
export async function shiftInReach(ctx: Context, id: string): Promise<number> {
  const key = numericKey(id, 'Shift');
  const [row] = await ctx.db.query<{ postId: number }>('select post_id as "postId" from shift where id = $1', [
    key ?? 0,
  ]);
  if (!row || !(await isWithin(ctx, row.postId, reachOf(ctx.viewer)))) throw notFound(ctx.locale);
  return key!;
}

async function personInReach(ctx: Context, id: string): Promise<number> {
  const key = numericKey(id, 'Volunteer');
  const volunteer = key === undefined ? null : await volunteerInReach(ctx, key);
  if (!volunteer) throw notFound(ctx.locale);
  return volunteer.id;
}

/** An assignment at a post where the viewer acts, or their own; NOT_FOUND for anything else. */
async function assignmentInReach(ctx: Context, id: string, who?: 'or own'): Promise<Assignment> {
  const key = numericKey(id, 'Assignment');
  const [row] = await ctx.db.query<Assignment & { postId: number }>(
    `select ${ctx.db.columns(Assignment, 'a')}, s.post_id as "postId" from assignment a join shift s on s.id = a.shift_id
     where a.id = $1`,
    [key ?? 0],
  );
  if (!row) throw notFound(ctx.locale);
  const { postId, ...assignment } = row;
  const isOwn = who === 'or own' && assignment.volunteerId === ctx.viewer.volunteerId;
  if (!isOwn && !(await isWithin(ctx, postId, reachOf(ctx.viewer)))) throw notFound(ctx.locale);
  return Object.assign(new Assignment(), assignment);
}
