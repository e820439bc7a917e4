import type { Context } from '../kernel/context.js';
import { boardScope } from './board.service.js';
import { shiftInReach } from './assignment.service.js';
import { stirBoard } from './board.log.js';

/** Says that the viewer looks at a board, and at which shift: to be said again every fifteen seconds. */
export async function visitBoard(
  ctx: Context,
  args: { event: string; within?: string | null; shift?: string | null },
): Promise<boolean> {
  const { eventId, unitId } = await boardScope(ctx, args);
  const shiftId = args.shift ? await shiftInReach(ctx, args.shift) : null;
  const { accountId, keyId, name } = ctx.viewer;
  const visitor = accountId === null ? `key ${keyId}` : `account ${accountId}`;
  await ctx.db.transaction(async (client) => {
    const { rows } = await client.query<{ isNews: boolean }>(
      `insert into board_visitor as v (event_id, visitor, name, unit_id, shift_id, seen_at) values ($1, $2, $3, $4, $5, $6)
       on conflict (event_id, visitor) do update set name = excluded.name, unit_id = excluded.unit_id,
         shift_id = excluded.shift_id, seen_at = excluded.seen_at
       returning (select true from board_visitor o where o.event_id = $1 and o.visitor = $2
         and o.shift_id is not distinct from $5 and o.unit_id is not distinct from $4
         and o.seen_at > $6::timestamptz - interval '40 seconds') is null as "isNews"`,
      [eventId, visitor, name ?? '', unitId, shiftId, ctx.clock()],
    );
    // Only what others do not see yet is told: a heartbeat wakes nobody.
    if (rows[0]!.isNews) await stirBoard(client, eventId);
  });
  return true;
}
