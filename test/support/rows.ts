import type { TestApp } from './app.js';

/** How many rows each table has. */
export async function rowCounts({ sql }: Pick<TestApp, 'sql'>): Promise<Record<string, number>> {
  const { rows: tables } = await sql.query<{ name: string }>(
    `select relname as name from pg_class
     where relkind in ('r', 'p') and not relispartition and relnamespace = 'public'::regnamespace`,
  );
  const counts = tables.map(({ name }) => `select '${name}' as name, (select count(*)::int from "${name}") as count`);
  const { rows } = await sql.query<{ name: string; count: number }>(counts.join(' union all '));
  return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
}
