/**
 * What `npm start` and `npm test` run. Plain JavaScript for any Node from 18 on, as nothing is installed when it begins:
 * it installs what is missing, builds what is stale, and hands over to the Node and the tools of the project.
 *
 *     node server/bootstrap.mjs start | test [vitest arguments] | check | build | dev | run <seeds/script> [arguments] | bench
 *     | faults [arguments] | admin [arguments]
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import { delimiter, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const modules = join(root, 'node_modules');
const projectNode = join(modules, '.bin', 'node');
const tool = (path) => join(modules, ...path.split('/'));
const env = cleanEnvironment();

const [command = 'start', ...args] = process.argv.slice(2);
const commands = { start, test, check, build, dev, run, bench, faults, admin };
/** What a command answers goes to its output, for programs to read; what happens on the way there does not. */
const told = command === 'admin' ? process.stderr : process.stdout;

/** What runs for us in the foreground, and in the background: each of the latter in a process group of its own. */
const shown = new Set();
const hidden = new Set();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, passOn);
process.on('exit', stopEverything);

async function start() {
  await underLock(async () => {
    await install();
    await together([buildServer, buildWeb]);
  });
  await become(join(root, 'build', 'server', 'main.js'), [], {
    SEED_MODULE: env.SEED_MODULE || join(root, 'build', 'seeds', 'shengbei.js'),
    WEB_HANDLER: env.WEB_HANDLER || join(root, 'build', 'web', 'handler.js'),
  });
}

async function test() {
  let checked = true;
  await underLock(async () => {
    await install();
    // Whoever names files to test is in a hurry; the whole suite includes the checks.
    if (args.length === 0) checked = await checkAll([buildServer, buildWeb]);
    else await together([buildServer, buildWeb]);
  });
  const code = await foreground(projectNode, [tool('vitest/vitest.mjs'), 'run', ...args]);
  if (!checked) {
    say('✘ 检查未通过，见测试之前的输出', 'the checks failed: see what is printed before the tests');
    process.exit(code || 1);
  }
  process.exit(code);
}

async function check() {
  let checked = false;
  await underLock(async () => {
    await install();
    checked = await checkAll();
  });
  if (!checked) process.exit(1);
}

async function build() {
  await underLock(async () => {
    await install();
    await together([buildServer, buildWeb]);
  });
}

/** The server restarts at a change; the pages are served by Vite, which hands what is for the API on to the server. */
async function dev() {
  await underLock(install);
  const server = foreground(
    projectNode,
    ['--watch', '--import', '@oxc-node/core/register', join(root, 'server', 'main.ts')],
    { SEED_MODULE: env.SEED_MODULE || join(root, 'seeds', 'shengbei.ts') },
  );
  const api = { API_ORIGIN: env.API_ORIGIN || `http://127.0.0.1:${env.PORT || 4000}` };
  const pages = foreground(projectNode, [tool('vite/bin/vite.js'), 'dev'], api, join(root, 'web'));
  process.exit(await Promise.race([server, pages]));
}

async function run() {
  const [script = '', ...rest] = args;
  await underLock(async () => {
    await install();
    await buildServer();
  });
  await become(join(root, 'build', `${script}.js`), rest, {});
}

async function admin() {
  await underLock(async () => {
    await install();
    await buildServer();
  });
  await become(join(root, 'build', 'server', 'admin.js'), args, {});
}

async function bench() {
  await underLock(async () => {
    await install();
    await buildWeb();
  });
  const code = await foreground(projectNode, [
    ...['--import', '@oxc-node/core/register', join(root, 'test', 'bench', 'bench.ts')],
    ...args,
  ]);
  process.exit(code);
}

/** The nodes are what was built; the one who plays with them is part of the tests. */
async function faults() {
  await underLock(async () => {
    await install();
    await buildServer();
  });
  const script = join(root, 'test', 'faults', 'run.ts');
  process.exit(await foreground(projectNode, ['--import', '@oxc-node/core/register', script, ...args]));
}

// ── Installing ──────────────────────────────────────────────────────────────────────────────────────────────────────

