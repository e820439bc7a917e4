import type { Logger } from 'pino';
import type { Database } from '../kernel/database/database.js';
import type { CheckIn } from './check-in.entity.js';
import { readLog, type FeedState } from './feed.log.js';
import { emptyTally, type Tally } from './tally.entity.js';
import { addTally, foldRow } from './tally.rules.js';

/** Under load, what arrives within this time goes out together; when idle, a frame goes at once. */
const frameMs = 25;
/** Rows kept in memory for quick catch-up; older ones come from the table. */
const ringSize = 5_000;
/** Rows read at once, and the most that one frame carries. */
export const pageSize = 500;

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
  private waiting = new Set<() => void>();
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
        rows = await readLog(this.db, this.eventId, this.sequence, pageSize);
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
    for (const row of rows) {
      foldRow(row, (unitId, delta) => {
        let tally = this.tallies.get(unitId);
        if (!tally) this.tallies.set(unitId, (tally = { ...emptyTally }));
        addTally(tally, delta);
      });
    }
    this.rows.push(...rows);
    if (this.rows.length > ringSize * 2) this.rows = this.rows.slice(-ringSize);
    this.sequence = rows.at(-1)!.sequence;
    this.asOf = this.now();
    this.wake();
  }

  /** Up to a page of rows behind `sequence`: from memory, or from the table when they are older than that. */
  async rowsAfter(sequence: number): Promise<readonly CheckIn[]> {
    const first = this.rows[0]?.sequence ?? this.sequence + 1;
    if (sequence + 1 >= first) return this.rows.slice(sequence + 1 - first, sequence + 1 - first + pageSize);
    const known = this.sequence;
    const rows = await readLog(this.db, this.eventId, sequence, pageSize);
    // Not ahead of what is folded here: frames and scoreboards of one moment belong together.
    return rows.filter((row) => row.sequence <= known);
  }

  /** Resolves when the feed has moved, or its history has ended, or `signal` aborts. */
  changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      if (signal.aborted) return resolve();
      signal.addEventListener('abort', done);
      this.waiting.add(done);
    });
  }

  end(): void {
    this.ended = true;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.wake();
  }

  private wake(): void {
    for (const resolve of [...this.waiting]) resolve();
  }
}
