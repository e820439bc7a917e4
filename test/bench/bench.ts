/**
 * What the heart of the product costs, beside its limits and its peers, in one run: `npm run bench`. Ratios are what
 * counts; the figures of a shared machine move by a factor of two within an hour. Every server has a process of its own, and
 * its costs are those of the operating system's accounting.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../server/kernel/database/embedded.js';
import { fanout, type FanoutMode, type FanoutResult, type FanoutScenario } from './fanout.js';
import { pixel } from './pixel.js';
import { nation } from './nation.js';
import { noProfile, profilesInto } from './profile.js';
import { reads, type Question, type ReadMode } from './reads.js';
import { atLeast, atMost, format, judge, type Goal, type Line, type Table } from './report.js';
import { walls } from './walls.js';
import { Worker } from './worker.js';
import { quiet, type Run } from './world.js';
import { writes, type WriteLoad, type WriteMode } from './writes.js';

const sections = {
  fanout: fanoutTables,
  walls: wallsTables,
  writes: writesTables,
  reads: readsTables,
  nation: nationTables,
  pixel: pixelTables,
};
type Section = keyof typeof sections;
const names = Object.keys(sections) as Section[];

const program = new Command('bench')
  .description('Measures the heart of the product beside its limits and peers, and writes JSON to build/bench.')
  .option('--quick', 'fewer sockets, and everything once: two minutes instead of a quarter of an hour')
  .option('--only <sections>', `some of ${names.join(',')}`, names.join(','))
  .option('--nation <url>', 'a database that `npm run nation -- --url` has filled: every page is measured there, too')
  .option('--repeats <n>', 'how often everything is measured; medians count')
  .option('--profile', 'also tell where the time of our server goes; the figures of such a run count for nothing')
  .addHelpText(
    'after',
    '\nBENCH_DATABASE_URL names a PostgreSQL to use instead of one of its own; its databases are not touched.',
  );
const {
  quick = false,
  nation: nationUrl,
  only,
  profile = false,
  repeats,
} = program.parse().opts<{
  quick?: boolean;
  nation?: string;
  only: string;
  profile?: boolean;
  repeats?: string;
}>();
const wanted = (only.split(',') as Section[]).filter((name) => name !== 'nation' || nationUrl || only === 'nation');
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) program.error(`There is no section ${unknown.join(', ')}: choose from ${names.join(', ')}.`);

if (only === 'nation' && !nationUrl) {
  program.error('Name the database with --nation: fill an empty one by npm run nation -- --url <url>.');
}

const began = performance.now();
const say = (line: string) =>
  console.log(`${String(Math.round((performance.now() - began) / 1000)).padStart(5)} s  ${line}`);

// ── Sections ────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Measured {
  results: unknown;
  tables: Table[];
}

const sockets = quick ? 500 : 2_000;
/** As many, in equal groups. */
const groupedSockets = quick ? 504 : 2_002;

const scenarios: FanoutScenario[] = [
  {
    name: 'one group',
    sockets,
    rounds: quick ? 20 : 30,
    burst: 1,
    groups: 1,
    modes: ['ours', 'raw', 'coalesced', 'stock', 'mercurius'],
  },
  // One that looks everything up for each socket takes its time; a few rounds tell as much.
  { name: 'one group, as by the manual', sockets, rounds: 3, burst: 1, groups: 1, modes: ['stock, own loaders'] },
  {
    name: 'bursts of 10',
    sockets,
    rounds: quick ? 10 : 15,
    burst: 10,
    groups: 1,
    modes: ['ours', 'raw', 'coalesced', 'stock'],
  },
  {
    name: '14 groups, a check-in in each',
    sockets: groupedSockets,
    rounds: quick ? 20 : 30,
    burst: 14,
    groups: 14,
    modes: ['ours', 'raw'],
  },
  {
    name: '14 groups, one after the other',
    sockets: groupedSockets,
    rounds: quick ? 140 : 280,
    burst: 1,
    groups: 14,
    modes: ['ours', 'raw'],
  },
];

