import { createHash, randomBytes } from 'node:crypto';
import type pg from 'pg';
import type { Clock } from '../kernel/clock.js';
import type { Database } from '../kernel/database/database.js';
import type { Credentials } from '../kernel/http/caller.js';
import { unauthenticated } from '../kernel/errors.js';
import type { Locale } from '../kernel/locale.js';
import { publicViewer, type Viewer, type ViewerRole } from '../kernel/viewer.js';

/** How long a key is believed without asking again; a revoked one works on for this long at most. */
const believedMs = 3_000;
const believedKeys = 1_000;

const hashOf = (key: string) => createHash('sha256').update(key).digest();

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

/** Tells who shows these credentials: the public without any; UNAUTHENTICATED for a key that is not valid. */
export function createAuthenticator(db: Database, clock: Clock) {
  const believed = new Map<string, { viewer: Viewer; until: number }>();

  return async function authenticate({ authorization }: Credentials, locale: Locale): Promise<Viewer> {
    if (authorization === undefined) return publicViewer;
    const now = clock().getTime();
    const known = believed.get(authorization);
    if (known && known.until > now) return known.viewer;

    const key = /^Bearer ([\w-]{8,128})$/i.exec(authorization)?.[1];
    const [row] = key
      ? await db.query<{ id: number; role: ViewerRole; name: string; unitId: number | null }>(
          `select id, role, name, unit_id as "unitId" from access_key
           where hash = $1 and revoked_at is null and (expires_at is null or expires_at > $2)`,
          [hashOf(key), new Date(now)],
          'access-key',
        )
      : [];
    if (!row) {
      believed.delete(authorization);
      throw unauthenticated(locale);
    }
    const viewer = { ...publicViewer, role: row.role, keyId: row.id, name: row.name, unitId: row.unitId };
    if (believed.size >= believedKeys) believed.delete(believed.keys().next().value!);
    believed.set(authorization, { viewer, until: now + believedMs });
    return viewer;
  };
}
