import type pg from 'pg';
import { AuditAction } from '../audit/audit-entry.entity.js';
import { recordAudit, requireReason } from '../audit/audit.service.js';
import { unitOfFilter } from '../hierarchy/hierarchy.service.js';
import { decodeCursor, toPage, type Page, type PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import { constraintOf } from '../kernel/database/database.js';
import { AppError, notFound } from '../kernel/errors.js';
import { numericKey } from '../kernel/global-id.js';
import { requireText } from '../kernel/text.js';
import { isAdministrator } from '../kernel/viewer.js';
import { volunteerInReach } from '../volunteer/volunteer.service.js';
import { Account } from './account.entity.js';
import type { CreateAccountInput } from './account.input.js';
import { messages } from './account.messages.js';
import {
  AccountCreated,
  AccountDisabled,
  LastAdministrator,
  LoginTaken,
  OneTimePassword,
  VolunteerHasAccount,
} from './account.result.js';
import { isLogin, normaliseLogin } from './account.rules.js';
import { insertGrant } from './grant.service.js';
import { inSequence, keepAnAdministrator, lastAdministrator } from './last-administrator.js';
import { concerns, idOf, placeOf, requireManager, requireWhole, visibleAccount } from './manager.js';
import { hashPassword, oneTimePassword, unlessOverloaded } from './passwords.js';
import { endSessions } from './session.service.js';

/** A one-time password that nobody has used is a risk after so long. */
const oneTimeMs = 7 * 24 * 3_600_000;

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
  const passwordHash = await unlessOverloaded(ctx, () => hashPassword(password));
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

/**
 * Makes an account for a volunteer who proved who they are and chose a password, in the caller's transaction. Throws on
 * `account_login_unique` and `account_volunteer_id_unique`.
 */
export async function openOwnAccount(
  client: pg.ClientBase,
  account: { login: string; name: string; passwordHash: string; volunteerId: number },
  now: Date,
): Promise<number> {
  const { rows } = await client.query<{ id: number }>(
    `insert into account (login, name, password_hash, volunteer_id, created_at) values ($1, $2, $3, $4, $5) returning id`,
    [account.login, account.name, account.passwordHash, account.volunteerId, now],
  );
  return rows[0]!.id;
}

/** Gives an account a new one-time password. Its sessions end, and the old password no longer works. */
export async function resetPassword(ctx: Context, id: string): Promise<OneTimePassword> {
  const accountId = await requireAccount(ctx, id);
  const password = oneTimePassword();
  const passwordHash = await unlessOverloaded(ctx, () => hashPassword(password));
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
 * {@link inSequence}: disabled, without name and login, its sessions and roles gone. `passwordHash` is of a password that
 * nobody knows. Tells its key, if there is one; throws FORBIDDEN where the account may do more than the viewer manages, and
 * what {@link lastAdministrator} turns into a refusal.
 */
export async function eraseAccountOf(
  ctx: Context,
  client: pg.ClientBase,
  volunteerId: number,
  passwordHash: string,
): Promise<number | null> {
  const { rows } = await client.query<{ id: number }>('select id from account where volunteer_id = $1 for update', [
    volunteerId,
  ]);
  const id = rows[0]?.id;
  if (id === undefined) return null;
  await requireWhole(ctx, client, id);
  const now = ctx.clock();
  await keepAnAdministrator(client, now, { accountId: id });
  await client.query(
    `update account set login = 'erased-' || id, name = '', password_hash = $3, disabled_at = coalesce(disabled_at, $2),
       last_sign_in_at = null where id = $1`,
    [id, now, passwordHash],
  );
  await client.query(
    `update role_grant set ends_at = greatest(starts_at, $2) where account_id = $1
     and (ends_at is null or ends_at > greatest(starts_at, $2))`,
    [id, now],
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
