import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addAccounts } from '../../seeds/builders.js';
import { checkIn, startTestApp, type Answer, type TestApp } from '../support/app.js';
import { Browser, signedIn } from '../support/browser-session.js';
import { codesOf, phoneScan, type ReadPage } from './asking.js';

const password = '春天种下一百棵树';
const day = 24 * 3_600_000;

let app: TestApp;
let now = new Date();
beforeAll(async () => {
  app = await startTestApp({
    clock: () => now,
    world: { stations: 2, teams: 2, volunteers: 4, now },
  });
});
afterAll(() => app.close());

let counter = 0;
/** An account of its own for a test, and an address of its own to come from. */
async function anAccount(more: Partial<Parameters<typeof addAccounts>[1][number]> = {}) {
  const login = `user${++counter}`;
  const [account] = await addAccounts(app.sql, [{ login, password, ...more }], new Date(now.getTime() - 1000));
  const headers = { 'x-forwarded-for': `198.51.100.${counter}` };
  return { ...account!, login, headers, open: () => signedIn(app, login, password, headers) };
}

const coordinatorAt = (unitCode: string) => ({ role: 'COORDINATOR' as const, unitCode });
const volunteer = (index: number) => app.world.volunteers[index]!.code;
/** No volunteer has two accounts, so each test takes the next. */
let nextVolunteer = 0;

const whoAmI = `{ viewer { role name unit { code } account { id login mustChangePassword lastSignInAt } grant { id role unit { code } }
  grants { id role } session { id device address isCurrent } volunteer { number displayName } } }`;

const changePassword = `mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { __typename
  ... on PasswordChanged { viewer { role } } ... on Refusal { message } } }`;
const change = (browser: Browser, current: string, next: string) =>
  browser.ask(changePassword, { input: { current, new: next } });

