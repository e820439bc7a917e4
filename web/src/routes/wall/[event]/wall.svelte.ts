import { followFeed, type FeedState } from '#lib/feed.ts';
import { textOf } from '#lib/request.ts';
import {
  maxRows,
  takeSnapshot,
  type Scoreboard,
  type Snapshot,
  type Station,
  type Tally,
  type WallCheckIn,
} from './snapshot.ts';
import { followCheckIns, followScoreboard } from './wall.graphql.ts';

export interface Flower extends Omit<Station, 'teams'> {
  school: string;
  petals: { code: string; name: string; posts: boolean[]; covered: number }[];
  /** Changes when somebody arrives at one of the station's posts; with many at once, where the newest one did. */
  pulse: number;
}

export interface School {
  code: string;
  name: string;
  tally: Tally;
}

/** The token of a paired display, or null; and what to do when it is taken away. */
export interface WallKey {
  key: string | null;
  onRefused: () => void;
}

export interface Level {
  level: 'CULTURE_SCHOOL' | 'SERVICE_STATION' | 'VOLUNTEER_TEAM' | 'GRID_POST';
  covered: number;
  units: number;
}

/**
 * The screen changes at most once a beat: a rush of check-ins then reads as pages that turn, not as flicker. A beat is three
 * times what its frame took, within these bounds, so that a weak machine turns pages less often instead of falling behind.
 */
const shortestBeatMs = 60;
const longestBeatMs = 160;

/** Numbers of people that are celebrated, and how long. */
const milestones = [100, 500, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000, 20_000, 50_000, 100_000];
const celebrationMs = 12_000;

const quarterMs = 15 * 60_000;

const quartersOf = (arrivals: readonly { from: string; people: number }[]) =>
  new Map(arrivals.map(({ from, people }) => [Math.floor(Date.parse(from) / quarterMs) * quarterMs, people]));

/**
 * What the wall shows. Data may come hundreds of times a second; the screen follows once a beat, in one animation frame,
 * and keeps a bounded number of rows, so that the last hour of the day costs no more than the first.
 */
export class Wall {
  event: Snapshot['event'];
  tally: Tally;
  schools: School[];
  flowers: Flower[];
  /** The newest check-ins, newest first. */
  rows: WallCheckIn[];
  /** Every check-in up to this one was shown or counted. */
  sequence: number;
  /** How many rows came with the last beat. */
  arrived = $state.raw(0);
  state = $state.raw<FeedState>('connecting');
  heardAt = $state.raw<number>();
  /** People who came first in each quarter of an hour, by its beginning. */
  arrivals: ReadonlyMap<number, number>;
  /** The round number of people that was just reached, for as long as it is celebrated. */
  milestone = $state.raw<number>();

  /** When somebody came or left last, by this device's clock. */
  changedAt = -Infinity;

  readonly levels: Level[] = $derived.by(() => {
    const petals = this.flowers.flatMap((flower) => flower.petals);
    const level = (level: Level['level'], covered: number, units: number) => ({ level, covered, units });
    const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
    const withPeople = (units: { tally: Tally }[]) => units.filter((unit) => unit.tally.people > 0).length;
    return [
      level('CULTURE_SCHOOL', withPeople(this.schools), this.schools.length),
      level('SERVICE_STATION', withPeople(this.flowers), this.flowers.length),
      level('VOLUNTEER_TEAM', petals.filter((petal) => petal.covered > 0).length, petals.length),
      level('GRID_POST', sum(petals.map((petal) => petal.covered)), sum(petals.map((petal) => petal.posts.length))),
    ];
  });

  /** Where each post stands in its team, and which of them somebody has come to: only grows, so hearing twice does no harm. */
  #places = new Map<string, number>();
  #covered = new Map<string, boolean[]>();
  /** The newest of the check-ins that the screen has not shown yet, and how many there are: frames stop in a hidden tab. */
  #waiting: WallCheckIn[] = [];
  #waitingCount = 0;
  #arrivals = new Set<string>();
  #scoreboard: Scoreboard | undefined;
  #heard = false;
  #frame: number | undefined;
  #beat: ReturnType<typeof setTimeout> | undefined;
  #celebration: ReturnType<typeof setTimeout> | undefined;

  constructor(snapshot: Snapshot) {
    this.event = $state.raw(snapshot.event);
    this.tally = $state.raw(snapshot.tally);
    this.schools = $state.raw([]);
    this.flowers = $state.raw([]);
    this.rows = $state.raw(snapshot.checkIns);
    this.sequence = $state.raw(snapshot.sequence);
    this.arrivals = $state.raw(new Map());
    this.#show(snapshot);
  }

