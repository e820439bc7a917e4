import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { addAccounts } from '../../seeds/builders.js';
import { createServices, openDatabase } from '../../server/app.js';
import type { Context } from '../../server/kernel/context.js';
import { defineNotification } from '../../server/notification/kinds.js';
import { managersOf, notify, type Recipient } from '../../server/notification/notification.service.js';
import { drainOutbox } from '../../server/notification/outbox.js';
import { startTestApp, until, type TestApp } from '../support/app.js';
import { signedIn, type Browser } from '../support/browser-session.js';

const password = 'four lilac petals in a row';
const news = defineNotification<{ count: number }>({
  kind: 'TEST_NEWS',
  text: ({ locale }, { count }) => (locale === 'en' ? `${count} news` : `${count} 条消息`),
  path: ({ count }) => `/test/${count}`,
});

let app: TestApp;
let ctx: Pick<Context, 'db' | 'clock' | 'log'>;
let now = new Date('2026-11-24T04:00:00Z');
const accounts: Record<string, number> = {};
const browsers: Record<string, Browser> = {};

beforeAll(async () => {
  app = await startTestApp({ world: { schools: 2, stations: 2, volunteers: 2 } });
  const built = await addAccounts(app.sql, [
    { login: 'admin', password, grants: [{ role: 'ADMINISTRATOR' }] },
    { login: 'school', password, grants: [{ role: 'COORDINATOR', unitCode: 'W01' }] },
    { login: 'station', password, grants: [{ role: 'COORDINATOR', unitCode: 'W01-A' }] },
    { login: 'other', password, grants: [{ role: 'COORDINATOR', unitCode: 'W02' }] },
    { login: 'leader', password, grants: [{ role: 'LEADER', unitCode: 'W01-A01' }], volunteer: 'W01-A01-V01' },
    { login: 'volunteer', password, volunteer: 'W01-A01-V02' },
  ]);
  for (const { code, id } of built) {
    accounts[code] = id;
    browsers[code] = await signedIn(app, code, password);
  }
  const log = pino({ level: 'silent' });
  const db = await openDatabase(app.databaseUrl, log);
  ctx = {
    ...(await createServices(db, { clock: () => now, log, vault: undefined as never, timeZone: 'Asia/Shanghai' })),
  };
});
afterAll(async () => {
  await ctx?.db.close();
  await app?.close();
});

const tell = (recipients: Recipient[], count: number) =>
  ctx.db.transaction((client) => notify(ctx, client, news, recipients, { count }));

const list = `{ unreadNotifications notifications(first: 50) { totalCount nodes { id kind text path createdAt readAt } } }`;
const told = async (who: string) => (await browsers[who]!.ask(list)).data!;

test('news is told to whom it concerns, in the language of whoever reads it, and to nobody else', async () => {
  await tell(
    [{ accountId: accounts.station! }, { accountId: accounts.station! }, { volunteerId: app.world.volunteers[1]!.id }],
    1,
  );
  for (const who of ['station', 'volunteer']) {
    expect(await told(who)).toEqual({
      unreadNotifications: 1,
      notifications: {
        totalCount: 1,
        nodes: [
          {
            id: expect.any(String),
            kind: 'TEST_NEWS',
            text: '1 条消息',
            path: '/test/1',
            createdAt: now.toISOString(),
            readAt: null,
          },
        ],
      },
    });
  }
  for (const who of ['admin', 'school', 'other', 'leader']) expect((await told(who)).notifications.nodes).toEqual([]);
  const { id } = (await told('station')).notifications.nodes[0];
  const node = 'query ($id: ID!) { node(id: $id) { ... on Notification { text } } }';
  expect((await browsers.station!.ask(node, { id })).data!.node).not.toBeNull();
  expect((await browsers.admin!.ask(node, { id })).data!.node).toBeNull();
  expect((await app.ask(list, {}, { as: 'admin' })).data).toEqual({
    unreadNotifications: 0,
    notifications: { totalCount: 0, nodes: [] },
  });
  expect((await app.ask(list, {}, { as: null })).errors![0]!.extensions.code).toBe('UNAUTHENTICATED');
});

test('is read once, by its own reader', async () => {
  await tell([{ accountId: accounts.school! }], 2);
  await tell([{ accountId: accounts.school! }], 3);
  const ids = (await told('school')).notifications.nodes.map((it: { id: string }) => it.id);
  const mark = 'mutation ($ids: [ID!]) { markNotificationsRead(notifications: $ids) }';
  await browsers.admin!.ask(mark, { ids });
  expect((await told('school')).unreadNotifications).toBe(2);
  expect((await browsers.school!.ask(mark, { ids: [ids[0], 'nonsense'] })).data).toEqual({ markNotificationsRead: 1 });
  expect((await browsers.school!.ask(mark, {})).data).toEqual({ markNotificationsRead: 0 });
  expect((await told('school')).notifications.nodes.map((it: { readAt: string | null }) => it.readAt !== null)).toEqual(
    [true, true],
  );
});

