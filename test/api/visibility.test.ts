import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addVolunteers } from '../../seeds/builders.js';
import { toGlobalId } from '../../server/kernel/global-id.js';
import { ViewerRole } from '../../server/kernel/viewer.js';
import { checkIn, checkOut, scan, startTestApp, type Asker, type KeyName, type TestApp } from '../support/app.js';
import { codesOf, phoneScan, readPages, tallyOf } from './asking.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ world: { schools: 2, stations: 2, teams: 2, posts: 2, volunteers: 2 } });
});
afterAll(() => app.close());

/** What a partner is told who asks for a person: their view has no such field. */
const noSuchField = 'GRAPHQL_VALIDATION_FAILED';

/** Of the world's 16 people: the first eight are in school 1, the first four in its first station, two in its first team. */
const everyone = 16;

type Unit = 'schools' | 'stations' | 'teams' | 'posts';
const scoped = async (role: ViewerRole, unit: Unit, index = 0): Promise<Asker> => ({
  as: { key: await app.keyFor(role, app.world[unit][index]!.id) },
});

const register = `query ($first: Int!, $after: String, $within: ID) { volunteers(first: $first, after: $after, within: $within) {
  totalCount nodes { id number displayName contingent team { code } } pageInfo { hasNextPage endCursor } } }`;

async function numbers(asker: Asker, variables: object = {}): Promise<string[] | string> {
  const { data, errors } = await app.ask(register, { first: 100, ...variables }, asker);
  if (errors) return errors[0]!.extensions.code;
  const { nodes, totalCount } = data!.volunteers;
  expect(totalCount).toBe(nodes.length);
  return nodes.map((it: { number: string }) => it.number);
}

