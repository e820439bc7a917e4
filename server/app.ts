import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { MikroORM } from '@mikro-orm/postgresql';
import type pg from 'pg';
import type { Logger } from 'pino';
import { insertKey, type KeyGrant } from './access/access.service.js';
import { createAuthenticator } from './access/authenticate.js';
import { KeyUse } from './access/key-use.js';
import { Limits } from './access/limits.js';
import { loadSigner } from './access/signing.js';
import { watchSockets } from './access/watch.js';
import { Bookkeeper } from './attendance/bookkeeper.js';
import { certifyAll } from './certification/certification.service.js';
import { recordBatch } from './check-in/check-in.record.js';
import { entities, nodeLoaders } from './features.js';
import { Hub } from './feed/hub.js';
import { FeedWriter } from './feed/writer.js';
import { systemClock, type Clock } from './kernel/clock.js';
import type { Config } from './kernel/config.js';
import type { Context } from './kernel/context.js';
import { dataKeySource } from './kernel/data-key.js';
import { Database, ormOptions, withStartLock } from './kernel/database/database.js';
import { restrict } from './kernel/database/restricted.js';
import { startEmbeddedPostgres } from './kernel/database/embedded.js';
import type { Caller } from './kernel/http/caller.js';
import { createDoor, type Door } from './kernel/http/door.js';
import { limits as doorLimits } from './kernel/http/limits.js';
import { every } from './kernel/every.js';
import { subscribeShared } from './kernel/live/shared.js';
import { createLog } from './kernel/log.js';
import { publicViewer } from './kernel/viewer.js';
import { Inbox } from './notification/inbox.js';
import { Vault } from './vault/vault.js';
import { expireRedemptions } from './reward/reward.service.js';
import { bySystem, expireOffers } from './task/assignment.service.js';
import { Boards } from './task/boards.js';
import { buildSchema, schemasByViewer } from './schema.js';
import { indexEverybody } from './volunteer/search.js';

/** What a seed works with: one transaction, so that an empty database is filled whole or stays empty. */
export interface SeedContext {
  db: Database;
  client: pg.ClientBase;
  dataDir: string;
  timeZone: string;
  now: Date;
  log: Logger;
  /** For the personal data that it makes up. */
  vault: Vault;
  /** Issues an access key in the same transaction and returns it in clear, this once. */
  issueKey(grant: KeyGrant): Promise<string>;
}

/** Fills an empty database; the default export of the module that `SEED_MODULE` names. */
export type Seed = (context: SeedContext) => Promise<void>;

export interface App {
  /** Where it answers, such as http://localhost:4000. */
  url: string;
  databaseUrl: string;
  /**
   * Stops taking requests, finishes those under way, and stops everything that it started: at once, or, to `drain`, so that
   * its clients find their way to the other nodes, if there can be any. Called again, it hurries.
   */
  close(options?: { drain?: boolean }): Promise<void>;
}

/** Who does what is due with time: no request leads to it. */
const nobody: Caller = {
  viewer: publicViewer,
  locale: 'zh-CN',
  requestId: 'regular',
  address: '',
  userAgent: null,
};

