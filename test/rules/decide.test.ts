import { describe, expect, test } from 'vitest';
import {
  decide,
  nowhere,
  type Circumstances,
  type Decision,
  type Scan,
  type Whereabouts,
} from '../../server/check-in/check-in.rules.js';
import { CheckInDirection, CheckInMethod, ReviewReason } from '../../server/feed/check-in.entity.js';
import { post } from './places.js';

const { IN, OUT } = CheckInDirection;
const here = post(1111);
const otherPost = post(1112);
const opensAt = new Date('2026-06-16T00:00:00Z');
const closesAt = new Date('2026-06-18T00:00:00Z');
const now = new Date('2026-06-17T09:00:00Z');

const before = (minutes: number, time = now) => new Date(time.getTime() - minutes * 60_000);
const after = (minutes: number, time = now) => before(-minutes, time);

function scan(direction: CheckInDirection, more: Partial<Scan> = {}): Scan {
  return {
    key: 'key',
    bodyHash: 'hash',
    direction,
    method: CheckInMethod.LEADER,
    postId: here.postId,
    volunteerId: 1,
    at: null,
    note: null,
    recordedBy: null,
    scopeId: null,
    ...more,
  };
}

/** What is decided about a scan; the post that it names is there, unless told otherwise. */
function decided(it: Scan, circumstances: Partial<Circumstances> = {}): Decision {
  const named = it.postId === null ? undefined : post(it.postId);
  const usual = { window: { opensAt, closesAt }, post: named, volunteerExists: true, whereabouts: nowhere, now };
  return decide(it, { ...usual, ...circumstances });
}

function recorded(it: Scan, circumstances: Partial<Circumstances> = {}) {
  const decision = decided(it, circumstances);
  if (decision.kind !== 'record') throw new Error(`not recorded but ${decision.kind}`);
  return { ...decision.effect, next: decision.whereabouts(7) };
}

/** Somebody who has been at `postId` since `since`, and before that at other posts. */
function present(since: Date, postId = here.postId, earlier: number[] = []): Whereabouts {
  return {
    stay: { ...post(postId), since, inSequence: 3 },
    pendingOutAt: null,
    visits: [...earlier, postId].map(post),
  };
}

const gone = (...visits: number[]): Whereabouts => ({ stay: null, pendingOutAt: null, visits: visits.map(post) });

describe('whom and what there is not', () => {
  test.each<[string, Scan, Partial<Circumstances>]>([
    ['an unknown person', scan(IN), { volunteerExists: false }],
    ['an unknown post', scan(IN), { post: undefined }],
    ['an unknown person who leaves', scan(OUT), { volunteerExists: false }],
    ['an unknown post, on leaving', scan(OUT), { post: undefined }],
    ['a post outside the recorder’s unit', scan(IN, { scopeId: 2 }), {}],
    ['a post beside the recorder’s post', scan(IN, { scopeId: 1112 }), {}],
    ['leaving at a post outside the recorder’s unit', scan(OUT, { scopeId: 2 }), { whereabouts: present(before(5)) }],
    [
      'somebody who is outside the recorder’s unit, leaving wherever they are',
      scan(OUT, { postId: null, scopeId: 2 }),
      { whereabouts: present(before(5)) },
    ],
    [
      'somebody who is elsewhere than the post within the recorder’s unit',
      scan(OUT, { scopeId: 1 }),
      { whereabouts: present(before(5), 2111) },
    ],
    [
      'somebody who has left a post outside the recorder’s unit',
      scan(OUT, { postId: null, scopeId: 2 }),
      { whereabouts: gone(1111) },
    ],
  ])('%s is absent', (_, it, circumstances) => {
    expect(decided(it, circumstances)).toEqual({ kind: 'absent' });
  });

  test.each([1111, 111, 11, 1])('a recorder of unit %i may record at post 1111', (scopeId) => {
    expect(decided(scan(IN, { scopeId })).kind).toBe('record');
    expect(decided(scan(OUT, { scopeId }), { whereabouts: present(before(5)) }).kind).toBe('record');
  });

  test('absence comes before everything else: a closed event does not tell who exists', () => {
    expect(decided(scan(IN), { volunteerExists: false, now: after(1, closesAt) })).toEqual({ kind: 'absent' });
  });

  test('whoever never checked in and names no post has nothing to write down', () => {
    expect(decided(scan(OUT, { postId: null }))).toEqual({ kind: 'no-post' });
  });
});

