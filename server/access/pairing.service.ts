import { randomBytes, randomInt } from 'node:crypto';
import { AuditAction } from '../audit/audit-entry.entity.js';
import { recordAudit } from '../audit/audit.service.js';
import { unitById } from '../hierarchy/hierarchy.service.js';
import type { Context } from '../kernel/context.js';
import { rateLimited } from '../kernel/errors.js';
import { ViewerRole } from '../kernel/viewer.js';
import { hashOf, insertKey } from './access.service.js';
import type { ConfirmPairingInput } from './key.input.js';
import { messages } from './key.messages.js';
import {
  DisplayToken,
  PairingBegun,
  PairingCodeRejected,
  PairingConfirmed,
  PairingExpired,
  PairingWaiting,
} from './key.result.js';
import { requireKeyName, requirePlace } from './key.service.js';
import { networkOf } from './limits.js';

/** How long a code can be confirmed, and a confirmed one be collected. */
const openMs = 10 * 60_000;
/** Of one network at a time: a hall full of screens, and no more. */
const openPairings = 20;
/** No I, L, O, S, 0, 1, 5: a code is read from a screen and typed on a phone. 29⁸ of them. */
const alphabet = 'ABCDEFGHJKMNPQRTUVWXYZ2346789';

const codeHashOf = (ctx: Context, code: string) => ctx.signer.mac('pairing', code, 32);

/** Gives a screen a code to show and a secret to ask with. Throws RATE_LIMITED where too many are open. */
export async function beginPairing(ctx: Context): Promise<PairingBegun> {
  await ctx.limits.count('pairings', ctx.address, ctx.locale);
  const network = networkOf(ctx.address);
  const code = Array.from({ length: 8 }, () => alphabet[randomInt(alphabet.length)]).join('');
  const secret = randomBytes(32).toString('base64url');
  const now = ctx.clock();
  const expiresAt = new Date(now.getTime() + openMs);
  await ctx.db.transaction(async (client) => {
    // One after the other, so that each counts those before it.
    await client.query("select pg_advisory_xact_lock(hashtextextended('baihua pairing ' || $1, 0))", [network]);
    await client.query("delete from pairing where expires_at < $1::timestamptz - interval '1 day'", [now]);
    const { rows } = await client.query<{ open: number; nextAt: Date }>(
      `select count(*)::int as open, min(expires_at) as "nextAt" from pairing
       where network = $1 and expires_at > $2 and key_id is null`,
      [network, now],
    );
    const { open, nextAt } = rows[0]!;
    if (open >= openPairings) throw rateLimited(ctx.locale, nextAt.getTime() - now.getTime());
    await client.query('insert into pairing (code_hash, secret_hash, network, expires_at) values ($1, $2, $3, $4)', [
      codeHashOf(ctx, code),
      hashOf(secret),
      network,
      expiresAt,
    ]);
  });
  return Object.assign(new PairingBegun(), { code, secret, expiresAt });
}

/**
 * Confirms the code on a screen: the screen may collect a read-only key for the unit. Throws RATE_LIMITED for whoever has
 * typed too many wrong ones.
 */
export async function confirmPairing(
  ctx: Context,
  input: ConfirmPairingInput,
): Promise<PairingConfirmed | PairingCodeRejected> {
  const unitId = await requirePlace(ctx, input.unit);
  const name = requireKeyName(ctx, input.name);
  const { accountId, keyId } = ctx.viewer;
  const subject = accountId === null ? `key ${keyId}` : `account ${accountId}`;
  const waitMs = await ctx.limits.waitMs('pairingCodes', subject);
  if (waitMs > 0) throw rateLimited(ctx.locale, waitMs);

  const code = input.code.normalize('NFKC').toUpperCase().replace(/[\s-]/g, '');
  const confirmed = await ctx.db.transaction(async (client) => {
    const now = ctx.clock();
    // Of two who confirm at once the second waits for the first, and then finds nothing left to confirm.
    const { rows } = await client.query<{ id: number }>(
      `update pairing set confirmed_at = $2, confirmed_by_account_id = $3, name = $4, unit_id = $5, expires_at = $6
       where code_hash = $1 and expires_at > $2 and confirmed_at is null returning id`,
      [codeHashOf(ctx, code), now, accountId, name, unitId, new Date(now.getTime() + openMs)],
    );
    if (!rows[0]) return false;
    const target = { type: 'Pairing', id: rows[0].id, name };
    await recordAudit(ctx, client, { action: AuditAction.DISPLAY_PAIRED, target, unitId });
    return true;
  });
  if (!confirmed) {
    await ctx.limits.countShort('pairingCodes', subject, ctx.locale);
    return Object.assign(new PairingCodeRejected(), { message: messages[ctx.locale].codeRejected });
  }
  const unit = unitId === null ? null : await unitById(ctx).load(unitId);
  return Object.assign(new PairingConfirmed(), { name, unit });
}

/** How far a pairing is; once it is confirmed, and once only, the screen's token. */
export async function collectPairing(
  ctx: Context,
  secret: string,
): Promise<PairingWaiting | DisplayToken | PairingExpired> {
  const now = ctx.clock();
  const secretHash = hashOf(secret);
  const [asked] = await ctx.db.query<{ expiresAt: Date; confirmed: boolean }>(
    `select expires_at as "expiresAt", confirmed_at is not null as confirmed from pairing
     where secret_hash = $1 and expires_at > $2 and key_id is null`,
    [secretHash, now],
    'pairing',
  );
  if (asked && !asked.confirmed) return Object.assign(new PairingWaiting(), { expiresAt: asked.expiresAt });

  const token =
    asked &&
    (await ctx.db.transaction(async (client) => {
      const { rows } = await client.query<{
        id: number;
        name: string;
        unitId: number | null;
        accountId: number | null;
      }>(
        `select id, name, unit_id as "unitId", confirmed_by_account_id as "accountId" from pairing
       where secret_hash = $1 and expires_at > $2 and confirmed_at is not null and key_id is null for update`,
        [secretHash, now],
      );
      if (!rows[0]) return undefined;
      const { id, name, unitId, accountId } = rows[0];
      const role = ViewerRole.DISPLAY;
      const { key, id: keyId } = await insertKey(client, { role, name, unitId, createdByAccountId: accountId }, now);
      await client.query('update pairing set key_id = $2 where id = $1', [id, keyId]);
      const target = { type: 'AccessKey', id: keyId, name };
      await recordAudit(ctx, client, {
        action: AuditAction.KEY_ISSUED,
        target,
        unitId,
        details: { role, pairing: id },
      });
      return { token: key, name };
    }));
  if (token) return Object.assign(new DisplayToken(), token);
  return Object.assign(new PairingExpired(), { message: messages[ctx.locale].pairingExpired });
}
