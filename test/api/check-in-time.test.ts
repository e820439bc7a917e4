import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addEvent, type Built } from '../../seeds/builders.js';
import { checkIn, checkOut, scan, startTestApp, type TestApp } from '../support/app.js';
import { codesOf, keptTallies, phoneScan, recountedTallies, tallyOf } from './asking.js';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** A quarter to ten in Dongying; the event has been going on for an hour and goes on for eight. */
const start = new Date('2026-06-16T01:45:10.000Z');

let now = start;
const after = (ms: number, time = start) => new Date(time.getTime() + ms);
const iso = (ms: number) => after(ms).toISOString();

let app: TestApp;
/** Goes on for five days. */
let camp: Built;
beforeAll(async () => {
  app = await startTestApp({ clock: () => now, world: { posts: 3, volunteers: 60, now: start } });
  camp = await addEvent(app.sql, {
    code: 'camp',
    title: '夏令营',
    startsAt: after(-hourMs),
    endsAt: after(120 * hourMs),
  });
});
afterAll(() => app.close());
beforeEach(() => {
  now = start;
});

let people = 0;
const somebody = () => people++;

const rowsOf = async (person: number) =>
  (
    await app.sql.query('select * from check_in where volunteer_id = $1 order by event_id, sequence', [
      app.world.volunteers[person]!.id,
    ])
  ).rows;

describe("a post's code", () => {
  test('is taken until a minute after it has left the screen, and then is PASS_EXPIRED', async () => {
    const [late, tooLate] = [somebody(), somebody()];
    const codes = [await codesOf(app, late, 0), await codesOf(app, tooLate, 0)];
    // The screen changes at 45:30.
    now = after(80_000);
    expect(await checkIn(app, phoneScan(app, codes[0]!), { as: null })).toMatchObject({
      __typename: 'CheckInRecorded',
    });
    now = after(80_001);
    expect(await checkIn(app, phoneScan(app, codes[1]!), { as: null })).toMatchObject({
      __typename: 'PassRejected',
      reason: 'PASS_EXPIRED',
      message: expect.stringContaining('过期'),
    });
    expect(await rowsOf(tooLate)).toEqual([]);
  });

  test.each([
    ['twenty minutes', 20 * minuteMs],
    ['three days', 72 * hourMs],
  ])('scanned without a network and sent %s later, it counts at its time and is flagged', async (_, ms) => {
    const person = somebody();
    const codes = await codesOf(app, person, 0, camp);
    now = after(ms);
    const input = phoneScan(app, codes, { event: camp.globalId, at: iso(5_000) });
    expect(await checkIn(app, input, { as: null })).toMatchObject({ __typename: 'CheckInRecorded', replayed: false });
    expect(await rowsOf(person)).toMatchObject([{ review: 'LATE', at: after(5_000), recorded_at: now, minutes: null }]);
  });

  test('a screenshot of it does not serve later, whatever is told', async () => {
    const person = somebody();
    const codes = await codesOf(app, person, 0);
    now = after(30 * minuteMs);
    for (const at of [undefined, iso(30 * minuteMs), iso(10 * minuteMs), iso(2 * minuteMs), iso(60 * minuteMs)]) {
      expect(await checkIn(app, phoneScan(app, codes, { at }), { as: null })).toMatchObject({ reason: 'PASS_EXPIRED' });
    }
  });

  test.each([
    ['a minute behind', -minuteMs, null],
    ['ten minutes behind', -10 * minuteMs, 'CLOCK'],
    ['two hours behind', -2 * hourMs, 'CLOCK'],
    ['days behind', -72 * hourMs, 'CLOCK'],
    ['in the year 1970', -start.getTime(), 'CLOCK'],
    ['a minute ahead', minuteMs, null],
    ['two hours ahead', 2 * hourMs, 'CLOCK'],
    ['days ahead', 72 * hourMs, 'CLOCK'],
  ])('is taken from a phone whose clock is %s', async (_, ms, review) => {
    const person = somebody();
    const codes = await codesOf(app, person, 1);
    const answer = await checkIn(app, phoneScan(app, codes, { at: iso(ms) }), { as: null });
    expect(answer).toMatchObject({ __typename: 'CheckInRecorded' });
    expect(await rowsOf(person)).toMatchObject([{ review, recorded_at: now }]);
    // Whatever it says, the code was on the screen just now: no service is gained by turning a clock back.
    now = after(minuteMs);
    const { minutes } = await checkOut(app, scan(app.world, person, null));
    expect(minutes).toBeLessThanOrEqual(2);
  });

  test('may be typed as people type', async () => {
    const person = somebody();
    const { pass, postCode } = await codesOf(app, person, 0);
    const typed = postCode
      .toLowerCase()
      .replace(/(....)(....)(....)/, ' $1 $2-$3 ')
      .replaceAll('0', 'o')
      .replaceAll('1', 'l');
    expect((await checkIn(app, phoneScan(app, { pass, postCode: typed }), { as: null })).__typename).toBe(
      'CheckInRecorded',
    );
  });
});

