import { defineLoader } from '../kernel/loaders.js';
import { emptyTally, type Tally } from './tally.entity.js';

/** An event's own tally with the head of its feed: one row, so they belong together. */
export const feedHead = defineLoader(async (db, eventIds: readonly number[]) => {
  const rows = await db.query<Tally & { eventId: number; epoch: string; sequence: number }>(
    `select event_id as "eventId", epoch, sequence, check_ins as "checkIns", people, on_site as "onSite", minutes
     from feed where event_id = any($1)`,
    [eventIds],
    'feed-heads',
  );
  const byEvent = new Map(rows.map((row) => [row.eventId, row]));
  return eventIds.map((id) => {
    const head = byEvent.get(id);
    if (!head) throw new Error(`event ${id} has no feed`);
    return head;
  });
});

/** The kept tally of a unit in one event. */
export const unitTally = defineLoader(
  async (db, keys: readonly { eventId: number; unitId: number }[]) => {
    const rows = await db.query<Tally & { ask: number }>(
      `select k.ask::int - 1 as ask, t.check_ins as "checkIns", t.people, t.on_site as "onSite", t.minutes
       from unnest($1::int[], $2::int[]) with ordinality as k (event_id, unit_id, ask)
       join unit_tally t on t.event_id = k.event_id and t.unit_id = k.unit_id`,
      [keys.map((k) => k.eventId), keys.map((k) => k.unitId)],
      'unit-tallies',
    );
    const byAsk = new Map(rows.map((row) => [row.ask, row]));
    return keys.map((_, i) => byAsk.get(i) ?? emptyTally);
  },
  ({ eventId, unitId }) => `${eventId} ${unitId}`,
);

/** Where people came to a unit `u` for the first time in an event: a branch for each level, as each has its own index. */
const firstTimes = ['school_id', 'station_id', 'team_id', 'post_id']
  .map(
    (column, i) => `select c.volunteer_id from feed f join check_in c on c.event_id = f.event_id and c.${column} = u.id
      where u.level = ${i + 1} and c.first_levels > ${3 - i}`,
  )
  .join(' union all ');

/** A unit's tally over all events: somebody who came to two events is still one person. */
export const allTimeTally = defineLoader(async (db, unitIds: readonly number[]) => {
  const rows = await db.query<Tally & { unitId: number }>(
    `select u.id as "unitId", kept.*, seen.people
     from service_unit u
     cross join lateral (
       select coalesce(sum(t.check_ins), 0)::int as "checkIns", coalesce(sum(t.on_site), 0)::int as "onSite",
         coalesce(sum(t.minutes), 0)::int as minutes
       from feed f join unit_tally t on t.event_id = f.event_id and t.unit_id = u.id
     ) kept
     cross join lateral (select count(distinct volunteer_id)::int as people from (${firstTimes}) c) seen
     where u.id = any($1)`,
    [unitIds],
    'all-time-tallies',
  );
  const byId = new Map(rows.map((row) => [row.unitId, row]));
  return unitIds.map((id) => byId.get(id) ?? emptyTally);
});
