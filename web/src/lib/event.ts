import { latestEvents } from './event.graphql.ts';
import type { ResultOf } from './graphql.ts';
import { request } from './request.ts';

export type Event = ResultOf<typeof latestEvents>['communityEvents']['nodes'][number];

/** Which event a page without a choice is about: the one that goes on, else the next one, else the last one. */
export function presentEvent<E extends { startsAt: string; endsAt: string }>(events: E[], now: Date): E | undefined {
  const byStart = events.toSorted((a, b) => Date.parse(a.startsAt) - Date.parse(b.startsAt));
  const ahead = byStart.find((event) => Date.parse(event.endsAt) > now.getTime());
  return ahead ?? byStart.at(-1);
}

/** The event of today, or null in a community that has none yet. */
export async function findPresentEvent(fetch: typeof globalThis.fetch, locale: string): Promise<Event | null> {
  const { communityEvents } = await request(fetch, latestEvents, {}, { locale });
  return presentEvent(communityEvents.nodes, new Date()) ?? null;
}
