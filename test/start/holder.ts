/**
 * A process that holds an embedded PostgreSQL, for tests to kill. It writes JSON lines: first `{ url, pid }`, then one
 * `{ acknowledged }` for each row that is committed. On SIGINT it uses the database once more, stops it, and says so.
 */
import pg from 'pg';
import { startEmbeddedPostgres } from '../../server/kernel/database/embedded.js';

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
const ignore = () => undefined;

const postgres = await startEmbeddedPostgres({
  dataDir: process.argv[2] ?? '',
  log: { info: ignore, warn: ignore, error: ignore },
});
const client = new pg.Client({ connectionString: postgres.url });
await client.connect();
await client.query('create table if not exists row_of_holder (n int primary key)');
say({ url: postgres.url, pid: postgres.pid() });

let interrupted = false;
process.on('SIGINT', () => (interrupted = true));
for (let n = 1; !interrupted; n++) {
  await client.query('insert into row_of_holder values ($1)', [n]);
  say({ acknowledged: n });
}
const { rows } = await client.query<{ count: number }>('select count(*)::int as count from row_of_holder');
await client.end();
await postgres.stop();
say({ drained: rows[0]?.count });
