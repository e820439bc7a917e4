import type { ResultOf } from '#lib/graphql.ts';
import { request } from '#lib/request.ts';
import { type followScoreboard, wallEvent, wallUnits } from './wall.graphql.ts';

export type WallEvent = NonNullable<ResultOf<typeof wallEvent>['communityEvent']>;
export type WallCheckIn = WallEvent['checkIns']['nodes'][number];
export type Tally = WallEvent['tally'];
export type Scoreboard = ResultOf<typeof followScoreboard>['scoreboard'];

export interface School {
  code: string;
  name: string;
  tally: Tally;
  stations: Station[];
}

/** A station is a flower, its teams are the petals, and a petal opens as somebody comes to the posts of the team. */
export interface Station {
  code: string;
  name: string;
  brand: { name: string } | null;
  /** Volunteers on its register: the number that is expected as long as nobody has planned another. */
  registered: number;
  tally: Tally;
  teams: { code: string; name: string; posts: { code: string; covered: boolean }[] }[];
}

export interface Snapshot {
  cursor: string;
  sequence: number;
  event: Omit<WallEvent, 'checkIns' | 'cursor' | 'tally'>;
  tally: Tally;
  /** Newest first. */
  checkIns: WallCheckIn[];
  schools: School[];
}

/** What the tallest layout shows, and one that is about to leave. */
export const maxRows = 10;

/** Everything that the wall shows, as it stands; null when there is no such event. A whole square reads it: names are masked. */
export async function takeSnapshot(
  fetch: typeof globalThis.fetch,
  code: string,
  locale: string,
): Promise<Snapshot | null> {
  const options = { locale, asPublic: true };
  const { communityEvent } = await request(fetch, wallEvent, { code, rows: maxRows }, options);
  if (!communityEvent) return null;
  const { checkIns, cursor, tally, ...event } = communityEvent;
  // Asked for after the cursor was taken: what comes in between is counted here and comes again by the feed, which does
  // no harm, because the feed only adds to what is covered.
  const { cultureSchools } = await request(fetch, wallUnits, { event: event.id }, options);
  return {
    cursor,
    sequence: checkIns.nodes[0]?.sequence ?? 0,
    event,
    tally,
    checkIns: checkIns.nodes,
    schools: cultureSchools.nodes.map(({ stations, ...school }) => ({
      ...school,
      stations: stations.nodes.map(({ teams, ...station }) => ({
        ...station,
        teams: teams.nodes.map(({ posts, ...team }) => ({
          ...team,
          posts: posts.nodes.map(({ code, tally }) => ({ code, covered: tally.people > 0 })),
        })),
      })),
    })),
  };
}
