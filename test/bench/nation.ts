import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { hashOf } from '../../server/access/access.service.js';
import { toGlobalId } from '../../server/kernel/global-id.js';
import type { ProductInput } from './product-server.js';
import { fillLog } from './reads.js';
import type { ReadRequest, ReadsCount, ReadsQuestion } from './reads-clients.js';
import { Worker } from './worker.js';
import { createBenchWorld, dropBenchWorld, median, quantile, type Run } from './world.js';

/** What one page costs at a community's size and at a nation's. */
export interface NationResult {
  question: string;
  communityMs: number;
  nationMs: number;
}

/** What a node needs that serves a nation. */
export interface NationNode {
  startMs: number;
  firstScoreboardMs: number;
  residentMb: number;
}

/** A database, and places all over it to ask about. */
interface Place {
  key: string;
  event: { id: string; code: string; head: number };
  schools: Unit[];
  stations: Unit[];
  teams: Unit[];
  posts: Unit[];
  volunteers: { id: number; number: string }[];
}

interface Unit {
  id: number;
  code: string;
}

interface Asked {
  question: string;
  query: string;
  variables: (place: Place, turn: number) => object;
}

const targets = 40;
const cursor = (place: string | number) => Buffer.from(String(place)).toString('base64url');
const pick = <T>(items: readonly T[], turn: number): T => items[turn % items.length]!;

const row = `id sequence direction method at post { id code name team { id name station { id name } } }
  volunteer { displayName contingent tier }`;
const tally = 'tally(event: $event) { checkIns people onSite minutes }';

