import { AuditAction } from '../audit/audit-entry.entity.js';
import { recordAudit, requireReason } from '../audit/audit.service.js';
import { isWithin, requireUnit, unitOfFilter, withinSql } from '../hierarchy/hierarchy.service.js';
import { numberBefore, toPage, type Page, type PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import type { Database } from '../kernel/database/database.js';
import { AppError, forbidden, notFound } from '../kernel/errors.js';
import { numericKey } from '../kernel/global-id.js';
import { defineLoader } from '../kernel/loaders.js';
import { requireText } from '../kernel/text.js';
import { isAdministrator, managedReachOf, ViewerRole } from '../kernel/viewer.js';
import type { PartnerOrganisation } from '../partner/partner-organisation.entity.js';
import { requirePartner } from '../partner/partner.service.js';
import { AccessKey } from './access-key.entity.js';
import { insertKey } from './access.service.js';
import type { IssueKeyInput } from './key.input.js';
import { messages } from './key.messages.js';
import { KeyIssued, KeyNotReplaced, KeyRotated, PartnerIsSuspended } from './key.result.js';
import { requireManager } from './manager.js';

/** Unless told, a key that was replaced works on for so long: time to carry the new one to every device. */
const oldKeyMs = 7 * 24 * 3_600_000;
const longestOldKeyMs = 90 * 24 * 3_600_000;
const longestKeyMs = 20 * 366 * 24 * 3_600_000;

/** Keys for devices and screens are coordinators' business, others the administrators'. */
const deviceRoles: readonly ViewerRole[] = [ViewerRole.LEADER, ViewerRole.DISPLAY];

const toKey = (row: AccessKey) => Object.assign(new AccessKey(), row);

const keyById = defineLoader(async (db: Database, ids: readonly number[]) => {
  const rows = await db.query<AccessKey>(
    `select ${db.columns(AccessKey, 'k')} from access_key k where k.id = any($1)`,
    [ids],
    'keys-by-id',
  );
  const byId = new Map(rows.map((row) => [row.id, toKey(row)]));
  return ids.map((id) => byId.get(id) ?? null);
});

/** A key by its number, or null when there is none that the viewer manages. */
export async function visibleKey(ctx: Context, id: number): Promise<AccessKey | null> {
  const key = await keyById(ctx).load(id);
  return key && (await manages(ctx, key)) ? key : null;
}

/** Administrators manage all keys; coordinators those of devices and screens at and below their unit. */
async function manages(ctx: Context, { role, unitId }: Pick<AccessKey, 'role' | 'unitId'>): Promise<boolean> {
  if (isAdministrator(ctx.viewer)) return true;
  const reach = managedReachOf(ctx.viewer);
  if (reach === 'nowhere' || !deviceRoles.includes(role)) return false;
  return unitId === null ? reach === 'everywhere' : isWithin(ctx, unitId, reach);
}

export interface KeyFilter {
  within?: string | null;
  role?: ViewerRole | null;
}

/** The keys that the viewer manages, the newest first, also those that have ended. */
export async function listKeys(ctx: Context, args: PageArgs, filter: KeyFilter): Promise<Page<AccessKey>> {
  const reach = requireManager(ctx);
  const unit = await unitOfFilter(ctx, filter.within);
  const where = `($1::int is null or ${withinSql('k.unit_id', '$1')}) and ($2 or k.role = any($3))
    and ($4::int is null or ${withinSql('k.unit_id', '$4')}) and ($5::text is null or k.role = $5)`;
  const values = [
    reach === 'everywhere' ? null : reach,
    isAdministrator(ctx.viewer),
    deviceRoles,
    unit?.id ?? null,
    filter.role ?? null,
  ];
  const rows = await ctx.db.query<AccessKey>(
    `select ${ctx.db.columns(AccessKey, 'k')} from access_key k
     where ${where} and k.id < $6 order by k.id desc limit $7`,
    [...values, numberBefore(args.after), args.first + 1],
  );
  return toPage(
    rows.map(toKey),
    args,
    (key) => key.id,
    async () =>
      (
        await ctx.db.query<{ count: number }>(`select count(*)::int as count from access_key k where ${where}`, values)
      )[0]!.count,
  );
}

/** Pages of partners' keys, the newest first: those of many partners in one statement. */
const keysOf = defineLoader(
  async (db: Database, asks: readonly { partnerId: number; first: number; before: number }[]) => {
    const rows = await db.query<AccessKey & { ask: number }>(
      `select a.ask, k.* from unnest($1::int[], $2::int[], $3::int[], $4::int[]) as a (ask, partner_id, first, before)
       cross join lateral (
         select ${db.columns(AccessKey, 'k')} from access_key k
         where k.partner_id = a.partner_id and k.id < a.before order by k.id desc limit a.first + 1
       ) k order by a.ask, k.id desc`,
      [asks.map((_, i) => i), asks.map((it) => it.partnerId), asks.map((it) => it.first), asks.map((it) => it.before)],
      'keys-of-partners',
    );
    const pages: AccessKey[][] = asks.map(() => []);
    for (const { ask, ...row } of rows) pages[ask]!.push(toKey(row as AccessKey));
    return pages;
  },
  (ask) => `${ask.partnerId} ${ask.first} ${ask.before}`,
);

const keyCount = defineLoader(async (db: Database, partnerIds: readonly number[]) => {
  const rows = await db.query<{ partnerId: number; count: number }>(
    'select partner_id as "partnerId", count(*)::int as count from access_key where partner_id = any($1) group by 1',
    [partnerIds],
  );
  const counts = new Map(rows.map((row) => [row.partnerId, row.count]));
  return partnerIds.map((id) => counts.get(id) ?? 0);
});

/** The keys of a partner whom the viewer may see. */
export async function listKeysOf(ctx: Context, partner: PartnerOrganisation, args: PageArgs): Promise<Page<AccessKey>> {
  const ask = { partnerId: partner.id, first: args.first, before: numberBefore(args.after) };
  return toPage(
    await keysOf(ctx).load(ask),
    args,
    (key) => key.id,
    () => keyCount(ctx).load(partner.id),
  );
}

/** Issues a key. Throws FORBIDDEN for a role that is not the viewer's to give, NOT_FOUND for a unit out of reach. */
export async function issueKey(ctx: Context, input: IssueKeyInput): Promise<KeyIssued | PartnerIsSuspended> {
  requireManager(ctx);
  const text = messages[ctx.locale];
  const bad = (message: string) => new AppError('BAD_USER_INPUT', message);
  const name = requireKeyName(ctx, input.name);
  const { role } = input;
  if (role === ViewerRole.PUBLIC || role === ViewerRole.VOLUNTEER) throw bad(text.badRole);
  if (!isAdministrator(ctx.viewer) && !deviceRoles.includes(role)) throw forbidden(ctx.locale);
  if (role === ViewerRole.PARTNER && !input.partner) throw bad(text.partnerMissing);
  if (role !== ViewerRole.PARTNER && input.partner) throw bad(text.partnerElsewhere);
  if (role === ViewerRole.ADMINISTRATOR && input.unit) throw bad(text.administratorsEverywhere);
  const unitId = await requirePlace(ctx, input.unit);
  const partner = input.partner ? await requirePartner(ctx, input.partner) : null;
  const now = ctx.clock();
  const expiresAt = input.expiresAt ?? null;
  if (expiresAt && !isBetween(expiresAt, now, longestKeyMs)) throw bad(text.badExpiry);

  const issued = await ctx.db.transaction(async (client) => {
    if (partner) {
      const { rowCount } = await client.query(
        'select from partner_organisation where id = $1 and suspended_at is null for share',
        [partner.id],
      );
      if (rowCount === 0) return undefined;
    }
    const grant = { role, name, unitId, partnerId: partner?.id, expiresAt, createdByAccountId: ctx.viewer.accountId };
    const { key, id } = await insertKey(client, grant, now);
    await recordAudit(ctx, client, {
      action: AuditAction.KEY_ISSUED,
      target: { type: 'AccessKey', id, name },
      unitId,
      details: { role, ...(partner && { partner: partner.code }) },
    });
    return { key, id };
  });
  if (!issued) return Object.assign(new PartnerIsSuspended(), { message: text.partnerSuspended });
  return Object.assign(new KeyIssued(), { key: issued.key, accessKey: (await keyById(ctx).load(issued.id))! });
}

/** Replaces a key by a new one of the same kind. The old one works on until `oldEndsAt`, unless told for a week. */
export async function rotateKey(
  ctx: Context,
  id: string,
  oldEndsAt?: Date | null,
): Promise<KeyRotated | KeyNotReplaced> {
  const old = await requireKey(ctx, id);
  const text = messages[ctx.locale];
  const now = ctx.clock();
  if (oldEndsAt && !isBetween(oldEndsAt, now, longestOldKeyMs)) throw new AppError('BAD_USER_INPUT', text.badOldEnd);
  const endsAt = oldEndsAt ?? new Date(now.getTime() + oldKeyMs);
  const refused = (message: string) => Object.assign(new KeyNotReplaced(), { message });

  const rotated = await ctx.db.transaction(async (client) => {
    // Whoever else replaces or revokes it waits here, and sees what was done by the next statement: this one still looks at
    // what there was when it began.
    await client.query('select from access_key where id = $1 for no key update', [old.id]);
    const { rows } = await client.query<{ ended: boolean; replaced: boolean }>(
      `select revoked_at is not null or coalesce(expires_at <= $2, false) as ended,
         exists (select from access_key n where n.replaces_id = k.id) as replaced
       from access_key k where k.id = $1`,
      [old.id, now],
    );
    if (rows[0]!.replaced) return text.keyReplaced;
    if (rows[0]!.ended) return text.keyEnded;
    // It lasts as long as the old one was to last.
    const lastsMs = old.expiresAt && old.expiresAt.getTime() - old.createdAt.getTime();
    const expiresAt = lastsMs === null ? null : new Date(now.getTime() + lastsMs);
    const { role, name, unitId, partnerId } = old;
    const createdByAccountId = ctx.viewer.accountId;
    const grant = { role, name, unitId, partnerId, expiresAt, createdByAccountId, replacesId: old.id };
    const { key, id: newId } = await insertKey(client, grant, now);
    await client.query('update access_key set expires_at = least(expires_at, $2) where id = $1', [old.id, endsAt]);
    await recordAudit(ctx, client, {
      action: AuditAction.KEY_ROTATED,
      target: { type: 'AccessKey', id: old.id, name },
      unitId,
      details: { newKey: newId, oldEndsAt: endsAt.toISOString() },
    });
    return { key, newId };
  });
  if (typeof rotated === 'string') return refused(rotated);
  keyById(ctx).clear(old.id);
  const [accessKey, replaced] = [await keyById(ctx).load(rotated.newId), await keyById(ctx).load(old.id)];
  return Object.assign(new KeyRotated(), { key: rotated.key, accessKey: accessKey!, replaced: replaced! });
}

/** Ends a key at once; what it follows live ends within seconds. Ended by hand already is as good. */
export async function revokeKey(ctx: Context, id: string, reason: string): Promise<AccessKey> {
  const key = await requireKey(ctx, id);
  const why = requireReason(ctx, reason);
  await ctx.db.transaction(async (client) => {
    const { rowCount } = await client.query(
      'update access_key set revoked_at = $2 where id = $1 and revoked_at is null',
      [key.id, ctx.clock()],
    );
    if (rowCount === 0) return;
    await recordAudit(ctx, client, {
      action: AuditAction.KEY_REVOKED,
      target: { type: 'AccessKey', id: key.id, name: key.name },
      unitId: key.unitId,
      reason: why,
    });
  });
  ctx.authenticator.forget((viewer) => viewer.keyId === key.id);
  keyById(ctx).clear(key.id);
  return (await keyById(ctx).load(key.id))!;
}

/** A key that the viewer manages, by its global id; NOT_FOUND for anything else. */
async function requireKey(ctx: Context, id: string): Promise<AccessKey> {
  requireManager(ctx);
  const number = numericKey(id, 'AccessKey');
  const key = number === undefined ? null : await visibleKey(ctx, number);
  if (!key) throw notFound(ctx.locale);
  return key;
}

/** Where a key is to work: a unit within the viewer's reach. Everywhere only where the viewer reaches everything. */
export async function requirePlace(ctx: Context, unit: string | null | undefined): Promise<number | null> {
  const reach = requireManager(ctx);
  if (unit === null || unit === undefined) {
    if (reach !== 'everywhere') throw new AppError('BAD_USER_INPUT', messages[ctx.locale].unitMissing);
    return null;
  }
  const { id } = await requireUnit(ctx, unit);
  if (!(await isWithin(ctx, id, reach))) throw notFound(ctx.locale);
  return id;
}

export function requireKeyName(ctx: Context, name: string): string {
  const text = requireText(name.trim(), ctx.locale);
  if (text === '' || [...text].length > 100) throw new AppError('BAD_USER_INPUT', messages[ctx.locale].badName);
  return text;
}

function isBetween(time: Date, now: Date, mostMs: number): boolean {
  const inMs = time.getTime() - now.getTime();
  return inMs > 0 && inMs <= mostMs;
}
