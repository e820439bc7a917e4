import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { AuditAction } from '../audit/audit-entry.entity.js';
import { recordAudit } from '../audit/audit.service.js';
import { numberBefore, toPage, type Page, type PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import type { Database } from '../kernel/database/database.js';
import { forbidden, notFound, unauthenticated } from '../kernel/errors.js';
import { numericKey } from '../kernel/global-id.js';
import { defineLoader } from '../kernel/loaders.js';
import { publicViewer, ViewerRole, type Viewer } from '../kernel/viewer.js';
import { hashOf } from './access.service.js';
import { Session } from './session.entity.js';

/** However it is used, a session ends after so long. */
const lastsMs = 30 * 24 * 3_600_000;
/** One that acts by a grant ends when nobody used it for so long: an office's computer is left at night. A phone is not. */
const idleMs = 12 * 3_600_000;
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

export function newToken(now: Date) {
  return { token: randomBytes(32).toString('base64url'), expiresAt: new Date(now.getTime() + lastsMs) };
}

/** Another token for the same session, whose end stays where it was. */
export async function renewToken(client: pg.ClientBase, sessionId: number, now: Date) {
  const { token } = newToken(now);
  const { rows } = await client.query<{ expiresAt: Date }>(
    'update session set token_hash = $2 where id = $1 returning expires_at as "expiresAt"',
    [sessionId, hashOf(token)],
  );
  return { token, expiresAt: rows[0]!.expiresAt };
}

/** Who the session makes of its user, within the transaction; UNAUTHENTICATED when it was ended meanwhile. */
export async function viewerOf(ctx: Context, client: pg.ClientBase, sessionId: number, now: Date): Promise<Viewer> {
  const { rows } = await client.query<SessionRow>(`${validSessions} and s.id = $1`, [sessionId, now]);
  if (!rows[0]) throw unauthenticated(ctx.locale);
  return toViewer(rows[0]);
}

/** Whoever is signed in; keys have no account, and the public has to sign in first. */
export function requireSession({ viewer, locale }: Context): { accountId: number; sessionId: number } {
  const { accountId, sessionId, keyId } = viewer;
  if (accountId === null || sessionId === null) throw (keyId === null ? unauthenticated : forbidden)(locale);
  return { accountId, sessionId };
}

/** The sessions of whoever is signed in that are still open, the newest first. */
export async function listSessions(ctx: Context, args: PageArgs): Promise<Page<Session>> {
  const { accountId } = requireSession(ctx);
  const open = `from (${validSessions} and s.account_id = $1) v join session s on s.id = v."sessionId"`;
  const now = ctx.clock();
  const rows = await ctx.db.query<Session>(
    `select ${ctx.db.columns(Session, 's')} ${open} where s.id < $3 order by s.id desc limit $4`,
    [accountId, now, numberBefore(args.after), args.first + 1],
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

const toSession = (row: Session) => Object.assign(new Session(), row);
