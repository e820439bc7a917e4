import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addAccounts } from '../../seeds/builders.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { Browser, signedIn } from '../support/browser-session.js';

const password = '春天种下一百棵树';

type Grants = NonNullable<Parameters<typeof addAccounts>[1][number]['grants']>;

let app: TestApp;
/** Two schools of two stations each: W01-A, W01-B, W02-A, W02-B, with two teams and a person in each. */
beforeAll(async () => {
  app = await startTestApp({ world: { schools: 2, stations: 2, teams: 2, posts: 1, volunteers: 6 } });
  for (const [login, grants] of Object.entries(managers)) {
    await addAccounts(app.sql, [{ login, password, grants }], new Date(0));
    browsers[login as Manager] = await signedIn(app, login, password);
  }
}, 60_000);
afterAll(() => app.close());

const managers = {
  boss: [{ role: 'ADMINISTRATOR' }],
  everywhere: [{ role: 'COORDINATOR' }],
  school: [{ role: 'COORDINATOR', unitCode: 'W01' }],
  station: [{ role: 'COORDINATOR', unitCode: 'W01-A' }],
  leading: [{ role: 'LEADER', unitCode: 'W01-A' }],
} satisfies Record<string, Grants>;
type Manager = keyof typeof managers;
const browsers = {} as Record<Manager, Browser>;

let counter = 0;
async function target(grants: Grants = [], volunteer?: string) {
  const [built] = await addAccounts(app.sql, [{ login: `t${++counter}`, password, grants, volunteer }], new Date(1000));
  return built!;
}
const unit = (code: string) =>
  [...app.world.schools, ...app.world.stations, ...app.world.teams, ...app.world.posts].find((it) => it.code === code)!
    .globalId;

/** The type that a mutation answered with, or the code of its error. */
async function outcome(manager: Browser, mutation: string, variables: Record<string, unknown>): Promise<string> {
  const { data, errors } = await manager.ask(mutation, variables);
  if (errors) return errors[0]!.extensions.code;
  const [answer] = Object.values(data!) as { __typename: string }[];
  return answer!.__typename;
}

const grantRole =
  'mutation ($input: GrantRoleInput!) { grantRole(input: $input) { __typename ... on Refusal { message } } }';
const endGrant = 'mutation ($grant: ID!) { endGrant(grant: $grant, reason: "岗位调整") { __typename } }';
const reset = 'mutation ($account: ID!) { resetPassword(account: $account) { __typename } }';
const disable = 'mutation ($account: ID!) { disableAccount(account: $account, reason: "离任") { __typename } }';
const enable = 'mutation ($account: ID!) { enableAccount(account: $account) { __typename } }';
const create = `mutation ($input: CreateAccountInput!) { createAccount(input: $input) { __typename
  ... on AccountCreated { account { id login name grants { role unit { code } } mustChangePassword } } } }`;

