/**
 * What the heart of the product costs, beside its limits and its peers, in one run: `npm run bench`. Ratios are what
 * counts; the figures of a shared machine move by a factor of two within an hour.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { startEmbeddedPostgres } from '../../server/kernel/database/embedded.js';
import { fanout, type FanoutScenario } from './fanout.js';
import { pixel } from './pixel.js';
import { createBenchWorld, quiet, Worker } from './world.js';
import { writes } from './writes.js';

const program = new Command('bench')
  .description('Measures fan-out, writes and check-in to pixel beside their limits and peers.')
  .option('--quick', 'fewer sockets and repeats: minutes instead of a quarter of an hour')
  .option('--only <sections>', 'fanout, writes, pixel, separated by commas', 'fanout,writes,pixel');
const { quick = false, only } = program.parse().opts<{ quick?: boolean; only: string }>();
const sections = new Set(only.split(','));
const repeats = quick ? 1 : 3;
const sockets = quick ? 500 : 2_000;

const say = (line: string) => console.log(line);

interface Line {
  what: string;
  measured: string;
  /** Ours against it: above 1 we are better. */
  ratio?: number;
  goal?: number;
  stretch?: number;
}

function print(title: string, lines: Line[]): void {
  say(`\n${title}`);
  for (const { what, measured, ratio, goal, stretch } of lines) {
    const against = ratio === undefined ? '' : `  ours: ${ratio.toFixed(2)} ×`;
    const judged =
      goal === undefined || ratio === undefined
        ? ''
        : `  goal ≥ ${goal}${stretch === undefined ? '' : `, stretch ≥ ${stretch}`}: ${ratio >= (stretch ?? Infinity) ? 'stretch met' : ratio >= goal ? 'met' : 'MISSED'}`;
    say(`  ${what.padEnd(34)} ${measured.padStart(22)}${against}${judged}`);
  }
}

const scenarios: FanoutScenario[] = [
  {
    name: 'one group',
    sockets,
    rounds: 30,
    burst: 1,
    groups: 1,
    modes: ['raw', 'coalesced', 'ours', 'stock', 'mercurius'],
  },
  { name: 'bursts of 10', sockets, rounds: 10, burst: 10, groups: 1, modes: ['raw', 'coalesced', 'ours', 'stock'] },
  { name: '14 groups', sockets, rounds: 60, burst: 1, groups: 14, modes: ['raw', 'ours'] },
];

/** Goals of the design: ours against each, by scenario. */
const fanoutGoals: Record<string, Record<string, [goal: number, stretch?: number]>> = {
  'one group': { raw: [0.8, 1], stock: [4, 6] },
  'bursts of 10': { raw: [2], stock: [10], coalesced: [0, 0.4] },
  '14 groups': { raw: [0.6, 0.8] },
};

const dataDir = await mkdtemp(join(tmpdir(), 'baihua-bench-'));
const postgres = await startEmbeddedPostgres({ dataDir, log: quiet });
const report: Record<string, unknown> = {
  date: new Date().toISOString(),
  cores: cpus().length,
  node: process.version,
  quick,
};
try {
  if (sections.has('fanout')) {
    say('Fan-out: one event told to many sockets');
    const results = await fanout(postgres.url, scenarios, repeats, say);
    report.fanout = results;
    for (const { name } of scenarios) {
      const of = results.filter((result) => result.scenario === name);
      const ours = of.find(({ mode }) => mode === 'ours')!;
      print(
        `Fan-out, ${name}, ${sockets} sockets: server CPU for one delivery`,
        of.map(({ mode, cpuUsPerDelivery }) => {
          const [goal, stretch] = fanoutGoals[name]?.[mode] ?? [];
          const measured = `${cpuUsPerDelivery.toFixed(2)} µs`;
          return mode === 'ours'
            ? { what: mode, measured }
            : { what: mode, measured, ratio: cpuUsPerDelivery / ours.cpuUsPerDelivery, goal, stretch };
        }),
      );
      if (name !== 'one group') continue;
      print(
        'Memory kept for one subscriber',
        of.map(({ mode, kbPerSocket }) => ({
          what: mode,
          measured: `${kbPerSocket.toFixed(1)} KB`,
          ...(mode === 'stock' ? { ratio: kbPerSocket / ours.kbPerSocket, goal: 2 } : {}),
          ...(mode === 'raw' ? { ratio: kbPerSocket / ours.kbPerSocket, goal: 0.5 } : {}),
        })),
      );
    }
  }
  if (sections.has('writes')) {
    say('\nWrites: durable check-ins');
    const results = await writes(postgres.url, { repeats, count: quick ? 4_000 : 12_000 }, say);
    report.writes = results;
    for (const inFlight of [1, 64]) {
      const of = results.filter((result) => result.inFlight === inFlight);
      const ours = of.find(({ mode }) => mode === 'ours')!;
      print(
        `Check-ins, ${inFlight} in flight`,
        of.map((result) => {
          const measured = `${Math.round(result.perSecond)}/s, p50 ${result.p50Ms.toFixed(2)} ms`;
          if (result.mode === 'ours') return { what: `ours, over HTTP (${ours.cpuUs!.toFixed(0)} µs CPU)`, measured };
          const what = result.mode === 'group' ? 'group commit, no wait (limit)' : 'one CTE statement each';
          if (inFlight === 1 && result.mode === 'statement') {
            return { what: `${what}, by p50`, measured, ratio: result.p50Ms / ours.p50Ms, goal: 1 / 3, stretch: 1 / 2 };
          }
          const ratio = ours.perSecond / result.perSecond;
          if (inFlight === 1) return { what, measured, ratio };
          return result.mode === 'group'
            ? { what, measured, ratio, goal: 0.2, stretch: 0.35 }
            : { what, measured, ratio, goal: 2 };
        }),
      );
    }
  }
  if (sections.has('pixel')) {
    say('\nFrom the reply to a check-in to the pixel, in a real browser');
    const world = await createBenchWorld(postgres.url);
    const [server, url] = await Worker.start<string>('./fanout-server.ts', { mode: 'pages', world });
    try {
      const result = await pixel(url, world, { ratePerSecond: 50, seconds: quick ? 10 : 20 });
      report.pixel = result;
      say(
        `  ${result.checkIns} at ${result.ratePerSecond}/s: p50 ${result.p50Ms.toFixed(0)} ms, p95 ${result.p95Ms.toFixed(0)} ms (goal < 250: ${result.p95Ms < 250 ? 'met' : 'MISSED'}), p99 ${result.p99Ms.toFixed(0)} ms; ${result.slowFrames} of ${result.frames} frames over 50 ms`,
      );
    } finally {
      await server.stop();
    }
  }
} finally {
  await postgres.stop();
  await rm(dataDir, { recursive: true, force: true });
}
await mkdir('build/bench', { recursive: true });
const file = join('build/bench', `${(report.date as string).replace(/[:.]/g, '-')}.json`);
await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
say(`\n${file}`);
process.exit(0);
