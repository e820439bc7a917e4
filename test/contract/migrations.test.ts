import { fileURLToPath } from 'node:url';
import { MikroORM } from '@mikro-orm/postgresql';
import { expect, test } from 'vitest';
import { entities } from '../../server/features.js';
import { ormOptions } from '../../server/kernel/database/database.js';
import { createTestDatabase } from '../support/postgres.js';

test('the migrations make exactly what the entities say; `npm run gen` writes what is missing', async () => {
  const database = await createTestDatabase();
  const folder = fileURLToPath(new URL('../../server/migrations', import.meta.url));
  const orm = await MikroORM.init(ormOptions(database.url, entities, folder));
  try {
    expect((await orm.migrator.up()).length).toBeGreaterThan(0);
    expect(await orm.schema.getUpdateSchemaSQL()).toBe('');
    // Would a difference be seen?
    await orm.em.fork().execute('alter table service_unit drop constraint service_unit_root_check');
    expect(await orm.schema.getUpdateSchemaSQL()).toContain('service_unit_root_check');
  } finally {
    await orm.close();
    await database.drop();
  }
});
