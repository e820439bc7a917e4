import type { Logger } from 'pino';
import type { Database } from '../kernel/database/database.js';
import { Bell } from '../kernel/live/bell.js';
import { Channel } from './channel.js';
import { readHeads } from './feed.log.js';
import { Outlines } from './outlines.js';

/** A missed bell costs this long at most, and so does a unit's new name. */
const lookMs = 1_000;
/** A channel that nobody follows is kept this long: screens come back after a short cut. */
const idleMs = 60_000;

/** The NOTIFY channel that the writer rings; the payload is the event's key. */
export const feedBell = 'feed';

declare module '../kernel/context.js' {
  interface Context {
    readonly hub: Hub;
  }
}

/** The feeds that somebody on this node follows, one channel each. */
export class Hub {
  /** What is below the units whose scoreboards are followed. */
  readonly outlines: Outlines;
  private readonly channels = new Map<number, Promise<Channel>>();
  private readonly bell: Bell;
  private look: NodeJS.Timeout | undefined;
  private readonly listeners = new Set<(eventId: number | null) => void>();

  constructor(
    private readonly db: Database,
    private readonly log: Logger,
    private readonly now: () => Date,
  ) {
    this.outlines = new Outlines(db);
    this.bell = new Bell(db.url, feedBell, (payload) => void this.rung(payload), log);
  }

  async open(): Promise<void> {
    await this.bell.open();
    this.lookLater();
  }

  /**
   * Tells of every bell that this node hears: which feed has moved, or null when any may have, unheard. Call the result to
   * hear no more.
   */
  listen(listener: (eventId: number | null) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Follows an event's feed, whose history the follower knows as `epoch`; call the result's `leave` when done. */
  async join(eventId: number, epoch?: string): Promise<{ channel: Channel; leave: () => void }> {
    let channel = await this.channelOf(eventId);
    // Another node may have told of a new history before we have noticed it.
    if (epoch !== undefined && channel.epoch !== epoch) await this.compare([channel]);
    if (channel.ended) channel = await this.channelOf(eventId);
    channel.followers++;
    const leave = () => {
      channel.followers--;
      channel.idleSince = performance.now();
    };
    return { channel, leave };
  }

  private channelOf(eventId: number): Promise<Channel> {
    const known = this.channels.get(eventId);
    if (known) return known;
    const opening = this.openChannel(eventId);
    this.channels.set(eventId, opening);
    opening.catch(() => this.channels.delete(eventId));
    return opening;
  }

  private async openChannel(eventId: number): Promise<Channel> {
    const [head] = await readHeads(this.db, [eventId]);
    if (!head) throw new Error(`event ${eventId} has no feed`);
    const channel = new Channel(eventId, head, this.db, this.log, this.now);
    // What was committed between the look at the head and our place in the map rang a bell that nobody heard.
    setImmediate(() => channel.ring());
    return channel;
  }

  private async rung(payload: string | null): Promise<void> {
    for (const listener of this.listeners) listener(payload === null ? null : Number(payload));
    const opening = payload === null ? [...this.channels.values()] : [this.channels.get(Number(payload))];
    for (const channel of opening) (await channel?.catch(() => undefined))?.ring();
  }

  private lookLater(): void {
    this.look = setTimeout(() => void this.lookAround().finally(() => this.look && this.lookLater()), lookMs);
  }

  private async lookAround(): Promise<void> {
    if (this.channels.size === 0) return;
    try {
      const channels = await Promise.all(this.channels.values());
      await this.compare(channels);
      const changed = await this.outlines.look();
      for (const channel of channels) {
        if (changed.length > 0) channel.rearranged(changed);
        if (channel.followers === 0 && performance.now() - channel.idleSince > idleMs) this.drop(channel);
      }
    } catch (error) {
      this.log.warn({ err: error }, 'the feeds could not be looked at; looking again soon');
    }
  }

  /** Finds what a lost bell has missed, and whether a feed's history was replaced under us. */
  private async compare(channels: readonly Channel[]): Promise<void> {
    const known = channels.map((channel) => channel.sequence);
    const rows = await readHeads(
      this.db,
      channels.map((channel) => channel.eventId),
    );
    const heads = new Map(rows.map((head) => [head.eventId, head]));
    for (const [i, channel] of channels.entries()) {
      const head = heads.get(channel.eventId);
      if (head?.epoch !== channel.epoch || head.sequence < known[i]!) this.drop(channel);
      else if (head.sequence > channel.sequence) channel.ring();
    }
  }

  private drop(channel: Channel): void {
    if (channel.ended) return;
    this.channels.delete(channel.eventId);
    channel.end();
  }

  async close(): Promise<void> {
    clearTimeout(this.look);
    this.look = undefined;
    await this.bell.close();
    for (const opening of this.channels.values()) (await opening.catch(() => undefined))?.end();
    this.channels.clear();
  }
}
