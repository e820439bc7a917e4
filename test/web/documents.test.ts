import { readFile, glob } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSchema, Kind, parse, print, validate, type DocumentNode } from 'graphql';
import { expect, test } from 'vitest';

test('every document of the pages keeps to the contract', async () => {
  const schema = buildSchema(await readFile('schema/schema.graphql', 'utf8'));
  const checked: string[] = [];
  for await (const file of glob('web/src/**/*.graphql.ts')) {
    const exported = (await import(pathToFileURL(join(process.cwd(), file)).href)) as Record<string, DocumentNode>;
    for (const [name, document] of Object.entries(exported)) {
      const parsed = parse(print(document));
      if (!parsed.definitions.some(({ kind }) => kind === Kind.OPERATION_DEFINITION)) continue;
      expect(validate(schema, parsed), `${name} in ${file}`).toEqual([]);
      checked.push(name);
    }
  }
  expect(checked.toSorted()).toEqual(
    expect.arrayContaining(['checkIn', 'checkOut', 'followCheckIns', 'latestEvents', 'post', 'wallEvent', 'wallUnits']),
  );
});