describe('when', () => {
  const at = (it: Date | null, time: Date) => decided(scan(IN, { at: it }), { now: time }).kind;

  test('check-in is open from its first to its last millisecond', () => {
    expect(at(null, opensAt)).toBe('record');
    expect(at(null, closesAt)).toBe('record');
    expect(at(null, new Date(opensAt.getTime() - 1))).toBe('closed');
    expect(at(null, new Date(closesAt.getTime() + 1))).toBe('closed');
  });

  test('a report that comes in after the close counts when it tells of a time before', () => {
    const told = before(1, closesAt);
    expect(at(told, after(600, closesAt))).toBe('record');
    expect(recorded(scan(IN, { at: told }), { now: after(600, closesAt) })).toMatchObject({
      at: told,
      review: ReviewReason.LATE,
      next: { stay: { since: told } },
    });
  });

  test('out of hours by both clocks is closed', () => {
    expect(at(before(1, opensAt), after(1, closesAt))).toBe('closed');
    expect(at(after(1, closesAt), before(1, opensAt))).toBe('closed');
  });

  test.each<[string, Date | null, ReviewReason | null, Date]>([
    ['no time told: now', null, null, now],
    ['a minute ago', before(1), null, before(1)],
    ['a quarter of an hour ago, to the millisecond', before(15), null, before(15)],
    ['longer ago than that is late', new Date(before(15).getTime() - 1), ReviewReason.LATE, before(15.0000166667)],
    ['three hours ago', before(180), ReviewReason.LATE, before(180)],
    ['two minutes ahead is within a clock’s tolerance, and counts from now', after(2), null, now],
    ['further ahead is a wrong clock', new Date(after(2).getTime() + 1), ReviewReason.CLOCK, now],
    ['before the event opened is a wrong clock', before(1, opensAt), ReviewReason.CLOCK, now],
    ['the year 1970 is a wrong clock', new Date(0), ReviewReason.CLOCK, now],
    ['the year 2090 is a wrong clock', new Date('2090-01-01T00:00:00Z'), ReviewReason.CLOCK, now],
  ])('%s', (_, told, review, since) => {
    const row = recorded(scan(IN, { at: told }));
    expect(row.review).toBe(review);
    expect(row.next.stay?.since.getTime()).toBe(since.getTime());
    // What the device said is kept as it was said.
    expect(row.at).toEqual(told ?? now);
  });

  test.each<[string, Date | null, ReviewReason | null, Date]>([
    ['by two minutes is within its tolerance', before(2), null, before(2)],
    ['by more is wrong, and now has to do', new Date(before(2).getTime() - 1), ReviewReason.CLOCK, now],
    ['by hours is wrong, not late', before(180), ReviewReason.CLOCK, now],
  ])('a clock that the code on the screen shows to be behind %s', (_, told, review, since) => {
    const row = recorded(scan(IN, { at: told, clockBehind: true }));
    expect([row.review, row.next.stay?.since, row.at]).toEqual([review, since, told]);
  });
});