describe('who may give which role, where', () => {
  const yes = 'RoleGranted';
  const no = 'FORBIDDEN';
  test.each<[Manager, string, string | null, string]>([
    ['boss', 'ADMINISTRATOR', null, yes],
    ['boss', 'COORDINATOR', null, yes],
    ['boss', 'LEADER', 'W02-B01-01', yes],
    ['boss', 'ADMINISTRATOR', 'W01', 'BAD_USER_INPUT'],
    ['everywhere', 'ADMINISTRATOR', null, no],
    ['everywhere', 'COORDINATOR', null, yes],
    ['everywhere', 'LEADER', 'W02-B01', yes],
    ['school', 'COORDINATOR', null, no],
    ['school', 'COORDINATOR', 'W01', yes],
    ['school', 'COORDINATOR', 'W01-B', yes],
    ['school', 'COORDINATOR', 'W02', no],
    ['station', 'ADMINISTRATOR', null, no],
    ['station', 'LEADER', null, no],
    ['station', 'COORDINATOR', 'W01', no],
    ['station', 'COORDINATOR', 'W01-A', yes],
    ['station', 'LEADER', 'W01-A02-01', yes],
    ['station', 'LEADER', 'W01-B01', no],
    ['leading', 'LEADER', 'W01-A01', no],
  ])('%s: %s at %s: %s', async (manager, role, code, expected) => {
    // Somebody whom all of them know.
    const account = await target([{ role: 'LEADER', unitCode: 'W01-A01' }]);
    const input = { account: account.globalId, role, unit: code && unit(code) };
    expect(await outcome(browsers[manager], grantRole, { input })).toBe(expected);
  });

  test('the public has to sign in', async () => {
    const input = { account: (await target()).globalId, role: 'LEADER' };
    expect(await outcome(new Browser(app), grantRole, { input })).toBe('UNAUTHENTICATED');
  });

  test('the same twice in the same time is refused, however many ask at once; later it is another', async () => {
    const account = await target();
    const input = { account: account.globalId, role: 'LEADER', unit: unit('W01-A01') };
    const answers = await Promise.all(Array.from({ length: 5 }, () => outcome(browsers.boss, grantRole, { input })));
    expect(answers.toSorted()).toEqual([...Array<string>(4).fill('AlreadyGranted'), 'RoleGranted']);
    const { data } = await browsers.boss.ask(
      'query ($id: ID!) { node(id: $id) { ... on Account { grants { id } } } }',
      {
        id: account.globalId,
      },
    );
    const [grant] = data!.node.grants;
    expect(await outcome(browsers.boss, endGrant, { grant: grant.id })).toBe('GrantEnded');
    expect(await outcome(browsers.boss, endGrant, { grant: grant.id })).toBe('GrantEnded');
    expect(await outcome(browsers.boss, grantRole, { input })).toBe('RoleGranted');
    const { rows } = await app.sql.query('select count(*)::int as n from role_grant where account_id = $1', [
      account.id,
    ]);
    expect(rows).toEqual([{ n: 2 }]);
  });

  test.each([
    ['ends before it starts', '2099-01-02', '2099-01-01'],
    ['has ended', null, '2020-01-01'],
    ['is no time', '0001-01-01', null],
  ])('a time that %s is refused', async (_, from, to) => {
    const at = (day: string | null) => day && `${day}T00:00:00Z`;
    const input = {
      account: (await target()).globalId,
      role: 'LEADER',
      unit: unit('W01'),
      startsAt: at(from),
      endsAt: at(to),
    };
    expect(await outcome(browsers.boss, grantRole, { input })).toBe('BAD_USER_INPUT');
  });

  test('a reason has to be given', async () => {
    const account = await target([{ role: 'LEADER', unitCode: 'W01-A01' }]);
    const blank = 'mutation ($grant: ID!) { endGrant(grant: $grant, reason: "  ") { __typename } }';
    expect(await outcome(browsers.boss, blank, { grant: account.grants[0] })).toBe('BAD_USER_INPUT');
  });
});

