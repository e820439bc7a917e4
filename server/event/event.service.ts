import { decodeCursor, toPage, type Page, type PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import { notFound } from '../kernel/errors.js';
import { numericKey } from '../kernel/global-id.js';
import { defineLoader } from '../kernel/loaders.js';
import { requireText } from '../kernel/text.js';
import { CommunityEvent } from './community-event.entity.js';

export const eventById = defineLoader(async (db, ids: readonly number[]) => {
  const rows = await db.query<CommunityEvent>(
    `select ${db.columns(CommunityEvent, 'e')} from community_event e where e.id = any($1)`,
    [ids],
    'events-by-id',
  );
  const byId = new Map(rows.map((row) => [row.id, Object.assign(new CommunityEvent(), row)]));
  return ids.map((id) => byId.get(id) ?? null);
});

/** An event that a foreign key promises to be there. */
export async function requiredEvent(ctx: Context, id: number): Promise<CommunityEvent> {
  const event = await eventById(ctx).load(id);
  if (!event) throw new Error(`event ${id} is referred to but missing`);
  return event;
}

/** An event that a client names by its global id; NOT_FOUND for anything else. */
export async function requireEvent(ctx: Context, id: string): Promise<CommunityEvent> {
  const key = numericKey(id, 'CommunityEvent');
  const event = key === undefined ? null : await eventById(ctx).load(key);
  if (!event) throw notFound(ctx.locale);
  return event;
}

export async function eventByCode(ctx: Context, code: string): Promise<CommunityEvent | null> {
  const [row] = await ctx.db.query<CommunityEvent>(
    `select ${ctx.db.columns(CommunityEvent, 'e')} from community_event e where e.code = $1`,
    [requireText(code, ctx.locale)],
    'event-by-code',
  );
  return row ? Object.assign(new CommunityEvent(), row) : null;
}

/** All events, the latest start first. */
export async function listEvents(ctx: Context, args: PageArgs): Promise<Page<CommunityEvent>> {
  const place = decodeCursor(args.after);
  // There is no event 0, so an unreadable cursor matches nothing.
  const last = place === undefined ? null : /^\d{1,9}$/.test(place) ? Number(place) : 0;
  const rows = await ctx.db.query<CommunityEvent>(
    `select ${ctx.db.columns(CommunityEvent, 'e')} from community_event e
     where $1::int is null or (e.starts_at, e.id) < (select l.starts_at, l.id from community_event l where l.id = $1)
     order by e.starts_at desc, e.id desc limit $2`,
    [last, args.first + 1],
  );
  return toPage(
    rows.map((row) => Object.assign(new CommunityEvent(), row)),
    args,
    (event) => event.id,
    async () => (await ctx.db.query<{ count: number }>('select count(*)::int as count from community_event'))[0]!.count,
  );
}
