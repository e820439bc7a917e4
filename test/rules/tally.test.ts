import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide, nowhere, type Whereabouts } from '../../server/check-in/check-in.rules.js';
import { CheckInDirection, CheckInMethod } from '../../server/feed/check-in.entity.js';
import { emptyTally, type Tally } from '../../server/feed/tally.entity.js';
import { addTally, foldRow, wholeEvent, type TallyEffect } from '../../server/feed/tally.rules.js';
import { post, unitsOf } from './places.js';

const { IN, OUT } = CheckInDirection;
const posts = [1111, 1112, 1121, 1211, 1212, 2111, 2112];
const units = [wholeEvent, ...new Set(posts.flatMap(unitsOf))];
const opensAt = new Date('2026-06-16T00:00:00Z');
const closesAt = new Date('2026-06-19T00:00:00Z');
const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** One scan: by whom, where, how long after the one before it, and how far the device's clock is from ours. */
interface Step {
  person: number;
  direction: CheckInDirection;
  postId: number | null;
  waitMs: number;
  aheadMs: number | null;
}

const steps = fc.array(
  fc
    .record<Step>({
      person: fc.integer({ min: 1, max: 4 }),
      direction: fc.constantFrom(IN, OUT),
      postId: fc.constantFrom(...posts, null),
      waitMs: fc.oneof(
        { weight: 8, arbitrary: fc.integer({ min: 0, max: 90 * minuteMs }) },
        { weight: 1, arbitrary: fc.integer({ min: 0, max: 30 * 60 * minuteMs }) },
      ),
      aheadMs: fc.oneof(
        { weight: 4, arbitrary: fc.constant(null) },
        { weight: 4, arbitrary: fc.integer({ min: -180 * minuteMs, max: 5 * minuteMs }) },
        { weight: 1, arbitrary: fc.integer({ min: -4 * dayMs, max: 4 * dayMs }) },
      ),
    })
    .filter((step) => step.direction === OUT || step.postId !== null),
  { maxLength: 60 },
);

/** The log that the rules make of these scans. */
function play(all: readonly Step[]): { rows: TallyEffect[]; whereabouts: Map<number, Whereabouts> } {
  const rows: TallyEffect[] = [];
  const whereabouts = new Map<number, Whereabouts>();
  forEachScan(all, (step, told, now) => {
    const decision = decide(
      {
        key: '',
        bodyHash: '',
        direction: step.direction,
        method: CheckInMethod.LEADER,
        postId: step.postId,
        volunteerId: step.person,
        at: step.aheadMs === null ? null : told,
        note: null,
        recordedBy: null,
        scopeId: null,
      },
      {
        window: { opensAt, closesAt },
        post: step.postId === null ? undefined : post(step.postId),
        volunteerExists: true,
        whereabouts: whereabouts.get(step.person) ?? nowhere,
        now,
      },
    );
    if (decision.kind !== 'record') return;
    rows.push(decision.effect);
    whereabouts.set(step.person, decision.whereabouts(rows.length));
  });
  return { rows, whereabouts };
}

function forEachScan(all: readonly Step[], scan: (step: Step, told: Date, now: Date) => void): void {
  let nowMs = opensAt.getTime() + 60 * minuteMs;
  for (const step of all) {
    nowMs += step.waitMs;
    scan(step, new Date(nowMs + (step.aheadMs ?? 0)), new Date(nowMs));
  }
}

interface Stay {
  person: number;
  postId: number;
  from: number;
  open: boolean;
  minutes: number;
}

/** The same scans as an attendance list that somebody keeps by hand: one line for each arrival. */
function keepList(all: readonly Step[]): Stay[] {
  const list: Stay[] = [];
  const waitingOut = new Map<number, number>();
  const close = (stay: Stay, toMs: number) => {
    stay.open = false;
    if (toMs >= stay.from && toMs - stay.from <= dayMs) stay.minutes = Math.floor((toMs - stay.from) / minuteMs);
  };
  forEachScan(all, ({ person, direction, postId }, told, now) => {
    const isOpen = (time: Date) => time >= opensAt && time <= closesAt;
    if (!isOpen(told) && !isOpen(now)) return;
    const time = isOpen(told) && told < now ? told.getTime() : now.getTime();
    const present = list.find((stay) => stay.person === person && stay.open);
    if (direction === OUT) {
      if (present && time >= present.from) close(present, time);
      else if (!present && (postId !== null || list.some((stay) => stay.person === person))) {
        waitingOut.set(person, time);
      }
      return;
    }
    if (present?.postId === postId) return;
    const stay: Stay = { person, postId: postId!, from: time, open: true, minutes: 0 };
    if (present) close(present, time);
    const out = waitingOut.get(person);
    if (!present && out !== undefined && out >= time && out - time <= dayMs) close(stay, out);
    waitingOut.delete(person);
    list.push(stay);
  });
  return list;
}

