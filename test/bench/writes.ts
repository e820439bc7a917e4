import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { FanoutInput } from './fanout-server.js';
import { checkInRequest } from './http-client.js';
import { createBenchWorld, median, quantile, Worker, type Usage } from './world.js';

/**
 * `ours` is the whole way: HTTP, GraphQL, codes and rights, rules, log, tallies, keys. `statement` is one CTE statement for
 * each check-in that moves a head row and inserts one row. `group` is group commit without a wait: one transaction takes
 * along whatever came while the last one was in flight. The last two know no rules and keep no tallies.
 */
export type WriteMode = 'ours' | 'statement' | 'group';

export interface WriteResult {
  mode: WriteMode;
  inFlight: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Server CPU for one check-in over HTTP; only for ours. */
  cpuUs?: number;
}

const tables = `
  drop table if exists bench_check_in, bench_head;
  create table bench_head (event_id int primary key, sequence int not null);
  create table bench_check_in (
    event_id int, sequence int, key uuid not null unique, volunteer_id int not null, post_id int not null,
    direction text not null, method text not null, at timestamptz not null, recorded_at timestamptz not null,
    primary key (event_id, sequence));
  create index on bench_check_in (event_id, volunteer_id);
  create index on bench_check_in (event_id, post_id, sequence);
  insert into bench_head values (1, 0);`;

const statement = `with head as (update bench_head set sequence = sequence + 1 where event_id = 1 returning sequence)
  insert into bench_check_in
  select 1, head.sequence, $1, $2, $3, 'IN', 'LEADER', now(), now() from head on conflict (key) do nothing`;

type Append = (key: string, volunteer: number, post: number) => Promise<void>;

function oneStatement(pool: pg.Pool): Append {
  return async (key, volunteer, post) => {
    await pool.query({ name: 'one', text: statement, values: [key, volunteer, post] });
  };
}

function groupCommit(pool: pg.Pool): Append {
  let waiting: { row: [string, number, number]; resolve: () => void; reject: (error: unknown) => void }[] = [];
  let running = false;
  async function run(): Promise<void> {
    running = true;
    const client = await pool.connect();
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await client.query('begin');
        const { rows } = await client.query({
          name: 'head',
          text: 'update bench_head set sequence = sequence + $1 where event_id = 1 returning sequence',
          values: [batch.length],
        });
        await client.query({
          name: 'rows',
          text: `insert into bench_check_in select 1, $1::int + n, k, v, p, 'IN', 'LEADER', now(), now()
            from unnest($2::uuid[], $3::int[], $4::int[]) with ordinality as r (k, v, p, n) on conflict (key) do nothing`,
          values: [rows[0].sequence - batch.length, ...[0, 1, 2].map((column) => batch.map(({ row }) => row[column]))],
        });
        await client.query('commit');
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    client.release();
    running = false;
  }
  return (key, volunteer, post) =>
    new Promise((resolve, reject) => {
      waiting.push({ row: [key, volunteer, post], resolve, reject });
      if (!running) void run();
    });
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

/** Check-ins a second on one PostgreSQL, modes interleaved, medians. */
export async function writes(
  postgresUrl: string,
  { repeats, count }: { repeats: number; count: number },
  say: (line: string) => void,
): Promise<WriteResult[]> {
  const world = await createBenchWorld(postgresUrl);
  const pool = new pg.Pool({ connectionString: world.databaseUrl, max: 64 });
  await pool.query(tables);
  const [server, socketUrl] = await Worker.start<string>('./fanout-server.ts', {
    mode: 'ours',
    world,
  } satisfies FanoutInput);
  const checkIn = checkInRequest(socketUrl.replace('ws', 'http').replace('/graphql', ''), world, 256);
  const direct = (append: Append) => () => append(randomUUID(), 1 + Math.floor(Math.random() * 2_000), 1);
  const calls: Record<WriteMode, () => Promise<unknown>> = {
    ours: checkIn,
    statement: direct(oneStatement(pool)),
    group: direct(groupCommit(pool)),
  };
  const results: WriteResult[] = [];
  try {
    for (const call of Object.values(calls)) await load(call, 16, 500);
    for (const inFlight of [1, 64]) {
      const runs: WriteResult[] = [];
      for (let repeat = 1; repeat <= repeats; repeat++) {
        for (const mode of Object.keys(calls) as WriteMode[]) {
          const before = await server.ask<Usage>('usage');
          const total = inFlight === 1 ? Math.ceil(count / 10) : count;
          const run: WriteResult = { mode, ...(await load(calls[mode], inFlight, total)) };
          const after = await server.ask<Usage>('usage');
          if (mode === 'ours') run.cpuUs = (after.cpuUs - before.cpuUs) / total;
          runs.push(run);
          say(
            `  ${inFlight} in flight ${repeat}/${repeats} ${mode}: ${Math.round(run.perSecond)}/s, p50 ${run.p50Ms.toFixed(2)} ms`,
          );
        }
      }
      for (const mode of Object.keys(calls) as WriteMode[]) {
        const of = runs.filter((run) => run.mode === mode);
        const middle = (pick: (run: WriteResult) => number) => median(of.map(pick));
        results.push({
          mode,
          inFlight,
          perSecond: middle((run) => run.perSecond),
          p50Ms: middle((run) => run.p50Ms),
          p99Ms: middle((run) => run.p99Ms),
          cpuUs: mode === 'ours' ? middle((run) => run.cpuUs!) : undefined,
        });
      }
    }
  } finally {
    await server.stop();
    await pool.end();
  }
  return results;
}
