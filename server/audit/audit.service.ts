import type pg from 'pg';
import { numberBefore, toPage, type Page, type PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import { AppError, notFound } from '../kernel/errors.js';
import { fromGlobalId, numericKey } from '../kernel/global-id.js';
import type { Catalogue } from '../kernel/locale.js';
import { requireText } from '../kernel/text.js';
import { isAdministrator, requireAdministrator } from '../kernel/viewer.js';
import type { Database } from '../kernel/database/database.js';
import { AuditEntry, type AuditAction, type AuditDetails } from './audit-entry.entity.js';
import { ChainWalk, hashOf, type Link } from './chain.js';

const messages: Catalogue<{ reasonTooLong: string; reasonMissing: string }> = {
  'zh-CN': { reasonTooLong: '理由最多 500 个字。请缩短后再提交。', reasonMissing: '请说明理由。' },
  en: {
    reasonTooLong: 'A reason has at most 500 characters. Shorten it and send again.',
    reasonMissing: 'Give a reason.',
  },
};

/** Why somebody does something that others will want to understand: a text of 1 to 500 characters. */
export function requireReason({ locale }: Pick<Context, 'locale'>, reason: string): string {
  const text = requireText(reason.trim(), locale);
  if (text === '') throw new AppError('BAD_USER_INPUT', messages[locale].reasonMissing);
  if ([...text].length > 500) throw new AppError('BAD_USER_INPUT', messages[locale].reasonTooLong);
  return text;
}

/** What of a context the log needs. Whoever acts in another role than the caller's, as at signing in, replaces `viewer`. */
export type AuditContext = Pick<Context, 'viewer' | 'locale' | 'requestId' | 'clock' | 'address'>;

export interface AuditedAct {
  action: AuditAction;
  /** The object that it was done to: its GraphQL type, its key within the type, and a name that is nobody's. */
  target?: { type: string; id: number | string; name?: string };
  /** Where it belongs: the unit whose affairs these are. */
  unitId?: number | null;
  /** Why, as the caller gave it; BAD_USER_INPUT when it is no text or too long. */
  reason?: string | null;
  details?: AuditDetails;
}

/**
 * Writes an act into the log, in the transaction of the act itself: both are there, or neither. To be called as the
 * LAST statement of the transaction, as from here to its end nobody else can append.
 */
export async function recordAudit(ctx: AuditContext, client: pg.ClientBase, act: AuditedAct): Promise<void> {
  const { viewer } = ctx;
  const { target } = act;
  const reason = act.reason ? requireReason(ctx, act.reason) : null;

  const { rows } = await client.query<Link>({
    name: 'audit-head',
    text: 'select sequence, hash from audit_head where id = 1 for update',
  });
  const head = rows[0]!;
  const content = {
    sequence: head.sequence + 1,
    // Read under the lock, so that times rise with the numbers.
    at: ctx.clock(),
    actorRole: viewer.role,
    accountId: viewer.accountId,
    keyId: viewer.keyId,
    // An account's name is a person's: it is looked up, and goes when the person is erased.
    actorName: viewer.accountId === null ? viewer.name : null,
    action: act.action,
    targetType: target?.type ?? null,
    targetId: target === undefined ? null : String(target.id),
    targetName: target?.name ?? null,
    unitId: act.unitId ?? null,
    reason,
    address: ctx.address || null,
    requestId: ctx.requestId,
    details: act.details ?? null,
    previousHash: head.hash,
  };
  const hash = hashOf(content);
  await client.query({
    name: 'audit-append',
    text: `with moved as (update audit_head set sequence = $1, hash = $17 where id = 1)
      insert into audit_entry (sequence, at, actor_role, account_id, key_id, actor_name, action, target_type, target_id,
        target_name, unit_id, reason, address, request_id, details, previous_hash, hash)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
    values: [...Object.values(content), hash],
  });
}

export interface AuditFilter {
  action?: AuditAction | null;
  actor?: string | null;
  target?: string | null;
  from?: Date | null;
  to?: Date | null;
}

/** The log, the newest first, as far as the filter goes. For administrators; others get UNAUTHENTICATED or FORBIDDEN. */
export async function listAudit(ctx: Context, args: PageArgs, filter: AuditFilter): Promise<Page<AuditEntry>> {
  requireAdministrator(ctx);
  const actor = idOf(ctx, filter.actor);
  const target = idOf(ctx, filter.target);
  const conditions: string[] = [];
  const values: unknown[] = [];
  const when = (condition: string, value: unknown) => {
    if (value === null || value === undefined) return;
    values.push(value);
    conditions.push(condition.replace('?', `$${values.length}`));
  };
  when('e.action = ?', filter.action);
  if (actor) when(actor.type === 'Account' ? 'e.account_id = ?' : 'e.key_id = ?', actorKey(ctx, filter.actor!));
  when('e.target_type = ?', target?.type);
  when('e.target_id = ?', target?.key);
  when('e.at >= ?', filter.from);
  when('e.at < ?', filter.to);
  const where = ['true', ...conditions].join(' and ');
  const place = [numberBefore(args.after), args.first + 1];
  const rows = await ctx.db.query<AuditEntry>(
    `select ${ctx.db.columns(AuditEntry, 'e')} from audit_entry e
     where ${where} and e.sequence < $${values.length + 1} order by e.sequence desc limit $${values.length + 2}`,
    [...values, ...place],
  );
  return toPage(
    rows.map((row) => Object.assign(new AuditEntry(), row)),
    args,
    (entry) => entry.sequence,
    async () =>
      (
        await ctx.db.query<{ count: number }>(`select count(*)::int as count from audit_entry e where ${where}`, values)
      )[0]!.count,
  );
}

/** One entry, or null for whoever is no administrator. */
export async function visibleAuditEntry(ctx: Context, sequence: number): Promise<AuditEntry | null> {
  if (!isAdministrator(ctx.viewer)) return null;
  const [row] = await ctx.db.query<AuditEntry>(
    `select ${ctx.db.columns(AuditEntry, 'e')} from audit_entry e where e.sequence = $1`,
    [sequence],
  );
  return row ? Object.assign(new AuditEntry(), row) : null;
}

/** Accounts and keys are features that stand below this one: they are found as `node(id)` finds them. */
export async function actorOf(ctx: Context, { accountId, keyId }: AuditEntry): Promise<object | null> {
  if (accountId !== null) return node(ctx, 'Account', accountId);
  return keyId === null ? null : node(ctx, 'AccessKey', keyId);
}

export async function targetOf(ctx: Context, { targetType, targetId }: AuditEntry): Promise<object | null> {
  return targetType === null ? null : node(ctx, targetType, targetId!);
}

export function detailsOf({ details }: AuditEntry): { name: string; value: string }[] {
  return Object.entries(details ?? {}).map(([name, value]) => ({
    name,
    value: typeof value === 'string' ? value : JSON.stringify(value),
  }));
}

async function node(ctx: Context, type: string, key: string | number): Promise<object | null> {
  return (await ctx.nodeLoaders.get(type)?.(ctx, String(key))) ?? null;
}

/** What a filter's id stands for; NOT_FOUND when it is none of ours. */
function idOf(ctx: Context, id: string | null | undefined) {
  if (id === null || id === undefined) return undefined;
  const parsed = fromGlobalId(id);
  if (!parsed) throw notFound(ctx.locale);
  return parsed;
}

function actorKey(ctx: Context, id: string): number {
  const key = numericKey(id, 'Account', 'AccessKey');
  if (key === undefined) throw notFound(ctx.locale);
  return key;
}

/** Rows that are read and hashed at a time: a log of any length goes through little memory. */
const rowsAtATime = 2_000;

/** Follows the whole chain as it is at one moment, while others append. */
export async function verifyAudit(db: Database): Promise<ChainWalk> {
  return db.transaction(async (client) => {
    await client.query('set transaction isolation level repeatable read read only');
    const walk = new ChainWalk();
    for (let last = 0, more = true; more;) {
      const { rows } = await client.query<AuditEntry>({
        name: 'audit-rows',
        text: `select ${db.columns(AuditEntry, 'e')} from audit_entry e where sequence > $1 order by sequence limit $2`,
        values: [last, rowsAtATime],
      });
      for (const row of rows) walk.take(row);
      last = rows.at(-1)?.sequence ?? last;
      more = rows.length === rowsAtATime;
    }
    const { rows } = await client.query<Link>('select sequence, hash from audit_head where id = 1');
    walk.end(rows[0]);
    return walk;
  }, null);
}
