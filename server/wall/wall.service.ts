import type { Context } from '../kernel/context.js';
import type { Database } from '../kernel/database/database.js';
import { defineLoader } from '../kernel/loaders.js';
import type { CommunityEvent } from '../event/community-event.entity.js';
import { checkInWindow } from '../event/event.rules.js';
import { eventById } from '../event/event.service.js';
import { feedHead } from '../feed/tally.service.js';
import { addArrivals, bucketMs, type Buckets } from './arrivals.rules.js';

/** Volunteers on the register of a station: those of its teams. */
export const registeredAt = defineLoader(async (db: Database, stationIds: readonly number[]) => {
  const rows = await db.query<{ id: number; count: number }>(
    `select t.parent_id as id, sum(c.people)::int as count
     from service_unit t join register_count c on c.team_id = t.id
     where t.parent_id = any($1) group by 1`,
    [stationIds],
    'registered-at-stations',
  );
  const counts = new Map(rows.map((row) => [row.id, row.count]));
  return stationIds.map((id) => counts.get(id) ?? 0);
});

/** What was counted of an event up to a place in its feed: the log is read once, and from then on only what is new in it. */
interface Counted {
  epoch: string;
  sequence: number;
  buckets: Buckets;
}

/** By database, as the tests have many in one process; then by event. */
const counted = new WeakMap<Database, Map<number, Promise<Counted>>>();

/** How many people came to an event for the first time, quarter of an hour by quarter of an hour; only those in which any did. */
export async function arrivalsAt(ctx: Context, event: CommunityEvent): Promise<{ from: Date; people: number }[]> {
  const { opensAt, closesAt } = checkInWindow(event);
  const { epoch, sequence } = await feedHead(ctx).load(event.id);
  let known = counted.get(ctx.db);
  if (!known) counted.set(ctx.db, (known = new Map()));
  const before = await known.get(event.id)?.catch(() => undefined);
  let now: Counted = before?.epoch === epoch ? before : { epoch, sequence: 0, buckets: new Map<number, number>() };
  if (sequence > now.sequence) {
    // Whoever asks meanwhile reads the same rows once more, which does no harm: nothing is changed in place.
    const reading = readArrivals(ctx, event, now, sequence);
    known.set(event.id, reading);
    reading.catch(() => known.get(event.id) === reading && known.delete(event.id));
    now = await reading;
  }
  const longest = Math.ceil((closesAt.getTime() - opensAt.getTime()) / bucketMs) - 1;
  return addArrivals(new Map(), now.buckets, longest).map(([bucket, people]) => ({
    from: new Date(opensAt.getTime() + bucket * bucketMs),
    people,
  }));
}

/** The latest of the events before this one that had the number before its own: last year's, as a rule. */
export const previousEdition = defineLoader(async (db: Database, eventIds: readonly number[]) => {
  const rows = await db.query<{ id: number; previousId: number }>(
    `select e.id, p.id as "previousId" from community_event e cross join lateral (
       select p.id from community_event p where p.edition = e.edition - 1 and p.starts_at < e.starts_at
       order by p.starts_at desc limit 1
     ) p where e.id = any($1)`,
    [eventIds],
    'previous-editions',
  );
  const previous = new Map(rows.map((row) => [row.id, row.previousId]));
  return eventIds.map((id) => previous.get(id) ?? null);
});

export async function previousEditionOf(ctx: Context, event: CommunityEvent): Promise<CommunityEvent | null> {
  const id = await previousEdition(ctx).load(event.id);
  return id === null ? null : eventById(ctx).load(id);
}

async function readArrivals(ctx: Context, event: CommunityEvent, last: Counted, upTo: number): Promise<Counted> {
  const { opensAt } = checkInWindow(event);
  const rows = await ctx.db.query<{ bucket: number; people: number }>(
    `select floor(extract(epoch from at - $3::timestamptz) * 1000 / $5)::int as bucket, count(*)::int as people
     from check_in where event_id = $1 and sequence > $2 and sequence <= $4 and first_levels = 5 group by 1`,
    [event.id, last.sequence, opensAt, upTo, bucketMs],
    'arrivals',
  );
  const news = rows.map(({ bucket, people }) => [bucket, people] as const);
  return { epoch: last.epoch, sequence: upTo, buckets: new Map(addArrivals(last.buckets, news)) };
}