describe('who may manage whose account', () => {
  const whom = {
    'an administrator': [{ role: 'ADMINISTRATOR' }],
    'a coordinator of everywhere': [{ role: 'COORDINATOR' }],
    'the coordinator of the school': [{ role: 'COORDINATOR', unitCode: 'W01' }],
    'a coordinator of the station': [{ role: 'COORDINATOR', unitCode: 'W01-A' }],
    'the leader of its team': [{ role: 'LEADER', unitCode: 'W01-A02' }],
    'a leader of the station beside': [{ role: 'LEADER', unitCode: 'W01-B' }],
    'a leader here and elsewhere': [
      { role: 'LEADER', unitCode: 'W01-A01' },
      { role: 'LEADER', unitCode: 'W02' },
    ],
    'an administrator who leads here': [{ role: 'LEADER', unitCode: 'W01-A01' }, { role: 'ADMINISTRATOR' }],
    'a leader here who led elsewhere once': [
      { role: 'LEADER', unitCode: 'W01-A01' },
      { role: 'LEADER', unitCode: 'W02', endsAt: new Date(2000) },
    ],
  } satisfies Record<string, Grants>;
  const yes = 'yes';
  const [partly, hidden] = ['FORBIDDEN', 'NOT_FOUND'];

  test.each<[keyof typeof whom, Record<'boss' | 'everywhere' | 'school' | 'station', string>]>([
    ['an administrator', { boss: yes, everywhere: partly, school: hidden, station: hidden }],
    ['a coordinator of everywhere', { boss: yes, everywhere: yes, school: hidden, station: hidden }],
    ['the coordinator of the school', { boss: yes, everywhere: yes, school: yes, station: hidden }],
    ['a coordinator of the station', { boss: yes, everywhere: yes, school: yes, station: yes }],
    ['the leader of its team', { boss: yes, everywhere: yes, school: yes, station: yes }],
    ['a leader of the station beside', { boss: yes, everywhere: yes, school: yes, station: hidden }],
    ['a leader here and elsewhere', { boss: yes, everywhere: yes, school: partly, station: partly }],
    ['an administrator who leads here', { boss: yes, everywhere: partly, school: partly, station: partly }],
    ['a leader here who led elsewhere once', { boss: yes, everywhere: yes, school: yes, station: yes }],
  ])('%s', async (who, expected) => {
    const account = await target(whom[who]);
    for (const [manager, answer] of Object.entries(expected)) {
      const browser = browsers[manager as Manager];
      const { data } = await browser.ask('query ($id: ID!) { node(id: $id) { id } }', { id: account.globalId });
      expect([manager, data!.node === null]).toEqual([manager, answer === hidden]);
      for (const [mutation, type] of [
        [reset, 'OneTimePassword'],
        [disable, 'AccountDisabled'],
        [enable, 'Account'],
      ] as const) {
        const got = await outcome(browser, mutation, { account: account.globalId });
        expect([manager, mutation, got]).toEqual([manager, mutation, answer === yes ? type : answer]);
      }
    }
    expect(await outcome(browsers.leading, reset, { account: account.globalId })).toBe('FORBIDDEN');
  });

  test('a volunteer’s account belongs to whoever runs the volunteer’s team', async () => {
    const [mine, theirs] = ['W01-A01-V01', 'W01-B01-V01'];
    const own = await target([], mine);
    const foreign = await target([{ role: 'LEADER', unitCode: 'W01-A01' }], theirs);
    expect(await outcome(browsers.station, reset, { account: own.globalId })).toBe('OneTimePassword');
    // They lead here, but whoever had their password would be a person of the station beside.
    expect(await outcome(browsers.station, reset, { account: foreign.globalId })).toBe('FORBIDDEN');
    expect(await outcome(browsers.school, reset, { account: foreign.globalId })).toBe('OneTimePassword');
  });

  test('lists are as narrow, and searched and narrowed further', async () => {
    const names = async (manager: Manager, more = '') => {
      const { data } = await browsers[manager].ask(`{ accounts(first: 100${more}) { totalCount nodes { login } } }`);
      const logins = data!.accounts.nodes.map(({ login }: { login: string }) => login) as string[];
      expect(data!.accounts.totalCount).toBe(logins.length);
      return logins;
    };
    const inside = await target([{ role: 'LEADER', unitCode: 'W01-A01' }]);
    const beside = await target([{ role: 'LEADER', unitCode: 'W01-B01' }]);
    const all = await names('boss');
    expect(all).toEqual(expect.arrayContaining([inside.code, beside.code, 'boss', 'station']));
    expect(await names('everywhere')).toEqual(all);
    const seen = await names('station');
    expect(seen).toEqual(expect.arrayContaining([inside.code, 'station', 'leading']));
    for (const login of [beside.code, 'boss', 'everywhere', 'school']) expect(seen).not.toContain(login);
    expect(await names('boss', `, within: "${unit('W01-B01')}"`)).toContain(beside.code);
    expect(await names('boss', `, within: "${unit('W01-B01')}"`)).not.toContain(inside.code);
    expect(await names('station', `, within: "${unit('W01-B')}"`)).not.toContain(beside.code);
    expect(await names('boss', ', search: "STATIO"')).toEqual(['station']);
    expect((await browsers.leading.ask('{ accounts(first: 1) { totalCount } }')).errors![0]!.extensions.code).toBe(
      'FORBIDDEN',
    );
  });
});

describe('a new account', () => {
  const make = (manager: Manager, input: Record<string, unknown>) =>
    outcome(browsers[manager], create, { input: { name: '新人', ...input } });

  test('comes with a role and a one-time password', async () => {
    const { data } = await browsers.station.ask(create, {
      input: { login: ' 新人.Li ', name: ' 新人 ', role: 'LEADER', unit: unit('W01-A01') },
    });
    expect(data!.createAccount).toEqual({
      __typename: 'AccountCreated',
      account: {
        id: expect.any(String),
        login: '新人.li',
        name: '新人',
        grants: [{ role: 'LEADER', unit: { code: 'W01-A01' } }],
        mustChangePassword: true,
      },
    });
  });

  test('is made by those only who may give what it can do', async () => {
    expect(await make('station', { login: 'n1' })).toBe('BAD_USER_INPUT');
    expect(await make('station', { login: 'n2', role: 'LEADER', unit: unit('W01-B01') })).toBe('FORBIDDEN');
    expect(await make('station', { login: 'n3', role: 'ADMINISTRATOR' })).toBe('FORBIDDEN');
    expect(await make('leading', { login: 'n4', role: 'LEADER', unit: unit('W01-A01') })).toBe('FORBIDDEN');
    const volunteers = new Map(app.world.volunteers.map((it) => [it.code, it.globalId]));
    expect(await make('station', { login: 'n5', volunteer: volunteers.get('W01-B01-V02') })).toBe('NOT_FOUND');
    expect(await make('station', { login: 'n6', volunteer: volunteers.get('W01-A01-V02') })).toBe('AccountCreated');
    expect(await make('station', { login: 'n7', volunteer: volunteers.get('W01-A01-V02') })).toBe(
      'VolunteerHasAccount',
    );
    expect(await make('boss', { login: 'n8' })).toBe('AccountCreated');
  });

  test('has a login that nobody has, also when two ask at once', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => make('boss', { login: 'wanted' })));
    expect(answers.toSorted()).toEqual(['AccountCreated', 'LoginTaken', 'LoginTaken']);
    expect(await make('boss', { login: 'WANTED' })).toBe('LoginTaken');
  });

  test.each(['', 'a', 'a b', '.dot', 'x'.repeat(65), 'nul\0', '‮abc', 'a\nb'])('cannot be called %j', async (login) => {
    expect(await make('boss', { login })).toBe('BAD_USER_INPUT');
  });
});

