import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addEvent, type Built } from '../../seeds/builders.js';
import { toGlobalId } from '../../server/kernel/global-id.js';
import { checkIn, checkOut, scan, startTestApp, type TestApp } from '../support/app.js';
import { readPages } from './asking.js';

const hourMs = 3_600_000;
const now = new Date('2026-06-16T02:00:00Z');
let app: TestApp;
/** As they are listed: the latest first, and of two that begin together the one made last. */
let events: Built[];

beforeAll(async () => {
  app = await startTestApp({ clock: () => now, world: { schools: 2, posts: 2, volunteers: 8 } });
  const event = (code: string, startsInHours: number) => {
    const startsAt = new Date(now.getTime() + startsInHours * hourMs);
    return addEvent(app.sql, { code, title: code, startsAt, endsAt: new Date(startsAt.getTime() + hourMs) });
  };
  const past = await event('past', -1_000);
  const twin = await event('twin', 500);
  const other = await event('twin-2', 500);
  events = [other, twin, app.world.event, past];
});
afterAll(() => app.close());

const list = `query ($first: Int!, $after: String) { communityEvents(first: $first, after: $after) {
  totalCount nodes { code } pageInfo { hasNextPage hasPreviousPage endCursor } } }`;

describe('the list of events', () => {
  test('has the latest first, for everybody', async () => {
    for (const as of [null, 'partner', 'admin'] as const) {
      const { data } = await app.ask(list, { first: 10 }, { as });
      expect(data!.communityEvents).toMatchObject({
        totalCount: 4,
        nodes: events.map(({ code }) => ({ code })),
        pageInfo: { hasNextPage: false, hasPreviousPage: false },
      });
    }
  });

  test('comes page by page without a gap, also between events that begin together', async () => {
    const pages = await readPages<{ code: string }>(app, list, 1);
    expect(pages.map((page) => page.nodes[0]!.code)).toEqual(events.map(({ code }) => code));
    expect(pages.map((page) => page.pageInfo.hasPreviousPage)).toEqual([false, true, true, true]);
    const after = pages[3]!.pageInfo.endCursor;
    expect((await app.ask(list, { first: 1, after })).data!.communityEvents.nodes).toEqual([]);
  });

  const cursor = (place: string) => Buffer.from(place).toString('base64url');
  test.each([
    ['nonsense', 'nonsense'],
    ['nothing', ''],
    ['a time that only JavaScript reads', cursor('1 1')],
    ['a time beyond the database’s', cursor('+275760-09-13T00:00:00.000Z 1')],
    ['the year 0', cursor('0000-01-01T00:00:00.000Z 1')],
    ['words', cursor('infinity 1')],
    ['a number beyond the database’s', cursor('2026-06-16T02:00:00.000Z 999999999999')],
    ['a NUL', cursor('2026-06-16T02:00:00.000Z\0 1')],
    ['SQL', cursor("now() 1;drop'")],
  ])('a cursor of %s matches nothing and is no fault of ours', async (_, after) => {
    const { data, errors } = await app.ask(list, { first: 10, after });
    expect(errors).toBeUndefined();
    expect(data!.communityEvents).toMatchObject({ totalCount: 4, nodes: [] });
  });
});

