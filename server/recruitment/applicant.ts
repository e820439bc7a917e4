import type pg from 'pg';
import type { Context } from '../kernel/context.js';
import type { VersionedKey } from '../vault/vault.js';
import type { Application } from './application.entity.js';
import type { PersonRead, Window } from './person.rules.js';

/** Who an applicant is and what they offer. In clear it lives no longer than the operation that needs it. */
export interface Applicant extends Omit<PersonRead, 'contingent' | 'idNumber'> {
  offers: string;
  availability: Window[];
}

const placeOf = (key: string, version: number) => `application ${key} ${version}`;

export function sealApplicant({ version, key }: VersionedKey, applicationKey: string, applicant: Applicant): Buffer {
  return key.seal(placeOf(applicationKey, version), JSON.stringify(applicant));
}

export function openApplicant(application: Application, { key }: Pick<VersionedKey, 'key'>): Applicant {
  return JSON.parse(key.open(placeOf(application.key, application.keyVersion), application.sealed)) as Applicant;
}

export async function applicantOf(ctx: Context, application: Application): Promise<Applicant> {
  return openApplicant(application, { key: await ctx.vault.key(application.keyVersion) });
}

/** Encrypts the next applications that older keys hold with the newest of `keys`; 0 when there are none left. */
export async function resealApplications(
  client: pg.ClientBase,
  keys: readonly VersionedKey[],
  limit: number,
): Promise<number> {
  const newest = keys[0]!;
  const { rows } = await client.query<Application>(
    `select a.id, a.key, a.sealed, a.key_version as "keyVersion" from application a
     where a.key_version <> $1 order by a.id limit $2 for update`,
    [newest.version, limit],
  );
  for (const row of rows) {
    const applicant = openApplicant(
      row,
      keys.find(({ version }) => version === row.keyVersion)!,
    );
    const sealed = sealApplicant(newest, row.key, applicant);
    await client.query('update application set sealed = $2, key_version = $3 where id = $1', [
      row.id,
      sealed,
      newest.version,
    ]);
  }
  return rows.length;
}
