import { afterAll, beforeAll, expect, test } from 'vitest';
import fc from 'fast-check';
import { addEvent } from '../../seeds/builders.js';
import { addArrivals } from '../../server/wall/arrivals.rules.js';
import { checkIn, checkOut, scan, startTestApp, type TestApp } from '../support/app.js';

const quarterMs = 15 * 60_000;
const hourMs = 4 * quarterMs;
const start = new Date('2026-06-16T01:00:00Z');
let now = new Date(start.getTime() + hourMs);
let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ clock: () => now, world: { stations: 2, teams: 2, volunteers: 3, now } });
});
afterAll(() => app.close());

const arrivals = async (code: string) => {
  const { data, errors } = await app.ask(
    `query ($code: String!) { communityEvent(code: $code) {
      tally { people } arrivals { from people } previousEdition { code } } }`,
    { code },
  );
  expect(errors).toBeUndefined();
  return data!.communityEvent;
};

test('arrivals tell when each person came first, however often they come, also when read again and again', async () => {
  expect((await arrivals('w-day')).arrivals).toEqual([]);
  await checkIn(app, scan(app.world, 0, 0));
  await checkIn(app, scan(app.world, 1, 0));
  expect((await arrivals('w-day')).arrivals).toEqual([{ from: now.toISOString(), people: 2 }]);
  now = new Date(now.getTime() + quarterMs);
  // One who moves, one who leaves and comes back, one who is new.
  await checkIn(app, scan(app.world, 0, 1));
  await checkOut(app, scan(app.world, 1, null));
  await checkIn(app, scan(app.world, 1, 1));
  await checkIn(app, scan(app.world, 2, 1));
  const { tally, arrivals: after } = await arrivals('w-day');
  expect(after).toEqual([
    { from: new Date(now.getTime() - quarterMs).toISOString(), people: 2 },
    { from: now.toISOString(), people: 1 },
  ]);
  expect(tally.people).toBe(3);
});

test('the edition before is the latest event with the number before', async () => {
  const edition = (code: string, number: number, daysAgo: number) => {
    const startsAt = new Date(start.getTime() - daysAgo * 24 * hourMs);
    const endsAt = new Date(startsAt.getTime() + hourMs);
    return addEvent(app.sql, { code, title: code, edition: number, startsAt, endsAt });
  };
  await edition('day-1', 1, 800);
  await edition('day-2', 2, 400);
  await edition('day-2-again', 2, 390);
  await edition('day-3', 3, 30);
  expect((await arrivals('day-3')).previousEdition).toEqual({ code: 'day-2-again' });
  expect((await arrivals('day-1')).previousEdition).toBeNull();
  expect((await arrivals('w-day')).previousEdition).toBeNull();
});

test('a station knows how many volunteers are registered with it, those erased left out', async () => {
  const registered = async () => {
    const { data } = await app.ask(
      `{ cultureSchools(first: 1) { nodes { stations(first: 9) { nodes { code registered } } } } }`,
    );
    return data!.cultureSchools.nodes[0].stations.nodes;
  };
  const [first, second] = app.world.stations.map(({ code }) => code);
  expect(await registered()).toEqual([
    { code: first, registered: 6 },
    { code: second, registered: 6 },
  ]);
  const { data } = await app.ask(
    `mutation ($v: ID!, $r: String!) { eraseVolunteer(volunteer: $v, reason: $r) { __typename } }`,
    { v: app.world.volunteers[11]!.globalId, r: 'asked for it in writing' },
    { as: 'admin' },
  );
  expect(data!.eraseVolunteer.__typename).toBe('VolunteerErased');
  expect(await registered()).toEqual([
    { code: first, registered: 6 },
    { code: second, registered: 5 },
  ]);
  const partners = await app.ask(
    `{ cultureSchools(first: 1) { nodes { stations(first: 1) { nodes { registered } } } } }`,
    {},
    { as: 'partner' },
  );
  expect(partners.errors![0]!.extensions!.code).toBe('GRAPHQL_VALIDATION_FAILED');
});

test('whatever is added in whatever portions, the sum stays and nothing before is changed', () => {
  const news = fc.array(fc.tuple(fc.integer({ min: -50, max: 200 }), fc.integer({ min: 1, max: 9 })));
  fc.assert(
    fc.property(news, news, (a, b) => {
      const first = new Map(addArrivals(new Map(), a, 100));
      const kept = [...first];
      const whole = addArrivals(first, b, 100);
      const sum = (pairs: readonly (readonly [number, number])[]) => pairs.reduce((all, [, people]) => all + people, 0);
      expect(sum(whole)).toBe(sum([...a, ...b]));
      expect(whole).toEqual(addArrivals(new Map(), [...a, ...b], 100));
      expect([...first]).toEqual(kept);
      expect(whole.every(([place]) => place >= 0 && place <= 100)).toBe(true);
    }),
  );
});
