import { Field, Int, ObjectType } from 'type-graphql';
import { decodeCursor, toPage, type Page, type PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import { AppError } from '../kernel/errors.js';
import { defineLoader } from '../kernel/loaders.js';
import { LedgerEntry, LedgerTransfer } from './ledger.entity.js';
import { messages } from './ledger.messages.js';
import type { TimeAccount } from './time-account.entity.js';

@ObjectType({ description: 'What went in and out of an account in some time.' })
export class Statement {
  @Field(() => Date, { description: 'The first moment of it.' })
  from!: Date;

  @Field(() => Date, { description: 'The first moment behind it.' })
  to!: Date;

  @Field(() => Int, { description: 'What was there at its beginning.' })
  openingBalance!: number;

  @Field(() => Int, { description: 'What was there at its end.' })
  closingBalance!: number;

  accountId!: number;
  /** The entries of it are those with numbers above the first and up to the second. */
  range!: [behind: number, last: number];
}

/** The last entry of an account before a moment. */
async function lastBefore(ctx: Context, accountId: number, at: Date): Promise<{ sequence: number; balance: number }> {
  const [row] = await ctx.db.query<{ sequence: number; balance: number }>(
    `select sequence, balance from ledger_entry where account_id = $1 and at < $2
     order by at desc, sequence desc limit 1`,
    [accountId, at],
    'last-entry-before',
  );
  return row ?? { sequence: 0, balance: 0 };
}

/** What was in an account at a moment, from the entries up to then, and not from what is kept. */
export async function balanceAt(ctx: Context, { id }: TimeAccount, at: Date): Promise<number> {
  return (await lastBefore(ctx, id, new Date(at.getTime() + 1))).balance;
}

/** All of an account unless told. */
export async function statementOf(
  ctx: Context,
  account: TimeAccount,
  { from, to }: { from?: Date | null; to?: Date | null },
): Promise<Statement> {
  const begin = from ?? account.openedAt;
  // What is booked right now belongs to it.
  const end = to ?? new Date(Math.max(ctx.clock().getTime(), account.lastAt?.getTime() ?? 0) + 1);
  if (begin > end) throw new AppError('BAD_USER_INPUT', messages[ctx.locale].badPeriod);
  const [opening, closing] = await Promise.all([lastBefore(ctx, account.id, begin), lastBefore(ctx, account.id, end)]);
  return Object.assign(new Statement(), {
    from: begin,
    to: end,
    openingBalance: opening.balance,
    closingBalance: closing.balance,
    accountId: account.id,
    range: [opening.sequence, closing.sequence],
  });
}

/** The newest first. */
export async function entriesOf(
  ctx: Context,
  { accountId, range: [behind, last] }: Statement,
  args: PageArgs,
): Promise<Page<LedgerEntry>> {
  const after = decodeCursor(args.after);
  const before = after === undefined ? last + 1 : /^\d{1,9}$/.test(after) ? Math.min(Number(after), last + 1) : 0;
  const rows = await ctx.db.query<LedgerEntry>(
    `select ${ctx.db.columns(LedgerEntry, 'e')} from ledger_entry e
     where e.account_id = $1 and e.sequence > $2 and e.sequence < $3 order by e.sequence desc limit $4`,
    [accountId, behind, before, args.first + 1],
    'ledger-entries',
  );
  return toPage(
    rows.map((row) => Object.assign(new LedgerEntry(), row)),
    args,
    (entry) => entry.sequence,
    () => Promise.resolve(last - behind),
  );
}

/** What came in and what went out, both above zero. */
export async function flowOf(
  ctx: Context,
  { accountId, range }: Statement,
): Promise<{ received: number; spent: number }> {
  const [row] = await ctx.db.query<{ received: number; spent: number }>(
    `select coalesce(sum(minutes) filter (where minutes > 0), 0)::int as received,
       coalesce(-sum(minutes) filter (where minutes < 0), 0)::int as spent
     from ledger_entry where account_id = $1 and sequence > $2 and sequence <= $3`,
    [accountId, ...range],
    'ledger-flow',
  );
  return row!;
}

export const transferRow = defineLoader(async (db, ids: readonly number[]) => {
  const rows = await db.query<LedgerTransfer>(
    `select ${db.columns(LedgerTransfer, 't')} from ledger_transfer t where t.id = any($1)`,
    [ids],
    'transfers-by-id',
  );
  const byId = new Map(rows.map((row) => [row.id, Object.assign(new LedgerTransfer(), row)]));
  return ids.map((id) => byId.get(id) ?? null);
});

/** What took each of these back, or null. */
export const reversalOfTransfer = defineLoader(async (db, ids: readonly number[]) => {
  const rows = await db.query<LedgerTransfer>(
    `select ${db.columns(LedgerTransfer, 't')} from ledger_transfer t where t.reverses_id = any($1)`,
    [ids],
    'reversals-of',
  );
  const byId = new Map(rows.map((row) => [row.reversesId!, Object.assign(new LedgerTransfer(), row)]));
  return ids.map((id) => byId.get(id) ?? null);
});
