import type pg from 'pg';
import type { Database } from '../kernel/database/database.js';
import { DataKeyError, type DataKey, type DataKeySource } from '../kernel/data-key.js';

declare module '../kernel/context.js' {
  interface Context {
    readonly vault: Vault;
  }
}

/** A key with the number by which the database knows it. */
export interface VersionedKey {
  readonly version: number;
  readonly key: DataKey;
}

/** The data keys of this node, by the versions that the database gave them. */
export class Vault {
  private readonly known = new Map<number, DataKey>();

  constructor(
    private readonly db: Database,
    readonly source: DataKeySource,
  ) {}

  /**
   * At start, under the start lock: makes the first key of a database that has none, and refuses to go on without the
   * keys that it has. What one node writes, every node has to be able to read.
   */
  async open(now: Date): Promise<void> {
    const registered = await this.db.query<{ version: number }>('select version from data_key_version limit 1');
    if (registered.length === 0) {
      const [key = await this.source.add?.()] = await this.source.read();
      if (!key) throw new Error('there is neither a data key nor a way to make one');
      await register(this.db, { version: 1, key }, now);
    }
    const rows = await this.db.query<KeyRow>(keysInUse);
    const keys = await this.source.read();
    if (rows.every(({ fingerprint }) => keys.some((key) => key.fingerprint === fingerprint))) return;
    throw new DataKeyError(
      `这个数据库里的个人信息是用另一个密钥加密的，${this.source.name} 里没有它。请把 DATA_KEY 设为其他节点所用的密钥，或者恢复原来的 data-key 文件；多个节点共用一个数据库时必须使用同一个 DATA_KEY。\n` +
        `The personal data in this database is encrypted with a key that ${this.source.name} does not hold. Set DATA_KEY to the key that the other nodes use, or put the original file data-key back; all nodes on one database need the same DATA_KEY.`,
    );
  }

  /**
   * The keys in use, the newest first: that one encrypts, and each has its blind indexes. Held to the end of the
   * transaction, so that a rotation does not finish without what is written here.
   */
  async hold(client: Pick<pg.ClientBase, 'query'>): Promise<VersionedKey[]> {
    const { rows } = await client.query<KeyRow>(`${keysInUse} for share`);
    return Promise.all(rows.map(async (row) => ({ version: row.version, key: await this.keyOf(row) })));
  }

  /** The key of a version that a row names. */
  async key(version: number): Promise<DataKey> {
    const known = this.known.get(version);
    if (known) return known;
    const [row] = await this.db.query<KeyRow>('select version, fingerprint from data_key_version where version = $1', [
      version,
    ]);
    if (!row) throw new Error(`data key ${version} is referred to but missing`);
    return this.keyOf(row);
  }

  private async keyOf({ version, fingerprint }: KeyRow): Promise<DataKey> {
    let key = this.known.get(version);
    if (key?.fingerprint !== fingerprint) {
      key = (await this.source.read()).find((it) => it.fingerprint === fingerprint);
      // A rotation by somebody else: this node has to be given the new key as well.
      if (!key) throw new Error(`${this.source.name} lacks data key ${version}: restart this node with it`);
      this.known.set(version, key);
    }
    return key;
  }
}

interface KeyRow {
  version: number;
  fingerprint: string;
}

const keysInUse = 'select version, fingerprint from data_key_version where retired_at is null order by version desc';

/** Makes a key known to the database under its next number. */
export async function register(db: Pick<Database, 'query'>, { version, key }: VersionedKey, now: Date): Promise<void> {
  await db.query('insert into data_key_version (version, fingerprint, created_at) values ($1, $2, $3)', [
    version,
    key.fingerprint,
    now,
  ]);
}
