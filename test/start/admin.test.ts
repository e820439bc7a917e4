import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createTestDatabase, temporaryFolder } from '../support/postgres.js';

const root = join(import.meta.dirname, '..', '..');
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: ChildProcess | undefined;

beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(async () => {
  await stop();
  await folder.remove();
});

function bootstrap(args: string[], env: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, [join(root, 'server', 'bootstrap.mjs'), ...args], {
    cwd: folder.path,
    env: { PATH: process.env.PATH, HOME: folder.path, DATA_DIR: join(folder.path, 'data'), PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own: what is sent to it reaches nobody else.
    detached: true,
  });
}

/** `npm run admin -- …`, as the shell sees it. */
async function admin(args: string[], env?: Record<string, string>) {
  const child = bootstrap(['admin', ...args], env);
  let out = '';
  let err = '';
  child.stdout!.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr!.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const [exitCode] = (await once(child, 'close')) as [number];
  return { exitCode, out, err };
}

/** The same with --json: the answer has to be all that stands in the output. */
async function adminJson<T>(args: string[], env?: Record<string, string>): Promise<{ exitCode: number; data: T }> {
  const { exitCode, out } = await admin([...args, '--json'], env);
  return { exitCode, data: JSON.parse(out) as T };
}

async function start(): Promise<string> {
  server = bootstrap(['start']);
  let output = '';
  for (const stream of [server.stdout!, server.stderr!])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return vi.waitFor(
    () => {
      const [url] = /http:\/\/localhost:\d+/.exec(output) ?? [];
      if (url === undefined) throw new Error(`it has not said where it is:\n${output}`);
      return url;
    },
    { timeout: 110_000, interval: 50 },
  );
}

async function stop(): Promise<void> {
  if (!server || server.exitCode !== null) return;
  const exit = once(server, 'exit');
  server.kill('SIGINT');
  await exit;
}

interface Asked {
  data?: Record<string, { __typename?: string; role?: string; nodes?: { actorName: string; action: string }[] }>;
  errors?: { extensions: { code: string } }[];
}

async function ask(url: string, query: string, key?: string): Promise<Asked> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) },
    body: JSON.stringify({ query }),
  });
  return (await response.json()) as Asked;
}

/** The embedded database, behind the application's back. */
async function sql(...statements: string[]): Promise<void> {
  const { password, port } = JSON.parse(await readFile(join(folder.path, 'data', 'postgres.json'), 'utf8')) as {
    password: string;
    port: number;
  };
  const client = new pg.Client({ user: 'baihua', database: 'baihua', host: '127.0.0.1', password, port });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

let password: string;

test('before the server ever ran, the first administrator is made, once', async () => {
  const made = await adminJson<{ login: string; oneTimePassword: string }>([
    'accounts',
    'create',
    'Li.Wei',
    '--name',
    '李伟',
    '--administrator',
  ]);
  expect(made).toEqual({
    exitCode: 0,
    data: {
      login: 'li.wei',
      oneTimePassword: expect.stringMatching(/^\w{4}(-\w{4}){3}$/),
      expiresAt: expect.any(String),
    },
  });
  password = made.data.oneTimePassword;

  const again = await admin(['accounts', 'create', 'li.wei', '--name', '李伟', '--administrator'], {
    LANG: 'zh_CN.UTF-8',
  });
  expect(again).toMatchObject({ exitCode: 4, out: '' });
  expect(again.err).toContain('这个账号名已被使用');
});

test('while the server runs, all of it works on the same data, and at once', async () => {
  const url = await start();
  const signIn = await ask(
    url,
    `mutation { signIn(input: { login: "li.wei", password: "${password}" }) { __typename } }`,
  );
  expect(signIn.data?.signIn?.__typename).toBe('SignedIn');

  const issued = await adminJson<{ key: string; accessKey: { id: number; unit: string; hint: string } }>([
    'keys',
    'issue',
    '--role',
    'leader',
    '--name',
    '西门',
    '--expires',
    '2026-01-01',
  ]);
  expect(issued.exitCode).toBe(2);
  // Two days: where the installation's day is ahead of UTC's, tomorrow has begun there every evening.
  const inTime = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);
  const { data, exitCode } = await adminJson<typeof issued.data>([
    'keys',
    'issue',
    '--role',
    'administrator',
    '--name',
    '演练',
    '--expires',
    inTime,
  ]);
  expect(exitCode).toBe(0);
  expect((await ask(url, '{ viewer { role } }', data.key)).data?.viewer?.role).toBe('ADMINISTRATOR');

  const { data: log } = await ask(
    url,
    '{ auditLog(first: 2, action: KEY_ISSUED) { nodes { action actorName } } }',
    data.key,
  );
  expect(log?.auditLog?.nodes).toEqual([
    { action: 'KEY_ISSUED', actorName: expect.stringMatching(/^npm run admin \(.+@.+\)$/) },
  ]);

  const listed = await admin(['keys', 'list', '--role', 'administrator'], { LANG: 'en_US.UTF-8' });
  expect(listed.out).toMatch(/^key +name +role +unit +ends in +last used +expires +revoked\n/);
  expect(listed.out).toContain(data.key.slice(-4));
  expect(listed.out).not.toContain(data.key);

  expect(await admin(['keys', 'revoke', String(data.accessKey.id), '--reason', '演练结束'])).toMatchObject({
    exitCode: 0,
  });
  await vi.waitFor(
    async () => {
      const { errors } = await ask(url, '{ viewer { role } }', data.key);
      expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    },
    { timeout: 5_000, interval: 50 },
  );

  expect(await adminJson(['audit', 'verify'])).toMatchObject({ exitCode: 0, data: { isIntact: true, faults: 0 } });
  await sql(
    'alter table audit_entry disable trigger all',
    "update audit_entry set reason = '另一个理由' where reason = '演练结束'",
    'alter table audit_entry enable trigger all',
  );
  expect(await adminJson(['audit', 'verify'])).toMatchObject({
    exitCode: 5,
    data: { isIntact: false, faults: 1, findings: [{ fault: 'ALTERED' }] },
  });
  await stop();
});