describe('one event', () => {
  const all = `fragment all on CommunityEvent { __typename id code title theme edition startsAt endsAt
    tally { checkIns people onSite minutes } cursor }`;

  test('by code and by id', async () => {
    const { id, code } = await addEvent(app.sql, {
      code: 'volunteer-day-9',
      title: '我的测试 <i>𠮷</i>',
      theme: '同建·共享',
      edition: 9,
      startsAt: new Date('2020-06-16T08:30:00+08:00'),
      endsAt: new Date('2020-06-16T12:00:00+08:00'),
    });
    const globalId = toGlobalId('CommunityEvent', id);
    const { data } = await app.ask(
      `query ($code: String!, $id: ID!) { byCode: communityEvent(code: $code) { ...all } byId: node(id: $id) { ...all } } ${all}`,
      { code, id: globalId },
      { as: null },
    );
    expect(data!.byCode).toEqual({
      __typename: 'CommunityEvent',
      id: globalId,
      code,
      title: '我的测试 <i>𠮷</i>',
      theme: '同建·共享',
      edition: 9,
      startsAt: '2020-06-16T00:30:00.000Z',
      endsAt: '2020-06-16T04:00:00.000Z',
      tally: { checkIns: 0, people: 0, onSite: 0, minutes: 0 },
      cursor: expect.any(String),
    });
    expect(data!.byId).toEqual(data!.byCode);
    await app.sql.query('delete from feed where event_id = $1', [id]);
    await app.sql.query('delete from community_event where id = $1', [id]);
  });

  test.each(['', 'VOLUNTEER-DAY-8', 'nonsense'])('there is none of the code %j', async (code) => {
    const document = 'query ($code: String!) { communityEvent(code: $code) { id } }';
    expect(await app.ask(document, { code })).toEqual({ data: { communityEvent: null } });
  });

  test('a code with NUL in it is BAD_USER_INPUT', async () => {
    const { errors } = await app.ask('query ($code: String!) { communityEvent(code: $code) { id } }', { code: 'a\0' });
    expect(errors![0]!.extensions.code).toBe('BAD_USER_INPUT');
  });
});

describe('the log of an event as a list', () => {
  const log = `query ($id: ID!, $first: Int!, $after: String, $within: ID) { node(id: $id) { ... on CommunityEvent {
    checkIns(first: $first, after: $after, within: $within) {
      totalCount nodes { sequence direction at recordedAt event { id } } pageInfo { hasNextPage endCursor } } } } }`;
  const read = async (variables: object) => {
    const { data, errors } = await app.ask(
      log,
      { id: app.world.event.globalId, first: 100, ...variables },
      { as: null },
    );
    if (errors) throw new Error(errors[0]!.extensions.code);
    const { nodes, ...rest } = data!.node.checkIns;
    return { ...rest, nodes, sequences: nodes.map((it: { sequence: number }) => it.sequence) as number[] };
  };

  beforeAll(async () => {
    for (let person = 0; person < 6; person++) await checkIn(app, scan(app.world, person, person % 2 ? 2 : 0));
    await checkOut(app, scan(app.world, 0, null));
  });

  test('has the newest first, page by page without a gap', async () => {
    const all = await read({});
    expect(all).toMatchObject({ sequences: [7, 6, 5, 4, 3, 2, 1], totalCount: 7, pageInfo: { hasNextPage: false } });
    expect(all.nodes[0]).toMatchObject({ direction: 'OUT', event: { id: app.world.event.globalId } });
    expect(all.nodes[0].recordedAt).toBe(now.toISOString());
    const first = await read({ first: 4 });
    const second = await read({ first: 4, after: first.pageInfo.endCursor });
    expect([first.sequences, second.sequences]).toEqual([
      [7, 6, 5, 4],
      [3, 2, 1],
    ]);
    expect([first.pageInfo.hasNextPage, second.pageInfo.hasNextPage]).toEqual([true, false]);
  });

  test.each([
    ['schools', 0, [7, 5, 3, 1]],
    ['stations', 1, [6, 4, 2]],
    ['teams', 1, [6, 4, 2]],
    ['posts', 0, [7, 5, 3, 1]],
    ['posts', 1, []],
  ] as const)('narrows to one of the %s', async (unit, index, sequences) => {
    const narrowed = await read({ within: app.world[unit][index]!.globalId });
    expect(narrowed).toMatchObject({ sequences, totalCount: sequences.length });
  });

  test('within something that is no unit is NOT_FOUND, never everything', async () => {
    for (const within of ['', 'nonsense', toGlobalId('GridPost', 999_999), app.world.volunteers[0]!.globalId]) {
      await expect(read({ within })).rejects.toThrow('NOT_FOUND');
    }
  });

  test.each(['nonsense', '', Buffer.from('-1').toString('base64url'), Buffer.from('\0').toString('base64url')])(
    'a cursor of %j matches nothing',
    async (after) => {
      expect((await read({ after })).sequences).toEqual([]);
    },
  );

  test('the log of an event where nothing happened is empty', async () => {
    expect(await read({ id: events[0]!.globalId })).toMatchObject({ sequences: [], totalCount: 0 });
  });
});

