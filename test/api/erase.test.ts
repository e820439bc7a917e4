import { randomUUID } from 'node:crypto';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { numericKey } from '../../server/kernel/global-id.js';
import { ViewerRole } from '../../server/kernel/viewer.js';
import { addAccounts, addEvent, addVolunteers } from '../../seeds/builders.js';
import { checkIn, checkOut, scan, startTestApp, until, type TestApp } from '../support/app.js';
import { signedIn } from '../support/browser-session.js';
import { tallyOf } from './asking.js';
import { audited, dump, eraseVolunteer, exportVolunteer, idNumberOf, reveal, seen, setPersonalData } from './person.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ world: { stations: 2, teams: 2, posts: 2, volunteers: 2 } });
});
afterAll(() => app.close());

let people = 0;
let volunteer: string;
let name: string;
let number: string;
let phone: string;
const idNumber = () => idNumberOf('1980-05-31', people);

/** Somebody with everything: data, a consent to stand on screens, and check-ins with a note. */
beforeEach(async () => {
  people++;
  name = `欧阳测${people}`;
  number = `E${people}`;
  phone = `142${String(people).padStart(8, '0')}`;
  const [made] = await addVolunteers(app.sql, [{ number, name, contingent: 'RESIDENT', teamCode: 'W01-A01' }]);
  volunteer = made!.globalId;
  await setPersonalData(app, { volunteer, phone, idNumber: idNumber() });
});

const arrive = (post: number, note?: string) => checkIn(app, { ...scan(app.world, 0, post), volunteer, note });
const leave = () => checkOut(app, { ...scan(app.world, 0, null), volunteer });

describe('an export', () => {
  test('holds everything about one person, and the log tells of it', async () => {
    await arrive(0, '带了工具');
    await arrive(1);
    await leave();
    await reveal(app, { volunteer });
    const { __typename, document } = await exportVolunteer(app, volunteer);
    expect(__typename).toBe('VolunteerExported');
    expect(document).toMatchObject({
      volunteer: { number, name, contingent: 'RESIDENT', screenConsent: true, team: { code: 'W01-A01' } },
      personalData: { phone, idNumber: idNumber(), birthDate: '1980-05-31' },
      checkIns: [
        { event: 'w-day', direction: 'IN', method: 'LEADER', postCode: 'W01-A01-01', note: '带了工具' },
        { direction: 'IN', postCode: 'W01-A01-02', note: null },
        { direction: 'OUT', postCode: 'W01-A01-02' },
      ],
      stays: [
        { postCode: 'W01-A01-01', minutes: 0 },
        { postCode: 'W01-A01-02', minutes: 0 },
      ],
      auditLog: [
        { action: 'PERSONAL_DATA_SET', actorRole: 'COORDINATOR' },
        { action: 'PERSONAL_DATA_REVEALED', reason: '核对报名信息' },
      ],
    });
    expect((await audited(app, 'PERSON_EXPORTED')).at(-1)).toMatchObject({
      target_name: number,
      reason: '本人要求查看',
    });
    // Nobody else is in it.
    expect(JSON.stringify(document)).not.toMatch(/测试W/);
  });

  test('needs a reason and the right to it', async () => {
    expect((await exportVolunteer(app, volunteer, {}, '看看')).__typename).toBe('ReasonRefused');
    expect((await exportVolunteer(app, volunteer, { as: 'leader' })).code).toBe('FORBIDDEN');
    const stranger = { as: { key: await app.keyFor(ViewerRole.COORDINATOR, app.world.stations[1]!.id) } };
    expect((await exportVolunteer(app, volunteer, stranger)).code).toBe('NOT_FOUND');
  });
});