async function install() {
  if (!isInstalled()) {
    const options = ['--include=dev', '--include=optional', '--no-audit', '--no-fund', '--no-progress'];
    // Warnings (about the Node that only runs npm, about packages far away) are noise here; errors are not.
    const result = await step('安装依赖', 'installing packages', () =>
      npm(['ci', ...options, '--prefer-offline', '--loglevel=error']),
    );
    if (!result.ok || !isInstalled()) {
      fail(
        '依赖没有装好，原因见上。常见的是网络、代理或磁盘空间的问题；解决之后请再运行一次。',
        'The packages could not be installed, for the reason above. Often it is the network, the proxy or a full disk. Run this again when that is solved.',
      );
    }
  }
  if (isRunnable(projectNode)) return;
  // Where npm runs no install scripts (ignore-scripts), the package `node` is empty: its script fetches the program.
  await step('获取 Node', 'fetching Node', () =>
    npm(['rebuild', 'node', '--ignore-scripts=false', '--no-progress', '--loglevel=error']),
  );
  if (!isRunnable(projectNode)) {
    fail(
      '没有得到项目所用的 Node。请允许 npm 包 node 的安装脚本，运行 npm rebuild node，然后再试。',
      'The Node of this project is missing. Allow the install script of the npm package "node", run `npm rebuild node`, then try again.',
    );
  }
}

/** Whether node_modules holds what the lock file says; npm leaves a record there, as its last act. */
function isInstalled() {
  const wanted = readJson(join(root, 'package-lock.json'));
  const present = readJson(join(modules, '.package-lock.json'));
  if (!wanted) {
    fail(
      '缺少 package-lock.json，请从仓库恢复它。',
      'package-lock.json is missing or unreadable: restore it from the repository.',
    );
  }
  return Object.entries(wanted.packages).every(([path, entry]) => {
    if (!path.includes('node_modules/')) return true;
    const found = present?.packages?.[path];
    // Most optional packages are for other platforms.
    if (!found) return entry.optional === true;
    return found.version === entry.version && found.link === entry.link;
  });
}

function npm(argumentsOfNpm, cwd = root) {
  // Within an npm script these two say which npm, and which Node runs it: not the one below node_modules, which
  // `npm ci` removes.
  const { npm_execpath: script, npm_node_execpath: node } = env;
  if (script && /\.c?js$/.test(script) && node && !node.startsWith(modules)) {
    return background(node, [script, ...argumentsOfNpm], cwd);
  }
  return background('npm', argumentsOfNpm, cwd);
}

// ── Building and checking ───────────────────────────────────────────────────────────────────────────────────────────

const serverSources = ['server', 'seeds', 'tsconfig.json', 'package-lock.json'];
const webSources = ['web', 'schema', 'package-lock.json'];

async function buildServer() {
  return whenStale('server', serverSources, async () => {
    for (const folder of ['server', 'seeds']) fs.rmSync(join(root, 'build', folder), { recursive: true, force: true });
    return step('构建服务端', 'building the server', () =>
      background(projectNode, [tool('typescript/bin/tsc'), '-p', 'server/tsconfig.build.json']),
    );
  });
}

async function buildWeb() {
  return whenStale('web', webSources, () =>
    step('构建网页', 'building the pages', () => npm(['run', 'build', '--workspace', 'web', '--silent'])),
  );
}

async function whenStale(name, sources, work) {
  const stamp = stampOf(name, sources);
  if (stamp.isFresh) return;
  const { ok } = await work();
  if (!ok) fail('构建失败，原因见上。', 'The build failed, for the reason above.');
  stamp.renew();
}

/** Runs every check, beside what has to be built first; answers whether all of them pass. */
async function checkAll([firstBuild, secondBuild] = []) {
  const stamp = stampOf('check', checkedSources());
  const builds = [firstBuild, secondBuild].filter(Boolean);
  if (stamp.isFresh) {
    await together(builds);
    say('✔ 检查在上次之后没有变化', 'nothing to check has changed since the checks passed');
    return true;
  }
  // The pages are built and checked one after the other: both write web/.svelte-kit.
  const pages = async () => {
    await secondBuild?.();
    return checkWeb();
  };
  const results = await together([...(firstBuild ? [firstBuild] : []), pages, ...codeChecks()]);
  if (results.includes(false)) return false;
  stamp.renew();
  return true;
}