describe('signing in', () => {
  test('gives a session whose cookie says who asks from then on', async () => {
    const number = volunteer(nextVolunteer++);
    const account = await anAccount({
      name: '演示协调员',
      volunteer: number,
      grants: [{ role: 'LEADER', unitCode: 'W01-A01' }, coordinatorAt('W01-A')],
    });
    const browser = new Browser(app, account.headers);
    expect(await browser.role()).toBe('PUBLIC');
    expect(await browser.signIn(` ${account.login.toUpperCase()} `, password)).toMatchObject({
      __typename: 'SignedIn',
      viewer: { role: 'COORDINATOR', name: '演示协调员', unit: { code: 'W01-A' }, account: { login: account.login } },
    });
    expect(browser.cookie).toMatch(/^baihua=[\w-]{43}$/);
    const { data } = await browser.ask(whoAmI);
    expect(data!.viewer).toEqual({
      role: 'COORDINATOR',
      name: '演示协调员',
      unit: { code: 'W01-A' },
      account: {
        id: account.globalId,
        login: account.login,
        mustChangePassword: false,
        lastSignInAt: now.toISOString(),
      },
      grant: { id: account.grants[1], role: 'COORDINATOR', unit: { code: 'W01-A' } },
      grants: [
        { id: account.grants[0], role: 'LEADER' },
        { id: account.grants[1], role: 'COORDINATOR' },
      ],
      session: {
        id: expect.any(String),
        device: 'Chrome, Android',
        address: account.headers['x-forwarded-for'],
        isCurrent: true,
      },
      volunteer: { number, displayName: `测试${number}` },
    });
  });

  test.each<[string, Parameters<typeof anAccount>[0], string]>([
    [
      'by the grant that reaches farthest',
      { grants: [{ role: 'LEADER' }, { role: 'ADMINISTRATOR' }] },
      'ADMINISTRATOR',
    ],
    [
      'by one that holds now, not once or later',
      {
        grants: [
          { role: 'ADMINISTRATOR', startsAt: new Date(0), endsAt: new Date(day) },
          { role: 'COORDINATOR', startsAt: new Date(Date.now() + day) },
          { role: 'LEADER' },
        ],
      },
      'LEADER',
    ],
    ['as the volunteer, when there is none', { volunteer: 'next' }, 'VOLUNTEER'],
    ['as nobody, when that is not there either', {}, 'PUBLIC'],
  ])('acts %s', async (_, more, role) => {
    const account = await anAccount(more?.volunteer ? { ...more, volunteer: volunteer(nextVolunteer++) } : more);
    const browser = await account.open();
    const { data } = await browser.ask(whoAmI);
    expect(data!.viewer).toMatchObject({ role, account: { login: account.login } });
  });

  test('a wrong password and an unknown login read the same', async () => {
    const account = await anAccount();
    const browser = new Browser(app, account.headers);
    const wrong = await browser.signIn(account.login, `${password}!`);
    expect(wrong).toMatchObject({ __typename: 'SignInRefused', reason: 'WRONG_CREDENTIALS' });
    expect(await browser.signIn('no-such-login', password)).toEqual(wrong);
    expect(await browser.signIn(account.login, '')).toEqual(wrong);
    expect(await browser.signIn(account.login, 'x'.repeat(50_000))).toEqual(wrong);
    expect(browser.cookie).toBeUndefined();
    expect(await browser.role()).toBe('PUBLIC');
  });

  test('tells whoever knows the password that the account is disabled', async () => {
    const account = await anAccount();
    await app.sql.query('update account set disabled_at = $2 where id = $1', [account.id, now]);
    const browser = new Browser(app, account.headers);
    expect((await browser.signIn(account.login, 'something else')).reason).toBe('WRONG_CREDENTIALS');
    expect((await browser.signIn(account.login, password)).reason).toBe('ACCOUNT_DISABLED');
    expect(browser.cookie).toBeUndefined();
  });

  test('gives a new id to a browser that had one, and the old one is worth nothing', async () => {
    const account = await anAccount({ grants: [coordinatorAt('W01-A')] });
    const browser = await account.open();
    const old = new Browser(app, account.headers);
    old.cookie = browser.cookie;
    await browser.signIn(account.login, password);
    expect(browser.cookie).not.toBe(old.cookie);
    expect([await browser.role(), await old.role()]).toEqual(['COORDINATOR', 'PUBLIC']);
  });

  test('never takes an id that somebody else chose', async () => {
    const account = await anAccount();
    const browser = new Browser(app, account.headers);
    browser.cookie = 'baihua=chosen-by-an-attacker-0123456789012345678901';
    await browser.signIn(account.login, password);
    expect(browser.cookie).not.toContain('attacker');
  });

  test('keeps neither passwords nor tokens', async () => {
    const account = await anAccount();
    const browser = await account.open();
    const token = browser.cookie!.split('=')[1]!;
    const { rows } = await app.sql.query(
      'select a::text as account, s::text as session from account a join session s on s.account_id = a.id where a.id = $1',
      [account.id],
    );
    expect(rows[0].account).toContain('$argon2id$v=19$m=19456,t=2,p=1$');
    expect(JSON.stringify(rows)).not.toContain(token);
    expect(JSON.stringify(rows)).not.toContain(password);
  });

  test('two at once are two sessions', async () => {
    const account = await anAccount({ grants: [coordinatorAt('W01-A')] });
    const browsers = await Promise.all([account.open(), account.open()]);
    expect(browsers[0]!.cookie).not.toBe(browsers[1]!.cookie);
    expect(await Promise.all(browsers.map((it) => it.role()))).toEqual(['COORDINATOR', 'COORDINATOR']);
  });

  test('needs a reply that can carry the cookie', async () => {
    const account = await anAccount();
    const client = app.socket({ as: null });
    const answer = await new Promise((resolve, reject) =>
      client.subscribe(
        {
          query: 'mutation ($input: SignInInput!) { signIn(input: $input) { __typename } }',
          variables: { input: { login: account.login, password } },
        },
        { next: resolve, error: reject, complete: () => undefined },
      ),
    );
    expect(answer).toMatchObject({ data: null, errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  });
});

describe('a session', () => {
  test('ends by signing out, for whoever has a copy of its cookie, too', async () => {
    const account = await anAccount({ grants: [coordinatorAt('W01-A')] });
    const browser = await account.open();
    const copy = new Browser(app, account.headers);
    copy.cookie = browser.cookie;
    expect(await copy.role()).toBe('COORDINATOR');
    expect((await browser.ask('mutation { signOut }')).data).toEqual({ signOut: true });
    expect(browser.cookie).toBeUndefined();
    expect(await copy.role()).toBe('PUBLIC');
    expect((await browser.ask('mutation { signOut }')).data).toEqual({ signOut: false });
  });

  test('ends when an office has not used it for twelve hours; a volunteer’s phone keeps it for thirty days', async () => {
    const office = await (await anAccount({ grants: [coordinatorAt('W01-A')] })).open();
    const phone = await (await anAccount({ volunteer: volunteer(nextVolunteer++) })).open();
    const roles = async () => [await office.role(), await phone.role()];
    const began = now;
    try {
      // Used now and then, it goes on.
      for (const hours of [11, 22, 33]) {
        now = new Date(began.getTime() + hours * 3_600_000);
        expect(await roles()).toEqual(['COORDINATOR', 'VOLUNTEER']);
      }
      now = new Date(now.getTime() + 12 * 3_600_000);
      expect(await roles()).toEqual(['PUBLIC', 'VOLUNTEER']);
      now = new Date(began.getTime() + 30 * day - 5000);
      expect(await roles()).toEqual(['PUBLIC', 'VOLUNTEER']);
      now = new Date(began.getTime() + 30 * day);
      expect(await roles()).toEqual(['PUBLIC', 'PUBLIC']);
    } finally {
      now = began;
    }
  });

  test('ends with its account, and loses a role with its grant', async () => {
    const account = await anAccount({ volunteer: volunteer(nextVolunteer++), grants: [coordinatorAt('W01-A')] });
    const browser = await account.open();
    const admin = { as: 'admin' as const };
    await app.ask(
      'mutation ($g: ID!) { endGrant(grant: $g, reason: "轮换") { __typename } }',
      { g: account.grants[0] },
      admin,
    );
    // What is left is the volunteer.
    expect((await browser.ask(whoAmI)).data!.viewer).toMatchObject({
      role: 'VOLUNTEER',
      grant: null,
      grants: [],
      unit: null,
    });
    await app.ask(
      'mutation ($a: ID!) { disableAccount(account: $a, reason: "离任") { __typename } }',
      { a: account.globalId },
      admin,
    );
    expect(await browser.role()).toBe('PUBLIC');
    await app.ask('mutation ($a: ID!) { enableAccount(account: $a) { disabledAt } }', { a: account.globalId }, admin);
    expect(await browser.role()).toBe('PUBLIC');
    expect(await (await account.open()).role()).toBe('VOLUNTEER');
  });

  test('is forgotten three months after it ended', async () => {
    const account = await anAccount();
    await (await account.open()).ask('mutation { signOut }');
    await account.open();
    const kept = async () =>
      (await app.sql.query('select count(*)::int as n from session where account_id = $1', [account.id])).rows[0].n;
    expect(await kept()).toBe(2);
    const began = now;
    try {
      now = new Date(began.getTime() + 91 * day);
      await account.open();
      expect(await kept()).toBe(2);
      now = new Date(began.getTime() + (30 + 91) * day);
      await account.open();
      expect(await kept()).toBe(2);
    } finally {
      now = began;
    }
  });

  const listed = '{ sessions(first: 10) { totalCount nodes { id device isCurrent lastSeenAt } } }';

  test('is listed for its owner only, who can end it from elsewhere', async () => {
    const account = await anAccount({ grants: [coordinatorAt('W01-A')] });
    const stranger = await (await anAccount({ grants: [{ role: 'ADMINISTRATOR' }] })).open();
    const phone = await account.open();
    const laptop = new Browser(app, {
      ...account.headers,
      'user-agent': 'Mozilla/5.0 (Windows NT 10.0) Firefox/140.0',
    });
    await laptop.signIn(account.login, password);

    const { data } = await laptop.ask(listed);
    expect(data!.sessions).toMatchObject({
      totalCount: 2,
      nodes: [
        { device: 'Firefox, Windows', isCurrent: true },
        { device: 'Chrome, Android', isCurrent: false },
      ],
    });
    const lost = data!.sessions.nodes[1].id;
    const revoke = 'mutation ($id: ID!) { revokeSession(session: $id) { id } }';
    expect((await stranger.ask(revoke, { id: lost })).errors![0]!.extensions.code).toBe('NOT_FOUND');
    expect((await stranger.ask('query ($id: ID!) { node(id: $id) { id } }', { id: lost })).data).toEqual({
      node: null,
    });
    expect(await phone.role()).toBe('COORDINATOR');
    expect((await laptop.ask(revoke, { id: lost })).data).toEqual({ revokeSession: { id: lost } });
    expect([await phone.role(), await laptop.role()]).toEqual(['PUBLIC', 'COORDINATOR']);
    expect((await laptop.ask(revoke, { id: lost })).data).toEqual({ revokeSession: { id: lost } });

    const others = [await account.open(), await account.open()];
    expect((await laptop.ask('mutation { revokeOtherSessions }')).data).toEqual({ revokeOtherSessions: 2 });
    expect(await Promise.all(others.map((it) => it.role()))).toEqual(['PUBLIC', 'PUBLIC']);
    expect((await laptop.ask(listed)).data!.sessions.totalCount).toBe(1);
  });

  test('pages through many', async () => {
    const account = await anAccount();
    const browser = await account.open();
    for (let i = 0; i < 4; i++) await account.open();
    const page =
      'query ($after: String) { sessions(first: 2, after: $after) { nodes { id } pageInfo { endCursor hasNextPage } } }';
    const ids: string[] = [];
    let after: string | null = null;
    for (let more = true; more;) {
      const answer: Answer = await browser.ask(page, { after });
      const { nodes, pageInfo } = answer.data!.sessions as ReadPage<{ id: string }>;
      ids.push(...nodes.map(({ id }) => id));
      after = pageInfo.endCursor;
      more = pageInfo.hasNextPage;
    }
    expect(new Set(ids).size).toBe(5);
    expect(ids).toHaveLength(5);
  });

  test.each([
    [null, 'UNAUTHENTICATED'],
    ['admin', 'FORBIDDEN'],
    ['wall', 'FORBIDDEN'],
  ] as const)('is nothing that %s has', async (as, code) => {
    for (const operation of [
      listed,
      'mutation { revokeOtherSessions }',
      'mutation { actAs { __typename } }',
      'mutation { changePassword(input: { current: "x", new: "yyyyyyyyyyyy" }) { __typename } }',
    ]) {
      expect((await app.ask(operation, {}, { as })).errors![0]!.extensions.code).toBe(code);
    }
  });
});

describe('acting in another role', () => {
  const actAs =
    'mutation ($grant: ID) { actAs(grant: $grant) { __typename ... on NowActing { viewer { role unit { code } } } ... on Refusal { message } } }';

  test('changes what the session may do at once, under a new cookie', async () => {
    const account = await anAccount({
      volunteer: volunteer(nextVolunteer++),
      grants: [coordinatorAt('W01-A'), { role: 'LEADER', unitCode: 'W01-A01' }],
    });
    const browser = await account.open();
    const before = browser.cookie;
    expect((await browser.ask(actAs, { grant: account.grants[1] })).data!.actAs).toEqual({
      __typename: 'NowActing',
      viewer: { role: 'LEADER', unit: { code: 'W01-A01' } },
    });
    expect(browser.cookie).not.toBe(before);
    expect(await browser.role()).toBe('LEADER');
    const copy = new Browser(app, account.headers);
    copy.cookie = before;
    expect(await copy.role()).toBe('PUBLIC');
    await browser.ask(actAs, { grant: null });
    expect(await browser.role()).toBe('VOLUNTEER');
    expect((await browser.ask('{ volunteers(first: 1) { totalCount } }')).errors![0]!.extensions.code).toBe(
      'FORBIDDEN',
    );
  });

  test('only by grants of one’s own that hold now', async () => {
    const other = await anAccount({ grants: [{ role: 'ADMINISTRATOR' }] });
    const account = await anAccount({
      grants: [coordinatorAt('W01-A'), { role: 'ADMINISTRATOR', startsAt: new Date(now.getTime() + day) }],
    });
    const browser = await account.open();
    expect((await browser.ask(actAs, { grant: other.grants[0] })).errors![0]!.extensions.code).toBe('NOT_FOUND');
    expect((await browser.ask(actAs, { grant: 'nonsense' })).errors![0]!.extensions.code).toBe('NOT_FOUND');
    expect((await browser.ask(actAs, { grant: account.grants[1] })).data!.actAs.__typename).toBe('ActAsRefused');
    expect((await browser.ask(actAs, { grant: null })).data!.actAs.__typename).toBe('ActAsRefused');
    expect(await browser.role()).toBe('COORDINATOR');
  });
});

describe('passwords', () => {
  test('are changed by whoever knows the old one; every other session ends', async () => {
    const account = await anAccount({ grants: [coordinatorAt('W01-A')] });
    const [browser, other] = [await account.open(), await account.open()];
    const before = browser.cookie;
    expect((await change(browser, 'not the old one', 'ein ganz neues Wort')).data!.changePassword.__typename).toBe(
      'WrongPassword',
    );
    expect((await change(browser, password, 'ein ganz neues Wort')).data!.changePassword).toEqual({
      __typename: 'PasswordChanged',
      viewer: { role: 'COORDINATOR' },
    });
    expect(browser.cookie).not.toBe(before);
    expect([await browser.role(), await other.role()]).toEqual(['COORDINATOR', 'PUBLIC']);
    expect((await other.signIn(account.login, password)).reason).toBe('WRONG_CREDENTIALS');
    expect((await other.signIn(account.login, 'ein ganz neues Wort')).__typename).toBe('SignedIn');
  });

  test.each([
    ['short', 'kurz'],
    ['the same', password],
    ['too long', 'ab3$'.repeat(40)],
    ['one character', 'aaaaaaaaaaaaaaaa'],
    ['a row', '0123456789'],
    ['a repeated word', 'word5word5word5'],
  ])('that are %s are refused', async (_, next) => {
    const browser = await (await anAccount()).open();
    const { data } = await change(browser, password, next);
    expect(data!.changePassword).toEqual({ __typename: 'PasswordRefused', message: expect.any(String) });
  });

  test('are the same, however the keyboard wrote them', async () => {
    const account = await anAccount({ password: 'Ａbc１２３ é ﬁn' });
    expect(await (await signedIn(app, account.login, 'Abc123 é fin', account.headers)).role()).toBe('PUBLIC');
  });

  test('for one time open nothing but the way to a password of one’s own', async () => {
    const { data } = await app.ask(
      'mutation ($input: CreateAccountInput!) { createAccount(input: $input) { ... on AccountCreated { oneTimePassword { password expiresAt } } } }',
      { input: { login: 'fresh', name: '新人', role: 'ADMINISTRATOR' } },
      { as: 'admin' },
    );
    const { password: oneTime, expiresAt } = data!.createAccount.oneTimePassword;
    expect(oneTime).toMatch(/^([a-z2-9]{4}-){3}[a-z2-9]{4}$/);
    const browser = await signedIn(app, 'fresh', oneTime);
    expect((await browser.ask(whoAmI)).data!.viewer).toMatchObject({
      role: 'PUBLIC',
      account: { login: 'fresh', mustChangePassword: true },
    });
    expect((await browser.ask('{ accounts(first: 1) { totalCount } }')).errors![0]!.extensions.code).toBe(
      'UNAUTHENTICATED',
    );
    const changed = await change(browser, oneTime, '自己选的一个很长的密码');
    expect(changed.data!.changePassword.viewer).toEqual({ role: 'ADMINISTRATOR' });
    expect(await browser.role()).toBe('ADMINISTRATOR');
    expect(new Date(expiresAt).getTime()).toBe(now.getTime() + 7 * day);
  });

  test('for one time expire, and say so', async () => {
    const account = await anAccount();
    const reset = await app.ask(
      'mutation ($a: ID!) { resetPassword(account: $a) { password } }',
      { a: account.globalId },
      { as: 'admin' },
    );
    const { password: oneTime } = reset.data!.resetPassword;
    await app.sql.query('update account set password_expires_at = $2 where id = $1', [account.id, now]);
    const browser = new Browser(app, account.headers);
    expect((await browser.signIn(account.login, oneTime)).reason).toBe('PASSWORD_EXPIRED');
    expect((await browser.signIn(account.login, password)).reason).toBe('WRONG_CREDENTIALS');
  });
});

describe('guessing', () => {
  test('an account from one address is stopped, and told until when; the right one elsewhere is not', async () => {
    const account = await anAccount({ grants: [coordinatorAt('W01-A')] });
    const guesser = new Browser(app, { 'x-forwarded-for': '203.0.113.10' });
    for (let i = 0; i < 10; i++) {
      expect((await guesser.signIn(account.login, `guess number ${i}`)).reason).toBe('WRONG_CREDENTIALS');
    }
    const response = await guesser.send('mutation ($input: SignInInput!) { signIn(input: $input) { __typename } }', {
      input: { login: account.login, password },
    });
    const { errors } = (await response.json()) as {
      errors: { message: string; extensions: Record<string, unknown> }[];
    };
    const seconds = Number(response.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(850);
    expect(seconds).toBeLessThanOrEqual(900);
    expect(errors[0]!.extensions).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: seconds });
    expect(errors[0]!.message).toContain('15 分钟');
    // Also for what does not exist, and in whatever spelling.
    expect((await guesser.signIn(account.login.toUpperCase(), password)).code).toBe('RATE_LIMITED');
    expect(await (await account.open()).role()).toBe('COORDINATOR');
  });

  test('holds on all nodes together, also when everything comes at once', async () => {
    const account = await anAccount();
    const node = await app.anotherNode();
    const headers = { 'x-forwarded-for': '203.0.113.11' };
    const answers = await Promise.all(
      Array.from({ length: 24 }, (_, i) =>
        new Browser(app, headers, i % 2 ? node.url : app.url).signIn(account.login, `guess number ${i}`),
      ),
    );
    expect(answers.filter((it) => it.reason === 'WRONG_CREDENTIALS')).toHaveLength(10);
    expect(answers.filter((it) => it.code === 'RATE_LIMITED')).toHaveLength(14);
  });

  test('one account from many addresses, and many from one, is stopped, too', async () => {
    const account = await anAccount();
    const set = (key: string, points: number) =>
      app.sql.query("update rate_limit set points = $2 where key like 'sign-in ' || $1 || ':%'", [key, points]);
    await new Browser(app, { 'x-forwarded-for': '203.0.113.12' }).signIn(account.login, 'guess number 1');
    await set('login', 50);
    const elsewhere = new Browser(app, { 'x-forwarded-for': '203.0.113.13' });
    expect((await elsewhere.signIn(account.login, password)).code).toBe('RATE_LIMITED');
    // An administrator can let them in again.
    const reset = await app.ask(
      'mutation ($a: ID!) { resetPassword(account: $a) { password } }',
      { a: account.globalId },
      { as: 'admin' },
    );
    expect((await elsewhere.signIn(account.login, reset.data!.resetPassword.password)).__typename).toBe('SignedIn');

    await set('network', 100);
    const other = await anAccount();
    expect((await new Browser(app, { 'x-forwarded-for': '203.0.113.13' }).signIn(other.login, password)).code).toBe(
      'RATE_LIMITED',
    );
  });

  test('whoever gets in is not counted, so a whole hall can sign in from one address', async () => {
    const account = await anAccount();
    const headers = { 'x-forwarded-for': '203.0.113.14' };
    for (let i = 0; i < 15; i++) await signedIn(app, account.login, password, headers);
    const { rows } = await app.sql.query("select points from rate_limit where key like '%203.0.113.14'");
    expect(rows.every(({ points }) => points === 0)).toBe(true);
  });

  test('IPv6 addresses of one network count as one', async () => {
    const account = await anAccount();
    const from = (address: string) => new Browser(app, { 'x-forwarded-for': address }).signIn(account.login, 'guess');
    for (let i = 1; i <= 10; i++) await from(`2001:db8:0:1::${i}`);
    expect((await from('2001:db8::1:aaaa:bbbb:cccc:dddd')).code).toBe('RATE_LIMITED');
    expect((await from('2001:db8:0:2::1')).reason).toBe('WRONG_CREDENTIALS');
  });

  test('a password that one has, to change it, counts as well', async () => {
    const account = await anAccount();
    const browser = await account.open();
    for (let i = 0; i < 10; i++) await change(browser, `guess number ${i}`, 'ein ganz neues Wort');
    expect((await change(browser, password, 'ein ganz neues Wort')).errors![0]!.extensions.code).toBe('RATE_LIMITED');
  });

  test('keys from one address is told to stop; keys that are valid are taken all the same', async () => {
    const from = { 'x-forwarded-for': '203.0.113.20' };
    const ask = (key: string) => app.ask('{ viewer { role } }', {}, { as: { key }, headers: from });
    for (let i = 0; i < 20; i++)
      expect((await ask(`bh_guess-number-${i}`)).errors![0]!.extensions.code).toBe('UNAUTHENTICATED');
    expect((await ask('bh_guess-number-21')).errors![0]).toMatchObject({
      extensions: { code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) },
    });
    expect((await ask(app.keys.wall)).data).toEqual({ viewer: { role: 'DISPLAY' } });
  });
});

