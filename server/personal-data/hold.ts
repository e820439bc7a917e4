import type pg from 'pg';
import { inSequence } from '../access/last-administrator.js';
import type { Context } from '../kernel/context.js';
import { notFound } from '../kernel/errors.js';
import { numericKey } from '../kernel/global-id.js';
import { requireText } from '../kernel/text.js';
import { lockFeeds, renewHistories } from '../feed/feed.log.js';
import { Volunteer } from '../volunteer/volunteer.entity.js';
import { volunteerInReach } from '../volunteer/volunteer.service.js';
import { messages } from './personal-data.messages.js';
import { ReasonRefused } from './personal-data.result.js';
import { faultOfReason } from '../vault/person.rules.js';

/** A person whom the viewer's office shows them; NOT_FOUND for everybody else. */
export async function requirePerson(ctx: Context, id: string): Promise<Volunteer> {
  const key = numericKey(id, 'Volunteer');
  const volunteer = key === undefined ? null : await volunteerInReach(ctx, key);
  if (!volunteer) throw notFound(ctx.locale);
  return volunteer;
}

/** The refusal of a reason that is none; null for a good one. */
export function refusedReason(ctx: Context, reason: string): ReasonRefused | null {
  const fault = faultOfReason(requireText(reason, ctx.locale));
  return fault && Object.assign(new ReasonRefused(), { message: messages[ctx.locale].reasons[fault] });
}

/** Runs `work` while nobody else changes the person. NOT_FOUND when they are erased by now. */
export function withPerson<T>(
  ctx: Context,
  id: number,
  work: (client: pg.ClientBase, volunteer: Volunteer) => Promise<T>,
): Promise<T> {
  return ctx.db.transaction(async (client) => {
    const volunteer = await lockVolunteer(ctx, client, id, 'no key update');
    if (volunteer.erasedAt) throw notFound(ctx.locale);
    return work(client, volunteer);
  });
}

/**
 * As `withPerson`, for when something that screens may show must go; erased people are handed over as well. Screens begin
 * anew within seconds of `renewScreens`, those that are away when they come back: the feeds of the events that the person
 * was at begin a new history. With `all` feeds nothing is stored any more that was decided on before: a check-in under way
 * is decided again, and accounts are held as well.
 */
export async function withPersonOffScreens<T>(
  ctx: Context,
  id: number,
  feeds: 'attended' | 'all',
  work: (client: pg.ClientBase, volunteer: Volunteer, renewScreens: () => Promise<void>) => Promise<T>,
): Promise<T> {
  for (;;) {
    const done = await ctx.db.transaction(async (client) => {
      // In this order: whoever changes accounts may look at the person, and whoever checks people in locks the feed first.
      if (feeds === 'all') await inSequence(client);
      const eventIds = await lockFeeds(client, feeds === 'all' ? null : id);
      const volunteer = await lockVolunteer(ctx, client, id, 'update');
      const { rows } = await client.query(
        'select 1 from check_in where volunteer_id = $1 and event_id <> all($2) limit 1',
        [id, eventIds],
      );
      // They came to another event between the two locks: once more, with that one's feed.
      if (rows.length > 0) return undefined;
      return { result: await work(client, volunteer, () => renewHistories(client, eventIds)) };
    });
    if (done) return done.result;
  }
}

async function lockVolunteer(
  ctx: Context,
  client: pg.ClientBase,
  id: number,
  strength: 'no key update' | 'update',
): Promise<Volunteer> {
  const { rows } = await client.query<Volunteer>(
    `select ${ctx.db.columns(Volunteer, 'v')} from volunteer v where v.id = $1 for ${strength}`,
    [id],
  );
  if (!rows[0]) throw notFound(ctx.locale);
  return Object.assign(new Volunteer(), rows[0]);
}
