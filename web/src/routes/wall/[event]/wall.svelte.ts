import { followFeed, type FeedState } from '#lib/feed.ts';
import { textOf } from '#lib/request.ts';
import {
  maxRows,
  takeSnapshot,
  type School,
  type Scoreboard,
  type Snapshot,
  type Station,
  type Tally,
  type WallCheckIn,
} from './snapshot.ts';
import { followCheckIns, followScoreboard } from './wall.graphql.ts';

export interface Flower extends Omit<Station, 'teams'> {
  petals: { code: string; name: string; posts: number; covered: number }[];
  /** Changes when somebody arrives at one of the station's posts; with many at once, where the newest one did. */
  pulse: number;
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

  readonly levels: Level[] = $derived.by(() => {
    const petals = this.flowers.flatMap((flower) => flower.petals);
    const level = (level: Level['level'], covered: number, units: number) => ({ level, covered, units });
    const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
    const withPeople = (units: { tally: Tally }[]) => units.filter((unit) => unit.tally.people > 0).length;
    return [
      level('CULTURE_SCHOOL', withPeople(this.schools), this.schools.length),
      level('SERVICE_STATION', withPeople(this.flowers), this.flowers.length),
      level('VOLUNTEER_TEAM', petals.filter((petal) => petal.covered > 0).length, petals.length),
      level('GRID_POST', sum(petals.map((petal) => petal.covered)), sum(petals.map((petal) => petal.posts))),
    ];
  });

  /** Which posts of each team somebody has come to: only grows, so a check-in that is counted twice does no harm. */
  #covered = new Map<string, Set<string>>();
  /** The newest of the check-ins that the screen has not shown yet, and how many there are: frames stop in a hidden tab. */
  #waiting: WallCheckIn[] = [];
  #waitingCount = 0;
  #arrivals = new Set<string>();
  #scoreboard: Scoreboard | undefined;
  #heard = false;
  #frame: number | undefined;
  #beat: ReturnType<typeof setTimeout> | undefined;

  constructor(snapshot: Snapshot) {
    this.event = $state.raw(snapshot.event);
    this.tally = $state.raw(snapshot.tally);
    this.schools = $state.raw(snapshot.schools);
    this.flowers = $state.raw([]);
    this.rows = $state.raw(snapshot.checkIns);
    this.sequence = $state.raw(snapshot.sequence);
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
    };
  }

  #show(snapshot: Snapshot) {
    this.#covered = new Map(
      snapshot.stations.flatMap(({ teams }) => teams.map((team) => [team.code, new Set(team.covered)] as const)),
    );
    this.event = snapshot.event;
    this.tally = snapshot.tally;
    this.schools = snapshot.schools;
    this.flowers = snapshot.stations.map(({ teams, ...station }) => ({
      ...station,
      petals: teams.map(({ code, name, posts, covered }) => ({ code, name, posts, covered: covered.length })),
      pulse: 0,
    }));
    this.rows = snapshot.checkIns;
    this.sequence = snapshot.sequence;
    this.arrived = 0;
  }

  #take(checkIns: WallCheckIn[]) {
    this.#waiting = [...this.#waiting, ...checkIns].slice(-maxRows);
    this.#waitingCount += checkIns.length;
    for (const { post, direction } of checkIns) {
      if (direction !== 'IN') continue;
      this.#covered.get(post.team.code)?.add(post.code);
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
          ? flower.petals.map((petal) => ({ ...petal, covered: this.#covered.get(petal.code)?.size ?? 0 }))
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
