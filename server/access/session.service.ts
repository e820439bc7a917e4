import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { AuditAction } from '../audit/audit-entry.entity.js';
import { recordAudit } from '../audit/audit.service.js';
import { decodeCursor, toPage, type Page, type PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import type { Database } from '../kernel/database/database.js';
import { AppError, forbidden, notFound, unauthenticated, unavailable } from '../kernel/errors.js';
import { numericKey } from '../kernel/global-id.js';
import { defineLoader } from '../kernel/loaders.js';
import { requireText } from '../kernel/text.js';
import { publicViewer, ViewerRole, type Viewer } from '../kernel/viewer.js';
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
import { Grant } from './grant.entity.js';
import { hashPassword, isPassword, Overloaded } from './passwords.js';
import { Session } from './session.entity.js';

/** However it is used, a session ends after so long. */
const lastsMs = 30 * 24 * 3_600_000;
/** One that acts by a grant ends when nobody used it for so long: an office's computer is left at night. A phone is not. */
const idleMs = 12 * 3_600_000;
/** From where and on what somebody was signed in is forgotten so long after it ended, when they sign in the next time. */
const keptMs = 90 * 24 * 3_600_000;
/** How precisely it is known when a session was last used; it is written no more often. */
const seenMs = 60_000;

/** Sessions that are valid at `$2`, as viewers. A grant that ended leaves the volunteer, or nobody with an account. */
const validSessions = `
  select s.id as "sessionId", a.id as "accountId", a.name, s.last_seen_at as "lastSeenAt",
    case when a.password_expires_at is null then a.volunteer_id end as "volunteerId",
    g.id as "grantId", g.role, g.unit_id as "unitId"
  from session s
  join account a on a.id = s.account_id and a.disabled_at is null
  left join role_grant g on g.id = s.grant_id and a.password_expires_at is null
    and g.starts_at <= $2 and (g.ends_at is null or g.ends_at > $2)
  where s.revoked_at is null and s.expires_at > $2
    and (s.grant_id is null or s.last_seen_at > $2::timestamptz - ${idleMs} * interval '1 millisecond')`;

type SessionRow = Pick<Viewer, 'sessionId' | 'accountId' | 'name' | 'volunteerId' | 'grantId' | 'unitId'> & {
  role: ViewerRole | null;
  lastSeenAt: Date;
};

/** A one-time password opens nothing yet: whoever came by it is the public, with an account. */
function toViewer(row: SessionRow): Viewer {
  const { sessionId, accountId, name, volunteerId, grantId, unitId } = row;
  const role = row.role ?? (volunteerId === null ? ViewerRole.PUBLIC : ViewerRole.VOLUNTEER);
  return { ...publicViewer, sessionId, accountId, name, volunteerId, grantId, unitId, role };
}

/** Who has this session's cookie; undefined when the session is unknown or over. */
export async function sessionViewer(db: Database, token: string, now: Date): Promise<Viewer | undefined> {
  const rows = await db.query<SessionRow>(
    `${validSessions} and s.token_hash = $1`,
    [hashOf(token), now],
    'session-viewer',
  );
  const [row] = rows;
  if (!row) return undefined;
  if (now.getTime() - row.lastSeenAt.getTime() >= seenMs) {
    await db.query('update session set last_seen_at = $2 where id = $1 and last_seen_at < $2', [row.sessionId, now]);
  }
  return toViewer(row);
}

/** Of the sessions with these ids, the valid ones, as they are now. */
export async function sessionViewers(db: Database, ids: readonly number[], now: Date): Promise<Viewer[]> {
  const rows = await db.query<SessionRow>(`${validSessions} and s.id = any($1)`, [ids, now], 'session-viewers');
  return rows.map(toViewer);
}

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
  const account = (await accountById(ctx.db, accountId))!;
  const problem =
    passwordProblem(input.new, account.login) ?? (input.new === input.current ? ('sameAsBefore' as const) : undefined);
  if (problem) return Object.assign(new PasswordRefused(), { message: text.passwordRefused[problem] });

  const wentWell = await ctx.limits.signIn(account.login, ctx.address, ctx.locale);
  const isRight = await tryPassword(ctx, input.current, account.passwordHash);
  const passwordHash = isRight ? await inTurn(ctx, () => hashPassword(input.new)) : '';
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

/** The sessions of whoever is signed in that are still open, the newest first. */
export async function listSessions(ctx: Context, args: PageArgs): Promise<Page<Session>> {
  const { accountId } = requireSession(ctx);
  const after = decodeCursor(args.after);
  // A cursor that was made up stands before everything.
  const before = after === undefined ? 2 ** 31 - 1 : /^\d{1,9}$/.test(after) ? Number(after) : 0;
  const open = `from (${validSessions} and s.account_id = $1) v join session s on s.id = v."sessionId"`;
  const now = ctx.clock();
  const rows = await ctx.db.query<Session>(
    `select ${ctx.db.columns(Session, 's')} ${open} where s.id < $3 order by s.id desc limit $4`,
    [accountId, now, before, args.first + 1],
  );
  return toPage(
    rows.map(toSession),
    args,
    (session) => session.id,
    async () =>
      (await ctx.db.query<{ count: number }>(`select count(*)::int as count ${open}`, [accountId, now]))[0]!.count,
  );
}

/** One of the viewer's own sessions, open or not; null for anybody else's. */
export async function ownSession(ctx: Context, id: number): Promise<Session | null> {
  const [row] = await ctx.db.query<Session>(
    `select ${ctx.db.columns(Session, 's')} from session s where s.id = $1 and s.account_id = $2`,
    [id, ctx.viewer.accountId],
  );
  return row ? toSession(row) : null;
}

/** Ends one of the viewer's own sessions; the present one by this, too. Ended already is as good. */
export async function revokeSession(ctx: Context, session: string): Promise<Session> {
  const { accountId, sessionId } = requireSession(ctx);
  const id = numericKey(session, 'Session');
  const found = id === undefined ? null : await ownSession(ctx, id);
  if (!found) throw notFound(ctx.locale);
  await ctx.db.transaction(async (client) => {
    const ended = await endSessions(client, ctx.clock(), 'id = $2 and account_id = $3', [found.id, accountId]);
    if (ended === 0) return;
    await recordAudit(ctx, client, { action: AuditAction.SESSION_REVOKED, target: { type: 'Session', id: found.id } });
  });
  ctx.authenticator.forget((viewer) => viewer.sessionId === found.id);
  if (found.id === sessionId) ctx.setSession?.(null);
  return (await ownSession(ctx, found.id))!;
}

/** Ends all of the viewer's own sessions but the one that asks; answers how many there were. */
export async function revokeOtherSessions(ctx: Context): Promise<number> {
  const { accountId, sessionId } = requireSession(ctx);
  const ended = await ctx.db.transaction(async (client) => {
    const count = await endSessions(client, ctx.clock(), 'account_id = $2 and id <> $3', [accountId, sessionId]);
    if (count > 0) {
      await recordAudit(ctx, client, {
        action: AuditAction.SESSION_REVOKED,
        target: { type: 'Account', id: accountId },
        details: { sessions: count },
      });
    }
    return count;
  });
  ctx.authenticator.forget((viewer) => viewer.accountId === accountId && viewer.sessionId !== sessionId);
  return ended;
}

/** Ends the sessions that `where` names, from `$2` on; answers how many were open. */
export async function endSessions(client: pg.ClientBase, now: Date, where: string, values: unknown[]): Promise<number> {
  const { rowCount } = await client.query(
    `update session set revoked_at = $1 where revoked_at is null and expires_at > $1 and ${where}`,
    [now, ...values],
  );
  return rowCount ?? 0;
}

/** A session row, whoever asks: for the viewer's own. */
export const sessionById = defineLoader(async (db, ids: readonly number[]) => {
  const rows = await db.query<Session>(
    `select ${db.columns(Session, 's')} from session s where s.id = any($1)`,
    [ids],
    'sessions-by-id',
  );
  const byId = new Map(rows.map((row) => [row.id, toSession(row)]));
  return ids.map((id) => byId.get(id) ?? null);
});

/** What whoever is signed in could act by now. */
export async function currentGrants(ctx: Context, { accountId }: Viewer): Promise<Grant[]> {
  if (accountId === null) return [];
  const rows = await ctx.db.query<Grant>(liveGrantsSql(ctx.db), [accountId, ctx.clock()]);
  return rows.map((row) => Object.assign(new Grant(), row));
}

/** The grants of an account that hold now, the oldest first. */
async function liveGrants(ctx: Context, client: pg.ClientBase, accountId: number, now: Date): Promise<Grant[]> {
  const { rows } = await client.query<Grant>(liveGrantsSql(ctx.db), [accountId, now]);
  return rows.map((row) => Object.assign(new Grant(), row));
}

const liveGrantsSql = (db: Database) =>
  `select ${db.columns(Grant, 'g')} from role_grant g
   where g.account_id = $1 and g.starts_at <= $2 and (g.ends_at is null or g.ends_at > $2) order by g.id`;

/** Whether the password is the account's; SERVICE_UNAVAILABLE when too many are being tried. */
function tryPassword(ctx: Context, password: string, passwordHash: string | undefined): Promise<boolean> {
  return inTurn(ctx, () => isPassword(password, passwordHash));
}

export function inTurn<T>(ctx: Context, work: () => Promise<T>): Promise<T> {
  return work().catch((error: unknown) => {
    throw error instanceof Overloaded ? unavailable(ctx.locale, ctx.requestId) : error;
  });
}

async function accountByLogin(db: Database, login: string): Promise<Account | undefined> {
  const rows = await db.query<Account>(
    `select ${db.columns(Account, 'a')} from account a where a.login = $1`,
    [login],
    'account-by-login',
  );
  return rows[0];
}

export async function accountById(db: Database, id: number): Promise<Account | undefined> {
  const rows = await db.query<Account>(`select ${db.columns(Account, 'a')} from account a where a.id = $1`, [id]);
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

function newToken(now: Date) {
  return { token: randomBytes(32).toString('base64url'), expiresAt: new Date(now.getTime() + lastsMs) };
}

/** Another token for the same session, whose end stays where it was. */
async function renewToken(client: pg.ClientBase, sessionId: number, now: Date) {
  const { token } = newToken(now);
  const { rows } = await client.query<{ expiresAt: Date }>(
    'update session set token_hash = $2 where id = $1 returning expires_at as "expiresAt"',
    [sessionId, hashOf(token)],
  );
  return { token, expiresAt: rows[0]!.expiresAt };
}

/** Who the session makes of its user, within the transaction; UNAUTHENTICATED when it was ended meanwhile. */
async function viewerOf(ctx: Context, client: pg.ClientBase, sessionId: number, now: Date): Promise<Viewer> {
  const { rows } = await client.query<SessionRow>(`${validSessions} and s.id = $1`, [sessionId, now]);
  if (!rows[0]) throw unauthenticated(ctx.locale);
  return toViewer(rows[0]);
}

const toSession = (row: Session) => Object.assign(new Session(), row);

function forgetViewer(ctx: Context): void {
  const { sessionId } = ctx.viewer;
  if (sessionId !== null) ctx.authenticator.forget((viewer) => viewer.sessionId === sessionId);
}

function requireCookies({ setSession, locale }: Context): NonNullable<Context['setSession']> {
  if (!setSession) throw new AppError('BAD_USER_INPUT', messages[locale].overHttp);
  return setSession;
}

/** Whoever is signed in; keys have no account, and the public has to sign in first. */
export function requireSession({ viewer, locale }: Context): { accountId: number; sessionId: number } {
  const { accountId, sessionId, keyId } = viewer;
  if (accountId === null || sessionId === null) throw (keyId === null ? unauthenticated : forbidden)(locale);
  return { accountId, sessionId };
}
