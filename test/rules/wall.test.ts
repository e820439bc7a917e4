import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { shortNames } from '../../web/src/lib/short-names.js';
import { daysCurve } from '../../web/src/routes/wall/[event]/arrivals.js';
import { petalPath, stamens } from '../../web/src/routes/wall/[event]/bloom.js';
import { nextScene, scenesFor, scenes } from '../../web/src/routes/wall/[event]/scenes.js';

test.each([
  [
    ['景苑志愿文化学校', '百花志愿文化学校'],
    ['景苑', '百花'],
  ],
  [
    ['胜北党员服务社', '北党员服务社'],
    ['胜北', '北'],
  ],
  [
    ['W01-A', 'W02-A'],
    ['W01', 'W02'],
  ],
  [
    ['甲校', '乙校'],
    ['甲校', '乙校'],
  ],
  [['一所志愿文化学校'], ['一所志愿文化学校']],
  [[], []],
])('names %j are short as %j', (names, short) => {
  expect(shortNames(names)).toEqual(short);
});

test('a short name is never empty, and those that differed still do', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ minLength: 1, unit: fc.constantFrom('百', '花', '社') })), (names) => {
      const short = shortNames(names);
      expect(short.every((name) => name !== '')).toBe(true);
      expect(new Set(short).size).toBe(names.length);
    }),
  );
});

describe('scenes', () => {
  const nothing = { checkIns: 0, people: 0, registered: 0, quarters: 0, hasTheme: false, isOver: false };
  test.each([
    ['before anything', {}, ['overview']],
    ['with a theme', { hasTheme: true }, ['overview', 'programme']],
    ['after the first check-in', { checkIns: 1, people: 1, registered: 9, quarters: 1 }, 'overview stream stations'],
    ['later', { checkIns: 9, people: 5, registered: 9, quarters: 3 }, 'overview stream stations arrivals'],
    ['without a register', { checkIns: 9, people: 5, quarters: 3 }, 'overview stream arrivals'],
    ['at the end', { checkIns: 9, people: 5, hasTheme: true, isOver: true }, 'overview thanks'],
    ['at the end of a day without anybody', { isOver: true, hasTheme: true }, 'overview'],
  ])('%s', (_, facts, expected) => {
    expect(scenesFor({ ...nothing, ...facts })).toEqual(typeof expected === 'string' ? expected.split(' ') : expected);
  });

  test('each of them has its turn, in order', () => {
    fc.assert(
      fc.property(fc.subarray([...scenes], { minLength: 1 }), fc.constantFrom(...scenes), (turns, first) => {
        const seen: string[] = [];
        for (let scene = first, turn = 0; turn < turns.length; turn++) seen.push((scene = nextScene(scene, turns)));
        expect(scenes.filter((scene) => seen.includes(scene))).toEqual(turns);
      }),
    );
  });
});

describe('the curve of a day', () => {
  const quarterMs = 15 * 60_000;
  const start = Date.parse('2026-06-16T00:00:00Z');

  test('shows everybody once, in columns that can be told apart, with signs of the hours below them', () => {
    const day = fc.dictionary(fc.integer({ min: 0, max: 31 * 4 }).map(String), fc.integer({ min: 1, max: 400 }), {
      minKeys: 1,
    });
    fc.assert(
      fc.property(day, (people) => {
        const arrivals = new Map(Object.entries(people).map(([at, count]) => [start + Number(at) * quarterMs, count]));
        const curve = daysCurve(arrivals, null, new Date(start).toISOString(), start);
        const all = [...arrivals.values()].reduce((a, b) => a + b, 0);
        expect(curve.columns.reduce((sum, column) => sum + column.people, 0)).toBe(all);
        expect(curve.sofar).toBe(all);
        expect(curve.columns.length).toBeLessThanOrEqual(64);
        expect(curve.hours.length).toBeLessThanOrEqual(9);
        expect(curve.hours.every(({ place }) => place >= 0 && place <= 1)).toBe(true);
        expect(curve.highest).toBeGreaterThanOrEqual(curve.most);
      }),
    );
  });

  test('lies over the edition before, hour upon hour, and compares what had come by now', () => {
    const before = Date.parse('2025-06-16T00:00:00Z');
    const previous = {
      startsAt: new Date(before).toISOString(),
      arrivals: [0, 1, 8].map((at) => ({ from: new Date(before + at * quarterMs).toISOString(), people: 10 })),
    };
    const arrivals = new Map([[start, 3]]);
    const curve = daysCurve(arrivals, previous, new Date(start).toISOString(), start + 2 * quarterMs);
    expect(curve.columns.slice(0, 3)).toEqual([
      { from: start, people: 3, previously: 10 },
      { from: start + quarterMs, people: 0, previously: 10 },
      { from: start + 2 * quarterMs, people: 0, previously: 0 },
    ]);
    expect(curve).toMatchObject({ sofar: 3, before: 20, most: 3, highest: 10 });
  });
});

test('a flower has a stamen for each post: a grain of pollen where somebody has come, a dot where not', () => {
  const posts = fc.array(fc.boolean(), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(
      fc.array(
        posts.map((it) => ({ posts: it })),
        { minLength: 1, maxLength: 20 },
      ),
      (petals) => {
        const { threads, pollen, waiting } = stamens(petals);
        const all = petals.flatMap((petal) => petal.posts);
        const dots = (path: string) => path.split('M').length - 1;
        expect(dots(pollen)).toBe(all.filter(Boolean).length);
        expect(dots(threads)).toBe(dots(pollen));
        expect(dots(waiting)).toBe(all.length - dots(pollen));
        for (const path of [threads, pollen, waiting, petalPath(petals.length)]) {
          expect((path.match(/-?\d+(\.\d+)?/g) ?? []).every((number) => Math.abs(Number(number)) <= 100)).toBe(true);
        }
      },
    ),
  );
});
