import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { ProductInput } from './product-server.js';
import type { ReadRequest, ReadsCount, ReadsQuestion } from './reads-clients.js';
import type { ReadPeer, ReadPeerInput } from './reads-server.js';
import { Worker } from './worker.js';
import { createBenchWorld, dropBenchWorld, medians, quantile, Source, type BenchWorld, type Run } from './world.js';

/** The counts of every post through the hierarchy, and a page of 100 check-ins with post, team, station and badge. */
export type Question = 'overview' | 'page';
export type ReadMode = 'ours' | ReadPeer;

export interface ReadResult {
  question: Question;
  mode: ReadMode;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Server CPU for one answer, without PostgreSQL's. */
  cpuUs: number;
  bytes: number;
}

export interface ReadsLoad {
  checkIns: number;
  connections: number;
  seconds: number;
}

const modes: ReadMode[] = ['ours', 'postgraphile', 'json', 'flat'];
const pageSize = 100;
/** Pages all over the log, so that no answer can be kept. */
const pages = 40;

const ourOverview = `query Overview($event: ID!) { cultureSchools(first: 20) { nodes { code name
  stations(first: 20) { nodes { code name teams(first: 20) { nodes { code name posts(first: 20) { nodes { code name
    tally(event: $event) { checkIns people onSite minutes } } } } } } } } } }`;

const ourPage = `query Page($event: String!, $after: String) { communityEvent(code: $event) {
  checkIns(first: ${pageSize}, after: $after) { nodes { id sequence direction method at
    post { id code name team { id name station { id name } } } volunteer { displayName contingent tier } }
  pageInfo { endCursor hasNextPage } } } }`;

/**
 * The closest that an API made from our tables comes, under the same names. Its answers differ in this: a tally is a list of
 * one, ids and cursors are longer, and a name is not masked, which needs no code and would have to be written.
 */
const theirOverview = `query Overview($event: Int!) {
  cultureSchools: allServiceUnits(condition: { level: 1 }, orderBy: [CODE_ASC]) { nodes { code name
    stations: children(orderBy: [CODE_ASC]) { nodes { code name
      teams: children(orderBy: [CODE_ASC]) { nodes { code name
        posts: children(orderBy: [CODE_ASC]) { nodes { code name
          tally: unitTalliesByUnitId(condition: { eventId: $event }) { nodes { checkIns people onSite minutes } } } } } } } } } } }`;

const theirPage = `query Page($event: Int!, $after: Cursor) {
  checkIns: allCheckIns(condition: { eventId: $event }, orderBy: [PRIMARY_KEY_DESC], first: ${pageSize}, after: $after) {
    nodes { id sequence direction method at
      post: serviceUnitByPostId { id code name team: parent { id name station: parent { id name } } }
      volunteer: volunteerByVolunteerId { displayName: name contingent tier } }
    pageInfo { endCursor hasNextPage } } }`;

/** Tells PostGraphile that units form a tree by the one column: the composite key is for the database's own checks. */
const smartTags = `comment on table service_unit is
  E'@foreignKey (parent_id) references service_unit (id)|@fieldName parent|@foreignFieldName children'`;