describe("a volunteer's pass", () => {
  const passScan = (person: number, pass: string, more: object = {}) => ({
    ...scan(app.world, person, 0),
    volunteer: undefined,
    pass,
    method: 'VOLUNTEER_PASS',
    ...more,
  });

  test('of another event is PASS_WRONG_EVENT', async () => {
    const person = somebody();
    const { pass } = await codesOf(app, person, 0, camp);
    expect(await checkIn(app, passScan(person, pass))).toMatchObject({
      reason: 'PASS_WRONG_EVENT',
      message: expect.stringContaining('另一场'),
    });
    expect(await checkOut(app, passScan(person, pass))).toMatchObject({ reason: 'PASS_WRONG_EVENT' });
    expect(await rowsOf(person)).toEqual([]);
  });

  test('lasts until check-in closes; what happened before that may still be told', async () => {
    const [told, silent] = [somebody(), somebody()];
    const passes = [(await codesOf(app, told, 0)).pass, (await codesOf(app, silent, 0)).pass];
    now = after(14 * hourMs + 1_001);
    expect(await checkIn(app, passScan(silent, passes[1]!))).toMatchObject({ reason: 'PASS_EXPIRED' });
    expect(await checkIn(app, passScan(told, passes[0]!, { at: iso(hourMs) }))).toMatchObject({ replayed: false });
    expect(await rowsOf(told)).toMatchObject([{ review: 'LATE', at: after(hourMs) }]);
  });
});

describe('the same key again', () => {
  test('gets its first answer, long after its code has expired', async () => {
    const person = somebody();
    const input = phoneScan(app, await codesOf(app, person, 2));
    const first = await checkIn(app, input, { as: null });
    for (const ms of [2 * minuteMs, 13 * hourMs, 100 * 24 * hourMs]) {
      now = after(ms);
      expect(await checkIn(app, input, { as: null })).toEqual({ ...first, replayed: true });
      expect((await checkIn(app, { ...input, note: 'x' }, { as: null })).code).toBe('IDEMPOTENCY_MISMATCH');
      expect((await checkOut(app, input, { as: null })).code).toBe('IDEMPOTENCY_MISMATCH');
    }
    expect(await rowsOf(person)).toHaveLength(1);
  });

  test('is told of the first scan again, when that was its answer', async () => {
    const person = somebody();
    const first = await checkIn(app, scan(app.world, person, 2));
    const input = phoneScan(app, await codesOf(app, person, 2));
    const already = await checkIn(app, input, { as: null });
    expect(already).toMatchObject({ __typename: 'AlreadyCheckedIn', checkIn: { id: first.checkIn!.id } });
    await checkOut(app, scan(app.world, person, null));
    now = after(2 * hourMs);
    expect(await checkIn(app, input, { as: null })).toEqual(already);
    expect(await rowsOf(person)).toHaveLength(2);
  });

  test('of a check-out gets its minutes again', async () => {
    const person = somebody();
    await checkIn(app, scan(app.world, person, 0));
    now = after(50 * minuteMs);
    const input = scan(app.world, person, null);
    const first = await checkOut(app, input);
    expect(first).toMatchObject({ __typename: 'CheckOutRecorded', minutes: 50, replayed: false });
    now = after(5 * hourMs);
    expect(await checkOut(app, input)).toEqual({ ...first, replayed: true });
    expect((await checkIn(app, { ...scan(app.world, person, 0), key: input.key })).code).toBe('IDEMPOTENCY_MISMATCH');
  });

  test('is as good as new when the first time was refused', async () => {
    const person = somebody();
    const input = scan(app.world, person, 0);
    now = after(-3 * hourMs - 1);
    expect(await checkIn(app, input)).toMatchObject({ __typename: 'CheckInClosed' });
    now = start;
    expect(await checkIn(app, input)).toMatchObject({ replayed: false });
  });
});

