import { randomUUID } from 'node:crypto';
import pg from 'pg';
import pino from 'pino';
import { MikroORM } from '@mikro-orm/postgresql';
import { aWorld, type World } from '../../seeds/builders.js';
import { createApp, type Seed } from '../../server/app.js';
import { recordBatch, type Outcome } from '../../server/check-in/check-in.record.js';
import type { Scan } from '../../server/check-in/check-in.rules.js';
import { entities } from '../../server/features.js';
import { CheckInDirection, CheckInMethod } from '../../server/feed/check-in.entity.js';
import { FeedWriter } from '../../server/feed/writer.js';
import { Database, ormOptions } from '../../server/kernel/database/database.js';
import { ViewerRole } from '../../server/kernel/viewer.js';
import type { Profile } from './profile.js';

/** What the processes of the benchmark share: a database with a community in it. */
export interface BenchWorld {
  databaseUrl: string;
  leaderKey: string;
  wallKey: string;
  eventId: number;
  eventGlobalId: string;
  eventCode: string;
  startsAt: Date;
  postIds: number[];
  postGlobalIds: string[];
  volunteerIds: number[];
  volunteerGlobalIds: string[];
  stationGlobalIds: string[];
}

export const quiet = pino({ level: 'silent' });

const hourMs = 3_600_000;
const names = "array['志愿文化学校', '党员服务社', '志愿服务队', '护学岗']";

/** A fresh database with 7 schools, 14 stations, 112 teams, 1,120 posts and people; its event began an hour ago. */
export async function createBenchWorld(postgresUrl: string, volunteersPerTeam = 20): Promise<BenchWorld> {
  const name = `bench_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  const admin = new pg.Client({ connectionString: postgresUrl });
  await admin.connect();
  await admin.query(`create database ${name}`);
  await admin.end();
  const url = new URL(postgresUrl);
  url.pathname = `/${name}`;

  const now = new Date();
  let world!: World;
  const keys: string[] = [];
  const seed: Seed = async ({ client, issueKey }) => {
    world = await aWorld(client, { schools: 7, stations: 2, teams: 8, posts: 10, volunteers: volunteersPerTeam, now });
    // As long as real names, and in as many bytes.
    await client.query(`update service_unit set name = name || (${names})[level]`);
    for (const role of [ViewerRole.LEADER, ViewerRole.DISPLAY]) {
      keys.push(await issueKey({ role, name: role }));
    }
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
    startsAt: new Date(now.getTime() - hourMs),
    postIds: world.posts.map((post) => post.id),
    postGlobalIds: world.posts.map((post) => post.globalId),
    volunteerIds: world.volunteers.map((volunteer) => volunteer.id),
    volunteerGlobalIds: world.volunteers.map((volunteer) => volunteer.globalId),
    stationGlobalIds: world.stations.map((station) => station.globalId),
  };
}

export async function dropBenchWorld(postgresUrl: string, world: BenchWorld): Promise<void> {
  const admin = new pg.Client({ connectionString: postgresUrl });
  await admin.connect();
  await admin.query(`drop database if exists ${new URL(world.databaseUrl).pathname.slice(1)} with (force)`);
  await admin.end();
}

export function benchConfig(databaseUrl: string) {
  return {
    port: 0,
    host: '127.0.0.1',
    databaseUrl,
    dataDir: '.data',
    // A nation's database has a key of its own.
    dataKey: process.env.DATA_KEY,
    timeZone: 'Asia/Shanghai',
    allowedOrigins: [],
    trustedProxies: 0,
    logLevel: 'silent',
    logJson: true,
  };
}

let turns = 0;

/**
 * Who checks in next, and where, as places in the world's lists: stations take turns, and a person's next post is always
 * another one than the last.
 */
export function nextMove({ volunteerIds, postIds, stationGlobalIds }: BenchWorld): { volunteer: number; post: number } {
  const turn = turns++;
  const stations = stationGlobalIds.length;
  const postsOfStation = postIds.length / stations;
  const within = (Math.floor(turn / stations) + Math.floor(turn / volunteerIds.length)) % postsOfStation;
  return { volunteer: turn % volunteerIds.length, post: (turn % stations) * postsOfStation + within };
}

/** Appends check-ins from here, so that a measured server pays for telling them, not for taking them in. */
export class Source {
  private constructor(
    private readonly db: Database,
    private readonly writer: FeedWriter<Scan[], Outcome[]>,
    private readonly world: BenchWorld,
  ) {}

  static async open(world: BenchWorld, clock: () => Date = () => new Date()): Promise<Source> {
    const orm = await MikroORM.init(ormOptions(world.databaseUrl, entities, 'server/migrations'));
    const db = new Database(world.databaseUrl, orm, quiet);
    // A request is a whole burst, so that all of it becomes visible at one moment.
    const writer = new FeedWriter<Scan[], Outcome[]>(db, quiet, async (client, eventId, bursts) => {
      const outcomes = await recordBatch(client, eventId, bursts.flat(), clock);
      let taken = 0;
      return bursts.map((burst) => outcomes.slice(taken, (taken += burst.length)));
    });
    return new Source(db, writer, world);
  }

  /** Moves `count` people to their next post: as many rows, committed and visible together. */
  async append(count: number): Promise<void> {
    const scans = Array.from({ length: count }, (): Scan => {
      const { volunteer, post } = nextMove(this.world);
      return {
        key: randomUUID(),
        bodyHash: '00'.repeat(32),
        direction: CheckInDirection.IN,
        method: CheckInMethod.LEADER,
        postId: this.world.postIds[post]!,
        volunteerId: this.world.volunteerIds[volunteer]!,
        at: null,
        note: null,
        recordedBy: null,
        scopeId: null,
      };
    });
    const outcomes = await this.writer.append(this.world.eventId, scans);
    const odd = outcomes.find(({ kind }) => kind !== 'recorded');
    if (odd) throw new Error(`a check-in was not recorded: ${odd.kind}`);
  }

  async close(): Promise<void> {
    await this.writer.close();
    await this.db.close();
  }
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

/** One result for each of `keys`: the median of every number in the runs that belong to it. */
export function medians<Run extends object>(runs: Run[], keyOf: (run: Run) => string): Run[] {
  const groups = Map.groupBy(runs, keyOf);
  return [...groups.values()].map((group) => {
    const middle = { ...group[0]! } as Record<string, unknown>;
    for (const [name, value] of Object.entries(group[0]!)) {
      if (typeof value === 'number') {
        middle[name] = median(group.map((run) => (run as Record<string, unknown>)[name] as number));
      }
    }
    return middle as Run;
  });
}

/** What every section of the benchmark is given. */
export interface Run {
  postgresUrl: string;
  repeats: number;
  /** Tells how far it is. */
  say: (line: string) => void;
  profile: Profile;
}
