import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fork, type ChildProcess } from 'node:child_process';
import pg from 'pg';
import pino from 'pino';
import { createApp, type Seed } from '../../server/app.js';
import { recordBatch, type Outcome } from '../../server/check-in/check-in.record.js';
import type { Scan } from '../../server/check-in/check-in.rules.js';
import { CheckInDirection, CheckInMethod } from '../../server/feed/check-in.entity.js';
import { FeedWriter } from '../../server/feed/writer.js';
import { Database, ormOptions } from '../../server/kernel/database/database.js';
import { ViewerRole } from '../../server/kernel/viewer.js';
import { aWorld, type World } from '../../seeds/builders.js';
import { MikroORM } from '@mikro-orm/postgresql';
import { entities } from '../../server/features.js';

/** What the processes of the benchmark share: a database with a community in it. */
export interface BenchWorld {
  databaseUrl: string;
  leaderKey: string;
  wallKey: string;
  eventId: number;
  eventGlobalId: string;
  eventCode: string;
  postIds: number[];
  postGlobalIds: string[];
  volunteerIds: number[];
  volunteerGlobalIds: string[];
  stationGlobalIds: string[];
}

export const quiet = pino({ level: 'silent' });

/** A fresh database with 14 stations, 112 teams, 1,120 posts and people. */
export async function createBenchWorld(postgresUrl: string, volunteersPerTeam = 20): Promise<BenchWorld> {
  const name = `bench_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  const admin = new pg.Client({ connectionString: postgresUrl });
  await admin.connect();
  await admin.query(`create database ${name}`);
  await admin.end();
  const url = new URL(postgresUrl);
  url.pathname = `/${name}`;

  let world!: World;
  const keys: string[] = [];
  const seed: Seed = async ({ client, issueKey, now }) => {
    world = await aWorld(client, { schools: 7, stations: 2, teams: 8, posts: 10, volunteers: volunteersPerTeam, now });
    for (const role of [ViewerRole.LEADER, ViewerRole.DISPLAY]) keys.push(await issueKey({ role, name: role }));
  };
  const app = await createApp(benchConfig(url.href), { log: quiet, seed });
  await app.close();
  return {
    databaseUrl: url.href,
    leaderKey: keys[0]!,
    wallKey: keys[1]!,
    eventId: world.event.id,
    eventGlobalId: world.event.globalId,
    eventCode: world.event.code,
    postIds: world.posts.map((post) => post.id),
    postGlobalIds: world.posts.map((post) => post.globalId),
    volunteerIds: world.volunteers.map((volunteer) => volunteer.id),
    volunteerGlobalIds: world.volunteers.map((volunteer) => volunteer.globalId),
    stationGlobalIds: world.stations.map((station) => station.globalId),
  };
}

export function benchConfig(databaseUrl: string) {
  return {
    port: 0,
    host: '127.0.0.1',
    databaseUrl,
    dataDir: '.data',
    timeZone: 'Asia/Shanghai',
    allowedOrigins: [],
    logLevel: 'silent',
    logJson: true,
  };
}

/** Goes on from source to source: a person's next post is always another one. */
let turns = 0;

/** Appends check-ins from here, so that a measured server pays for telling them, not for taking them in. */
export class Source {
  private constructor(
    private readonly db: Database,
    private readonly writer: FeedWriter<Scan, Outcome>,
    private readonly world: BenchWorld,
  ) {}

  static async open(world: BenchWorld): Promise<Source> {
    const orm = await MikroORM.init(ormOptions(world.databaseUrl, entities, 'server/migrations'));
    const db = new Database(world.databaseUrl, orm, quiet);
    const writer = new FeedWriter<Scan, Outcome>(db, quiet, (client, head, scans) =>
      recordBatch(client, head, scans, new Date()),
    );
    return new Source(db, writer, world);
  }

  /** Moves `count` people to their next post: as many rows, visible together. */
  async append(count: number): Promise<void> {
    const { postIds, volunteerIds, eventId } = this.world;
    const scans = Array.from({ length: count }, () => {
      const turn = turns++;
      const volunteer = turn % volunteerIds.length;
      // Ever another post: each scan is a move, and stations take turns.
      const post = (turn * 83 + Math.floor(turn / volunteerIds.length)) % postIds.length;
      return this.writer.append(eventId, {
        key: randomUUID(),
        bodyHash: '00'.repeat(32),
        direction: CheckInDirection.IN,
        method: CheckInMethod.LEADER,
        postId: postIds[post]!,
        volunteerId: volunteerIds[volunteer]!,
        at: null,
        note: null,
        recordedBy: null,
        scopeId: null,
      });
    });
    await Promise.all(scans);
  }

  async close(): Promise<void> {
    await this.writer.close();
    await this.db.close();
  }
}

/** Another process of the benchmark, asked over its channel. */
export class Worker {
  private constructor(private readonly child: ChildProcess) {}

  /** Starts `script` beside this file with `input`; resolves with its first answer. */
  static async start<T>(script: string, input: unknown): Promise<[Worker, T]> {
    const child = fork(new URL(script, import.meta.url), {
      execArgv: ['--expose-gc', '--import', '@oxc-node/core/register'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const worker = new Worker(child);
    return [worker, await worker.ask<T>(input)];
  }

  async ask<T>(message: unknown): Promise<T> {
    this.child.send(message as object);
    const ended = new AbortController();
    try {
      const answer = await Promise.race([
        once(this.child, 'message', { signal: ended.signal }),
        once(this.child, 'exit', { signal: ended.signal }).then(([code]) => {
          throw new Error(`a process of the benchmark ended with ${code}`);
        }),
      ]);
      return answer[0] as T;
    } finally {
      ended.abort();
    }
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}

/** In a worker: answers each message with what `answer` makes of it. */
export function serve(answer: (message: never) => Promise<unknown>): void {
  process.on('message', (message) => {
    answer(message as never).then(
      (result) => process.send!(result ?? null),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
}

/** CPU of this process by the system's accounting, in microseconds, and what it keeps in memory, in bytes. */
export function usage(): Usage {
  const { user, system } = process.cpuUsage();
  // Garbage is no cost of a socket: what V8 has not given back yet says nothing.
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return { cpuUs: user + system, keptBytes: heapUsed + external };
}

export interface Usage {
  cpuUs: number;
  keptBytes: number;
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}
