import type pg from 'pg';
import type { Database } from '../kernel/database/database.js';
import type { DataKey } from '../kernel/data-key.js';
import type { VersionedKey } from './vault.js';
import { VolunteerRecord, type ConsentMeans } from './volunteer-record.entity.js';

/** What is encrypted, by its column. */
export const sealedColumns = ['phone', 'idNumber', 'birthDate', 'guardianName'] as const;

/** A person's record in clear. It lives no longer than the operation that needs it. */
export interface PlainRecord {
  phone: string | null;
  idNumber: string | null;
  birthDate: string | null;
  guardianName: string | null;
  guardianMeans: ConsentMeans | null;
  guardianConsentAt: Date | null;
  screenConsentAt: Date | null;
}

export const emptyRecord: PlainRecord = {
  phone: null,
  idNumber: null,
  birthDate: null,
  guardianName: null,
  guardianMeans: null,
  guardianConsentAt: null,
  screenConsentAt: null,
};

/** A value moved to another person, another column or another key's row does not open there. */
const placeOf = (column: string, volunteerId: number, version: number) =>
  `volunteer_record ${column} ${volunteerId} ${version}`;

export function openRecord(row: VolunteerRecord, key: DataKey): PlainRecord {
  const { guardianMeans, guardianConsentAt, screenConsentAt } = row;
  const plain: PlainRecord = { ...emptyRecord, guardianMeans, guardianConsentAt, screenConsentAt };
  for (const column of sealedColumns) {
    const bytes = row[column];
    if (bytes) plain[column] = key.open(placeOf(column, row.volunteerId, row.keyVersion), bytes);
  }
  return plain;
}

/** The record of one person, locked for the caller's transaction, by the keys that it holds; null when there is none. */
export async function lockRecord(
  db: Database,
  client: pg.ClientBase,
  keys: readonly VersionedKey[],
  volunteerId: number,
): Promise<PlainRecord | null> {
  const { rows } = await client.query<VolunteerRecord>(
    `select ${db.columns(VolunteerRecord, 'r')} from volunteer_record r where r.volunteer_id = $1 for no key update`,
    [volunteerId],
  );
  const [row] = rows;
  if (!row) return null;
  const held = keys.find(({ version }) => version === row.keyVersion);
  if (!held) throw new Error(`record ${volunteerId} is encrypted with data key ${row.keyVersion}, which is retired`);
  return openRecord(row, held.key);
}

/**
 * Writes records, many at once, encrypted with the newest of `keys`, and their blind indexes under all of them. Throws
 * what {@link isIdNumberTaken} recognises when an ID number is somebody else's.
 */
export async function writeRecords(
  client: Pick<pg.ClientBase, 'query'>,
  keys: readonly VersionedKey[],
  records: readonly { volunteerId: number; record: PlainRecord }[],
): Promise<void> {
  const newest = keys[0]!;
  const seal = (column: (typeof sealedColumns)[number]) =>
    records.map(({ volunteerId, record }) => {
      const text = record[column];
      return text === null ? null : newest.key.seal(placeOf(column, volunteerId, newest.version), text);
    });
  const ids = records.map(({ volunteerId }) => volunteerId);
  await client.query(
    `insert into volunteer_record (volunteer_id, key_version, phone, id_number, birth_date, guardian_name,
       guardian_means, guardian_consent_at, screen_consent_at)
     select r.volunteer_id, $1, r.phone, r.id_number, r.birth_date, r.guardian_name, r.means, r.guardian_at, r.screen_at
     from unnest($2::int[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[], $7::text[], $8::timestamptz[],
       $9::timestamptz[])
       as r (volunteer_id, phone, id_number, birth_date, guardian_name, means, guardian_at, screen_at)
     order by r.volunteer_id
     on conflict (volunteer_id) do update set key_version = excluded.key_version, phone = excluded.phone,
       id_number = excluded.id_number, birth_date = excluded.birth_date, guardian_name = excluded.guardian_name,
       guardian_means = excluded.guardian_means, guardian_consent_at = excluded.guardian_consent_at,
       screen_consent_at = excluded.screen_consent_at`,
    [
      newest.version,
      ids,
      ...sealedColumns.map(seal),
      records.map(({ record }) => record.guardianMeans),
      records.map(({ record }) => record.guardianConsentAt),
      records.map(({ record }) => record.screenConsentAt),
    ],
  );
  const indexes = records.flatMap(({ volunteerId, record: { phone, idNumber } }) =>
    keys.flatMap(({ version, key }) => [
      ...(phone === null ? [] : [{ volunteerId, kind: 'PHONE', version, hash: key.blindIndex('PHONE', phone) }]),
      ...(idNumber === null
        ? []
        : [{ volunteerId, kind: 'ID_NUMBER', version, hash: key.blindIndex('ID_NUMBER', idNumber) }]),
    ]),
  );
  await client.query('delete from volunteer_index where volunteer_id = any($1)', [ids]);
  await client.query(
    `insert into volunteer_index (volunteer_id, kind, key_version, hash)
     select * from unnest($1::int[], $2::text[], $3::int[], $4::bytea[])`,
    [
      indexes.map((it) => it.volunteerId),
      indexes.map((it) => it.kind),
      indexes.map((it) => it.version),
      indexes.map((it) => it.hash),
    ],
  );
}

/** Whether the database refused a record because its ID number is in another one. */
export function isIdNumberTaken(error: unknown): boolean {
  return (error as { constraint?: string }).constraint === 'volunteer_index_one_id_number';
}
