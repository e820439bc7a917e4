import type pg from 'pg';
import { AuditAction } from '../audit/audit-entry.entity.js';
import { recordAudit } from '../audit/audit.service.js';
import type { Context } from '../kernel/context.js';
import type { Database } from '../kernel/database/database.js';
import { AppError, notFound } from '../kernel/errors.js';
import { numericKey } from '../kernel/global-id.js';
import { requireText } from '../kernel/text.js';
import { hashOf } from './access.service.js';
import { Account } from './account.entity.js';
import type { ChangePasswordInput, SignInInput } from './account.input.js';
import { messages } from './account.messages.js';
import {
  ActAsRefused,
  NowActing,
  PasswordChanged,
  PasswordRefused,
  SignedIn,
  SignInRefusalReason,
  SignInRefused,
  WrongPassword,
} from './account.result.js';
import { foremost, normaliseLogin, passwordProblem } from './account.rules.js';
import { liveGrants } from './grant.service.js';
import { accountById } from './manager.js';
import { hashPassword, isPassword, unlessOverloaded } from './passwords.js';
import { endSessions, newToken, renewToken, requireSession, viewerOf } from './session.service.js';

/** From where and on what somebody was signed in is forgotten so long after it ended, when they sign in the next time. */
const keptMs = 90 * 24 * 3_600_000;
/**
 * Signs somebody in: a new session under a new token, whatever session the browser had before. As much work for a login that
 * there is not as for one that there is. Throws RATE_LIMITED, and BAD_USER_INPUT where no reply can carry a cookie.
 */
export async function signIn(ctx: Context, input: SignInInput): Promise<SignedIn | SignInRefused> {
  const setSession = requireCookies(ctx);
  const login = requireText(normaliseLogin(input.login), ctx.locale);
  const wentWell = await ctx.limits.signIn(login, ctx.address, ctx.locale);
  const account = await accountByLogin(ctx.db, login);
  const isRight = await tryPassword(ctx, input.password, account?.passwordHash);

  const opened = await ctx.db.transaction(async (client) => {
    const now = ctx.clock();
    // As it is now: since the password was tried, the account may have been disabled, or given another password.
    const current = isRight ? await lockAccount(ctx.db, client, account!) : undefined;
    const reason = whyNot(current, now);
    if (reason) {
      // Also where there is no such account, so that it takes as long. What was typed is not for the log.
      const target = account && { type: 'Account', id: account.id };
      await recordAudit(ctx, client, { action: AuditAction.SIGN_IN_FAILED, target, details: { reason } });
      return reason;
    }
    await client.query('update account set last_sign_in_at = $2 where id = $1', [account!.id, now]);
    await client.query('delete from session where account_id = $1 and least(revoked_at, expires_at) < $2', [
      account!.id,
      new Date(now.getTime() - keptMs),
    ]);
    // The browser forgets its old session for the new one; so does everybody who may have copied it.
    if (ctx.viewer.sessionId !== null) await endSessions(client, now, 'id = $2', [ctx.viewer.sessionId]);
    const grant = foremost(await liveGrants(ctx, client, account!.id, now));
    const session = newToken(now);
    const { rows } = await client.query<{ id: number }>(
      `insert into session (account_id, grant_id, token_hash, created_at, last_seen_at, expires_at, user_agent, address)
       values ($1, $2, $3, $4, $4, $5, $6, $7) returning id`,
      [
        account!.id,
        grant?.id ?? null,
        hashOf(session.token),
        now,
        session.expiresAt,
        ctx.userAgent?.slice(0, 400),
        ctx.address,
      ],
    );
    const viewer = await viewerOf(ctx, client, rows[0]!.id, now);
    await recordAudit({ ...ctx, viewer }, client, {
      action: AuditAction.SIGN_IN,
      target: { type: 'Session', id: viewer.sessionId! },
      unitId: viewer.unitId,
    });
    return { viewer, session };
  });

  if (typeof opened === 'string') {
    const message = messages[ctx.locale].signInRefused[opened];
    return Object.assign(new SignInRefused(), { message, reason: opened });
  }
  await wentWell();
  forgetViewer(ctx);
  setSession(opened.session);
  return Object.assign(new SignedIn(), { viewer: opened.viewer });
}

/** Ends the session that asks, if one does, and takes the browser's cookie away. */
export async function signOut(ctx: Context): Promise<boolean> {
  const setSession = requireCookies(ctx);
  const { sessionId } = ctx.viewer;
  if (sessionId !== null) {
    await ctx.db.transaction(async (client) => {
      if ((await endSessions(client, ctx.clock(), 'id = $2', [sessionId])) === 0) return;
      await recordAudit(ctx, client, { action: AuditAction.SIGN_OUT, target: { type: 'Session', id: sessionId } });
    });
    forgetViewer(ctx);
  }
  setSession(null);
  return sessionId !== null;
}

/**
 * Changes the password of whoever is signed in. All other sessions of the account end, and this one gets a new token.
 * Throws RATE_LIMITED as `signIn` does: the old password can be guessed here, too.
 */
