import { randomUUID } from 'node:crypto';
import type { Asker, TestApp } from '../support/app.js';

export interface Codes {
  pass: string;
  postCode: string;
}

/** What somebody holds who stands before a post: the code on its screen, and their own pass for the event. */
export async function codesOf(app: TestApp, volunteer: number, post: number, event = app.world.event): Promise<Codes> {
  const { data } = await app.ask(
    `query ($v: ID!, $p: ID!, $e: ID!) {
      person: node(id: $v) { ... on Volunteer { pass(event: $e) } }
      post: node(id: $p) { ... on GridPost { rotatingCode { code expiresAt refreshAt } } } }`,
    { v: app.world.volunteers[volunteer]!.globalId, p: app.world.posts[post]!.globalId, e: event.globalId },
    { as: 'admin' },
  );
  return { pass: data!.person.pass, postCode: data!.post.rotatingCode.code };
}

/** One scan by a volunteer's own phone. */
export function phoneScan(app: TestApp, codes: Partial<Codes>, more: Record<string, unknown> = {}) {
  return { key: randomUUID(), event: app.world.event.globalId, method: 'POST_CODE', ...codes, ...more };
}

export interface Tally {
  checkIns: number;
  people: number;
  onSite: number;
  minutes: number;
}

/** What the wall shows for a unit in the world's event, or for the event itself. */
export async function tallyOf(
  app: TestApp,
  id: string,
  event = app.world.event.globalId,
  asker?: Asker,
): Promise<Tally> {
  const { data } = await app.ask(
    `query ($id: ID!, $event: ID) { node(id: $id) {
      ... on ServiceUnit { unit: tally(event: $event) { checkIns people onSite minutes } }
      ... on CommunityEvent { tally { checkIns people onSite minutes } } } }`,
    { id, event },
    asker,
  );
  return data!.node.unit ?? data!.node.tally;
}

export interface ReadPage<Node> {
  nodes: Node[];
  totalCount: number;
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; endCursor: string | null };
}

/** Reads a list page by page to its end, as `document` with the variables $first and $after asks for its only field. */
export async function readPages<Node>(
  app: TestApp,
  document: string,
  first: number,
  asker?: Asker,
): Promise<ReadPage<Node>[]> {
  const pages: ReadPage<Node>[] = [];
  let last: ReadPage<Node> | undefined;
  do {
    const variables = { first, after: last?.pageInfo.endCursor };
    const { data, errors } = await app.ask<Record<string, ReadPage<Node>>>(document, variables, asker);
    if (errors) throw new Error(errors[0]!.message);
    last = Object.values(data!)[0]!;
    pages.push(last);
  } while (last.pageInfo.hasNextPage && pages.length < 100);
  return pages;
}

/** The tallies of all units of an event, and the event's own under 0, as they are kept. */
export async function keptTallies(app: TestApp, eventId: number): Promise<Map<number, Tally>> {
  const { rows } = await app.sql.query(
    `select unit_id as unit, check_ins as "checkIns", people, on_site as "onSite", minutes from unit_tally where event_id = $1
     union all select 0, check_ins, people, on_site, minutes from feed where event_id = $1`,
    [eventId],
  );
  return new Map(rows.map(({ unit, ...tally }: Tally & { unit: number }) => [unit, tally]));
}

/** The same, counted anew from the rows of the log and from where everybody is. */
export async function recountedTallies(app: TestApp, eventId: number): Promise<Map<number, Tally>> {
  const { rows } = await app.sql.query(
    `with log as (
       select c.*, array[0, post_id, team_id, station_id, school_id] as here,
         case when left_post_id is null then array[0, post_id, team_id, station_id, school_id]
           else array[0, left_post_id, left_team_id, left_station_id, left_school_id] end as stayed
       from check_in c where event_id = $1
     ), touched as (
       select distinct unit from log, unnest(here || stayed) as unit
     )
     select unit,
       (select count(*)::int from log where direction = 'IN' and unit = any(here)) as "checkIns",
       (select count(distinct volunteer_id)::int from log where direction = 'IN' and unit = any(here)) as people,
       (select count(*)::int from presence p
        where p.event_id = $1 and p.post_id is not null
          and unit in (0, p.post_id, p.team_id, p.station_id, p.school_id)) as "onSite",
       (select coalesce(sum(minutes), 0)::int from log where unit = any(stayed)) as minutes
     from touched`,
    [eventId],
  );
  return new Map(rows.map(({ unit, ...tally }: Tally & { unit: number }) => [unit, tally]));
}
