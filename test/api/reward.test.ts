import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expireRedemptions } from '../../server/reward/reward.service.js';
import type { Database } from '../../server/kernel/database/database.js';
import { startTestApp, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser-session.js';
import { applicationDatabase, bookContext, findings, giveMinutes, volunteerOf } from '../support/ledger.js';

let app: TestApp;
let db: Database;
let rich: Browser;
let poor: Browser;

beforeAll(async () => {
  app = await startTestApp({ world: { schools: 1, stations: 1, teams: 1, posts: 1, volunteers: 8 } });
  db = await applicationDatabase(app);
  await giveMinutes(app, db, { 0: 60_000, 1: 60, 2: 6_000, 3: 6_000, 4: 6_000, 5: 6_000, 6: 6_000 });
  rich = await volunteerOf(app, 0);
  poor = await volunteerOf(app, 1);
});
afterAll(() => app.close());

async function addReward(more: object = {}): Promise<string> {
  const { data } = await app.ask(
    'mutation ($input: AddRewardInput!) { addReward(input: $input) { id stock } }',
    { input: { name: '洗衣液', minutes: 100, stock: 3, station: app.world.stations[0]!.globalId, ...more } },
    { as: 'coordinator' },
  );
  return data!.addReward.id;
}
const redeem = async (person: Browser, reward: string, key: string = randomUUID()) => {
  const { data, errors } = await person.ask(
    `mutation ($input: RedeemInput!) { redeemReward(input: $input) { __typename ... on Refusal { message }
       ... on RewardRedeemed { replayed redemption { id code state minutes reward { stock } } } } }`,
    { input: { key, reward } },
  );
  return data?.redeemReward ?? { __typename: errors![0]!.extensions.code };
};
const cancel = async (person: Browser, redemption: string) =>
  (
    await person.ask(
      `mutation ($id: ID!) { cancelRedemption(redemption: $id) { __typename ... on RedemptionCancelled { redemption { state code } } } }`,
      { id: redemption },
    )
  ).data?.cancelRedemption;
const balance = async (person: Browser): Promise<number> =>
  (await person.ask('{ viewer { volunteer { timeAccount { balance } } } }')).data!.viewer.volunteer.timeAccount.balance;
const stockOf = async (reward: string): Promise<number> =>
  (await rich.ask('query ($id: ID!) { node(id: $id) { ... on Reward { stock } } }', { id: reward })).data!.node.stock;

test('a reward is paid, reserved, and handed out for its code', async () => {
  const reward = await addReward();
  const before = await balance(rich);
  const redeemed = await redeem(rich, reward);
  expect(redeemed).toMatchObject({
    __typename: 'RewardRedeemed',
    redemption: { state: 'RESERVED', minutes: 100, reward: { stock: 2 } },
  });
  expect(await balance(rich)).toBe(before - 100);
  const { id, code } = redeemed.redemption;
  const handOut = async () =>
    (
      await app.ask(
        `mutation ($code: String!) { handOutReward(code: $code) { __typename ... on RewardHandedOut { redemption { state code } } } }`,
        { code: `${code.slice(0, 4).toLowerCase()}-${code.slice(4)}` },
      )
    ).data!.handOutReward;
  expect(await handOut()).toEqual({ __typename: 'RewardHandedOut', redemption: { state: 'PICKED_UP', code: null } });
  expect((await handOut()).__typename).toBe('RedemptionOver');
  expect((await cancel(rich, id)).__typename).toBe('RedemptionOver');
});

test('the same key is one redemption, and no other', async () => {
  const [reward, other] = [await addReward(), await addReward()];
  const key = randomUUID();
  const before = await balance(rich);
  const answers = await Promise.all(Array.from({ length: 8 }, () => redeem(rich, reward, key)));
  expect(new Set(answers.map((it) => it.redemption.id)).size).toBe(1);
  expect(answers.filter((it) => !it.replayed).length).toBe(1);
  expect([await balance(rich), await stockOf(reward)]).toEqual([before - 100, 2]);
  expect((await redeem(rich, other, key)).__typename).toBe('IDEMPOTENCY_MISMATCH');
  expect(await stockOf(other)).toBe(3);
});

test('rewards are for those of the first tier', async () => {
  const answer = await redeem(poor, await addReward({ minutes: 1 }));
  expect(answer).toMatchObject({ __typename: 'TierNeeded', message: expect.stringContaining('99 小时') });
});

test('what is given back comes back once', async () => {
  const reward = await addReward();
  const before = await balance(rich);
  const { redemption } = await redeem(rich, reward);
  const answers = await Promise.all(Array.from({ length: 10 }, () => cancel(rich, redemption.id)));
  expect(answers.filter((it) => it.__typename === 'RedemptionCancelled').length).toBe(1);
  expect([await balance(rich), await stockOf(reward)]).toEqual([before, 3]);
  expect(await cancel(poor, redemption.id)).toBeUndefined();
});

test('what nobody comes for comes back once, too', async () => {
  const reward = await addReward();
  const absent = await volunteerOf(app, 6);
  await redeem(absent, reward);
  expect(await balance(absent)).toBe(5_900);
  const later = { ...bookContext(db), clock: () => new Date(Date.now() + 15 * 24 * 3_600_000) };
  const counts = await Promise.all([expireRedemptions(later), expireRedemptions(later)]);
  expect(counts.reduce((a, b) => a + b)).toBeGreaterThan(0);
  expect([await balance(absent), await stockOf(reward)]).toEqual([6_000, 3]);
});

test('stock is counted by coordinators, never below none', async () => {
  const reward = await addReward();
  const count = async (by: number) => {
    const { data, errors } = await app.ask(
      'mutation ($id: ID!, $by: Int!) { changeRewardStock(reward: $id, by: $by) { stock } }',
      { id: reward, by },
      { as: 'coordinator' },
    );
    return data?.changeRewardStock.stock ?? errors![0]!.extensions.code;
  };
  expect([await count(2), await count(-5), await count(-1)]).toEqual([5, 0, 'BAD_USER_INPUT']);
  expect((await redeem(rich, reward)).__typename).toBe('OutOfStock');
  await app.ask(
    'mutation ($id: ID!) { withdrawReward(reward: $id) { withdrawnAt } }',
    { id: reward },
    { as: 'coordinator' },
  );
  const { data } = await rich.ask('{ rewards(first: 100) { nodes { id } } }');
  expect(data!.rewards.nodes.map((it: { id: string }) => it.id)).not.toContain(reward);
});

describe('at once', () => {
  test('fifty want the last one: one gets it, in each of 20 rounds', async () => {
    const wanting = [rich, ...(await Promise.all([2, 3, 4, 5].map((place) => volunteerOf(app, place))))];
    for (let round = 0; round < 20; round++) {
      const reward = await addReward({ minutes: 10, stock: 1 });
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, i) => redeem(wanting[i % wanting.length]!, reward)),
      );
      const names = answers.map((it) => it.__typename).sort();
      expect(names).toEqual([...Array<string>(49).fill('OutOfStock'), 'RewardRedeemed']);
      expect(await stockOf(reward)).toBe(0);
    }
    expect(await findings(db)).toEqual([]);
  });

  test('a full balance is spent a hundred times: it is spent once', async () => {
    const all = await balance(rich);
    const spend = () =>
      rich.ask(
        'mutation ($input: DonateTimeInput!) { donateTime(input: $input) { __typename ... on NotEnoughTime { available } } }',
        {
          input: { key: randomUUID(), minutes: all },
        },
      );
    const answers = await Promise.all(Array.from({ length: 100 }, spend));
    expect(answers.filter((it) => it.data!.donateTime.__typename === 'TimeMoved').length).toBe(1);
    expect(answers.filter((it) => it.data!.donateTime.available === 0).length).toBe(99);
    expect(await balance(rich)).toBe(0);
    expect(await findings(db)).toEqual([]);
  });
});
