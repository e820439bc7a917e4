import type { Logger } from 'pino';
import type { ServiceUnit } from '../hierarchy/service-unit.entity.js';
import type { Database } from '../kernel/database/database.js';
import type { CheckIn } from './check-in.entity.js';
import type { Cursor } from './cursor.js';
import { readLog, tallyOf, type FeedState } from './feed.log.js';
import { emptyTally, type Tally } from './tally.entity.js';
import { addTally, foldRow } from './tally.rules.js';

/** Under load, what arrives within this time goes out together; when idle, a frame goes at once. */
const frameMs = 25;
/** Rows kept in memory for quick catch-up; older ones come from the table. */
const ringSize = 5_000;
/** Rows read from the table at once. */
const pageSize = 500;
/** The most that one frame carries: well below what a socket may have waiting, whatever a client selects. */
const frameSize = 100;
/** What is made of a frame, or a scoreboard, names people and units as they are then: it is shared no longer than this. */
const sharedMs = 1_000;

/** A run of check-ins that became visible together. */
export interface Frame {
  /** The last one's place. */
  cursor: Cursor;
  checkIns: CheckIn[];
  upTo: number;
}

/** Tallies that were all counted up to the same check-in. */
export interface Scoreboard {
  cursor: Cursor;
  asOf: Date;
  tally: Tally;
  units: { unit: ServiceUnit; tally: Tally }[];
}

/**
 * One event's feed as this node knows it. It reads the log once, whatever the number of followers, folds the tallies,
 * and wakes whoever waits. Followers pull: a slow one gets longer frames, never a queue that grows.
 */
export class Channel implements FeedState {
  readonly epoch: string;
  sequence: number;
  readonly tallies: Map<number, Tally>;
  /** When the newest row became visible here. */
  asOf: Date;
  followers = 0;
  /** Since when nobody follows; the hub lets go of a channel after a while. */
  idleSince = performance.now();
  /** The history that this channel follows was replaced: everybody has to start again. */
  ended = false;

