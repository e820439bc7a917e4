import type pg from 'pg';
import type { Context } from '../kernel/context.js';
import { messages } from './account.messages.js';
import { LastAdministrator } from './account.result.js';

/** Thrown inside a transaction, to undo it. */
class NobodyLeft extends Error {}

export function lastAdministrator(ctx: Context, error: unknown): LastAdministrator {
  if (!(error instanceof NobodyLeft)) throw error;
  return Object.assign(new LastAdministrator(), { message: messages[ctx.locale].lastAdministrator });
}

/**
 * Who may do what is changed by one after the other, on all nodes: rare acts, whose conditions look at many accounts. So of
 * two administrators who disable each other, the second finds that there is only one left.
 */
export async function inSequence(client: pg.ClientBase): Promise<void> {
  await client.query("select pg_advisory_xact_lock(hashtext('baihua accounts'))");
}

/** Throws unless somebody would still run the installation, for good, without this account or this grant. */
export async function keepAnAdministrator(
  client: pg.ClientBase,
  now: Date,
  without: { accountId?: number; grantId?: number },
): Promise<void> {
  const { rows } = await client.query<{ accountId: number; grantId: number; endsAt: Date | null }>(
    `select a.id as "accountId", g.id as "grantId", g.ends_at as "endsAt"
     from role_grant g join account a on a.id = g.account_id
     where g.role = 'ADMINISTRATOR' and a.disabled_at is null and g.starts_at <= $1 and (g.ends_at is null or g.ends_at > $1)
`,
    [now],
  );
  const goes = (row: (typeof rows)[number]) => row.accountId === without.accountId || row.grantId === without.grantId;
  if (rows.some(goes) && !rows.some((row) => !goes(row) && row.endsAt === null)) throw new NobodyLeft();
}
