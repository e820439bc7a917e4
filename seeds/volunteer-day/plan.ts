import { createRandom, type Random } from '../random.js';

/** How a scan reaches the server: a phone alone, a leader's device that scans a pass, or somebody who vouches by ids. */
export type Via = 'POST_CODE' | 'VOLUNTEER_PASS' | 'KIOSK' | 'LEADER';

/** What goes wrong with a request, or is tried on top of it. */
export type Trouble =
  | 'NONE'
  /** The connection breaks while the request is under way: it may have arrived, or not. */
  | 'ABORTED'
  /** The server's reply never reaches the phone. */
  | 'REPLY_LOST'
  /** The same request once more, after it was answered. */
  | 'SENT_AGAIN'
  /** The same request three times at once, as by an impatient thumb. */
  | 'SENT_AT_ONCE'
  /** The key is used once more for something else, after it was answered. */
  | 'KEY_REUSED';

/** One scan. Whether it is an arrival, a move or a second scan depends on where the person is by then. */
export interface Act {
  /** Since the start of the play. */
  atMs: number;
  /** Index into the cast. */
  person: number;
  direction: 'IN' | 'OUT';
  /** Index into the posts. */
  post: number;
  via: Via;
  trouble: Trouble;
}

export interface PlanInput {
  /** For each person of the cast, the posts of their own team: where most of them go. */
  homePosts: readonly (readonly number[])[];
  posts: number;
  /** Arrivals a second, on average. */
  rate: number;
  seed: number;
}

/** Chances, for one person or one scan. */
const chances = {
  ownTeam: 0.8,
  moves: 0.25,
  movesAgain: 0.2,
  leaves: 0.65,
  comesBack: 0.2,
  scansTwice: 0.04,
  leavesTwice: 0.02,
  neverCameButLeaves: 0.005,
};
const viaWeights: Record<Via, number> = { POST_CODE: 70, VOLUNTEER_PASS: 15, LEADER: 10, KIOSK: 5 };
const troubleWeights: Record<Trouble, number> = {
  NONE: 87,
  ABORTED: 3,
  REPLY_LOST: 4,
  SENT_AGAIN: 3,
  SENT_AT_ONCE: 2,
  KEY_REUSED: 1,
};

/** How far the arrivals swell and ebb around their mean: at most 1.8 times it, and never less than a fifth. */
const swell = 0.8;

/**
 * The day's script: everybody arrives within `people / rate` seconds, in two smooth swells as of a morning and an
 * afternoon; the rest of each person's day follows, and the last ones leave a little later. The same input gives the
 * same script. Sorted by time; the acts of one person stand in the order in which they happen.
 */
export function planDay({ homePosts, posts, rate, seed }: PlanInput): Act[] {
  const random = createRandom(seed);
  const people = homePosts.length;
  const dayMs = (people / rate) * 1000;
  const order = random.shuffle(homePosts.map((_, person) => person));
  const acts = order.flatMap((person, place) => {
    const arrivesAtMs = dayMs * arrivalTime((place + random.fraction()) / people);
    return planPerson(random, { person, home: homePosts[person]!, posts, arrivesAtMs, dayMs });
  });
  return acts.sort((a, b) => a.atMs - b.atMs);
}

/**
 * When the given share of all people has arrived; both from 0 to 1. The inverse of the integral of
 * 1 - swell · cos(4πt), which grows everywhere, by halving.
 */
function arrivalTime(share: number): number {
  let [low, high] = [0, 1];
  while (high - low > 1e-7) {
    const middle = (low + high) / 2;
    if (middle - (swell * Math.sin(4 * Math.PI * middle)) / (4 * Math.PI) < share) low = middle;
    else high = middle;
  }
  return low;
}

function planPerson(
  random: Random,
  day: { person: number; home: readonly number[]; posts: number; arrivesAtMs: number; dayMs: number },
): Act[] {
  const acts: Act[] = [];
  let atMs = day.arrivesAtMs;
  const somePost = () =>
    day.home.length > 0 && random.chance(chances.ownTeam) ? random.pick(day.home) : random.int(0, day.posts - 1);
  const scan = (direction: Act['direction'], post: number) =>
    acts.push({
      atMs,
      person: day.person,
      direction,
      post,
      via: random.weighted(viaWeights),
      trouble: random.weighted(troubleWeights),
    });
  const pause = (from: number, to: number) => (atMs += day.dayMs * (from + (to - from) * random.fraction()));
  const arrive = (post: number) => {
    scan('IN', post);
    if (random.chance(chances.scansTwice)) {
      pause(0.002, 0.01);
      scan('IN', post);
    }
  };

  let post = somePost();
  if (random.chance(chances.neverCameButLeaves)) scan('OUT', post);
  else arrive(post);
  for (let chance = chances.moves; random.chance(chance); chance = chances.movesAgain) {
    pause(0.03, 0.15);
    post = somePost();
    arrive(post);
  }
  if (!random.chance(chances.leaves)) return acts;
  pause(0.03, 0.2);
  scan('OUT', post);
  if (random.chance(chances.leavesTwice)) {
    pause(0.002, 0.01);
    scan('OUT', post);
  }
  if (random.chance(chances.comesBack)) {
    pause(0.02, 0.1);
    post = somePost();
    arrive(post);
    if (random.chance(chances.leaves)) {
      pause(0.02, 0.1);
      scan('OUT', post);
    }
  }
  return acts;
}