describe('in', () => {
  test('the first time anywhere counts at all five levels', () => {
    expect(recorded(scan(IN))).toEqual({
      ...here,
      direction: IN,
      at: now,
      firstLevels: 5,
      arrives: true,
      review: null,
      endsSequence: null,
      leftPostId: null,
      leftTeamId: null,
      leftStationId: null,
      leftSchoolId: null,
      minutes: null,
      next: { stay: { ...here, since: now, inSequence: 7 }, pendingOutAt: null, visits: [here] },
    });
  });

  test.each([
    [2111, 4, 'in another school'],
    [1211, 3, 'in another station of the school'],
    [1121, 2, 'in another team of the station'],
    [1112, 1, 'at another post of the team'],
    [1111, 0, 'at this post'],
  ])('who was at %i before is new at %i levels: it was %s', (earlier, firstLevels) => {
    expect(recorded(scan(IN), { whereabouts: gone(earlier) }).firstLevels).toBe(firstLevels);
    // The nearest of all earlier visits decides, in whatever order they were.
    expect(recorded(scan(IN), { whereabouts: gone(2222, earlier, 2223) }).firstLevels).toBe(firstLevels);
  });

  test('a second scan at the same post is no row, and says which was the first', () => {
    expect(decided(scan(IN), { whereabouts: present(before(30)) })).toEqual({ kind: 'already', sequence: 3 });
    // Also when it tells of an earlier time than the first one did.
    expect(decided(scan(IN, { at: before(60) }), { whereabouts: present(before(30)) }).kind).toBe('already');
  });

  test('a move is one row that ends the stay before and counts its minutes there', () => {
    const row = recorded(scan(IN, { postId: otherPost.postId }), { whereabouts: present(before(42)) });
    expect(row).toMatchObject({
      ...otherPost,
      direction: IN,
      arrives: true,
      firstLevels: 1,
      endsSequence: 3,
      leftPostId: 1111,
      leftTeamId: 111,
      leftStationId: 11,
      leftSchoolId: 1,
      minutes: 42,
      review: null,
      next: { stay: { ...otherPost, since: now, inSequence: 7 } },
    });
    expect(row.next.visits.map((visit) => visit.postId)).toEqual([1111, 1112]);
  });

  test('a move that happened before the present stay began takes no minutes from it', () => {
    const row = recorded(scan(IN, { postId: 1112, at: before(60) }), { whereabouts: present(before(30)) });
    expect(row).toMatchObject({ endsSequence: 3, minutes: 0, review: ReviewReason.CLOCK });
  });

  test('coming back is a stay of its own, new at no level', () => {
    const row = recorded(scan(IN), { whereabouts: gone(1111, 1112) });
    expect(row).toMatchObject({ arrives: true, firstLevels: 0, endsSequence: null, leftPostId: null, minutes: null });
    expect(row.next.visits.map((visit) => visit.postId)).toEqual([1112, 1111]);
  });
});

describe('out', () => {
  test.each([null, 1111, 1112])('ends the stay where it is, whatever post is named (%s)', (postId) => {
    const row = recorded(scan(OUT, { postId }), { whereabouts: present(before(90)) });
    expect(row).toEqual({
      ...here,
      direction: OUT,
      at: now,
      firstLevels: 0,
      arrives: false,
      review: null,
      endsSequence: 3,
      leftPostId: 1111,
      leftTeamId: 111,
      leftStationId: 11,
      leftSchoolId: 1,
      minutes: 90,
      next: { stay: null, pendingOutAt: null, visits: [here] },
    });
  });

  test('in the same instant as in: a stay of no minutes', () => {
    expect(recorded(scan(OUT), { whereabouts: present(now) })).toMatchObject({ minutes: 0, review: null });
  });

  test('from before the stay began: kept for review, and the stay goes on', () => {
    const whereabouts = present(before(30));
    const row = recorded(scan(OUT, { at: before(31) }), { whereabouts });
    expect(row).toMatchObject({ review: ReviewReason.CLOCK, minutes: null, endsSequence: null, leftPostId: null });
    expect(row.next).toEqual(whereabouts);
  });

  test('without an in: kept for review, at the post named', () => {
    const row = recorded(scan(OUT, { at: before(5) }));
    expect(row).toMatchObject({ ...here, review: ReviewReason.OUT_WITHOUT_IN, minutes: null, leftPostId: null });
    expect(row.next).toEqual({ stay: null, pendingOutAt: before(5), visits: [] });
  });

  test('a second time, without a post: where the person was last', () => {
    const row = recorded(scan(OUT, { postId: null }), { whereabouts: gone(1111, 1112) });
    expect(row).toMatchObject({ ...otherPost, review: ReviewReason.OUT_WITHOUT_IN });
  });
});