function countList(list: readonly Stay[], unitId: number): Tally {
  const below = list.filter((stay) => unitId === wholeEvent || unitsOf(stay.postId).includes(unitId));
  return {
    checkIns: below.length,
    people: new Set(below.map((stay) => stay.person)).size,
    onSite: new Set(below.filter((stay) => stay.open).map((stay) => stay.person)).size,
    minutes: below.reduce((sum, stay) => sum + stay.minutes, 0),
  };
}

function fold(rows: readonly TallyEffect[], onto = new Map<number, Tally>()): Map<number, Tally> {
  for (const row of rows) {
    foldRow(row, (unitId, delta) => {
      const tally = onto.get(unitId) ?? { ...emptyTally };
      addTally(tally, delta);
      onto.set(unitId, tally);
    });
  }
  return onto;
}

describe('folding the log', () => {
  test('gives at every unit what counting the attendance list gives', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const tallies = fold(play(all).rows);
        const list = keepList(all);
        for (const unit of units)
          expect([unit, tallies.get(unit) ?? emptyTally]).toEqual([unit, countList(list, unit)]);
      }),
      { numRuns: 500 },
    );
  });

  test('is never negative, after any row', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const tallies = new Map<number, Tally>();
        for (const row of play(all).rows) {
          fold([row], tallies);
          for (const tally of tallies.values()) expect(Math.min(...Object.values(tally))).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('gives the same sums however the rows are grouped', () => {
    fc.assert(
      fc.property(steps, fc.array(fc.nat({ max: 60 }), { maxLength: 6 }), (all, cuts) => {
        const { rows } = play(all);
        const places = [0, ...cuts.filter((cut) => cut < rows.length).toSorted((a, b) => a - b), rows.length];
        const sums = new Map<number, Tally>();
        for (let i = 1; i < places.length; i++) {
          for (const [unit, delta] of fold(rows.slice(places[i - 1], places[i]))) {
            const sum = sums.get(unit) ?? { ...emptyTally };
            addTally(sum, delta);
            sums.set(unit, sum);
          }
        }
        expect(sums).toEqual(fold(rows));
      }),
      { numRuns: 300 },
    );
  });

  test('touches each unit once for a row, or twice for one that is left for itself', () => {
    fc.assert(
      fc.property(steps, (all) => {
        for (const row of play(all).rows) {
          const touched: number[] = [];
          foldRow(row, (unitId) => touched.push(unitId));
          expect(touched.length).toBe(new Set(touched).size);
        }
      }),
    );
  });

  test('agrees with the whereabouts: whoever is present is on site exactly there', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const { rows, whereabouts } = play(all);
        const tallies = fold(rows);
        const present = [...whereabouts.values()].flatMap(({ stay }) => (stay ? [stay.postId] : []));
        for (const postId of posts) {
          expect(tallies.get(postId)?.onSite ?? 0).toBe(present.filter((at) => at === postId).length);
        }
      }),
      { numRuns: 300 },
    );
  });
});

test('the kinds of rows that matter do occur in what is generated', () => {
  const seen = { moves: 0, outs: 0, paired: 0, withoutIn: 0, longStays: 0 };
  for (const all of fc.sample(steps, { numRuns: 1_000, seed: 1 })) {
    for (const row of play(all).rows) {
      if (row.direction === 'IN' && row.leftPostId !== null) seen.moves++;
      if (row.direction === 'OUT' && row.leftPostId !== null) seen.outs++;
      if (row.direction === 'IN' && !row.arrives) seen.paired++;
      if (row.direction === 'OUT' && row.leftPostId === null) seen.withoutIn++;
      if (row.leftPostId !== null && row.minutes === null) seen.longStays++;
    }
  }
  for (const [kind, count] of Object.entries(seen))
    expect([kind, count]).toEqual([kind, expect.toSatisfy((it: number) => it > 20)]);
});