/** Pages of equal length at both sizes: what differs is how much there is besides. */
const questions: Asked[] = [
  {
    question: 'seven schools with their tallies, and how many there are',
    query: `query ($event: ID!) { cultureSchools(first: 7) { totalCount nodes { code name ${tally} } } }`,
    variables: ({ event }) => ({ event: event.id }),
  },
  {
    question: 'a station by its code, what is above it, and eight teams',
    query: `query ($code: String!) { serviceUnit(code: $code) { code name ancestors { code name }
      ... on ServiceStation { brand { name } teams(first: 8) { totalCount nodes { code name } } } } }`,
    variables: ({ stations }, turn) => ({ code: pick(stations, turn).code }),
  },
  {
    question: 'the counts of two schools down to 320 posts',
    query: `query ($event: ID!, $after: String) { cultureSchools(first: 2, after: $after) { nodes { code
      stations(first: 2) { nodes { code teams(first: 8) { nodes { code posts(first: 10) { nodes { code ${tally} } } } } } } } } }`,
    variables: ({ event, schools }, turn) => ({
      event: event.id,
      after: cursor(pick(schools, turn).code.slice(0, -1)),
    }),
  },
  {
    question: 'an event with the newest hundred of its log',
    query: `query ($code: String!) { communityEvent(code: $code) { id title cursor tally { checkIns people onSite minutes }
      checkIns(first: 100) { totalCount nodes { ${row} } } } }`,
    variables: ({ event }) => ({ code: event.code }),
  },
  {
    question: 'a hundred of the log, anywhere in it',
    query: `query ($code: String!, $after: String!) { communityEvent(code: $code) {
      checkIns(first: 100, after: $after) { nodes { ${row} } } } }`,
    variables: ({ event }, turn) => ({
      code: event.code,
      after: cursor(event.head - Math.floor((turn * (event.head - 101)) / targets)),
    }),
  },
  ...(['school', 'station', 'team', 'post'] as const).map((level): Asked => {
    const typeName = { school: 'CultureSchool', station: 'ServiceStation', team: 'VolunteerTeam', post: 'GridPost' }[
      level
    ];
    return {
      question: `the newest five of the log at a ${level}`,
      query: `query ($code: String!, $within: ID!) { communityEvent(code: $code) {
        checkIns(first: 5, within: $within) { nodes { ${row} } } } }`,
      variables: (place, turn) => ({
        code: place.event.code,
        within: toGlobalId(typeName, pick(place[`${level}s`], turn).id),
      }),
    };
  }),
  {
    question: 'how much of the log there is at a station',
    query: `query ($code: String!, $within: ID!) { communityEvent(code: $code) {
      checkIns(first: 1, within: $within) { totalCount } } }`,
    variables: ({ event, stations }, turn) => ({
      code: event.code,
      within: toGlobalId('ServiceStation', pick(stations, turn).id),
    }),
  },
  ...(['school', 'station', 'team', 'post'] as const).map((level): Asked => ({
    question: `what a ${level} counts over all events`,
    query: 'query ($code: String!) { serviceUnit(code: $code) { tally { checkIns people onSite minutes } } }',
    variables: (place, turn) => ({ code: pick(place[`${level}s`], turn).code }),
  })),
  {
    question: 'fifty of the register',
    query: `query ($after: String) { volunteers(first: 50, after: $after) { nodes { id number displayName team { name } } } }`,
    variables: ({ volunteers }, turn) => ({ after: cursor(pick(volunteers, turn).number) }),
  },
  {
    question: 'the register of a team, and how many there are',
    query: `query ($within: ID!) { volunteers(first: 20, within: $within) { totalCount nodes { id number displayName } } }`,
    variables: ({ teams }, turn) => ({ within: toGlobalId('VolunteerTeam', pick(teams, turn).id) }),
  },
  {
    question: 'fifty of the register of a station',
    query: `query ($within: ID!) { volunteers(first: 50, within: $within) { nodes { id number displayName } } }`,
    variables: ({ stations }, turn) => ({ within: toGlobalId('ServiceStation', pick(stations, turn).id) }),
  },
  {
    question: 'fifty of the register of a school',
    query: `query ($within: ID!) { volunteers(first: 50, within: $within) { nodes { id number displayName } } }`,
    variables: ({ schools }, turn) => ({ within: toGlobalId('CultureSchool', pick(schools, turn).id) }),
  },
  {
    question: 'the register of a school, and how many there are',
    query: `query ($within: ID!) { volunteers(first: 20, within: $within) { totalCount nodes { id number displayName } } }`,
    variables: ({ schools }, turn) => ({ within: toGlobalId('CultureSchool', pick(schools, turn).id) }),
  },
  {
    question: 'how many are in the register',
    query: 'query { volunteers(first: 1) { totalCount } }',
    variables: () => ({}),
  },
  {
    question: 'how many residents are in the register',
    query: 'query { volunteers(first: 1, contingent: RESIDENT) { totalCount } }',
    variables: () => ({}),
  },
  {
    question: 'somebody sought by number',
    query: `query ($search: String!) { volunteers(first: 20, search: $search) { totalCount nodes { id number displayName } } }`,
    variables: ({ volunteers }, turn) => ({ search: pick(volunteers, turn).number }),
  },
  {
    question: 'a person by id, with team and station',
    query: `query ($id: ID!) { node(id: $id) { ... on Volunteer { number displayName team { name station { name } } } } }`,
    variables: ({ volunteers }, turn) => ({ id: toGlobalId('Volunteer', pick(volunteers, turn).id) }),
  },
  {
    question: 'the latest event',
    query: `query { communityEvents(first: 1) { nodes { id code title tally { people } } } }`,
    variables: () => ({}),
  },
];

/**
 * Every page at the size of a community (14 stations, 1,120 posts) and at that of a nation, which `npm run nation` has
 * loaded: medians of how long an answer takes, measured in turn.
 */
