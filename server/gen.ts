import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MikroORM } from '@mikro-orm/postgresql';
import { lexicographicSortSchema, printSchema } from 'graphql';
import pino from 'pino';
import { entities } from './features.js';
import { ormOptions } from './kernel/database/database.js';
import { startEmbeddedPostgres } from './kernel/database/embedded.js';
import { buildPartnerSchema, buildSchema } from './schema.js';

/** `npm run gen`: writes what follows from the code, the printed schemas and a migration to the present entities. */
const schema = buildSchema();
await writeFile('schema/schema.graphql', `${printSchema(lexicographicSortSchema(schema))}\n`);
await writeFile('schema/partner.graphql', `${printSchema(lexicographicSortSchema(buildPartnerSchema(schema)))}\n`);

const dataDir = await mkdtemp(join(tmpdir(), 'baihua-gen-'));
const postgres = await startEmbeddedPostgres({ dataDir, log: pino({ level: 'warn' }) });
try {
  const migrations = fileURLToPath(new URL('./migrations', import.meta.url));
  const orm = await MikroORM.init(ormOptions(postgres.url, entities, migrations));
  await orm.migrator.up();
  const { fileName, diff } = await orm.migrator.create();
  console.log(diff.up.length > 0 ? `A new migration: server/migrations/${fileName}` : 'The migrations are up to date.');
  await orm.close();
} finally {
  await postgres.stop();
  await rm(dataDir, { recursive: true, force: true });
}
