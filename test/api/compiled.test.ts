import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkIn, scan, startTestApp, type Asker, type TestApp } from '../support/app.js';

/** Documents that are asked for often are compiled (`server/kernel/http/execution.ts`): nobody can tell. */
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ world: { schools: 2, stations: 2, teams: 2, posts: 2, volunteers: 3 } });
  for (const person of [0, 1, 2]) await checkIn(app, scan(app.world, person, person));
});
afterAll(() => app.close());

/** More often than it takes until a document is compiled. */
const often = 12;

const everything = `query ($event: ID!, $code: String!, $id: ID, $after: String, $deep: Boolean!, $first: Int = 2) {
  __typename
  cultureSchools(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } edges { cursor node { ...Unit
    stations(first: 1) @include(if: $deep) { nodes { ...Unit school { code } } } } } }
  unit: serviceUnit(code: $code) { ...Unit ancestors { __typename code } ... on GridPost { kind team { name } } }
  nothing: serviceUnit(code: "there is none")  { id }
  communityEvent(code: "w-day") { id startsAt cursor tally { people }
    checkIns(first: 2, within: $id) { nodes { id at direction note post { name } volunteer { displayName tier } } } }
}
fragment Unit on ServiceUnit { id level name tally(event: $event) { checkIns people } ... on Node { again: id } }`;

test.each([
  ['with everything', {}, undefined],
  ['without its optional part', { deep: false }, undefined],
  ['with null where nothing need be given', { after: null, id: null }, undefined],
  ['for the public', {}, { as: null }],
  ['in English', {}, { locale: 'en' }],
  ['about an event that is not there', { event: 'bm90aGluZw' }, undefined],
  ['about a unit that is not there', { id: 'bm90aGluZw' }, { locale: 'en' }],
  ['with a page that is too large', { first: 101 }, undefined],
  ['without a variable that it needs', { code: undefined }, undefined],
  ['with a variable of another kind', { code: { no: 'text' }, deep: 'yes' }, undefined],
] as [string, object, Asker | undefined][])('%s, the last answer is as the first', async (_, more, asker) => {
  const { event, posts } = app.world;
  const variables = { event: event.globalId, code: posts[1]!.code, deep: true, ...more };
  const answers: unknown[] = [];
  for (let time = 0; time < often; time++) {
    const answer = await app.ask(everything, variables, asker);
    // Each request has a number of its own.
    answers.push(JSON.parse(JSON.stringify(answer).replace(/"requestId":"[^"]+"/g, '"requestId":""')));
  }
  expect(answers.at(-1)).toEqual(answers[0]);
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
});

test('a document that would be endless when compiled is none the slower', async () => {
  const nested = (depth: number): string => (depth === 0 ? 'id' : `id code ancestors { ${nested(depth - 1)} }`);
  const query = `query ($code: String!) { serviceUnit(code: $code) { ${nested(12)} } }`;
  const variables = { code: app.world.posts[0]!.code };
  const answers = [];
  for (let time = 0; time < often; time++) answers.push(await app.ask(query, variables));
  expect(answers[0]!.data.serviceUnit.ancestors).toHaveLength(3);
  expect(answers.at(-1)).toEqual(answers[0]);
});
