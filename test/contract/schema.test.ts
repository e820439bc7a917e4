import { readFileSync } from 'node:fs';
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import {
  buildSchema as buildFromText,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isSpecifiedScalarType,
  isUnionType,
  lexicographicSortSchema,
  printSchema,
  type GraphQLSchema,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { buildPartnerSchema, buildSchema } from '../../server/schema.js';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const schema = buildSchema();
const printed = read('../../schema/schema.graphql');

test('the printed schema is what the code says: run `npm run gen` when it is not', () => {
  expect(printed).toBe(`${printSchema(lexicographicSortSchema(schema))}\n`);
});

test('so is what is printed for partners', () => {
  const forPartners = `${printSchema(lexicographicSortSchema(buildPartnerSchema(schema)))}\n`;
  expect(read('../../schema/partner.graphql')).toBe(forPartners);
  expect(forPartners).not.toMatch(/^(type|input|enum|scalar) (Volunteer(?!Team)|CheckIn|Mutation|Cursor)/m);
});

describe('what clients rely on', () => {
  const contract = read('./main-job.graphql');

  /** What would break a client that was written for `before`. */
  async function breaks(before: string, after: string): Promise<string[]> {
    const changes = await diff(buildFromText(before), buildFromText(after));
    return changes.filter((it) => it.criticality.level === CriticalityLevel.Breaking).map((it) => it.message);
  }

  test('is all there, in the shapes that were promised', async () => {
    expect(await breaks(contract, printed)).toEqual([]);
  });

  test.each<[string, string, string]>([
    ['a field is gone', '  theme: String\n', ''],
    ['a field of a tally is gone', '  onSite: Int!\n', ''],
    ['a field that was always there may be null', '  sequence: Int!', '  sequence: Int'],
    ['a field is of another type', '  sequence: Int!', '  sequence: String!'],
    ['an argument is gone', 'within: ID, after: Cursor', 'after: Cursor'],
    ['an argument that could be left out is required', 'tally(event: ID)', 'tally(event: ID!)'],
    ['an input that could be left out is required', '  postCode: String\n', '  postCode: String!\n'],
    ['an answer is gone from a union', ' | PassRejected\n', '\n'],
    ['a value is gone from an enum', '  KIOSK\n', ''],
    ['a type is no longer what it was', 'implements ServiceUnit & Node', 'implements Node'],
    ['a query is gone', '  viewer: Viewer!\n', ''],
    ['a subscription is gone', '  scoreboard(event: ID!, unit: ID): Scoreboard!\n', '  other: Int\n'],
  ])('the comparison notices when %s', async (_, now, then) => {
    expect(contract).toContain(now);
    expect(await breaks(contract, contract.replace(now, then))).not.toEqual([]);
  });

  test('the comparison takes what is added', async () => {
    const more = contract
      .replace('  viewer: Viewer!\n', '  viewer: Viewer!\n  more(of: Int): Int\n')
      .replace('  "At most 200 characters."\n', '  photo: String\n  "At most 200 characters."\n');
    expect(await breaks(contract, more)).toEqual([]);
  });
});

describe('everything is described', () => {
  /** Says itself: a description could only repeat it. */
  const obvious = /\.(name|title|edges|node|pageInfo)$/;
  const roots = ['Query', 'Mutation', 'Subscription'];

  function undescribed(it: GraphQLSchema): string[] {
    const found: string[] = [];
    const look = (name: string, { description }: { description?: string | null }) => {
      if (!description?.trim() && !obvious.test(name)) found.push(name);
    };
    for (const type of Object.values(it.getTypeMap())) {
      if (type.name.startsWith('__') || isSpecifiedScalarType(type)) continue;
      if (!roots.includes(type.name)) look(type.name, type);
      if (isObjectType(type) || isInterfaceType(type)) {
        for (const field of Object.values(type.getFields())) {
          look(`${type.name}.${field.name}`, field);
          for (const argument of field.args) look(`${type.name}.${field.name}(${argument.name})`, argument);
        }
      } else if (isInputObjectType(type)) {
        for (const field of Object.values(type.getFields())) look(`${type.name}.${field.name}`, field);
      } else if (isEnumType(type)) {
        for (const value of type.getValues()) look(`${type.name}.${value.name}`, value);
      } else if (isUnionType(type)) {
        for (const member of type.getTypes()) look(`${type.name} | ${member.name}`, member);
      }
    }
    return found;
  }

  test('every type, field, argument, input and value', () => {
    expect(undescribed(schema)).toEqual([]);
  });

  test('the look finds each kind of what is not', () => {
    const bare = buildFromText(`type Query { a(b: Int): I u: U } interface I { c(d: E): Int } enum E { F }
      input G { h: Int } type O implements I { c(d: E, g: G): Int } union U = O scalar S`);
    expect(undescribed(bare).sort()).toEqual(
      [
        ...['Query.a', 'Query.a(b)', 'Query.u', 'I', 'I.c', 'I.c(d)', 'E', 'E.F', 'G', 'G.h'],
        ...['O', 'O.c', 'O.c(d)', 'O.c(g)', 'U', 'U | O', 'S'],
      ].sort(),
    );
  });
});
