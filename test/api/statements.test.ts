import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { addBrands } from '../../seeds/builders.js';
import { checkIn, scan, startTestApp, type TestApp } from '../support/app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ world: { schools: 50, stations: 2, teams: 2, posts: 2, volunteers: 1 } });
  await addBrands(
    app.sql,
    app.world.stations.map(({ code }) => ({ stationCode: code, name: code, description: '', since: new Date() })),
  );
  await Promise.all(Array.from({ length: 60 }, (_, i) => checkIn(app, scan(app.world, i, i, { note: `记 ${i}` }))));
});
afterAll(() => app.close());

/** How many statements the database gets while an operation is answered: nobody else uses it meanwhile. */
async function statementsOf(document: string, variables: object): Promise<{ count: number; data: unknown }> {
  const spy = vi.spyOn(pg.Client.prototype, 'query');
  onTestFinished(() => spy.mockRestore());
  const { data, errors } = await app.ask(document, { event: app.world.event.globalId, ...variables });
  // What the bookkeeper asks meanwhile is nobody's operation; it works in transactions, and queries do not.
  const count = spy.mock.calls.filter(([query]) => {
    const { name, text } = query as unknown as { name?: string; text?: string };
    return (
      !/^(book-|assignment-due)/.test(name ?? '') && !/^(begin|commit|select pg_notify)/.test(text ?? String(query))
    );
  }).length;
  spy.mockRestore();
  expect(errors).toBeUndefined();
  return { count, data };
}

const lists: [name: string, document: string, most: number, rows: string][] = [
  [
    'the hierarchy, nested three deep, with everything that each level offers',
    `query ($first: Int!, $event: ID!) { cultureSchools(first: $first) { totalCount nodes { ...unit
      stations(first: 5) { totalCount nodes { ...unit brand { name } school { code }
        teams(first: 5) { totalCount nodes { ...unit station { school { code } }
          posts(first: 2) { totalCount nodes { ...unit kind team { code } } } } } } } } } }
    fragment unit on ServiceUnit {
      id code name level ancestors { code } tally(event: $event) { people onSite } ever: tally { people minutes } }`,
    // One for each of: schools, stations, teams, posts; four counts; brands; paths; units above; tallies of four levels.
    26,
    'cultureSchools.nodes',
  ],
  [
    'the register with the way up from each person',
    `query ($first: Int!, $event: ID!) { volunteers(first: $first) { totalCount nodes {
      number displayName pass(event: $event) personalData { phone idNumber } team { code station { code school { code tally(event: $event) { people } } } } } } }`,
    9,
    'volunteers.nodes',
  ],
  [
    'stays with people, posts and what they came from',
    `query ($first: Int!, $event: ID!) { attendances(first: $first, event: $event) { totalCount nodes { id state minutes
      volunteer { displayName } person { number } post { code team { code } } event { code } checkIn { sequence }
      checkOut { sequence } enteredBy signedBy changes { by reason } } } }`,
    10,
    'attendances.nodes',
  ],
  [
    'the stream with people, posts and their units',
    `query ($first: Int!, $event: ID!) { node(id: $event) { ... on CommunityEvent { tally { people } cursor
      checkIns(first: $first) { totalCount nodes { id sequence note volunteer { displayName tier }
        event { code } post { code kind ancestors { code } team { station { brand { name } school { code } } } } } } } } }`,
    12,
    'node.checkIns.nodes',
  ],
];

test.each(lists)('%s: no more statements for fifty than for two', async (_, document, most, rows) => {
  await app.ask(document, { first: 1, event: app.world.event.globalId });
  const two = await statementsOf(document, { first: 2 });
  const fifty = await statementsOf(document, { first: 50 });
  expect(two.data).toHaveProperty(rows, expect.objectContaining({ length: 2 }));
  expect(fifty.data).toHaveProperty(rows, expect.objectContaining({ length: 50 }));
  // Two ways to the same unit may meet in one statement or miss each other: the number of rows has no part in it.
  for (const { count } of [two, fifty]) {
    expect(count).toBeGreaterThan(most / 2);
    expect(count).toBeLessThanOrEqual(most);
  }
});

test('a list that nobody asks the length of is not counted', async () => {
  const document = (more: string) =>
    `query ($first: Int!) { cultureSchools(first: $first) { ${more} nodes { code } } }`;
  const plain = await statementsOf(document(''), { first: 5 });
  const counted = await statementsOf(document('totalCount'), { first: 5 });
  expect([plain.count, counted.count]).toEqual([1, 2]);
});

test('the same unit twice, and what is above it, cost one statement', async () => {
  const document = `query ($id: ID!) { a: node(id: $id) { id } b: node(id: $id) { ... on GridPost { code team { id } } } }`;
  const { count } = await statementsOf(document, { id: app.world.posts[0]!.globalId });
  expect(count).toBe(1);
});
