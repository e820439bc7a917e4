import { describe, expect, test } from 'vitest';
import { answerOf, ask, connect, post, type Answer } from './client.js';
import { keys, useWorld, World } from './world.js';

const partner = { authorization: 'Bearer partner' };
const twenty = { query: '{ teams(first: 20) { nodes { name } } }' };

/** Budgets that come back so slowly that a test sees nothing of it. */
const small = { budget: 50, budgetPerSecond: 0.001 };

async function withWorld(use: (world: World) => Promise<void>, limits = small): Promise<void> {
  const world = await new World().open({ limits });
  try {
    await use(world);
  } finally {
    await world.door.close();
  }
}

const costOf = (answer: Answer) => (answer.extensions as { cost: Record<string, unknown> } | undefined)?.cost;
const status = (currentlyAvailable: number) => ({
  maximumAvailable: 50,
  currentlyAvailable,
  restoreRate: small.budgetPerSecond,
});

describe.each(['HTTP', 'socket'] as const)('a budget over %s', (transport) => {
  test('every reply says what it was asked to cost, what it cost and what is left', () =>
    withWorld(async (world) => {
      const answer = await ask(world, transport, twenty, { key: 'partner' });
      // The world has one team, whatever one asks for: what was not needed is given back.
      expect(costOf(answer)).toEqual({ requestedQueryCost: 22, actualQueryCost: 3, throttleStatus: status(47) });
      const next = await ask(world, transport, { query: '{ hello }' }, { key: 'partner' });
      expect(costOf(next)).toEqual({ requestedQueryCost: 1, actualQueryCost: 1, throttleStatus: status(46) });
      expect(next.data).toEqual({ hello: '你好 百花' });
    }));

  test('errors of an execution come with it, too', () =>
    withWorld(async (world) => {
      const answer = await ask(world, transport, { query: '{ hello broken }' }, { key: 'partner' });
      expect(answer).toMatchObject({ data: { broken: null }, errors: [{ path: ['broken'] }] });
      expect(costOf(answer)).toEqual({ requestedQueryCost: 1, actualQueryCost: 1, throttleStatus: status(49) });
    }));

  test('over it: THROTTLED, nothing executed, and when to come back', () =>
    withWorld(async (world) => {
      for (let i = 0; i < 30; i++) await ask(world, transport, { query: '{' }, { key: 'partner' });
      const before = world.resolved;
      const { data, errors } = await ask(world, transport, twenty, { key: 'partner' });
      expect([data, world.resolved]).toEqual([undefined, before]);
      expect(errors?.[0]?.extensions).toEqual({
        code: 'THROTTLED',
        requestId: expect.any(String),
        retryAfterSeconds: expect.any(Number),
        cost: { requestedQueryCost: 22, actualQueryCost: null, throttleStatus: status(20) },
      });
      expect(errors?.[0]?.message).toMatch(/in (1\d\d\d|2000) seconds/);
      expect(errors?.[0]?.message).toContain(`in ${String(errors?.[0]?.extensions.retryAfterSeconds)} seconds`);
      // What is cheap enough goes through still.
      expect((await ask(world, transport, { query: '{ hello }' }, { key: 'partner' })).errors).toBeUndefined();
    }));

  test('what costs more than all of it is never going to pass, and says so', () =>
    withWorld(async (world) => {
      const dear = { query: '{ teams(first: 50) { nodes { name } } }' };
      const { errors } = await ask(world, transport, dear, { key: 'partner' });
      expect(errors?.[0]).toMatchObject({ message: /52 > 50/, extensions: { code: 'DOCUMENT_TOO_LARGE' } });
    }));

  test('what is spent comes back by itself', () =>
    withWorld(
      async (world) => {
        for (let i = 0; i < 4; i++) {
          const { errors } = await ask(world, transport, { query: '{ team { team { name } } }' }, { key: 'partner' });
          expect(errors, `asked ${i} times before`).toBeUndefined();
        }
      },
      // Four of them cost twelve, and nobody asks twice within a millisecond.
      { budget: 3, budgetPerSecond: 3_000 },
    ));

  test.each([undefined, 'wall'])('for %s there is none', (key) =>
    withWorld(
      async (world) => {
        for (let i = 0; i < 5; i++) {
          const answer = await ask(world, transport, twenty, { key });
          expect(answer).toEqual({ data: { teams: { nodes: [{ name: '百花队' }] } } });
        }
      },
      { budget: 1, budgetPerSecond: 0.001 },
    ),
  );
});

describe('over HTTP', () => {
  const world = useWorld({ limits: small });

  test('429 with Retry-After, by either media type; a refused document costs one', async () => {
    for (let left = 49; left >= 20; left--) {
      const answer = await answerOf(await post(world, { query: '{ nothing }' }, partner));
      expect(costOf(answer)).toEqual({ requestedQueryCost: 1, actualQueryCost: 1, throttleStatus: status(left) });
    }
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      const response = await post(world, twenty, { ...partner, accept });
      expect(response.status).toBe(429);
      expect(response.headers.get('retry-after')).toMatch(/^(1\d\d\d|2000)$/);
      const answer = await answerOf(response);
      expect(costOf(answer)).toEqual({ requestedQueryCost: 22, actualQueryCost: null, throttleStatus: status(20) });
    }
  });
});

describe('whose budget it is', () => {
  test("an organisation's keys share one; another has its own", () =>
    withWorld(async (world) => {
      Object.assign(keys, {
        first: { ...keys.partner, keyId: 11, partnerId: 7 },
        second: { ...keys.partner, keyId: 12, partnerId: 7 },
        other: { ...keys.partner, keyId: 13, partnerId: 8 },
      });
      const left = async (key: string) =>
        costOf(await ask(world, 'HTTP', { query: '{ hello }' }, { key }))?.throttleStatus;
      expect([await left('first'), await left('second'), await left('other')]).toEqual([49, 48, 49].map(status));
    }));

  test('a stream costs once, at its start, and carries the figures of no organisation', () =>
    withWorld(async (world) => {
      const client = await (await connect(world)).init(partner);
      client.subscribe('1', 'subscription { ticks }');
      await world.streamCount(1);
      for (const tick of [1, 2]) {
        world.emit(tick);
        expect(await client.next()).toMatchObject({ type: 'next', payload: { data: { ticks: tick } } });
      }
      const answer = await ask(world, 'HTTP', { query: '{ hello }' }, { key: 'partner' });
      expect(costOf(answer)?.throttleStatus).toEqual(status(48));
    }));
});
