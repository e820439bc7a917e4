import { MikroORM, type EntityClass, type Options } from '@mikro-orm/postgresql';
import { Migrator } from '@mikro-orm/migrations';
import { ReflectMetadataProvider } from '@mikro-orm/decorators/legacy';
import pg from 'pg';
import type { Logger } from 'pino';

/**
 * How long things may take before the line is taken for dead. A cable that is pulled, or a machine that loses its power,
 * says nothing: without these, whoever waits would wait for hours, and so would whoever waits for their locks.
 */
const patience = {
  /** Until a connection is there. */
  connectMs: 5_000,
  /** For one statement; for a transaction as a whole. */
  statementMs: 10_000,
  transactionMs: 8_000,
  /** PostgreSQL gives up a transaction whose client says nothing for so long: what it had locked is free again. */
  idleInTransactionMs: 5_000,
  /** How soon the system begins to probe a quiet connection. */
  probeMs: 10_000,
};

/** The one PostgreSQL behind everything: plain SQL for the paths that are hot, the ORM for schema and migrations. */
export class Database {
  private pool: pg.Pool;
  private readonly patience: typeof patience;
  private readonly selectLists = new Map<string, string>();
  private role: string | undefined;

  constructor(
    readonly url: string,
    readonly orm: MikroORM,
    private readonly log: Logger,
    otherPatience: Partial<typeof patience> = {},
  ) {
    this.patience = { ...patience, ...otherPatience };
    this.pool = this.createPool();
  }

  private createPool(): pg.Pool {
    const pool = new pg.Pool({
      connectionString: this.url,
      max: 12,
      application_name: 'baihua',
      // From the first statement on, and what RESET ROLE leads back to.
      options: this.role && `-c role=${this.role}`,
      connectionTimeoutMillis: this.patience.connectMs,
      idle_in_transaction_session_timeout: this.patience.idleInTransactionMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: this.patience.probeMs,
    });
    // A connection can be lost at any time. While it is lent out the pool does not listen to it, and an error that nobody
    // hears ends the process.
    pool.on('connect', (client) => client.on('error', (error) => this.lost(error)));
    pool.on('error', () => undefined);
    return pool;
  }

  private lost(error: Error & { code?: string }): void {
    // The pool hangs the whole connection on the error: that is nothing for a log.
    this.log.warn({ code: error.code, reason: error.message }, 'a database connection was lost');
  }

  /** From here on statements run as another role, which the user of the URL may take on. */
  actAs(role: string): void {
    const { pool } = this;
    this.role = role;
    this.pool = this.createPool();
    void pool.end();
  }

  /** One line has gone silent, so the others of its time may have, too: whoever comes next gets a new one. */
  private distrust(pool: pg.Pool): void {
    if (this.pool !== pool) return;
    this.log.warn('the database does not answer: connecting anew');
    this.pool = this.createPool();
    // Never ends if the lines are dead, and is nothing to wait for.
    void pool.end();
  }

  /** Runs one statement; `name` keeps it prepared on its connection. */
  async query<Row extends pg.QueryResultRow>(
    text: string,
    values?: unknown[],
    name?: string,
    withinMs = this.patience.statementMs,
  ): Promise<Row[]> {
    const { pool } = this;
    const statement = { text, values, name, query_timeout: withinMs };
    try {
      return (await pool.query<Row>(statement)).rows;
    } catch (error) {
      if ((error as Error).message === 'Query read timeout') this.distrust(pool);
      throw error;
    }
  }

  /** Runs `work` on one connection in one transaction: all of it, or nothing; within `withinMs`, if that is not null. */
  transaction<T>(
    work: (client: pg.ClientBase) => Promise<T>,
    withinMs: number | null = this.patience.transactionMs,
  ): Promise<T> {
    return this.lend(async (client) => {
      await client.query('begin');
      const result = await work(client);
      await client.query('commit');
      return result;
    }, withinMs);
  }

  /**
   * Runs `work` on one connection. A transaction that it leaves open by throwing is rolled back; when it takes too long,
   * the connection is ended, and what it waits for fails.
   */
  async lend<T>(
    work: (client: pg.ClientBase) => Promise<T>,
    withinMs: number | null = this.patience.transactionMs,
  ): Promise<T> {
    const { pool } = this;
    const client = await pool.connect();
    let release = (error?: Error): void => {
      release = () => undefined;
      client.release(error);
    };
    const giveUp = () => {
      release(new Error('too slow'));
      this.distrust(pool);
    };
    const deadline = withinMs === null ? undefined : setTimeout(giveUp, withinMs);
    let broken: Error | undefined;
    try {
      return await work(client);
    } catch (error) {
      const isOpen = client.getTransactionStatus() !== 'I';
      if (isOpen) await client.query('rollback').catch((failure: Error) => (broken = failure));
      throw error;
    } finally {
      clearTimeout(deadline);
      release(broken);
    }
  }

  /** `alias.column as "property", …` for an entity's own columns: rows come out in the entity's shape. */
  columns(entity: EntityClass<object>, alias: string): string {
    const key = `${entity.name} ${alias}`;
    let list = this.selectLists.get(key);
    if (!list) {
      const meta = this.orm.getMetadata().get(entity);
      list = meta.props
        .filter((prop) => prop.kind === 'scalar' && prop.fieldNames?.length === 1)
        .map((prop) => `${alias}."${prop.fieldNames[0]}" as "${prop.name}"`)
        .join(', ');
      this.selectLists.set(key, list);
    }
    return list;
  }

  async close(): Promise<void> {
    await this.orm.close();
    await this.pool.end();
  }
}

/** What the ORM needs to know; also used by the command that generates migrations. */
export function ormOptions(url: string, entities: EntityClass<object>[], migrationsPath: string): Options {
  return {
    clientUrl: url,
    entities,
    metadataProvider: ReflectMetadataProvider,
    metadataCache: { enabled: false },
    // No unit of work: rows are read and written by SQL, so entities need not watch what is set on them. Watching costs more
    // than everything else that is done with a row.
    propagationOnPrototype: false,
    extensions: [Migrator],
    migrations: { path: migrationsPath, pathTs: migrationsPath, snapshot: false, allOrNothing: true, silent: true },
    pool: { min: 0, max: 2 },
  };
}

/**
 * Runs `work` while this node alone holds the installation's lock: two nodes that start at once do it one after the
 * other. The lock lives on its own connection and goes with it, whatever happens to the process.
 */
export async function withStartLock<T>(url: string, work: () => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'baihua start' });
  await client.connect();
  try {
    await client.query("select pg_advisory_lock(hashtext('baihua start'))");
    return await work();
  } finally {
    await client.end();
  }
}

/** Which constraint of the schema said no, if one did. */
export function constraintOf(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.constraint : undefined;
}
