import { serverAudits } from 'graphql-http';
import { describe, expect, test } from 'vitest';
import { useWorld } from './world.js';

describe('GraphQL over HTTP, for an identity that may introspect', () => {
  const world = useWorld();
  const audits = serverAudits({
    url: () => world.url,
    fetchFn: (url: string, init: RequestInit = {}) =>
      fetch(url, { ...init, headers: { ...init.headers, authorization: 'Bearer partner' } }),
  });

  test('there are 61 audits', () => expect(audits).toHaveLength(61));

  test.each(audits)('$id $name', async ({ fn }) => {
    expect(await fn()).toMatchObject({ status: 'ok' });
  });
});