function checkedSources() {
  const files = fs.readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isFile());
  return [...files.map(({ name }) => name), 'server', 'seeds', 'test', 'web', 'schema'];
}

function codeChecks() {
  const cached = ['--cache', '--cache-location=build/prettier-cache'];
  const incremental = ['--incremental', '--tsBuildInfoFile', 'build/check.tsbuildinfo'];
  return [
    [
      '检查格式',
      'formatting: prettier',
      [tool('prettier/bin/prettier.cjs'), '--check', '.', '--log-level=warn', ...cached],
    ],
    ['静态检查', 'linting: oxlint', [tool('oxlint/bin/oxlint'), '--deny-warnings']],
    ['检查类型', 'types: tsc', [tool('typescript/bin/tsc'), '-p', '.', ...incremental]],
  ].map(([zh, en, toolArguments]) => async () => {
    const { ok } = await step(zh, en, () => background(projectNode, toolArguments));
    return ok;
  });
}

async function checkWeb() {
  const { ok } = await step('检查网页', 'pages: svelte-check', () =>
    npm(['run', 'check', '--workspace', 'web', '--silent']),
  );
  return ok;
}

/** Remembers for which sources a piece of work was done. */
function stampOf(name, sources) {
  const file = join(root, 'build', 'stamps', name);
  const present = fingerprint(sources);
  const isFresh = fs.existsSync(file) && fs.readFileSync(file, 'utf8') === present;
  if (!isFresh) fs.rmSync(file, { force: true });
  const renew = () => {
    fs.mkdirSync(dirname(file), { recursive: true });
    fs.writeFileSync(file, present);
  };
  return { isFresh, renew };
}

/** A hash of the contents, as dates say little after a clone or a change of branch. */
function fingerprint(sources) {
  const hash = createHash('sha256');
  const add = (path) => {
    const stat = fs.statSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory()) {
      for (const name of fs.readdirSync(path).sort()) {
        if (name !== 'node_modules' && name !== '.svelte-kit' && name !== 'build') add(join(path, name));
      }
    } else if (stat?.isFile()) {
      hash.update(`${relative(root, path)}\0${stat.size}\0`);
      hash.update(fs.readFileSync(path));
    }
  };
  for (const source of sources) add(join(root, source));
  return hash.digest('hex');
}

// ── Running things ──────────────────────────────────────────────────────────────────────────────────────────────────

/** As many at a time as there are processors. */
async function together(works) {
  const results = [];
  const queue = works.entries();
  const worker = async () => {
    for (const [index, work] of queue) results[index] = await work();
  };
  const width = Math.max(2, os.availableParallelism ? os.availableParallelism() : os.cpus().length);
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}

/** Tells what goes on and for how long; what the work printed is shown when it fails. */
async function step(zh, en, work) {
  const startedAt = Date.now();
  const seconds = () => `${Math.round((Date.now() - startedAt) / 1000)} s`;
  say(`… ${zh}`, en);
  const progress = setInterval(() => say(`… ${zh} ${seconds()}`, en), 10_000);
  const result = await work();
  clearInterval(progress);
  if (!result.ok) told.write(`${result.output.trimEnd()}\n`);
  say(`${result.ok ? '✔' : '✘'} ${zh} ${seconds()}`, en);
  return result;
}

/** Runs a program without showing what it prints. */
function background(program, argumentsOfProgram, cwd = root) {
  return new Promise((done) => {
    const child = spawn(program, argumentsOfProgram, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    hidden.add(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk.toString()));
    child.on('error', (error) => (output += `${program}: ${error.message}\n`));
    child.on('close', (code) => {
      hidden.delete(child);
      done({ ok: code === 0, output });
    });
  });
}

/** Runs a program in our place: its input and output are ours, signals pass on to it. Answers its exit code. */
function foreground(program, argumentsOfProgram, more = {}, cwd = root) {
  return new Promise((done) => {
    const child = spawn(program, argumentsOfProgram, { cwd, env: { ...env, ...more }, stdio: 'inherit' });
    shown.add(child);
    child.on('error', (error) =>
      fail(`无法运行 ${program}：${error.message}`, `${program} does not run: ${error.message}`),
    );
    child.on('exit', (code, signal) => {
      shown.delete(child);
      done(code ?? 128 + os.constants.signals[signal]);
    });
  });
}