  /** Follows the feed until the returned function is called. `seen` hears of every check-in, in order. */
  follow(snapshot: Snapshot, locale: string, by: WallKey, seen: (sequences: number[]) => void): () => void {
    const feed = followFeed<Snapshot, WallCheckIn, Scoreboard>({
      url: new URL('/graphql', location.href.replace(/^http/, 'ws')).href,
      event: snapshot.event.id,
      key: by.key,
      onRefused: by.onRefused,
      checkIns: textOf(followCheckIns),
      scoreboard: textOf(followScoreboard),
      snapshot,
      takeSnapshot: async () => {
        const fresh = await takeSnapshot(fetch, snapshot.event.code, locale);
        if (!fresh) throw new Error(`the event ${snapshot.event.code} is gone`);
        return fresh;
      },
      onSnapshot: (fresh) => {
        this.#waiting = [];
        this.#waitingCount = 0;
        this.#arrivals.clear();
        this.#scoreboard = undefined;
        this.#show(fresh);
      },
      onCheckIns: (checkIns) => {
        seen(checkIns.map((checkIn) => checkIn.sequence));
        this.#take(checkIns);
      },
      onScoreboard: (scoreboard) => {
        this.#scoreboard = scoreboard;
        this.#schedule();
      },
      onState: (state) => (this.state = state),
      onHeard: () => {
        this.#heard = true;
        this.#schedule();
      },
    });
    const wake = () => document.visibilityState === 'visible' && feed.wake();
    addEventListener('online', wake);
    document.addEventListener('visibilitychange', wake);
    return () => {
      removeEventListener('online', wake);
      document.removeEventListener('visibilitychange', wake);
      feed.close();
      if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
      clearTimeout(this.#beat);
      clearTimeout(this.#celebration);
    };
  }

  #show(snapshot: Snapshot) {
    const stations = snapshot.schools.flatMap((school) =>
      school.stations.map((it) => ({ ...it, school: school.code })),
    );
    const teams = stations.flatMap((station) => station.teams);
    this.#places = new Map(teams.flatMap(({ posts }) => posts.map(({ code }, place) => [code, place] as const)));
    this.#covered = new Map(teams.map(({ code, posts }) => [code, posts.map((post) => post.covered)]));
    this.event = snapshot.event;
    this.tally = snapshot.tally;
    this.schools = snapshot.schools.map(({ code, name, tally }) => ({ code, name, tally }));
    this.flowers = stations.map(({ teams, ...station }) => ({
      ...station,
      petals: teams.map(({ code, name }) => this.#petal(code, name)),
      pulse: 0,
    }));
    this.rows = snapshot.checkIns;
    this.sequence = snapshot.sequence;
    this.arrivals = quartersOf(snapshot.event.arrivals);
    this.arrived = 0;
  }

  #petal(code: string, name: string): Flower['petals'][number] {
    const posts = [...(this.#covered.get(code) ?? [])];
    return { code, name, posts, covered: posts.filter(Boolean).length };
  }

  /** Who is new since the last scoreboard came now: the log says more exactly when, with the next snapshot. */
  #count(before: number, now: number) {
    if (now <= before) return;
    const quarter = Math.floor(Date.now() / quarterMs) * quarterMs;
    this.arrivals = new Map(this.arrivals).set(quarter, (this.arrivals.get(quarter) ?? 0) + now - before);
    const reached = milestones.findLast((milestone) => before < milestone && milestone <= now);
    if (reached === undefined) return;
    this.milestone = reached;
    clearTimeout(this.#celebration);
    this.#celebration = setTimeout(() => (this.milestone = undefined), celebrationMs);
  }

  #take(checkIns: WallCheckIn[]) {
    this.#waiting = [...this.#waiting, ...checkIns].slice(-maxRows);
    this.#waitingCount += checkIns.length;
    this.changedAt = Date.now();
    for (const { post, direction } of checkIns) {
      if (direction !== 'IN') continue;
      const covered = this.#covered.get(post.team.code);
      const place = this.#places.get(post.code);
      if (covered && place !== undefined) covered[place] = true;
      // Again at the end: the newest one glows.
      this.#arrivals.delete(post.team.station.code);
      this.#arrivals.add(post.team.station.code);
    }
    this.#schedule();
  }

  /** The first change after a quiet beat is shown with the next frame; the others wait for the beat to end. */
  #schedule() {
    if (this.#frame !== undefined || this.#beat !== undefined) return;
    this.#frame = requestAnimationFrame((began) => {
      this.#turn();
      // The next frame begins when this one is on the screen.
      this.#frame = requestAnimationFrame((shown) => {
        this.#frame = undefined;
        const beatMs = Math.min(Math.max(3 * (shown - began), shortestBeatMs), longestBeatMs);
        this.#beat = setTimeout(
          () => {
            this.#beat = undefined;
            if (this.#waiting.length > 0 || this.#scoreboard || this.#heard) this.#schedule();
          },
          beatMs - (shown - began),
        );
      });
    });
  }

  #turn() {
    const arrivals = this.#arrivals;
    const newest = [...arrivals].at(-1);
    const tallies = new Map<string, Tally>();
    if (this.#scoreboard) {
      this.#count(this.tally.people, this.#scoreboard.tally.people);
      this.tally = this.#scoreboard.tally;
      for (const { unit, tally } of this.#scoreboard.units) {
        tallies.set(unit.code, tally);
        if ('stations' in unit) unit.stations.nodes.forEach((station) => tallies.set(station.code, station.tally));
      }
      this.schools = this.schools.map((school) => ({ ...school, tally: tallies.get(school.code) ?? school.tally }));
    }
    if (this.#scoreboard || arrivals.size > 0) {
      this.flowers = this.flowers.map((flower) => ({
        ...flower,
        tally: tallies.get(flower.code) ?? flower.tally,
        petals: arrivals.has(flower.code)
          ? flower.petals.map(({ code, name }) => this.#petal(code, name))
          : flower.petals,
        // One glow a beat: in a rush all flowers would glow all the time, which tells nothing and costs most of the work.
        pulse: flower.pulse + (flower.code === newest ? 1 : 0),
      }));
    }
    if (this.#waiting.length > 0) {
      this.arrived = this.#waitingCount;
      this.sequence = this.#waiting.at(-1)!.sequence;
      this.rows = [...this.#waiting.toReversed(), ...this.rows].slice(0, maxRows);
      this.#waiting = [];
      this.#waitingCount = 0;
    }
    if (this.#heard) this.heardAt = Date.now();
    this.#scoreboard = undefined;
    this.#arrivals = new Set();
    this.#heard = false;
  }
}
