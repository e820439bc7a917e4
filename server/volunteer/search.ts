import type pg from 'pg';
import { pinyin } from 'pinyin-pro';
import type { Database } from '../kernel/database/database.js';

/** What of a person can be searched for. */
export interface Findable {
  id: number;
  name: string;
  number: string;
}

/** How much of a text counts: names are shorter, and a query is typed. */
const longest = 60;
const mostWords = 8;
/** People who are indexed at a time. */
const batchSize = 500;

/** Letters and digits alone: who types a name does not know which dot or dash is in it, nor whether it is full-width. */
const plain = (text: string) =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll('ü', 'v')
    .replace(/[^\p{L}\p{M}\p{N}]/gu, '');

/** `abc` → `abc`, `bc`, `c`: somebody remembers the end of a name only. */
const endings = (parts: readonly string[]) => parts.map((_, i) => parts.slice(i).join('').slice(0, longest));

/**
 * All beginnings by which somebody is found: 李晓明 by 李晓明, 晓明, 明, lixiaoming, xiaoming, ming, lxm, xm and m; a number by
 * each of its groups, and by its digits without the zeros before them. Characters beyond the BMP are characters.
 */
export function searchKeys({ name, number }: Omit<Findable, 'id'>): string[] {
  const characters = [...plain(name)].slice(0, longest);
  const told = pinyin(characters.join(''), { type: 'array', toneType: 'none', surname: 'head', v: true });
  // A character that it does not know stays itself; one that it does not count would shift all behind it.
  const syllables = (told.length === characters.length ? told : characters).map(plain);
  const groups = number.split(/[^\p{L}\p{N}]+/u).map(plain);
  const digits = /\d+$/.exec(number)?.[0].replace(/^0+/, '') ?? '';
  const keys = [
    ...endings(characters),
    ...endings(syllables),
    ...endings(syllables.map((syllable) => [...syllable][0] ?? '')),
    ...endings(groups),
    digits,
  ];
  return [...new Set(keys)].filter((key) => key !== '');
}

/**
 * What somebody typed as PostgreSQL's tsquery: people for whom each word begins one of their keys. Null when there is
 * nothing in it to look for.
 */
export function searchQuery(text: string): string | null {
  const words = text.trim().split(/\s+/).slice(0, mostWords).map(plain);
  const terms = words.filter((word) => word !== '').map((word) => `'${word.slice(0, longest)}':*`);
  return terms.length === 0 ? null : terms.join(' & ');
}

/** Makes people findable, in the transaction that writes them, whoever does. */
export async function indexPeople(client: Pick<pg.ClientBase, 'query'>, people: readonly Findable[]): Promise<void> {
  await client.query(
    `insert into volunteer_search (volunteer_id, keys)
     select (r ->> 'id')::int, array_to_tsvector(array(select jsonb_array_elements_text(r -> 'keys')))
     from jsonb_array_elements($1) as r order by 1
     on conflict (volunteer_id) do update set keys = excluded.keys`,
    [JSON.stringify(people.map((person) => ({ id: person.id, keys: searchKeys(person) })))],
  );
}

/**
 * Makes those findable who are not yet: whom an older version or a bulk load has written. A few at a time, so that nothing
 * else waits for it; on several nodes at once, each takes others. Ends early when `signal` says so.
 */
export async function indexEverybody(db: Database, signal: AbortSignal): Promise<number> {
  let indexed = 0;
  for (let last = 0; !signal.aborted;) {
    const people = await db.transaction(async (client) => {
      // Held, so that nobody is erased between being read and being written.
      const { rows } = await client.query<Findable>(
        `select v.id, v.name, v.number from volunteer v
         where v.id > $1 and v.erased_at is null
           and not exists (select from volunteer_search s where s.volunteer_id = v.id)
         order by v.id limit ${batchSize} for share of v skip locked`,
        [last],
      );
      if (rows.length > 0) await indexPeople(client, rows);
      return rows;
    });
    if (people.length === 0) break;
    indexed += people.length;
    last = people.at(-1)!.id;
  }
  return indexed;
}
