import { createRandom } from '../random.js';
import { volunteers } from './people.js';
import { posts } from './places.js';

/** What posts of a kind need, and some people have. */
export const skills = [
  { code: 'first-aid', name: '急救' },
  { code: 'blood-pressure', name: '测量血压' },
  { code: 'haircut', name: '理发' },
  { code: 'repair', name: '家电维修' },
  { code: 'traffic', name: '交通疏导' },
];

const neededBy: Partial<Record<string, string[]>> = {
  CLINIC: ['first-aid', 'blood-pressure'],
  HAIRCUT: ['haircut'],
  REPAIR: ['repair'],
  SCHOOL_ROUTE: ['traffic'],
};

/** Posts that take more than one person at a time. */
const sizes: Partial<Record<string, number>> = { CLINIC: 3, HAIRCUT: 2, CHARITY_SALE: 3, GARDEN: 2 };

/** From and to, in hours from the day's midnight. */
const turns: [from: number, to: number][] = [
  [8, 14],
  [14, 20],
];

export interface ShiftSeed {
  postCode: string;
  from: number;
  to: number;
  capacity: number;
  skills: string[];
  /** Numbers of those who are assigned; all of the post's own team. */
  people: string[];
}

/**
 * Volunteer Day's plan: a morning and an afternoon at every post. Each team spreads its people over its posts, so most
 * places are taken, and some are not: that is what coordinators are for. Made up, as the people are.
 */
export function shifts(): ShiftSeed[] {
  const random = createRandom(616);
  const teams = Map.groupBy(volunteers(), (person) => person.teamCode);
  const left = new Map([...teams].map(([code, people]) => [code, random.shuffle(people).map(({ number }) => number)]));
  return turns.flatMap(([from, to]) =>
    posts().map(({ code: postCode, teamCode, kind }) => {
      const capacity = sizes[kind] ?? 1;
      const people = (left.get(teamCode) ?? []).splice(0, random.chance(0.9) ? capacity : 0);
      return { postCode, from, to, capacity, skills: neededBy[kind] ?? [], people };
    }),
  );
}

/** Who has which skill: all who are assigned where it is needed, and one in ten of the others has some. */
export function volunteerSkills(plan: readonly ShiftSeed[]): { volunteer: string; skill: string }[] {
  const random = createRandom(617);
  const has = new Set(
    plan.flatMap(({ skills: needed, people }) => people.flatMap((it) => needed.map((skill) => `${it} ${skill}`))),
  );
  for (const { number } of volunteers()) {
    if (random.chance(0.1)) has.add(`${number} ${random.pick(skills).code}`);
  }
  return [...has].map((line) => {
    const [volunteer, skill] = line.split(' ') as [string, string];
    return { volunteer, skill };
  });
}