const fanoutGoals: Record<string, Partial<Record<FanoutMode, Goal>>> = {
  'one group': { raw: atLeast(0.8, 1), stock: atLeast(4, 6) },
  'bursts of 10': { raw: atLeast(2), stock: atLeast(10), coalesced: atLeast(undefined, 0.4) },
  '14 groups, a check-in in each': { raw: atLeast(0.6, 0.8) },
  '14 groups, one after the other': { raw: atLeast(0.6, 0.8) },
};

const memoryGoals: Partial<Record<FanoutMode, Goal>> = { raw: atMost(2), stock: atMost(0.5) };

const peerNames: Record<FanoutMode, string> = {
  ours: 'Baihua',
  raw: 'raw ws.send of one buffer',
  coalesced: 'raw, one write a turn (the limit)',
  stock: 'graphql-ws, our schema, all looked up already',
  'stock, own loaders': 'graphql-ws, our schema, each looks things up',
  mercurius: 'mercurius, our schema, all looked up already',
};

async function fanoutTables(run: Run): Promise<Measured> {
  say('FAN-OUT: one event told to many sockets');
  const results = await fanout(run, scenarios);
  const isManual = (result: FanoutResult) => result.mode === 'stock, own loaders';
  const tables = scenarios.flatMap(({ name, sockets }): Table[] => {
    const of = results.filter((result) => result.scenario === name || (name === 'one group' && isManual(result)));
    const ours = of.find(({ mode }) => mode === 'ours');
    if (!ours) return [];
    const costs: Table = {
      title: `Fan-out, ${name}, ${sockets} sockets: server CPU for one check-in told to one socket`,
      lines: of.map((result) => {
        const { mode, cpuUsPerDelivery } = result;
        const line: Line = { what: peerNames[mode], measured: `${cpuUsPerDelivery.toFixed(2)} µs` };
        if (mode === 'ours') return line;
        return { ...line, ratio: cpuUsPerDelivery / ours.cpuUsPerDelivery, goal: fanoutGoals[name]?.[mode] };
      }),
    };
    if (name !== 'one group') return [costs];
    const memory: Table = {
      title: 'Memory for one subscriber: kept by V8 (and by how much the process grew)',
      lines: of.map(({ mode, keptKb, residentKb }) => {
        const line: Line = { what: peerNames[mode], measured: `${keptKb.toFixed(1)} KB (${residentKb.toFixed(0)} KB)` };
        return mode === 'ours' ? line : { ...line, ratio: ours.keptKb / keptKb, goal: memoryGoals[mode] };
      }),
    };
    return [costs, memory];
  });
  return { results, tables };
}

async function wallsTables(run: Run): Promise<Measured> {
  const load = { walls: 500, perSecond: 50, seconds: quick ? 4 : 12 };
  say(`WALLS: from a mutation to the last of ${load.walls} walls, ${load.perSecond} a second`);
  const results = await walls(run, load);
  const [ours, raw, group] = (['ours', 'raw', 'group'] as const).map((mode) => results.find((r) => r.mode === mode)!);
  const times = ({ p50Ms, p95Ms, p99Ms }: (typeof results)[number]) =>
    `p50 ${p50Ms.toFixed(1)}, p95 ${p95Ms.toFixed(1)}, p99 ${p99Ms.toFixed(1)} ms`;
  const together = raw!.p99Ms + group!.p99Ms;
  const goal = atMost(2, 1.3);
  const lines: Line[] = [
    { what: 'Baihua, from the mutation being sent', measured: times(ours!) },
    { what: 'raw ws.send to as many sockets', measured: times(raw!) },
    { what: 'group commit of one row', measured: times(group!) },
    { what: 'both together', measured: `p99 ${together.toFixed(1)} ms`, ratio: ours!.p99Ms / together, goal },
  ];
  return {
    results,
    tables: [{ title: `Mutation sent → the last of ${load.walls} walls, ${load.perSecond}/s`, lines }],
  };
}

const writeNames: Record<WriteMode, string> = {
  ours: 'Baihua, over HTTP',
  statement: 'one CTE statement a check-in, no HTTP',
  group: 'group commit without a wait, no HTTP (the limit)',
};

const writeGoals: Record<number, Partial<Record<WriteMode, Goal>>> = {
  64: { statement: atLeast(2), group: atLeast(0.2, 0.35) },
};

