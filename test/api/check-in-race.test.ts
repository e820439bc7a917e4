import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { aWorld, type World } from '../../seeds/builders.js';
import type { App } from '../../server/app.js';
import { checkIn, checkOut, scan, startTestApp, until, type Answer, type Asker, type TestApp } from '../support/app.js';
import { codesOf, keptTallies, phoneScan, recountedTallies, tallyOf } from './asking.js';

let app: TestApp;
/** The same world, asked through another node. */
let other: TestApp;
let node: App;
let world: World;
let another: World;

beforeAll(async () => {
  app = await startTestApp();
  node = await app.anotherNode();
  other = { ...app, url: node.url, ask: askOther };
});
afterAll(() => app.close());

let worlds = 0;
/** Every test has places, people and two events of its own. */
beforeEach(async () => {
  const size = { schools: 2, stations: 1, teams: 1, posts: 10, volunteers: 20 };
  world = await aWorld(app.sql, { ...size, prefix: `R${++worlds}X` });
  another = { ...world, event: (await aWorld(app.sql, { prefix: `R${worlds}Y` })).event };
});

/** What `app.ask` does, with the other node. */
async function askOther<T>(query: string, variables?: Record<string, unknown>, asker: Asker = {}): Promise<Answer<T>> {
  const { as = 'leader' } = asker;
  const key = typeof as === 'string' ? app.keys[as] : as?.key;
  const response = await fetch(`${node.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key ? { authorization: `Bearer ${key}` } : {}) },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as Answer<T>;
}

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

/** Every sequence once, tallies as a recount gives them. */
async function expectWhole(event: { id: number }, rows: number) {
  const { rows: log } = await app.sql.query('select sequence from check_in where event_id = $1 order by 1', [event.id]);
  expect(log.map((row) => row.sequence)).toEqual(times(rows, (i) => i + 1));
  const kept = await keptTallies(app, event.id);
  const none = { checkIns: 0, people: 0, onSite: 0, minutes: 0 };
  const recounted = await recountedTallies(app, event.id);
  for (const [unit, tally] of kept) expect([unit, tally]).toEqual([unit, recounted.get(unit) ?? none]);
  for (const unit of recounted.keys()) expect(kept.has(unit)).toBe(true);
}

test('twenty rounds of one key twenty times at once, on two nodes: one row and twenty equal answers each', async () => {
  for (let round = 0; round < 20; round++) {
    const input = scan(world, round, round % 10);
    const answers = await Promise.all(times(20, (i) => checkIn(i % 2 ? other : app, input)));
    const { checkIn: row } = answers[0]!;
    for (const { replayed: _, ...answer } of answers) {
      expect(answer).toEqual({ __typename: 'CheckInRecorded', checkIn: row, code: undefined, errors: undefined });
    }
    expect(answers.filter((answer) => answer.replayed === false)).toHaveLength(1);
  }
  await expectWhole(world.event, 20);
  expect(await tallyOf(app, world.event.globalId)).toEqual({ checkIns: 20, people: 20, onSite: 20, minutes: 0 });
});

test('one key twenty times at once with two bodies: one of them wins, the other is refused', async () => {
  const input = scan(world, 0, 0);
  const answers = await Promise.all(
    times(20, (i) => checkIn(i % 4 < 2 ? app : other, { ...input, note: i % 2 ? 'a' : 'b' })),
  );
  const ids = new Set(answers.map((answer) => answer.checkIn?.id).filter(Boolean));
  expect(ids.size).toBe(1);
  expect(answers.filter((answer) => answer.code === 'IDEMPOTENCY_MISMATCH')).toHaveLength(10);
  expect(answers.filter((answer) => answer.replayed === false)).toHaveLength(1);
  await expectWhole(world.event, 1);
});

test('one key at once in two events: it counts in one of them', async () => {
  let rows = 0;
  for (let round = 0; round < 10; round++) {
    const input = scan(world, round, 0);
    const answers = await Promise.all(
      times(8, (i) => {
        const event = i % 2 ? another.event.globalId : world.event.globalId;
        return checkIn(i % 4 < 2 ? app : other, { ...input, event });
      }),
    );
    expect(answers.filter((answer) => answer.replayed === false)).toHaveLength(1);
    expect(answers.filter((answer) => answer.replayed === true)).toHaveLength(3);
    expect(answers.filter((answer) => answer.code === 'IDEMPOTENCY_MISMATCH')).toHaveLength(4);
    const { rows: found } = await app.sql.query('select event_id from check_in where volunteer_id = $1', [
      world.volunteers[round]!.id,
    ]);
    expect(found).toHaveLength(1);
    rows += found[0].event_id === world.event.id ? 1 : 0;
  }
  await expectWhole(world.event, rows);
  await expectWhole(another.event, 10 - rows);
});

test('one screenshot on two kiosks in one second: one row', async () => {
  const there = { ...app, world };
  for (let round = 0; round < 10; round++) {
    const codes = await codesOf(there, round, 3);
    const [first, second] = await Promise.all([
      checkIn(app, phoneScan(there, codes), { as: null }),
      checkIn(other, phoneScan(there, codes), { as: 'leader' }),
    ]);
    const [recorded, already] = first.__typename === 'CheckInRecorded' ? [first, second] : [second, first];
    expect([recorded.__typename, already.__typename]).toEqual(['CheckInRecorded', 'AlreadyCheckedIn']);
    expect(already.checkIn!.id).toBe(recorded.checkIn!.id);
  }
  await expectWhole(world.event, 10);
});

test('one person at ten posts at once is counted once, and on site at one', async () => {
  const answers = await Promise.all(times(10, (post) => checkIn(post % 2 ? other : app, scan(world, 0, post * 2))));
  expect(new Set(answers.map((answer) => answer.__typename))).toEqual(new Set(['CheckInRecorded']));
  expect(await tallyOf(app, world.event.globalId)).toEqual({ checkIns: 10, people: 1, onSite: 1, minutes: 0 });
  const ofPosts = await Promise.all(world.posts.map((post) => tallyOf(app, post.globalId, world.event.globalId)));
  expect(ofPosts.reduce((sum, tally) => sum + tally.onSite, 0)).toBe(1);
  expect(ofPosts.filter((tally) => tally.people === 1)).toHaveLength(10);
  // It is the last in the feed that counts.
  const last = answers.reduce((a, b) => (a.checkIn!.sequence > b.checkIn!.sequence ? a : b));
  expect((await tallyOf(app, last.checkIn!.post.id, world.event.globalId)).onSite).toBe(1);
  await expectWhole(world.event, 10);
});

test('the same scan by ten keys at once: one row, nine are told of it', async () => {
  const answers = await Promise.all(
    times(10, (i) => checkIn(i % 2 ? other : app, { ...scan(world, 0, 0), key: randomUUID() })),
  );
  const recorded = answers.filter((answer) => answer.__typename === 'CheckInRecorded');
  expect(recorded).toHaveLength(1);
  const already = answers.filter((answer) => answer.__typename === 'AlreadyCheckedIn');
  expect(already.map((answer) => answer.checkIn!.id)).toEqual(times(9, () => recorded[0]!.checkIn!.id));
  await expectWhole(world.event, 1);
});

test('in, out and moves of the same few people in any order leave whole numbers', async () => {
  const answers = await Promise.all(
    times(200, (i) => {
      const person = i % 5;
      const through = i % 3 ? app : other;
      // Multiples that have no part in common with the people's number mix who does what.
      return (i * 7) % 4 === 0
        ? checkOut(through, scan(world, person, i % 2 ? null : (i * 3) % 20))
        : checkIn(through, scan(world, person, (i * 11) % 20));
    }),
  );
  for (const { errors } of answers) expect(errors).toBeUndefined();
  const rows = answers.filter((answer) => answer.__typename?.endsWith('Recorded')).length;
  expect(rows).toBeGreaterThan(50);
  await expectWhole(world.event, rows);
  expect((await tallyOf(app, world.event.globalId)).people).toBe(5);
});

test('two nodes have decided about one person before either could store: the later one decides again', async () => {
  const holder = await app.sql.connect();
  try {
    await holder.query('begin');
    await holder.query('select from feed where event_id = $1 for update', [world.event.id]);
    const answers = Promise.all([checkIn(app, scan(world, 0, 0)), checkIn(other, scan(world, 0, 1))]);
    await until(async () => {
      const { rows } = await app.sql.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return rows.length === 2;
    }, 'both nodes to wait for the feed');
    await holder.query('rollback');
    expect((await answers).map((answer) => answer.__typename)).toEqual(['CheckInRecorded', 'CheckInRecorded']);
  } finally {
    holder.release(true);
  }
  expect(await tallyOf(app, world.event.globalId)).toEqual({ checkIns: 2, people: 1, onSite: 1, minutes: 0 });
  await expectWhole(world.event, 2);
});
