import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { appendFileSync, renameSync, statSync } from 'node:fs';
import {
  chmod,
  chown,
  lchown,
  mkdir,
  mkdtemp,
  open,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { chooseAccount, DatabaseStartError, findPrograms, type Account, type Programs } from './embedded-programs.js';
import { FolderInUse, lockFolder } from './folder-lock.js';

export interface EmbeddedOptions {
  /** Holds `postgres/` (the data), `postgres.json` (port and password) and `postgres.log`. Made when it is missing. */
  dataDir: string;
  log: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** A fixed port; by default a free one, the same at every start while it stays free. */
  port?: number;
  /** Further settings of the server, for tests. */
  settings?: Record<string, string>;
}

export interface EmbeddedPostgres {
  /** Stays valid while PostgreSQL is started again after a crash. */
  readonly url: string;
  /** Ends the sessions, writes everything down and stops, within seconds. */
  stop(): Promise<void>;
  /** The server's process; undefined while it is down. */
  pid(): number | undefined;
}

const user = 'baihua';
const logBytes = 5 * 1024 * 1024;

interface Cluster {
  readonly dataDir: string;
  /** Where the data is. */
  readonly folder: string;
  readonly programs: Programs;
  readonly account: Account | undefined;
  readonly settings: Record<string, string>;
}

/** What is remembered between starts. */
interface Saved {
  password: string;
  port?: number;
}

/** Starts the application's own PostgreSQL and keeps it running until `stop`. */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { log } = options;
  const dataDir = resolve(options.dataDir);
  const lock = await takeFolder(dataDir);
  try {
    const folder = join(dataDir, 'postgres');
    const account = await chooseAccount(folder);
    const cluster = {
      dataDir,
      folder,
      account,
      programs: await findPrograms(account),
      settings: options.settings ?? {},
    };
    await stopOrphan(folder, log);
    const saved = await prepare(cluster, log);
    const server = await supervise(cluster, saved, options.port, log);
    const stopped = async () => {
      await server.stop();
      await lock.release();
    };
    let stopping: Promise<void> | undefined;
    return { url: server.url, pid: server.pid, stop: () => (stopping ??= stopped()) };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Another application, or a tool beside it, has the data folder. */
class DataFolderInUse extends DatabaseStartError {}

/** How long a tool waits for an application that is about to start, or for another tool to be done. */
const joinMs = 30_000;

/**
 * For a tool beside the application: the PostgreSQL that the application has running, or else one of the tool's own until
 * `stop`. `isShared` tells which.
 */
export async function joinEmbeddedPostgres(
  options: EmbeddedOptions,
): Promise<Pick<EmbeddedPostgres, 'url' | 'stop'> & { isShared: boolean }> {
  const giveUpAt = performance.now() + joinMs;
  for (;;) {
    try {
      return { ...(await startEmbeddedPostgres(options)), isShared: false };
    } catch (error) {
      if (!(error instanceof DataFolderInUse)) throw error;
      const url = await runningUrl(resolve(options.dataDir));
      if (url) return { url, isShared: true, stop: () => Promise.resolve() };
      if (performance.now() > giveUpAt) throw error;
      await delay(100);
    }
  }
}

/** Where the application's PostgreSQL takes connections; undefined when it does not, or not yet. */
async function runningUrl(dataDir: string): Promise<string | undefined> {
  const file = join(dataDir, 'postgres.json');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw new DatabaseStartError(
      `百花正在运行，但无法读取 ${file}（${error.message}）。请用启动百花的那个用户运行。\n` +
        `Baihua is running, but ${file} cannot be read (${error.message}). Run this as the user who started it.`,
    );
  });
  const { password, port } = JSON.parse(text) as Partial<Saved>;
  if (!password || !port) return undefined;
  const url = urlOf(password, port);
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  try {
    await client.connect();
    return url;
  } catch {
    return undefined;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function urlOf(password: string, port: number): string {
  return `postgresql://${user}:${password}@127.0.0.1:${port}/${user}`;
}

async function takeFolder(dataDir: string) {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    return await lockFolder(dataDir);
  } catch (error) {
    if (error instanceof FolderInUse) {
      const [zh, en] = error.pid ? [`（进程 ${error.pid}）`, ` (process ${error.pid})`] : ['', ''];
      throw new DataFolderInUse(
        `数据目录 ${dataDir} 正被另一个正在运行的百花${zh}使用。请先停止它，或者用环境变量 DATA_DIR 换一个目录。\n` +
          `The data folder ${dataDir} is in use by another Baihua that is running${en}. Stop that one first, or choose another folder with the variable DATA_DIR.`,
      );
    }
    throw new DatabaseStartError(
      `无法使用数据目录 ${dataDir}：${(error as Error).message}。请检查它的权限，或者用环境变量 DATA_DIR 换一个目录。\n` +
        `The data folder ${dataDir} cannot be used: ${(error as Error).message}. Check its permissions, or choose another folder with the variable DATA_DIR.`,
    );
  }
}

/** Stops a server that lost its application to `kill -9`, so that this start has its own. */
async function stopOrphan(folder: string, log: EmbeddedOptions['log']): Promise<void> {
  const lockFile = join(folder, 'postmaster.pid');
  const read = () => readFile(lockFile, 'utf8').catch(() => undefined);
  const pid = Number((await read())?.split('\n', 1)[0]);
  if (await servesFolder(pid, folder)) {
    log.warn({ pid }, 'a PostgreSQL is left over from a run that was killed: stopping it');
    await shutDown(pid, () => servesFolder(pid, folder));
  }
  const [, ...rest] = (await read())?.split('\n') ?? [];
  // After a crash the number may belong to any process by now, and PostgreSQL would refuse to start. It takes its
  // parent's number as harmless, and still looks at the other lines, which tell whether a part of the old server lives.
  if (rest.length > 0) await writeFile(lockFile, [process.pid, ...rest].join('\n'));
}

async function servesFolder(pid: number, folder: string): Promise<boolean> {
  try {
    if (process.platform === 'linux') {
      const [seen, own] = await Promise.all([stat(`/proc/${pid}/cwd`), stat(folder)]);
      return seen.ino === own.ino && seen.dev === own.dev;
    }
    const [command] = await run('/bin/ps', ['-o', 'command=', '-p', String(pid)]);
    return command.includes('postgres') && command.includes(folder);
  } catch {
    return false;
  }
}

/** A fast shutdown; a rough one when that takes too long, which costs the next start a recovery but no data. */
async function shutDown(pid: number, alive: () => Promise<boolean> | boolean): Promise<void> {
  for (const [signal, patienceMs] of [
    ['SIGINT', 8000],
    ['SIGQUIT', 2000],
    ['SIGKILL', 2000],
  ] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += 20) {
      if (!(await alive())) return;
      await delay(20);
    }
  }
}