describe('hours', () => {
  test('check-in opens two hours before the event and closes six hours after it, in the community’s time', async () => {
    const person = somebody();
    const closed = {
      __typename: 'CheckInClosed',
      opensAt: iso(-3 * hourMs),
      closesAt: iso(14 * hourMs),
      message: expect.stringMatching(/6\/16\D+06:45.*6\/16\D+23:45/),
    };
    now = after(-3 * hourMs - 1);
    expect(await checkIn(app, scan(app.world, person, 0))).toMatchObject(closed);
    now = after(14 * hourMs + 1);
    expect(await checkIn(app, scan(app.world, person, 0))).toMatchObject(closed);
    expect(await checkOut(app, scan(app.world, person, 0))).toMatchObject({ __typename: 'CheckInClosed' });
    now = after(14 * hourMs);
    expect(await checkIn(app, scan(app.world, person, 0))).toMatchObject({ __typename: 'CheckInRecorded' });
  });

  test('“already in” says when, by the community’s clock, and where', async () => {
    const person = somebody();
    await checkIn(app, scan(app.world, person, 1));
    now = after(90 * minuteMs);
    for (const locale of ['zh-CN', 'en']) {
      const { message } = await checkIn(app, scan(app.world, person, 1), { locale });
      expect(message).toContain('09:45');
      expect(message).toContain(app.world.posts[1]!.code);
    }
  });

  test('midnight is 00, not 24', async () => {
    const person = somebody();
    now = new Date('2026-06-16T16:05:00Z');
    await checkIn(app, scan(app.world, person, 1, { event: camp.globalId }));
    for (const locale of ['zh-CN', 'en']) {
      const { message } = await checkIn(app, scan(app.world, person, 1, { event: camp.globalId }), { locale });
      expect(message).toContain('00:05');
    }
  });
});

