import { Temporal } from 'temporal-polyfill';
import type { Context } from '../kernel/context.js';
import { reachOf } from '../kernel/viewer.js';
import { withinSql } from '../hierarchy/hierarchy.service.js';
import { activeStates } from './assignment.entity.js';

/** Somebody who could take a place, and what speaks for them. */
export interface CandidateRow {
  volunteerId: number;
  herePostId: number | null;
  isAtPost: boolean;
  sameTeam: boolean;
  sameStation: boolean;
  minutesToday: number;
  skillIds: number[];
}

/**
 * People of the post's station, and whoever is on site at the event: those who have the skills and the time, were not asked
 * for this shift before, and whom the viewer may assign. Whoever is there already comes first, then who belongs to the
 * team, then who has served least today.
 */
export async function candidatesFor(ctx: Context, shiftId: number, first: number): Promise<CandidateRow[]> {
  const reach = reachOf(ctx.viewer);
  if (reach === 'nowhere') return [];
  const today = Temporal.Instant.fromEpochMilliseconds(ctx.clock().getTime())
    .toZonedDateTimeISO(ctx.timeZone)
    .startOfDay();
  return ctx.db.query<CandidateRow>(
    `with target as (
       select s.*, p.parent_id as team_id, t.parent_id as station_id
       from shift s join service_unit p on p.id = s.post_id join service_unit t on t.id = p.parent_id where s.id = $1
     ), pool as (
       select v.id from target x join service_unit t on t.parent_id = x.station_id join volunteer v on v.team_id = t.id
       union
       select p.volunteer_id from target x join presence p on p.event_id = x.event_id and p.post_id is not null
     )
     select v.id as "volunteerId", h.post_id as "herePostId", coalesce(h.post_id = x.post_id, false) as "isAtPost",
       coalesce(v.team_id = x.team_id, false) as "sameTeam", coalesce(t.parent_id = x.station_id, false) as "sameStation",
       coalesce(d.minutes, 0)::int as "minutesToday", x.skill_ids as "skillIds"
     from pool join volunteer v on v.id = pool.id and v.erased_at is null
     cross join target x
     left join service_unit t on t.id = v.team_id
     left join presence h on h.event_id = x.event_id and h.volunteer_id = v.id and h.post_id is not null
     left join lateral (
       select sum(a.minutes) as minutes from attendance a
       where a.volunteer_id = v.id and a.in_at >= $2 and a.state <> 'ANNULLED') d on true
     where ($3::int is null or ${withinSql('v.team_id', '$3')}
         or v.team_id = (select u.parent_id from service_unit u where u.id = $3 and u.level = 4))
       and not exists (select from assignment a where a.volunteer_id = v.id and a.state in ${activeStates}
         and tstzrange(a.starts_at, a.ends_at) && tstzrange(x.starts_at, x.ends_at))
       and not exists (select from assignment a where a.volunteer_id = v.id and a.shift_id = x.id
         and a.state in ('DECLINED', 'EXPIRED', 'WAITLISTED'))
       and not exists (select from unnest(x.skill_ids) as n (id) where not exists (
         select from volunteer_skill k where k.volunteer_id = v.id and k.skill_id = n.id
           and (k.until is null or k.until >= x.ends_at)))
     order by coalesce(h.post_id = x.post_id, false) desc, (h.post_id is not null) desc,
       coalesce(v.team_id = x.team_id, false) desc, coalesce(t.parent_id = x.station_id, false) desc,
       coalesce(d.minutes, 0), v.id
     limit $4`,
    [shiftId, new Date(today.epochMilliseconds), reach === 'everywhere' ? null : reach, first],
    'shift-candidates',
  );
}

/** The first in rank; null when there is nobody. */
export async function bestCandidate(ctx: Context, shiftId: number): Promise<number | null> {
  const [best] = await candidatesFor(ctx, shiftId, 1);
  return best?.volunteerId ?? null;
}