describe('the last administrator', () => {
  /** In an installation of its own: here there is more than one. */
  async function installation(
    ...admins: Grants[]
  ): Promise<{ app: TestApp; ids: string[]; grants: string[]; all: Browser[] }> {
    const own = await startTestApp();
    const accounts = await addAccounts(
      own.sql,
      admins.map((grants, i) => ({ login: `admin${i}`, password, grants })),
      new Date(0),
    );
    const all = await Promise.all(accounts.map(({ code }) => signedIn(own, code, password)));
    return { app: own, ids: accounts.map((it) => it.globalId), grants: accounts.flatMap((it) => it.grants), all };
  }
  const admin: Grants = [{ role: 'ADMINISTRATOR' }];

  test('can neither be disabled nor lose the role', async () => {
    const { app: own, ids, grants, all } = await installation(admin);
    expect(await outcome(all[0]!, disable, { account: ids[0] })).toBe('LastAdministrator');
    expect(await outcome(all[0]!, endGrant, { grant: grants[0] })).toBe('LastAdministrator');
    expect(await all[0]!.role()).toBe('ADMINISTRATOR');
    await own.close();
  });

  test('one who is to stop soon does not count as another', async () => {
    const soon: Grants = [{ role: 'ADMINISTRATOR', endsAt: new Date(Date.now() + 3_600_000) }];
    const { app: own, ids, all } = await installation(admin, soon);
    expect(await outcome(all[1]!, disable, { account: ids[0] })).toBe('LastAdministrator');
    expect(await outcome(all[0]!, disable, { account: ids[1] })).toBe('AccountDisabled');
    await own.close();
  });

  type Act = [mutation: string, variables: Record<string, unknown>];
  const disables = (account: string): Act => [disable, { account }];
  const relieves = (grant: string): Act => [endGrant, { grant }];

  test.each<[string, (ids: string[], grants: string[]) => [Act, Act]]>([
    ['disabled', (ids) => [disables(ids[0]!), disables(ids[1]!)]],
    ['relieved', (_, grants) => [relieves(grants[0]!), relieves(grants[1]!)]],
    ['one disabled, one relieved', (ids, grants) => [disables(ids[0]!), relieves(grants[1]!)]],
  ])('of two who are %s by each other at once, on two nodes, one stays', async (_, acts) => {
    const { app: own, ids, grants } = await installation(admin, admin);
    const node = await own.anotherNode();
    for (let round = 0; round < 3; round++) {
      const first = await signedIn(own, 'admin0', password);
      const second = new Browser(own, {}, node.url);
      await second.signIn('admin1', password);
      // Each is known to its node, which does not hear at once what happens on the other.
      await Promise.all([first.role(), second.role()]);
      const [ofSecond, ofFirst] = acts(ids, grants);
      const answers = await Promise.all([outcome(second, ...ofSecond), outcome(first, ...ofFirst)]);
      expect(answers.filter((it) => /^(AccountDisabled|GrantEnded)$/.test(it))).toHaveLength(1);
      const { rows } = await own.sql.query(`select count(distinct a.id)::int as left from account a
        join role_grant g on g.account_id = a.id where a.disabled_at is null and g.ends_at is null`);
      expect(rows).toEqual([{ left: 1 }]);
      await own.sql.query('update account set disabled_at = null');
      await own.sql.query('update role_grant set ends_at = null');
    }
    await own.close();
  });
});

test('the audit log tells who did what to whom, and why', async () => {
  const account = await target([{ role: 'LEADER', unitCode: 'W01-A01' }]);
  await outcome(browsers.station, reset, { account: account.globalId });
  await outcome(browsers.station, disable, { account: account.globalId });
  const { data } = await browsers.boss.ask(
    `query ($target: ID) { auditLog(first: 10, target: $target) { nodes { action actorRole reason } } }`,
    { target: account.globalId },
  );
  expect(data!.auditLog.nodes).toEqual([
    { action: 'ACCOUNT_DISABLED', actorRole: 'COORDINATOR', reason: '离任' },
    { action: 'PASSWORD_RESET', actorRole: 'COORDINATOR', reason: null },
  ]);
});
