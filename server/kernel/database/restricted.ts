import type { Logger } from 'pino';
import type { Database } from './database.js';

/** Who the application is while it runs: a role that owns nothing. One for all databases of a PostgreSQL. */
export const applicationRole = 'baihua_app';

/**
 * From here on the application works as a role that may do what it needs and no more: in tables that are append-only (those whose
 * trigger `…_no_change` refuses everything else to everybody) it may read and insert, and it can neither switch such a
 * trigger off nor change a table. Whoever DATABASE_URL names owns the tables and migrates them; the role is made when that
 * user may make it, or has been made before. Answers whether it is in force: otherwise the triggers alone stand guard.
 */
export async function restrict(db: Database, log: Pick<Logger, 'warn'>): Promise<boolean> {
  try {
    await db.lend(async (client) => {
      // Several databases of one PostgreSQL may begin at once.
      await client.query(`do $$ begin
        if not exists (select from pg_roles where rolname = '${applicationRole}') then create role ${applicationRole} nologin; end if;
        exception when duplicate_object or unique_violation then null; end $$`);
      const { rows } = await client.query<{ may: boolean }>(
        `select pg_has_role(session_user, '${applicationRole}', 'set') as may`,
      );
      if (!rows[0]!.may) await client.query(`grant ${applicationRole} to session_user`);
      await client.query(`
        grant usage on schema public to ${applicationRole};
        grant select, insert, update, delete on all tables in schema public to ${applicationRole};
        grant usage, select on all sequences in schema public to ${applicationRole};`);
      const { rows: guarded } = await client.query<{ name: string }>(
        `select distinct tgrelid::regclass::text as name from pg_trigger where tgname like '%\\_no\\_change' order by 1`,
      );
      for (const { name } of guarded) {
        await client.query(`revoke update, delete, truncate, references, trigger on ${name} from ${applicationRole}`);
      }
    });
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    if (code !== '42501') throw error;
    log.warn(
      { reason: message },
      `the database's user cannot make the role ${applicationRole}: the application runs as it is`,
    );
    return false;
  }
  db.actAs(applicationRole);
  return true;
}
