import type pg from 'pg';
import { AuditAction } from '../audit/audit-entry.entity.js';
import { recordAudit, requireReason } from '../audit/audit.service.js';
import type { Context } from '../kernel/context.js';
import { constraintOf, type Database } from '../kernel/database/database.js';
import { AppError, forbidden, notFound } from '../kernel/errors.js';
import { numericKey } from '../kernel/global-id.js';
import { defineLoader } from '../kernel/loaders.js';
import type { Viewer } from '../kernel/viewer.js';
import type { GrantRoleInput } from './account.input.js';
import { messages } from './account.messages.js';
import { AlreadyGranted, GrantEnded, LastAdministrator, RoleGranted } from './account.result.js';
import { Grant, type GrantRole } from './grant.entity.js';
import { inSequence, keepAnAdministrator, lastAdministrator } from './last-administrator.js';
import { mayGive, placeOf, requireManager, visibleAccount } from './manager.js';

export const grantById = defineLoader(async (db, ids: readonly number[]) => {
  const rows = await db.query<Grant>(
    `select ${db.columns(Grant, 'g')} from role_grant g where g.id = any($1)`,
    [ids],
    'grants-by-id',
  );
  const byId = new Map(rows.map((row) => [row.id, Object.assign(new Grant(), row)]));
  return ids.map((id) => byId.get(id) ?? null);
});

/** All grants that an account ever had, the oldest first. */
const grantsByAccount = defineLoader(async (db, accountIds: readonly number[]) => {
  const rows = await db.query<Grant>(
    `select ${db.columns(Grant, 'g')} from role_grant g where g.account_id = any($1) order by g.id`,
    [accountIds],
    'grants-of',
  );
  const grants = rows.map((row) => Object.assign(new Grant(), row));
  return accountIds.map((id) => grants.filter((grant) => grant.accountId === id));
});

/** The grants of an account that hold or are to hold, the oldest first. */
export async function grantsOf(ctx: Context, accountId: number): Promise<Grant[]> {
  const now = ctx.clock();
  const grants = await grantsByAccount(ctx).load(accountId);
  return grants.filter(({ endsAt }) => endsAt === null || endsAt > now);
}

/** What whoever is signed in could act by now. */
export async function currentGrants(ctx: Context, { accountId }: Viewer): Promise<Grant[]> {
  if (accountId === null) return [];
  const rows = await ctx.db.query<Grant>(liveGrantsSql(ctx.db), [accountId, ctx.clock()]);
  return rows.map((row) => Object.assign(new Grant(), row));
}

/** The grants of an account that hold now, the oldest first. */
export async function liveGrants(ctx: Context, client: pg.ClientBase, accountId: number, now: Date): Promise<Grant[]> {
  const { rows } = await client.query<Grant>(liveGrantsSql(ctx.db), [accountId, now]);
  return rows.map((row) => Object.assign(new Grant(), row));
}

const liveGrantsSql = (db: Database) =>
  `select ${db.columns(Grant, 'g')} from role_grant g
   where g.account_id = $1 and g.starts_at <= $2 and (g.ends_at is null or g.ends_at > $2) order by g.id`;

/** A grant by key, or null: whoever may see the account sees what it may do. */
export async function visibleGrant(ctx: Context, id: number): Promise<Grant | null> {
  const grant = await grantById(ctx).load(id);
  return grant && (await visibleAccount(ctx, grant.accountId)) ? grant : null;
}

/** Gives an account a role at a unit, for a time. Throws FORBIDDEN for a role that is not the viewer's to give. */
export async function grantRole(ctx: Context, input: GrantRoleInput): Promise<RoleGranted | AlreadyGranted> {
  requireManager(ctx);
  const accountId = numericKey(input.account, 'Account');
  const account = accountId === undefined ? null : await visibleAccount(ctx, accountId);
  if (!account) throw notFound(ctx.locale);
  const unitId = await placeOf(ctx, input.role, input.unit);
  const now = ctx.clock();
  const startsAt = input.startsAt ?? now;
  const endsAt = input.endsAt ?? null;
  const isSane = (time: Date) => time.getUTCFullYear() >= 2000 && time.getUTCFullYear() <= 9999;
  if (!isSane(startsAt) || (endsAt && (endsAt <= startsAt || endsAt <= now || !isSane(endsAt)))) {
    throw new AppError('BAD_USER_INPUT', messages[ctx.locale].badTimes);
  }
  try {
    const grant = await ctx.db.transaction(async (client) => {
      await inSequence(client);
      const inserted = await insertGrant(ctx, client, {
        accountId: account.id,
        role: input.role,
        unitId,
        startsAt,
        endsAt,
      });
      await recordAudit(ctx, client, {
        action: AuditAction.ROLE_GRANTED,
        target: { type: 'Account', id: account.id },
        unitId,
        details: { grant: inserted.id, role: input.role },
      });
      return inserted;
    });
    return Object.assign(new RoleGranted(), { grant });
  } catch (error) {
    if (constraintOf(error) !== 'role_grant_once_at_a_time') throw error;
    return Object.assign(new AlreadyGranted(), { message: messages[ctx.locale].alreadyGranted });
  }
}

/** Ends a grant now, if it has not ended. It stays on record; a grant that had not begun has no time left in it. */
export async function endGrant(ctx: Context, id: string, reason: string): Promise<GrantEnded | LastAdministrator> {
  requireManager(ctx);
  const grantId = numericKey(id, 'Grant');
  const grant = grantId === undefined ? null : await visibleGrant(ctx, grantId);
  if (!grant) throw notFound(ctx.locale);
  if (!(await mayGive(ctx, grant.role, grant.unitId))) throw forbidden(ctx.locale);
  const why = requireReason(ctx, reason);
  try {
    const ended = await ctx.db.transaction(async (client) => {
      await inSequence(client);
      const now = ctx.clock();
      await keepAnAdministrator(client, now, { grantId: grant.id });
      const { rows } = await client.query<Grant>(
        `update role_grant g set ends_at = greatest(g.starts_at, $2)
         where g.id = $1 and (g.ends_at is null or g.ends_at > greatest(g.starts_at, $2))
         returning ${ctx.db.columns(Grant, 'g')}`,
        [grant.id, now],
      );
      if (!rows[0]) return grant;
      await recordAudit(ctx, client, {
        action: AuditAction.GRANT_ENDED,
        target: { type: 'Account', id: grant.accountId },
        unitId: grant.unitId,
        reason: why,
        details: { grant: grant.id, role: grant.role },
      });
      return Object.assign(new Grant(), rows[0]);
    });
    ctx.authenticator.forget((viewer) => viewer.grantId === grant.id);
    return Object.assign(new GrantEnded(), { grant: ended });
  } catch (error) {
    return lastAdministrator(ctx, error);
  }
}

export async function insertGrant(
  ctx: Context,
  client: pg.ClientBase,
  grant: { accountId: number; role: GrantRole; unitId: number | null; startsAt: Date; endsAt?: Date | null },
): Promise<Grant> {
  const { rows } = await client.query<Grant>(
    `insert into role_grant as g (account_id, role, unit_id, starts_at, ends_at) values ($1, $2, $3, $4, $5)
     returning ${ctx.db.columns(Grant, 'g')}`,
    [grant.accountId, grant.role, grant.unitId, grant.startsAt, grant.endsAt ?? null],
  );
  return Object.assign(new Grant(), rows[0]);
}
