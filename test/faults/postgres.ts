import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { chooseAccount, findPrograms } from '../../server/kernel/database/embedded-programs.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../server/kernel/database/embedded.js';
import { until } from '../support/until.js';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** The one PostgreSQL of all nodes, and what can happen to it. */
export class Postgres {
  private server!: EmbeddedPostgres;
  private backedUp = false;

  constructor(private readonly folder: string) {}

  async start(): Promise<this> {
    // Sessions on lines that have gone silent stay for a while.
    const settings = { max_connections: '400' };
    this.server = await startEmbeddedPostgres({ dataDir: join(this.folder, 'database'), log: quiet, settings });
    return this;
  }

  /** The same after every restart. */
  get url(): string {
    return this.server.url;
  }

  get pid(): number | undefined {
    return this.server.pid();
  }

  /** One statement on a connection of its own, as all others are at risk. */
  async query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    const client = await this.connect();
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  private async connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.url, application_name: 'faults' });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** Ends these backends, whatever they are doing; answers how many there were. */
  async terminate(applicationName: string): Promise<number> {
    const rows = await this.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1',
      [applicationName],
    );
    return rows.length;
  }

  /**
   * Holds an event's feed as a slow writer does, while `work` goes on: a row has its number, the head has moved, and nobody
   * may see either. Then the transaction is given up, so the number has to be given again.
   */
  async holdFeed(eventId: number, work: () => Promise<void>): Promise<void> {
    const client = await this.connect();
    try {
      await client.query('begin');
      await client.query('update feed set sequence = sequence + 1 where event_id = $1', [eventId]);
      await client.query(
        `insert into check_in select (json_populate_record(c, json_build_object('sequence', c.sequence + 1))).*
         from check_in c where event_id = $1 order by sequence desc limit 1`,
        [eventId],
      );
      await work();
      await client.query('rollback');
    } finally {
      await client.end();
    }
  }

  /** Sessions are ended and everything is written down. The first time, a copy of the files is taken before it starts again. */
  async restartFast(): Promise<void> {
    await this.server.stop();
    if (!this.backedUp) {
      await this.copy('database/postgres', 'backup');
      this.backedUp = true;
    }
    await this.start();
  }

  /** As a crash: what is in memory is lost, and the start is a recovery. */
  async restartImmediate(): Promise<void> {
    const pid = this.server.pid()!;
    process.kill(pid, 'SIGQUIT');
    await until(
      async () => this.server.pid() !== pid && (await this.query('select 1').catch(() => undefined)),
      'PostgreSQL to recover',
      60_000,
    );
  }

  /** Puts the files of the backup in the place of those that are there. History is another one from then on: its epoch says so. */
  async restore(): Promise<void> {
    if (!this.backedUp) throw new Error('there is no backup to restore');
    await this.server.stop();
    await rm(join(this.folder, 'database/postgres'), { recursive: true });
    await this.copy('backup', 'database/postgres');
    await this.single(`update feed set epoch = substr(md5(random()::text), 1, 8)`);
    await this.start();
  }

  async stop(): Promise<void> {
    await this.server.stop();
  }

  private async copy(from: string, to: string): Promise<void> {
    await run('cp', ['-a', join(this.folder, from), join(this.folder, to)], {});
  }

  /** Before anybody can connect. */
  private async single(statement: string): Promise<void> {
    const cwd = join(this.folder, 'database/postgres');
    const account = await chooseAccount(cwd);
    const { postgres } = await findPrograms(account);
    // Another user may not be able to walk to the folder, but a process that starts out in it stays there.
    const path = account ? '/proc/self/cwd' : cwd;
    const options = { ...account, cwd, env: { PATH: process.env.PATH, LC_ALL: 'C' } };
    const errors = await run(postgres, ['--single', '-D', path, 'baihua'], options, `${statement}\n`);
    if (/ERROR|FATAL/.test(errors)) throw new Error(errors);
  }
}

async function run(program: string, args: string[], options: object, input = ''): Promise<string> {
  const child = spawn(program, args, { ...options, stdio: ['pipe', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${errors}`);
  return errors;
}
