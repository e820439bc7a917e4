import { MikroORM, type EntityClass, type Options } from '@mikro-orm/postgresql';
import { Migrator } from '@mikro-orm/migrations';
import { ReflectMetadataProvider } from '@mikro-orm/decorators/legacy';
import pg from 'pg';
import type { Logger } from 'pino';

/** The one PostgreSQL behind everything: plain SQL for the paths that are hot, the ORM for schema and migrations. */
export class Database {
  readonly pool: pg.Pool;
  private readonly selectLists = new Map<string, string>();

  constructor(
    readonly url: string,
    readonly orm: MikroORM,
    private readonly log: Logger,
  ) {
    this.pool = new pg.Pool({ connectionString: url, max: 12, application_name: 'baihua', keepAlive: true });
    // A connection can be lost at any time. While it is lent out the pool does not listen to it, and an error that nobody
    // hears ends the process.
    this.pool.on('connect', (client) => client.on('error', (error) => this.lost(error)));
    this.pool.on('error', () => undefined);
  }

  private lost(error: Error & { code?: string }): void {
    // The pool hangs the whole connection on the error: that is nothing for a log.
    this.log.warn({ code: error.code, reason: error.message }, 'a database connection was lost');
  }

  /** Runs one statement; `name` keeps it prepared on its connection. */
  async query<Row extends pg.QueryResultRow>(text: string, values?: unknown[], name?: string): Promise<Row[]> {
    return (await this.pool.query<Row>({ text, values, name })).rows;
  }

  /** Runs `work` on one connection in one transaction: all of it, or nothing. */
  async transaction<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('begin');
      const result = await work(client);
      await client.query('commit');
      return result;
    } catch (error) {
      await client.query('rollback').catch((failure: Error) => (broken = failure));
      throw error;
    } finally {
      client.release(broken);
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
