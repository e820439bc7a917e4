import { setTimeout as delay } from 'node:timers/promises';
import { cursorExpired } from '../feed/cursor.js';
import type { Context } from '../kernel/context.js';
import { abortable } from '../kernel/live/abortable.js';
import { activeStates } from './assignment.entity.js';
import { boardScope, type BoardScope } from './board.service.js';
import { soonMs } from './task.rules.js';

/** The most gaps that are told: whoever has more closes these first. */
const most = 100;
/** Gaps go out at most this often. */
const gapsMs = 500;

export type GapKind = 'UNCOVERED_NOW' | 'UNDERSTAFFED_NOW' | 'STARTING_SOON' | 'SKILL_MISSING';

export interface Gap {
  shiftId: number;
  kind: GapKind;
  missing: number;
  missingSkillIds: number[];
}

/** Shifts that lack people now or within the hour, the gravest first; each once, for its gravest lack. */
export async function coverageGaps(ctx: Context, args: { event: string; within?: string | null }): Promise<Gap[]> {
  return readGaps(ctx, await boardScope(ctx, args));
}

async function readGaps(ctx: Context, { eventId, postIds }: BoardScope): Promise<Gap[]> {
  return ctx.db.query<Gap & Record<string, unknown>>(
    `select * from (
       select s.id as "shiftId", s.starts_at, l.lacks as "missingSkillIds",
         case when s.starts_at <= $3 then greatest(s.capacity - h.here, 0) else greatest(s.capacity - t.taken, 0) end as missing,
         case when s.starts_at <= $3 and h.here = 0 then 'UNCOVERED_NOW'
           when s.starts_at <= $3 and h.here < s.capacity then 'UNDERSTAFFED_NOW'
           when s.starts_at > $3 and t.taken < s.capacity then 'STARTING_SOON'
           when cardinality(l.lacks) > 0 then 'SKILL_MISSING' end as kind
       from shift s
       cross join lateral (select count(*)::int as taken from assignment a
         where a.shift_id = s.id and a.state in ${activeStates}) t
       cross join lateral (select count(*)::int as here from presence p
         where p.event_id = s.event_id and p.post_id = s.post_id) h
       cross join lateral (select coalesce(array_agg(n.id order by n.id), '{}') as lacks from unnest(s.skill_ids) as n (id)
         where not exists (select from assignment a join volunteer_skill k on k.volunteer_id = a.volunteer_id
           where a.shift_id = s.id and a.state in ${activeStates} and k.skill_id = n.id
             and (k.until is null or k.until >= s.ends_at))) l
       where s.event_id = $1 and ($2::int[] is null or s.post_id = any($2)) and s.cancelled_at is null
         and s.ends_at > $3 and s.starts_at < $4
     ) g where kind is not null
     order by array_position(array['UNCOVERED_NOW', 'UNDERSTAFFED_NOW', 'STARTING_SOON', 'SKILL_MISSING'], kind),
       starts_at, "shiftId" limit ${most}`,
    [eventId, postIds, ctx.clock(), new Date(ctx.clock().getTime() + soonMs)],
    'coverage-gaps',
  );
}

/** The gaps at once, then whenever they are others. */
export async function followGaps(
  ctx: Context,
  args: { event: string; within?: string | null },
): Promise<AsyncIterableIterator<{ gaps: Gap[] }>> {
  const scope = await boardScope(ctx, args);
  const { channel, leave } = await ctx.boards.join(scope.eventId);
  let waitingAt: object | undefined;

  async function* gaps(signal: AbortSignal): AsyncGenerator<{ gaps: Gap[] }, void> {
    let told: string | undefined;
    try {
      while (!signal.aborted) {
        if (channel.ended) throw cursorExpired(ctx.locale);
        const { head } = channel;
        const now = await channel.once(`gaps ${scope.unitId}`, async () => ({ gaps: await readGaps(ctx, scope) }));
        const text = JSON.stringify(now);
        if (text !== told) {
          told = text;
          yield now;
          await delay(gapsMs, undefined, { signal }).catch(() => undefined);
        }
        if (channel.head !== head) continue;
        const { room, changed } = channel.wait(signal);
        waitingAt = room;
        await changed;
        waitingAt = undefined;
      }
    } finally {
      leave();
    }
  }
  return abortable(gaps, () => waitingAt);
}