async function prepare(cluster: Cluster, log: EmbeddedOptions['log']): Promise<Saved> {
  const { dataDir, folder, account } = cluster;
  const file = join(dataDir, 'postgres.json');
  const isNew = await stat(join(folder, 'PG_VERSION')).then(
    () => false,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return true;
      throw startFailed(cluster, error.message);
    },
  );
  const known = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as Saved,
    () => undefined,
  );
  const saved = known ?? { password: randomBytes(24).toString('base64url') };
  if (!known) await save(dataDir, saved);
  if (isNew) {
    await create(cluster, saved, log);
  } else {
    const { uid } = await stat(folder);
    // A copy that root made belongs to root.
    if (account && uid !== account.uid) await giveTo(folder, account);
    await chmod(folder, 0o700);
    if (!known) await setPassword(cluster, folder, saved.password);
  }
  return saved;
}

async function save(dataDir: string, saved: Saved): Promise<void> {
  const file = join(dataDir, 'postgres.json');
  const handle = await open(`${file}.new`, 'w', 0o600);
  await handle.writeFile(`${JSON.stringify(saved)}\n`);
  await handle.sync();
  await handle.close();
  await rename(`${file}.new`, file);
}

/** Makes an empty cluster beside the final place and moves it there when it is whole: a crash on the way leaves nothing. */
async function create(cluster: Cluster, saved: Saved, log: EmbeddedOptions['log']): Promise<void> {
  const { dataDir, folder, account, programs } = cluster;
  log.info('首次启动：正在准备数据库（几秒钟）… First start: preparing the database (a few seconds)…');
  for (const name of await readdir(dataDir)) {
    if (name.startsWith('postgres.new-')) await rm(join(dataDir, name), { recursive: true, force: true });
  }
  const unfinished = await mkdtemp(join(dataDir, 'postgres.new-'));
  if (account) await chown(unfinished, account.uid, account.gid);
  await runIn(cluster, unfinished, programs.initdb, [
    `--username=${user}`,
    '--auth=reject',
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
    ...(cluster.settings.fsync === 'off' ? ['--no-sync'] : []),
  ]);
  await setPassword(cluster, unfinished, saved.password, `CREATE DATABASE ${user};`);
  try {
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw new DatabaseStartError(
      `${folder} 里有不是数据库的文件。请把它移走，或者用环境变量 DATA_DIR 换一个目录。（${(error as Error).message}）\n` +
        `${folder} holds files that are no database. Move it away, or choose another folder with the variable DATA_DIR. (${(error as Error).message})`,
    );
  }
}

