import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createApp, openDatabase } from '../../server/app.js';
import type { Context } from '../../server/kernel/context.js';
import { dataKeySource } from '../../server/kernel/data-key.js';
import { publicViewer, ViewerRole } from '../../server/kernel/viewer.js';
import { rotateDataKey } from '../../server/personal-data/rotation.js';
import { emptyRecord, writeRecords } from '../../server/vault/sealed.js';
import { Vault } from '../../server/vault/vault.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { temporaryFolder } from '../support/postgres.js';
import { audited, idNumberOf, reveal, seen, setPersonalData } from './person.js';

const quiet = pino({ level: 'silent' });
const aKey = () => randomBytes(32).toString('base64');
const phoneOf = (place: number) => `142${String(place).padStart(8, '0')}`;

const undo: (() => Promise<unknown>)[] = [];
let dataDir: string;
beforeEach(async () => {
  const folder = await temporaryFolder();
  undo.push(() => folder.remove());
  dataDir = folder.path;
});
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function start(dataKey?: string): Promise<TestApp> {
  const app = await startTestApp({ world: { volunteers: 3 }, dataDir, dataKey });
  undo.push(() => app.close());
  return app;
}

/** Another process's view of the same database, with keys of its own. */
async function elsewhere(app: TestApp, config: { dataDir: string; dataKey?: string }): Promise<Context> {
  const db = await openDatabase(app.databaseUrl, quiet);
  undo.push(() => db.close());
  const viewer = { ...publicViewer, role: ViewerRole.ADMINISTRATOR, name: 'rotation' };
  const caller = { viewer, locale: 'zh-CN', requestId: 'r', address: '', userAgent: null };
  const vault = new Vault(db, dataKeySource(config));
  return { ...caller, db, vault, clock: () => new Date(), log: quiet } as Partial<Context> as Context;
}

/** So many people more, each with a phone and an ID number. */
async function addPeople(app: TestApp, count: number): Promise<void> {
  const { db, vault } = await elsewhere(app, { dataDir });
  await db.transaction(async (client) => {
    const { rows } = await client.query<{ id: number }>(
      `insert into volunteer (number, name, contingent, team_id, team_level)
       select 'K' || n, '测', 'RESIDENT', $2, 3 from generate_series(1, $1) n returning id`,
      [count, app.world.teams[0]!.id],
    );
    const records = rows.map(({ id }, i) => ({
      volunteerId: id,
      record: { ...emptyRecord, phone: phoneOf(i), idNumber: idNumberOf('1980-01-01', i), birthDate: '1980-01-01' },
    }));
    await writeRecords(client, await vault.hold(client), records);
  });
}

const versions = async (app: TestApp) => {
  const used = 'select distinct key_version as v from';
  const { rows } = await app.sql.query(
    `select (select json_agg(v) from (${used} volunteer_record) r) as records,
       (select json_agg(v) from (${used} volunteer_index) i) as indexes,
       (select json_agg(version order by version) from data_key_version where retired_at is null) as "inUse"`,
  );
  return rows[0] as { records: number[]; indexes: number[]; inUse: number[] };
};

const findPhone = async (app: TestApp, phone: string) => {
  const { data } = await app.ask('query ($phone: String) { findVolunteers(phone: $phone) { number } }', { phone });
  return data!.findVolunteers.map((it: { number: string }) => it.number);
};

