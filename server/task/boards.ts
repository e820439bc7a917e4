import type { Logger } from 'pino';
import type { Hub } from '../feed/hub.js';
import type { Clock } from '../kernel/clock.js';
import type { Database } from '../kernel/database/database.js';
import { Bell } from '../kernel/live/bell.js';
import { boardBell, readBoardChanges, readBoardHead, readBoardShifts, type BoardPlace } from './board.log.js';
import { lateAfterMs, missingAfterMs } from './task.rules.js';

/** What happens within this time is told together; when nothing has happened for as long, at once. */
const frameMs = 40;
/** Time passes for a board this often, and what a lost bell has missed is found. */
const lookMs = 5_000;
/** The most that one frame carries: well below what a socket may have waiting. */
const frameSize = 40;

declare module '../kernel/context.js' {
  interface Context {
    readonly boards: Boards;
  }
}

/** Shifts to be looked at again; the same object for all who are told the same. */
export interface BoardFrame {
  /** Handed back as `after`, it goes on from here; null while more of the same moment follows. */
  place: BoardPlace | null;
  shiftIds: number[];
  eventId: number;
}

/**
 * One event's board as this node knows it: how far it has come, and who waits for more. It keeps nothing else: what changed
 * since a place is asked of the database, once for all who ask for the same.
 */
export class BoardChannel {
  ended = false;
  followers = 0;
  private room = new Set<() => void>();
  private readonly answers = new Map<string, Promise<unknown>>();
  private reading = false;
  private rungAgain = false;
  private lastRead = -Infinity;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    readonly eventId: number,
    public head: BoardPlace,
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {}

  /** Something may have moved it: looks now, or when the running frame is over. */
  ring(): void {
    if (this.reading) this.rungAgain = true;
    else if (!this.timer && !this.ended && this.followers > 0) {
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
      // Not after the look, or something could come in between for which no moment comes any more.
      const time = this.clock().getTime();
      const head = await readBoardHead(this.db, this.eventId, time);
      if (head?.epoch !== this.head.epoch || head.feed < this.head.feed || head.board < this.head.board) this.end();
      else {
        this.head = head;
        this.answers.clear();
        this.wake();
      }
    } catch (error) {
      this.log.warn({ err: error, event: this.eventId }, 'the board could not be read; the next look tries again');
    }
    this.reading = false;
    if (this.rungAgain) {
      this.rungAgain = false;
      this.ring();
    }
  }

  /** What changed between a place and now, or the whole board without one. */
  framesAfter(from: BoardPlace | null, postIds: readonly number[] | null, scope: string): Promise<BoardFrame[]> {
    const since = from ? `${from.feed} ${from.board} ${from.time}` : 'whole';
    return this.once(`frames ${since} ${scope}`, () => this.makeFrames(from, postIds));
  }

  /**
   * What is asked of the database at one place of the board is asked once: whoever asks for the same gets the same object,
   * until it moves. So all who wait at one place have been told the same.
   */
  once<T>(key: string, ask: () => Promise<T>): Promise<T> {
    let answer = this.answers.get(key) as Promise<T> | undefined;
    if (!answer) {
      this.answers.set(key, (answer = ask()));
      answer.catch(() => this.answers.delete(key));
    }
    return answer;
  }

  private async makeFrames(from: BoardPlace | null, postIds: readonly number[] | null): Promise<BoardFrame[]> {
    const { head, eventId } = this;
    const moments = { lateMs: lateAfterMs, missingMs: missingAfterMs };
    const { shiftIds, stirred } = from
      ? await readBoardChanges(this.db, eventId, postIds, from, head, moments)
      : { shiftIds: await readBoardShifts(this.db, eventId, postIds), stirred: true };
    const frames: BoardFrame[] = [];
    for (let i = 0; i < shiftIds.length || (i === 0 && stirred); i += frameSize) {
      // Who leaves in the middle comes back for all of it.
      const place = i + frameSize >= shiftIds.length ? head : null;
      frames.push({ eventId, place, shiftIds: shiftIds.slice(i, i + frameSize) });
    }
    return frames;
  }

  /** Waits for the head to move. All in one room who know everything up to it will be told the same. */
  wait(signal: AbortSignal): { room: object; changed: Promise<void> } {
    const { room } = this;
    const changed = new Promise<void>((resolve) => {
      const wake = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        room.delete(wake);
        resolve();
      };
      room.add(wake);
      signal.addEventListener('abort', leave);
      if (signal.aborted) leave();
    });
    return { room, changed };
  }

  private wake(): void {
    const { room } = this;
    // Whoever waits again does so in another one.
    this.room = new Set();
    for (const wake of room) wake();
  }

  end(): void {
    this.ended = true;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.wake();
  }
}

/** The boards that somebody on this node follows. */
export class Boards {
  private readonly channels = new Map<number, Promise<BoardChannel>>();
  private readonly bell: Bell;
  private timer: NodeJS.Timeout | undefined;
  private unlisten: () => void = () => undefined;

  constructor(
    private readonly db: Database,
    private readonly hub: Hub,
    private readonly log: Logger,
    private readonly clock: Clock,
  ) {
    this.bell = new Bell(db.url, boardBell, (payload) => this.rung(payload === null ? null : Number(payload)), log);
  }

  async open(): Promise<void> {
    this.unlisten = this.hub.listen((eventId) => this.rung(eventId));
    await this.bell.open();
    this.timer = setInterval(() => this.rung(null), lookMs);
  }

  private rung(eventId: number | null): void {
    const channels = eventId === null ? [...this.channels.values()] : [this.channels.get(eventId)];
    for (const channel of channels) void channel?.then((it) => it.ring()).catch(() => undefined);
  }

  /** Follows an event's board; call the result's `leave` when done. */
  async join(eventId: number): Promise<{ channel: BoardChannel; leave: () => void }> {
    const opening = this.channelOf(eventId);
    let channel = await opening;
    if (channel.ended) {
      if (this.channels.get(eventId) === opening) this.channels.delete(eventId);
      channel = await this.channelOf(eventId);
    }
    channel.followers++;
    // Nobody has looked while nobody followed.
    if (channel.followers === 1) channel.ring();
    return { channel, leave: () => void channel.followers-- };
  }

  private channelOf(eventId: number): Promise<BoardChannel> {
    const known = this.channels.get(eventId);
    if (known) return known;
    const opening = this.openChannel(eventId);
    this.channels.set(eventId, opening);
    opening.catch(() => this.channels.delete(eventId));
    return opening;
  }

  private async openChannel(eventId: number): Promise<BoardChannel> {
    const head = await readBoardHead(this.db, eventId, this.clock().getTime());
    if (!head) throw new Error(`event ${eventId} has no feed`);
    return new BoardChannel(eventId, head, this.db, this.clock, this.log);
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    this.unlisten();
    await this.bell.close();
    for (const opening of this.channels.values()) (await opening.catch(() => undefined))?.end();
    this.channels.clear();
  }
}
