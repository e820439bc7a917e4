import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { readFile } from 'node:fs/promises';
import { afterEach, expect, test } from 'vitest';
import { Api } from '../../seeds/volunteer-day/api.js';
import { playDay } from '../../seeds/volunteer-day/play.js';
import { until } from '../support/app.js';
import { endWithParent } from '../support/processes.js';
import { temporaryFolder } from '../support/postgres.js';
import { Wall } from '../support/wall.js';

/** How often the server is killed; the figure that the project promises. */
const kills = 10;
const root = resolve(import.meta.dirname, '../..');
let cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of cleanUp.reverse()) await step();
  cleanUp = [];
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** What the server that runs now has written, for whoever has to find out why a test failed. */
let output = '';

/** The whole application as `npm start` runs it, but for the pages. Resolves when it answers. */
async function startServer(dataDir: string, port: number): Promise<ChildProcess> {
  const program = ['--import', '@oxc-node/core/register', 'server/main.ts'];
  const server = spawn(process.execPath, [...endWithParent, ...program], {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      PORT: String(port),
      HOST: '127.0.0.1',
      DATA_DIR: dataDir,
      SEED_MODULE: join(root, 'seeds/shengbei.ts'),
      LOG_LEVEL: 'warn',
    },
    stdio: 'pipe',
  });
  output = '';
  server.stdout.on('data', (text) => (output += text));
  server.stderr.on('data', (text) => (output += text));
  const answers = async () => {
    if (server.exitCode !== null) throw new Error('the server ended by itself');
    const answer = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined);
    return answer?.status === 200;
  };
  await until(answers, 'the server to answer', 60_000).catch((cause: unknown) => {
    throw new Error(`the server did not start:\n${output}`, { cause });
  });
  return server;
}

async function kill(server: ChildProcess): Promise<void> {
  server.kill('SIGKILL');
  if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
}

test(`the server is killed ${kills} times in the middle of the day: nothing that was acknowledged is missing, nothing counts twice`, async () => {
  const folder = await temporaryFolder();
  cleanUp.push(folder.remove);
  const dataDir = join(folder.path, 'data');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let server = await startServer(dataDir, port);
  cleanUp.push(async () => {
    server.kill('SIGTERM');
    if (server.exitCode === null) await once(server, 'exit');
  });
  const { leader } = JSON.parse(await readFile(join(dataDir, 'demo-keys.json'), 'utf8')) as { leader: string };
  const wall = await new Wall(url, 'volunteer-day-8').open();
  cleanUp.push(() => wall.stop());

  const api = new Api(url, { connections: 64, patienceMs: 120_000 });
  cleanUp.push(() => api.close());
  let acts = 0;
  let acted = 0;
  const playing = playDay(
    api,
    leader,
    { people: 500, rate: 60, event: 'volunteer-day-8', seed: 8 },
    new AbortController().signal,
    {
      reading: () => undefined,
      starting: (play) => (acts = play.acts),
      acted: () => acted++,
      comparing: () => undefined,
    },
  );
  await until(() => acts > 0, 'the day to begin', 60_000);
  for (let round = 1; round <= kills; round++) {
    await until(() => acted >= (acts * round) / (kills + 2), `round ${round}`, 60_000);
    await kill(server);
    server = await startServer(dataDir, port);
  }
  const result = await playing;
  expect(result.differences).toEqual([]);
  expect(api.stats.retries).toBeGreaterThan(0);

  const sequences = result.scans.map((scan) => scan.sequence).filter((sequence) => sequence !== undefined);
  const last = Math.max(...(sequences as number[]));
  await until(() => wall.last >= last, 'the wall to have seen everything');
  expect(wall.sequences).toEqual(wall.expected);
  expect(wall.reconnects).toBeGreaterThanOrEqual(kills);
}, 300_000);
