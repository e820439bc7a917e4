import type pg from 'pg';
import type { Database } from '../kernel/database/database.js';
import { CheckIn } from './check-in.entity.js';
import type { Cursor } from './cursor.js';
import type { Tally } from './tally.entity.js';
import { wholeEvent } from './tally.rules.js';

/** How long a read that screens wait for may take, before it is tried again on another connection. */
const readMs = 3_000;

const toCheckIn = (row: CheckIn) => Object.assign(new CheckIn(), row);

/**
 * Rows of an event's log behind a place, in order. What has a number is committed, and nothing comes in between. None when
 * history is another one by now: its numbers say nothing about ours.
 */
export async function readLog(
  db: Database,
  eventId: number,
  { epoch, sequence }: Cursor,
  limit: number,
): Promise<CheckIn[]> {
  const rows = await db.query<CheckIn>(
    `select ${db.columns(CheckIn, 'c')} from check_in c
     where c.event_id = $1 and c.sequence > $2 and $4 = (select epoch from feed where event_id = $1)
     order by c.sequence limit $3`,
    [eventId, sequence, limit, epoch],
    'read-log',
    readMs,
  );
  return rows.map(toCheckIn);
}

/** The newest rows before `sequence`, newest first; `unitId` narrows to a unit and everything below it. */
export async function readLogBackwards(
  db: Database,
  eventId: number,
  { before, unit, limit }: { before: number; unit: { id: number; level: number } | null; limit: number },
): Promise<CheckIn[]> {
  const column = unit && ['school_id', 'station_id', 'team_id', 'post_id'][unit.level - 1];
  const rows = await db.query<CheckIn>(
    `select ${db.columns(CheckIn, 'c')} from check_in c
     where c.event_id = $1 and c.sequence < $2 ${column ? `and c.${column} = $4` : ''}
     order by c.sequence desc limit $3`,
    [eventId, before, limit, ...(unit ? [unit.id] : [])],
    `read-log-backwards ${column ?? ''}`,
  );
  return rows.map(toCheckIn);
}

/** How many rows an event's log has at and below a unit. */
export async function countLog(
  db: Database,
  eventId: number,
  unit: { id: number; level: number } | null,
): Promise<number> {
  const column = unit && ['school_id', 'station_id', 'team_id', 'post_id'][unit.level - 1];
  const [row] = column
    ? await db.query<{ count: number }>(
        `select count(*)::int as count from check_in where event_id = $1 and ${column} = $2`,
        [eventId, unit.id],
      )
    : await db.query<{ count: number }>('select sequence as count from feed where event_id = $1', [eventId]);
  return row?.count ?? 0;
}

/** Rows by their place, in the order asked for; null where there is none. */
export async function readRows(
  db: Database,
  places: readonly { eventId: number; sequence: number }[],
): Promise<(CheckIn | null)[]> {
  const rows = await db.query<CheckIn>(
    `select ${db.columns(CheckIn, 'c')} from unnest($1::int[], $2::int[]) as k (event_id, sequence)
     join check_in c on c.event_id = k.event_id and c.sequence = k.sequence`,
    [places.map((p) => p.eventId), places.map((p) => p.sequence)],
    'read-rows',
  );
  const byKey = new Map(rows.map((row) => [`${row.eventId}.${row.sequence}`, toCheckIn(row)]));
  return places.map((p) => byKey.get(`${p.eventId}.${p.sequence}`) ?? null);
}

/**
 * Tallies of some units, and of the whole event at `wholeEvent`, with the place up to which they are counted: one snapshot.
 * Undefined when history is another one by now.
 */
export async function readTallies(
  db: Database,
  eventId: number,
  epoch: string,
  unitIds: readonly number[],
): Promise<{ sequence: number; tallies: Map<number, Tally> } | undefined> {
  const rows = await db.query<Tally & { unitId: number; sequence: number }>(
    `select $2::int as "unitId", sequence, check_ins as "checkIns", people, on_site as "onSite", minutes
       from feed where event_id = $1 and epoch = $4
     union all
     select unit_id, 0, check_ins, people, on_site, minutes from unit_tally where event_id = $1 and unit_id = any($3)`,
    [eventId, wholeEvent, unitIds, epoch],
    'read-tallies',
    readMs,
  );
  const head = rows.find((row) => row.unitId === wholeEvent);
  if (!head) return undefined;
  const tallies = new Map(
    rows.map(({ unitId, checkIns, people, onSite, minutes }) => [unitId, { checkIns, people, onSite, minutes }]),
  );
  return { sequence: head.sequence, tallies };
}

/** The heads of some feeds: the cheap look that finds what a lost bell has missed. */
export async function readHeads(db: Database, eventIds: number[]) {
  return db.query<{ eventId: number; epoch: string; sequence: number }>(
    'select event_id as "eventId", epoch, sequence from feed where event_id = any($1)',
    [eventIds],
    'read-heads',
    readMs,
  );
}

/** Locks the feeds of all events that a person was at, or of all, in the order of their keys, and tells these. */
export async function lockFeeds(client: pg.ClientBase, volunteerId: number | null): Promise<number[]> {
  const { rows } = await client.query<{ eventId: number }>(
    `select f.event_id as "eventId" from feed f
     where $1::int is null or exists (select from check_in c where c.event_id = f.event_id and c.volunteer_id = $1)
     order by f.event_id for update`,
    [volunteerId],
  );
  return rows.map(({ eventId }) => eventId);
}

/**
 * Begins a new history of these feeds, with the rows and numbers that they have. Whoever follows one, or comes back to
 * it, has to take a new snapshot: for when something that was told must no longer be shown. The caller holds the feeds.
 */
export async function renewHistories(client: pg.ClientBase, eventIds: readonly number[]): Promise<void> {
  await client.query(`update feed set epoch = substr(md5(random()::text), 1, 8) where event_id = any($1)`, [eventIds]);
}
