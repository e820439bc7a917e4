/** A group of fewer people says something about each of them, so whoever may see no person is not told its figures. */
export const smallestGroup = 5;

export function isSmall(people: number): boolean {
  return people > 0 && people < smallestGroup;
}

/**
 * Which of a unit's children are withheld: the small ones, and, while the rest of the parent could be worked out to be
 * small, also the smallest of the others. People are counted once in the parent, so `parent - shown` is never more than
 * there are in those that are withheld.
 */
export function withheldAmong(
  parent: number,
  children: readonly { readonly unitId: number; readonly people: number }[],
): Set<number> {
  const small = children.filter(({ people }) => isSmall(people));
  const withheld = new Set(small.map(({ unitId }) => unitId));
  if (withheld.size === 0) return withheld;
  const shown = children
    .filter(({ people }) => people >= smallestGroup)
    .toSorted((a, b) => a.people - b.people || a.unitId - b.unitId);
  let rest = parent - shown.reduce((sum, { people }) => sum + people, 0);
  for (const { unitId, people } of shown) {
    if (rest >= smallestGroup) break;
    withheld.add(unitId);
    rest += people;
  }
  return withheld;
}
