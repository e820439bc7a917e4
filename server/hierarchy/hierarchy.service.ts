import { defineLoader } from '../kernel/loaders.js';
import { notFound } from '../kernel/errors.js';
import { numericKey } from '../kernel/global-id.js';
import { decodeCursor, toPage, type Page, type PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import type { Database } from '../kernel/database/database.js';
import type { Reach } from '../kernel/viewer.js';
import { Brand } from './brand.entity.js';
import { ServiceUnit, toServiceUnit } from './service-unit.entity.js';

type UnitRow = ServiceUnit & { levelNumber: number };

/**
 * One unit by its key. The hierarchy hangs on the wall: every viewer may see it. The units above come along, since whoever
 * asks for a post mostly asks for its team and station next.
 */
export const unitById = defineLoader<number, ServiceUnit | null>(async (db, ids, prime) => {
  const rows = await db.query<UnitRow>(
    `with recursive way_up as (
       select * from service_unit where id = any($1)
       union
       select parent.* from way_up join service_unit parent on parent.id = way_up.parent_id
     )
     select ${db.columns(ServiceUnit, 'u')} from way_up u`,
    [ids],
    'units-by-id',
  );
  const byId = new Map(rows.map((row) => [row.id, toServiceUnit(row)]));
  for (const [id, unit] of byId) prime(id, unit);
  return ids.map((id) => byId.get(id) ?? null);
});

export const unitByCode = defineLoader(async (db, codes: readonly string[]) => {
  const rows = await db.query<UnitRow>(
    `select ${db.columns(ServiceUnit, 'u')} from service_unit u where u.code = any($1)`,
    [codes],
    'units-by-code',
  );
  const byCode = new Map(rows.map((row) => [row.code, toServiceUnit(row)]));
  return codes.map((code) => byCode.get(code) ?? null);
});

/** A unit that a client names by its global id; NOT_FOUND for anything else. */
export async function requireUnit(ctx: Context, id: string): Promise<ServiceUnit> {
  const key = numericKey(id, 'CultureSchool', 'ServiceStation', 'VolunteerTeam', 'GridPost');
  const unit = key === undefined ? null : await unitById(ctx).load(key);
  if (!unit || unit.nodeId !== id) throw notFound(ctx.locale);
  return unit;
}

/** The unit that a filter names; null for no filter, which an empty id is not. */
export async function unitOfFilter(ctx: Context, id: string | null | undefined): Promise<ServiceUnit | null> {
  return id === null || id === undefined ? null : requireUnit(ctx, id);
}

/** The keys of a unit and of everything above it, from the school down. */
export const unitPath = defineLoader(async (db, ids: readonly number[]) => {
  const rows = await db.query<{ id: number; path: number[] }>(
    `select u.id, array_remove(array[g.id, f.id, p.id, u.id], null) as path
     from service_unit u
     left join service_unit p on p.id = u.parent_id
     left join service_unit f on f.id = p.parent_id
     left join service_unit g on g.id = f.parent_id
     where u.id = any($1)`,
    [ids],
    'unit-path',
  );
  const byId = new Map(rows.map((row) => [row.id, row.path]));
  return ids.map((id) => byId.get(id) ?? []);
});

/** From the school down to the parent. */
export async function ancestorsOf(ctx: Context, unit: ServiceUnit): Promise<ServiceUnit[]> {
  if (unit.parentId === null) return [];
  const path = await unitPath(ctx).load(unit.id);
  return Promise.all(path.slice(0, -1).map((id) => requiredUnit(ctx, id)));
}

/** A unit that a foreign key promises to be there. */
export async function requiredUnit(ctx: Context, id: number): Promise<ServiceUnit> {
  const unit = await unitById(ctx).load(id);
  if (!unit) throw new Error(`service unit ${id} is referred to but missing`);
  return unit;
}

/** Whether a unit lies within a reach: it is the reach's unit, or below it. */
export async function isWithin(ctx: Context, unitId: number, reach: Reach): Promise<boolean> {
  if (typeof reach === 'string') return reach === 'everywhere';
  return (await unitPath(ctx).load(unitId)).includes(reach);
}

/** SQL that says whether the unit of a column is the one of a parameter, or below it. */
export const withinSql = (column: string, parameter: string) => `exists (
  select from service_unit u left join service_unit p on p.id = u.parent_id left join service_unit f on f.id = p.parent_id
  where u.id = ${column} and ${parameter}::int in (u.id, u.parent_id, p.parent_id, f.parent_id))`;

interface ChildrenKey {
  parentId: number | null;
  first: number;
  after: string | undefined;
}

/** Pages of children, by code: those of many parents in one statement. */
const childrenOf = defineLoader(
  async (db, keys: readonly ChildrenKey[]) => {
    const columns = db.columns(ServiceUnit, 'u');
    // Two branches: no index serves a condition that is about either.
    const rows = await db.query<UnitRow & { ask: number }>(
      `select k.ask, c.*
       from unnest($1::int[], $2::int[], $3::int[], $4::text[]) as k (ask, parent_id, first, after)
       cross join lateral (
         (select ${columns} from service_unit u where u.parent_id = k.parent_id and u.code > k.after
          order by u.code limit k.first + 1)
         union all
         (select ${columns} from service_unit u where k.parent_id is null and u.parent_id is null and u.code > k.after
          order by u.code limit k.first + 1)
       ) c
       order by k.ask, c.code`,
      [keys.map((_, i) => i), keys.map((k) => k.parentId), keys.map((k) => k.first), keys.map((k) => k.after ?? '')],
      'unit-children',
    );
    const pages: ServiceUnit[][] = keys.map(() => []);
    for (const { ask, ...row } of rows) pages[ask]!.push(toServiceUnit(row as UnitRow));
    return pages;
  },
  (key) => `${key.parentId} ${key.first} ${key.after ?? ''}`,
);

const childCount = defineLoader(async (db, parents: readonly number[]) => {
  const rows = await db.query<{ parentId: number; count: number }>(
    `select parent_id as "parentId", count(*)::int as count from service_unit where parent_id = any($1) group by 1
     union all select 0, count(*)::int from service_unit where 0 = any($1) and parent_id is null`,
    [parents],
    'unit-child-counts',
  );
  const counts = new Map(rows.map((row) => [row.parentId, row.count]));
  return parents.map((id) => counts.get(id) ?? 0);
});

/** A page of the units directly below `parentId`, or of the schools when it is null. */
export async function children<T extends ServiceUnit>(
  ctx: Context,
  parentId: number | null,
  args: PageArgs,
): Promise<Page<T>> {
  const rows = await childrenOf(ctx).load({ parentId, first: args.first, after: decodeCursor(args.after) });
  return toPage(
    rows as T[],
    args,
    (unit) => unit.code,
    () => childCount(ctx).load(parentId ?? 0),
  );
}

/** All units directly below each of these, by code, 0 standing above the schools: for scoreboards, which are always whole. */
export async function unitsBelow(db: Database, parentIds: readonly number[]): Promise<ServiceUnit[][]> {
  const columns = db.columns(ServiceUnit, 'u');
  const rows = await db.query<UnitRow>(
    `select ${columns} from service_unit u where u.parent_id = any($1)
     union all select ${columns} from service_unit u where 0 = any($1) and u.parent_id is null
     order by code`,
    [parentIds],
    'units-below',
  );
  const byParent = new Map<number, ServiceUnit[]>(parentIds.map((id) => [id, []]));
  for (const row of rows) byParent.get(row.parentId ?? 0)!.push(toServiceUnit(row));
  return parentIds.map((id) => byParent.get(id)!);
}

/** The brand that a station has now. */
export const currentBrand = defineLoader(async (db, stationIds: readonly number[]) => {
  const rows = await db.query<Brand>(
    `select ${db.columns(Brand, 'b')} from brand b where b.station_id = any($1) and b.until is null`,
    [stationIds],
    'current-brands',
  );
  const byStation = new Map(rows.map((row) => [row.stationId, Object.assign(new Brand(), row)]));
  return stationIds.map((id) => byStation.get(id) ?? null);
});

export const brandById = defineLoader(async (db, ids: readonly number[]) => {
  const rows = await db.query<Brand>(`select ${db.columns(Brand, 'b')} from brand b where b.id = any($1)`, [ids]);
  const byId = new Map(rows.map((row) => [row.id, Object.assign(new Brand(), row)]));
  return ids.map((id) => byId.get(id) ?? null);
});

/** The keys of all posts at and below a unit. */
export async function postsBelow(ctx: Context, unitId: number): Promise<number[]> {
  const rows = await ctx.db.query<{ id: number }>(
    `with recursive below as (
       select id, level from service_unit where id = $1
       union all select u.id, u.level from below join service_unit u on u.parent_id = below.id
     )
     select id from below where level = 4 order by id`,
    [unitId],
    'posts-below',
  );
  return rows.map(({ id }) => id);
}