/** Talks to the data without a server, and so without a password. */
async function setPassword(cluster: Cluster, folder: string, password: string, more = ''): Promise<void> {
  const statements = `ALTER ROLE ${user} PASSWORD '${password}';\n${more}\n`;
  const [, errors] = await runIn(cluster, folder, cluster.programs.postgres, ['--single', 'postgres'], statements);
  if (/ERROR|FATAL/.test(errors)) throw startFailed(cluster, errors);
}

async function giveTo(folder: string, account: Account): Promise<void> {
  for (const name of await readdir(folder, { recursive: true })) {
    await lchown(join(folder, name), account.uid, account.gid);
  }
  await chown(folder, account.uid, account.gid);
}

/**
 * How a program is told where the data is. Another user than ourselves may not be able to walk there (a checkout below
 * a home of mode 700), but a process that starts out in a folder stays in it, and /proc/self/cwd leads straight there.
 */
function place(cluster: Cluster, folder: string) {
  return {
    path: cluster.account ? '/proc/self/cwd' : folder,
    options: {
      ...cluster.account,
      cwd: folder,
      // Nothing of the caller's PG… variables, locale or time zone.
      env: { PATH: process.env.PATH, LD_LIBRARY_PATH: process.env.LD_LIBRARY_PATH, LC_ALL: 'C', TZ: 'UTC' },
    },
  };
}

async function runIn(cluster: Cluster, folder: string, program: string, args: string[], input?: string) {
  const { path, options } = place(cluster, folder);
  const [first = '', ...rest] = args;
  try {
    return await run(program, [first, '-D', path, ...rest], options, input);
  } catch (error) {
    throw startFailed(cluster, (error as Error).message);
  }
}

function run(
  program: string,
  args: string[],
  options: object = {},
  input = '',
): Promise<[output: string, errors: string]> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, stdio: 'pipe' });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve([output, errors]);
      else reject(new Error(errors.trim() || `${program} ended with ${code}`));
    });
  });
}

function startFailed(cluster: Cluster, reason: string): DatabaseStartError {
  const file = join(cluster.dataDir, 'postgres.log');
  return new DatabaseStartError(
    `数据库无法启动（数据在 ${cluster.folder}，日志在 ${file}）：\n` +
      `The database does not start (data in ${cluster.folder}, log in ${file}):\n${reason.trim()}`,
  );
}

/** Why a server ended before it was ready. */
class LaunchFailure extends Error {}