describe('an erased person', () => {
  test('is in no row any more, and every number still adds up', async () => {
    await arrive(0, `${name}带了梯子`);
    await arrive(1);
    const tallies = async () => {
      const { rows } = await app.sql.query('select * from unit_tally order by event_id, unit_id');
      return [await tallyOf(app, app.world.event.globalId), rows];
    };
    const log = async () =>
      (await app.sql.query('select * from check_in order by event_id, sequence')).rows.map((row) => ({
        ...row,
        note: null,
      }));
    const before = [await tallies(), await log()];

    const erased = await eraseVolunteer(app, volunteer);
    expect(erased).toMatchObject({ __typename: 'VolunteerErased', tombstone: expect.stringMatching(/^ERASED-\d+$/) });
    expect([await tallies(), await log()]).toEqual(before);
    const text = (await dump(app))
      .split('\n')
      // The log of acts keeps the number that an act was about.
      .filter((line) => !/PERSON|CONSENT/.test(line))
      .join('\n');
    for (const secret of [name, phone, idNumber(), '带了梯子', `,${number},`]) expect(text).not.toContain(secret);
    expect(text).toContain(erased.tombstone);
    expect((await audited(app, 'PERSON_ERASED')).at(-1)).toMatchObject({ target_name: number, reason: '本人要求注销' });
  });

  test('reads as absent, and beside the check-ins stands that they are gone', async () => {
    const { checkIn: row } = await arrive(0, '带了工具');
    await eraseVolunteer(app, volunteer);
    for (const as of ['leader', 'coordinator', 'admin'] as const)
      expect((await seen(app, volunteer, { as })).absent).toBe(true);
    const document = 'query ($id: ID!) { node(id: $id) { ... on CheckIn { note volunteer { displayName } } } }';
    for (const as of [null, 'admin'] as const) {
      for (const [locale, displayName] of [
        ['zh-CN', '已注销'],
        ['en', 'Erased'],
      ] as const) {
        const { data } = await app.ask(document, { id: row!.id }, { as, locale });
        expect(data!.node).toEqual({ note: null, volunteer: { displayName } });
      }
    }
    const { data } = await app.ask('{ volunteers(first: 100) { totalCount nodes { number } } }');
    const numbers = data!.volunteers.nodes.map((it: { number: string }) => it.number);
    expect(numbers.filter((it: string) => it === number || it.startsWith('ERASED'))).toEqual([]);
    expect(data!.volunteers.totalCount).toBe(numbers.length);
    for (const answer of [await reveal(app, { volunteer }), await setPersonalData(app, { volunteer, phone })]) {
      expect(answer.code).toBe('NOT_FOUND');
    }
    const found = await app.ask(`{ findVolunteers(phone: "${phone}") { number } }`);
    expect(found.data).toEqual({ findVolunteers: [] });
  });

  test('has no account any more: it is signed out everywhere, and nobody signs in', async () => {
    const { login, password } = { login: `zhang.${number.toLowerCase()}`, password: 'correct horse battery' };
    await addAccounts(app.sql, [
      { login, name, password, volunteer: number, grants: [{ role: 'LEADER', unitCode: 'W01-A01' }] },
    ]);
    const browser = await signedIn(app, login, password);
    expect((await browser.ask('{ viewer { role account { login } } }')).data).toEqual({
      viewer: { role: 'LEADER', account: { login } },
    });
    expect((await exportVolunteer(app, volunteer)).document.account).toMatchObject({
      login,
      roles: [{ role: 'LEADER', unit: 'W01-A01' }],
      sessions: [{ address: expect.any(String) }],
    });
    expect((await eraseVolunteer(app, volunteer)).__typename).toBe('VolunteerErased');
    expect((await browser.ask('{ viewer { role account { login } } }')).data).toEqual({
      viewer: { role: 'PUBLIC', account: null },
    });
    const signIn = 'mutation ($input: SignInInput!) { signIn(input: $input) { __typename } }';
    const again = await app.ask(signIn, { input: { login, password } }, { as: null });
    expect(again.data).toEqual({ signIn: { __typename: 'SignInRefused' } });
    expect(await dump(app)).not.toContain(login);
  });

  test('stays when nobody would run the installation without them', async () => {
    const grants = [{ role: 'ADMINISTRATOR' as const }];
    const [account] = await addAccounts(app.sql, [
      { login: `last.${people}`, name, password: 'x'.repeat(12), volunteer: number, grants },
    ]);
    expect(account).toBeDefined();
    expect((await eraseVolunteer(app, volunteer, { as: 'admin' })).__typename).toBe('LastAdministrator');
    expect((await seen(app, volunteer)).number).toBe(number);
    await addAccounts(app.sql, [{ login: `other.${people}`, password: 'x'.repeat(12), grants }]);
    expect((await eraseVolunteer(app, volunteer, { as: 'admin' })).__typename).toBe('VolunteerErased');
  });

  test('stays when their account may do what whoever erases does not manage', async () => {
    const login = { login: `more.${people}`, name, password: 'x'.repeat(12), volunteer: number };
    await addAccounts(app.sql, [{ ...login, grants: [{ role: 'ADMINISTRATOR' }] }]);
    await addAccounts(app.sql, [
      { login: `yet.another.${people}`, password: 'x'.repeat(12), grants: [{ role: 'ADMINISTRATOR' }] },
    ]);
    expect((await eraseVolunteer(app, volunteer, { as: 'coordinator' })).code).toBe('FORBIDDEN');
    expect((await seen(app, volunteer)).number).toBe(number);
    expect((await eraseVolunteer(app, volunteer, { as: 'admin' })).__typename).toBe('VolunteerErased');
    const { rows } = await app.sql.query(
      `select g.ends_at is not null as ended from role_grant g join account a on a.id = g.account_id
       join volunteer v on v.id = a.volunteer_id where v.number = $1`,
      [`ERASED-${numericKey(volunteer, 'Volunteer')}`],
    );
    expect(rows).toEqual([{ ended: true }]);
  });

  test('can be erased again: it tells when it was done, and is done once', async () => {
    const answers = [];
    for (let i = 0; i < 2; i++) answers.push(await eraseVolunteer(app, volunteer));
    answers.push(
      ...(await Promise.all([eraseVolunteer(app, volunteer), eraseVolunteer(app, volunteer, { as: 'admin' })])),
    );
    expect(new Set(answers.map((it) => JSON.stringify([it.__typename, it.tombstone, it.erasedAt]))).size).toBe(1);
    expect((await audited(app, 'PERSON_ERASED')).filter((it) => it.target_name === number)).toHaveLength(1);
  });

  test('cannot come again, not even with a pass from before', async () => {
    const document = 'query ($id: ID!, $event: ID!) { node(id: $id) { ... on Volunteer { pass(event: $event) } } }';
    const { data } = await app.ask(document, { id: volunteer, event: app.world.event.globalId });
    const { pass } = data!.node as { pass: string };
    await eraseVolunteer(app, volunteer);
    const rows = async () => (await app.sql.query('select count(*)::int as n from check_in')).rows[0].n as number;
    const before = await rows();
    const byPass = { ...scan(app.world, 0, 0), volunteer: undefined, pass, method: 'VOLUNTEER_PASS' };
    expect((await checkIn(app, byPass)).code).toBe('NOT_FOUND');
    expect((await arrive(0)).code).toBe('NOT_FOUND');
    expect(await rows()).toBe(before);
  });

  test('needs a reason, and somebody with the right to it', async () => {
    expect((await eraseVolunteer(app, volunteer, {}, '')).__typename).toBe('ReasonRefused');
    expect((await eraseVolunteer(app, volunteer, { as: null })).code).toBe('UNAUTHENTICATED');
    for (const as of ['leader', 'wall'] as const) {
      expect((await eraseVolunteer(app, volunteer, { as })).code).toBe('FORBIDDEN');
    }
    expect((await eraseVolunteer(app, volunteer, { as: 'partner' })).code).toBe('GRAPHQL_VALIDATION_FAILED');
    const stranger = { as: { key: await app.keyFor(ViewerRole.COORDINATOR, app.world.stations[1]!.id) } };
    expect((await eraseVolunteer(app, volunteer, stranger)).code).toBe('NOT_FOUND');
    expect((await seen(app, volunteer)).number).toBe(number);
  });

  test('leaves live screens within seconds, on every node, also those that were away', async () => {
    const node = await app.anotherNode();
    const event = app.world.event.globalId;
    const snapshot = `query ($event: ID!) { node(id: $event) { ... on CommunityEvent {
      cursor checkIns(first: 100) { nodes { volunteer { displayName } } } } } }`;
    const take = async () => (await app.ask(snapshot, { event }, { as: 'admin' })).data!.node;
    const follow = (url: string, after: string) => {
      const client = createClient({
        url: `${url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: { authorization: `Bearer ${app.keys.admin}` },
        retryAttempts: 0,
      });
      const screen = { told: '', ending: undefined as string | undefined, close: () => client.dispose() };
      const query = `subscription ($event: ID!, $after: Cursor) { checkIns(event: $event, after: $after) {
        checkIns { volunteer { displayName } } } }`;
      client.subscribe(
        { query, variables: { event, after } },
        {
          // A stream that is refused at once ends with a result that has errors, one that lived with an error.
          next: (result) => {
            screen.told += JSON.stringify(result);
            if (result.errors) screen.ending ??= codeOf(result.errors);
          },
          error: (errors) => (screen.ending ??= codeOf(errors)),
          complete: () => (screen.ending ??= 'complete'),
        },
      );
      return screen;
    };
    const codeOf = (errors: unknown) => (errors as { extensions: { code: string } }[])[0]!.extensions.code;
    const start = (await take()).cursor;
    const screens = [follow(app.url, start), follow(node.url, start)];
    await arrive(0);
    for (const screen of screens) await until(() => screen.told.includes(name), 'a screen to show them');
    const before = await take();
    expect(JSON.stringify(before)).toContain(name);

    await eraseVolunteer(app, volunteer);
    const told = async (screen: (typeof screens)[0]) => until(() => screen.ending, 'a screen to be told', 5_000);
    for (const screen of screens) expect(await told(screen)).toBe('CURSOR_EXPIRED');
    const away = follow(node.url, before.cursor);
    expect(await told(away)).toBe('CURSOR_EXPIRED');
    const after = await take();
    expect(JSON.stringify(after)).not.toContain(name);
    expect(after.checkIns.nodes).toHaveLength(before.checkIns.nodes.length);
    for (const screen of [...screens, away]) await screen.close();
  });

  test('who is checking in at the same time is either counted without a note, or absent', async () => {
    // A second event, which the person comes to only now: its feed is not among those that were known before.
    const events = [app.world.event];
    for (let i = 0; i < 3; i++) {
      const startsAt = new Date(Date.now() - 3_600_000);
      const endsAt = new Date(Date.now() + 3_600_000);
      events.push(await addEvent(app.sql, { code: `${number.toLowerCase()}-${i}`, title: '测试', startsAt, endsAt }));
    }
    const arrivals = events.flatMap((event) =>
      Array.from({ length: 8 }, (_, i) =>
        checkIn(app, { ...scan(app.world, 0, i % 4), key: randomUUID(), event: event.globalId, volunteer, note: name }),
      ),
    );
    const erasing = eraseVolunteer(app, volunteer);
    const answers = await Promise.all(arrivals);
    expect((await erasing).__typename).toBe('VolunteerErased');
    for (const answer of answers) {
      expect([answer.code, answer.__typename]).toEqual(
        answer.code ? ['NOT_FOUND', undefined] : [undefined, expect.stringMatching(/CheckInRecorded|AlreadyCheckedIn/)],
      );
    }
    const { rows } = await app.sql.query('select note from check_in where note is not null');
    expect(rows.map((row) => row.note)).not.toContain(name);
    expect(await dump(app)).not.toContain(name);
    const recorded = answers.filter((answer) => answer.__typename === 'CheckInRecorded').length;
    const { rows: counted } = await app.sql.query(
      'select count(*)::int as n from check_in c join volunteer v on v.id = c.volunteer_id where v.number = $1',
      [(await erasing).tombstone],
    );
    expect(counted[0].n).toBe(recorded);
  });
});
