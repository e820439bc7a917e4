import { checkInWindow } from '../../server/event/event.rules.js';
import { decide, nowhere, type Effect, type Whereabouts } from '../../server/check-in/check-in.rules.js';
import { CheckInDirection, CheckInMethod } from '../../server/feed/check-in.entity.js';
import { emptyTally, type Tally } from '../../server/feed/tally.entity.js';
import { addTally, foldRow, type PostPath } from '../../server/feed/tally.rules.js';
import type { Random } from '../random.js';

/** Who can come, and where: keys in the database. */
export interface Stage {
  posts: readonly PostPath[];
  /** Posts of each volunteer's own team, by place in `posts`: the first, and the one behind the last. */
  ownPosts(volunteer: number): readonly [from: number, to: number];
  volunteers: number;
  volunteerId(volunteer: number): number;
}

export interface LoggedRow extends Effect {
  sequence: number;
  volunteerId: number;
  recordedAt: Date;
}

/** What people do, in the order in which they do it. */
interface Act {
  direction: CheckInDirection;
  post: number;
}

/** A scan reaches the server this long after it was made, at most. */
const networkMs = 3_000;

/**
 * The log of one event, as the product's own rules decide it: people come when it is open, most of them to a post of their own
 * team, some move on, most leave. Rows come in order; whereabouts and tallies are complete when the last has been taken.
 */
export class EventLog {
  /** Where everybody who came is at the end, by the volunteer's key. */
  readonly whereabouts = new Map<number, Whereabouts>();
  /** By unit key, and the event's own at `wholeEvent`. */
  readonly tallies = new Map<number, Tally>();

  constructor(
    private readonly stage: Stage,
    private readonly event: { startsAt: Date; endsAt: Date },
    /** What has not happened yet is not in the log. */
    private readonly now: Date,
    private readonly length: number,
    private readonly random: Random,
  ) {}

  *rows(): Generator<LoggedRow> {
    const { stage } = this;
    const window = checkInWindow(this.event);
    const { order, people, posts, directions, times } = this.acts(window.opensAt, window.closesAt);
    for (const [index, act] of order.entries()) {
      const volunteerId = stage.volunteerId(people[act]!);
      const recordedAt = new Date(times[act]!);
      const decision = decide(
        {
          key: '',
          bodyHash: '',
          direction: directions[act] === 1 ? CheckInDirection.IN : CheckInDirection.OUT,
          method: CheckInMethod.POST_CODE,
          postId: stage.posts[posts[act]!]!.postId,
          volunteerId,
          at: new Date(times[act]! - this.random.int(0, networkMs)),
          note: null,
          recordedBy: null,
          scopeId: null,
        },
        {
          window,
          post: stage.posts[posts[act]!]!,
          volunteerExists: true,
          whereabouts: this.whereabouts.get(volunteerId) ?? nowhere,
          now: recordedAt,
        },
      );
      if (decision.kind !== 'record') throw new Error(`a scan that was made up is ${decision.kind}`);
      const sequence = index + 1;
      this.whereabouts.set(volunteerId, decision.whereabouts(sequence));
      const row = { ...decision.effect, sequence, volunteerId, recordedAt };
      this.count(row);
      yield row;
    }
  }

  private count(row: LoggedRow): void {
    foldRow(row, (unitId, delta) => {
      let tally = this.tallies.get(unitId);
      if (!tally) this.tallies.set(unitId, (tally = { ...emptyTally }));
      addTally(tally, delta);
    });
  }

  /** As many acts as the log is long, and the order in which they happen. */
  private acts(opensAt: Date, closesAt: Date) {
    const { length, random, stage } = this;
    const people = new Uint32Array(length);
    const posts = new Uint32Array(length);
    const directions = new Uint8Array(length);
    const times = new Float64Array(length);
    const from = opensAt.getTime() + networkMs;
    const span = Math.min(closesAt.getTime(), this.now.getTime()) - from;
    // A step that has no divisor in common with their number comes by everybody once.
    const step = coprimeStep(stage.volunteers, random);
    let filled = 0;
    for (let person = random.int(0, stage.volunteers - 1), met = 0; filled < length; met++) {
      if (met === stage.volunteers) {
        throw new RangeError(`${stage.volunteers} 人太少，扫不出 ${length} 次 · people are too few for so many scans`);
      }
      const acts = this.plan(person);
      const begin = random.fraction() * 0.6;
      for (const [i, { direction, post }] of acts.entries()) {
        if (filled === length) break;
        people[filled] = person;
        posts[filled] = post;
        directions[filled] = direction === CheckInDirection.IN ? 1 : 0;
        times[filled] = Math.floor(from + span * (begin + (i + random.fraction() * 0.9) * 0.08));
        filled++;
      }
      person = (person + step) % stage.volunteers;
    }
    const order = new Uint32Array(length).map((_, i) => i).sort((a, b) => times[a]! - times[b]! || a - b);
    return { order, people, posts, directions, times };
  }

  private plan(person: number): Act[] {
    const { random, stage } = this;
    const [from, to] = stage.ownPosts(person);
    const anyPost = () => (random.chance(0.9) ? random.int(from, to - 1) : random.int(0, stage.posts.length - 1));
    const acts: Act[] = [{ direction: CheckInDirection.IN, post: anyPost() }];
    const otherPost = () => {
      const post = anyPost();
      // Somebody who is there cannot come; the next one will do.
      return post === acts.at(-1)!.post ? (post + 1) % stage.posts.length : post;
    };
    if (random.chance(0.25)) acts.push({ direction: CheckInDirection.IN, post: otherPost() });
    if (random.chance(0.75)) {
      acts.push({ direction: CheckInDirection.OUT, post: acts.at(-1)!.post });
      if (random.chance(0.05)) acts.push({ direction: CheckInDirection.IN, post: anyPost() });
    }
    return acts;
  }
}

function coprimeStep(count: number, random: Random): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  for (;;) {
    const step = random.int(1, count);
    if (divisor(step, count) === 1) return step;
  }
}
