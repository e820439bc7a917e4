import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bookRows, type LogRow as BookedRow, type Stay } from '../../server/attendance/attendance.rules.js';
import { decide, nowhere, type Scan, type Whereabouts } from '../../server/check-in/check-in.rules.js';
import { checkInWindow } from '../../server/event/event.rules.js';
import { CheckInDirection, CheckInMethod } from '../../server/feed/check-in.entity.js';
import { emptyTally } from '../../server/feed/tally.entity.js';
import { addTally, foldRow, wholeEvent, type TallyEffect } from '../../server/feed/tally.rules.js';

const day = { startsAt: new Date('2026-06-16T00:00:00Z'), endsAt: new Date('2026-06-16T10:00:00Z') };
const event = { ...checkInWindow(day), endsAt: day.endsAt };
const at = (time: string) => new Date(`2026-06-16T${time}:00Z`);
const paths = [1, 2, 3].map((post) => ({ postId: post, teamId: 10, stationId: 20, schoolId: 30 }));

type LogRow = BookedRow & Omit<TallyEffect, keyof BookedRow>;

interface Told {
  who?: number;
  direction: 'IN' | 'OUT';
  post?: number;
  /** When the device says that it was, and when it reached us. */
  at: Date;
  heard?: Date;
  method?: CheckInMethod;
}

/** The log that the rules of check-in make of what is told, in that order. */
function logOf(told: readonly Told[]): LogRow[] {
  const people = new Map<number, Whereabouts>();
  const rows: LogRow[] = [];
  for (const { who = 1, direction, post, at: time, heard = time, method = CheckInMethod.POST_CODE } of told) {
    const scan: Scan = {
      key: '',
      bodyHash: '',
      direction: direction as CheckInDirection,
      method,
      postId: post ?? null,
      volunteerId: who,
      at: time,
      note: null,
      recordedBy: null,
      scopeId: null,
    };
    const decision = decide(scan, {
      window: event,
      post: paths.find(({ postId }) => postId === post),
      volunteerExists: true,
      whereabouts: people.get(who) ?? nowhere,
      now: heard,
    });
    if (decision.kind !== 'record') continue;
    const sequence = rows.length + 1;
    rows.push({
      ...decision.effect,
      direction: direction as CheckInDirection,
      eventId: 1,
      sequence,
      volunteerId: who,
      method,
      recordedAt: heard,
    });
    people.set(who, decision.whereabouts(sequence));
  }
  return rows;
}

/** Books a log in pieces of these sizes, as bookkeepers do who read what there is. */
function book(rows: readonly LogRow[], sizes: readonly number[] = [rows.length]): Stay[] {
  const table: Stay[] = [];
  for (let from = 0, i = 0; from < rows.length; i++) {
    const piece = rows.slice(from, (from += sizes[i % sizes.length] || 1));
    const ends = new Set(piece.map((row) => row.endsSequence));
    const lonely = new Map<number, Stay>();
    for (const stay of table) {
      if (stay.inSequence === null && piece.some((row) => row.volunteerId === stay.volunteerId)) {
        lonely.set(stay.volunteerId, stay);
      }
    }
    const known = [
      ...table.filter((stay) => stay.inSequence !== null && ends.has(stay.inSequence)),
      ...lonely.values(),
    ];
    for (const stay of bookRows(piece, known, event)) {
      if (stay.id !== 0) continue;
      stay.id = table.length + 1;
      table.push(stay);
    }
  }
  return table;
}

const { LEADER, POST_CODE, VOLUNTEER_PASS, KIOSK } = CheckInMethod;

