import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../server/kernel/database/embedded.js';
import { temporaryFolder } from '../support/postgres.js';
import { isAlive } from '../support/processes.js';

const isRoot = process.getuid?.() === 0;
const ignore = () => undefined;
const log = { info: ignore, warn: ignore, error: ignore };

type Folder = Awaited<ReturnType<typeof temporaryFolder>>;
/** The data folder of an application that was started and stopped once. */
let used: Folder;
let folder: Folder;
/** A copy of `used`; a test of a first start removes it. */
let dataDir: string;
let cleanUp: (() => Promise<unknown>)[];

beforeAll(async () => {
  used = await temporaryFolder();
  await (await startEmbeddedPostgres({ dataDir: used.path, log })).stop();
  return used.remove;
});

beforeEach(async () => {
  folder = await temporaryFolder();
  dataDir = join(folder.path, 'data');
  cleanUp = [];
  // Several times faster than Node's own copy.
  await promisify(execFile)('cp', ['-R', used.path, dataDir]);
});

afterEach(async () => {
  for (const step of cleanUp.reverse()) await step();
  await folder.remove();
});

async function start(options: { port?: number } = {}): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ dataDir, log, ...options });
  cleanUp.push(() => postgres.stop());
  return postgres;
}

async function query<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

interface Holder {
  process: ChildProcess;
  url: string;
  pid: number;
  /** The last row that was reported as committed. */
  acknowledged(): number;
  drained(): number | undefined;
}

/** Starts a process of its own, and process group, that holds the database; see holder.ts. */
async function startHolder(): Promise<Holder> {
  const args = ['--import', '@oxc-node/core/register', join(import.meta.dirname, 'holder.ts'), dataDir];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  cleanUp.push(async () => child.kill('SIGKILL'));
  let acknowledged = 0;
  let drained: number | undefined;
  const first = await new Promise<{ url: string; pid: number }>((resolve, reject) => {
    child.once('exit', () => reject(new Error('the holder ended too early')));
    createInterface(child.stdout).on('line', (line) => {
      const said = JSON.parse(line) as { url?: string; pid?: number; acknowledged?: number; drained?: number };
      if (said.url !== undefined && said.pid !== undefined) resolve({ url: said.url, pid: said.pid });
      acknowledged = said.acknowledged ?? acknowledged;
      drained = said.drained ?? drained;
    });
  });
  const holder = { process: child, ...first, acknowledged: () => acknowledged, drained: () => drained };
  await vi.waitFor(() => expect(acknowledged).toBeGreaterThan(20), { timeout: 20_000 });
  return holder;
}

/** The process that stops the server when the application is gone. */
async function watchmanOf(pid: number): Promise<number> {
  for (const name of await readdir('/proc')) {
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (command.startsWith('/bin/sh') && command.includes(`\0${pid}\0`)) return Number(name);
  }
  throw new Error('nobody watches the server');
}

async function kill(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

async function expectWhole(url: string, acknowledged: number): Promise<void> {
  const [row] = await query<{ count: number; last: number }>(
    url,
    'select count(*)::int as count, max(n) as last from row_of_holder',
  );
  expect(row?.last).toBeGreaterThanOrEqual(acknowledged);
  expect(row?.count).toBe(row?.last);
}

test('keeps data, port and password from one start to the next', async () => {
  await rm(dataDir, { recursive: true });
  const first = await start();
  await query(first.url, 'create table kept as select 42 as answer');
  await first.stop();
  expect(first.pid()).toBeUndefined();
  const second = await start();
  expect(second.url).toBe(first.url);
  expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  expect((await readdir(dataDir)).sort()).toEqual(['owner.sock', 'postgres', 'postgres.json', 'postgres.log']);
});

test('is durable, and lets in whoever has the password, from this machine', async () => {
  const { url } = await start();
  const settings = await query<{ name: string; setting: string }>(
    url,
    `select name, setting from pg_settings
      where name in ('fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums', 'listen_addresses', 'unix_socket_directories')`,
  );
  expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    data_checksums: 'on',
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
  });
  const wrong = new URL(url);
  wrong.password = 'guessed';
  await expect(query(wrong.href, 'select 1')).rejects.toThrow(/password authentication failed/);
  const { mode } = await stat(join(dataDir, 'postgres.json'));
  expect(mode & 0o777).toBe(0o600);
  expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
});

