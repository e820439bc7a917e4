import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { checkInClient } from './http-client.js';
import type { ProductInput } from './product-server.js';
import { Worker } from './worker.js';
import { createBenchWorld, dropBenchWorld, medians, nextMove, quantile, type BenchWorld, type Run } from './world.js';

/**
 * `ours` is the whole way: HTTP, GraphQL, identity, rules, log, presence, tallies, keys, the bell. The others are the limits:
 * they number and store a row and know nothing else, without HTTP. `statement` is one CTE statement for each check-in;
 * `group` is group commit without a wait: one transaction takes along whatever came while the last one was in flight.
 */
export type WriteMode = 'ours' | 'statement' | 'group';

export interface WriteResult {
  mode: WriteMode;
  inFlight: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Server CPU for one check-in over HTTP; of ours alone. */
  cpuUs?: number;
}

/** The columns and indexes of the product's log, without its foreign keys, and with the key in the row. */
const tables = `
  create table bench_head (event_id int primary key, sequence int not null);
  create table bench_check_in (like check_in including all);
  alter table bench_check_in add column key uuid not null unique;
  insert into bench_head values (1, 0);`;

const columns = `event_id, sequence, key, volunteer_id, post_id, team_id, station_id, school_id, direction, method, at,
  recorded_at, first_levels, arrives`;

const statement = `with head as (update bench_head set sequence = sequence + 1 where event_id = 1 returning sequence)
  insert into bench_check_in (${columns})
  select 1, head.sequence, $1, $2, $3, 1, 1, 1, 'IN', 'LEADER', now(), now(), 0, true from head
  on conflict (key) do nothing`;

const moveHead = 'update bench_head set sequence = sequence + $1 where event_id = 1 returning sequence';

const insertBatch = `insert into bench_check_in (${columns})
  select 1, $1::int + n, key, volunteer, post, 1, 1, 1, 'IN', 'LEADER', now(), now(), 0, true
  from unnest($2::uuid[], $3::int[], $4::int[]) with ordinality as r (key, volunteer, post, n)
  on conflict (key) do nothing`;

export type Append = (row: [key: string, volunteer: number, post: number]) => Promise<unknown>;

function oneStatement(pool: pg.Pool): Append {
  return (row) => pool.query({ name: 'one', text: statement, values: row });
}

export function groupCommit(pool: pg.Pool): Append {
  interface Waiting {
    row: Parameters<Append>[0];
    resolve: (value: unknown) => void;
    reject: (error: unknown) => void;
  }
  let waiting: Waiting[] = [];
  let running = false;

  async function run(): Promise<void> {
    running = true;
    const client = await pool.connect();
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await client.query('begin');
        const { rows } = await client.query({ name: 'head', text: moveHead, values: [batch.length] });
        const before = rows[0].sequence - batch.length;
        const lists = [0, 1, 2].map((column) => batch.map(({ row }) => row[column]));
        await client.query({ name: 'rows', text: insertBatch, values: [before, ...lists] });
        await client.query('commit');
        for (const { resolve } of batch) resolve(undefined);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    client.release();
    running = false;
  }

  return (row) =>
    new Promise((resolve, reject) => {
      waiting.push({ row, resolve, reject });
      if (!running) void run();
    });
}

/** One of the limits on a world's database, with its tables. */
export async function openLimits(world: BenchWorld) {
  const pool = new pg.Pool({ connectionString: world.databaseUrl, max: 64 });
  await pool.query(tables);
  const call = (append: Append) => () => {
    const { volunteer, post } = nextMove(world);
    return append([randomUUID(), world.volunteerIds[volunteer]!, world.postIds[post]!]);
  };
  return { statement: call(oneStatement(pool)), group: call(groupCommit(pool)), close: () => pool.end() };
}

/** Keeps so many calls under way until `count` are done. */
async function load(call: () => Promise<unknown>, inFlight: number, count: number): Promise<Omit<WriteResult, 'mode'>> {
  const latencies: number[] = [];
  let left = count;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (left-- > 0) {
        const sent = performance.now();
        await call();
        latencies.push(performance.now() - sent);
      }
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  return { inFlight, perSecond: count / seconds, p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99) };
}

/** How many check-ins to take at so many in flight: enough for a second or two each. */
export interface WriteLoad {
  inFlight: number;
  count: Record<WriteMode, number>;
}

/** Check-ins a second on one PostgreSQL, modes interleaved, medians. */
export async function writes({ postgresUrl, repeats, say, profile }: Run, loads: WriteLoad[]): Promise<WriteResult[]> {
  const world = await createBenchWorld(postgresUrl);
  const limits = await openLimits(world);
  const { databaseUrl } = world;
  const [server, url] = await Worker.start<string>('./product-server.ts', { databaseUrl } satisfies ProductInput);
  const client = checkInClient(url, world, 256);
  const calls = { ours: client.checkIn, statement: limits.statement, group: limits.group };
  const modes = Object.keys(calls) as WriteMode[];
  const results: WriteResult[] = [];
  try {
    for (const mode of modes) await load(calls[mode], 16, 1_500);
    for (const { inFlight, count } of loads) {
      for (let repeat = 1; repeat <= repeats; repeat++) {
        for (const mode of modes) {
          const cpuBefore = await server.cpuUs();
          const run = () => load(calls[mode], inFlight, count[mode]);
          const measured = await (mode === 'ours' ? profile(server, `check-in ${inFlight} in flight`, run) : run());
          const result: WriteResult = { mode, ...measured };
          if (mode === 'ours') result.cpuUs = ((await server.cpuUs()) - cpuBefore) / count.ours;
          results.push(result);
          const { perSecond, p50Ms, p99Ms } = result;
          say(
            `${inFlight} in flight, ${repeat}/${repeats}, ${mode}: ${Math.round(perSecond)}/s, p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms`,
          );
        }
      }
    }
  } finally {
    await client.close();
    await server.stop();
    await limits.close();
  }
  await dropBenchWorld(postgresUrl, world);
  return medians(results, ({ mode, inFlight }) => `${mode} ${inFlight}`);
}
