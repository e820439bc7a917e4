import type pg from 'pg';
import type { Context } from '../kernel/context.js';
import { AppError, notFound } from '../kernel/errors.js';
import { isWithin, requireUnit } from '../hierarchy/hierarchy.service.js';
import { VolunteerTeam } from '../hierarchy/service-unit.entity.js';
import { reachOf } from '../kernel/viewer.js';
import { dayIn } from '../vault/person.rules.js';
import { emptyRecord, writeRecords, type PlainRecord } from '../vault/sealed.js';
import type { VersionedKey } from '../vault/vault.js';
import { ConsentMeans } from '../vault/volunteer-record.entity.js';
import { enterPeople } from '../volunteer/register.js';
import { Volunteer } from '../volunteer/volunteer.entity.js';
import { sameName, type PersonRead } from './person.rules.js';
import { messages } from './recruitment.messages.js';

export const today = (ctx: Pick<Context, 'clock' | 'timeZone'>) => dayIn(ctx.timeZone, ctx.clock());

/** A team that the viewer works with people of; NOT_FOUND for one out of reach. */
export async function requireTeam(ctx: Context, id: string): Promise<VolunteerTeam> {
  const unit = await requireUnit(ctx, id);
  if (!(await isWithin(ctx, unit.id, reachOf(ctx.viewer)))) throw notFound(ctx.locale);
  if (!(unit instanceof VolunteerTeam)) throw new AppError('BAD_USER_INPUT', messages[ctx.locale].notATeam);
  return unit;
}

/** Whoever of these teams' people has this phone and this name; a family may share a phone. For whoever holds the register. */
export async function knownBy(
  client: pg.ClientBase,
  keys: readonly VersionedKey[],
  people: readonly { name: string; phone: string | null }[],
): Promise<(KnownPerson | undefined)[]> {
  const hashes = people.map(({ phone }) =>
    phone === null ? [] : keys.map(({ key }) => key.blindIndex('PHONE', phone)),
  );
  const { rows } = await client.query<KnownPerson & { hash: Buffer }>(
    `select v.id, v.name, v.team_id as "teamId", i.hash from volunteer_index i join volunteer v on v.id = i.volunteer_id
     where i.kind = 'PHONE' and i.hash = any($1) and v.erased_at is null order by v.id`,
    [hashes.flat()],
  );
  const byHash = Map.groupBy(rows, ({ hash }) => hash.toString('base64'));
  return people.map(({ name }, i) =>
    hashes[i]!.flatMap((hash) => byHash.get(hash.toString('base64')) ?? []).find((it) => sameName(it.name, name)),
  );
}

export interface KnownPerson {
  id: number;
  name: string;
  teamId: number | null;
}

/** Enters people with what is known of them, in the caller's transaction, which holds the keys. Answers in their order. */
export async function enterKnown(
  ctx: Pick<Context, 'clock'>,
  client: pg.ClientBase,
  keys: readonly VersionedKey[],
  people: readonly (PersonRead & { teamId: number | null; number?: string | null; consent?: ConsentMeans })[],
): Promise<{ id: number; number: string }[]> {
  const entered = await enterPeople(client, people);
  const records = people.flatMap(({ phone, birthDate, idNumber, guardian, consent }, i) => {
    if (phone === null && birthDate === null && idNumber === null && guardian === null) return [];
    const record: PlainRecord = { ...emptyRecord, phone, birthDate, idNumber };
    if (guardian !== null) {
      record.guardianName = guardian;
      record.guardianMeans = consent ?? ConsentMeans.PAPER;
      record.guardianConsentAt = ctx.clock();
    }
    return [{ volunteerId: entered[i]!.id, record }];
  });
  if (records.length > 0) await writeRecords(client, keys, records);
  return entered;
}

/** A row of the register as it stands in this transaction. */
export async function rowOf(ctx: Context, client: pg.ClientBase, id: number, lock = ''): Promise<Volunteer> {
  const { rows } = await client.query<Volunteer>(
    `select ${ctx.db.columns(Volunteer, 'v')} from volunteer v where v.id = $1 ${lock}`,
    [id],
  );
  if (!rows[0]) throw notFound(ctx.locale);
  return Object.assign(new Volunteer(), rows[0]);
}
