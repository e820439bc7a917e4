import { createHash, randomBytes } from 'node:crypto';
import type pg from 'pg';
import type { Database } from '../kernel/database/database.js';
import { defineLoader } from '../kernel/loaders.js';
import { publicViewer, type Viewer, type ViewerRole } from '../kernel/viewer.js';

/** What is kept of keys and of sessions' tokens. They are long and random, so nothing slower than SHA-256 is needed. */
export const hashOf = (secret: string) => createHash('sha256').update(secret).digest();

/** What a key lets in as, and what is noted about it. */
export interface KeyGrant {
  role: ViewerRole;
  name: string;
  unitId?: number | null;
  partnerId?: number | null;
  expiresAt?: Date | null;
  createdByAccountId?: number | null;
  replacesId?: number | null;
}

/** Makes a key. It is never seen again: only its hash is kept. */
export async function insertKey(
  client: Pick<pg.ClientBase, 'query'>,
  grant: KeyGrant,
  now: Date,
): Promise<{ key: string; id: number }> {
  const key = `bh_${randomBytes(24).toString('base64url')}`;
  const { rows } = await client.query<{ id: number }>(
    `insert into access_key (name, role, unit_id, partner_id, hash, hint, created_at, expires_at, created_by_account_id, replaces_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning id`,
    [
      grant.name,
      grant.role,
      grant.unitId,
      grant.partnerId,
      hashOf(key),
      key.slice(-4),
      now,
      grant.expiresAt,
      grant.createdByAccountId,
      grant.replacesId,
    ],
  );
  return { key, id: rows[0]!.id };
}

/** Keys that are valid at `$2`, as viewers. A partner that is suspended has none. */
const validKeys = `select k.id as "keyId", k.role, k.name, k.unit_id as "unitId", k.partner_id as "partnerId"
  from access_key k left join partner_organisation p on p.id = k.partner_id
  where k.revoked_at is null and (k.expires_at is null or k.expires_at > $2) and p.suspended_at is null`;

/** Who shows this key; undefined when it is unknown or no longer valid. */
export async function keyViewer(db: Database, key: string, now: Date): Promise<Viewer | undefined> {
  const [row] = await db.query<Partial<Viewer>>(`${validKeys} and k.hash = $1`, [hashOf(key), now], 'key-viewer');
  return row && { ...publicViewer, ...row };
}

/** Of the keys with these ids, the valid ones, as they are now. */
export async function keyViewers(db: Database, ids: readonly number[], now: Date): Promise<Viewer[]> {
  const rows = await db.query<Partial<Viewer>>(`${validKeys} and k.id = any($1)`, [ids, now], 'key-viewers');
  return rows.map((row) => ({ ...publicViewer, ...row }));
}

/** What an account or a key is called, whoever asks: to tell people who work together who did what. Null for the system. */
export const actorName = defineLoader(
  async (db, actors: readonly { accountId: number | null; keyId: number | null }[]) => {
    const rows = await db.query<{ ask: number; name: string | null }>(
      `select k.ask, coalesce(a.name, t.name) as name
       from unnest($1::int[], $2::int[], $3::int[]) as k (ask, account_id, key_id)
       left join account a on a.id = k.account_id left join access_key t on t.id = k.key_id`,
      [actors.map((_, i) => i), actors.map((it) => it.accountId), actors.map((it) => it.keyId)],
      'actor-names',
    );
    const names = new Map(rows.map((row) => [row.ask, row.name]));
    return actors.map((_, i) => names.get(i) ?? null);
  },
  ({ accountId, keyId }) => `${accountId} ${keyId}`,
);