test('on a DATABASE_URL it makes a new database ready, and says in both languages when there is none', async () => {
  const database = await createTestDatabase();
  const env = { DATABASE_URL: database.url };
  const registered = await adminJson(['partners', 'register', 'county', '--name', '县里'], env);
  expect(registered).toMatchObject({ exitCode: 0, data: { code: 'county', name: '县里', suspendedAt: null } });
  const issued = await adminJson<{ key: string }>(
    ['keys', 'issue', '--role', 'partner', '--partner', 'county', '--name', '统计'],
    env,
  );
  expect(issued.data.key).toMatch(/^bh_/);
  expect(await adminJson(['partners', 'suspend', 'county', '--reason', '到期'], env)).toMatchObject({
    exitCode: 0,
    data: { suspendedAt: expect.any(String) },
  });
  await database.drop();

  const gone = await admin(['partners', 'list'], env);
  expect(gone).toMatchObject({ exitCode: 6, out: '' });
  expect(gone.err).toContain('数据库连不上');
  expect(gone.err).toContain('The database cannot be used');
  expect(gone.err).not.toContain('    at ');
});

test('a person’s data is handed out and erased by their number, and the data key replaced', async () => {
  const database = await createTestDatabase();
  const env = { DATABASE_URL: database.url };
  // The first command makes the database ready.
  expect(await adminJson(['data-key', 'rotate'], env)).toEqual({ exitCode: 0, data: { version: 2, records: 0 } });
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query("insert into volunteer (number, name, contingent) values ('V-1', '测试甲', 'RESIDENT')");
  expect(await adminJson(['people', 'export', 'V-1', '--reason', '本人书面申请'], env)).toMatchObject({
    exitCode: 0,
    data: { volunteer: { number: 'V-1', name: '测试甲' } },
  });
  expect(await admin(['people', 'erase', 'V-1', '--reason', '本人书面申请'], env)).toMatchObject({ exitCode: 0 });
  const { rows } = await client.query('select name, erased_at is not null as erased from volunteer');
  expect(rows).toEqual([{ name: expect.not.stringContaining('测试甲'), erased: true }]);
  await client.end();
  await database.drop();
});

test('what is typed wrongly is said, and nothing is opened for it', async () => {
  const nowhere = { DATA_DIR: join(folder.path, 'nowhere') };
  const help = await admin(['--help'], nowhere);
  expect(help).toMatchObject({ exitCode: 0, err: '' });
  expect(help.out).toContain('审计日志 · the audit log');
  for (const [args, zh, en] of [
    [['nonsense'], '没有这个命令：nonsense', "unknown command 'nonsense'"],
    [['accounts', 'create', '--name', 'x'], '缺少参数login', "missing required argument 'login'"],
    [['keys', 'issue', '--name', 'x'], '缺少必需的选项--role <role>', "required option '--role <role>' not specified"],
    [['keys', 'issue', '--name', 'x', '--role', 'king'], '值不正确：king', "argument 'king' is invalid"],
    [['audit', 'list', '--from', 'yesterday'], '值不正确：yesterday', "argument 'yesterday' is invalid"],
  ] as [string[], string, string][]) {
    const { exitCode, out, err } = await admin(args, nowhere);
    expect([args, exitCode, out]).toEqual([args, 2, '']);
    expect(err).toContain(zh);
    expect(err).toContain(en);
  }
  await expect(readFile(join(nowhere.DATA_DIR, 'postgres.json'))).rejects.toMatchObject({ code: 'ENOENT' });
});