async function writesTables(run: Run): Promise<Measured> {
  say('WRITES: durable check-ins');
  const factor = quick ? 1 : 4;
  const loads: WriteLoad[] = [
    { inFlight: 1, count: { ours: 400, statement: 800, group: 800 } },
    { inFlight: 64, count: { ours: 3_000, statement: 1_500, group: 12_000 } },
    { inFlight: 256, count: { ours: 4_000, statement: 1_500, group: 20_000 } },
  ].map(({ inFlight, count: { ours, statement, group } }) => ({
    inFlight,
    count: { ours: ours * factor, statement: statement * factor, group: group * factor },
  }));
  const results = await writes(run, loads);
  const tables = loads.map(({ inFlight }): Table => {
    const of = results.filter((result) => result.inFlight === inFlight);
    const ours = of.find(({ mode }) => mode === 'ours')!;
    const lines = of.flatMap((result): Line[] => {
      const { mode, perSecond, p50Ms, p99Ms, cpuUs } = result;
      const what = writeNames[mode];
      const cost = cpuUs === undefined ? '' : `, ${cpuUs.toFixed(0)} µs of CPU`;
      const measured = `${perSecond.toFixed(0)}/s, p50 ${p50Ms.toFixed(2)}, p99 ${p99Ms.toFixed(1)} ms${cost}`;
      if (mode === 'ours') return [{ what, measured }];
      const byRate: Line = { what, measured, ratio: ours.perSecond / perSecond, goal: writeGoals[inFlight]?.[mode] };
      if (inFlight > 1 || mode !== 'statement') return [byRate];
      const goal = atMost(3, 2);
      return [byRate, { what: '  its p50', measured: `${p50Ms.toFixed(2)} ms`, ratio: ours.p50Ms / p50Ms, goal }];
    });
    return { title: `Check-ins, ${inFlight} in flight`, lines };
  });
  return { results, tables };
}

const readNames: Record<ReadMode, string> = {
  ours: 'Baihua',
  postgraphile: 'PostGraphile 5',
  json: 'one JSON statement in SQL, no GraphQL',
  flat: 'flat rows put together by hand, no GraphQL (the limit)',
};

const readGoals: Partial<Record<ReadMode, Goal>> = { postgraphile: atLeast(1.2), flat: atLeast(undefined, 0.5) };

const questions: Record<Question, string> = {
  overview: 'the counts of 1,120 posts through the hierarchy',
  page: 'a page of 100 check-ins with post, team, station and badge',
};

async function readsTables(run: Run): Promise<Measured> {
  const load = { checkIns: quick ? 50_000 : 200_000, connections: 16, seconds: quick ? 2 : 5 };
  say(
    `READS: an overview of all posts, and pages of check-ins, ${load.checkIns} check-ins, ${load.connections} connections`,
  );
  const results = await reads(run, load);
  const tables = (['overview', 'page'] as const).map((question): Table => {
    const of = results.filter((result) => result.question === question);
    const ours = of.find(({ mode }) => mode === 'ours')!;
    return {
      title: `Reads: ${questions[question]}, ${load.checkIns} check-ins, ${load.connections} connections`,
      lines: of.map(({ mode, perSecond, cpuUs, bytes }) => {
        const measured = `${perSecond.toFixed(0)}/s, ${(cpuUs / 1000).toFixed(2)} ms of CPU, ${(bytes / 1024).toFixed(0)} KB`;
        if (mode === 'ours') return { what: readNames[mode], measured };
        return { what: readNames[mode], measured, ratio: ours.perSecond / perSecond, goal: readGoals[mode] };
      }),
    };
  });
  return { results, tables };
}