/** Requests a second from the same database, modes interleaved, medians. */
export async function reads(run: Run, load: ReadsLoad): Promise<ReadResult[]> {
  const { postgresUrl, repeats, say, profile } = run;
  const world = await createBenchWorld(postgresUrl, 45);
  await fillLog(world, load.checkIns, say);
  const { databaseUrl } = world;
  const started = await Promise.all(
    modes.map((mode) =>
      mode === 'ours'
        ? Worker.start<string>('./product-server.ts', { databaseUrl } satisfies ProductInput)
        : Worker.start<string>('./reads-server.ts', { mode, databaseUrl } satisfies ReadPeerInput),
    ),
  );
  const servers = new Map(modes.map((mode, i) => [mode, started[i]!]));
  const look = { requests: [], connections: 1, seconds: 0 } satisfies ReadsQuestion;
  const [clients] = await Worker.start('./reads-clients.ts', look);
  const results: ReadResult[] = [];
  try {
    const requests = new Map<string, ReadRequest[]>();
    for (const mode of modes) {
      const ask = async (request: ReadRequest) => clients.ask<Answer>({ look: request } satisfies ReadsQuestion);
      const made = await requestsOf(mode, servers.get(mode)![1], world, load.checkIns, ask);
      for (const question of ['overview', 'page'] as const) {
        requests.set(`${mode} ${question}`, made[question]);
        checkAnswer(mode, question, await ask(made[question][0]!), load.checkIns);
      }
    }
    const { connections, seconds } = load;
    for (const question of ['overview', 'page'] as const) {
      for (let repeat = 0; repeat <= repeats; repeat++) {
        for (const mode of modes) {
          const [server] = servers.get(mode)!;
          const send = () =>
            clients.ask<ReadsCount>({
              requests: requests.get(`${mode} ${question}`)!,
              connections,
              // The first time compiles, and counts for nothing.
              seconds: repeat === 0 ? Math.min(seconds, 2) : seconds,
            } satisfies ReadsQuestion);
          await delay(50);
          const cpuBefore = await server.cpuUs();
          const count = await (mode === 'ours' && repeat > 0 ? profile(server, `reads ${question}`, send) : send());
          if (repeat === 0) continue;
          const result: ReadResult = {
            question,
            mode,
            perSecond: count.answers / count.seconds,
            p50Ms: quantile(count.latenciesMs, 0.5),
            p99Ms: quantile(count.latenciesMs, 0.99),
            cpuUs: ((await server.cpuUs()) - cpuBefore) / count.answers,
            bytes: count.bytes / count.answers,
          };
          results.push(result);
          say(
            `${question}, ${repeat}/${repeats}, ${mode}: ${result.perSecond.toFixed(0)}/s, ${(result.cpuUs / 1000).toFixed(2)} ms of CPU, p99 ${result.p99Ms.toFixed(0)} ms, ${(result.bytes / 1024).toFixed(0)} KB`,
          );
        }
      }
    }
  } finally {
    await Promise.all([clients.stop(), ...started.map(([server]) => server.stop())]);
  }
  await dropBenchWorld(postgresUrl, world);
  return medians(results, ({ question, mode }) => `${question} ${mode}`);
}

/** Fills the event's log by the product's own rules, as if people had moved on and on for the last hour. */
export async function fillLog(world: BenchWorld, checkIns: number, say: Run['say']): Promise<void> {
  const batch = 2_000;
  const batches = checkIns / batch;
  let now = world.startsAt;
  const database = new pg.Client({ connectionString: world.databaseUrl });
  await database.connect();
  // What is written refers to what is there: looking each reference up would take most of the time.
  const logTables = ['check_in', 'check_in_key'];
  for (const table of logTables) await database.query(`alter table ${table} disable trigger all`);
  const source = await Source.open(world, () => now);
  let toldAt = performance.now();
  for (let i = 0; i < batches; i++) {
    now = new Date(world.startsAt.getTime() + (i * 3_600_000) / batches);
    await source.append(batch);
    if (performance.now() - toldAt < 5_000) continue;
    toldAt = performance.now();
    say(`filling the log: ${(i + 1) * batch} of ${checkIns} check-ins`);
  }
  await source.close();
  for (const table of logTables) await database.query(`alter table ${table} enable trigger all`);
  await database.query(smartTags);
  await database.query('vacuum analyze');
  await database.end();
}

interface Tally {
  checkIns: number;
}

interface Nodes<T> {
  nodes: T[];
}

interface CheckIns {
  nodes: { sequence: number; post: { team: { station: { name: string } } }; volunteer: object }[];
  pageInfo: { endCursor: string };
}