describe('stays', () => {
  /** The minutes of a stay at the camp from `fromMs` to `toMs` after the start, by what the answer and the tallies say. */
  async function stay(fromMs: number, toMs: number) {
    const person = somebody();
    const before = await tallyOf(app, camp.globalId);
    now = after(fromMs);
    await checkIn(app, scan(app.world, person, 0, { event: camp.globalId }));
    now = after(toMs);
    const { minutes } = await checkOut(app, scan(app.world, person, null, { event: camp.globalId }));
    const { minutes: sum, onSite } = await tallyOf(app, camp.globalId);
    expect(onSite).toBe(before.onSite);
    return { minutes, counted: sum - before.minutes, review: (await rowsOf(person)).at(-1).review };
  }

  test('count whole minutes, over midnight too', async () => {
    expect(await stay(0, 90 * minuteMs + 59_999)).toEqual({ minutes: 90, counted: 90, review: null });
    // 23:50 to 00:10 in Dongying.
    const tenToMidnight = new Date('2026-06-16T15:50:00Z').getTime() - start.getTime();
    expect(await stay(tenToMidnight, tenToMidnight + 20 * minuteMs)).toEqual({
      minutes: 20,
      counted: 20,
      review: null,
    });
  });

  test('of a day count, of 25 hours wait for somebody to look', async () => {
    expect(await stay(0, 24 * hourMs)).toEqual({ minutes: 1440, counted: 1440, review: null });
    expect(await stay(0, 25 * hourMs)).toEqual({ minutes: null, counted: 0, review: 'LONG_STAY' });
  });

  test('told by a batch out of order and three days late count once, and are flagged', async () => {
    const person = somebody();
    const before = await tallyOf(app, camp.globalId);
    now = after(72 * hourMs);
    const batch = (more: object) => scan(app.world, person, 0, { event: camp.globalId, ...more });
    const out = batch({ at: iso(3 * hourMs) });
    const arrival = batch({ at: iso(hourMs) });
    for (let again = 0; again < 2; again++) {
      expect(await checkOut(app, out)).toMatchObject({ minutes: null, replayed: again > 0 });
      expect(await checkIn(app, arrival)).toMatchObject({ replayed: again > 0 });
    }
    expect(await tallyOf(app, camp.globalId)).toEqual({
      checkIns: before.checkIns + 1,
      people: before.people + 1,
      onSite: before.onSite,
      minutes: before.minutes + 120,
    });
    expect(await rowsOf(person)).toMatchObject([
      { direction: 'OUT', review: 'OUT_WITHOUT_IN' },
      { direction: 'IN', review: 'LATE', arrives: false, minutes: 120 },
    ]);
  });

  test('with clocks that are wrong count once, and nobody stays a negative time', async () => {
    const person = somebody();
    const at = (ms: number) => ({ event: camp.globalId, at: iso(ms) });
    await checkIn(app, scan(app.world, person, 0, at(0)));
    now = after(hourMs);
    // Before the check-in, by a clock that is behind: kept, the stay goes on.
    expect(await checkOut(app, scan(app.world, person, null, at(-30 * minuteMs)))).toMatchObject({ minutes: null });
    // A move that says it was before the arrival.
    await checkIn(app, scan(app.world, person, 1, at(-10 * minuteMs)));
    // Far ahead: now has to do.
    expect(await checkOut(app, scan(app.world, person, null, at(240 * hourMs)))).toMatchObject({ minutes: 70 });
    expect(await rowsOf(person)).toMatchObject([
      { direction: 'IN', review: null },
      { direction: 'OUT', review: 'CLOCK', minutes: null },
      { direction: 'IN', review: 'CLOCK', minutes: 0 },
      { direction: 'OUT', review: 'CLOCK', minutes: 70 },
    ]);
  });

  test('what was given in advance is taken from two events apart', async () => {
    const person = somebody();
    await checkIn(app, scan(app.world, person, 0));
    await checkIn(app, scan(app.world, person, 1, { event: camp.globalId }));
    now = after(10 * minuteMs);
    expect(await checkOut(app, scan(app.world, person, null))).toMatchObject({
      minutes: 10,
      checkIn: { post: { id: app.world.posts[0]!.globalId } },
    });
    expect(
      await checkOut(app, scan(app.world, person, null, { event: camp.globalId, key: randomUUID() })),
    ).toMatchObject({
      minutes: 10,
      checkIn: { post: { id: app.world.posts[1]!.globalId } },
    });
  });
});

test('after all of it, what is kept equals what the log and the whereabouts say', async () => {
  for (const { id } of [app.world.event, camp]) {
    const kept = await keptTallies(app, id);
    expect(kept.size).toBeGreaterThan(3);
    expect(kept).toEqual(await recountedTallies(app, id));
  }
});