test('comes back at the same address when the server is killed', async () => {
  const postgres = await start();
  await query(postgres.url, 'create table kept as select 42 as answer');
  const before = postgres.pid();
  if (before === undefined) throw new Error('no process');
  process.kill(before, 'SIGKILL');
  await vi.waitFor(
    async () => {
      expect(await query(postgres.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
      expect(postgres.pid()).not.toBe(before);
    },
    { timeout: 30_000, interval: 50 },
  );
});

test('can be stopped while it is coming back', async () => {
  const postgres = await start();
  const before = postgres.pid();
  if (before === undefined) throw new Error('no process');
  process.kill(before, 'SIGKILL');
  await vi.waitFor(() => expect(postgres.pid()).not.toBe(before), { interval: 1 });
  await postgres.stop();
  expect(postgres.pid()).toBeUndefined();
  await expect(query(postgres.url, 'select 1')).rejects.toThrow(/ECONNREFUSED/);
});

test('starts after a kill -9 of the application, while its server still stops', async () => {
  const holder = await startHolder();
  await kill(holder.process);
  const { url } = await start();
  await expectWhole(url, holder.acknowledged());
});

test('a server stops by itself after a kill -9 of the application', async () => {
  const holder = await startHolder();
  await kill(holder.process);
  await vi.waitFor(() => expect(isAlive(holder.pid)).toBe(false), { timeout: 20_000 });
  const { url } = await start();
  await expectWhole(url, holder.acknowledged());
});

test.runIf(process.platform === 'linux')('starts although the server of a killed application lives on', async () => {
  const holder = await startHolder();
  process.kill(await watchmanOf(holder.pid), 'SIGKILL');
  await kill(holder.process);
  expect(isAlive(holder.pid)).toBe(true);
  const { url } = await start();
  expect(isAlive(holder.pid)).toBe(false);
  await expectWhole(url, holder.acknowledged());
});

test('starts after a kill -9 of everything', async () => {
  const holder = await startHolder();
  process.kill(holder.pid, 'SIGKILL');
  await kill(holder.process);
  const { url } = await start();
  await expectWhole(url, holder.acknowledged());
});

test('starts although another process has the number that the killed server had', async () => {
  const holder = await startHolder();
  process.kill(holder.pid, 'SIGKILL');
  await kill(holder.process);
  const lockFile = join(dataDir, 'postgres', 'postmaster.pid');
  const { uid, gid } = await stat(lockFile);
  // The same user, as PostgreSQL takes no offence at the processes of others.
  const stranger = spawn('sleep', ['600'], { uid, gid, cwd: '/', stdio: 'ignore' });
  cleanUp.push(async () => stranger.kill('SIGKILL'));
  await once(stranger, 'spawn');
  const [, ...rest] = (await readFile(lockFile, 'utf8')).split('\n');
  await writeFile(lockFile, [stranger.pid, ...rest].join('\n'));
  const { url } = await start();
  await expectWhole(url, holder.acknowledged());
  expect(stranger.exitCode).toBeNull();
});

test('outlives a Ctrl-C until the application has drained, then stops within seconds', async () => {
  const holder = await startHolder();
  const exit = once(holder.process, 'exit');
  const interruptedAt = performance.now();
  // As a terminal does: to the whole process group.
  process.kill(-(holder.process.pid ?? NaN), 'SIGINT');
  expect(await exit).toEqual([0, null]);
  expect(performance.now() - interruptedAt).toBeLessThan(5000);
  expect(holder.drained()).toBe(holder.acknowledged());
  expect(isAlive(holder.pid)).toBe(false);
});

test('a second application on the same folder is refused, and the first one goes on', async () => {
  const holder = await startHolder();
  const refusal = start();
  await expect(refusal).rejects.toThrow(dataDir);
  await expect(refusal).rejects.toThrow(`正在运行的百花（进程 ${holder.process.pid}）`);
  await expect(refusal).rejects.toThrow(`another Baihua that is running (process ${holder.process.pid})`);
  const before = holder.acknowledged();
  await vi.waitFor(() => expect(holder.acknowledged()).toBeGreaterThan(before));
  expect(await query(holder.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('of several that start at once, one gets the folder', async () => {
  await rm(dataDir, { recursive: true });
  const starts = await Promise.allSettled([start(), start(), start(), start()]);
  expect(starts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('moves to another port when something else has taken its own', async () => {
  const first = await start();
  await first.stop();
  const port = Number(new URL(first.url).port);
  const squatter = createServer();
  squatter.listen(port, '127.0.0.1');
  await once(squatter, 'listening');
  cleanUp.push(async () => squatter.close());
  const second = await start();
  expect(new URL(second.url).port).not.toBe(String(port));
  expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  await second.stop();
  await expect(start({ port })).rejects.toThrow(`Port ${port} is taken by another program`);
});

test('makes a new password when the old one is lost', async () => {
  const first = await start();
  await query(first.url, 'create table kept as select 42 as answer');
  await first.stop();
  await rm(join(dataDir, 'postgres.json'));
  const second = await start();
  expect(new URL(second.url).password).not.toBe(new URL(first.url).password);
  expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
});

test('starts from a copy of the folder, whoever made it', async () => {
  // What cp makes belongs to us.
  expect((await stat(join(dataDir, 'postgres'))).uid).toBe(process.getuid?.());
  const first = await start();
  const owner = (await stat(join(dataDir, 'postgres'))).uid;
  expect(owner === 0).toBe(false);
  expect((await stat(join(dataDir, 'postgres', 'global', 'pg_control'))).uid).toBe(owner);
  expect(await query(first.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('what an interrupted first start left behind is no obstacle', async () => {
  await rm(dataDir, { recursive: true });
  const left = join(dataDir, 'postgres.new-abc');
  await mkdir(join(left, 'base'), { recursive: true, mode: 0o700 });
  if (isRoot) await chown(left, 65534, 65534);
  const { url } = await start();
  expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
  expect(await readdir(dataDir)).not.toContain('postgres.new-abc');
});

test('says where to look when the data is damaged, and leaves the folder free', async () => {
  const first = await start();
  await first.stop();
  await rm(join(dataDir, 'postgres', 'global', 'pg_control'));
  const failure = start();
  await expect(failure).rejects.toThrow(join(dataDir, 'postgres'));
  await expect(failure).rejects.toThrow('数据库无法启动');
  await expect(failure).rejects.toThrow(/The database does not start[^]*pg_control/);
  await expect(start()).rejects.toThrow('The database does not start');
});

test('touches no folder that holds something else', async () => {
  await rm(dataDir, { recursive: true });
  await mkdir(join(dataDir, 'postgres'), { recursive: true });
  await writeFile(join(dataDir, 'postgres', 'diary.txt'), 'mine');
  await expect(start()).rejects.toThrow(/不是数据库的文件[^]*holds files that are no database/);
  expect(await readFile(join(dataDir, 'postgres', 'diary.txt'), 'utf8')).toBe('mine');
});