/** Hands over to the project's Node: for good where this Node can, and as its parent where it is older. */
async function become(script, scriptArguments, more) {
  const whole = ['--enable-source-maps', script, ...scriptArguments];
  if (process.execve) process.execve(projectNode, [projectNode, ...whole], { ...env, ...more });
  process.exit(await foreground(projectNode, whole, more));
}

function passOn(signal) {
  // A terminal sends Ctrl-C to everybody in the foreground and npm sends it once more; whoever hears it twice is asked
  // the same thing.
  for (const child of shown) child.kill(signal);
  if (shown.size === 0) process.exit(128 + os.constants.signals[signal]);
}

function stopEverything() {
  for (const child of shown) child.kill('SIGTERM');
  for (const child of hidden) {
    try {
      process.kill(-child.pid, 'SIGTERM');
    } catch {
      // It has just ended.
    }
  }
}

// ── Odds and ends ───────────────────────────────────────────────────────────────────────────────────────────────────

/** Two starts in one checkout take turns while they install and build. */
async function underLock(work) {
  const lock = join(root, 'build', 'bootstrap.lock');
  fs.mkdirSync(dirname(lock), { recursive: true });
  let told = false;
  for (;;) {
    try {
      fs.writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const holder = heldBy(lock);
      if (holder === undefined) fs.rmSync(lock, { force: true });
      else {
        if (!told) say(`… 等待进程 ${holder} 装好、建好`, `waiting for process ${holder} to install and build`);
        told = true;
        await new Promise((next) => setTimeout(next, 200));
      }
    }
  }
  const release = () => fs.rmSync(lock, { force: true });
  process.once('exit', release);
  // A number in a file says little when its process was killed and another one has it now: the date says the rest.
  const heartbeat = setInterval(() => fs.utimesSync(lock, new Date(), new Date()), 2000);
  try {
    await work();
  } finally {
    clearInterval(heartbeat);
    process.off('exit', release);
    release();
  }
}

function heldBy(lock) {
  try {
    const holder = Number(fs.readFileSync(lock, 'utf8'));
    if (Date.now() - fs.statSync(lock).mtimeMs > 20_000) return undefined;
    process.kill(holder, 0);
    return holder;
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    return error.code === 'EPERM' ? '?' : undefined;
  }
}

function cleanEnvironment() {
  const clean = { ...process.env };
  // An empty HOME is read as a folder of that name.
  if (clean.HOME === '') delete clean.HOME;
  // Within an npm script npm's own settings are in the environment, among them a cache that may be out of reach.
  const cache = clean.npm_config_cache;
  if (cache !== undefined && !isWritableFolder(cache)) {
    clean.npm_config_cache = join(os.tmpdir(), `baihua-npm-cache-${process.getuid ? process.getuid() : 'user'}`);
  }
  clean.PATH = [join(modules, '.bin'), clean.PATH].join(delimiter);
  return clean;
}

function isWritableFolder(path) {
  try {
    fs.mkdirSync(path, { recursive: true });
    fs.accessSync(path, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function isRunnable(path) {
  try {
    fs.accessSync(path, fs.constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function readJson(path) {
  try {
    return JSON.parse(fs.readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function say(zh, en) {
  told.write(`${zh} · ${en}\n`);
}

function fail(zh, en) {
  process.stderr.write(`\n${zh}\n${en}\n`);
  process.exit(1);
}

// Last, as everything above must be there by now.
if (Number(process.versions.node.split('.')[0]) < 18) {
  fail(
    `需要 Node.js 18 或更高版本，当前是 ${process.version}。请从 nodejs.org 安装较新的版本。`,
    `Node.js 18 or newer is needed; this is ${process.version}. Install a newer one from nodejs.org.`,
  );
}
if (!Object.hasOwn(commands, command)) fail(`没有这个命令：${command}`, `There is no such command: ${command}`);
await commands[command]();
