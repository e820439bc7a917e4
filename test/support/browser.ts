import { execFile } from 'node:child_process';
import { access, constants, mkdtemp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { chromium, type Browser } from 'playwright-core';

const args = [
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-gpu',
];

interface Program {
  executablePath: string;
  env?: Record<string, string>;
}

/**
 * A Chromium that works on this machine: the one that CHROMIUM_PATH names, else one that is installed, else the one
 * from the npm registry.
 */
export async function launchBrowser(): Promise<Browser> {
  const named = process.env.CHROMIUM_PATH;
  if (named) return launch({ executablePath: named });
  for (const executablePath of await installedBrowsers()) {
    // Ubuntu's `chromium-browser` may only be a note that says where to get it: then the next one.
    const browser = await launch({ executablePath }).catch(() => undefined);
    if (browser) return browser;
  }
  return launch(await unpackedBrowser());
}

function launch({ executablePath, env }: Program): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: process.getuid?.() === 0 ? [...args, '--no-sandbox'] : args,
    env: { ...withoutUndefined(process.env), ...env },
    timeout: 60_000,
  });
}

async function installedBrowsers(): Promise<string[]> {
  const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const candidates = [
    ...names.flatMap((name) => folders.map((folder) => join(folder, name))),
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ];
  const runnable = await Promise.all(candidates.map(isRunnable));
  return candidates.filter((_, index) => runnable[index]);
}

async function isRunnable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Unpacks `@sparticuz/chromium`, once for each version, into the checkout. */
async function unpackedBrowser(): Promise<Program> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error('No browser for the tests: install Chromium or Chrome, or name one in CHROMIUM_PATH.');
  }
  const packageFolder = join(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')), '..');
  const { version } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as { version: string };
  const folder = join(packageFolder, '..', '..', '.cache', `chromium-${version}`);
  if (!(await isRunnable(join(folder, 'chromium')))) await unpack(join(packageFolder, 'bin'), folder);

  const executablePath = join(folder, 'chromium');
  const env: Record<string, string> = {};
  // A machine without fonts has no settings for them either.
  if (!(await readable('/etc/fonts/fonts.conf'))) env.FONTCONFIG_FILE = join(folder, 'fonts.conf');
  // A machine that never had a browser lacks its libraries; a bundled set of them stands in.
  if (!(await runs(executablePath, env))) {
    const own = process.env.LD_LIBRARY_PATH;
    env.LD_LIBRARY_PATH = [join(folder, 'al2023', 'lib'), ...(own ? [own] : [])].join(':');
  }
  return { executablePath, env };
}

async function unpack(from: string, to: string): Promise<void> {
  const { inflate } = await import('@sparticuz/chromium');
  await mkdir(dirname(to), { recursive: true });
  const unfinished = await mkdtemp(`${to}.`);
  const archives = ['chromium.br', 'fonts.tar.br', 'al2023.tar.br'].map((name) => join(from, name));
  // `inflate` puts its files where temporary files go, and decides that when it is called.
  const { TMPDIR } = process.env;
  process.env.TMPDIR = unfinished;
  const unpacking = archives.map((archive) => inflate(archive));
  if (TMPDIR === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = TMPDIR;
  await Promise.all(unpacking);
  const fonts = `<dir>${join(to, 'fonts')}</dir><cachedir>${join(to, 'fonts-cache')}</cachedir>`;
  await writeFile(join(unfinished, 'fonts.conf'), `<?xml version="1.0"?><fontconfig>${fonts}</fontconfig>\n`);
  try {
    await rename(unfinished, to);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Two test files at once: the other one was first.
    if (!(await isRunnable(join(to, 'chromium')))) throw error;
  }
}

async function readable(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
}

async function runs(executablePath: string, env: Record<string, string>): Promise<boolean> {
  return promisify(execFile)(executablePath, ['--version'], { env: { ...process.env, ...env } }).then(
    () => true,
    () => false,
  );
}

function withoutUndefined(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
