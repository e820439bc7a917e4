import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openAccounts } from '../../server/ledger/accounts.js';
import { book } from '../../server/ledger/book.js';
import { TransferKind } from '../../server/ledger/ledger.entity.js';
import { withLedger } from '../../server/ledger/ledger.service.js';
import { TimeAccountKind } from '../../server/ledger/time-account.entity.js';
import type { Database } from '../../server/kernel/database/database.js';
import { createRandom } from '../../seeds/random.js';
import { startTestApp, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser-session.js';
import { applicationDatabase, bookContext, findings, giveMinutes, volunteerOf } from '../support/ledger.js';

const clients = 64;
const persons = 8;
const forMs = Number(process.env.LEDGER_MODEL_MS ?? 5_000);

let app: TestApp;
let db: Database;
let people: Browser[];

beforeAll(async () => {
  app = await startTestApp({ world: { schools: 1, stations: 2, teams: 1, posts: 1, volunteers: persons / 2 } });
  db = await applicationDatabase(app);
  await giveMinutes(app, db, Object.fromEntries(Array.from({ length: persons }, (_, i) => [i, 6_000])));
  people = await Promise.all(Array.from({ length: persons }, (_, i) => volunteerOf(app, i)));
});
afterAll(() => app.close());

/** What one act was, for the model: what it moves once it has been acknowledged. */
interface Act {
  key: string;
  person: number;
  /** To the person's balance. */
  change: number;
}

test(`${clients} clients earn, spend, redeem, give back and reverse at random, again and again, and lose replies`, async () => {
  const reward = (
    await app.ask(
      'mutation ($input: AddRewardInput!) { addReward(input: $input) { id } }',
      {
        input: { name: '毛巾', minutes: 7, stock: 5_000 },
      },
      { as: 'admin' },
    )
  ).data!.addReward.id as string;
  const acknowledged = new Map<string, Act>();
  const attempted = new Set<string>();
  let lost = 0;
  const until = Date.now() + forMs;

  /** Sends, may lose the reply, and then sends the same again until there is an answer. */
  async function send(person: Browser, query: string, variables: object, mayLose: boolean) {
    for (;;) {
      const answer = person.ask(query, variables as Record<string, unknown>);
      if (mayLose) {
        mayLose = false;
        lost++;
        // Nobody looks at what comes of it.
        void answer.catch(() => undefined);
        await delay(2);
        continue;
      }
      const { data, errors } = await answer;
      // A machine that is busy with other things says so: then, too, the same is sent again.
      if (errors?.[0]?.extensions.code === 'SERVICE_UNAVAILABLE') continue;
      if (data) return Object.values(data)[0] as Record<string, never> & { __typename: string };
      throw new Error(JSON.stringify(errors));
    }
  }

  const administer = (query: string, variables: object) =>
    app.ask(query, variables as Record<string, unknown>, { as: 'admin' });

  async function client(seed: number): Promise<void> {
    const random = createRandom(seed);
    while (Date.now() < until) {
      const place = random.int(0, persons - 1);
      const person = people[place]!;
      const key = randomUUID();
      const minutes = random.int(1, 400);
      const mayLose = random.chance(0.15);
      const what = random.int(0, 9);
      if (what < 3) {
        const booked = `certification:${key}`;
        attempted.add(booked);
        const volunteerId = app.world.volunteers[place]!.id;
        const earn = () =>
          withLedger(bookContext(db), async (sql) => {
            const owner = {
              kind: TimeAccountKind.ISSUANCE,
              unitId: app.world.stations[place < persons / 2 ? 0 : 1]!.id,
            } as const;
            const [fromId, toId] = await openAccounts(
              sql,
              [owner, { kind: TimeAccountKind.VOLUNTEER, volunteerId }],
              new Date(),
            );
            return book(bookContext(db), sql, [
              { key: booked, kind: TransferKind.CERTIFICATION, fromId: fromId!, toId: toId!, minutes },
            ]);
          });
        const earnPatiently = (): Promise<unknown> =>
          earn().catch((error: Error) => {
            if (!error.message.includes('timeout exceeded when trying to connect')) throw error;
            return earnPatiently();
          });
        await Promise.all([earnPatiently(), ...(mayLose ? [earnPatiently()] : [])]);
        acknowledged.set(booked, { key: booked, person: place, change: minutes });
      } else if (what < 6) {
        const booked = `donation:${key}`;
        attempted.add(booked);
        const answer = await send(
          person,
          `mutation ($input: DonateTimeInput!) { donateTime(input: $input) { __typename ... on TimeMoved { transfer { id } } } }`,
          { input: { key, minutes } },
          mayLose,
        );
        if (answer.__typename !== 'TimeMoved') continue;
        acknowledged.set(booked, { key: booked, person: place, change: -minutes });
        if (!random.chance(0.3)) continue;
        const { id } = (answer as unknown as { transfer: { id: string } }).transfer;
        const number = Buffer.from(id, 'base64url').toString().split(':')[1]!;
        const reversal = `reversal:${number}`;
        attempted.add(reversal);
        const reverse = () =>
          administer('mutation ($t: ID!) { reverseTransfer(transfer: $t, reason: "试错") { __typename } }', { t: id });
        const [first] = await Promise.all([reverse(), reverse()]);
        if (first.data!.reverseTransfer.__typename === 'TransferReversed') {
          acknowledged.set(reversal, { key: reversal, person: place, change: minutes });
        }
      } else {
        const booked = `redemption:${key}`;
        attempted.add(booked);
        const answer = await send(
          person,
          `mutation ($input: RedeemInput!) { redeemReward(input: $input) { __typename ... on RewardRedeemed { redemption { id } } } }`,
          { input: { key, reward } },
          mayLose,
        );
        if (answer.__typename !== 'RewardRedeemed') continue;
        acknowledged.set(booked, { key: booked, person: place, change: -7 });
        if (!random.chance(0.5)) continue;
        const { id } = (answer as unknown as { redemption: { id: string } }).redemption;
        const cancelled = await send(
          person,
          'mutation ($id: ID!) { cancelRedemption(redemption: $id) { __typename } }',
          { id },
          false,
        );
        expect(cancelled.__typename).toBe('RedemptionCancelled');
        acknowledged.set(`back of ${booked}`, { key: `back of ${booked}`, person: place, change: 7 });
      }
    }
  }

  /** At any moment: everything sums to zero, nobody is below zero, and what is kept is what the entries come to. */
  const wrongNow = async () =>
    (
      await app.sql.query(
        `select a.id, a.kind, a.balance, e.sum from time_account a
         left join lateral (select coalesce(sum(minutes), 0)::int as sum from ledger_entry where account_id = a.id) e on true
         where a.balance <> e.sum or (a.kind <> 'ISSUANCE' and a.balance < 0)
         union all select 0, 'ALL', sum(minutes)::int, 0 from ledger_entry having sum(minutes) <> 0`,
      )
    ).rows;
  const looks: unknown[][] = [];
  const look = async () => {
    while (Date.now() < until) {
      looks.push(await wrongNow());
      await delay(500);
    }
  };
  await Promise.all([look(), ...Array.from({ length: clients }, (_, i) => client(i + 1))]);

  expect(looks.length).toBeGreaterThan(1);
  expect(looks.flat()).toEqual([]);
  expect(await findings(db)).toEqual([]);
  expect(lost).toBeGreaterThan(10);
  expect(acknowledged.size).toBeGreaterThan(100);
  // Acknowledged within stored within attempted.
  const { rows } = await app.sql.query<{ key: string }>(
    `select case when r.key is null then t.key else 'back of ' || r.key end as key
     from ledger_transfer t left join ledger_transfer r on r.id = t.reverses_id and r.kind = 'REDEMPTION'
     where t.kind <> 'CARRIED_OVER' and t.kind <> 'OVERFLOW'`,
  );
  const stored = new Set(rows.map(({ key }) => key));
  expect([...acknowledged.keys()].filter((key) => !stored.has(key))).toEqual([]);
  const known = new Set([...attempted, ...[...attempted].map((key) => `back of ${key}`)]);
  expect([...stored].filter((key) => !known.has(key))).toEqual([]);
  expect([...stored].filter((key) => !acknowledged.has(key)).length).toBe(0);
  // The model, one act after the other.
  const expected = Array.from({ length: persons }, () => 6_000);
  for (const { person, change } of acknowledged.values()) expected[person]! += change;
  const balances = await app.sql.query<{ balance: number }>(
    'select balance from time_account where volunteer_id is not null order by volunteer_id',
  );
  expect(balances.rows.map(({ balance }) => balance)).toEqual(expected);
}, 120_000);
