import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type KeyName, type TestApp } from '../support/app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const query = '{ cultureSchools(first: 10) { nodes { code } } rateLimit { limit cost remaining resetAt } }';

test('a partner asks for its budget beside whatever else it asks for', async () => {
  const before = Date.now();
  const { data, extensions } = await app.ask(query, {}, { as: 'partner' });
  // The answer, a page, ten schools and the limit itself: all set aside by then, and coming back already.
  expect(data!.rateLimit).toMatchObject({ limit: 20_000, cost: 13 });
  expect(data!.rateLimit.remaining).toBeGreaterThanOrEqual(20_000 - 13);
  expect(data!.rateLimit.remaining).toBeLessThanOrEqual(20_000);
  const resetAt = Date.parse(data!.rateLimit.resetAt);
  expect(resetAt).toBeGreaterThanOrEqual(before);
  expect(resetAt).toBeLessThan(Date.now() + 14);
  expect(extensions).toEqual({
    cost: {
      requestedQueryCost: 13,
      actualQueryCost: 1 + 1 + app.world.schools.length + 1,
      throttleStatus: { maximumAvailable: 20_000, currentlyAvailable: expect.any(Number), restoreRate: 1_000 },
    },
  });
});

test.each<KeyName | null>([null, 'wall', 'leader', 'coordinator', 'admin'])(
  '%s has none, and hears of none',
  async (as) => {
    const { data, extensions } = await app.ask(query, {}, { as });
    expect([data!.rateLimit, extensions]).toEqual([null, undefined]);
  },
);
