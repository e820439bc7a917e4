import type pg from 'pg';
import { AuditAction } from '../audit/audit-entry.entity.js';
import { recordAudit, requireReason } from '../audit/audit.service.js';
import { requireManager } from '../access/manager.js';
import type { Context } from '../kernel/context.js';
import { notFound } from '../kernel/errors.js';
import { numericKey } from '../kernel/global-id.js';
import { defineLoader } from '../kernel/loaders.js';
import type { NotificationKind } from '../notification/kinds.js';
import { notify } from '../notification/notification.service.js';
import { Suspension } from '../volunteer/suspension.entity.js';
import type { Volunteer } from '../volunteer/volunteer.entity.js';
import { volunteerInReach, volunteerRow } from '../volunteer/volunteer.service.js';
import { requireTeam, rowOf } from './enter.js';
import { serviceResumed, serviceSuspended, teamChanged } from './news.js';
import { TeamChange } from './team-change.entity.js';

/** All times in which somebody did not serve, the latest first; the first one is open while they do not. */
export const suspensionsOf = defineLoader(async (db, ids: readonly number[]) => {
  const rows = await db.query<Suspension>(
    `select ${db.columns(Suspension, 's')} from (
       select s.*, row_number() over (partition by volunteer_id order by id desc) as place from suspension s
       where volunteer_id = any($1)) s
     where place <= 20 order by s.id desc`,
    [ids],
    'suspensions',
  );
  const byPerson = Map.groupBy(rows, ({ volunteerId }) => volunteerId);
  return ids.map((id) => (byPerson.get(id) ?? []).map((row) => Object.assign(new Suspension(), row)));
});

/** The latest changes of team, the newest first. */
export const teamChangesOf = defineLoader(async (db, ids: readonly number[]) => {
  const rows = await db.query<TeamChange>(
    `select ${db.columns(TeamChange, 'c')} from (
       select c.*, row_number() over (partition by volunteer_id order by id desc) as place from team_change c
       where volunteer_id = any($1)) c
     where place <= 20 order by c.id desc`,
    [ids],
    'team-changes',
  );
  const byPerson = Map.groupBy(rows, ({ volunteerId }) => volunteerId);
  return ids.map((id) => (byPerson.get(id) ?? []).map((row) => Object.assign(new TeamChange(), row)));
});

/** Somebody of those whom the viewer manages; NOT_FOUND for everybody else. */
async function requireMember(ctx: Context, id: string): Promise<Volunteer> {
  requireManager(ctx);
  const key = numericKey(id, 'Volunteer');
  const volunteer = key === undefined ? null : await volunteerInReach(ctx, key);
  if (!volunteer) throw notFound(ctx.locale);
  return volunteer;
}

/** Changes somebody in a transaction that holds them; `work` tells what to write down, or nothing when all is as it should be. */
async function change(
  ctx: Context,
  id: number,
  work: (
    client: pg.ClientBase,
    volunteer: Volunteer,
  ) => Promise<{ action: AuditAction; reason: string; unitId?: number } | undefined>,
): Promise<Volunteer> {
  const volunteer = await ctx.db.transaction(async (client) => {
    const before = await rowOf(ctx, client, id, 'for no key update');
    if (before.erasedAt) throw notFound(ctx.locale);
    const act = await work(client, before);
    const after = await rowOf(ctx, client, id);
    if (act) {
      const target = { type: 'Volunteer', id, name: after.number };
      await recordAudit(ctx, client, { unitId: after.teamId, ...act, target });
    }
    return after;
  });
  for (const loader of [volunteerRow, suspensionsOf, teamChangesOf]) loader(ctx).clear(id);
  return volunteer;
}

const tell = (
  ctx: Context,
  client: pg.ClientBase,
  kind: NotificationKind<never>,
  volunteerId: number,
  parameters = {},
) => notify(ctx, client, kind, [{ volunteerId }], parameters as never);

/** Brings somebody into another team; where they were before stays on record. In it already, nothing changes. */
export async function transferVolunteer(ctx: Context, id: string, team: string, reason: string): Promise<Volunteer> {
  const member = await requireMember(ctx, id);
  const { id: teamId } = await requireTeam(ctx, team);
  const why = requireReason(ctx, reason);
  return change(ctx, member.id, async (client, { teamId: from }) => {
    if (from === teamId) return undefined;
    await client.query('update volunteer set team_id = $2, team_level = 3 where id = $1', [member.id, teamId]);
    await client.query(
      'insert into team_change (volunteer_id, from_team_id, to_team_id, at, reason) values ($1, $2, $3, $4, $5)',
      [member.id, from, teamId, ctx.clock(), why],
    );
    await tell(ctx, client, teamChanged, member.id, { team: teamId });
    return { action: AuditAction.VOLUNTEER_TRANSFERRED, reason: why, unitId: teamId };
  });
}

/** Lets somebody not serve for a while: they cannot check in until they are brought back. Suspended already, nothing changes. */
export async function suspendVolunteer(ctx: Context, id: string, reason: string): Promise<Volunteer> {
  const member = await requireMember(ctx, id);
  const why = requireReason(ctx, reason);
  return change(ctx, member.id, async (client) => {
    const { rowCount } = await client.query(
      `insert into suspension (volunteer_id, since, reason) values ($1, $2, $3)
       on conflict (volunteer_id) where (until is null) do nothing`,
      [member.id, ctx.clock(), why],
    );
    if (!rowCount) return undefined;
    await tell(ctx, client, serviceSuspended, member.id);
    return { action: AuditAction.VOLUNTEER_SUSPENDED, reason: why };
  });
}

/** Lets somebody serve again. Nobody who serves is changed by it. */
export async function resumeVolunteer(ctx: Context, id: string, reason: string): Promise<Volunteer> {
  const member = await requireMember(ctx, id);
  const why = requireReason(ctx, reason);
  return change(ctx, member.id, async (client) => {
    const { rowCount } = await client.query(
      'update suspension set until = greatest(since, $2) where volunteer_id = $1 and until is null',
      [member.id, ctx.clock()],
    );
    if (!rowCount) return undefined;
    await tell(ctx, client, serviceResumed, member.id);
    return { action: AuditAction.VOLUNTEER_RESUMED, reason: why };
  });
}
