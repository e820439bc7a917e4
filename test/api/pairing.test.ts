import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ViewerRole } from '../../server/kernel/viewer.js';
import { startTestApp, type Asker, type TestApp } from '../support/app.js';

let app: TestApp;
let clockMs = Date.parse('2026-11-24T04:00:00Z');
beforeAll(async () => {
  app = await startTestApp({ world: { schools: 1, stations: 2, teams: 1, posts: 1 }, clock: () => new Date(clockMs) });
});
afterAll(() => app.close());

/** Each from an address of its own, unless told. */
let addresses = 0;
const from = (address = `203.0.113.${++addresses}`): Asker => ({ as: null, headers: { 'x-forwarded-for': address } });

interface Begun {
  code: string;
  secret: string;
  expiresAt: string;
}

async function begin(asker = from()): Promise<Begun & { error?: string }> {
  const { data, errors } = await app.ask('mutation { beginPairing { code secret expiresAt } }', {}, asker);
  return { ...data?.beginPairing, error: errors?.[0]?.extensions.code };
}

async function confirm(code: string, asker: Asker = { as: 'admin' }, more: object = {}) {
  const { data, errors } = await app.ask(
    `mutation ($input: ConfirmPairingInput!) { confirmPairing(input: $input) {
      __typename ... on PairingConfirmed { name unit { id } } ... on Refusal { message }
    } }`,
    { input: { code, name: '西门大屏', ...more } },
    asker,
  );
  return { ...data?.confirmPairing, code: errors?.[0]?.extensions.code };
}

async function collect(secret: string) {
  const { data } = await app.ask(
    `mutation ($secret: String!) { collectPairing(secret: $secret) {
      __typename ... on PairingWaiting { expiresAt } ... on DisplayToken { token name } ... on Refusal { message }
    } }`,
    { secret },
    from(),
  );
  return data.collectPairing;
}

const roleOf = async (key: string) => (await app.ask('{ viewer { role name } }', {}, { as: { key } })).data?.viewer;

const coordinatorOf = async (unitId: number): Promise<Asker> => ({
  as: { key: await app.keyFor(ViewerRole.COORDINATOR, unitId) },
});

describe('a screen', () => {
  test('shows a code, waits, and gets its token once somebody has confirmed the code', async () => {
    const station = app.world.stations[0]!;
    const { code, secret, expiresAt } = await begin();
    expect(code).toMatch(/^[A-HJKMNP-RT-Z2-46-9]{8}$/);
    expect(expiresAt).toBe(new Date(clockMs + 600_000).toISOString());
    expect(await collect(secret)).toEqual({ __typename: 'PairingWaiting', expiresAt });
    const coordinator = await coordinatorOf(station.id);
    expect(await confirm(code, coordinator, { unit: station.globalId })).toMatchObject({
      __typename: 'PairingConfirmed',
      name: '西门大屏',
      unit: { id: station.globalId },
    });
    const collected = await collect(secret);
    expect(collected).toMatchObject({ __typename: 'DisplayToken', name: '西门大屏' });
    expect(await roleOf(collected.token)).toEqual({ role: 'DISPLAY', name: '西门大屏' });
    expect(await collect(secret)).toMatchObject({ __typename: 'PairingExpired' });
    const { rows } = await app.sql.query(
      `select action, actor_role, unit_id, target_type, target_name from audit_entry order by sequence`,
    );
    expect(rows).toEqual([
      {
        action: 'DISPLAY_PAIRED',
        actor_role: 'COORDINATOR',
        unit_id: station.id,
        target_type: 'Pairing',
        target_name: '西门大屏',
      },
      {
        action: 'KEY_ISSUED',
        actor_role: 'PUBLIC',
        unit_id: station.id,
        target_type: 'AccessKey',
        target_name: '西门大屏',
      },
    ]);
  });

  test('leaves nothing in the database that could be shown instead', async () => {
    const { code, secret } = await begin();
    await confirm(code);
    const { token } = await collect(secret);
    const { rows } = await app.sql.query(
      'select row_to_json(p)::text as row from pairing p union all select row_to_json(k)::text from access_key k',
    );
    expect(rows.length).toBeGreaterThan(2);
    for (const { row } of rows) for (const it of [code, secret, token]) expect(row).not.toContain(it);
  });

  test('has ten minutes to be confirmed, and ten more to collect', async () => {
    const late = await begin();
    clockMs += 600_000;
    expect(await confirm(late.code)).toMatchObject({ __typename: 'PairingCodeRejected' });
    expect(await collect(late.secret)).toMatchObject({ __typename: 'PairingExpired' });
    const inTime = await begin();
    clockMs += 599_000;
    expect(await confirm(inTime.code)).toMatchObject({ __typename: 'PairingConfirmed' });
    const slow = await begin();
    await confirm(slow.code);
    clockMs += 599_000;
    expect(await collect(inTime.secret)).toMatchObject({ __typename: 'DisplayToken' });
    clockMs += 1_000;
    expect(await collect(slow.secret)).toMatchObject({ __typename: 'PairingExpired' });
    expect(await collect('no such secret')).toMatchObject({ __typename: 'PairingExpired' });
  });

  test('that asks many times at once gets exactly one token', async () => {
    const { code, secret } = await begin();
    await confirm(code, undefined, { name: '一次' });
    const answers = await Promise.all(Array.from({ length: 12 }, () => collect(secret)));
    expect(answers.map((it) => it.__typename).sort()).toEqual(['DisplayToken', ...Array(11).fill('PairingExpired')]);
    const { rows } = await app.sql.query("select count(*)::int as count from access_key where name = '一次'");
    expect(rows).toEqual([{ count: 1 }]);
  });

  test('is one of twenty that a network can have open, however many ask at once', async () => {
    const asker = from('198.51.100.1');
    const answers = await Promise.all(Array.from({ length: 30 }, () => begin(asker)));
    expect(answers.filter((it) => it.code)).toHaveLength(20);
    expect(answers.filter((it) => it.error === 'RATE_LIMITED')).toHaveLength(10);
    expect((await begin()).code).toBeTruthy();
    clockMs += 600_000;
    expect((await begin(asker)).code).toBeTruthy();
  });
});

