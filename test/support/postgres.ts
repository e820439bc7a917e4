import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../server/kernel/database/embedded.js';
import { lockFolder } from '../../server/kernel/database/folder-lock.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A PostgreSQL whose user may create databases; one for the whole run. */
    postgresUrl: string;
    /** Holds what the run writes to the disk. */
    runFolder: string;
  }
}

const folderPrefix = 'baihua-test-';

/** Vitest's global setup: starts the one PostgreSQL of the run, unless TEST_DATABASE_URL names another to try. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeLeftovers();
  const runFolder = await mkdtemp(join(tmpdir(), folderPrefix));
  const lock = await lockFolder(runFolder);
  project.provide('runFolder', runFolder);

  const named = process.env.TEST_DATABASE_URL;
  const postgres = named
    ? undefined
    : await startEmbeddedPostgres({
        dataDir: join(runFolder, 'shared'),
        log: { info: () => undefined, warn: console.warn, error: console.error },
        // Nothing here outlives the run.
        settings: { fsync: 'off', full_page_writes: 'off', max_connections: '400' },
      });
  project.provide('postgresUrl', named ?? postgres?.url ?? '');
  return async () => {
    await postgres?.stop();
    await lock.release();
    await rm(runFolder, { recursive: true, force: true, maxRetries: 5 });
  };
}

export interface TestDatabase {
  readonly url: string;
  /** Ends the sessions that are left in it, too. */
  drop(): Promise<void>;
}

/** A fresh database of its own for each call: empty, or a copy of `template`, which nobody may be connected to. */
export async function createTestDatabase(options: { template?: string } = {}): Promise<TestDatabase> {
  const name = `baihua_test_${randomBytes(8).toString('hex')}`;
  const source = options.template === undefined ? 'template0' : pg.escapeIdentifier(options.template);
  // Copying files is several times faster than writing the copy to the log, which a database that is thrown away needs not.
  await administer(`create database ${name} template ${source} strategy file_copy encoding 'UTF8'`);
  const url = new URL(inject('postgresUrl'));
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => administer(`drop database if exists ${name} with (force)`) };
}

/** Runs one statement as the user that may create databases. */
export async function administer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject('postgresUrl') });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** A folder of its own for a test. It goes with the run, or, when that is killed, with the next one. */
export async function temporaryFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(inject('runFolder'), 'folder-'));
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** A PostgreSQL that is left in such a folder ends by itself when its files are gone. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(folderPrefix)) continue;
    const path = join(tmpdir(), name);
    try {
      // A run that begins just now may not hold its folder yet.
      if (Date.now() - (await stat(path)).mtimeMs < 60_000) continue;
      await (await lockFolder(path)).release();
      await rm(path, { recursive: true, force: true });
    } catch {
      // It belongs to a run that goes on, or to somebody else.
    }
  }
}
