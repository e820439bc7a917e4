import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createTestDatabase, temporaryFolder } from '../support/postgres.js';
import { endWithParent, isAlive } from '../support/processes.js';
import { until } from '../support/until.js';
import { prove } from './prove.js';
import { Proxy } from './proxy.js';

let cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of cleanUp.reverse()) await step();
  cleanUp = [];
});

async function aFolder(): Promise<string> {
  const folder = await temporaryFolder();
  cleanUp.push(folder.remove);
  return folder.path;
}

/** The short form of `npm run faults`. */
const kinds = ['kill', 'bell', 'replies', 'cut', 'silence', 'lock', 'restartFast', 'deploy', 'away'];

test('under faults of many kinds every check-in counts once, every wall shows all of them, and a restore mixes nothing', async () => {
  const seed = Number(process.env.FAULTS_SEED ?? 8);
  const story: string[] = [];
  const replay = () => `FAULTS_SEED=${seed} plays it again:\n${story.join('\n')}`;
  const proof = await prove({
    seed,
    checkIns: 300,
    kinds,
    nodes: 2,
    walls: 6,
    awaySeconds: 5,
    folder: await aFolder(),
    built: false,
    tell: (text) => void story.push(text),
  }).catch((cause: unknown) => {
    throw new Error(`it did not end. ${replay()}`, { cause });
  });
  if (proof.violations.length > 0) throw new Error(`${proof.violations.join('\n')}\n\n${replay()}`);
  // It has met what it is about.
  expect(proof.faults.map(({ fault }) => fault).toSorted()).toEqual(kinds.toSorted());
  expect(proof.acknowledged).toBeGreaterThanOrEqual(280);
  expect(proof.replayed).toBeGreaterThan(0);
  expect(proof.walls.reconnects).toBeGreaterThan(kinds.length);
  expect(proof.walls.expiries).toBe(6);
  expect(proof.network.repliesDropped).toBeGreaterThan(0);
}, 300_000);

test('nodes and database end with whoever plays with them, even by kill -9', async () => {
  const script = `
    import { Findings } from './test/faults/findings.ts';
    import { Node } from './test/faults/node.ts';
    import { Postgres } from './test/faults/postgres.ts';
    import { Proxy } from './test/faults/proxy.ts';
    const folder = process.argv[1];
    const postgres = await new Postgres(folder).start();
    const databaseUrl = postgres.url;
    const database = await new Proxy(Number(new URL(databaseUrl).port)).open();
    const node = new Node(0, await new Proxy(0).open(), database, {
      databaseUrl, dataDir: folder + '/data', folder, built: false, findings: new Findings(console.error),
    });
    await node.start();
    console.log('pids', node.pid, postgres.pid);`;
  const player = spawn(
    process.execPath,
    ['--import', '@oxc-node/core/register', '--input-type=module', '--eval', script, await aFolder()],
    { cwd: resolve(import.meta.dirname, '../..'), stdio: ['ignore', 'pipe', 'pipe'] },
  );
  cleanUp.push(() => player.kill('SIGKILL'));
  let said = '';
  for (const stream of [player.stdout, player.stderr]) stream.on('data', (text) => (said += text));
  await until(() => /^pids/m.test(said) || player.exitCode !== null, 'a node and its database', 60_000);
  const pids = [.../^pids (\d+) (\d+)/m.exec(said)!].slice(1).map(Number);
  expect(pids.map(isAlive)).toEqual([true, true]);
  player.kill('SIGKILL');
  await once(player, 'close');
  await until(() => !pids.some(isAlive), 'their end');
});

test('a node whose log nobody reads any more still ends when it is told to', async () => {
  const database = await createTestDatabase();
  cleanUp.push(() => database.drop());
  const url = new URL(database.url);
  const proxy = await new Proxy(Number(url.port)).open();
  cleanUp.push(() => proxy.close());
  url.port = String(proxy.port);
  const program = ['--import', '@oxc-node/core/register', 'server/main.ts'];
  const node = spawn(process.execPath, [...endWithParent, ...program], {
    cwd: resolve(import.meta.dirname, '../..'),
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      HOST: '127.0.0.1',
      DATABASE_URL: url.href,
      DATA_DIR: await aFolder(),
      NODE_ENV: 'production',
    },
    stdio: 'pipe',
  });
  cleanUp.push(() => node.kill('SIGKILL'));
  let said = '';
  node.stdout.on('data', (text) => (said += text));
  await until(() => said.includes('/graphql') || node.exitCode !== null, 'the node', 60_000);
  node.stdout.destroy();
  // That is something to write down.
  proxy.cut();
  node.kill('SIGINT');
  await until(() => node.exitCode !== null, 'its end', 30_000);
  expect(node.exitCode).toBe(0);
});
