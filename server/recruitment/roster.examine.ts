import type pg from 'pg';
import type { Context } from '../kernel/context.js';
import { managedReachOf } from '../kernel/viewer.js';
import { isGivenNumber } from '../volunteer/register.js';
import { isWithin } from '../hierarchy/hierarchy.service.js';
import type { VersionedKey } from '../vault/vault.js';
import { knownBy, today, type KnownPerson } from './enter.js';
import { readPerson, sameName, type PersonFault, type PersonRead } from './person.rules.js';
import { isNumber, type RosterEntry } from './roster.rules.js';
import type { RosterFault } from './roster.messages.js';

export interface RowFault {
  code: PersonFault | RosterFault;
  /** The row that it clashes with. */
  row?: number;
}

export type Examined = { entry: RosterEntry; row: number } & (
  | { outcome: 'NEW'; person: PersonRead & { teamId: number; number: string | null } }
  | { outcome: 'KNOWN' }
  | { outcome: 'WRONG'; faults: RowFault[] }
);

/**
 * What would become of each row, by the register as this transaction sees it: everything is looked up for all rows at once.
 * The same people again, by number or by phone and name, are known.
 */
export async function examine(
  ctx: Context,
  client: pg.ClientBase,
  keys: readonly VersionedKey[],
  rows: readonly { row: number; entry: RosterEntry }[],
  defaultTeamId: number | null,
): Promise<Examined[]> {
  const teams = await teamsOf(ctx, client, rows);
  const people = rows.map(({ entry }) => readPerson(entry, today(ctx)));
  const phones = people.map((person, i) => ({
    name: rows[i]!.entry.name,
    phone: Array.isArray(person) ? null : person.phone,
  }));
  const byPhone = await knownBy(client, keys, phones);
  const byNumber = await numbersOf(client, rows);
  const idNumbers = await idNumbersOf(client, keys, people);
  const mine = await within(
    ctx,
    [...byNumber.values(), ...byPhone].flatMap((it) => (it ? [it.teamId] : [])),
  );
  const seen = new Map<string, number>();

  return rows.map(({ row, entry }, i): Examined => {
    const person = people[i]!;
    const faults: RowFault[] = Array.isArray(person) ? person.map((code) => ({ code })) : [];
    if (!entry.contingentKnown) faults.push({ code: 'CONTINGENT_UNKNOWN' });
    const teamId = entry.team === null ? defaultTeamId : (teams.get(entry.team.toUpperCase()) ?? null);
    if (entry.team !== null && teamId === null) faults.push({ code: 'TEAM_UNKNOWN' });
    if (entry.team === null && teamId === null) faults.push({ code: 'TEAM_MISSING' });
    if (entry.number === null && !entry.phone) faults.push({ code: 'NUMBER_OR_PHONE' });
    if (entry.number !== null && !isNumber(entry.number)) faults.push({ code: 'NUMBER_INVALID' });
    for (const key of Array.isArray(person) ? [] : namesOf(entry, person)) {
      const before = seen.get(key);
      if (before !== undefined) {
        faults.push({ code: 'TWICE', row: before });
        break;
      }
      seen.set(key, row);
    }
    const owner = entry.number === null ? undefined : byNumber.get(entry.number);
    if (owner && !(mine.has(owner.teamId) && sameName(owner.name, entry.name))) faults.push({ code: 'NUMBER_TAKEN' });
    if (!owner && entry.number !== null && isGivenNumber(entry.number)) faults.push({ code: 'NUMBER_OURS' });
    const known = owner ?? (byPhone[i] && mine.has(byPhone[i].teamId) ? byPhone[i] : undefined);
    const holder = Array.isArray(person) || !person.idNumber ? undefined : idNumbers.get(person.idNumber);
    if (holder !== undefined && holder !== known?.id) faults.push({ code: 'ID_NUMBER_TAKEN' });
    if (faults.length > 0 || Array.isArray(person)) return { row, entry, outcome: 'WRONG', faults };
    if (known) return { row, entry, outcome: 'KNOWN' };
    return { row, entry, outcome: 'NEW', person: { ...person, teamId: teamId!, number: entry.number } };
  });
}

/** By what two rows of one file are the same person. */
function namesOf({ number }: RosterEntry, { name, phone, idNumber }: PersonRead): string[] {
  return [
    ...(number === null ? [] : [`number ${number}`]),
    ...(phone === null ? [] : [`phone ${phone} ${name.normalize('NFKC').replace(/[^\p{L}\p{M}]/gu, '')}`]),
    ...(idNumber === null ? [] : [`id ${idNumber}`]),
  ];
}

/** The teams that rows name, by code: those that the viewer manages. */
async function teamsOf(ctx: Context, client: pg.ClientBase, rows: readonly { entry: RosterEntry }[]) {
  const codes = new Set(rows.flatMap(({ entry }) => entry.team ?? []));
  const { rows: found } = await client.query<{ id: number; code: string }>(
    'select id, code from service_unit where level = 3 and code = any($1)',
    [[...codes].flatMap((code) => [code, code.toUpperCase()])],
  );
  const mine = await within(
    ctx,
    found.map(({ id }) => id),
  );
  return new Map(found.flatMap(({ id, code }) => (mine.has(id) ? [[code.toUpperCase(), id] as const] : [])));
}

/** Those of these units that the viewer manages. */
async function within(ctx: Context, unitIds: readonly (number | null)[]): Promise<Set<number | null>> {
  const reach = managedReachOf(ctx.viewer);
  const distinct = [...new Set(unitIds)];
  const mine = await Promise.all(
    distinct.map((id) => (id === null ? reach === 'everywhere' : isWithin(ctx, id, reach))),
  );
  return new Set(distinct.filter((_, i) => mine[i]));
}

async function numbersOf(client: pg.ClientBase, rows: readonly { entry: RosterEntry }[]) {
  const { rows: found } = await client.query<KnownPerson & { number: string }>(
    'select id, name, number, team_id as "teamId" from volunteer where number = any($1) and erased_at is null',
    [rows.flatMap(({ entry }) => entry.number ?? [])],
  );
  return new Map(found.map((it) => [it.number, it]));
}

async function idNumbersOf(
  client: pg.ClientBase,
  keys: readonly VersionedKey[],
  people: readonly (PersonRead | PersonFault[])[],
): Promise<Map<string, number>> {
  const numbers = people.flatMap((person) => (Array.isArray(person) ? [] : (person.idNumber ?? [])));
  if (numbers.length === 0) return new Map();
  const hashes = new Map(
    numbers.flatMap((it) => keys.map(({ key }) => [key.blindIndex('ID_NUMBER', it).toString('hex'), it] as const)),
  );
  const { rows } = await client.query<{ id: number; hash: Buffer }>(
    "select volunteer_id as id, hash from volunteer_index where kind = 'ID_NUMBER' and hash = any($1)",
    [[...hashes.keys()].map((hash) => Buffer.from(hash, 'hex'))],
  );
  return new Map(rows.map(({ id, hash }) => [hashes.get(hash.toString('hex'))!, id]));
}