describe('guessing codes at the door', () => {
  const wrongPass = 'A'.repeat(32);

  test('a hall with many wrong passes is told to stop, and its valid ones are taken all the same', async () => {
    const asker = { as: null, headers: { 'x-forwarded-for': '203.0.113.30' } };
    const codes = await codesOf(app, 8, 0);
    const guess = () => checkIn(app, phoneScan(app, { ...codes, pass: wrongPass }), asker);
    const reasons: unknown[] = [];
    for (let i = 0; i < 60; i++) reasons.push((await guess()).reason);
    expect(new Set(reasons)).toEqual(new Set(['PASS_INVALID']));
    expect((await guess()).code).toBe('RATE_LIMITED');
    expect((await checkIn(app, phoneScan(app, codes), asker)).__typename).toBe('CheckInRecorded');
    const elsewhere = { as: null, headers: { 'x-forwarded-for': '203.0.113.31' } };
    expect((await checkIn(app, phoneScan(app, { ...codes, pass: wrongPass }), elsewhere)).reason).toBe('PASS_INVALID');
  });

  test('a volunteer who guesses a post’s code is not heard for a while, wherever they are; others are', async () => {
    const codes = await codesOf(app, 9, 0);
    const from = (i: number) => ({ as: null, headers: { 'x-forwarded-for': `192.0.2.${i}` } });
    const first = phoneScan(app, codes);
    expect((await checkIn(app, first, from(0))).__typename).toBe('CheckInRecorded');
    for (let i = 0; i < 20; i++) {
      expect((await checkIn(app, phoneScan(app, { ...codes, postCode: '0000-0000-0000' }), from(i))).reason).toBe(
        'PASS_INVALID',
      );
    }
    expect((await checkIn(app, phoneScan(app, codes), from(99))).code).toBe('RATE_LIMITED');
    // What was answered before is answered again.
    expect(await checkIn(app, first, from(99))).toMatchObject({ __typename: 'CheckInRecorded', replayed: true });
    const other = await codesOf(app, 10, 0);
    expect((await checkIn(app, phoneScan(app, other), from(0))).__typename).toBe('CheckInRecorded');
  });

  test('a volunteer who guesses at one node and then at another is stopped all the same', async () => {
    const codes = await codesOf(app, 11, 0);
    const node = await app.anotherNode();
    const guess = (at?: string) =>
      checkIn(app, phoneScan(app, { ...codes, postCode: '0000-0000-0000' }), { as: null, at });
    const reasons = new Set<unknown>();
    for (let i = 0; i < 20; i++) reasons.add((await guess(i % 2 ? node.url : undefined)).reason);
    expect(reasons).toEqual(new Set(['PASS_INVALID']));
    expect((await guess()).code).toBe('RATE_LIMITED');
    expect((await guess(node.url)).code).toBe('RATE_LIMITED');
    expect((await checkIn(app, phoneScan(app, codes), { as: null, at: node.url })).code).toBe('RATE_LIMITED');
  });
});
