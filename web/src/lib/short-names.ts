/**
 * Names without the ending that all of a level share: 景苑志愿文化学校, 百花志愿文化学校 … are 景苑, 百花 where the heading says
 * what they are. Names that share nothing stay whole.
 */
export function shortNames(names: readonly string[]): string[] {
  const [first = '', ...others] = names;
  if (others.length === 0) return [...names];
  const shortest = Math.min(...names.map((name) => name.length));
  let shared = 0;
  while (shared < shortest - 1 && others.every((name) => name.at(-1 - shared) === first.at(-1 - shared))) shared++;
  return names.map((name) => (shared < 2 ? name : name.slice(0, -shared).trim()));
}
