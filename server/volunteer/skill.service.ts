import { decodeCursor, toPage, type Page, type PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import { notFound } from '../kernel/errors.js';
import { numericKey } from '../kernel/global-id.js';
import { defineLoader } from '../kernel/loaders.js';
import { Skill } from './skill.entity.js';

export const skillById = defineLoader(async (db, ids: readonly number[]) => {
  const rows = await db.query<Skill>(
    `select ${db.columns(Skill, 's')} from skill s where s.id = any($1)`,
    [ids],
    'skills-by-id',
  );
  const byId = new Map(rows.map((row) => [row.id, Object.assign(new Skill(), row)]));
  return ids.map((id) => byId.get(id) ?? null);
});

/** Skills that a foreign key promises to be there, in the order of their keys. */
export async function requiredSkills(ctx: Context, ids: readonly number[]): Promise<Skill[]> {
  return Promise.all(
    ids.map(async (id) => {
      const skill = await skillById(ctx).load(id);
      if (!skill) throw new Error(`skill ${id} is referred to but missing`);
      return skill;
    }),
  );
}

/** The keys of the skills that a client names by their global ids, each once; NOT_FOUND for anything else. */
export async function skillKeys(ctx: Context, ids: readonly string[]): Promise<number[]> {
  const keys = await Promise.all(
    ids.map(async (id) => {
      const key = numericKey(id, 'Skill');
      const skill = key === undefined ? null : await skillById(ctx).load(key);
      if (!skill) throw notFound(ctx.locale);
      return skill.id;
    }),
  );
  return [...new Set(keys)].toSorted((a, b) => a - b);
}

/** The catalogue of skills, by code. */
export async function listSkills(ctx: Context, args: PageArgs): Promise<Page<Skill>> {
  const rows = await ctx.db.query<Skill>(
    `select ${ctx.db.columns(Skill, 's')} from skill s where $1::text is null or s.code > $1 order by s.code limit $2`,
    [decodeCursor(args.after), args.first + 1],
  );
  return toPage(
    rows.map((row) => Object.assign(new Skill(), row)),
    args,
    (skill) => skill.code,
    async () => (await ctx.db.query<{ count: number }>('select count(*)::int as count from skill'))[0]!.count,
  );
}