describe('the register', () => {
  test.each<[KeyName | null, number | string]>([
    [null, 'UNAUTHENTICATED'],
    ['wall', 'FORBIDDEN'],
    ['partner', noSuchField],
    ['leader', everyone],
    ['coordinator', everyone],
    ['admin', everyone],
  ])('for %s: %s', async (as, answer) => {
    const seen = await numbers({ as });
    expect(typeof seen === 'string' ? seen : seen.length).toBe(answer);
    const within = await numbers({ as }, { within: app.world.teams[1]!.globalId });
    expect(typeof within === 'string' ? within : within.length).toBe(typeof answer === 'string' ? answer : 2);
  });

  test.each<[Unit, number]>([
    ['schools', 8],
    ['stations', 4],
    ['teams', 2],
    ['posts', 0],
  ])('narrows to a unit and everything below it: %s', async (unit, count) => {
    const { code, globalId } = app.world[unit][1]!;
    const seen = await numbers({ as: 'admin' }, { within: globalId });
    expect(seen).toHaveLength(count);
    for (const number of seen) expect(number.startsWith(code)).toBe(true);
  });

  test.each<[ViewerRole, Unit, number]>([
    [ViewerRole.COORDINATOR, 'schools', 8],
    [ViewerRole.COORDINATOR, 'stations', 4],
    [ViewerRole.LEADER, 'teams', 2],
  ])('%s of one of the %s sees the %i people there, and nobody by asking for more', async (role, unit, count) => {
    const asker = await scoped(role, unit);
    const own = app.world[unit][0]!;
    const seen = await numbers(asker);
    expect(seen).toHaveLength(count);
    for (const number of seen) expect(number.startsWith(own.code)).toBe(true);
    expect(await numbers(asker, { within: own.globalId })).toEqual(seen);
    // Another unit is empty, one above is one's own part of it, one below is that.
    expect(await numbers(asker, { within: app.world[unit].at(-1)!.globalId })).toEqual([]);
    expect(await numbers(asker, { within: app.world.schools[0]!.globalId })).toEqual(seen);
    expect(await numbers(asker, { within: app.world.teams[0]!.globalId })).toHaveLength(2);
  });

  test.each<[ViewerRole, string]>([
    [ViewerRole.DISPLAY, 'FORBIDDEN'],
    [ViewerRole.PARTNER, noSuchField],
  ])('a unit gives %s no people', async (role, code) => {
    expect(await numbers(await scoped(role, 'schools'))).toBe(code);
  });

  test('the leader of a post sees the people of the team that serves there, and nobody else', async () => {
    const asker = await scoped(ViewerRole.LEADER, 'posts', 2);
    const { code, globalId } = app.world.teams[1]!;
    const seen = await numbers(asker);
    expect(seen).toHaveLength(2);
    for (const number of seen) expect(number.startsWith(code)).toBe(true);
    expect(await numbers(asker, { within: globalId })).toEqual(seen);
    expect(await numbers(asker, { within: app.world.teams[0]!.globalId })).toEqual([]);
  });

  test('pages follow each other without a gap', async () => {
    const pages = await readPages<{ number: string }>(app, register, 5, { as: 'coordinator' });
    expect(pages.map((page) => [page.nodes.length, page.totalCount])).toEqual([5, 5, 5, 1].map((n) => [n, everyone]));
    const seen = pages.flatMap((page) => page.nodes.map((it) => it.number));
    expect(seen).toEqual(app.world.volunteers.map((it) => it.code).sort());
  });

  test.each([
    ['nonsense', 'nonsense'],
    ['nothing', ''],
    ['a volunteer', toGlobalId('Volunteer', 1)],
    ['a unit that is not there', toGlobalId('GridPost', 999_999)],
  ])('within %s is NOT_FOUND, never everybody', async (_, within) => {
    expect(await numbers({ as: 'admin' }, { within })).toBe('NOT_FOUND');
  });

  test('a key that is unknown or revoked is no key', async () => {
    expect(await numbers({ as: { key: 'bh_nonsense-nonsense' } })).toBe('UNAUTHENTICATED');
    const key = await app.keyFor(ViewerRole.LEADER, app.world.teams[0]!.id);
    await app.sql.query('update access_key set revoked_at = now() where id = (select max(id) from access_key)');
    expect(await numbers({ as: { key } })).toBe('UNAUTHENTICATED');
    const expiring = await app.keyFor(ViewerRole.LEADER, app.world.teams[0]!.id);
    await app.sql.query('update access_key set expires_at = now() where id = (select max(id) from access_key)');
    expect(await numbers({ as: { key: expiring } })).toBe('UNAUTHENTICATED');
  });
});

describe('one person by id', () => {
  const person = `query ($id: ID!, $event: ID!) { node(id: $id) { __typename ... on Volunteer {
    number displayName contingent pass(event: $event) team { code } } } }`;
  const ask = async (index: number, asker: Asker) => {
    const id = app.world.volunteers[index]!.globalId;
    const { data, errors } = await app.ask(person, { id, event: app.world.event.globalId }, asker);
    expect(errors).toBeUndefined();
    return data!.node;
  };

  test.each<KeyName | null>([null, 'wall'])('for %s there is nobody', async (as) => {
    expect(await ask(0, { as })).toBeNull();
  });

  test('for a partner there is no such thing as a person', async () => {
    const id = app.world.volunteers[0]!.globalId;
    const { errors, data } = await app.ask(person, { id, event: app.world.event.globalId }, { as: 'partner' });
    expect([errors![0]!.extensions.code, data]).toEqual([noSuchField, undefined]);
    const { data: byId } = await app.ask('query ($id: ID!) { node(id: $id) { id } }', { id }, { as: 'partner' });
    expect(byId).toEqual({ node: null });
  });

  test.each<KeyName>(['leader', 'coordinator', 'admin'])('for %s, in full', async (as) => {
    const { code } = app.world.volunteers[0]!;
    expect(await ask(0, { as })).toEqual({
      __typename: 'Volunteer',
      number: code,
      displayName: `测试${code}`,
      contingent: 'RESIDENT',
      pass: expect.stringMatching(/^[\w-]{32}$/),
      team: { code: 'W01-A01' },
    });
  });

  test('outside the viewer’s unit reads as if there were nobody', async () => {
    const coordinator = await scoped(ViewerRole.COORDINATOR, 'stations');
    const leader = await scoped(ViewerRole.LEADER, 'teams');
    expect([await ask(0, coordinator), await ask(3, coordinator)]).not.toContain(null);
    expect(await ask(4, coordinator)).toBeNull();
    expect(await ask(1, leader)).not.toBeNull();
    expect(await ask(2, leader)).toBeNull();
    const missing = { id: toGlobalId('Volunteer', 999_999), event: app.world.event.globalId };
    expect((await app.ask(person, missing, leader)).data).toEqual({ node: null });
  });

  test('somebody without a team is seen by those who act everywhere, only', async () => {
    const [loner] = await addVolunteers(app.sql, [{ number: 'L01', name: '测独', contingent: 'STUDENT' }]);
    const ask = (asker: Asker) => app.ask(person, { id: loner!.globalId, event: app.world.event.globalId }, asker);
    expect((await ask({ as: 'leader' })).data!.node).toMatchObject({ number: 'L01', team: null });
    expect((await ask(await scoped(ViewerRole.COORDINATOR, 'schools'))).data!.node).toBeNull();
    await app.sql.query("delete from volunteer where number = 'L01'");
  });
});

