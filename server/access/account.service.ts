import pg from 'pg';
import { AuditAction } from '../audit/audit-entry.entity.js';
import { recordAudit } from '../audit/audit.service.js';
import { isWithin, requireUnit, unitOfFilter, withinSql } from '../hierarchy/hierarchy.service.js';
import { decodeCursor, toPage, type Page, type PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import { AppError, forbidden, notFound, unauthenticated } from '../kernel/errors.js';
import { numericKey } from '../kernel/global-id.js';
import { defineLoader } from '../kernel/loaders.js';
import { requireText } from '../kernel/text.js';
import { isAdministrator, managedReachOf, ViewerRole, type Reach } from '../kernel/viewer.js';
import { volunteerInReach } from '../volunteer/volunteer.service.js';
import { Account } from './account.entity.js';
import type { CreateAccountInput, GrantRoleInput } from './account.input.js';
import { messages } from './account.messages.js';
import {
  AccountCreated,
  AccountDisabled,
  AlreadyGranted,
  GrantEnded,
  LastAdministrator,
  LoginTaken,
  OneTimePassword,
  RoleGranted,
  VolunteerHasAccount,
} from './account.result.js';
import { isLogin, normaliseLogin } from './account.rules.js';
import { Grant, GrantRole } from './grant.entity.js';
import { hashPassword, oneTimePassword } from './passwords.js';
import { endSessions, inTurn } from './session.service.js';

/** A one-time password that nobody has used is a risk after so long. */
const oneTimeMs = 7 * 24 * 3_600_000;

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

/**
 * Accounts `a` that concern the unit of `parameter`, or all where it is null: those that have, or had, a role within it, and
 * those of its volunteers.
 */
const concerns = (parameter: string) => `(${parameter}::int is null
  or exists (select from role_grant g where g.account_id = a.id and ${withinSql('g.unit_id', parameter)})
  or exists (select from volunteer v where v.id = a.volunteer_id and ${withinSql('v.team_id', parameter)}))`;

const idOf = (reach: number | 'everywhere') => (reach === 'everywhere' ? null : reach);

/** The accounts that the viewer manages some part of, by login. `search` looks into logins and names. */
export async function listAccounts(
  ctx: Context,
  args: PageArgs,
  within?: string | null,
  search?: string | null,
): Promise<Page<Account>> {
  const reach = requireManager(ctx);
  const unit = await unitOfFilter(ctx, within);
  const where = `${concerns('$1')} and ${concerns('$2')}
    and ($3::text is null or position(lower($3) in a.login) > 0 or position(lower($3) in lower(a.name)) > 0)`;
  const values = [idOf(reach), unit?.id ?? null, search ? requireText(search.trim(), ctx.locale) : null];
  const rows = await ctx.db.query<Account>(
    `select ${ctx.db.columns(Account, 'a')} from account a
     where ${where} and ($4::text is null or a.login > $4) order by a.login limit $5`,
    [...values, decodeCursor(args.after), args.first + 1],
  );
  return toPage(
    rows.map((row) => Object.assign(new Account(), row)),
    args,
    (account) => account.login,
    async () =>
      (await ctx.db.query<{ count: number }>(`select count(*)::int as count from account a where ${where}`, values))[0]!
        .count,
  );
}

/** An account by key, or null when there is none that the viewer may see: their own, and those that they manage a part of. */
export async function visibleAccount(ctx: Context, id: number): Promise<Account | null> {
  const account = await accountById(ctx).load(id);
  if (!account || id === ctx.viewer.accountId) return account;
  const reach = managedReachOf(ctx.viewer);
  if (reach === 'nowhere') return null;
  const [seen] = await ctx.db.query(`select from account a where a.id = $2 and ${concerns('$1')}`, [idOf(reach), id]);
  return seen ? account : null;
}

/** A grant by key, or null: whoever may see the account sees what it may do. */
export async function visibleGrant(ctx: Context, id: number): Promise<Grant | null> {
  const grant = await grantById(ctx).load(id);
  return grant && (await visibleAccount(ctx, grant.accountId)) ? grant : null;
}

/**
 * Makes an account with a one-time password, for somebody with a role within the viewer's reach or a volunteer there.
 * Throws FORBIDDEN for a role that is not the viewer's to give.
 */
export async function createAccount(
  ctx: Context,
  input: CreateAccountInput,
): Promise<AccountCreated | LoginTaken | VolunteerHasAccount> {
  requireManager(ctx);
  const text = messages[ctx.locale];
  const login = normaliseLogin(input.login);
  if (!isLogin(login)) throw new AppError('BAD_USER_INPUT', text.badLogin);
  const name = requireText(input.name.trim(), ctx.locale);
  if (name === '' || [...name].length > 60) throw new AppError('BAD_USER_INPUT', text.badName);
  const unitId = input.role ? await placeOf(ctx, input.role, input.unit) : null;
  const volunteerId = await volunteerOf(ctx, input.volunteer);
  if (!isAdministrator(ctx.viewer) && !input.role && volunteerId === null) {
    throw new AppError('BAD_USER_INPUT', text.needsARole);
  }

  const password = oneTimePassword();
  const passwordHash = await inTurn(ctx, () => hashPassword(password));
  const now = ctx.clock();
  const expiresAt = new Date(now.getTime() + oneTimeMs);
  try {
    const account = await ctx.db.transaction(async (client) => {
      const { rows } = await client.query<Account>(
        `insert into account as a (login, name, password_hash, password_expires_at, volunteer_id, created_at)
         values ($1, $2, $3, $4, $5, $6) returning ${ctx.db.columns(Account, 'a')}`,
        [login, name, passwordHash, expiresAt, volunteerId, now],
      );
      const { id } = rows[0]!;
      if (input.role) await insertGrant(ctx, client, { accountId: id, role: input.role, unitId, startsAt: now });
      await recordAudit(ctx, client, {
        action: AuditAction.ACCOUNT_CREATED,
        target: { type: 'Account', id },
        unitId,
        details: { role: input.role ?? null, volunteer: volunteerId },
      });
      return Object.assign(new Account(), rows[0]);
    });
    return Object.assign(new AccountCreated(), {
      account,
      oneTimePassword: Object.assign(new OneTimePassword(), { account, password, expiresAt }),
    });
  } catch (error) {
    switch (constraintOf(error)) {
      case 'account_login_unique':
        return Object.assign(new LoginTaken(), { message: text.loginTaken });
      case 'account_volunteer_id_unique':
        return Object.assign(new VolunteerHasAccount(), { message: text.volunteerHasAccount });
      default:
        throw error;
    }
  }
}

/** Gives an account a new one-time password. Its sessions end, and the old password no longer works. */
export async function resetPassword(ctx: Context, id: string): Promise<OneTimePassword> {
  const accountId = await requireAccount(ctx, id);
  const password = oneTimePassword();
  const passwordHash = await inTurn(ctx, () => hashPassword(password));
  const now = ctx.clock();
  const expiresAt = new Date(now.getTime() + oneTimeMs);
  const account = await changeAccount(ctx, accountId, async (client) => {
    await client.query('update account set password_hash = $2, password_expires_at = $3 where id = $1', [
      accountId,
      passwordHash,
      expiresAt,
    ]);
    const endedSessions = await endSessions(client, now, 'account_id = $2', [accountId]);
    return { action: AuditAction.PASSWORD_RESET, details: { endedSessions } };
  });
  await ctx.limits.forgive(account.login);
  return Object.assign(new OneTimePassword(), { account, password, expiresAt });
}

/** Lets nobody in by this account any more, and ends its sessions. Disabled already is as good. */
export async function disableAccount(
  ctx: Context,
  id: string,
  reason: string,
): Promise<AccountDisabled | LastAdministrator> {
  const accountId = await requireAccount(ctx, id);
  const why = requireReason(ctx, reason);
  let endedSessions = 0;
  try {
    const account = await changeAccount(ctx, accountId, async (client) => {
      const now = ctx.clock();
      await keepAnAdministrator(client, now, { accountId });
      const { rowCount } = await client.query(
        'update account set disabled_at = $2 where id = $1 and disabled_at is null',
        [accountId, now],
      );
      endedSessions = await endSessions(client, now, 'account_id = $2', [accountId]);
      return rowCount ? { action: AuditAction.ACCOUNT_DISABLED, reason: why, details: { endedSessions } } : undefined;
    });
    return Object.assign(new AccountDisabled(), { account, endedSessions });
  } catch (error) {
    return lastAdministrator(ctx, error);
  }
}

/**
 * Makes the account of a person who is being erased nobody's, in the caller's transaction, which has begun with
 * {@link inSequence}: disabled, without name and login, its sessions gone. Tells its key, if there is one; throws what
 * {@link lastAdministrator} turns into a refusal.
 */
export async function eraseAccountOf(ctx: Context, client: pg.ClientBase, volunteerId: number): Promise<number | null> {
  const { rows } = await client.query<{ id: number }>('select id from account where volunteer_id = $1 for update', [
    volunteerId,
  ]);
  const id = rows[0]?.id;
  if (id === undefined) return null;
  const now = ctx.clock();
  await keepAnAdministrator(client, now, { accountId: id });
  await client.query(
    `update account set login = 'erased-' || id, name = '', password_hash = $3, disabled_at = coalesce(disabled_at, $2),
       last_sign_in_at = null where id = $1`,
    [id, now, await hashPassword(oneTimePassword())],
  );
  await client.query('delete from session where account_id = $1', [id]);
  return id;
}

/** Lets a disabled account be used again, with the password that it had. */
export async function enableAccount(ctx: Context, id: string): Promise<Account> {
  const accountId = await requireAccount(ctx, id);
  return changeAccount(ctx, accountId, async (client) => {
    const { rowCount } = await client.query(
      'update account set disabled_at = null where id = $1 and disabled_at is not null',
      [accountId],
    );
    return rowCount ? { action: AuditAction.ACCOUNT_ENABLED } : undefined;
  });
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

/** Those who appoint others, and where. */
export function requireManager({ viewer, locale }: Context): Exclude<Reach, 'nowhere'> {
  const reach = managedReachOf(viewer);
  if (reach === 'nowhere') throw (viewer.role === ViewerRole.PUBLIC ? unauthenticated : forbidden)(locale);
  return reach;
}

/** Why somebody does something that others will want to understand. */
export function requireReason(ctx: Context, reason: string): string {
  const text = requireText(reason.trim(), ctx.locale);
  if (text === '') throw new AppError('BAD_USER_INPUT', messages[ctx.locale].reasonMissing);
  return text;
}

/** A coordinator appoints leaders and coordinators at and below the own unit; administrators appoint everybody. */
async function mayGive(ctx: Context, role: GrantRole, unitId: number | null): Promise<boolean> {
  if (isAdministrator(ctx.viewer)) return true;
  if (role === GrantRole.ADMINISTRATOR) return false;
  const reach = managedReachOf(ctx.viewer);
  return unitId === null ? reach === 'everywhere' : isWithin(ctx, unitId, reach);
}

/** The unit where a role is to be given; FORBIDDEN when the viewer may not give it, NOT_FOUND for a unit out of reach. */
async function placeOf(ctx: Context, role: GrantRole, unit: string | null | undefined): Promise<number | null> {
  const unitId = unit === null || unit === undefined ? null : (await requireUnit(ctx, unit)).id;
  if (role === GrantRole.ADMINISTRATOR && unitId !== null) {
    throw new AppError('BAD_USER_INPUT', messages[ctx.locale].administratorsEverywhere);
  }
  if (!(await mayGive(ctx, role, unitId))) throw forbidden(ctx.locale);
  return unitId;
}

async function volunteerOf(ctx: Context, volunteer: string | null | undefined): Promise<number | null> {
  if (volunteer === null || volunteer === undefined) return null;
  const id = numericKey(volunteer, 'Volunteer');
  if (id === undefined || !(await volunteerInReach(ctx, id))) throw notFound(ctx.locale);
  return id;
}

/** An account that the viewer manages as a whole; NOT_FOUND for one out of sight, FORBIDDEN for one that others manage, too. */
async function requireAccount(ctx: Context, id: string): Promise<number> {
  requireManager(ctx);
  const key = numericKey(id, 'Account');
  const account = key === undefined ? null : await visibleAccount(ctx, key);
  if (!account) throw notFound(ctx.locale);
  return account.id;
}

/**
 * Throws FORBIDDEN unless the viewer manages all that the account may do: whoever resets a password could act by every grant
 * of the account, and as its volunteer. For a transaction that holds the account.
 */
async function requireWhole(ctx: Context, client: pg.ClientBase, accountId: number): Promise<void> {
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

/** Changes an account in a transaction that holds it. `work` answers what to write into the audit log. */
async function changeAccount(
  ctx: Context,
  accountId: number,
  work: (client: pg.ClientBase) => Promise<Omit<Parameters<typeof recordAudit>[2], 'target'> | undefined>,
): Promise<Account> {
  const account = await ctx.db.transaction(async (client) => {
    await inSequence(client);
    await client.query('select from account where id = $1 for update', [accountId]);
    await requireWhole(ctx, client, accountId);
    const act = await work(client);
    const { rows } = await client.query<Account>(
      `select ${ctx.db.columns(Account, 'a')} from account a where a.id = $1`,
      [accountId],
    );
    if (act) await recordAudit(ctx, client, { ...act, target: { type: 'Account', id: accountId } });
    return Object.assign(new Account(), rows[0]);
  });
  ctx.authenticator.forget((viewer) => viewer.accountId === accountId);
  return account;
}

async function insertGrant(
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

/** Thrown inside a transaction, to undo it. */
class NobodyLeft extends Error {}

export function lastAdministrator(ctx: Context, error: unknown): LastAdministrator {
  if (!(error instanceof NobodyLeft)) throw error;
  return Object.assign(new LastAdministrator(), { message: messages[ctx.locale].lastAdministrator });
}

/**
 * Who may do what is changed by one after the other, on all nodes: rare acts, whose conditions look at many accounts. So of
 * two administrators who disable each other, the second finds that there is only one left.
 */
export async function inSequence(client: pg.ClientBase): Promise<void> {
  await client.query("select pg_advisory_xact_lock(hashtext('baihua accounts'))");
}

/** Throws unless somebody would still run the installation, for good, without this account or this grant. */
async function keepAnAdministrator(
  client: pg.ClientBase,
  now: Date,
  without: { accountId?: number; grantId?: number },
): Promise<void> {
  const { rows } = await client.query<{ accountId: number; grantId: number; endsAt: Date | null }>(
    `select a.id as "accountId", g.id as "grantId", g.ends_at as "endsAt"
     from role_grant g join account a on a.id = g.account_id
     where g.role = 'ADMINISTRATOR' and a.disabled_at is null and g.starts_at <= $1 and (g.ends_at is null or g.ends_at > $1)
`,
    [now],
  );
  const goes = (row: (typeof rows)[number]) => row.accountId === without.accountId || row.grantId === without.grantId;
  if (rows.some(goes) && !rows.some((row) => !goes(row) && row.endsAt === null)) throw new NobodyLeft();
}

function constraintOf(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.constraint : undefined;
}