  private rows: CheckIn[] = [];
  private frames = new Map<string, Promise<Frame>>();
  private scoreboards = new Map<number, Scoreboard>();
  private sharedSince = -Infinity;
  private rooms = new Map<number, Set<(sequence: number) => void>>();
  private reading = false;
  private rungAgain = false;
  private lastRead = -Infinity;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    readonly eventId: number,
    state: FeedState,
    private readonly db: Database,
    private readonly log: Logger,
    private readonly now: () => Date,
  ) {
    this.epoch = state.epoch;
    this.sequence = state.sequence;
    this.tallies = state.tallies;
    this.asOf = now();
  }

  /** Something new may be in the log: reads it now, or when the running frame is over. */
  ring(): void {
    if (this.reading) this.rungAgain = true;
    else if (!this.timer && !this.ended) {
      const waitMs = this.lastRead + frameMs - performance.now();
      if (waitMs <= 0) void this.read();
      else this.timer = setTimeout(() => void this.read(), waitMs);
    }
  }

  private async read(): Promise<void> {
    this.timer = undefined;
    this.reading = true;
    this.lastRead = performance.now();
    try {
      let rows: CheckIn[];
      do {
        rows = await readLog(this.db, this.eventId, this, pageSize);
        if (rows.length > 0) this.take(rows);
      } while (rows.length === pageSize);
    } catch (error) {
      this.log.warn({ err: error, event: this.eventId }, 'the log could not be read; the next look tries again');
    }
    this.reading = false;
    if (this.rungAgain) {
      this.rungAgain = false;
      this.ring();
    }
  }

  private take(rows: CheckIn[]): void {
    const touched = new Set<number>();
    for (const row of rows) {
      foldRow(row, (unitId, delta) => {
        touched.add(unitId);
        let tally = this.tallies.get(unitId);
        if (!tally) this.tallies.set(unitId, (tally = { ...emptyTally }));
        addTally(tally, delta);
      });
    }
    this.rows.push(...rows);
    if (this.rows.length > ringSize * 2) this.rows = this.rows.slice(-ringSize);
    const before = this.sequence;
    this.sequence = rows.at(-1)!.sequence;
    this.asOf = this.now();
    this.forgetShared();
    this.wake(touched, before);
  }

  /**
   * What comes behind `sequence`, a page at most: from memory, or from the table when it is older than that. Whoever asks
   * for the same gets the same object, so what is made of it can be shared (`kernel/live/shared.ts`). Empty when there is
   * nothing new; `upTo` says how far it looked.
   */
  frameAfter(sequence: number, unitId: number | null): Promise<Frame> {
    this.forgetOld();
    const key = `${sequence} ${unitId}`;
    const known = this.frames.get(key);
    if (known) return known;
    const frame = this.makeFrame(sequence, unitId);
    this.frames.set(key, frame);
    // What could not be read is asked for again by whoever comes next; on a quiet feed nothing else would forget it.
    frame.catch(() => this.frames.get(key) === frame && this.frames.delete(key));
    return frame;
  }

  private async makeFrame(sequence: number, unitId: number | null): Promise<Frame> {
    const rows = await this.rowsAfter(sequence);
    const checkIns = unitId === null ? rows : rows.filter((row) => isUnder(row, unitId));
    const last = checkIns.at(-1)?.sequence ?? sequence;
    return { cursor: { epoch: this.epoch, sequence: last }, checkIns, upTo: rows.at(-1)?.sequence ?? sequence };
  }

  private async rowsAfter(sequence: number): Promise<CheckIn[]> {
    const first = this.rows[0]?.sequence ?? this.sequence + 1;
    if (sequence + 1 >= first) {
      const from = sequence + 1 - first;
      return this.rows.slice(from, from + frameSize);
    }
    const known = this.sequence;
    const rows = await readLog(this.db, this.eventId, { epoch: this.epoch, sequence }, frameSize);
    // Not ahead of what is folded here: frames and scoreboards of one moment belong together.
    return rows.filter((row) => row.sequence <= known);
  }

  /** The present tallies of a unit, or of the whole event, and of `children`; the same object for a while, or until the feed moves. */
  scoreboard(unitId: number, children: readonly ServiceUnit[]): Scoreboard {
    this.forgetOld();
    const known = this.scoreboards.get(unitId);
    if (known) return known;
    const board = {
      cursor: { epoch: this.epoch, sequence: this.sequence },
      asOf: this.asOf,
      tally: { ...tallyOf(this, unitId) },
      units: children.map((unit) => ({ unit, tally: { ...tallyOf(this, unit.id) } })),
    };
    this.scoreboards.set(unitId, board);
    return board;
  }

  private forgetOld(): void {
    if (performance.now() - this.sharedSince > sharedMs) this.forgetShared();
  }

  private forgetShared(): void {
    this.frames.clear();
    this.scoreboards.clear();
    this.sharedSince = performance.now();
  }

  /**
   * Waits until something happens at a unit, or anywhere at the event, or this history ends; `changed` then tells behind
   * which place, and null when `signal` aborts. All in one `room` who knew everything when they came know the same, however
   * much passes by that is nothing to them: they will be told the same.
   */
  wait(unitId: number, signal: AbortSignal): { room: object; changed: Promise<number | null> } {
    const room = this.rooms.get(unitId) ?? new Set();
    this.rooms.set(unitId, room);
    const changed = new Promise<number | null>((resolve) => {
      const wake = (sequence: number) => {
        signal.removeEventListener('abort', leave);
        resolve(sequence);
      };
      const leave = () => {
        room.delete(wake);
        if (room.size === 0 && this.rooms.get(unitId) === room) this.rooms.delete(unitId);
        resolve(null);
      };
      room.add(wake);
      signal.addEventListener('abort', leave);
      if (signal.aborted) leave();
    });
    return { room, changed };
  }

  end(): void {
    this.ended = true;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.wake(this.rooms.keys(), this.sequence);
  }

  private wake(units: Iterable<number>, sequence: number): void {
    for (const unitId of units) {
      const room = this.rooms.get(unitId);
      // Whoever waits again does so in another one.
      this.rooms.delete(unitId);
      for (const wake of room ?? []) wake(sequence);
    }
  }
}

function isUnder(row: CheckIn, unitId: number): boolean {
  return row.schoolId === unitId || row.stationId === unitId || row.teamId === unitId || row.postId === unitId;
}