describe('beside a check-in', () => {
  const badge = `query ($id: ID!) { node(id: $id) { ... on CheckIn { note volunteer { displayName contingent tier } } } }`;
  const stream = `query ($event: ID!) { node(id: $event) { ... on CommunityEvent { checkIns(first: 100) {
    nodes { id note volunteer { displayName contingent tier } } } } } }`;
  let withConsent: string;
  let without: string;

  beforeAll(async () => {
    const [open, shy] = await addVolunteers(app.sql, [
      { number: 'B01', name: '欧阳测试', contingent: 'IN_SERVICE_MEMBER', tier: 'GOLD', teamCode: 'W01-A01' },
      { number: 'B02', name: '测试员甲', contingent: 'RESIDENT', teamCode: 'W01-A01', screenConsent: false },
    ]);
    const record = async (volunteer: string) =>
      (await checkIn(app, { ...scan(app.world, 0, 0), volunteer, note: '带了工具' })).checkIn!.id;
    withConsent = await record(open!.globalId);
    without = await record(shy!.globalId);
  });

  const full = { note: '带了工具', names: ['欧阳测试', '测试员甲'] };
  const masked = { note: null, names: ['欧*', '志愿者'] };

  test.each<[string, () => Asker | Promise<Asker>, typeof full | typeof masked]>([
    ['the public', () => ({ as: null }), masked],
    ['a big screen', () => ({ as: 'wall' }), masked],
    ['a leader of everything', () => ({ as: 'leader' }), full],
    ['a coordinator of everything', () => ({ as: 'coordinator' }), full],
    ['the administrator', () => ({ as: 'admin' }), full],
    ["the person's team's leader", () => scoped(ViewerRole.LEADER, 'teams'), full],
    ["the leader of a post of the person's team", () => scoped(ViewerRole.LEADER, 'posts', 1), full],
    ["the leader of another team's post", () => scoped(ViewerRole.LEADER, 'posts', 2), masked],
    ["the person's station's coordinator", () => scoped(ViewerRole.COORDINATOR, 'stations'), full],
    ["the person's school's coordinator", () => scoped(ViewerRole.COORDINATOR, 'schools'), full],
    ['the leader of the team beside', () => scoped(ViewerRole.LEADER, 'teams', 1), masked],
    ['the coordinator of the station beside', () => scoped(ViewerRole.COORDINATOR, 'stations', 1), masked],
    ['the coordinator of another school', () => scoped(ViewerRole.COORDINATOR, 'schools', 1), masked],
    ['a big screen in the same team', () => scoped(ViewerRole.DISPLAY, 'teams'), masked],
  ])('%s', async (_, as, { note, names }) => {
    const asker = await as();
    const expected = [
      { note, volunteer: { displayName: names[0], contingent: 'IN_SERVICE_MEMBER', tier: 'GOLD' } },
      { note, volunteer: { displayName: names[1], contingent: 'RESIDENT', tier: null } },
    ];
    for (const [i, id] of [withConsent, without].entries()) {
      const { data } = await app.ask(badge, { id }, asker);
      expect(data!.node).toEqual(expected[i]);
    }
    // The same in the stream as by id.
    const { data } = await app.ask(stream, { event: app.world.event.globalId }, asker);
    const nodes: { id: string }[] = data!.node.checkIns.nodes;
    const ofStream = [withConsent, without].map((id) => nodes.find((it) => it.id === id));
    expect(ofStream).toEqual([withConsent, without].map((id, i) => ({ id, ...expected[i] })));
  });

  test.each<[string, () => Asker | Promise<Asker>]>([
    ['a partner', () => ({ as: 'partner' })],
    ['a partner of the same school', () => scoped(ViewerRole.PARTNER, 'schools')],
  ])('%s sees no single check-in', async (_, as) => {
    const asker = await as();
    for (const [query, variables] of [
      [badge, { id: withConsent }],
      [stream, { event: app.world.event.globalId }],
      ['query ($id: ID!) { node(id: $id) { ... on CommunityEvent { cursor } } }', { id: app.world.event.globalId }],
    ] as const) {
      const { errors, data } = await app.ask(query, variables, asker);
      expect([errors![0]!.extensions.code, data]).toEqual([noSuchField, undefined]);
    }
    const { data } = await app.ask('query ($id: ID!) { node(id: $id) { id } }', { id: withConsent }, asker);
    expect(data).toEqual({ node: null });
  });

  test('nobody in particular is called so in the language of whoever asks', async () => {
    const { data } = await app.ask(badge, { id: without }, { as: null, locale: 'en' });
    expect(data!.node.volunteer.displayName).toBe('A volunteer');
  });

  test('no answer to the public holds a name, a number or a note', async () => {
    const { id } = (await app.sql.query("select id from volunteer where number = 'B01'")).rows[0];
    const answer = JSON.stringify([
      await app.ask(stream, { event: app.world.event.globalId }, { as: null }),
      await app.ask(badge, { id: withConsent }, { as: 'partner' }),
      await app.ask(register, { first: 10 }, { as: 'partner' }),
      await app.ask(
        'query ($id: ID!) { node(id: $id) { id } }',
        { id: toGlobalId('Volunteer', id) },
        { as: 'partner' },
      ),
    ]);
    for (const secret of ['欧阳', 'B01', '带了工具', '测试员']) expect(answer).not.toContain(secret);
  });
});

