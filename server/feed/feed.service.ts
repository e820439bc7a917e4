import { setTimeout as delay } from 'node:timers/promises';
import { decodeCursor, toPage, type Page, type PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import { abortable } from '../kernel/live/abortable.js';
import { defineLoader } from '../kernel/loaders.js';
import { requireEvent } from '../event/event.service.js';
import type { CommunityEvent } from '../event/community-event.entity.js';
import { unitOfFilter } from '../hierarchy/hierarchy.service.js';
import type { Frame, Scoreboard } from './channel.js';
import type { CheckIn } from './check-in.entity.js';
import { cursorExpired, type Cursor } from './cursor.js';
import { countLog, readLogBackwards, readRows } from './feed.log.js';
import { scoreboardViewOf } from './small-groups.service.js';
import type { Tally } from './tally.entity.js';
import { wholeEvent } from './tally.rules.js';
import { feedHead } from './tally.service.js';

/** A scoreboard goes out at most this often. */
const scoreboardMs = 250;

export const checkInByPlace = defineLoader(
  (db, places: readonly { eventId: number; sequence: number }[]) => readRows(db, places),
  ({ eventId, sequence }) => `${eventId}.${sequence}`,
);

/** For `node(id)`: a check-in's key is its event and its place there. */
export async function checkInNode(ctx: Context, key: string): Promise<CheckIn | null> {
  const match = /^([1-9]\d{0,8})\.([1-9]\d{0,8})$/.exec(key);
  return match ? checkInByPlace(ctx).load({ eventId: Number(match[1]), sequence: Number(match[2]) }) : null;
}

/** An event's log as a list, newest first; `within` narrows to a unit and everything below it. */
export async function listCheckIns(
  ctx: Context,
  event: CommunityEvent,
  args: PageArgs,
  within?: string | null,
): Promise<Page<CheckIn>> {
  const unit = await unitOfFilter(ctx, within);
  const scope = unit && { id: unit.id, level: unit.levelNumber };
  const place = decodeCursor(args.after);
  // The first page ends where the event's tally and cursor of the same operation do: they make one snapshot.
  const before =
    place === undefined
      ? (await feedHead(ctx).load(event.id)).sequence + 1
      : /^\d{1,9}$/.test(place)
        ? Number(place)
        : 0;
  const rows = await readLogBackwards(ctx.db, event.id, { before, unit: scope, limit: args.first + 1 });
  return toPage(
    rows,
    args,
    (row) => row.sequence,
    () => countLog(ctx.db, event.id, scope),
  );
}

/**
 * The feed of an event from `after` on (exclusive), or from now: every row once, in order. Throws NOT_FOUND for an event
 * or unit that is not there and CURSOR_EXPIRED for a place in another history.
 */
export async function followCheckIns(
  ctx: Context,
  args: { event: string; within?: string | null; after?: Cursor | null },
): Promise<AsyncIterableIterator<Frame>> {
  const event = await requireEvent(ctx, args.event);
  const unit = await unitOfFilter(ctx, args.within);
  const { channel, leave } = await ctx.hub.join(event.id, args.after?.epoch);
  if (args.after && args.after.epoch !== channel.epoch) {
    leave();
    throw cursorExpired(ctx.locale);
  }
  let sequence = args.after?.sequence ?? channel.sequence;

  let waitingAt: object | undefined;

  async function* frames(signal: AbortSignal): AsyncGenerator<Frame, void> {
    try {
      while (!signal.aborted) {
        if (channel.ended) throw cursorExpired(ctx.locale);
        const frame = await channel.frameAfter(sequence, unit?.id ?? null);
        if (frame.checkIns.length > 0) yield frame;
        if (frame.upTo > sequence) sequence = frame.upTo;
        else {
          // A place that this node has not seen yet is not where the others wait.
          const here = sequence === channel.sequence;
          const { room, changed } = channel.wait((here && unit?.id) || wholeEvent, signal);
          if (here) waitingAt = room;
          const behind = await changed;
          if (here && behind !== null) sequence = behind;
          waitingAt = undefined;
        }
      }
    } finally {
      leave();
    }
  }
  return abortable(frames, () => waitingAt);
}

/**
 * The tallies of an event, or of a unit in it, with those of the units directly below: at once, then as they change, or the
 * units do.
 */
export async function followScoreboard(
  ctx: Context,
  args: { event: string; unit?: string | null },
): Promise<AsyncIterableIterator<Scoreboard>> {
  const event = await requireEvent(ctx, args.event);
  const unit = await unitOfFilter(ctx, args.unit);
  const { hub } = ctx;
  const { outlines } = hub;
  const unitId = unit?.id ?? wholeEvent;
  const { channel, leave } = await hub.join(event.id);
  const { show, above, unfollow } = await (async () => {
    const view = await scoreboardViewOf(ctx, channel, unit?.id ?? null);
    return { ...view, unfollow: await outlines.follow([...new Set([unitId, ...view.above])]) };
  })().catch((error: unknown) => {
    leave();
    throw error;
  });

  let waitingAt: object | undefined;

  async function* boards(signal: AbortSignal): AsyncGenerator<Scoreboard, void> {
    let sent: Scoreboard | undefined;
    let version: number | undefined;
    let needed: number[] = [];
    let unwatch = () => {};
    try {
      while (!signal.aborted) {
        if (version !== outlines.version) {
          version = outlines.version;
          const lists = [unitId, ...above].map((id) => outlines.below(id));
          needed = [...new Set([unitId, ...above, ...lists.flat().map(({ id }) => id)])];
          const unwatchOld = unwatch;
          unwatch = channel.watch(needed);
          unwatchOld();
        }
        const counted = await channel.counted(needed, signal);
        if (channel.ended) throw cursorExpired(ctx.locale);
        if (!counted) break;
        if (version !== outlines.version) continue;
        const board = show(channel.scoreboard(unitId, outlines.below(unitId)));
        // Whatever happens below a unit changes its own tally too, or no number of it.
        if (!sent || sent.outline !== board.outline || !sameTally(sent.tally, board.tally)) {
          yield (sent = board);
          await delay(scoreboardMs, undefined, { signal }).catch(() => {});
        } else {
          // What others count may decide what is shown here.
          const { room, changed } = channel.wait(above.length > 0 ? wholeEvent : unitId, signal);
          waitingAt = room;
          await changed;
          waitingAt = undefined;
        }
      }
    } finally {
      unwatch();
      unfollow();
      leave();
    }
  }
  return abortable(boards, () => waitingAt);
}

function sameTally(a: Tally, b: Tally): boolean {
  return (
    a.checkIns === b.checkIns &&
    a.people === b.people &&
    a.onSite === b.onSite &&
    a.minutes === b.minutes &&
    a.suppressed === b.suppressed
  );
}
