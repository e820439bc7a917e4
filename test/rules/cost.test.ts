import { buildSchema, execute, Kind, parse, type OperationDefinitionNode } from 'graphql';
import { expect, test } from 'vitest';
import { costOf, objectsIn } from '../../server/kernel/http/cost.js';
import { fragmentsOf } from '../../server/kernel/http/measure.js';

const schema = buildSchema(`
  type Query { name: String unit: Unit units(first: Int!): Units any: Any node: Node list: [Unit!]! }
  interface Node { id: ID }
  type Unit implements Node { id: ID name: String unit: Unit units(first: Int!): Units ancestors: [Unit!]! }
  type Units { nodes: [Unit!]! edges: [Edge!]! pageInfo: PageInfo! totalCount: Int }
  type Edge { node: Unit cursor: String }
  type PageInfo { endCursor: String }
  type Other { id: ID }
  union Any = Unit | Other
`);

function cost(text: string, variables?: Record<string, unknown>): number {
  const document = parse(text);
  const operation = document.definitions.find(
    (it): it is OperationDefinitionNode => it.kind === Kind.OPERATION_DEFINITION,
  );
  return costOf(schema, operation!, fragmentsOf(document))(variables);
}

test.each<[string, string, number, Record<string, unknown>?]>([
  ['an answer is an object', '{ name }', 1],
  ['names are free, aliases are not', '{ a: unit { id name } b: unit { id } }', 3],
  ['objects in objects', '{ unit { unit { unit { id } } } }', 4],
  ['a page: itself and its nodes', '{ units(first: 20) { nodes { id } } }', 22],
  ['edges are objects, too', '{ units(first: 20) { edges { cursor node { id } } pageInfo { endCursor } } }', 43],
  ['how many there are is free', '{ units(first: 20) { totalCount } }', 2],
  [
    'pages in pages multiply',
    '{ units(first: 20) { nodes { units(first: 10) { nodes { unit { id } } } } } }',
    2 + 20 * 22,
  ],
  ['by variables', 'query($n: Int!) { units(first: $n) { nodes { id } } }', 52, { n: 50 }],
  ['by their defaults', 'query($n: Int! = 30) { units(first: $n) { nodes { id } } }', 32],
  ['lists without a size are short', '{ unit { ancestors { id } } list { id } }', 1 + 1 + 10 + 10],
  ['fragments count where they are spread', '{ unit { ...F } x: unit { ...F } } fragment F on Unit { unit { id } }', 5],
  ['a fragment in a page', '{ units(first: 5) { ...P } } fragment P on Units { nodes { unit { id } } }', 2 + 5 * 2],
  [
    'of alternatives all',
    '{ any { ... on Unit { unit { id } } ... on Other { id } } node { id ... on Unit { unit { id } } } }',
    5,
  ],
  [
    'the schema itself',
    '{ __schema { types { fields { args { name } } } } __type(name: "Unit") { name } __typename }',
    201,
  ],
])('%s', (_, text, expected, variables) => {
  expect(cost(text, variables)).toBe(expected);
});

test('what was asked for is never less than what the answer came to', async () => {
  const unit = { id: '1', name: 'x', unit: {}, ancestors: [{}, {}], units: () => pageOf(2) };
  const pageOf = (size: number): object => ({
    nodes: Array.from({ length: size }, () => unit),
    edges: Array.from({ length: size }, () => ({ node: unit })),
    pageInfo: {},
  });
  const text =
    '{ unit { ancestors { id } } units(first: 3) { pageInfo { endCursor } edges { node { id } } nodes { units(first: 2) { nodes { id } } } } }';
  const { data, errors } = await execute({ schema, document: parse(text), rootValue: { unit, units: pageOf(3) } });
  expect(errors).toBeUndefined();
  expect(objectsIn(data)).toBe(1 + 1 + 2 + 1 + 1 + 3 * 2 + 3 * (1 + 1 + 2));
  expect(cost(text)).toBeGreaterThanOrEqual(objectsIn(data));
});
