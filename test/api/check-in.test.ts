import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkIn, checkOut, scan, startTestApp, type TestApp } from '../support/app.js';
import { codesOf, phoneScan, tallyOf as askTally } from './asking.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ world: { schools: 2, stations: 2, teams: 2, posts: 2, volunteers: 30 } });
});
afterAll(() => app.close());

const tallyOf = (id: string) => askTally(app, id);

test('a check-in is recorded, counted at all four levels and in the event', async () => {
  const { world } = app;
  const before = await Promise.all([world.posts[0]!, world.teams[0]!, world.event].map((it) => tallyOf(it.globalId)));
  const answer = await checkIn(app, scan(world, 0, 0));
  expect(answer).toMatchObject({ __typename: 'CheckInRecorded', replayed: false });
  expect(answer.checkIn).toMatchObject({ direction: 'IN', post: { id: world.posts[0]!.globalId } });
  const after = await Promise.all([world.posts[0]!, world.teams[0]!, world.event].map((it) => tallyOf(it.globalId)));
  after.forEach((tally, i) => {
    expect(tally).toEqual({
      ...before[i],
      checkIns: before[i]!.checkIns + 1,
      people: before[i]!.people + 1,
      onSite: before[i]!.onSite + 1,
    });
  });
});

test('the same key twenty times at once: one row, twenty equal answers', async () => {
  const input = scan(app.world, 1, 0);
  const answers = await Promise.all(Array.from({ length: 20 }, () => checkIn(app, input)));
  expect(new Set(answers.map((answer) => answer.checkIn?.id)).size).toBe(1);
  expect(answers.filter((answer) => answer.replayed === false)).toHaveLength(1);
  const { rows } = await app.sql.query('select count(*)::int as n from check_in where volunteer_id = $1', [
    app.world.volunteers[1]!.id,
  ]);
  expect(rows[0].n).toBe(1);
});

test('the same key with another body is refused and writes nothing', async () => {
  const input = scan(app.world, 2, 0);
  await checkIn(app, input);
  for (const other of [
    { ...input, post: app.world.posts[1]!.globalId },
    { ...input, note: 'x' },
  ]) {
    expect(await checkIn(app, other)).toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' });
  }
  expect((await checkOut(app, input)).code).toBe('IDEMPOTENCY_MISMATCH');
  expect(await checkIn(app, input)).toMatchObject({ replayed: true });
});

test('a second scan at the same post says when and where the first was', async () => {
  const first = await checkIn(app, scan(app.world, 3, 0));
  const second = await checkIn(app, scan(app.world, 3, 0));
  expect(second).toMatchObject({ __typename: 'AlreadyCheckedIn', checkIn: { id: first.checkIn!.id } });
  expect(second.message).toMatch(/\d\d:\d\d/);
});

test('moving, leaving and coming back: one person, counted once wherever they were', async () => {
  const { world } = app;
  const start = await tallyOf(world.event.globalId);
  await checkIn(app, scan(world, 4, 0));
  await checkIn(app, scan(world, 4, 15));
  await checkOut(app, scan(world, 4, null));
  await checkIn(app, scan(world, 4, 0));
  expect(await tallyOf(world.event.globalId)).toMatchObject({
    checkIns: start.checkIns + 3,
    people: start.people + 1,
    onSite: start.onSite + 1,
  });
  expect(await tallyOf(world.posts[15]!.globalId)).toMatchObject({ checkIns: 1, people: 1, onSite: 0 });
});

test('a check-out before its check-in is kept, and paired when the check-in arrives', async () => {
  const { world } = app;
  const now = Date.now();
  const at = (minutesAgo: number) => new Date(now - minutesAgo * 60_000).toISOString();
  const before = await tallyOf(world.event.globalId);
  const out = await checkOut(app, scan(world, 5, 1, { at: at(2) }));
  expect(out).toMatchObject({ __typename: 'CheckOutRecorded', minutes: null });
  await checkIn(app, scan(world, 5, 1, { at: at(12) }));
  expect(await tallyOf(world.event.globalId)).toEqual({
    checkIns: before.checkIns + 1,
    people: before.people + 1,
    onSite: before.onSite,
    minutes: before.minutes + 10,
  });
});

test('whoever never came and names no post gets a refusal', async () => {
  expect((await checkOut(app, scan(app.world, 6, null))).__typename).toBe('NotCheckedIn');
});

describe('codes', () => {
  const codes = (volunteer: number, post: number) => codesOf(app, volunteer, post);
  const phone = (more: object) => phoneScan(app, more);

  test("a phone with the post's code and its own pass needs no key", async () => {
    const answer = await checkIn(app, phone(await codes(7, 2)), { as: null });
    expect(answer).toMatchObject({
      __typename: 'CheckInRecorded',
      checkIn: { post: { id: app.world.posts[2]!.globalId } },
    });
  });

  test('a forged code or pass is PASS_INVALID', async () => {
    const good = await codes(8, 2);
    const forgedCode = good.postCode.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    const forgedPass = good.pass.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'));
    for (const forged of [
      { ...good, postCode: forgedCode },
      { ...good, pass: forgedPass },
      { ...good, pass: 'nonsense' },
    ]) {
      expect(await checkIn(app, phone(forged), { as: null })).toMatchObject({
        __typename: 'PassRejected',
        reason: 'PASS_INVALID',
      });
    }
  });

  test('nobody says without a key that a leader or a kiosk vouched', async () => {
    for (const method of ['LEADER', 'KIOSK']) {
      const answer = await checkIn(app, { ...phone(await codes(8, 2)), method }, { as: null });
      expect(answer.code).toBe('UNAUTHENTICATED');
    }
  });

  test('ids without the right to vouch', async () => {
    expect((await checkIn(app, scan(app.world, 9, 0), { as: null })).code).toBe('UNAUTHENTICATED');
    expect((await checkIn(app, scan(app.world, 9, 0), { as: 'wall' })).code).toBe('FORBIDDEN');
    expect((await checkIn(app, scan(app.world, 9, 0), { as: 'partner' })).code).toBe('GRAPHQL_VALIDATION_FAILED');
  });
});
