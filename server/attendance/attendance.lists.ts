import { decodeCursor, toPage, type Page, type PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import { notFound } from '../kernel/errors.js';
import { numericKey } from '../kernel/global-id.js';
import { defineLoader } from '../kernel/loaders.js';
import { reachOf } from '../kernel/viewer.js';
import { requireEvent } from '../event/event.service.js';
import { requiredUnit, unitOfFilter } from '../hierarchy/hierarchy.service.js';
import type { GridPost, ServiceUnit } from '../hierarchy/service-unit.entity.js';
import { badgeOf, visibleVolunteer } from '../volunteer/volunteer.service.js';
import { Attendance, AttendanceChange, type AttendanceState } from './attendance.entity.js';
import { PublishedService } from './attendance.result.js';
import { isAtReach } from './attendance.service.js';

export interface AttendanceFilter {
  event?: string | null;
  within?: string | null;
  volunteer?: string | null;
  state?: AttendanceState | null;
}

/** Which stays a list is about: conditions on `a`, and their values. */
interface Scope {
  conditions: string[];
  values: unknown[];
}

const columnOf = (unit: ServiceUnit) => ['school_id', 'station_id', 'team_id', 'post_id'][unit.levelNumber - 1]!;

function narrow({ conditions, values }: Scope, condition: string, value: unknown): void {
  values.push(value);
  conditions.push(condition.replace('?', `$${values.length}`));
}

/** What the viewer may see: stays where they act, those of one person whom they may see, or their own. */
async function scopeOf(ctx: Context, filter: AttendanceFilter): Promise<Scope> {
  const scope: Scope = { conditions: ['true'], values: [] };
  const reach = reachOf(ctx.viewer);
  if (filter.volunteer || reach === 'nowhere') {
    const key = filter.volunteer ? numericKey(filter.volunteer, 'Volunteer') : ctx.viewer.volunteerId;
    const volunteer = key ? await visibleVolunteer(ctx, key) : null;
    if (!volunteer) throw notFound(ctx.locale);
    narrow(scope, 'a.volunteer_id = ?', volunteer.id);
  } else if (reach !== 'everywhere') {
    narrow(scope, `a.${columnOf(await requiredUnit(ctx, reach))} = ?`, reach);
  }
  const unit = await unitOfFilter(ctx, filter.within);
  if (unit) narrow(scope, `a.${columnOf(unit)} = ?`, unit.id);
  if (filter.event) narrow(scope, 'a.event_id = ?', (await requireEvent(ctx, filter.event)).id);
  if (filter.state) narrow(scope, 'a.state = ?', filter.state);
  return scope;
}

/** Stays that the viewer may see, the newest first. */
export async function listAttendance(
  ctx: Context,
  args: PageArgs,
  filter: AttendanceFilter,
): Promise<Page<Attendance>> {
  return page(ctx, args, await scopeOf(ctx, filter), 'desc');
}

/** What waits for somebody to decide where the viewer acts: proposals, and entries without a second signature; the oldest first. */
export async function listQueue(
  ctx: Context,
  args: PageArgs,
  filter: Pick<AttendanceFilter, 'event' | 'within'>,
): Promise<Page<Attendance>> {
  const scope = await scopeOf(ctx, filter);
  scope.conditions.push(`a.state in ('PROVISIONAL', 'UNSIGNED')`);
  return page(ctx, args, scope, 'asc');
}

async function page(ctx: Context, args: PageArgs, scope: Scope, order: 'asc' | 'desc'): Promise<Page<Attendance>> {
  const where = scope.conditions.join(' and ');
  const place = decodeCursor(args.after);
  const from = place !== undefined && /^\d{1,9}$/.test(place) ? Number(place) : order === 'asc' ? 0 : 2 ** 31 - 1;
  const last = scope.values.length;
  const rows = await ctx.db.query<Attendance>(
    `select ${ctx.db.columns(Attendance, 'a')} from attendance a
     where ${where} and a.id ${order === 'asc' ? '>' : '<'} $${last + 1} order by a.id ${order} limit $${last + 2}`,
    [...scope.values, from, args.first + 1],
  );
  return toPage(
    rows.map((row) => Object.assign(new Attendance(), row)),
    args,
    (stay) => stay.id,
    async () =>
      (
        await ctx.db.query<{ count: number }>(
          `select count(*)::int as count from attendance a where ${where}`,
          scope.values,
        )
      )[0]!.count,
  );
}

const attendanceById = defineLoader(async (db, ids: readonly number[]) => {
  const rows = await db.query<Attendance>(
    `select ${db.columns(Attendance, 'a')} from attendance a where a.id = any($1)`,
    [ids],
    'attendance-by-id',
  );
  const byId = new Map(rows.map((row) => [row.id, Object.assign(new Attendance(), row)]));
  return ids.map((id) => byId.get(id) ?? null);
});

/** A stay by key, or null when there is none that the viewer may see. */
export async function visibleAttendance(ctx: Context, id: number): Promise<Attendance | null> {
  const stay = await attendanceById(ctx).load(id);
  if (!stay) return null;
  if (isAtReach(stay, reachOf(ctx.viewer))) return stay;
  return (await visibleVolunteer(ctx, stay.volunteerId)) ? stay : null;
}

/** What people changed about a stay, the first change first. */
export const changesOf = defineLoader(async (db, ids: readonly number[]) => {
  const rows = await db.query<AttendanceChange>(
    `select ${db.columns(AttendanceChange, 'c')} from attendance_change c where c.attendance_id = any($1) order by c.id`,
    [ids],
    'attendance-changes',
  );
  const byStay = Map.groupBy(rows, (row) => row.attendanceId);
  return ids.map((id) => (byStay.get(id) ?? []).map((row) => Object.assign(new AttendanceChange(), row)));
});

/** Service that was entered later, for everybody to read before it counts; what counts first comes first. */
export async function listPublished(ctx: Context, args: PageArgs): Promise<Page<PublishedService>> {
  const place = decodeCursor(args.after);
  const after = place === undefined ? 0 : /^\d{1,9}$/.test(place) ? Number(place) : 2 ** 31 - 1;
  const rows = await ctx.db.query<Attendance>(
    `select ${ctx.db.columns(Attendance, 'a')} from attendance a where a.state = 'PUBLISHED' and a.id > $1
     order by a.id limit $2`,
    [after, args.first + 1],
    'attendance-published',
  );
  const ids = new Map<PublishedService, number>();
  const published = await Promise.all(
    rows.map(async (stay) => {
      const { inAt, minutes, content, publishedUntil: until } = stay;
      const [volunteer, post] = await Promise.all([
        badgeOf(ctx, stay.volunteerId),
        requiredUnit(ctx, stay.postId) as Promise<GridPost>,
      ]);
      const service = Object.assign(new PublishedService(), {
        volunteer,
        post,
        inAt,
        minutes,
        content: content ?? '',
        until,
      });
      ids.set(service, stay.id);
      return service;
    }),
  );
  return toPage(
    published,
    args,
    (service) => ids.get(service)!,
    async () =>
      (
        await ctx.db.query<{ count: number }>(`select count(*)::int as count from attendance where state = 'PUBLISHED'`)
      )[0]!.count,
  );
}
