import type pg from 'pg';
import type { Context } from '../kernel/context.js';
import { defaultRules, TimePolicy, type TimeRules } from './policy.entity.js';

/** The first version, which nobody entered. */
const original: TimePolicy = { id: 0, validFrom: '1970-01-01', rules: defaultRules, createdAt: new Date(0) };

/** The versions that there are, the newest first by the day from which they hold. Few: rules are changed once in years. */
export async function policies(ctx: Pick<Context, 'db'>, client?: pg.ClientBase): Promise<TimePolicy[]> {
  const text = `select id, to_char(valid_from, 'YYYY-MM-DD') as "validFrom", rules, created_at as "createdAt"
    from time_policy order by valid_from desc, id desc limit 100`;
  const rows = client ? (await client.query<TimePolicy>(text)).rows : await ctx.db.query<TimePolicy>(text);
  return [...rows, original].map((row) => Object.assign(new TimePolicy(), row));
}

/** The version that holds on a day (YYYY-MM-DD where the community is). */
export function policyOn(versions: readonly TimePolicy[], day: string): TimePolicy {
  return versions.find(({ validFrom }) => validFrom <= day) ?? original;
}

/** The rules as they are now. */
export async function rulesNow(
  ctx: Pick<Context, 'db' | 'clock' | 'timeZone'>,
  client?: pg.ClientBase,
): Promise<TimeRules> {
  return policyOn(await policies(ctx, client), dayOf(ctx.timeZone, ctx.clock())).rules;
}

/** Which day it is at a moment where the community is. */
export function dayOf(timeZone: string, at: Date): string {
  return at.toLocaleDateString('sv-SE', { timeZone });
}