describe('a rotation', () => {
  test('takes all records along while the system runs, and nothing is lost or found twice', async () => {
    const app = await start();
    const [first, second, third] = app.world.volunteers.map((it) => it.globalId) as [string, string, string];
    await addPeople(app, 450);
    await setPersonalData(app, { volunteer: first, phone: phoneOf(900), idNumber: idNumberOf('1970-01-01', 1) });

    // While it goes on, people are entered, looked up and looked at.
    const ctx = await elsewhere(app, { dataDir });
    const steps: number[] = [];
    const during: Promise<unknown>[] = [];
    const rotated = await rotateDataKey(ctx, (records) => {
      steps.push(records);
      during.push(
        setPersonalData(app, {
          volunteer: second,
          phone: phoneOf(901 + steps.length),
          idNumber: idNumberOf('1970-01-01', 2),
        }),
        findPhone(app, phoneOf(7)).then((numbers) => expect(numbers).toEqual(['K8'])),
        findPhone(app, phoneOf(449)).then((numbers) => expect(numbers).toEqual(['K450'])),
        reveal(app, { volunteer: first }).then(({ phone }) => expect(phone).toBe(phoneOf(900))),
        setPersonalData(app, { volunteer: third, idNumber: idNumberOf('1970-01-01', 1) }).then(({ reason }) =>
          expect(reason).toBe('ID_NUMBER_TAKEN'),
        ),
      );
    });
    await Promise.all(during);
    expect(rotated).toMatchObject({ version: 2 });
    expect(steps.length).toBeGreaterThan(2);
    expect(rotated.records).toBeGreaterThanOrEqual(451);
    expect(await versions(app)).toEqual({ records: [2], indexes: [2], inUse: [2] });

    const node = await app.anotherNode();
    expect((await seen(app, first, { at: node.url })).personalData.phone).toBe('142****0900');
    expect(await reveal(app, { volunteer: first })).toMatchObject({ phone: phoneOf(900) });
    expect(await findPhone(app, phoneOf(7))).toEqual(['K8']);
    expect((await setPersonalData(app, { volunteer: third, idNumber: idNumberOf('1980-01-01', 5) })).reason).toBe(
      'ID_NUMBER_TAKEN',
    );
    expect((await audited(app, 'DATA_KEY_ROTATED')).at(-1)).toMatchObject({
      details: { version: 2, records: rotated.records },
    });
    // The older key stays for backups that were made with it.
    expect((await readFile(join(dataDir, 'data-key'), 'utf8')).trim().split('\n')).toHaveLength(2);
    expect(await rotateDataKey(ctx)).toMatchObject({ version: 3 });
  });

  test('that was cut off goes on with the key that it began with', async () => {
    const app = await start();
    await addPeople(app, 300);
    const ctx = await elsewhere(app, { dataDir });
    await expect(
      rotateDataKey(ctx, () => {
        throw new Error('the lights went out');
      }),
    ).rejects.toThrow('the lights went out');
    expect(await versions(app)).toMatchObject({ records: expect.arrayContaining([1, 2]), inUse: [1, 2] });
    expect(await findPhone(app, phoneOf(299))).toEqual(['K300']);
    expect(await rotateDataKey(await elsewhere(app, { dataDir }))).toMatchObject({ version: 2 });
    expect(await versions(app)).toEqual({ records: [2], indexes: [2], inUse: [2] });
  });

  test('is not begun twice at once', async () => {
    const app = await start();
    await addPeople(app, 300);
    const ctx = await elsewhere(app, { dataDir });
    const other = await elsewhere(app, { dataDir });
    let refusal: unknown;
    await rotateDataKey(ctx, async () => {
      refusal ??= await rotateDataKey(other).catch((error: Error) => error.message);
    });
    expect(refusal).toMatch(/正在进行[^]*going on/);
    expect((await versions(app)).inUse).toEqual([2]);
  });

  test('with DATA_KEY takes the key that the operator put in front', async () => {
    const [old, fresh] = [aKey(), aKey()];
    const app = await start(old);
    const volunteer = app.world.volunteers[0]!.globalId;
    await setPersonalData(app, { volunteer, phone: phoneOf(1) });
    await expect(rotateDataKey(await elsewhere(app, { dataDir, dataKey: old }))).rejects.toThrow(
      /openssl rand[^]*openssl rand/,
    );
    // The nodes are given both, one after the other; then the command is run.
    const dataKey = `${fresh},${old}`;
    const node = await app.anotherNode({ dataKey });
    expect(await rotateDataKey(await elsewhere(app, { dataDir, dataKey }))).toMatchObject({ version: 2, records: 1 });
    expect(await reveal(app, { volunteer }, { at: node.url })).toMatchObject({ phone: phoneOf(1) });
    // One that was forgotten says so in its log, and shows nothing; restarted, it does not come up.
    expect(await reveal(app, { volunteer })).toMatchObject({ code: 'INTERNAL_SERVER_ERROR' });
    await expect(app.anotherNode({ dataKey: old })).rejects.toThrow(/另一个密钥[^]*another|DATA_KEY/);
    expect((await app.anotherNode({ dataKey: fresh })).url).toMatch(/^http/);
  });
});

describe('a node', () => {
  test('does not start without the key that the database knows, and says so in both languages', async () => {
    const app = await start();
    const other = await temporaryFolder();
    undo.push(() => other.remove());
    for (const config of [{ dataDir: other.path }, { dataKey: aKey() }]) {
      const refusal = await app.anotherNode(config).then(
        () => '',
        (error: Error) => error.message,
      );
      expect(refusal).toMatch(/个人信息是用另一个密钥加密的[^]*encrypted with a key that/);
    }
    // It has made no key of its own that would hide the mistake.
    await expect(readFile(join(other.path, 'data-key'))).rejects.toThrow(/ENOENT/);
  });

  test('starts beside others with the same DATA_KEY, wherever its folder is', async () => {
    const dataKey = aKey();
    const app = await start(dataKey);
    const other = await temporaryFolder();
    undo.push(() => other.remove());
    const node = await app.anotherNode({ dataKey, dataDir: other.path });
    const volunteer = app.world.volunteers[0]!.globalId;
    await setPersonalData(app, { volunteer, phone: phoneOf(1) });
    expect(await reveal(app, { volunteer }, { at: node.url })).toMatchObject({ phone: phoneOf(1) });
  });

  test('says what is wrong with a key before it touches the database', async () => {
    const config = { dataDir, dataKey: 'no key', port: 0, host: '127.0.0.1', timeZone: 'Asia/Shanghai' };
    const others = { allowedOrigins: [], trustedProxies: 0, logLevel: 'silent', logJson: true };
    const nowhere = 'postgresql://nobody@127.0.0.1:1/none';
    const started = createApp({ ...config, ...others, databaseUrl: nowhere }, { log: quiet });
    await expect(started).rejects.toThrow(/openssl rand -base64 32/);
  });
});
