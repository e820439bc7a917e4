import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import {
  buildSchema as parseSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isUnionType,
  type GraphQLSchema,
} from 'graphql';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { describe, expect, test } from 'vitest';
import { buildSchema } from '../../server/schema.js';

const root = join(import.meta.dirname, '../..');
const ours = buildSchema();
const committed = await readFile(join(root, 'schema/schema.graphql'), 'utf8');

/** What a client that relied on `before` would stumble over. */
async function breaks(before: GraphQLSchema, after: GraphQLSchema): Promise<string[]> {
  const changes = await diff(before, after);
  return changes
    .filter((change) => change.criticality.level === CriticalityLevel.Breaking)
    .map((change) => change.message);
}

test('schema/schema.graphql is what the code says; `npm run gen` writes it', () => {
  expect(committed).toBe(`${printSchema(lexicographicSortSchema(ours))}\n`);
});

describe('the contract of the main job', async () => {
  const text = await readFile(join(import.meta.dirname, 'main-job.graphql'), 'utf8');

  test('holds, every name and shape of it', async () => {
    expect(await breaks(parseSchema(text), ours)).toEqual([]);
  });

  test.each([
    ['a field that went', text.replace('  checkIns: Int!\n', '  checkIns: Int!\n  gone: Int!\n')],
    ['a type that changed', text.replace('  people: Int!', '  people: String!')],
    ['an argument that became necessary', committed.replace('tally(event: ID): Tally!', 'tally: Tally!')],
    ['a value that went', text.replace('  KIOSK\n', '  KIOSK\n  PIGEON\n')],
    [
      'a member of a union that went',
      text.replace(
        '| PassRejected\n\ntype CheckInRecorded',
        '| PassRejected | Gone\n\ntype Gone implements Refusal {\n  message: String!\n}\n\ntype CheckInRecorded',
      ),
    ],
  ])('would be broken by %s', async (_what, other) => {
    const before = parseSchema(other);
    const after = other.includes('"""')
      ? parseSchema(committed.replaceAll('tally(event: ID)', 'tally(event: ID!)'))
      : ours;
    expect(await breaks(before, after)).not.toEqual([]);
  });
});

describe('descriptions', () => {
  const types = Object.values(ours.getTypeMap()).filter((type) => !type.name.startsWith('__'));
  const named = types.filter(
    (type) =>
      isInterfaceType(type) ||
      isEnumType(type) ||
      isInputObjectType(type) ||
      (isObjectType(type) && !/(Edge|Query|Mutation|Subscription)$/.test(type.name)),
  );

  test.each(named.map((type) => [type.name, type] as const))('%s says what it is', (_name, type) => {
    expect(type.description?.length).toBeGreaterThan(3);
  });

  const operations = [ours.getQueryType()!, ours.getMutationType()!, ours.getSubscriptionType()!].flatMap((type) =>
    Object.values(type.getFields()).map((field) => [`${type.name}.${field.name}`, field] as const),
  );
  test.each(operations)('%s says what it does', (_name, field) => {
    expect(field.description?.length).toBeGreaterThan(3);
  });

  test('every union is of described types', () => {
    for (const type of types.filter(isUnionType)) {
      expect(type.getTypes().filter((member) => !member.description)).toEqual([]);
    }
  });
});
