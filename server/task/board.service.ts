import { GraphQLScalarType, Kind } from 'graphql';
import { cursorExpired } from '../feed/cursor.js';
import type { Context } from '../kernel/context.js';
import { AppError, notFound } from '../kernel/errors.js';
import { abortable } from '../kernel/live/abortable.js';
import { reachOf } from '../kernel/viewer.js';
import { requireEvent } from '../event/event.service.js';
import { isWithin, postsBelow, unitOfFilter } from '../hierarchy/hierarchy.service.js';
import type { BoardPlace } from './board.log.js';
import type { BoardFrame } from './boards.js';

function serialize(value: unknown): string {
  const { epoch, feed, board, time } = value as BoardPlace;
  return Buffer.from(`${epoch}:${feed}:${board}:${time}`).toString('base64url');
}

function parse(value: unknown): BoardPlace {
  const text = typeof value === 'string' ? Buffer.from(value, 'base64url').toString() : '';
  const match = /^([0-9a-f]{8}):(\d{1,9}):(\d{1,9}):(\d{1,15})$/.exec(text);
  if (!match) throw new AppError('BAD_USER_INPUT', 'Not a cursor of this API: hand back what you were given.');
  return { epoch: match[1]!, feed: Number(match[2]), board: Number(match[3]), time: Number(match[4]) };
}

export const BoardCursorScalar = new GraphQLScalarType<BoardPlace, string>({
  name: 'BoardCursor',
  description: "Opaque position of an event's board. Compare with nothing; hand it back as `after`.",
  serialize,
  parseValue: parse,
  parseLiteral: (node) => parse(node.kind === Kind.STRING ? node.value : undefined),
});

export interface BoardScope {
  eventId: number;
  /** All posts that it shows; null is every post there is. */
  postIds: number[] | null;
  unitId: number | null;
}

/** What a board shows: the unit that is named, or all that the viewer acts for. NOT_FOUND for a unit elsewhere. */
export async function boardScope(ctx: Context, args: { event: string; within?: string | null }): Promise<BoardScope> {
  const event = await requireEvent(ctx, args.event);
  const reach = reachOf(ctx.viewer);
  const unit = await unitOfFilter(ctx, args.within);
  if (unit && !(await isWithin(ctx, unit.id, reach))) throw notFound(ctx.locale);
  const unitId = unit?.id ?? (typeof reach === 'number' ? reach : null);
  const postIds = unitId === null ? null : await postsBelow(ctx, unitId);
  return { eventId: event.id, postIds, unitId };
}

/**
 * A board from `after` on, or whole and then on: frames of shifts that are to be looked at again, each told as it is by then. So
 * a board that has been told everything shows what the database holds, in whatever order things happened.
 */
export async function followBoard(
  ctx: Context,
  args: { event: string; within?: string | null; after?: BoardPlace | null },
): Promise<AsyncIterableIterator<BoardFrame>> {
  const { eventId, postIds, unitId } = await boardScope(ctx, args);
  const { channel, leave } = await ctx.boards.join(eventId);
  if (args.after && args.after.epoch !== channel.head.epoch) {
    leave();
    throw cursorExpired(ctx.locale);
  }
  let waitingAt: object | undefined;

  async function* frames(signal: AbortSignal): AsyncGenerator<BoardFrame, void> {
    let from = args.after ?? null;
    try {
      while (!signal.aborted) {
        if (channel.ended) throw cursorExpired(ctx.locale);
        const { head } = channel;
        // Another node may have told of what this one has not seen yet.
        const isAhead = from !== null && (from.feed > head.feed || from.board > head.board);
        if (from === head || isAhead) {
          if (isAhead) channel.ring();
          const { room, changed } = channel.wait(signal);
          if (!isAhead) waitingAt = room;
          await changed;
          waitingAt = undefined;
          continue;
        }
        for (const frame of await channel.framesAfter(from, postIds, String(unitId))) yield frame;
        from = head;
      }
    } finally {
      leave();
    }
  }
  return abortable(frames, () => waitingAt);
}