test('what is undone was not said', async () => {
  await expect(
    ctx.db.transaction(async (client) => {
      await notify(ctx, client, news, [{ accountId: accounts.other! }], { count: 4 });
      throw new Error('undone');
    }),
  ).rejects.toThrow('undone');
  expect((await told('other')).notifications.totalCount).toBe(0);
});

test('those who coordinate a unit are those at it and above it', async () => {
  const at = (unitId: number | null) =>
    ctx.db.transaction(async (client) => {
      const found = await managersOf(ctx, client, unitId);
      return Object.keys(accounts).filter((login) =>
        found.some((it) => 'accountId' in it && it.accountId === accounts[login]),
      );
    });
  const later = now;
  now = new Date(Date.now() + 1_000);
  expect(await at(app.world.teams[0]!.id)).toEqual(['school', 'station']);
  expect(await at(app.world.stations[1]!.id)).toEqual(['school']);
  expect(await at(app.world.schools[1]!.id)).toEqual(['other']);
  expect(await at(null)).toEqual(['admin']);
  now = later;
});

interface Heard {
  unread: number;
  latest: { text: string } | null;
}

/** The bell of somebody who is signed in, as their page hears it. */
function bell(who: string): { heard: Heard[]; close: () => void } {
  const heard: Heard[] = [];
  const socket = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
    headers: { cookie: browsers[who]!.cookie!, origin: app.url },
  });
  socket.on('open', () => socket.send('{"type":"connection_init"}'));
  socket.on('message', (message) => {
    const { type, payload } = JSON.parse(String(message)) as {
      type: string;
      payload?: { data: { notificationNews: Heard } };
    };
    const query = 'subscription { notificationNews { unread latest { text } } }';
    if (type === 'connection_ack') socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query } }));
    if (type === 'next') heard.push(payload!.data.notificationNews);
  });
  return { heard, close: () => socket.terminate() };
}

test('each bell rings for its own news, on every screen of the same person, also for what is read elsewhere', async () => {
  // Two coordinators in the same role, who ask for the same: they must not be told what the other is.
  await browsers.other!.ask('mutation { markNotificationsRead }');
  const bells = [bell('other'), bell('other'), bell('admin'), bell('volunteer')] as const;
  await until(() => bells.every(({ heard }) => heard.length > 0), 'the bells have rung');
  await tell([{ accountId: accounts.other! }], 5);
  await until(() => bells.slice(0, 2).every(({ heard }) => heard.at(-1)!.unread === 1), 'the bells have rung');
  expect(bells[0].heard.at(-1)).toEqual({ unread: 1, latest: { text: '5 条消息' } });
  await browsers.other!.ask('mutation { markNotificationsRead }');
  await until(() => bells.slice(0, 2).every(({ heard }) => heard.at(-1)!.unread === 0), 'the bells have rung');
  await tell([{ accountId: accounts.admin! }], 6);
  await until(() => bells[2].heard.at(-1)!.unread === 1, 'the bells have rung');
  expect(bells[2].heard.at(-1)!.latest).toEqual({ text: '6 条消息' });
  expect(JSON.stringify(bells[0].heard) + JSON.stringify(bells[3].heard)).not.toContain('6 条消息');
  for (const { close } of bells) close();
});

test('a channel delivers everything once, tries again what fails, and gives up in the end', async () => {
  await app.sql.query('delete from notification');
  now = new Date('2026-11-24T05:00:00Z');
  for (const count of [1, 2, 3]) await tell([{ accountId: accounts.admin! }], count);
  const sent: number[] = [];
  let broken = 0;
  const deliver = (it: { parameters: object }) => {
    const { count } = it.parameters as { count: number };
    if (count === 2 && broken++ < 1) return Promise.reject(new Error('unreachable'));
    sent.push(count);
    return Promise.resolve();
  };
  const drained = await Promise.all([drainOutbox(ctx, 'test', deliver), drainOutbox(ctx, 'test', deliver)]);
  expect(drained.toSorted()).toEqual([0, 2]);
  expect(sent).toEqual([1, 3]);
  expect(await drainOutbox(ctx, 'test', deliver)).toBe(0);
  now = new Date(now.getTime() + 31_000);
  expect(await drainOutbox(ctx, 'test', deliver)).toBe(1);
  expect(sent).toEqual([1, 3, 2]);
  // Another channel has them all before it.
  const never = () => Promise.reject(new Error('never'));
  for (let i = 0; i < 10; i++) {
    await drainOutbox(ctx, 'other', never);
    now = new Date(now.getTime() + 3 * 3_600_000);
  }
  const { rows } = await app.sql.query(
    "select distinct attempts, next_attempt_at from notification_delivery where channel = 'other'",
  );
  expect(rows).toEqual([{ attempts: 6, next_attempt_at: null }]);
});