export async function changePassword(
  ctx: Context,
  input: ChangePasswordInput,
): Promise<PasswordChanged | WrongPassword | PasswordRefused> {
  const { accountId, sessionId } = requireSession(ctx);
  const setSession = requireCookies(ctx);
  const text = messages[ctx.locale];
  const account = (await accountById(ctx).load(accountId))!;
  const problem =
    passwordProblem(input.new, account.login) ?? (input.new === input.current ? ('sameAsBefore' as const) : undefined);
  if (problem) return Object.assign(new PasswordRefused(), { message: text.passwordRefused[problem] });

  const wentWell = await ctx.limits.signIn(account.login, ctx.address, ctx.locale);
  const isRight = await tryPassword(ctx, input.current, account.passwordHash);
  const passwordHash = isRight ? await unlessOverloaded(ctx, () => hashPassword(input.new)) : '';
  const changed = await ctx.db.transaction(async (client) => {
    const now = ctx.clock();
    const current = isRight ? await lockAccount(ctx.db, client, account) : undefined;
    if (whyNot(current, now)) return undefined;
    await client.query('update account set password_hash = $2, password_expires_at = null where id = $1', [
      accountId,
      passwordHash,
    ]);
    const ended = await endSessions(client, now, 'account_id = $2 and id <> $3', [accountId, sessionId]);
    const session = await renewToken(client, sessionId, now);
    const viewer = await viewerOf(ctx, client, sessionId, now);
    await recordAudit(ctx, client, {
      action: AuditAction.PASSWORD_CHANGED,
      target: { type: 'Account', id: accountId },
      details: { endedSessions: ended },
    });
    return { viewer, session };
  });

  if (!changed) return Object.assign(new WrongPassword(), { message: text.wrongPassword });
  await wentWell();
  ctx.authenticator.forget((viewer) => viewer.accountId === accountId);
  setSession(changed.session);
  return Object.assign(new PasswordChanged(), { viewer: changed.viewer });
}

/**
 * Goes on in another role of the account: by one of its grants, or as the volunteer when there is none. The session gets a
 * new token, so that no node goes by what it knew of the old one.
 */
export async function actAs(ctx: Context, grant: string | null): Promise<NowActing | ActAsRefused> {
  const { accountId, sessionId } = requireSession(ctx);
  const setSession = requireCookies(ctx);
  const grantId = grant === null ? null : numericKey(grant, 'Grant');
  if (grantId === undefined) throw notFound(ctx.locale);
  const text = messages[ctx.locale];

  const acting = await ctx.db.transaction(async (client) => {
    const now = ctx.clock();
    const { rows } = await client.query<{ volunteerId: number | null; passwordExpiresAt: Date | null }>(
      `select volunteer_id as "volunteerId", password_expires_at as "passwordExpiresAt"
       from account where id = $1 for no key update`,
      [accountId],
    );
    const account = rows[0]!;
    if (account.passwordExpiresAt) return text.mustChangePassword;
    if (grantId === null) {
      if (account.volunteerId === null) return text.notAVolunteer;
    } else if (!(await liveGrants(ctx, client, accountId, now)).some(({ id }) => id === grantId)) {
      const own = await client.query('select from role_grant where id = $1 and account_id = $2', [grantId, accountId]);
      if (own.rowCount === 0) throw notFound(ctx.locale);
      return text.grantNotNow;
    }
    await client.query('update session set grant_id = $2, last_seen_at = $3 where id = $1', [sessionId, grantId, now]);
    const session = await renewToken(client, sessionId, now);
    const viewer = await viewerOf(ctx, client, sessionId, now);
    await recordAudit({ ...ctx, viewer }, client, {
      action: AuditAction.ACTED_AS,
      target: grantId === null ? undefined : { type: 'Grant', id: grantId },
      unitId: viewer.unitId,
    });
    return { viewer, session };
  });

  if (typeof acting === 'string') return Object.assign(new ActAsRefused(), { message: acting });
  forgetViewer(ctx);
  setSession(acting.session);
  return Object.assign(new NowActing(), { viewer: acting.viewer });
}

/** Whether the password is the account's; SERVICE_UNAVAILABLE when too many are being tried. */
function tryPassword(ctx: Context, password: string, passwordHash: string | undefined): Promise<boolean> {
  return unlessOverloaded(ctx, () => isPassword(password, passwordHash));
}

async function accountByLogin(db: Database, login: string): Promise<Account | undefined> {
  const rows = await db.query<Account>(
    `select ${db.columns(Account, 'a')} from account a where a.login = $1`,
    [login],
    'account-by-login',
  );
  return rows[0];
}

/** The account as it is now, for as long as the transaction lasts; none when its password is not the one that was tried. */
async function lockAccount(db: Database, client: pg.ClientBase, tried: Account): Promise<Account | undefined> {
  const { rows } = await client.query<Account>(
    `select ${db.columns(Account, 'a')} from account a where a.id = $1 and a.password_hash = $2 for no key update`,
    [tried.id, tried.passwordHash],
  );
  return rows[0];
}

/** What keeps somebody out who showed the right password, or none. */
function whyNot(account: Account | undefined, now: Date): SignInRefusalReason | undefined {
  if (!account) return SignInRefusalReason.WRONG_CREDENTIALS;
  if (account.disabledAt) return SignInRefusalReason.ACCOUNT_DISABLED;
  if (account.passwordExpiresAt && account.passwordExpiresAt <= now) return SignInRefusalReason.PASSWORD_EXPIRED;
  return undefined;
}

function forgetViewer(ctx: Context): void {
  const { sessionId } = ctx.viewer;
  if (sessionId !== null) ctx.authenticator.forget((viewer) => viewer.sessionId === sessionId);
}

function requireCookies({ setSession, locale }: Context): NonNullable<Context['setSession']> {
  if (!setSession) throw new AppError('BAD_USER_INPUT', messages[locale].overHttp);
  return setSession;
}
