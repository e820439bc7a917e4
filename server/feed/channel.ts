import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { ServiceUnit } from '../hierarchy/service-unit.entity.js';
import type { Database } from '../kernel/database/database.js';
import type { CheckIn } from './check-in.entity.js';
import type { Cursor } from './cursor.js';
import { readLog, readTallies } from './feed.log.js';
import { emptyTally, type Tally } from './tally.entity.js';
import { addTally, foldRow, wholeEvent } from './tally.rules.js';

/** When this node is busy, what arrives within this time goes out together; when it is not, a frame goes at once. */
const frameMs = 25;
/** How soon to look again whether it still is. */
const busyMs = 4;
/** Rows kept in memory for quick catch-up; older ones come from the table. */
const ringSize = 5_000;
/** Rows read from the table at once. */
const pageSize = 500;
/** How soon tallies that could not be read are asked for again. */
const retryMs = 500;
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
  /** The units as they were listed: another list when anything about them has changed. */
  outline: readonly ServiceUnit[];
}

/** A tally that somebody watches. */
interface Watched {
  watchers: number;
  /** Undefined before it was read. */
  tally: Tally | undefined;
  /** Rows up to here were in it when it was read. */
  readAt: number;
}

/**
 * One event's feed as this node knows it. It reads the log once, whatever the number of followers, folds the tallies that
 * somebody watches, and wakes whoever waits. Followers pull: a slow one gets longer frames, never a queue that grows.
 */
export class Channel implements Cursor {
  readonly epoch: string;
  sequence: number;
  /** When the newest row became visible here. */
  asOf: Date;
  followers = 0;
  /** Since when nobody follows; the hub lets go of a channel after a while. */
  idleSince = performance.now();
  /** The history that this channel follows was replaced: everybody has to start again. */
  ended = false;

  private readonly watched = new Map<number, Watched>();
  private rows: CheckIn[] = [];
  private frames = new Map<string, Promise<Frame>>();
  private scoreboards = new Map<number, Scoreboard>();
  private sharedSince = -Infinity;
  private rooms = new Map<number, Set<(sequence: number) => void>>();
  private reading = false;
  private rungAgain = false;
  private lastRead = -Infinity;
  private loopAtLastRead = performance.eventLoopUtilization();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    readonly eventId: number,
    head: Cursor,
    private readonly db: Database,
    private readonly log: Logger,
    private readonly now: () => Date,
  ) {
    this.epoch = head.epoch;
    this.sequence = head.sequence;
    this.asOf = now();
  }

  /** Something new may be in the log: reads it now, or when the running frame is over. */
  ring(): void {
    if (this.reading) this.rungAgain = true;
    else if (!this.timer && !this.ended) this.readInTime();
  }

  /** Reads at once if this node has been idle for half of the time since it last did, and after a frame's time anyway. */
  private readInTime(): void {
    const waitMs = this.lastRead + frameMs - performance.now();
    const { utilization } = performance.eventLoopUtilization(this.loopAtLastRead);
    if (waitMs <= 0 || utilization < 0.5) void this.read();
    else this.timer = setTimeout(() => this.readInTime(), Math.min(busyMs, waitMs));
  }

  private async read(): Promise<void> {
    this.timer = undefined;
    this.reading = true;
    this.lastRead = performance.now();
    this.loopAtLastRead = performance.eventLoopUtilization();
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
    this.fold(rows, (unitId) => touched.add(unitId));
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

  /** Adds rows to the tallies that have been read and do not have them yet; those for which `counts` says no stay as they are. */
  private fold(rows: readonly CheckIn[], counts: (unitId: number) => unknown): void {
    for (const row of rows) {
      foldRow(row, (unitId, delta) => {
        if (!counts(unitId)) return;
        const watched = this.watched.get(unitId);
        if (watched?.tally && row.sequence > watched.readAt) addTally(watched.tally, delta);
      });
    }
  }

  /** Keeps the tallies of these units up to date, however many there are in all, until the result is called. */
  watch(unitIds: Iterable<number>): () => void {
    const ids = new Set(unitIds);
    for (const id of ids) {
      const watched = this.watched.get(id);
      if (watched) watched.watchers++;
      else this.watched.set(id, { watchers: 1, tally: undefined, readAt: 0 });
    }
    return () => {
      for (const id of ids) if (--this.watched.get(id)!.watchers === 0) this.watched.delete(id);
    };
  }

  /**
   * Waits until the tallies of these units, which are watched, are known here and all counted up to the same row: from then
   * on they stay so. False when there is nothing to wait for: history has ended, or `signal` aborts.
   */
  async counted(unitIds: readonly number[], signal: AbortSignal): Promise<boolean> {
    while (!this.ended && !signal.aborted) {
      const unread = unitIds.filter((id) => this.watched.get(id)!.tally === undefined);
      if (unread.length > 0) {
        await this.readWatched(unread, signal);
      } else if (unitIds.some((id) => this.watched.get(id)!.readAt > this.sequence)) {
        // What was read is ahead of what is folded here.
        this.ring();
        await this.wait(wholeEvent, signal).changed;
      } else {
        return true;
      }
    }
    return false;
  }

  /** The present tally of a unit, or of the whole event, that has been counted. */
  tallyOf(unitId: number): Tally {
    return this.watched.get(unitId)!.tally!;
  }

  /**
   * The present tallies of a unit, or of the whole event, and of the units in its `outline`, once they have been counted; the
   * same object for a while, or until the feed moves or there is another outline.
   */
  scoreboard(unitId: number, outline: readonly ServiceUnit[]): Scoreboard {
    this.forgetOld();
    const known = this.scoreboards.get(unitId);
    if (known?.outline === outline) return known;
    const board = {
      cursor: { epoch: this.epoch, sequence: this.sequence },
      asOf: this.asOf,
      tally: { ...this.tallyOf(unitId) },
      units: outline.map((unit) => ({ unit, tally: { ...this.tallyOf(unit.id) } })),
      outline,
    };
    this.scoreboards.set(unitId, board);
    return board;
  }

  private async readWatched(unread: readonly number[], signal: AbortSignal): Promise<void> {
    const read = await readTallies(this.db, this.eventId, this.epoch, unread).catch((error: unknown) => {
      this.log.warn({ err: error, event: this.eventId }, 'tallies could not be read; trying again soon');
    });
    if (!read) {
      // Or history is another one: the hub finds out, too, and ends this one.
      await delay(retryMs, undefined, { signal }).catch(() => undefined);
      return;
    }
    const missed = this.rows.filter((row) => row.sequence > read.sequence);
    // What came meanwhile was more than is kept here: read again.
    if (missed.length < this.sequence - read.sequence) return;
    const fresh = new Set<number>();
    for (const id of unread) {
      const watched = this.watched.get(id);
      if (!watched || watched.tally) continue;
      watched.tally = read.tallies.get(id) ?? { ...emptyTally };
      watched.readAt = read.sequence;
      fresh.add(id);
    }
    this.fold(missed, (unitId) => fresh.has(unitId));
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

  /** What is directly below these units has changed: whoever shows it is woken. */
  rearranged(unitIds: readonly number[]): void {
    // Those who count more than they show wait for the whole event.
    this.wake(new Set([wholeEvent, ...unitIds]), this.sequence);
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
