import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../server/kernel/database/database.js';
import { startTestApp, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser-session.js';
import { applicationDatabase, findings, giveMinutes, volunteerOf } from '../support/ledger.js';

let app: TestApp;
let db: Database;
const people: Browser[] = [];

beforeAll(async () => {
  app = await startTestApp({ world: { schools: 1, stations: 2, teams: 1, posts: 1, volunteers: 4 } });
  db = await applicationDatabase(app);
  await giveMinutes(app, db, { 0: 6_000, 1: 120 });
  for (const place of [0, 1]) people.push(await volunteerOf(app, place));
});
afterAll(() => app.close());

const account = `id kind title balance held available certified progress { tier next nextFrom missing }
  statement { openingBalance closingBalance received spent
    entries(first: 10) { totalCount nodes { sequence minutes balance counterparty transfer { kind } } } }`;
const accountOf = async (person: Browser) =>
  (await person.ask(`{ viewer { volunteer { timeAccount { ${account} } familyAccount { ${account} } } } }`)).data!
    .viewer.volunteer;
const moved = `__typename ... on TimeMoved { replayed transfer { id kind minutes } account { balance } }
  ... on Refusal { message } ... on NotEnoughTime { available }`;
const donate = async (person: Browser, input: object) => {
  const { data, errors } = await person.ask(
    `mutation ($input: DonateTimeInput!) { donateTime(input: $input) { ${moved} } }`,
    {
      input: { key: randomUUID(), ...input },
    },
  );
  return data?.donateTime ?? errors![0]!.extensions.code;
};
const give = async (person: Browser, minutes: number, key = randomUUID()) => {
  const { data, errors } = await person.ask(
    `mutation ($input: GiveTimeInput!) { giveTime(input: $input) { ${moved} } }`,
    {
      input: { key, minutes },
    },
  );
  return data?.giveTime ?? errors![0]!.extensions.code;
};

test('an account says what there is, where it came from, and what is missing to the next tier', async () => {
  const { timeAccount } = await accountOf(people[0]!);
  expect(timeAccount).toMatchObject({
    kind: 'VOLUNTEER',
    balance: 6_000,
    available: 6_000,
    certified: 6_000,
    progress: { tier: 'WHITE_GOLD', next: 'GOLD', nextFrom: 18_000, missing: 12_000 },
    statement: {
      openingBalance: 0,
      closingBalance: 6_000,
      received: 6_000,
      spent: 0,
      entries: {
        totalCount: 1,
        nodes: [{ sequence: 1, minutes: 6_000, counterparty: '服务认证', transfer: { kind: 'CARRIED_OVER' } }],
      },
    },
  });
  const { rows } = await app.sql.query('select tier from volunteer where id = $1', [app.world.volunteers[0]!.id]);
  expect(rows).toEqual([{ tier: 'WHITE_GOLD' }]);
});

test('a donation goes to the station, once, and leaves the tier as it is', async () => {
  const key = randomUUID();
  const first = await donate(people[0]!, { key, minutes: 1_000 });
  expect(first).toMatchObject({ __typename: 'TimeMoved', replayed: false, account: { balance: 5_000 } });
  expect(await donate(people[0]!, { key, minutes: 1_000 })).toMatchObject({ replayed: true, transfer: first.transfer });
  expect(await donate(people[0]!, { key, minutes: 1_001 })).toBe('IDEMPOTENCY_MISMATCH');
  expect(await donate(people[1]!, { key, minutes: 1_000 })).toBe('IDEMPOTENCY_MISMATCH');
  expect(await donate(people[0]!, { minutes: 5_001 })).toMatchObject({ __typename: 'NotEnoughTime', available: 5_000 });
  expect((await accountOf(people[0]!)).timeAccount).toMatchObject({
    balance: 5_000,
    certified: 6_000,
    progress: { tier: 'WHITE_GOLD' },
  });
  expect(await donate(people[0]!, { minutes: 0 })).toBe('BAD_USER_INPUT');
  expect(await findings(db)).toEqual([]);
});

test('a family is formed by a coordinator, and its members give to it and spend from it', async () => {
  expect(await give(people[1]!, 30)).toMatchObject({ __typename: 'NoFamily' });
  const form = (members: number[]) =>
    app.ask(
      `mutation ($input: FormFamilyInput!) { formFamily(input: $input) { __typename ... on FamilyFormed { account { id title } } } }`,
      { input: { title: '三口之家', members: members.map((place) => app.world.volunteers[place]!.globalId) } },
      { as: 'coordinator' },
    );
  const family = (await form([0, 1])).data!.formFamily;
  expect(family).toMatchObject({ __typename: 'FamilyFormed', account: { title: '三口之家' } });
  expect((await form([1, 2])).data!.formFamily.__typename).toBe('AlreadyInFamily');
  expect((await form([2, 2])).errors![0]!.extensions.code).toBe('BAD_USER_INPUT');
  expect(await give(people[1]!, 30)).toMatchObject({ __typename: 'TimeMoved', account: { balance: 90 } });
  const from = family.account.id;
  expect(await donate(people[0]!, { from, minutes: 10 })).toMatchObject({ account: { balance: 20 } });
  expect((await accountOf(people[1]!)).familyAccount).toMatchObject({ kind: 'FAMILY', balance: 20 });
  const stranger = await volunteerOf(app, 2);
  expect(await donate(stranger, { from, minutes: 10 })).toBe('NOT_FOUND');
  expect((await stranger.ask('query ($id: ID!) { node(id: $id) { id } }', { id: from })).data!.node).toBeNull();
});

describe('taking back', () => {
  const reverse = async (transfer: string, reason = '登记有误') => {
    const { data, errors } = await app.ask(
      `mutation ($t: ID!, $r: String!) { reverseTransfer(transfer: $t, reason: $r) { __typename
        ... on TransferReversed { transfer { id minutes reason reverses { id } } } ... on NotEnoughTime { available } } }`,
      { t: transfer, r: reason },
      { as: 'coordinator' },
    );
    return data?.reverseTransfer ?? errors![0]!.extensions.code;
  };

  test('happens once, and a reversal is not taken back', async () => {
    const { transfer } = await donate(people[0]!, { minutes: 50 });
    const reversed = await reverse(transfer.id);
    expect(reversed).toMatchObject({ transfer: { minutes: 50, reason: '登记有误', reverses: { id: transfer.id } } });
    expect(await reverse(transfer.id)).toEqual(reversed);
    expect((await reverse(transfer.id, '再来一次')).__typename).toBe('NotReversible');
    expect((await reverse(reversed.transfer.id)).__typename).toBe('NotReversible');
    expect(await reverse(transfer.id, ' ')).toBe('BAD_USER_INPUT');
    const { rows } = await app.sql.query(
      `select count(*)::int as n from audit_entry where action = 'TRANSFER_REVERSED'`,
    );
    expect(rows).toEqual([{ n: 1 }]);
  });

  test('the database itself refuses a second reversal, and one of a reversal', async () => {
    const { transfer } = await donate(people[0]!, { minutes: 5 });
    await reverse(transfer.id);
    const again = (id: string) =>
      app.sql.query(
        `insert into ledger_transfer (key, body_hash, kind, from_id, to_id, minutes, at, reason, reverses_id, reverses_kind, actor_role)
         select gen_random_uuid(), '', 'REVERSAL', to_id, from_id, minutes, now(), 'x', id, kind, 'LEADER' from ledger_transfer
         where ${id}`,
      );
    await expect(again(`id = (select reverses_id from ledger_transfer order by id desc limit 1)`)).rejects.toThrow(
      'ledger_transfer_reversed_once',
    );
    await expect(again(`kind = 'REVERSAL' limit 1`)).rejects.toThrow('ledger_transfer_reversal_check');
  });

  test('of what was spent is refused, and of certified time it lowers the tier', async () => {
    await giveMinutes(app, db, { 3: 6_000 });
    const third = await volunteerOf(app, 3);
    await donate(third, { minutes: 1 });
    const id = Buffer.from(
      `LedgerTransfer:${(await app.sql.query(`select max(id) as id from ledger_transfer where kind = 'CARRIED_OVER'`)).rows[0].id}`,
    ).toString('base64url');
    expect(await reverse(id)).toMatchObject({ __typename: 'NotEnoughTime', available: 5_999 });
    const { rows } = await app.sql.query(`select max(id) as id from ledger_transfer where kind = 'DONATION'`);
    await reverse(Buffer.from(`LedgerTransfer:${rows[0].id}`).toString('base64url'));
    expect((await reverse(id)).__typename).toBe('TransferReversed');
    expect((await accountOf(third)).timeAccount).toMatchObject({ balance: 0, certified: 0, progress: { tier: null } });
    expect(await findings(db)).toEqual([]);
  });
});

test('above the cap the excess goes to the pool of the station', async () => {
  await giveMinutes(app, db, { 4: 100_000 });
  const rich = await volunteerOf(app, 4);
  expect((await accountOf(rich)).timeAccount).toMatchObject({
    balance: 90_000,
    certified: 100_000,
    progress: { tier: 'CROWN', next: null, missing: null },
    statement: { entries: { nodes: [{ minutes: -10_000, transfer: { kind: 'OVERFLOW' } }, { minutes: 100_000 }] } },
  });
  expect(await findings(db)).toEqual([]);
});

test('a statement of any time opens with what was there before, and the balance at any moment is known', async () => {
  const { rows } = await app.sql.query<{ at: Date; balance: number }>(
    `select e.at, e.balance from ledger_entry e join time_account a on a.id = e.account_id
     where a.volunteer_id = $1 order by e.sequence`,
    [app.world.volunteers[0]!.id],
  );
  const [first, second] = rows;
  const { data } = await people[0]!.ask(
    `query ($from: DateTime!, $to: DateTime!) { viewer { volunteer { timeAccount { balanceAt(at: $from)
       statement(from: $to) { openingBalance closingBalance } early: statement(to: $to) { closingBalance entries(first: 5) { totalCount } } } } } }`,
    { from: first!.at, to: second!.at },
  );
  expect(data!.viewer.volunteer.timeAccount).toMatchObject({
    balanceAt: first!.balance,
    statement: { openingBalance: first!.balance },
    early: { closingBalance: first!.balance, entries: { totalCount: 1 } },
  });
});

describe('the application itself', () => {
  test.each([
    'update ledger_entry set minutes = minutes + 1',
    'delete from ledger_entry',
    'truncate ledger_entry',
    `update ledger_transfer set reason = 'x'`,
    'delete from ledger_transfer',
    'truncate ledger_transfer cascade',
    'alter table ledger_entry disable trigger all',
    'alter table ledger_entry drop constraint ledger_entry_minutes_check',
    'drop table ledger_entry',
    'update audit_entry set reason = null',
    'delete from audit_entry',
  ])('cannot %s', async (statement) => {
    await expect(db.query(statement)).rejects.toMatchObject({ code: '42501' });
  });

  test.each([
    'update ledger_entry set minutes = 1',
    'delete from ledger_transfer',
    'truncate ledger_transfer, ledger_entry, redemption',
  ])('nor the owner of the tables: %s', async (statement) => {
    await expect(app.sql.query(statement)).rejects.toThrow('append-only');
  });

  test.each([
    ['a lone entry', '(1)'],
    ['two that do not sum to zero', '(1), (2)'],
  ])('cannot insert %s', async (_, entries) => {
    await expect(
      db.query(
        `with t as (insert into ledger_transfer (key, body_hash, kind, from_id, to_id, minutes, at, actor_role)
           select 'x', '', 'GIFT', min(id), max(id), 1, now(), 'LEADER' from time_account returning id, from_id, at)
         insert into ledger_entry (account_id, sequence, transfer_id, minutes, balance, at, previous_hash, hash)
         select from_id, 1000 + n, id, n, 0, at, decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex')
         from t, (values ${entries}) as v (n)`,
      ),
    ).rejects.toThrow('do not sum to zero');
  });

  test('cannot overdraw an account', async () => {
    await expect(db.query(`update time_account set balance = -1 where kind = 'VOLUNTEER'`)).rejects.toThrow(
      'time_account_never_overdrawn',
    );
  });
});

describe('what is changed behind the triggers’ back is found', () => {
  const tamper = async (...statements: string[]) => {
    const client = await app.sql.connect();
    await client.query('begin');
    await client.query('set local session_replication_role = replica');
    for (const statement of statements) await client.query(statement);
    await client.query('commit');
    const found = (await findings(db)).map((it) => it.split(' ')[0]);
    client.release();
    return [...new Set(found)].sort();
  };
  const accountId = `(select id from time_account where volunteer_id is not null order by id limit 1)`;

  test.each<[string, string, string, string[]]>([
    [
      'an amount',
      `update ledger_entry set minutes = minutes + 5 where account_id = ${accountId} and sequence = 2`,
      `update ledger_entry set minutes = minutes - 5 where account_id = ${accountId} and sequence = 2`,
      ['ALTERED', 'UNBALANCED'],
    ],
    [
      'a reason',
      `update ledger_transfer set kind = 'GIFT' where kind = 'DONATION'`,
      `update ledger_transfer set kind = 'DONATION' where key like 'donation:%'`,
      ['ALTERED'],
    ],
    [
      'a balance that is kept',
      `update time_account set balance = balance + 1 where id = ${accountId}`,
      `update time_account set balance = balance - 1 where id = ${accountId}`,
      ['MISCOUNTED'],
    ],
    [
      'certified minutes that are kept',
      `update time_account set certified = certified + 1 where id = ${accountId}`,
      `update time_account set certified = certified - 1 where id = ${accountId}`,
      ['MISCOUNTED'],
    ],
    [
      'an account that is cut off',
      `create table kept as select * from ledger_entry where account_id = ${accountId} and sequence = (select entries from time_account where id = ${accountId}); delete from ledger_entry e using kept k where e.account_id = k.account_id and e.sequence = k.sequence`,
      'insert into ledger_entry select * from kept; drop table kept',
      ['TRUNCATED', 'UNBALANCED'],
    ],
  ])('%s', async (_, change, back, expected) => {
    expect(await tamper(change)).toEqual(expected);
    expect(await tamper(back)).toEqual([]);
  });
});
