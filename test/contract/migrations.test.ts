import { fileURLToPath } from 'node:url';
import { MikroORM } from '@mikro-orm/postgresql';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { entities } from '../../server/features.js';
import { ormOptions } from '../../server/kernel/database/database.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';

let database: TestDatabase;
let orm: MikroORM;
beforeEach(async () => {
  database = await createTestDatabase();
  const migrations = fileURLToPath(new URL('../../server/migrations', import.meta.url));
  orm = await MikroORM.init(ormOptions(database.url, entities, migrations));
});
afterEach(async () => {
  await orm.close();
  await database.drop();
});

const difference = async () => (await orm.schema.getUpdateSchemaSQL()).trim();

test('an empty database that was migrated is what the entities say', async () => {
  expect(await difference()).toContain('create table "check_in"');
  const applied = await orm.migrator.up();
  expect(applied.length).toBeGreaterThan(0);
  expect(await difference()).toBe('');
  expect(await orm.migrator.checkSchema()).toBe(false);
});

test('a second time there is nothing to do', async () => {
  await orm.migrator.up();
  expect(await orm.migrator.up()).toEqual([]);
});

test.each([
  ['a column is missing', 'alter table volunteer drop column tier'],
  ['a column is of another type', 'alter table volunteer alter column number type varchar(20)'],
  ['a column may be null', 'alter table volunteer alter column name drop not null'],
  ['a constraint is missing', 'alter table service_unit drop constraint service_unit_kind_check'],
  ['a foreign key is missing', 'alter table volunteer drop constraint volunteer_team_id_team_level_foreign'],
  ['an index is missing', 'drop index brand_one_current_per_station'],
  ['a table is missing', 'drop table presence'],
])('the look notices when %s', async (_, change) => {
  await orm.migrator.up();
  await orm.em.getConnection().execute(change);
  expect(await difference()).not.toBe('');
});