interface Answer {
  errors?: unknown;
  data?: {
    cultureSchools?: Nodes<{ stations: Nodes<{ teams: Nodes<{ posts: Nodes<{ tally: Tally | Nodes<Tally> }> }> }> }>;
    communityEvent?: { checkIns: CheckIns };
    checkIns?: CheckIns;
  };
}

async function requestsOf(
  mode: ReadMode,
  url: string,
  world: BenchWorld,
  checkIns: number,
  ask: (request: ReadRequest) => Promise<Answer>,
): Promise<Record<Question, ReadRequest[]>> {
  const places = Array.from({ length: pages }, (_, i) => checkIns - Math.floor((i * (checkIns - pageSize)) / pages));
  if (mode === 'flat' || mode === 'json') {
    const at = (path: string) => ({ url, path: `${path}?event=${world.eventId}` });
    const page = at('/page');
    return {
      overview: [at('/overview')],
      page: places.map((place) => ({ ...page, path: `${page.path}&before=${place}` })),
    };
  }
  const authorization: Record<string, string> = mode === 'ours' ? { authorization: `Bearer ${world.wallKey}` } : {};
  const headers = { 'content-type': 'application/json', ...authorization };
  const post = (query: string, variables: object): ReadRequest => ({
    url,
    path: '/graphql',
    headers,
    body: JSON.stringify({ query, variables }),
  });
  if (mode === 'ours') {
    const after = (place: number) => Buffer.from(String(place)).toString('base64url');
    return {
      overview: [post(ourOverview, { event: world.eventGlobalId })],
      page: places.map((place) => post(ourPage, { event: world.eventCode, after: after(place) })),
    };
  }
  // A cursor of PostGraphile names the order and the values of its columns: ours are made from one that it gave out.
  const first = (await ask(post(theirPage, { event: world.eventId }))).data!.checkIns!;
  const given = JSON.parse(Buffer.from(first.pageInfo.endCursor, 'base64').toString()) as unknown[];
  const last = first.nodes.at(-1)!.sequence;
  const after = (place: number) =>
    Buffer.from(JSON.stringify(given.map((value) => (value === last ? place : value)))).toString('base64');
  return {
    overview: [post(theirOverview, { event: world.eventId })],
    page: places.map((place) => post(theirPage, { event: world.eventId, after: after(place) })),
  };
}

/** A mode that answers something else, or less, is no mode to compare with. */
function checkAnswer(mode: ReadMode, question: Question, answer: Answer, checkIns: number): void {
  const wrong = (what: string) => new Error(`${mode}, ${question}: ${what} in ${JSON.stringify(answer).slice(0, 300)}`);
  if (answer.errors || !answer.data) throw wrong('errors');
  if (question === 'overview') {
    const posts = answer.data.cultureSchools!.nodes.flatMap(({ stations }) =>
      stations.nodes.flatMap(({ teams }) => teams.nodes.flatMap(({ posts }) => posts.nodes)),
    );
    const tallies = posts.map(({ tally }) => ('nodes' in tally ? tally.nodes[0]! : tally));
    const sum = tallies.reduce((total, tally) => total + tally.checkIns, 0);
    if (posts.length !== 1_120 || sum !== checkIns) throw wrong(`${sum} check-ins at ${posts.length} posts`);
    return;
  }
  const { nodes } = (answer.data.communityEvent?.checkIns ?? answer.data.checkIns)!;
  const [newest, oldest] = [nodes[0]?.sequence, nodes.at(-1)?.sequence];
  // The first of the places is the log's end, so the page begins one before it.
  if (nodes.length !== pageSize || newest !== checkIns - 1 || oldest !== checkIns - pageSize) {
    throw wrong(`${nodes.length} check-ins from ${newest} to ${oldest}`);
  }
  if (!nodes.every(({ post }) => post.team.station.name)) throw wrong('a post without a station');
}
