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
      `select k.ask, t.check_ins as "checkIns", t.people, t.on_site as "onSite", t.minutes
       from unnest($1::int[], $2::int[], $3::int[]) as k (ask, event_id, unit_id)
       join unit_tally t on t.event_id = k.event_id and t.unit_id = k.unit_id`,
      [keys.map((_, i) => i), keys.map((k) => k.eventId), keys.map((k) => k.unitId)],
      'unit-tallies',
    );
    const byAsk = new Map(rows.map((row) => [row.ask, row]));
    return keys.map((_, i) => byAsk.get(i) ?? emptyTally);
  },
  ({ eventId, unitId }) => `${eventId} ${unitId}`,
);

/** A unit's tally over all events: somebody who came to two events is still one person. */
export const allTimeTally = defineLoader(async (db, unitIds: readonly number[]) => {
  const rows = await db.query<Tally & { unitId: number }>(
    `select u.id as "unitId",
       coalesce(sum(t.check_ins), 0)::int as "checkIns", coalesce(sum(t.on_site), 0)::int as "onSite",
       coalesce(sum(t.minutes), 0)::int as minutes,
       (select count(distinct c.volunteer_id)::int from check_in c
        where c.first_levels > 4 - u.level and u.id =
          case u.level when 1 then c.school_id when 2 then c.station_id when 3 then c.team_id else c.post_id end) as people
     from service_unit u left join unit_tally t on t.unit_id = u.id
     where u.id = any($1) group by u.id`,
    [unitIds],
  );
  const byId = new Map(rows.map((row) => [row.unitId, row]));
  return unitIds.map((id) => byId.get(id) ?? emptyTally);
});
