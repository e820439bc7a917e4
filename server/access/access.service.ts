import { createHash, randomBytes } from 'node:crypto';
import type pg from 'pg';
import type { Database } from '../kernel/database/database.js';
import { publicViewer, type Viewer, type ViewerRole } from '../kernel/viewer.js';

/** What is kept of keys and of sessions' tokens. They are long and random, so nothing slower than SHA-256 is needed. */
export const hashOf = (secret: string) => createHash('sha256').update(secret).digest();

/** Issues a key and returns it: it is never seen again, only its hash is kept. */
export async function issueKey(
  client: Pick<pg.ClientBase, 'query'>,
  grant: { role: ViewerRole; name: string; unitId?: number | null },
  now: Date,
): Promise<string> {
  const key = `bh_${randomBytes(24).toString('base64url')}`;
  await client.query('insert into access_key (name, role, unit_id, hash, created_at) values ($1, $2, $3, $4, $5)', [
    grant.name,
    grant.role,
    grant.unitId ?? null,
    hashOf(key),
    now,
  ]);
  return key;
}

/** Keys that are valid at `$2`, as viewers. */
const validKeys = `select k.id as "keyId", k.role, k.name, k.unit_id as "unitId" from access_key k
  where k.revoked_at is null and (k.expires_at is null or k.expires_at > $2)`;

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