describe('a code', () => {
  test('is confirmed by one of those who type it at once', async () => {
    const { code, secret } = await begin();
    const names = Array.from({ length: 8 }, (_, i) => `屏幕 ${i}`);
    const answers = await Promise.all(names.map((name) => confirm(code, undefined, { name })));
    const confirmed = answers.filter((it) => it.__typename === 'PairingConfirmed');
    expect(answers.map((it) => it.__typename).sort()).toEqual([
      ...Array(7).fill('PairingCodeRejected'),
      'PairingConfirmed',
    ]);
    expect(await collect(secret)).toMatchObject({ name: confirmed[0]!.name });
  });

  test('may be typed as people type', async () => {
    const { code } = await begin();
    const typed = ` ${code.slice(0, 4).toLowerCase()} - ${code.slice(4)} `.replace(/[A-Z]/g, (it) =>
      String.fromCharCode(it.charCodeAt(0) + 0xfee0),
    );
    expect(typed).not.toContain(code.slice(4));
    expect(await confirm(typed)).toMatchObject({ __typename: 'PairingConfirmed' });
  });

  test('is confirmed by those who manage screens, for a unit of theirs', async () => {
    const [mine, other] = app.world.stations;
    const { code, secret } = await begin();
    const coordinator = await coordinatorOf(mine!.id);
    expect((await confirm(code, coordinator, { unit: other!.globalId })).code).toBe('NOT_FOUND');
    expect((await confirm(code, coordinator, { unit: app.world.schools[0]!.globalId })).code).toBe('NOT_FOUND');
    expect((await confirm(code, coordinator)).code).toBe('BAD_USER_INPUT');
    expect((await confirm(code, coordinator, { unit: mine!.globalId, name: ' ' })).code).toBe('BAD_USER_INPUT');
    expect((await confirm(code, { as: 'leader' })).code).toBe('FORBIDDEN');
    expect((await confirm(code, { as: 'wall' })).code).toBe('FORBIDDEN');
    expect((await confirm(code, { as: null })).code).toBe('UNAUTHENTICATED');
    expect(await collect(secret)).toMatchObject({ __typename: 'PairingWaiting' });
    expect(await confirm(code, coordinator, { unit: mine!.globalId })).toMatchObject({
      __typename: 'PairingConfirmed',
    });
  });

  test('is not to be guessed: soon nothing is heard any more, not even the right one', async () => {
    const { code } = await begin();
    const guesser = await coordinatorOf(app.world.stations[0]!.id);
    const unit = app.world.stations[0]!.globalId;
    const answers = [];
    for (let i = 0; i < 14; i++) answers.push(await confirm('AAAAAAAA', guesser, { unit }));
    expect(answers.slice(0, 5).map((it) => it.__typename)).toEqual(Array(5).fill('PairingCodeRejected'));
    expect(answers.at(-1)!.code).toBe('RATE_LIMITED');
    expect((await confirm(code, guesser, { unit })).code).toBe('RATE_LIMITED');
    const elsewhere = { ...guesser, at: (await app.anotherNode()).url };
    expect((await confirm('AAAAAAAA', elsewhere, { unit })).code).toBe('RATE_LIMITED');
    expect((await confirm(code, elsewhere, { unit })).code).toBe('RATE_LIMITED');
    expect(await confirm(code)).toMatchObject({ __typename: 'PairingConfirmed' });
  });
});