describe('a stay', () => {
  test.each<[string, Told[], object[]]>([
    [
      'that goes on',
      [{ direction: 'IN', post: 1, at: at('01:00') }],
      [{ state: 'OPEN', minutes: null, outAt: null, grade: 'A', flags: [] }],
    ],
    [
      'scanned both ways',
      [
        { direction: 'IN', post: 1, at: at('01:00') },
        { direction: 'OUT', at: at('03:30'), method: VOLUNTEER_PASS },
      ],
      [{ state: 'CONFIRMED', minutes: 150, grade: 'A', flags: [], outAt: at('03:30') }],
    ],
    [
      'that a leader ended',
      [
        { direction: 'IN', post: 1, at: at('01:00') },
        { direction: 'OUT', at: at('03:30'), method: LEADER },
      ],
      [{ state: 'CONFIRMED', minutes: 150, grade: 'B' }],
    ],
    [
      'that began at a kiosk',
      [
        { direction: 'IN', post: 1, at: at('01:00'), method: KIOSK },
        { direction: 'OUT', at: at('03:30') },
      ],
      [{ state: 'CONFIRMED', grade: 'B' }],
    ],
    [
      'left for the next post',
      [
        { direction: 'IN', post: 1, at: at('01:00') },
        { direction: 'IN', post: 2, at: at('02:00') },
        { direction: 'OUT', at: at('04:00') },
      ],
      [
        { postId: 1, minutes: 60, state: 'CONFIRMED', inSequence: 1, outSequence: 2 },
        { postId: 2, minutes: 120, state: 'CONFIRMED', inSequence: 2, outSequence: 3 },
      ],
    ],
    [
      'told hours later by a kiosk without network: it counts, flagged',
      [
        { direction: 'IN', post: 1, at: at('01:00'), heard: at('05:00') },
        { direction: 'OUT', at: at('03:00'), heard: at('05:00') },
      ],
      [{ state: 'CONFIRMED', minutes: 120, flags: ['LATE'] }],
    ],
    [
      'told days later: once, and somebody looks at it',
      [
        { direction: 'IN', post: 1, at: at('01:00'), heard: new Date('2026-06-19T01:00:00Z') },
        { direction: 'OUT', at: at('03:00'), heard: new Date('2026-06-19T01:00:00Z') },
      ],
      [{ state: 'PROVISIONAL', minutes: 120, flags: ['LATE', 'LATE_BATCH'] }],
    ],
    [
      'of 25 hours: proposed up to the end of the event',
      [
        { direction: 'IN', post: 1, at: at('01:00') },
        { direction: 'OUT', at: new Date('2026-06-17T02:00:00Z'), heard: at('15:00') },
        { direction: 'OUT', at: at('15:30'), heard: new Date('2026-06-17T02:00:00Z') },
      ],
      [
        { state: 'PROVISIONAL', outAt: at('15:00'), flags: ['CLOCK'] },
        { state: 'PROVISIONAL', flags: expect.arrayContaining(['OUT_WITHOUT_IN']) },
      ],
    ],
    [
      'that nobody began lasts no time, until somebody says how long it was',
      [{ direction: 'OUT', post: 1, at: at('03:00') }],
      [
        {
          state: 'PROVISIONAL',
          minutes: 0,
          inAt: at('03:00'),
          outAt: at('03:00'),
          flags: ['OUT_WITHOUT_IN'],
          inSequence: null,
        },
      ],
    ],
    [
      'whose check-out arrived first',
      [
        { direction: 'OUT', post: 1, at: at('03:00') },
        { direction: 'IN', post: 1, at: at('02:50'), heard: at('03:01') },
      ],
      [
        {
          state: 'CONFIRMED',
          minutes: 10,
          inAt: at('02:50'),
          outAt: at('03:00'),
          flags: [],
          inSequence: 2,
          outSequence: 1,
        },
      ],
    ],
    [
      'that began by a wrong clock waits for somebody',
      [
        { direction: 'IN', post: 1, at: at('05:00'), heard: at('01:00') },
        { direction: 'OUT', at: at('03:00') },
      ],
      [{ state: 'PROVISIONAL', inAt: at('01:00'), minutes: 120, flags: ['CLOCK'] }],
    ],
  ])('%s', (_, told, expected) => {
    expect(book(logOf(told))).toEqual(expected.map((it) => expect.objectContaining(it)));
  });

  test('that a person has decided on is not moved by what the log says later', () => {
    const rows = logOf([
      { direction: 'IN', post: 1, at: at('01:00') },
      { direction: 'OUT', at: at('09:00') },
    ]);
    const [stay] = bookRows(rows.slice(0, 1), [], event);
    Object.assign(stay!, { id: 1, decidedAt: at('08:00'), state: 'CONFIRMED', outAt: at('02:00'), minutes: 60 });
    bookRows(rows.slice(1), [stay!], event);
    expect(stay).toMatchObject({ outAt: at('02:00'), minutes: 60, outSequence: 2, flags: ['OUT_AFTER_DECISION'] });
  });
});

const told: fc.Arbitrary<Told> = fc.record({
  who: fc.integer({ min: 1, max: 3 }),
  direction: fc.constantFrom('IN' as const, 'OUT' as const),
  post: fc.integer({ min: 1, max: 3 }),
  at: fc.integer({ min: 0, max: 24 * 60 }).map((minute) => new Date(event.opensAt.getTime() + minute * 60_000)),
  heard: fc.integer({ min: 0, max: 60 * 60 }).map((minute) => new Date(event.opensAt.getTime() + minute * 60_000)),
  method: fc.constantFrom(POST_CODE, LEADER),
});

test('in whichever pieces a log is booked, its stays are the same, each row begins or ends what it says, and none is lost', () => {
  fc.assert(
    fc.property(
      fc.array(told, { maxLength: 40 }),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
      (all, sizes) => {
        const rows = logOf(all.toSorted((a, b) => a.heard!.getTime() - b.heard!.getTime()));
        const whole = book(rows);
        expect(book(rows, sizes)).toEqual(whole);
        expect(
          whole
            .map((stay) => stay.inSequence)
            .filter((it) => it !== null)
            .toSorted((a, b) => a - b),
        ).toEqual(rows.filter((row) => row.direction === 'IN').map((row) => row.sequence));
        // What is counted on the wall and what is booked are the same people and the same minutes.
        const tally = { ...emptyTally };
        for (const row of rows) foldRow(row, (unitId, delta) => unitId === wholeEvent && addTally(tally, delta));
        expect(whole.filter((stay) => stay.state === 'OPEN').length).toBe(tally.onSite);
        const certain = (stay: Stay) =>
          !stay.flags.includes('CLOCK' as never) && !stay.flags.includes('LONG_STAY' as never);
        const minutes = whole.filter(certain).reduce((sum, stay) => sum + (stay.minutes ?? 0), 0);
        expect(minutes).toBeLessThanOrEqual(tally.minutes);
        for (const stay of whole) expect(stay.outAt === null || stay.outAt >= stay.inAt).toBe(true);
      },
    ),
    { numRuns: 300 },
  );
});
