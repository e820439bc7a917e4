import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isSmall, smallestGroup, withheldAmong } from '../../server/feed/small-groups.rules.js';

const children = (...people: number[]) => people.map((count, i) => ({ unitId: i + 1, people: count }));
const withheld = (parent: number, ...people: number[]) => [...withheldAmong(parent, children(...people))].sort();

test.each<[string, number[], number, number[]]>([
  ['nobody is no group', [0, 0, 9], 9, []],
  ['five are told', [5, 6], 11, []],
  ['one is withheld with the smallest beside it, or it could be worked out', [1, 9, 7], 17, [1, 3]],
  ['two that are small together are enough when they are five', [2, 3, 9], 14, [1, 2]],
  ['and not when they are fewer', [2, 2, 9, 8], 21, [1, 2, 4]],
  ['of equal ones the first', [4, 8, 8], 20, [1, 2]],
  ['empty ones hide nobody', [3, 0, 6], 9, [1, 3]],
  ['where people moved about, they count once in the parent: the same two', [3, 2, 7], 10, [1, 2, 3]],
  ['all are small', [1, 4], 5, [1, 2]],
])('%s', (_, people, parent, expected) => {
  expect(withheld(parent, ...people)).toEqual(expected);
});

test('what is withheld can never be worked out to be fewer than five people', () => {
  const posts = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(posts, fc.double({ min: 0, max: 1, noNaN: true }), (people, moved) => {
      const sum = people.reduce((a, b) => a + b, 0);
      // Between all having been everywhere and none having moved.
      const parent = Math.max(...people, Math.round(sum * (1 - moved)));
      fc.pre(parent >= smallestGroup);
      const hidden = withheldAmong(parent, children(...people));
      for (const { unitId, people: count } of children(...people)) {
        if (isSmall(count)) expect(hidden.has(unitId)).toBe(true);
        if (count === 0) expect(hidden.has(unitId)).toBe(false);
      }
      if (hidden.size === 0) return;
      const shown = children(...people).filter(({ unitId }) => !hidden.has(unitId));
      expect(parent - shown.reduce((a, { people: count }) => a + count, 0)).toBeGreaterThanOrEqual(smallestGroup);
    }),
  );
});
