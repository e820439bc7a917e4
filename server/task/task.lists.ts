import { decodeCursor, toPage, type Page, type PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import { notFound } from '../kernel/errors.js';
import { numericKey } from '../kernel/global-id.js';
import { defineLoader } from '../kernel/loaders.js';
import { reachOf } from '../kernel/viewer.js';
import { Shift } from '../event/shift.entity.js';
import { isWithin } from '../hierarchy/hierarchy.service.js';
import { visibleVolunteer } from '../volunteer/volunteer.service.js';
import { activeStates, Assignment, AssignmentState, BoardVisitor } from './assignment.entity.js';
import { boardScope } from './board.service.js';
import { earlyMs, presenceOf, type Presence, type Sighting } from './task.rules.js';

export const shiftById = defineLoader(async (db, ids: readonly number[]) => {
  const rows = await db.query<Shift>(
    `select ${db.columns(Shift, 's')} from shift s where s.id = any($1)`,
    [ids],
    'shifts-by-id',
  );
  const byId = new Map(rows.map((row) => [row.id, Object.assign(new Shift(), row)]));
  return ids.map((id) => byId.get(id) ?? null);
});

/** A shift that a foreign key promises to be there. */
export async function requiredShift(ctx: Context, id: number): Promise<Shift> {
  const shift = await shiftById(ctx).load(id);
  if (!shift) throw new Error(`shift ${id} is referred to but missing`);
  return shift;
}

const assignmentById = defineLoader(async (db, ids: readonly number[]) => {
  const rows = await db.query<Assignment>(
    `select ${db.columns(Assignment, 'a')} from assignment a where a.id = any($1)`,
    [ids],
    'assignments-by-id',
  );
  const byId = new Map(rows.map((row) => [row.id, Object.assign(new Assignment(), row)]));
  return ids.map((id) => byId.get(id) ?? null);
});

/** An assignment by key: one's own, or at a post where the viewer acts; null otherwise. */
export async function visibleAssignment(ctx: Context, id: number): Promise<Assignment | null> {
  const assignment = await assignmentById(ctx).load(id);
  if (!assignment) return null;
  if (assignment.volunteerId === ctx.viewer.volunteerId) return assignment;
  const { postId } = await requiredShift(ctx, assignment.shiftId);
  return (await isWithin(ctx, postId, reachOf(ctx.viewer))) ? assignment : null;
}

/** Who has a place at a shift or waits for one, in the order in which they came. */
const peopleOfShift = defineLoader(async (db, shiftIds: readonly number[]) => {
  const rows = await db.query<Assignment>(
    `select ${db.columns(Assignment, 'a')} from assignment a
     where a.shift_id = any($1) and (a.state in ${activeStates} or a.state = 'WAITLISTED') order by a.id`,
    [shiftIds],
    'people-of-shifts',
  );
  const byShift = Map.groupBy(rows, (row) => row.shiftId);
  return shiftIds.map((id) => (byShift.get(id) ?? []).map((row) => Object.assign(new Assignment(), row)));
});

/** The people of a shift, as far as the viewer may see them: those who run its post see all. */
export async function assignmentsOf(ctx: Context, shift: Shift): Promise<Assignment[]> {
  return (await isWithin(ctx, shift.postId, reachOf(ctx.viewer))) ? peopleOfShift(ctx).load(shift.id) : [];
}

const sightings = defineLoader(async (db, ids: readonly number[]) => {
  const rows = await db.query<Sighting & { id: number }>(
    `select a.id, a.starts_at as "startsAt", a.ends_at as "endsAt", s.post_id as "postId", p.post_id as "herePostId",
       exists (select from check_in c where c.event_id = a.event_id and c.volunteer_id = a.volunteer_id and c.direction = 'IN'
         and c.post_id = s.post_id and c.at >= a.starts_at - make_interval(secs => $2) and c.at < a.ends_at) as came
     from assignment a join shift s on s.id = a.shift_id
     left join presence p on p.event_id = a.event_id and p.volunteer_id = a.volunteer_id
     where a.id = any($1)`,
    [ids, earlyMs / 1000],
    'assignment-sightings',
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => byId.get(id) ?? null);
});

/** Where somebody who is assigned is now; null for whoever only waits for a place, or no longer has one. */
export async function presenceOfAssignment(ctx: Context, assignment: Assignment): Promise<Presence | null> {
  if (!counts(assignment)) return null;
  const sighting = await sightings(ctx).load(assignment.id);
  return sighting && presenceOf(sighting, ctx.clock());
}

const counts = ({ state }: Assignment) =>
  state === AssignmentState.ACCEPTED || state === AssignmentState.DONE || state === AssignmentState.RATED;

export interface Headcount {
  expected: number;
  here: number;
  late: number;
  missing: number;
  offered: number;
  waiting: number;
}

/** How many of a shift's people are where; zeros for whoever does not run its post. */
export async function headcountOf(ctx: Context, shift: Shift): Promise<Headcount> {
  const people = await assignmentsOf(ctx, shift);
  const where = await Promise.all(people.map((it) => presenceOfAssignment(ctx, it)));
  const count = (wanted: Presence) => where.filter((it) => it === wanted).length;
  return {
    expected: people.filter(counts).length,
    here: count('HERE'),
    late: count('LATE'),
    missing: count('MISSING'),
    offered: people.filter((it) => it.state === AssignmentState.OFFERED).length,
    waiting: people.filter((it) => it.state === AssignmentState.WAITLISTED).length,
  };
}

/** How many people are at a post without being assigned to what takes place there now. */
export const unplannedAt = defineLoader(async (db, shiftIds: readonly number[]) => {
  const rows = await db.query<{ id: number; count: number }>(
    `select s.id, count(*)::int as count from shift s
     join presence p on p.event_id = s.event_id and p.post_id = s.post_id
     where s.id = any($1) and not exists (select from assignment a where a.volunteer_id = p.volunteer_id
       and a.shift_id = s.id and a.state in ${activeStates})
     group by s.id`,
    [shiftIds],
    'unplanned-at-shifts',
  );
  const byId = new Map(rows.map((row) => [row.id, row.count]));
  return shiftIds.map((id) => byId.get(id) ?? 0);
});

/** The shifts of an event where the viewer acts, in the order of their start. */
export async function listShifts(
  ctx: Context,
  args: PageArgs & { event: string; within?: string | null },
): Promise<Page<Shift>> {
  const { eventId, postIds } = await boardScope(ctx, args);
  const place = decodeCursor(args.after);
  const after = place === undefined ? 0 : /^\d{1,9}$/.test(place) ? Number(place) : -1;
  const where = `s.event_id = $1 and ($2::int[] is null or s.post_id = any($2)) and s.cancelled_at is null`;
  const rows = await ctx.db.query<Shift>(
    `select ${ctx.db.columns(Shift, 's')} from shift s where ${where} and ($3 = 0 or (s.starts_at, s.id) > (
       select l.starts_at, l.id from shift l where l.id = $3))
     order by s.starts_at, s.id limit $4`,
    [eventId, postIds, after, args.first + 1],
  );
  return toPage(
    rows.map((row) => Object.assign(new Shift(), row)),
    args,
    (shift) => shift.id,
    async () =>
      (
        await ctx.db.query<{ count: number }>(`select count(*)::int as count from shift s where ${where}`, [
          eventId,
          postIds,
        ])
      )[0]!.count,
  );
}

/** Somebody's assignments, the latest start first: their own, or of whom the viewer may see. */
export async function listAssignments(
  ctx: Context,
  args: PageArgs & { volunteer?: string | null },
): Promise<Page<Assignment>> {
  const key = args.volunteer ? numericKey(args.volunteer, 'Volunteer') : ctx.viewer.volunteerId;
  const volunteer = key ? await visibleVolunteer(ctx, key) : null;
  if (!volunteer) throw notFound(ctx.locale);
  const place = decodeCursor(args.after);
  const after = place === undefined ? 0 : /^\d{1,9}$/.test(place) ? Number(place) : -1;
  const rows = await ctx.db.query<Assignment>(
    `select ${ctx.db.columns(Assignment, 'a')} from assignment a where a.volunteer_id = $1 and ($2 = 0 or (a.starts_at, a.id) < (
       select l.starts_at, l.id from assignment l where l.id = $2))
     order by a.starts_at desc, a.id desc limit $3`,
    [volunteer.id, after, args.first + 1],
  );
  return toPage(
    rows.map((row) => Object.assign(new Assignment(), row)),
    args,
    (assignment) => assignment.id,
    async () =>
      (
        await ctx.db.query<{ count: number }>('select count(*)::int as count from assignment where volunteer_id = $1', [
          volunteer.id,
        ])
      )[0]!.count,
  );
}

/** Whoever was seen within this time looks at the board. */
const visitMs = 45_000;

/** Who looks at an event's board just now. */
export async function visitorsOf(ctx: Context, eventId: number): Promise<BoardVisitor[]> {
  const rows = await ctx.db.query<BoardVisitor>(
    `select ${ctx.db.columns(BoardVisitor, 'v')} from board_visitor v where v.event_id = $1 and v.seen_at > $2
     order by v.name, v.visitor limit 100`,
    [eventId, new Date(ctx.clock().getTime() - visitMs)],
    'board-visitors',
  );
  return rows.map((row) => Object.assign(new BoardVisitor(), row));
}
