import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createClient, type Client } from 'graphql-ws';
import pg from 'pg';
import { WebSocket } from 'ws';
import { Channel } from '../../server/feed/channel.js';
import { abortable } from '../../server/kernel/live/abortable.js';
import { checkIn, checkOut, scan, startTestApp, until, type Asker, type TestApp } from '../support/app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ world: { schools: 2, stations: 2, teams: 2, posts: 3, volunteers: 40 } });
});
afterAll(() => app.close());

interface Frame {
  cursor: string;
  checkIns: { sequence: number; post: { id: string }; volunteer: { displayName: string } }[];
}

const checkInsDocument = `subscription ($event: ID!, $within: ID, $after: Cursor) {
  checkIns(event: $event, within: $within, after: $after) {
    cursor checkIns { sequence direction at post { id name team { name station { name } } } volunteer { displayName } note }
  } }`;

/** Follows a subscription and keeps what comes. */
function follow<T>(client: Client, query: string, variables: Record<string, unknown>) {
  const seen: T[] = [];
  const ended: { error?: unknown; done: boolean } = { done: false };
  const stop = client.subscribe<Record<string, T>>(
    { query, variables },
    {
      next: (result) => {
        if (result.errors) ended.error = result.errors;
        else seen.push(Object.values(result.data!)[0]!);
      },
      error: (error) => (ended.error = error),
      complete: () => (ended.done = true),
    },
  );
  return { seen, ended, stop };
}

function wall(more: Record<string, unknown> = {}, asker: Asker = { as: 'wall' }) {
  const stream = follow<Frame>(app.socket(asker), checkInsDocument, { event: app.world.event.globalId, ...more });
  return { ...stream, sequences: () => stream.seen.flatMap((frame) => frame.checkIns.map((row) => row.sequence)) };
}

