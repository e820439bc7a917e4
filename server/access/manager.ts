import type pg from 'pg';
import { isWithin, requireUnit, withinSql } from '../hierarchy/hierarchy.service.js';
import type { Context } from '../kernel/context.js';
import { AppError, forbidden, unauthenticated } from '../kernel/errors.js';
import { defineLoader } from '../kernel/loaders.js';
import { isAdministrator, managedReachOf, ViewerRole, type Reach } from '../kernel/viewer.js';
import { Account } from './account.entity.js';
import { messages } from './account.messages.js';
import { GrantRole } from './grant.entity.js';

/** Those who appoint others, and where. */
export function requireManager({ viewer, locale }: Context): Exclude<Reach, 'nowhere'> {
  const reach = managedReachOf(viewer);
  if (reach === 'nowhere') throw (viewer.role === ViewerRole.PUBLIC ? unauthenticated : forbidden)(locale);
  return reach;
}

/**
 * Accounts `a` that concern the unit of `parameter`, or all where it is null: those that have, or had, a role within it, and
 * those of its volunteers.
 */
export const concerns = (parameter: string) => `(${parameter}::int is null
  or exists (select from role_grant g where g.account_id = a.id and ${withinSql('g.unit_id', parameter)})
  or exists (select from volunteer v where v.id = a.volunteer_id and ${withinSql('v.team_id', parameter)}))`;

export const idOf = (reach: number | 'everywhere') => (reach === 'everywhere' ? null : reach);

/** An account row, whoever asks: for the viewer's own. Others go by {@link visibleAccount}. */
export const accountById = defineLoader(async (db, ids: readonly number[]) => {
  const rows = await db.query<Account>(
    `select ${db.columns(Account, 'a')} from account a where a.id = any($1)`,
    [ids],
    'accounts-by-id',
  );
  const byId = new Map(rows.map((row) => [row.id, Object.assign(new Account(), row)]));
  return ids.map((id) => byId.get(id) ?? null);
});

/** An account by key, or null when there is none that the viewer may see: their own, and those that they manage a part of. */
export async function visibleAccount(ctx: Context, id: number): Promise<Account | null> {
  const account = await accountById(ctx).load(id);
  if (!account || id === ctx.viewer.accountId) return account;
  const reach = managedReachOf(ctx.viewer);
  if (reach === 'nowhere') return null;
  const [seen] = await ctx.db.query(`select from account a where a.id = $2 and ${concerns('$1')}`, [idOf(reach), id]);
  return seen ? account : null;
}

/** A coordinator appoints leaders and coordinators at and below the own unit; administrators appoint everybody. */
export async function mayGive(ctx: Context, role: GrantRole, unitId: number | null): Promise<boolean> {
  if (isAdministrator(ctx.viewer)) return true;
  if (role === GrantRole.ADMINISTRATOR) return false;
  const reach = managedReachOf(ctx.viewer);
  return unitId === null ? reach === 'everywhere' : isWithin(ctx, unitId, reach);
}

/** The unit where a role is to be given; FORBIDDEN when the viewer may not give it, NOT_FOUND for a unit out of reach. */
export async function placeOf(ctx: Context, role: GrantRole, unit: string | null | undefined): Promise<number | null> {
  const unitId = unit === null || unit === undefined ? null : (await requireUnit(ctx, unit)).id;
  if (role === GrantRole.ADMINISTRATOR && unitId !== null) {
    throw new AppError('BAD_USER_INPUT', messages[ctx.locale].administratorsEverywhere);
  }
  if (!(await mayGive(ctx, role, unitId))) throw forbidden(ctx.locale);
  return unitId;
}

/**
 * Throws FORBIDDEN unless the viewer manages all that the account may do: whoever resets a password could act by every grant
 * of the account, and as its volunteer. For a transaction that holds the account.
 */
export async function requireWhole(ctx: Context, client: pg.ClientBase, accountId: number): Promise<void> {
  if (isAdministrator(ctx.viewer)) return;
  const { rowCount } = await client.query(
    `select from account a where a.id = $2
     and not exists (select from role_grant g where g.account_id = a.id and (g.ends_at is null or g.ends_at > $3)
       and (g.role = 'ADMINISTRATOR' or ($1::int is not null and (g.unit_id is null or not ${withinSql('g.unit_id', '$1')}))))
     and ($1::int is null or a.volunteer_id is null or exists (
       select from volunteer v where v.id = a.volunteer_id and ${withinSql('v.team_id', '$1')}))`,
    [idOf(requireManager(ctx)), accountId, ctx.clock()],
  );
  if (rowCount === 0) throw forbidden(ctx.locale);
}
