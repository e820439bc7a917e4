import pg from 'pg';
import { AuditAction } from '../audit/audit-entry.entity.js';
import { recordAudit } from '../audit/audit.service.js';
import type { Context } from '../kernel/context.js';
import type { Database } from '../kernel/database/database.js';
import { resealApplications } from '../recruitment/applicant.js';
import { DataKeyError } from '../kernel/data-key.js';
import { openRecord, writeRecords } from '../vault/sealed.js';
import { register, type Vault, type VersionedKey } from '../vault/vault.js';
import { VolunteerRecord } from '../vault/volunteer-record.entity.js';

const batchSize = 200;

/**
 * Encrypts all personal data anew with another key, a batch at a time, while the system runs. With a key file the new key
 * is made here; with DATA_KEY the operator has given it to every node before. A rotation that was cut off goes on when it
 * is begun again. Tells the version and how many records it took.
 */
export async function rotateDataKey(
  ctx: Context,
  onProgress: (records: number) => void | Promise<void> = () => undefined,
): Promise<{ version: number; records: number }> {
  const { db, vault } = ctx;
  return alone(db.url, async () => {
    // A database that no server has opened yet has no key; one whose key is not here is not touched.
    await vault.open(ctx.clock());
    const newest = await beginRotation(db, vault, ctx.clock());
    let records = 0;
    do {
      for (let taken = -1; taken !== 0; records += taken) {
        taken = await takeBatch(db, vault, newest.version);
        await onProgress(records + taken);
      }
    } while (!(await retireOlder(ctx, newest.version, records)));
    return { version: newest.version, records };
  });
}

/** One rotation at a time, whoever begins it; the lock goes with its connection. */
async function alone<T>(url: string, work: () => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'baihua rotation' });
  await client.connect();
  try {
    const { rows } = await client.query<{ got: boolean }>(
      "select pg_try_advisory_lock(hashtext('baihua data key rotation')) as got",
    );
    if (!rows[0]!.got) {
      throw new DataKeyError(
        '另一次密钥轮换正在进行，请等它结束。\nAnother rotation of the data key is going on; wait until it has ended.',
      );
    }
    return await work();
  } finally {
    await client.end();
  }
}

async function beginRotation(db: Database, vault: Vault, now: Date): Promise<VersionedKey> {
  const rows = await db.query<{ version: number; fingerprint: string; retired: boolean }>(
    'select version, fingerprint, retired_at is not null as retired from data_key_version order by version desc',
  );
  const newest = rows[0]!;
  const cutOff = rows.filter(({ retired }) => !retired).length > 1;
  if (cutOff) return { version: newest.version, key: await vault.key(newest.version) };

  const isKnown = (fingerprint: string) => rows.some((row) => row.fingerprint === fingerprint);
  const [given] = await vault.source.read();
  const key = given && !isKnown(given.fingerprint) ? given : await vault.source.add?.();
  if (!key) {
    throw new DataKeyError(
      '请先生成新密钥（openssl rand -base64 32），放在 DATA_KEY 的最前面、旧密钥之前（以逗号分隔），逐个重启所有节点，然后再运行本命令；完成后即可从 DATA_KEY 中去掉旧密钥。\n' +
        'Make a new key first (openssl rand -base64 32), put it in front of the present one in DATA_KEY, separated by a comma, and restart all nodes one by one; then run this again. When it is done, the old key can leave DATA_KEY.',
    );
  }
  const next = { version: newest.version + 1, key };
  await register(db, next, now);
  return next;
}

/** Takes the next records that older keys hold; 0 when there are none left. */
function takeBatch(db: Database, vault: Vault, version: number): Promise<number> {
  return db.transaction(async (client) => {
    const keys = await vault.hold(client);
    const { rows } = await client.query<VolunteerRecord>(
      `select ${db.columns(VolunteerRecord, 'r')} from volunteer_record r where r.key_version <> $1
       order by r.volunteer_id limit ${batchSize} for update`,
      [version],
    );
    const records = rows.map((row) => {
      const { key } = keys.find((it) => it.version === row.keyVersion)!;
      return { volunteerId: row.volunteerId, record: openRecord(row, key) };
    });
    if (records.length > 0) await writeRecords(client, keys, records);
    return records.length + (await resealApplications(client, keys, batchSize));
  });
}

/** Lets go of the older keys, unless somebody has just written with one: they are waited for by the lock. */
function retireOlder(ctx: Context, version: number, records: number): Promise<boolean> {
  return ctx.db.transaction(async (client) => {
    await client.query('select 1 from data_key_version where version < $1 and retired_at is null for update', [
      version,
    ]);
    const { rows } = await client.query(
      `(select 1 from volunteer_record where key_version < $1 limit 1)
       union all (select 1 from application where key_version < $1 limit 1)`,
      [version],
    );
    if (rows.length > 0) return false;
    // A roster that lies here for a day is not worth encrypting anew: it is sent again.
    await client.query('delete from roster_import where key_version < $1', [version]);
    await client.query('delete from volunteer_index where key_version < $1', [version]);
    await client.query('update data_key_version set retired_at = $2 where version < $1 and retired_at is null', [
      version,
      ctx.clock(),
    ]);
    await recordAudit(ctx, client, { action: AuditAction.DATA_KEY_ROTATED, details: { version, records } });
    return true;
  });
}
