import type { MikroORM } from '@mikro-orm/postgresql';
import pg from 'pg';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Channel } from '../../server/feed/channel.js';
import { isPassing } from '../../server/feed/writer.js';
import { Database } from '../../server/kernel/database/database.js';
import { isUnavailable } from '../../server/kernel/database/unavailable.js';
import { Bell } from '../../server/kernel/live/bell.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { until } from '../support/until.js';
import { Proxy } from './proxy.js';

let database: TestDatabase;
let db: Database;
let admin: pg.Pool;
const lines: string[] = [];
const log = pino({}, { write: (line: string) => void lines.push(line) });
// No statement of these tests needs the ORM.
const orm = { close: async () => undefined } as unknown as MikroORM;

beforeAll(async () => {
  database = await createTestDatabase();
  admin = new pg.Pool({ connectionString: database.url, max: 2 });
  db = new Database(database.url, orm, log);
  await admin.query('create table kept (id int primary key, value int); insert into kept values (1, 0)');
});
afterAll(async () => {
  await db.close();
  await admin.end();
  await database.drop();
});

const backendOf = async (client: pg.ClientBase) =>
  (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]!.pid;

test('a connection that is lost between two statements of a transaction ends that transaction, not the process', async () => {
  const failing = db.transaction(async (client) => {
    const pid = await backendOf(client);
    // Not by `once`, which would listen to errors too.
    const ended = new Promise<void>((resolve) => client.on('end', resolve));
    await admin.query('select pg_terminate_backend($1)', [pid]);
    await ended;
    await client.query('select 1');
  });
  const error = await failing.catch((failure: unknown) => failure);
  expect(error).toBeInstanceOf(Error);
  expect([isUnavailable(error), isPassing(error)]).toEqual([true, true]);
  expect(await db.transaction((client) => backendOf(client))).toBeGreaterThan(0);
});

test('a connection that is lost while nobody uses it is told in one short line', async () => {
  lines.length = 0;
  const pid = await db.transaction((client) => backendOf(client));
  await admin.query('select pg_terminate_backend($1)', [pid]);
  await until(() => lines.length > 0, 'the line');
  expect(JSON.parse(lines[0]!)).toMatchObject({ level: 40, code: '57P01', msg: 'a database connection was lost' });
  expect(lines[0]!.length).toBeLessThan(300);
});

test('a page of the log that could not be read is asked for again', async () => {
  let away = true;
  const flaky = {
    columns: () => '*',
    query: async () => {
      if (away) throw new Error('Connection terminated');
      return [{ sequence: 1 }];
    },
  } as unknown as Database;
  const channel = new Channel(1, { epoch: 'abcdef01', sequence: 1 }, flaky, log, () => new Date());
  await expect(channel.frameAfter(0, null)).rejects.toThrow('Connection terminated');
  away = false;
  expect(await channel.frameAfter(0, null)).toMatchObject({ upTo: 1, checkIns: [{ sequence: 1 }] });
});

// ── Lines that go silent: a pulled cable, a machine without power. Nobody says that anything has ended. ──

async function behindProxy<T>(work: (url: string, proxy: Proxy) => Promise<T>): Promise<T> {
  const url = new URL(database.url);
  const proxy = await new Proxy(Number(url.port)).open();
  url.port = String(proxy.port);
  try {
    return await work(url.href, proxy);
  } finally {
    await proxy.close();
  }
}

test('a statement on a silent line fails in time, and the next one goes on another', async () => {
  await behindProxy(async (url, proxy) => {
    const behind = new Database(url, orm, log, { statementMs: 200 });
    // Several connections, all of them silent: one disappointment is enough.
    await Promise.all([1, 2, 3].map(() => behind.query('select pg_sleep(0.05)')));
    proxy.silence();
    const error = await behind.query('select 1').catch((failure: unknown) => failure);
    expect([isUnavailable(error), isPassing(error)]).toEqual([true, true]);
    expect(await behind.query('select 1 as one')).toEqual([{ one: 1 }]);
    await behind.close();
  });
});

test('a transaction on a silent line fails in time', async () => {
  await behindProxy(async (url, proxy) => {
    const behind = new Database(url, orm, log, { transactionMs: 200 });
    const failing = behind.transaction(async (client) => {
      await client.query('select 1');
      proxy.silence();
      await client.query('select 1');
    });
    const error = await failing.catch((failure: unknown) => failure);
    expect([isUnavailable(error), isPassing(error)]).toEqual([true, true]);
    expect(await behind.transaction((client) => backendOf(client))).toBeGreaterThan(0);
    await behind.close();
  });
});

test('what a node had locked when its machine lost power is free again soon', async () => {
  await behindProxy(async (url, proxy) => {
    const behind = new Database(url, orm, log, { idleInTransactionMs: 200, transactionMs: 60_000 });
    const locked = Promise.withResolvers<void>();
    const dead = behind.transaction(async (client) => {
      await client.query('update kept set value = 1');
      locked.resolve();
      await new Promise<void>((resolve) => client.on('end', resolve));
      await client.query('select 1');
    });
    await locked.promise;
    proxy.silence();
    await admin.query("set statement_timeout = '20s'; update kept set value = 2");
    expect((await admin.query('select value from kept')).rows).toEqual([{ value: 2 }]);
    proxy.cut();
    await expect(dead).rejects.toThrow(/not queryable|terminated/);
    await behind.close();
  });
});

test('a bell on a silent line is noticed and hung up anew', async () => {
  await behindProxy(async (url, proxy) => {
    const rings: (string | null)[] = [];
    const bell = new Bell(url, 'chime', (payload) => void rings.push(payload), log, { heartbeatMs: 50, answerMs: 200 });
    await bell.open();
    await admin.query("notify chime, 'one'");
    await until(() => rings.includes('one'), 'the first ring');
    proxy.silence();
    await until(() => rings.filter((payload) => payload === null).length === 2, 'the new bell');
    await admin.query("notify chime, 'two'");
    await until(() => rings.includes('two'), 'the ring of the new bell');
    await bell.close();
  });
});
