import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

/** What a column gets; texts may hold no tab, line break or backslash. */
type Cell = string | number | boolean | null;

/** Bytes handed over at once. */
const chunkSize = 256 * 1024;

/** Writes rows by COPY: ten times as fast as INSERT. */
export async function copyInto(
  client: pg.ClientBase,
  table: string,
  columns: readonly string[],
  rows: Iterable<readonly Cell[]>,
): Promise<void> {
  const target = client.query(copyFrom(`copy ${table} (${columns.join(', ')}) from stdin`));
  await pipeline(Readable.from(chunksOf(rows), { objectMode: false }), target);
}

function* chunksOf(rows: Iterable<readonly Cell[]>): Generator<Buffer> {
  let text = '';
  for (const row of rows) {
    let line = '';
    for (const cell of row) {
      if (line !== '') line += '\t';
      line += cell === null ? '\\N' : cell;
    }
    text += `${line}\n`;
    if (text.length < chunkSize) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}

interface Definition {
  owner: string;
  name: string;
  definition: string;
}

/**
 * Takes the indexes and keys of these tables away, does the work, and puts them back: made at once they cost a tenth, and
 * every reference is checked again. To be called in a transaction, so nobody ever sees the tables without them.
 */
export async function withoutIndexes(
  client: pg.ClientBase,
  tables: readonly string[],
  work: () => Promise<void>,
  told: (done: number, all: number) => void = () => undefined,
): Promise<void> {
  const constraints = async (types: string[], about: string) =>
    (
      await client.query<Definition>(
        `select conrelid::regclass::text as owner, quote_ident(conname) as name, pg_get_constraintdef(oid) as definition
         from pg_constraint where contype::text = any($2) and ${about} order by conrelid::regclass::text, conname`,
        [tables, types],
      )
    ).rows;
  const references = await constraints(
    ['f'],
    '(conrelid = any($1::regclass[]::oid[]) or confrelid = any($1::regclass[]::oid[]))',
  );
  const keys = await constraints(['p', 'u', 'x'], 'conrelid = any($1::regclass[]::oid[])');
  const { rows: indexes } = await client.query<Omit<Definition, 'owner'>>(
    `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition from pg_index
     where indrelid = any($1::regclass[]::oid[]) and indexrelid not in (select conindid from pg_constraint) order by 1`,
    [tables],
  );
  for (const { owner, name } of [...references, ...keys]) {
    await client.query(`alter table ${owner} drop constraint ${name}`);
  }
  for (const { name } of indexes) await client.query(`drop index ${name}`);
  await work();
  const again = [
    ...keys.map(({ owner, name, definition }) => `alter table ${owner} add constraint ${name} ${definition}`),
    ...indexes.map(({ definition }) => definition),
  ];
  const checked = references.map(
    ({ owner, name, definition }) => `alter table ${owner} add constraint ${name} ${definition}`,
  );
  const all = [...again, ...checked];
  for (const [done, statement] of all.entries()) {
    told(done, all.length);
    // References are checked by joins, which go by what is known of the tables.
    if (done === again.length) for (const table of tables) await client.query(`analyze ${table}`);
    await client.query(statement);
  }
  told(all.length, all.length);
}