async function supervise(cluster: Cluster, saved: Saved, fixedPort: number | undefined, log: EmbeddedOptions['log']) {
  const { dataDir, folder } = cluster;
  const halt = new AbortController();
  let child: ChildProcess | undefined;
  let port = fixedPort ?? saved.port ?? (await pickPort());
  let relaunching: Promise<void> | undefined;

  /** Starts the server; resolves when it takes connections. */
  const launch = () =>
    new Promise<void>((resolve, reject) => {
      const { path, options } = place(cluster, folder);
      const settings = Object.entries(settingsOf(port, cluster.settings)).flatMap(([key, value]) => [
        '-c',
        `${key}=${value}`,
      ]);
      // Its own process group: Ctrl-C in a terminal must reach us alone, or the database would be gone before we have drained.
      const server = spawn(cluster.programs.postgres, ['-D', path, ...settings], {
        ...options,
        detached: true,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      child = server;
      const watchman = watch(server, options);
      let ready = false;
      let said = '';
      const startedAt = performance.now();
      const progress = setInterval(() => {
        const seconds = Math.round((performance.now() - startedAt) / 1000);
        log.info(
          `数据库仍在启动（可能正在恢复），${seconds} 秒… The database is still starting (it may be recovering), ${seconds} s…`,
        );
      }, 5000);
      server.stderr.setEncoding('utf8').on('data', (text: string) => {
        writeLog(dataDir, text);
        if (ready) return;
        said += text;
        if (!said.includes('database system is ready to accept connections')) return;
        ready = true;
        clearInterval(progress);
        resolve();
      });
      const ended = (reason: string) => {
        if (child !== server) return;
        child = undefined;
        watchman.kill('SIGKILL');
        clearInterval(progress);
        if (!ready) reject(new LaunchFailure(said.trim() || reason));
        else if (!halt.signal.aborted) {
          log.error({ reason }, 'PostgreSQL ended unexpectedly: starting it again');
          relaunching = relaunch();
        }
      };
      server.on('error', (error) => ended(error.message));
      server.on('close', (code, signal) => ended(`postgres ended with ${code ?? signal}`));
    });

  /** Starts the server, and waits for what is left of an old one to go. */
  const launchPatiently = async (mayMove: boolean) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await launch();
      } catch (error) {
        const reason = (error as Error).message;
        const taken = /could not bind|could not create any TCP/.test(reason);
        const leftover = /pre-existing shared memory block|lock file ".*" already exists/.test(reason);
        if (taken && mayMove && attempt <= 10) port = await pickPort();
        else if (leftover && attempt <= 100) {
          await stopOrphan(folder, log);
          await delay(100, undefined, { signal: halt.signal });
        } else if (taken && !mayMove) throw new LaunchFailure(`${portTaken(port)}\n${reason}`);
        else throw error;
      }
    }
  };

  const relaunch = async () => {
    for (let pauseMs = 100; !halt.signal.aborted; pauseMs = Math.min(pauseMs * 2, 10_000)) {
      try {
        // On the same port, as connections to the URL are made for as long as the application runs.
        await launchPatiently(false);
        log.info({ pid: child?.pid }, 'PostgreSQL is back');
        return;
      } catch (error) {
        if (halt.signal.aborted) return;
        log.error({ err: error }, 'PostgreSQL could not be started again: trying once more');
        await delay(pauseMs, undefined, { signal: halt.signal }).catch(() => undefined);
      }
    }
  };

  await writeFile(join(folder, 'pg_hba.conf'), 'host all all 127.0.0.1/32 scram-sha-256\n');
  try {
    await launchPatiently(fixedPort === undefined);
  } catch (error) {
    throw startFailed(cluster, (error as Error).message);
  }
  if (fixedPort === undefined && port !== saved.port) await save(dataDir, { ...saved, port });

  return {
    url: urlOf(saved.password, port),
    pid: () => child?.pid,
    async stop() {
      halt.abort();
      const current = child;
      if (current?.pid) await shutDown(current.pid, () => child === current);
      await relaunching;
    },
  };
}

/**
 * Stops the server when this process ends without having done so, even by `kill -9`: the other end of the watchman's
 * input is ours, and the kernel closes it. Should both be killed, the next start finds the server.
 */
function watch(server: ChildProcess, options: object): ChildProcess {
  const watchman = spawn('/bin/sh', ['-c', 'read -r _; kill -INT "$0"', String(server.pid)], {
    ...options,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watchman.on('error', () => undefined);
  watchman.unref();
  return watchman;
}

function settingsOf(port: number, more: Record<string, string>): Record<string, string> {
  const limit = process.constrainedMemory();
  const memoryMb = Math.min(totalmem(), limit > 0 ? limit : Infinity) / 2 ** 20;
  return {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    shared_buffers: `${Math.round(Math.min(1024, Math.max(64, memoryMb / 16)))}MB`,
    effective_cache_size: `${Math.round(Math.max(256, memoryMb / 3))}MB`,
    random_page_cost: '1.1',
    // Acknowledged means on disk.
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    wal_compression: 'on',
    // Short transactions only: compiling a plan never pays.
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    lc_messages: 'C',
    log_line_prefix: '%m [%p] ',
    // Values of rows are people's data: they stay out of the log.
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    ...more,
  };
}

/** Below the range that outgoing connections take their ports from: one of them could sit on it during a restart. */
async function pickPort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    const free = await new Promise<boolean>((resolve) => {
      const probe = createServer();
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

function portTaken(port: number): string {
  return (
    `端口 ${port} 已被别的程序占用。请停止那个程序，或者换一个端口。\n` +
    `Port ${port} is taken by another program. Stop it, or choose another port.`
  );
}

/** Keeps the present file and the one before it. */
function writeLog(dataDir: string, text: string): void {
  const file = join(dataDir, 'postgres.log');
  try {
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > logBytes) renameSync(file, `${file}.1`);
    appendFileSync(file, text, { mode: 0o600 });
  } catch {
    // A full disk or a removed folder: the database's own failure is what gets reported.
  }
}