/** Starts one node: its database if it has none, the schema's latest version, the feeds, the port. */
export async function createApp(
  config: Config,
  options: { clock?: Clock; log?: Logger; seed?: Seed } = {},
): Promise<App> {
  const clock = options.clock ?? systemClock;
  const log = options.log ?? createLog({ level: config.logLevel, json: config.logJson });
  const closers: (() => Promise<unknown>)[] = [];
  let door: Door | undefined;
  let closed: Promise<void> | undefined;
  const close: App['close'] = ({ drain = false } = {}) => {
    // A node with a database of its own is the only one: there is nowhere to send anybody.
    const shut = door?.close({ spreadMs: drain && config.databaseUrl ? doorLimits.spreadMs : 0 });
    return (closed ??= closeAll(shut));
  };
  const closeAll = async (shut: Promise<void> | undefined) => {
    await shut;
    for (const closeOne of closers.reverse()) await closeOne();
  };
  try {
    const embedded = config.databaseUrl ? undefined : await startEmbeddedPostgres({ dataDir: config.dataDir, log });
    if (embedded) closers.push(() => embedded.stop());
    const url = config.databaseUrl ?? embedded!.url;

    const db = await openDatabase(url, log);
    closers.push(() => db.close());
    const seed = options.seed ?? (await importDefault<Seed>(config.seedModule));
    const vault = new Vault(db, dataKeySource(config));
    await withStartLock(url, () => prepare(db, vault, config, clock, log, seed));

    const services = await createServices(db, { clock, log, vault, timeZone: config.timeZone });
    const { hub, boards, inbox, checkInWriter, authenticator } = services;
    const bookkeeper = new Bookkeeper(db, log, clock);
    hub.listen(bookkeeper.ring);
    await Promise.all([hub.open(), boards.open(), inbox.open()]);
    closers.push(
      () => bookkeeper.close(),
      () => boards.close(),
      () => hub.close(),
      () => inbox.close(),
      () => checkInWriter.close(),
    );

    const clerk = { ...services, ...nobody };
    closers.push(
      every(30_000, () => certifyAll(clerk), log, 'certification'),
      every(60_000, () => expireRedemptions(clerk), log, 'redemptions'),
      every(5_000, () => expireOffers(bySystem(clerk)), log, 'offers'),
    );

    const createContext = (caller: Caller, moment?: object): Context => ({ ...services, ...caller, moment });
    const schema = buildSchema();
    door = createDoor({
      schema,
      schemaFor: schemasByViewer(schema),
      authenticate: async (credentials, language) => {
        const viewer = await authenticator.authenticate(credentials, language);
        keyUse.note(viewer);
        return viewer;
      },
      createContext,
      subscribe: subscribeShared(createContext),
      pages: (await importNamed<{ handler: never }>(config.webHandler))?.handler,
      ready: () => db.query('select 1').then(Boolean, () => false),
      log,
      allowedOrigins: config.allowedOrigins,
      trustedProxies: config.trustedProxies,
    });
    const keyUse = new KeyUse(db, clock, log, door.socketViewers);
    closers.push(watchSockets(db, clock, door, log), () => keyUse.close());
    const { server } = door;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(config.port, config.host, resolve);
    });
    const { port } = server.address() as { port: number };
    const indexing = new AbortController();
    const indexed = indexEverybody(db, indexing.signal).catch((error: unknown) =>
      log.error({ err: error }, 'not everybody can be found by name yet; the next start goes on with it'),
    );
    closers.push(() => {
      indexing.abort();
      return indexed;
    });
    return { url: `http://localhost:${port}`, databaseUrl: url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What services work with besides their caller; nothing of it runs by itself before it is opened. */
export async function createServices(
  db: Database,
  { clock, log, vault, timeZone }: Pick<Context, 'clock' | 'log' | 'vault' | 'timeZone'>,
): Promise<Omit<Context, keyof Caller>> {
  const limits = new Limits(db);
  const hub = new Hub(db, log, clock);
  return {
    db,
    clock,
    log,
    hub,
    boards: new Boards(db, hub, log, clock),
    inbox: new Inbox(db.url, log),
    checkInWriter: new FeedWriter(db, log, (client, eventId, scans) => recordBatch(client, eventId, scans, clock)),
    vault,
    nodeLoaders,
    limits,
    authenticator: createAuthenticator(db, clock, limits),
    signer: await loadSigner(db),
    timeZone,
  };
}

/** The database as code works with it; whoever opens it brings its schema up to date, or knows that it is. */
export async function openDatabase(url: string, log: Logger): Promise<Database> {
  const migrations = fileURLToPath(new URL('./migrations', import.meta.url));
  return new Database(url, await MikroORM.init(ormOptions(url, entities, migrations)), log);
}

/** Brings the schema up to date, tries the data key, fills an empty database. Under the start lock: two nodes are fine. */
async function prepare(
  db: Database,
  vault: Vault,
  config: Config,
  clock: Clock,
  log: Logger,
  seed: Seed | undefined,
): Promise<void> {
  const applied = await db.orm.migrator.up();
  if (applied.length > 0) log.info({ migrations: applied.map(({ name }) => name) }, 'the database is up to date');
  await restrict(db, log);
  await vault.open(clock());
  if (!seed) return;
  await db.transaction(async (client) => {
    // Who fills a database may build it up as they like: a nation's rows come faster without the indexes.
    await client.query('set local role none');
    // A seed takes its time, also between its statements.
    await client.query('set local idle_in_transaction_session_timeout = 0');
    const { rowCount } = await client.query('select 1 from service_unit limit 1');
    if (rowCount) return;
    log.info('the database is empty: filling it');
    const now = clock();
    const { dataDir, timeZone } = config;
    const issueKey: SeedContext['issueKey'] = async (grant) => (await insertKey(client, grant, now)).key;
    await seed({ db, client, dataDir, timeZone, now, log, vault, issueKey });
  }, null);
}

async function importDefault<T>(path: string | undefined): Promise<T | undefined> {
  return (await importNamed<{ default: T }>(path))?.default;
}

async function importNamed<T>(path: string | undefined): Promise<T | undefined> {
  if (!path) return undefined;
  await readFile(path).catch(() => {
    throw new Error(`${path} does not exist: build it, or leave the setting out.`);
  });
  return (await import(path)) as T;
}