export async function nation(
  run: Run,
  { databaseUrl, checkIns, seconds }: { databaseUrl: string; checkIns: number; seconds: number },
): Promise<{ results: NationResult[]; node: NationNode }> {
  const { postgresUrl, repeats, say } = run;
  const world = await createBenchWorld(postgresUrl, 45);
  const began = performance.now();
  const large = await Worker.start<string>('./product-server.ts', { databaseUrl } satisfies ProductInput);
  const startMs = performance.now() - began;
  await fillLog(world, checkIns, say);
  const small = await Worker.start<string>('./product-server.ts', world satisfies ProductInput);
  const look = { requests: [], connections: 1, seconds: 0 } satisfies ReadsQuestion;
  const [clients] = await Worker.start('./reads-clients.ts', look);
  const sides = [
    { url: small[1], place: await placeIn(world.databaseUrl) },
    { url: large[1], place: await placeIn(databaseUrl) },
  ];
  const results: NationResult[] = [];
  try {
    const firstScoreboardMs = await firstScoreboard(sides[1]!.url, sides[1]!.place);
    for (const { question, query, variables } of questions) {
      const times: [number[], number[]] = [[], []];
      const requests = sides.map(({ url, place }) =>
        Array.from({ length: targets }, (_, turn): ReadRequest => ({
          url,
          path: '/graphql',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${place.key}` },
          body: JSON.stringify({ query, variables: variables(place, turn) }),
        })),
      );
      for (const [first] of requests) {
        // What has to come from the disk first may take longer than anybody is made to wait.
        for (let tries = 5; ; tries--) {
          const answer = await clients.ask<{ errors?: unknown }>({ look: first! } satisfies ReadsQuestion);
          if (!answer.errors) break;
          if (tries === 0) throw new Error(`${question}: ${JSON.stringify(answer.errors)}`);
        }
      }
      for (let repeat = 0; repeat <= repeats; repeat++) {
        for (const [side, list] of requests.entries()) {
          const asked = { requests: list, connections: 2, seconds: repeat === 0 ? 1 : seconds } satisfies ReadsQuestion;
          const { latenciesMs } = await clients.ask<ReadsCount>(asked);
          // The first time compiles, and brings what is asked for into memory.
          if (repeat > 0) times[side]!.push(quantile(latenciesMs, 0.5));
        }
      }
      const [communityMs, nationMs] = times.map(median) as [number, number];
      results.push({ question, communityMs, nationMs });
      say(
        `${question}: ${communityMs.toFixed(2)} → ${nationMs.toFixed(2)} ms, ${(nationMs / communityMs).toFixed(2)} ×`,
      );
    }
    const { resident } = await large[0].memory();
    return { results, node: { startMs, firstScoreboardMs, residentMb: resident / 2 ** 20 } };
  } finally {
    await Promise.all([clients.stop(), small[0].stop(), large[0].stop()]);
    for (const [side, url] of [world.databaseUrl, databaseUrl].entries()) await forgetKey(url, sides[side]!.place.key);
    await dropBenchWorld(postgresUrl, world);
  }
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Units that have enough below them to fill a page, and that people came to. */
function placeIn(url: string): Promise<Place> {
  return withClient(url, async (client) => {
    const key = `bh_${randomBytes(24).toString('base64url')}`;
    await client.query(
      "insert into access_key (name, role, hash, created_at) values ('bench', 'ADMINISTRATOR', $1, now())",
      [hashOf(key)],
    );
    const { rows: events } = await client.query<{ id: number; code: string; head: number }>(
      `select id, code, sequence as head from community_event join feed on event_id = id order by starts_at desc limit 1`,
    );
    const event = events[0]!;
    const units = async (level: number, children: number, checkIns: number) =>
      (
        await client.query<Unit>(
          `with candidates as (
             select u.id, u.code from service_unit u join unit_tally t on t.unit_id = u.id and t.event_id = $1
             where u.level = $2 and t.check_ins >= $3 order by md5(u.code) limit 500
           )
           select * from candidates u where (select count(*) from service_unit c where c.parent_id = u.id) >= $4
           order by md5(u.code) limit ${targets}`,
          [event.id, level, checkIns, children],
        )
      ).rows;
    const { rows: volunteers } = await client.query<{ id: number; number: string }>(
      `select id, number from volunteer where id in (
         select (1 + i * (select max(id) from volunteer)::bigint / ${targets})::int from generate_series(0, ${targets - 1}) i)`,
    );
    return {
      key,
      event: { ...event, id: toGlobalId('CommunityEvent', event.id) },
      schools: await units(1, 2, 100),
      stations: await units(2, 8, 50),
      teams: await units(3, 10, 10),
      posts: await units(4, 0, 5),
      volunteers,
    };
  });
}

const forgetKey = (url: string, key: string) =>
  withClient(url, (client) => client.query('delete from access_key where hash = $1', [hashOf(key)]));

/** From opening a socket to the whole event's first scoreboard, on a node where nobody follows it yet. */
async function firstScoreboard(url: string, { key, event }: Place): Promise<number> {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${key}` },
  });
  const began = performance.now();
  const query = `subscription ($event: ID!) { scoreboard(event: $event) { cursor units { unit { code } tally { people } } } }`;
  for await (const { errors } of client.iterate({ query, variables: { event: event.id } })) {
    if (errors) throw new Error(JSON.stringify(errors));
    break;
  }
  const took = performance.now() - began;
  await client.dispose();
  return took;
}