async function nationTables(run: Run): Promise<Measured> {
  say("NATION: every page at a community's size and at a nation's");
  const load = { databaseUrl: nationUrl!, checkIns: quick ? 50_000 : 200_000, seconds: 1 };
  const { results, node } = await nation(run, load);
  const pages: Line[] = results.map(({ question, communityMs, nationMs }) => ({
    what: question,
    measured: `${communityMs.toFixed(2)} → ${nationMs.toFixed(2)} ms`,
    ratio: nationMs / communityMs,
    goal: atMost(2),
  }));
  const ms = (value: number) => `${value.toFixed(0)} ms`;
  const needs: Line[] = [
    { what: 'start', measured: ms(node.startMs) },
    { what: 'first scoreboard of the event, 342 schools', measured: ms(node.firstScoreboardMs) },
    { what: 'memory after all of these questions, resident', measured: `${node.residentMb.toFixed(0)} MB` },
  ];
  return {
    results: { pages: results, node },
    tables: [
      { title: `Pages: 1,120 posts and ${load.checkIns} check-ins → a nation; medians of an answer`, lines: pages },
      { title: 'A node that serves the nation', lines: needs },
    ],
  };
}

async function pixelTables(run: Run): Promise<Measured> {
  const load = { perSecond: 50, seconds: quick ? 8 : 20 };
  say(`PIXEL: from a check-in to its pixel in a real browser, ${load.perSecond} a second`);
  const result = await pixel(run, load);
  const { p50Ms, p95Ms, p99Ms, fromReplyP95Ms, slowFrames, frames } = result;
  const ms = (value: number) => `${value.toFixed(0)} ms`;
  const lines: Line[] = [
    { what: 'p50 from sending', measured: ms(p50Ms) },
    { what: 'p95 from sending', measured: ms(p95Ms), value: p95Ms, goal: atMost(250) },
    { what: 'p99 from sending', measured: ms(p99Ms), value: p99Ms, goal: atMost(undefined, 150) },
    { what: 'p95 from the reply', measured: ms(fromReplyP95Ms) },
    { what: `frames over 50 ms, of ${frames}`, measured: String(slowFrames), value: slowFrames, goal: atMost(0) },
  ];
  return { results: result, tables: [{ title: `Check-in → pixel, real browser, ${load.perSecond}/s`, lines }] };
}

// ── The run ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const folder = join('build', 'bench');
await mkdir(folder, { recursive: true });
// Not in the system's folder for what is temporary, which may be in memory: a flush has to be one.
const dataDir = await mkdtemp(join(folder, 'data-'));
const givenUrl = process.env.BENCH_DATABASE_URL;
let postgres: Awaited<ReturnType<typeof startEmbeddedPostgres>> | undefined;

async function cleanUp(): Promise<void> {
  await Worker.stopAll();
  await postgres?.stop();
  await rm(dataDir, { recursive: true, force: true });
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => void cleanUp().finally(() => process.exit(code)));
}

try {
  if (!givenUrl) postgres = await startEmbeddedPostgres({ dataDir, log: quiet });
  const postgresUrl = givenUrl ?? postgres!.url;
  const run: Run = {
    postgresUrl,
    repeats: repeats ? Number(repeats) : quick || profile ? 1 : 3,
    say,
    profile: profile ? profilesInto(folder, say) : noProfile,
  };
  const date = new Date().toISOString();
  const report: Record<string, unknown> = { date, quick, repeats: run.repeats, machine: await machine(postgresUrl) };
  const tables: Table[] = [];
  for (const name of names.filter((name) => wanted.includes(name))) {
    const measured = await sections[name](run);
    report[name] = {
      results: measured.results,
      tables: measured.tables.map(({ title, lines }) => ({
        title,
        lines: lines.map((line) => ({ ...line, verdict: judge(line) })),
      })),
    };
    tables.push(...measured.tables);
    for (const table of measured.tables) console.log(`\n${format(table)}`);
    console.log();
  }
  if (wanted.length > 1) console.log(`${'─'.repeat(100)}\n${tables.map(format).join('\n\n')}\n`);
  const file = join(folder, `${date.replace(/[:.]/g, '-')}.json`);
  await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
  say(file);
} finally {
  await cleanUp();
}

async function machine(postgresUrl: string) {
  const client = new pg.Client({ connectionString: postgresUrl });
  await client.connect();
  const { rows } = await client.query('show server_version');
  await client.end();
  return {
    cores: cpus().length,
    processor: cpus()[0]?.model,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    postgres: rows[0].server_version as string,
  };
}
process.exit(0);
