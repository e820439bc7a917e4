import type pg from 'pg';
import { indexPeople } from './search.js';
import type { Contingent } from './volunteer.entity.js';

export interface NewPerson {
  name: string;
  contingent: Contingent;
  teamId: number | null;
  /** One that they have already, say from a roster; the register gives one otherwise. */
  number?: string | null;
}

/** Numbers of this kind are given by the register alone: they hold the row's own key, so none is given twice. */
export const givenNumber = (id: number) => `BH-${String(id).padStart(6, '0')}`;
export const isGivenNumber = (number: string) => /^BH-/i.test(number);

/**
 * For whoever looks whether somebody is in the register before they write them: held to the end of the transaction, so that
 * of two who enter the same person at once the second finds what the first has written.
 */
export async function holdRegister(client: pg.ClientBase): Promise<void> {
  await client.query("select pg_advisory_xact_lock(hashtext('baihua register'))");
}

/** Enters people into the register, in the caller's transaction; answers in their order. They stand on no screen as yet. */
export async function enterPeople(
  client: pg.ClientBase,
  people: readonly NewPerson[],
): Promise<{ id: number; number: string }[]> {
  const { rows: ids } = await client.query<{ id: number }>(
    "select nextval(pg_get_serial_sequence('volunteer', 'id'))::int as id from generate_series(1, $1)",
    [people.length],
  );
  const entered = people.map((person, i) => {
    const { id } = ids[i]!;
    return { ...person, id, number: person.number ?? givenNumber(id) };
  });
  await client.query(
    `insert into volunteer (id, number, name, contingent, team_id, team_level, screen_consent)
     select r.id, r.number, r.name, r.contingent, r."teamId", case when r."teamId" is not null then 3 end, false
     from jsonb_to_recordset($1) as r (id int, number text, name text, contingent text, "teamId" int) order by r.id`,
    [JSON.stringify(entered)],
  );
  await indexPeople(client, entered);
  return entered.map(({ id, number }) => ({ id, number }));
}