describe('tallies', () => {
  const tally =
    'query ($id: ID!, $event: ID) { node(id: $id) { ... on ServiceUnit { tally(event: $event) { people } } } }';

  test.each([
    ['nothing', ''],
    ['nonsense', 'nonsense'],
    ['a unit', toGlobalId('GridPost', 1)],
    ['an event that is not there', toGlobalId('CommunityEvent', 999_999)],
  ])('for %s is NOT_FOUND, never those of all time', async (_, event) => {
    const { errors } = await app.ask(tally, { id: app.world.posts[0]!.globalId, event });
    expect(errors?.[0]!.extensions.code).toBe('NOT_FOUND');
  });

  test('over all time somebody who came to two events is one person', async () => {
    const starts = new Date(now.getTime() - hourMs);
    const second = await addEvent(app.sql, {
      code: 'second',
      title: '第二场',
      startsAt: starts,
      endsAt: new Date(now.getTime() + hourMs),
    });
    await checkIn(app, scan(app.world, 6, 0));
    await checkIn(app, scan(app.world, 6, 1, { event: second.globalId }));
    await checkIn(app, scan(app.world, 7, 1, { event: second.globalId }));
    const everywhere = `query ($id: ID!, $a: ID!, $b: ID!) { node(id: $id) { ... on ServiceUnit {
      ever: tally { people checkIns } a: tally(event: $a) { people checkIns } b: tally(event: $b) { people checkIns } } } }`;
    const ask = async (id: string) =>
      (await app.ask(everywhere, { id, a: app.world.event.globalId, b: second.globalId })).data!.node;
    for (const unit of [app.world.teams[0]!, app.world.stations[0]!, app.world.schools[0]!]) {
      const { ever, a, b } = await ask(unit.globalId);
      expect(b).toEqual({ people: 2, checkIns: 2 });
      expect(ever).toEqual({ people: a.people + 1, checkIns: a.checkIns + 2 });
    }
    // At a single post the two events were at different ones.
    expect((await ask(app.world.posts[1]!.globalId)).ever).toEqual({ people: 2, checkIns: 2 });
  });

  test('over all time somebody who moved counts wherever they were', async () => {
    const sunday = await addEvent(app.sql, {
      code: 'sunday',
      title: '周日',
      startsAt: new Date(now.getTime() - hourMs),
      endsAt: new Date(now.getTime() + hourMs),
    });
    const units = [...app.world.posts, ...app.world.teams, ...app.world.stations, ...app.world.schools];
    const people = async (event?: string) =>
      Promise.all(
        units.map(
          async (unit) => (await app.ask(tally, { id: unit.globalId, event })).data!.node.tally.people as number,
        ),
      );
    const before = await people();
    for (const post of [0, 1, 2, 3, 0]) await checkIn(app, scan(app.world, 15, post, { event: sunday.globalId }));
    expect(await people(sunday.globalId)).toEqual(units.map(() => 1));
    expect(await people()).toEqual(before.map((count) => count + 1));
  });
});

test.each([
  ['checkIns', 'checkIns(event: $event, within: $unit) { cursor }'],
  ['scoreboard', 'scoreboard(event: $event, unit: $unit) { cursor }'],
])('a live %s within something that is no unit ends with NOT_FOUND', async (_, field) => {
  const socket = app.socket({ as: null });
  const query = `subscription ($event: ID!, $unit: ID) { ${field} }`;
  for (const unit of ['', 'nonsense', toGlobalId('GridPost', 999_999), app.world.volunteers[0]!.globalId]) {
    const stream = socket.iterate({ query, variables: { event: app.world.event.globalId, unit } });
    const { value } = await stream.next();
    expect([unit, value.errors?.[0].extensions.code]).toEqual([unit, 'NOT_FOUND']);
    await stream.return?.();
  }
});
