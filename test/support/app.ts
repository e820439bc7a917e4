import { randomUUID } from 'node:crypto';
import { createClient, type Client } from 'graphql-ws';
import pg from 'pg';
import pino, { type Logger } from 'pino';
import { inject } from 'vitest';
import { WebSocket } from 'ws';
import { insertKey } from '../../server/access/access.service.js';
import { createApp, type App, type Seed } from '../../server/app.js';
import type { Clock } from '../../server/kernel/clock.js';
import { ViewerRole } from '../../server/kernel/viewer.js';
import { aWorld, type World } from '../../seeds/builders.js';
import { createTestDatabase } from './postgres.js';

export { until } from './until.js';

/** What an operation answered. Tests look at both halves. */
export interface Answer<T = Record<string, unknown>> {
  data?: T | null;
  extensions?: Record<string, unknown>;
  errors?: { message: string; path?: (string | number)[]; extensions: { code: string } }[];
}

export type KeyName = 'admin' | 'coordinator' | 'leader' | 'wall' | 'partner';

const roles: Record<KeyName, ViewerRole> = {
  admin: ViewerRole.ADMINISTRATOR,
  coordinator: ViewerRole.COORDINATOR,
  leader: ViewerRole.LEADER,
  wall: ViewerRole.DISPLAY,
  partner: ViewerRole.PARTNER,
};

export interface Asker {
  /** By name, a key as it is, or null for the public. The leader unless told. */
  as?: KeyName | { key: string } | null;
  locale?: string;
  /** Another node's address. */
  at?: string;
  /** Further headers, such as a cookie. */
  headers?: Record<string, string>;
}

export interface TestApp {
  readonly url: string;
  readonly databaseUrl: string;
  readonly world: World;
  /** The same database, for looking at what is there. */
  readonly sql: pg.Pool;
  readonly keys: Record<KeyName, string>;
  // A test knows what it asked for; `T` where it matters.
  // oxlint-disable-next-line typescript/no-explicit-any
  ask<T = any>(query: string, variables?: Record<string, unknown>, asker?: Asker): Promise<Answer<T>>;
  /** A key for one unit and everything below it. */
  keyFor(role: ViewerRole, unitId: number): Promise<string>;
  /** A socket client that does not reconnect unless told to. */
  socket(asker?: Asker & { retryAttempts?: number }): Client;
  /** A second node on the same database. */
  anotherNode(other?: { dataDir?: string; dataKey?: string }): Promise<App>;
  close(): Promise<void>;
}

/** A node on a database of its own with a small world in it. */
export async function startTestApp(
  options: {
    world?: Parameters<typeof aWorld>[1];
    clock?: Clock;
    webHandler?: string;
    dataDir?: string;
    dataKey?: string;
    log?: Logger;
  } = {},
): Promise<TestApp> {
  const database = await createTestDatabase();
  let world!: World;
  const keys = {} as Record<KeyName, string>;
  const seed: Seed = async (context) => {
    world = await aWorld(context.client, { now: context.now, ...options.world });
    for (const name of Object.keys(roles) as KeyName[]) {
      keys[name] = await context.issueKey({ role: roles[name], name });
    }
  };
  const log = options.log ?? pino({ level: process.env.TEST_LOG ?? 'silent' });
  const config = {
    port: 0,
    host: '127.0.0.1',
    databaseUrl: database.url,
    dataDir: options.dataDir ?? inject('runFolder'),
    dataKey: options.dataKey,
    timeZone: 'Asia/Shanghai',
    webHandler: options.webHandler,
    allowedOrigins: [],
    // So that a test can say where it asks from.
    trustedProxies: 1,
    logLevel: 'silent',
    logJson: true,
  };
  const app = await createApp(config, { clock: options.clock, log, seed });
  const sql = new pg.Pool({ connectionString: database.url, max: 4 });
  const others: App[] = [];
  const clients: Client[] = [];

  const keyOf = ({ as = 'leader' }: Asker) => (as === null ? undefined : typeof as === 'string' ? keys[as] : as.key);

  return {
    url: app.url,
    databaseUrl: database.url,
    world,
    sql,
    keys,
    async ask(query, variables, asker = {}) {
      const key = keyOf(asker);
      const response = await fetch(`${asker.at ?? app.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'accept-language': asker.locale ?? 'zh-CN',
          ...(key ? { authorization: `Bearer ${key}` } : {}),
          ...asker.headers,
        },
        body: JSON.stringify({ query, variables }),
      });
      return (await response.json()) as Answer<never>;
    },
    keyFor: async (role, unitId) => (await insertKey(sql, { role, name: role, unitId }, new Date())).key,
    socket({ retryAttempts = 0, ...asker } = {}) {
      const key = keyOf(asker);
      const client = createClient({
        url: `${app.url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        retryAttempts,
        connectionParams: key ? { authorization: `Bearer ${key}` } : {},
      });
      clients.push(client);
      return client;
    },
    async anotherNode(other) {
      const node = await createApp({ ...config, ...other }, { clock: options.clock, log });
      others.push(node);
      return node;
    },
    async close() {
      for (const client of clients) await client.dispose();
      for (const node of others) await node.close();
      await sql.end();
      await app.close();
      await database.drop();
    },
  };
}

const checkInDocument = `mutation ($input: CheckInInput!) { checkIn(input: $input) {
  __typename
  ... on CheckInRecorded { replayed checkIn { id sequence direction post { id } volunteer { displayName } note } }
  ... on AlreadyCheckedIn { message checkIn { id sequence } }
  ... on CheckInClosed { message opensAt closesAt }
  ... on PassRejected { message reason }
} }`;

const checkOutDocument = `mutation ($input: CheckOutInput!) { checkOut(input: $input) {
  __typename
  ... on CheckOutRecorded { replayed minutes checkIn { id sequence direction post { id } } }
  ... on Refusal { message }
  ... on PassRejected { reason }
} }`;

/** A scan as a leader's device sends it: volunteer and post by their place in the world. */
export function scan(world: World, volunteer: number, post: number | null, more: Record<string, unknown> = {}) {
  return {
    key: randomUUID(),
    event: world.event.globalId,
    volunteer: world.volunteers[volunteer]!.globalId,
    ...(post === null ? {} : { post: world.posts[post]!.globalId }),
    method: 'LEADER',
    ...more,
  };
}

export interface Recorded {
  __typename: string;
  message?: string;
  reason?: string;
  replayed?: boolean;
  minutes?: number | null;
  checkIn?: {
    id: string;
    sequence: number;
    direction: string;
    post: { id: string };
    volunteer: { displayName: string };
    note: string | null;
  };
}

export async function checkIn(app: TestApp, input: object, asker?: Asker) {
  const { data, errors } = await app.ask<{ checkIn: Recorded }>(checkInDocument, { input }, asker);
  return { ...data?.checkIn, code: errors?.[0]?.extensions.code, errors };
}

export async function checkOut(app: TestApp, input: object, asker?: Asker) {
  const { data, errors } = await app.ask<{ checkOut: Recorded }>(checkOutDocument, { input }, asker);
  return { ...data?.checkOut, code: errors?.[0]?.extensions.code, errors };
}
