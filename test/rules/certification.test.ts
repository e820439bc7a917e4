import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, test } from 'vitest';
import { certify, type Calendar, type Stay } from '../../server/certification/certification.rules.js';

const calendarOf = (timeZone: string): Calendar => {
  const zoned = (at: Date) => Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timeZone);
  return {
    dayOf: (at) => zoned(at).toPlainDate().toString(),
    endOfDay: (at) => new Date(zoned(at).toPlainDate().add({ days: 1 }).toZonedDateTime(timeZone).epochMilliseconds),
  };
};
const calendar = calendarOf('Asia/Shanghai');
const rules = { dayCapMinutes: 480, minimumSharePercent: 50 };
const at = (time: string) => new Date(`2026-06-${time}:00+08:00`);
const stay = (from: string, to: string | null, more: Partial<Stay> = {}): Stay => ({
  id: `${from} ${to}`,
  from: at(from),
  to: to === null ? null : at(to),
  grade: 'A',
  shift: null,
  isConfirmed: false,
  isPublished: false,
  ...more,
});
const shift = (from: string, to: string) => ({ shift: { from: at(from), to: at(to) } });
const days = (stays: Stay[]) => Object.fromEntries(certify(stays, rules, calendar).days);

describe('one stay', () => {
  test.each<[string, Stay, Record<string, number>, string[]]>([
    ['counts as long as it lasted', stay('16T09:00', '16T11:30'), { '2026-06-16': 150 }, []],
    ['over midnight counts for both days', stay('16T23:00', '17T01:15'), { '2026-06-16': 60, '2026-06-17': 75 }, []],
    ['of a whole day is capped', stay('16T06:00', '16T20:00'), { '2026-06-16': 480 }, ['DAY_CAP']],
    ['that nobody ended waits', stay('16T09:00', null, shift('16T09:00', '16T11:00')), {}, ['NOT_CHECKED_OUT']],
    [
      'that nobody ended goes to the end of the shift once confirmed',
      stay('16T09:00', null, { ...shift('16T09:00', '16T11:00'), isConfirmed: true }),
      { '2026-06-16': 120 },
      [],
    ],
    [
      'without an end and without a shift never counts',
      stay('16T09:00', null, { isConfirmed: true }),
      {},
      ['NOT_CHECKED_OUT'],
    ],
    [
      'of less than half of the shift does not count',
      stay('16T09:00', '16T09:59', shift('16T09:00', '16T11:00')),
      {},
      ['BELOW_MINIMUM_SHARE'],
    ],
    [
      'of half of the shift counts',
      stay('16T09:00', '16T10:00', shift('16T09:00', '16T11:00')),
      { '2026-06-16': 60 },
      [],
    ],
    [
      'before the shift is no service of it',
      stay('16T07:00', '16T09:10', shift('16T09:00', '16T11:00')),
      {},
      ['BELOW_MINIMUM_SHARE'],
    ],
    [
      'that was entered later waits for its publication',
      stay('16T09:00', '16T11:00', { grade: 'C' }),
      {},
      ['NOT_PUBLISHED'],
    ],
    [
      'that was published counts',
      stay('16T09:00', '16T11:00', { grade: 'C', isPublished: true }),
      { '2026-06-16': 120 },
      [],
    ],
    ['of more than a day waits', stay('16T09:00', '17T10:00'), {}, ['TOO_LONG']],
    ['that ends before it begins does not count', stay('16T11:00', '16T09:00'), {}, ['BACKWARDS']],
  ])('%s', (_, one, expected, findings) => {
    const { days: found, verdicts } = certify([one], rules, calendar);
    expect(Object.fromEntries(found)).toEqual(expected);
    expect(verdicts[0]!.findings).toEqual(findings);
  });

  test('is of true minutes where the clocks change', () => {
    const berlin = calendarOf('Europe/Berlin');
    const night = {
      ...stay('16T00:00', null),
      from: new Date('2026-03-28T23:30:00Z'),
      to: new Date('2026-03-29T02:30:00Z'),
    };
    expect(Object.fromEntries(certify([night], rules, berlin).days)).toEqual({ '2026-03-29': 180 });
  });
});

test('stays that overlap pay once', () => {
  expect(days([stay('16T09:00', '16T11:00'), stay('16T10:00', '16T12:00')])).toEqual({ '2026-06-16': 180 });
  expect(days([stay('16T09:00', '16T12:00'), stay('16T10:00', '16T11:00')])).toEqual({ '2026-06-16': 180 });
});

const begin = at('16T00:00').getTime();
const anyStay: fc.Arbitrary<Stay> = fc
  .record({
    id: fc.uuid(),
    from: fc.integer({ min: 0, max: 3 * 86_400_000 }),
    ms: fc.option(fc.integer({ min: -3_600_000, max: 26 * 3_600_000 }), { nil: null }),
    grade: fc.constantFrom('A', 'B', 'C' as const),
    shift: fc.option(
      fc.tuple(fc.integer({ min: -7_200_000, max: 7_200_000 }), fc.integer({ min: 1, max: 28_800_000 })),
      { nil: null },
    ),
    isConfirmed: fc.boolean(),
    isPublished: fc.boolean(),
  })
  .map(({ from, ms, shift: around, ...rest }) => ({
    ...rest,
    from: new Date(begin + from),
    to: ms === null ? null : new Date(begin + from + ms),
    shift: around && { from: new Date(begin + from + around[0]), to: new Date(begin + from + around[0] + around[1]) },
  }));
const anyStays = fc.uniqueArray(anyStay, { selector: ({ id }) => id, maxLength: 12 });
const sum = (numbers: Iterable<number>) => [...numbers].reduce((a, b) => a + b, 0);

test('it does not matter in which order stays come to be known', () => {
  fc.assert(
    fc.property(
      anyStays.chain((stays) => fc.tuple(fc.constant(stays), fc.shuffledSubarray(stays, { minLength: stays.length }))),
      ([stays, shuffled]) => {
        expect(certify(shuffled, rules, calendar)).toEqual(certify(stays, rules, calendar));
      },
    ),
  );
});

test('no day comes to more than its cap, nor to more than the time that somebody was there', () => {
  fc.assert(
    fc.property(anyStays, (stays) => {
      const { days: found, verdicts } = certify(stays, rules, calendar);
      for (const minutes of found.values()) expect(minutes).toBeLessThanOrEqual(rules.dayCapMinutes);
      // Minute by minute: what the stays cover, once each.
      const covered = new Set<number>();
      for (const { from, to, shift: during } of stays) {
        const end = to ?? during?.to;
        if (end) for (let t = Math.floor(from.getTime() / 60_000); t * 60_000 < end.getTime(); t++) covered.add(t);
      }
      expect(sum(found.values())).toBeLessThanOrEqual(covered.size);
      expect(sum(verdicts.map(({ minutes }) => minutes))).toBe(sum(found.values()));
    }),
  );
});

test('the same stay twice pays once, and one more stay never lowers anything', () => {
  fc.assert(
    fc.property(anyStays, anyStay, (stays, one) => {
      const { days: found } = certify(stays, rules, calendar);
      const twice = certify([...stays, ...stays.map((it) => ({ ...it, id: `${it.id}'` }))], rules, calendar);
      expect(sum(twice.days.values())).toBe(sum(found.values()));
      const more = certify([...stays, one], rules, calendar).days;
      for (const [day, minutes] of found) expect(more.get(day)).toBeGreaterThanOrEqual(minutes);
    }),
  );
});
