import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, chmod, cp, mkdir, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { temporaryFolder } from '../support/postgres.js';
import { isAlive } from '../support/processes.js';

const root = join(import.meta.dirname, '..', '..');

interface Run {
  process: ChildProcess;
  /** What it has printed so far. */
  output(): string;
  /** The exit code, when it has ended. */
  ended: Promise<number | null>;
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let started: ChildProcess[];

beforeEach(async () => {
  folder = await temporaryFolder();
  started = [];
});

afterEach(async () => {
  for (const child of started) {
    if (child.exitCode === null && child.signalCode === null) {
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    }
  }
  await folder.remove();
});

/** Runs bootstrap.mjs in a process group of its own, as a shell does. */
function bootstrap(checkout: string, args: string[], env: Record<string, string>): Run {
  const child = spawn(process.execPath, [join(checkout, 'server', 'bootstrap.mjs'), ...args], {
    cwd: folder.path,
    env: { PATH: process.env.PATH, HOME: join(folder.path, 'home'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  started.push(child);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(child, 'close').then(() => child.exitCode);
  return { process: child, output: () => output, ended };
}

// ── The real thing ──────────────────────────────────────────────────────────────────────────────────────────────────

function start(env: Record<string, string> = {}): Run {
  return bootstrap(root, ['start'], { DATA_DIR: join(folder.path, 'data'), PORT: '0', ...env });
}

async function urlOf(run: Run): Promise<string> {
  return vi.waitFor(
    () => {
      const [url] = /http:\/\/localhost:\d+/.exec(run.output()) ?? [];
      if (url === undefined) throw new Error(`it has not said where it is:\n${run.output()}`);
      return url;
    },
    { timeout: 110_000, interval: 50 },
  );
}

test('npm start serves pages and API; Ctrl-C stops all of it within seconds', async () => {
  const run = start();
  const url = await urlOf(run);
  const page = await fetch(`${url}/wall/volunteer-day-8`);
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html']);
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ __typename }' }),
  });
  expect(await answer.json()).toEqual({ data: { __typename: 'Query' } });

  const [server] = (await readFile(join(folder.path, 'data', 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
  const interruptedAt = performance.now();
  process.kill(-(run.process.pid ?? NaN), 'SIGINT');
  expect(await run.ended).toBe(0);
  expect(performance.now() - interruptedAt).toBeLessThan(8000);
  expect(isAlive(Number(server))).toBe(false);
});

test('a second npm start on the same data says in both languages who is there', async () => {
  const first = start();
  await urlOf(first);
  const second = start();
  expect(await second.ended).toBe(1);
  expect(second.output()).toContain(`正被另一个正在运行的百花（进程 ${first.process.pid}）使用`);
  expect(second.output()).toContain(`in use by another Baihua that is running (process ${first.process.pid})`);
  expect(second.output()).not.toContain('    at ');
});

// ── Installing and building, with stand-ins for npm and tsc ─────────────────────────────────────────────────────────

const lock = (version: string) =>
  JSON.stringify({
    packages: {
      '': {},
      'node_modules/a': { version },
      'node_modules/for-another-platform': { version: '1.0.0', optional: true },
    },
  });

/** Makes a checkout with one script, seeds/hello, that tells its arguments and ends with 7. */
async function miniature(npmScript = ''): Promise<string> {
  const checkout = join(folder.path, 'checkout');
  await mkdir(join(checkout, 'server'), { recursive: true });
  await mkdir(join(checkout, 'seeds'));
  await mkdir(join(folder.path, 'bin'));
  await cp(join(root, 'server', 'bootstrap.mjs'), join(checkout, 'server', 'bootstrap.mjs'));
  await writeFile(join(checkout, 'package-lock.json'), lock('1.0.0'));
  await writeFile(join(checkout, 'seeds', 'hello.ts'), 'console.log(`hello ${process.argv[2]}`); process.exit(7);');
  // What npm ci does, as far as it matters here.
  await writeFile(
    join(folder.path, 'bin', 'npm'),
    `#!/bin/sh
echo "npm $1" >> ${folder.path}/calls
${npmScript}
rm -rf node_modules
mkdir -p node_modules/.bin node_modules/typescript/bin
ln -s ${process.execPath} node_modules/.bin/node
cp ${folder.path}/tsc node_modules/typescript/bin/tsc
sed 's/,"node_modules.for-another-platform":{[^}]*}//' package-lock.json > node_modules/.package-lock.json
`,
  );
  await chmod(join(folder.path, 'bin', 'npm'), 0o755);
  await writeFile(
    join(folder.path, 'tsc'),
    `const fs = require('node:fs');
fs.appendFileSync('${folder.path}/calls', 'tsc\\n');
fs.mkdirSync('build/seeds', { recursive: true });
fs.copyFileSync('seeds/hello.ts', 'build/seeds/hello.js');
`,
  );
  return checkout;
}

function runHello(checkout: string, ...args: string[]): Run {
  return bootstrap(checkout, ['run', 'seeds/hello', ...args], {
    PATH: `${join(folder.path, 'bin')}:${process.env.PATH}`,
  });
}

async function calls(): Promise<string[]> {
  const text = await readFile(join(folder.path, 'calls'), 'utf8').catch(() => '');
  await rm(join(folder.path, 'calls'), { force: true });
  return text.split('\n').filter((line) => line !== '');
}

test('installs and builds what is missing or stale, and nothing else', async () => {
  const checkout = await miniature();
  const first = runHello(checkout, 'world');
  expect(await first.ended).toBe(7);
  expect(first.output()).toMatch(
    /安装依赖 · installing packages\n[^]*构建服务端 · building the server\n[^]*\nhello world\n$/,
  );
  expect(await calls()).toEqual(['npm ci', 'tsc']);

  const second = runHello(checkout, 'again');
  expect(await second.ended).toBe(7);
  expect(second.output()).toBe('hello again\n');
  expect(await calls()).toEqual([]);

  await appendFile(join(checkout, 'seeds', 'hello.ts'), '// changed');
  await runHello(checkout).ended;
  expect(await calls()).toEqual(['tsc']);

  await writeFile(join(checkout, 'package-lock.json'), lock('2.0.0'));
  await runHello(checkout).ended;
  expect(await calls()).toEqual(['npm ci', 'tsc']);
});

test('shows why an installation failed, and what to do, in both languages', async () => {
  const checkout = await miniature('echo "npm error network unreachable" >&2; exit 1');
  const run = runHello(checkout);
  expect(await run.ended).toBe(1);
  expect(run.output()).toContain('npm error network unreachable');
  expect(run.output()).toContain('依赖没有装好');
  expect(run.output()).toContain('The packages could not be installed');
});

test('two at once install and build once', async () => {
  const checkout = await miniature();
  const runs = [runHello(checkout, 'a'), runHello(checkout, 'b'), runHello(checkout, 'c')];
  for (const run of runs) expect(await run.ended).toBe(7);
  expect(await calls()).toEqual(['npm ci', 'tsc']);
});

test('Ctrl-C during the installation stops it, too, and the next run starts over', async () => {
  const checkout = await miniature(`if [ ! -e pid ]; then echo $$ > pid; exec tail -f /dev/null; fi`);
  const run = runHello(checkout);
  const pid = await vi.waitFor(async () => Number(await readFile(join(checkout, 'pid'), 'utf8')), { timeout: 20_000 });
  process.kill(-(run.process.pid ?? NaN), 'SIGINT');
  expect(await run.ended).toBe(130);
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false));
  expect(await readdir(join(checkout, 'build'))).toEqual([]);
  expect(await runHello(checkout).ended).toBe(7);
});

test('the lock of a run that was killed stops nobody', async () => {
  const checkout = await miniature();
  const gone = spawn(process.execPath, ['-e', '']);
  await once(gone, 'exit');
  await mkdir(join(checkout, 'build'));
  await writeFile(join(checkout, 'build', 'bootstrap.lock'), String(gone.pid));
  expect(await runHello(checkout).ended).toBe(7);
});

test('fetches the Node of the project where install scripts do not run', async () => {
  const checkout = await miniature('if [ "$1" = rebuild ]; then ln -s $NODE node_modules/.bin/node; exit; fi');
  const script = join(folder.path, 'bin', 'npm');
  const text = await readFile(script, 'utf8');
  await writeFile(script, text.replace('$NODE', process.execPath).replace(/^ln -s .*\/\.bin\/node$/m, ''));
  expect(await runHello(checkout).ended).toBe(7);
  expect(await calls()).toEqual(['npm ci', 'npm rebuild', 'tsc']);
});

test('an empty HOME and a cache out of reach do not matter', async () => {
  const checkout = await miniature('echo "HOME=$HOME cache=$npm_config_cache" >> calls');
  await symlink('/dev/null', join(folder.path, 'no-folder'));
  const run = bootstrap(checkout, ['run', 'seeds/hello'], {
    PATH: `${join(folder.path, 'bin')}:${process.env.PATH}`,
    HOME: '',
    npm_config_cache: join(folder.path, 'no-folder', 'cache'),
  });
  expect(await run.ended).toBe(7);
  expect(await readFile(join(checkout, 'calls'), 'utf8')).toMatch(/^HOME= cache=.*baihua-npm-cache-\w+\n$/);
});

test('an unknown command is answered in both languages', async () => {
  const run = bootstrap(root, ['fly'], {});
  expect(await run.ended).toBe(1);
  expect(run.output()).toMatch(/没有这个命令：fly\nThere is no such command: fly/);
});