async function snapshot() {
  const { data } = await app.ask(
    `query ($id: ID!) { node(id: $id) { ... on CommunityEvent { cursor tally { checkIns people onSite minutes } checkIns(first: 1) { nodes { sequence } } } } }`,
    { id: app.world.event.globalId },
  );
  return data!.node as {
    cursor: string;
    tally: Record<string, number>;
    checkIns: { nodes: { sequence: number }[] };
  };
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

test('a wall that goes on from a snapshot sees everything behind it once, in order', async () => {
  await checkIn(app, scan(app.world, 0, 0));
  const { cursor, checkIns } = await snapshot();
  const first = (checkIns.nodes[0]?.sequence ?? 0) + 1;
  const screen = wall({ after: cursor });
  await Promise.all(range(1, 30).map((volunteer) => checkIn(app, scan(app.world, volunteer, volunteer % 24))));
  await until(() => screen.sequences().length >= 30, 'thirty check-ins on the wall');
  expect(screen.sequences()).toEqual(range(first, first + 29));
});

test('without a cursor it starts from now', async () => {
  const { checkIns } = await snapshot();
  const screen = wall();
  const board = follow(app.socket(), 'subscription ($e: ID!) { scoreboard(event: $e) { cursor } }', {
    e: app.world.event.globalId,
  });
  await until(() => board.seen.length > 0, 'the subscriptions to be there');
  await until(async () => {
    await checkOut(app, scan(app.world, 0, 0));
    return screen.seen.length > 0;
  }, 'a check-in on the wall');
  expect(screen.sequences()[0]).toBeGreaterThan(checkIns.nodes[0]!.sequence);
});

test('every place in the feed is a place to go on from', async () => {
  for (const volunteer of range(31, 39)) await checkIn(app, scan(app.world, volunteer, 1));
  const all = wall({ after: await cursorAt(0) });
  const { checkIns } = await snapshot();
  const last = checkIns.nodes[0]!.sequence;
  await until(() => all.sequences().includes(last), 'the whole feed');
  expect(all.sequences()).toEqual(range(1, last));
  for (const place of [1, 2, Math.floor(last / 2), last - 1]) {
    const part = wall({ after: await cursorAt(place) });
    await until(() => part.sequences().includes(last), `the feed behind ${place}`);
    expect(part.sequences()).toEqual(range(place + 1, last));
  }
});

/** Cursors are opaque to clients; the test makes its own. */
async function cursorAt(sequence: number) {
  const { rows } = await app.sql.query('select epoch from feed where event_id = $1', [app.world.event.id]);
  return Buffer.from(`${rows[0].epoch}:${sequence}`).toString('base64url');
}

test('a place in another history is CURSOR_EXPIRED, and what is no cursor is BAD_USER_INPUT', async () => {
  const expired = wall({ after: Buffer.from('00000000:1').toString('base64url') });
  await until(() => expired.ended.error, 'a refusal');
  expect(expired.ended.error).toMatchObject([{ extensions: { code: 'CURSOR_EXPIRED' } }]);
  const nonsense = wall({ after: 'nonsense' });
  await until(() => nonsense.ended.error, 'a refusal');
  expect(nonsense.ended.error).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
});

test('`within` gives the same order and only that unit', async () => {
  const { world } = app;
  const team = world.teams[0]!;
  const screen = wall({ within: team.globalId, after: await cursorAt(0) });
  const { rows } = await app.sql.query('select sequence from check_in where team_id = $1 order by sequence', [team.id]);
  expect(rows.length).toBeGreaterThan(3);
  await until(() => screen.sequences().length >= rows.length, 'the rows of one team');
  expect(screen.sequences()).toEqual(rows.map((row) => row.sequence));
});

test('who follows one unit is not woken by what happens elsewhere, and whoever comes meanwhile is told with them', async () => {
  const { world } = app;
  const within = world.posts[23]!;
  const asked = vi.spyOn(Channel.prototype, 'frameAfter');
  onTestFinished(() => asked.mockRestore());
  const times = () => asked.mock.calls.filter(([, unitId]) => unitId === within.id).length;
  const last = async () => (await snapshot()).checkIns.nodes[0]?.sequence ?? 0;

  const screens = [wall({ within: within.globalId, after: await cursorAt(await last()) })];
  await until(() => times() === 1, 'the first wall to wait');
  const other = wall({ after: await cursorAt(await last()) });
  for (const volunteer of [21, 22]) await checkIn(app, scan(world, volunteer, 0));
  await until(() => other.sequences().length === 2, 'what happens elsewhere');
  expect(times()).toBe(1);

  screens.push(wall({ within: within.globalId, after: await cursorAt(await last()) }));
  await until(() => times() === 2, 'the second wall to wait');
  await checkIn(app, scan(world, 21, 23));
  for (const screen of screens) {
    await until(() => screen.sequences().length > 0, 'the check-in');
    expect(screen.sequences()).toEqual([await last()]);
  }
  // One source for both: it asks for what there is, and then once more.
  await until(() => times() === 4, 'both to wait again');
});

test('what nobody may see is absent: an unknown event or unit', async () => {
  for (const more of [{ event: 'Q29tbXVuaXR5RXZlbnQ6OTk5' }, { within: 'R3JpZFBvc3Q6OTk5OQ' }]) {
    const screen = wall(more);
    await until(() => screen.ended.error, 'a refusal');
    expect(screen.ended.error).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
  }
});

describe('shared execution', () => {
  test('people who may see different things never share: the leader reads names and notes, the wall does not', async () => {
    const { cursor } = await snapshot();
    const leader = wall({ after: cursor }, { as: 'leader' });
    const screens = [wall({ after: cursor }), wall({ after: cursor }, { as: null })];
    const note = 'brings a ladder';
    const answer = await checkOut(app, scan(app.world, 2, 2, { note }));
    expect(answer.__typename).toBe('CheckOutRecorded');
    for (const screen of [leader, ...screens]) await until(() => screen.seen.length > 0, 'the row');
    const [row] = leader.seen[0]!.checkIns as unknown as { note: string; volunteer: { displayName: string } }[];
    expect(row).toMatchObject({ note, volunteer: { displayName: expect.stringMatching(/^测试W/) } });
    for (const screen of screens) {
      expect(screen.seen[0]!.checkIns[0]).toMatchObject({ note: null, volunteer: { displayName: '测*' } });
    }
  });

  test('a variable that says where to start may say something else too: then nothing is shared', async () => {
    const query = `subscription ($event: ID!, $after: Cursor, $page: String) { checkIns(event: $event, after: $after) {
      checkIns { sequence event { checkIns(first: 1, after: $page) { nodes { sequence } } } } } }`;
    const { cursor } = await snapshot();
    const page = (sequence: number) => Buffer.from(String(sequence)).toString('base64url');
    const streams = [5, 3].map((place) =>
      follow<{ checkIns: { event: { checkIns: { nodes: { sequence: number }[] } } }[] }>(app.socket(), query, {
        event: app.world.event.globalId,
        after: cursor,
        page: page(place),
      }),
    );
    await checkIn(app, scan(app.world, 3, 3));
    await checkOut(app, scan(app.world, 3, 3));
    for (const [i, stream] of streams.entries()) {
      await until(() => stream.seen.length > 0, 'a frame');
      expect(stream.seen[0]!.checkIns[0]!.event.checkIns.nodes[0]!.sequence).toBe([4, 2][i]);
    }
  });

  test('what a check-in needs is looked up once for all groups, and each still sees only what it may', async () => {
    const { world } = app;
    const spy = vi.spyOn(pg.Client.prototype, 'query');
    onTestFinished(() => spy.mockRestore());
    const lookUps = () =>
      spy.mock.calls.filter(([query]) =>
        /^(units|volunteers)-by-id$/.test((query as unknown as pg.QueryConfig).name ?? ''),
      ).length;
    const { cursor } = await snapshot();
    const screens = [wall({ after: cursor })];
    /** Statements for one more check-in by the same person, at the first post. */
    const statements = async () => {
      const before = screens.map((screen) => screen.seen.length);
      const first = lookUps();
      await checkOut(app, scan(world, 21, 0));
      for (const [i, screen] of screens.entries()) await until(() => screen.seen.length > before[i]!, 'the row');
      return lookUps() - first;
    };
    await statements();
    const forOne = await statements();
    for (const asker of [{ as: 'wall' }, { as: 'leader' }, { as: null }] as const) {
      for (const unit of [world.schools, world.stations, world.teams, world.posts]) {
        screens.push(wall({ after: cursor, within: unit[0]!.globalId }, asker));
      }
    }
    for (const screen of screens) await until(() => screen.seen.length > 0, 'the streams to be live');
    expect(await statements()).toBe(forOne);
    const names = screens.map((screen) => screen.seen.at(-1)!.checkIns.at(-1)!.volunteer.displayName);
    for (const [i, name] of names.entries()) expect(name).toMatch(i >= 5 && i < 9 ? /^测试W/ : /^测\*$/);
  });
});

interface Board {
  cursor: string;
  tally: Record<string, number>;
  units: { unit: { code: string }; tally: Record<string, number> }[];
}

test('a scoreboard comes whole at once and ends equal to what SQL counts', async () => {
  const query = `subscription ($event: ID!, $unit: ID) { scoreboard(event: $event, unit: $unit) {
    cursor tally { checkIns people onSite minutes } units { unit { code } tally { checkIns people onSite minutes } } } }`;
  const { world } = app;
  const whole = follow<Board>(app.socket({ as: 'wall' }), query, { event: world.event.globalId });
  const station = follow<Board>(app.socket({ as: 'wall' }), query, {
    event: world.event.globalId,
    unit: world.stations[0]!.globalId,
  });
  await until(() => whole.seen.length > 0 && station.seen.length > 0, 'the first scoreboards');
  expect(whole.seen[0]!.units.map((line) => line.unit.code)).toEqual(world.schools.map((school) => school.code));
  await Promise.all(range(4, 20).map((volunteer) => checkOut(app, scan(world, volunteer, null))));
  await Promise.all(range(4, 20).map((volunteer) => checkIn(app, scan(world, volunteer, (volunteer * 7) % 24))));

  const { cursor, tally } = await snapshot();
  await until(() => whole.seen.at(-1)!.cursor === cursor, 'the last scoreboard');
  expect(whole.seen.at(-1)!.tally).toEqual(tally);
  const { rows } = await app.sql.query(
    `select count(*) filter (where direction = 'IN')::int as "checkIns",
       count(distinct volunteer_id) filter (where direction = 'IN')::int as people,
       (select count(*)::int from presence where post_id is not null) as "onSite" from check_in`,
  );
  expect(tally).toMatchObject(rows[0]);
  const { rows: teams } = await app.sql.query(
    `select u.code, count(distinct c.volunteer_id) filter (where direction = 'IN')::int as people
     from service_unit u left join check_in c on c.team_id = u.id where u.parent_id = $1 group by 1 order by 1`,
    [world.stations[0]!.id],
  );
  await until(
    () => station.seen.at(-1)!.units.every((line, i) => line.tally.people === teams[i].people),
    'the last scoreboard of the station',
  );
});

test('a running scoreboard has the names that its units have now, and the units, also when nobody checks in', async () => {
  const { world } = app;
  const query = `subscription ($event: ID!, $unit: ID) { scoreboard(event: $event, unit: $unit) {
    units { unit { code name } tally { people } } } }`;
  interface Named {
    units: { unit: { code: string; name: string }; tally: { people: number } }[];
  }
  const [school, station] = [world.schools[0]!, world.stations[0]!];
  const event = world.event.globalId;
  const whole = follow<Named>(app.socket({ as: 'wall' }), query, { event });
  // A partner's scoreboard counts more than it shows.
  const partner = follow<Named>(app.socket({ as: 'partner' }), query, { event, unit: school.globalId });
  await until(() => whole.seen.length > 0 && partner.seen.length > 0, 'the first scoreboards');
  const promised = 2_000;

  await app.sql.query("update service_unit set name = '改名学校' where id = $1", [school.id]);
  await app.sql.query("update service_unit set name = '改名服务社' where id = $1", [station.id]);
  const shows = ({ seen }: typeof whole, name: string) => seen.at(-1)!.units.some(({ unit }) => unit.name === name);
  await until(() => shows(whole, '改名学校') && shows(partner, '改名服务社'), 'the new names', promised);
  expect(whole.seen.at(-1)!.units.map(({ tally }) => tally)).toEqual(whole.seen[0]!.units.map(({ tally }) => tally));

  await app.sql.query("insert into service_unit (level, code, name) values (1, 'ZZ', '新学校')");
  await until(() => shows(whole, '新学校'), 'the new school', promised);
  expect(whole.seen.at(-1)!.units.at(-1)).toEqual({ unit: { code: 'ZZ', name: '新学校' }, tally: { people: 0 } });
  await app.sql.query("delete from service_unit where code = 'ZZ'");
  await until(() => !shows(whole, '新学校'), 'the end of the new school', promised);
});

test('a restored database: streams end with CURSOR_EXPIRED, and a new snapshot goes on', async () => {
  const { cursor } = await snapshot();
  const screen = wall({ after: cursor });
  await checkOut(app, scan(app.world, 5, null));
  await until(() => screen.seen.length > 0, 'the stream to be live');
  await app.sql.query("update feed set epoch = 'abcdef01'");
  await until(() => screen.ended.error, 'the end of the stream');
  expect(screen.ended.error).toMatchObject([{ extensions: { code: 'CURSOR_EXPIRED' } }]);
  const again = wall({ after: (await snapshot()).cursor });
  await checkIn(app, scan(app.world, 5, 5));
  await until(() => again.seen.length > 0, 'the new stream');
});

test('a restored database: what is recorded from then on never reaches a stream of the old history', async () => {
  const { cursor } = await snapshot();
  const screen = wall({ after: cursor });
  await checkIn(app, scan(app.world, 6, 1));
  await until(() => screen.seen.length > 0, 'the stream to be live');
  const shown = screen.sequences();
  // Rings the bell before any node has looked which history it is.
  await app.sql.query("update feed set epoch = 'abcdef02'");
  await checkIn(app, scan(app.world, 6, 2));
  await until(() => screen.ended.error, 'the end of the stream');
  expect(screen.ended.error).toMatchObject([{ extensions: { code: 'CURSOR_EXPIRED' } }]);
  expect(screen.sequences()).toEqual(shown);
});

test('a cursor of the new history goes on at once, also where nobody has noticed it yet', async () => {
  const old = wall({ after: (await snapshot()).cursor });
  await checkIn(app, scan(app.world, 6, 3));
  await until(() => old.seen.length > 0, 'the feed to be followed');
  await app.sql.query("update feed set epoch = 'abcdef03'");
  const screen = wall({ after: (await snapshot()).cursor });
  await checkIn(app, scan(app.world, 6, 4));
  await until(() => screen.seen.length > 0, 'the new stream');
  expect(screen.ended).toEqual({ done: false });
});

test('a stream that is left on a quiet feed is let go at once, not at the next check-in', async () => {
  let letGo = false;
  const stream = abortable(async function* (signal) {
    try {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      yield* [];
    } finally {
      letGo = true;
    }
  });
  const waiting = stream.next();
  await stream.return?.();
  expect(await waiting).toEqual({ done: true, value: undefined });
  expect(letGo).toBe(true);
});

test('two nodes on one database show the same feed', async () => {
  const other = await app.anotherNode();
  const { cursor } = await snapshot();
  const client = createClient({
    url: `${other.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: { authorization: `Bearer ${app.keys.wall}` },
  });
  const there = follow<Frame>(client, checkInsDocument, { event: app.world.event.globalId, after: cursor });
  const here = wall({ after: cursor });
  await checkIn(app, scan(app.world, 30, 7));
  await checkIn(app, scan(app.world, 31, 8));
  await until(() => there.seen.flatMap((frame) => frame.checkIns).length >= 2, 'the other node');
  await until(() => here.sequences().length >= 2, 'this node');
  expect(there.seen.flatMap((frame) => frame.checkIns.map((row) => row.sequence))).toEqual(here.sequences());
  await client.dispose();
});