describe('out before in, paired when the in arrives', () => {
  const waiting = (out: Date): Whereabouts => ({ stay: null, pendingOutAt: out, visits: [] });

  test('the stay is complete at once, and nobody is on site', () => {
    const row = recorded(scan(IN, { at: before(70) }), { whereabouts: waiting(before(10)) });
    expect(row).toMatchObject({ arrives: false, firstLevels: 5, minutes: 60, leftPostId: null, endsSequence: null });
    expect(row.next).toEqual({ stay: null, pendingOutAt: null, visits: [here] });
  });

  test('in and out in the same instant', () => {
    const row = recorded(scan(IN, { at: before(10) }), { whereabouts: waiting(before(10)) });
    expect(row).toMatchObject({ arrives: false, minutes: 0 });
  });

  test('an in after that out has nothing to do with it', () => {
    const row = recorded(scan(IN, { at: before(9) }), { whereabouts: waiting(before(10)) });
    expect(row).toMatchObject({ arrives: true, minutes: null });
    expect(row.next).toMatchObject({ stay: { since: before(9) }, pendingOutAt: null });
  });

  test('an in over a day before that out is not its in', () => {
    const out = before(1);
    const dayBefore = before(24 * 60, out);
    expect(recorded(scan(IN, { at: dayBefore }), { whereabouts: waiting(out) })).toMatchObject({ minutes: 1440 });
    const longer = new Date(dayBefore.getTime() - 1);
    expect(recorded(scan(IN, { at: longer }), { whereabouts: waiting(out) })).toMatchObject({
      arrives: true,
      minutes: null,
    });
  });
});

describe('minutes are true', () => {
  /** The minutes of a stay, given as instants. */
  const stay = (from: string, to: string) =>
    recorded(scan(OUT, { at: new Date(to) }), {
      whereabouts: present(new Date(from)),
      window: { opensAt: new Date('2026-01-01T00:00:00Z'), closesAt: new Date('2026-12-31T00:00:00Z') },
      now: new Date(to),
    });

  test.each<[string, string, string, number]>([
    ['parts of a minute do not count', '2026-06-16T10:00:00.000Z', '2026-06-16T10:01:59.999Z', 1],
    ['over midnight', '2026-06-16T23:50:00+08:00', '2026-06-17T00:10:00+08:00', 20],
    ['over the end of February', '2026-02-28T23:30:00+08:00', '2026-03-01T00:30:00+08:00', 60],
    [
      'the clock goes forward in Berlin: 01:30 to 03:30 is one hour',
      '2026-03-29T01:30+01:00',
      '2026-03-29T03:30+02:00',
      60,
    ],
    [
      'the clock goes back in Berlin: 02:30 to 02:30 is one hour',
      '2026-10-25T02:30+02:00',
      '2026-10-25T02:30+01:00',
      60,
    ],
    [
      'the clock goes back in Berlin: 01:30 to 03:30 is three hours',
      '2026-10-25T01:30+02:00',
      '2026-10-25T03:30+01:00',
      180,
    ],
    ['a day to the millisecond', '2026-06-16T08:00:00Z', '2026-06-17T08:00:00.000Z', 1440],
  ])('%s', (_, from, to, minutes) => {
    expect(stay(from, to)).toMatchObject({ minutes, review: null });
  });

  test.each<[string, string, string]>([
    ['a day and a millisecond', '2026-06-16T08:00:00Z', '2026-06-17T08:00:00.001Z'],
    ['25 hours', '2026-06-16T08:00:00Z', '2026-06-17T09:00:00Z'],
    ['25 hours that the clocks on the wall call 24', '2026-10-25T00:30+02:00', '2026-10-26T00:30+01:00'],
  ])('%s: a forgotten check-out, no minutes before somebody has looked', (_, from, to) => {
    expect(stay(from, to)).toMatchObject({ minutes: null, review: ReviewReason.LONG_STAY, endsSequence: 3 });
  });

  test('24 hours that the clocks on the wall call 25 are a day like any other', () => {
    expect(stay('2026-03-28T12:00+01:00', '2026-03-29T13:00+02:00')).toMatchObject({ minutes: 1440, review: null });
  });

  test('a move after 25 hours leaves no minutes either', () => {
    const row = recorded(scan(IN, { postId: 1112 }), { whereabouts: present(before(25 * 60)) });
    expect(row).toMatchObject({ minutes: null, review: ReviewReason.LONG_STAY, leftPostId: 1111 });
  });
});

test('deciding changes nothing that it was given', () => {
  const whereabouts = present(before(10), 1111, [1112]);
  const copy = structuredClone(whereabouts);
  for (const it of [scan(IN), scan(IN, { postId: 1112 }), scan(OUT), scan(OUT, { at: before(20) })]) {
    const decision = decided(it, { whereabouts });
    if (decision.kind === 'record') decision.whereabouts(9);
    expect(whereabouts).toEqual(copy);
  }
});
