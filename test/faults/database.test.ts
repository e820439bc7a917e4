import type { MikroORM } from '@mikro-orm/postgresql';
import pg from 'pg';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Database } from '../../server/kernel/database/database.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { until } from '../support/until.js';

let database: TestDatabase;
let db: Database;
let admin: pg.Pool;
const lines: string[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  admin = new pg.Pool({ connectionString: database.url, max: 1 });
  // No statement of these tests needs the ORM.
  db = new Database(database.url, {} as MikroORM, pino({}, { write: (line: string) => void lines.push(line) }));
});
afterAll(async () => {
  await db.pool.end();
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
  await expect(failing).rejects.toThrow(/not queryable|connection/i);
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