describe('a key for one unit', () => {
  let station: Asker;
  beforeAll(async () => {
    station = await scoped(ViewerRole.COORDINATOR, 'stations');
  });

  /** What a scan leaves behind at a post that it must not touch. */
  const rows = async () => (await app.sql.query('select count(*)::int as n from check_in')).rows[0].n as number;

  test('records people of its own at its own posts', async () => {
    const answer = await checkIn(app, scan(app.world, 2, 1), station);
    expect(answer).toMatchObject({ __typename: 'CheckInRecorded' });
    expect((await checkOut(app, scan(app.world, 2, null), station)).__typename).toBe('CheckOutRecorded');
  });

  test.each<[string, number, number]>([
    ["another station's post", 2, 4],
    ["another school's post", 2, 15],
    ["another station's person", 4, 0],
    ["another school's person at their post", 15, 15],
  ])('%s is absent to it', async (_, volunteer, post) => {
    const before = await rows();
    const answer = await checkIn(app, scan(app.world, volunteer, post), station);
    const missing = await checkIn(app, { ...scan(app.world, 0, 0), post: toGlobalId('GridPost', 999_999) }, station);
    expect(answer.errors).toEqual([
      { ...missing.errors![0], extensions: expect.objectContaining({ code: 'NOT_FOUND' }) },
    ]);
    expect(await rows()).toBe(before);
  });

  test('a foreign person with a pass is welcome at its posts, but stays masked', async () => {
    const { pass } = await codesOf(app, 12, 0);
    const input = { ...scan(app.world, 12, 0), volunteer: undefined, pass, method: 'VOLUNTEER_PASS', note: '来帮忙' };
    expect((await checkIn(app, input, station)).checkIn).toMatchObject({
      post: { id: app.world.posts[0]!.globalId },
      volunteer: { displayName: '测*' },
      note: null,
    });
  });

  test('signed codes do not carry it to a post outside', async () => {
    const before = await rows();
    const codes = await codesOf(app, 2, 8);
    expect((await checkIn(app, phoneScan(app, codes), station)).code).toBe('NOT_FOUND');
    expect(await rows()).toBe(before);
  });

  test('does not check out whoever is at a post outside', async () => {
    await checkIn(app, scan(app.world, 3, 9));
    const before = await tallyOf(app, app.world.event.globalId);
    expect((await checkOut(app, scan(app.world, 3, null), station)).code).toBe('NOT_FOUND');
    expect((await checkOut(app, scan(app.world, 3, 0), station)).code).toBe('NOT_FOUND');
    expect(await tallyOf(app, app.world.event.globalId)).toEqual(before);
  });

  test('shows the codes of its own posts, and no others', async () => {
    const code = async (post: number, asker: Asker) => {
      const { data, errors } = await app.ask(
        'query ($id: ID!) { node(id: $id) { ... on GridPost { rotatingCode { code } team { code } } } }',
        { id: app.world.posts[post]!.globalId },
        asker,
      );
      expect(errors).toBeUndefined();
      return data!.node.rotatingCode?.code ?? null;
    };
    const post = await scoped(ViewerRole.LEADER, 'posts');
    expect(await code(0, station)).toMatch(/^\w{12}$/);
    expect(await code(4, station)).toBeNull();
    expect([await code(0, post), await code(1, post)]).toEqual([expect.any(String), null]);
    for (const as of [null, 'wall'] as const) expect(await code(0, { as })).toBeNull();
    for (const as of ['leader', 'coordinator', 'admin'] as const) expect(await code(0, { as })).not.toBeNull();
  });

  test('sees the whole hierarchy and its numbers, as everybody does', async () => {
    const { data } = await app.ask(
      '{ cultureSchools(first: 9) { totalCount nodes { tally { people } } } }',
      {},
      station,
    );
    expect(data!.cultureSchools).toMatchObject({ totalCount: 2, nodes: [{ tally: {} }, { tally: {} }] });
  });
});

describe('viewer', () => {
  const whoAmI = '{ viewer { role name unit { __typename code } } }';

  test.each<[KeyName | null, string]>([
    [null, 'PUBLIC'],
    ['wall', 'DISPLAY'],
    ['partner', 'PARTNER'],
    ['leader', 'LEADER'],
    ['coordinator', 'COORDINATOR'],
    ['admin', 'ADMINISTRATOR'],
  ])('%s is %s', async (as, role) => {
    expect((await app.ask(whoAmI, {}, { as })).data).toEqual({ viewer: { role, name: as, unit: null } });
  });

  test('a key for one unit names it', async () => {
    const { data } = await app.ask(whoAmI, {}, await scoped(ViewerRole.LEADER, 'teams', 1));
    expect(data!.viewer).toEqual({
      role: 'LEADER',
      name: 'LEADER',
      unit: { __typename: 'VolunteerTeam', code: 'W01-A02' },
    });
  });
});
