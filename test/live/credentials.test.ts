import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { addAccounts } from '../../seeds/builders.js';
import { numericKey } from '../../server/kernel/global-id.js';
import { ViewerRole } from '../../server/kernel/viewer.js';
import type { App } from '../../server/app.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { signedIn, type Browser } from '../support/browser-session.js';

const password = '春天种下一百棵树';

let app: TestApp;
let other: App;
beforeAll(async () => {
  app = await startTestApp({ world: { stations: 2 } });
  other = await app.anotherNode();
});
afterAll(() => app.close());

/** A live stream on the second node, where nobody tells that something was taken back on the first. */
class Stream {
  readonly closed: Promise<{ code: number; afterMs: number }>;
  readonly #socket: WebSocket;
  since = performance.now();

  private constructor(headers: Record<string, string>, authorization?: string) {
    this.#socket = new WebSocket(`${other.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers });
    this.closed = new Promise((resolve) =>
      this.#socket.on('close', (code) => resolve({ code, afterMs: performance.now() - this.since })),
    );
    this.#socket.on('open', () =>
      this.#socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } })),
    );
  }

  /** Resolves when its first event has come. */
  static async open(headers: Record<string, string>, authorization?: string): Promise<Stream> {
    const stream = new Stream(headers, authorization);
    const socket = stream.#socket;
    const query = `subscription { scoreboard(event: "${app.world.event.globalId}") { asOf } }`;
    await new Promise<void>((resolve, reject) => {
      socket.on('close', () => reject(new Error('closed before it began')));
      socket.on('message', (data) => {
        const { type } = JSON.parse(String(data)) as { type: string };
        if (type === 'connection_ack') socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query } }));
        if (type === 'next') resolve();
      });
    });
    return stream;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }
}

let counter = 0;

async function account(...grants: NonNullable<Parameters<typeof addAccounts>[1][number]['grants']>) {
  const login = `live${++counter}`;
  const [built] = await addAccounts(app.sql, [{ login, password, grants }], new Date(Date.now() - 1000));
  const browser = await signedIn(app, login, password, { 'x-forwarded-for': `198.51.100.${counter}` });
  return { ...built!, login, browser };
}

const streamOf = (browser: Browser) => Stream.open({ cookie: browser.cookie!, origin: other.url });

async function expectEnded(stream: Stream): Promise<void> {
  const { code, afterMs } = await stream.closed;
  expect(code).toBe(4403);
  expect(afterMs).toBeLessThan(5_000);
}

const leaderAt = (unitCode: string) => ({ role: 'LEADER' as const, unitCode });

describe.concurrent('within five seconds, on another node, a stream ends', () => {
  test('when its session is revoked; those of others go on', async () => {
    const { browser, login } = await account(leaderAt('W01-A01'));
    const phone = await signedIn(app, login, password, { 'x-forwarded-for': '203.0.113.1' });
    const [stream, onPhone, onWall] = [
      await streamOf(browser),
      await streamOf(phone),
      await Stream.open({}, `Bearer ${app.keys.wall}`),
    ];
    onPhone.since = performance.now();
    expect((await browser.ask('mutation { revokeOtherSessions }')).data).toEqual({ revokeOtherSessions: 1 });
    await expectEnded(onPhone);
    expect([stream.isOpen, onWall.isOpen]).toEqual([true, true]);
  });

  test('when its user signs out', async () => {
    const { browser } = await account(leaderAt('W01-A01'));
    const stream = await streamOf(browser);
    stream.since = performance.now();
    await browser.ask('mutation { signOut }');
    await expectEnded(stream);
  });

  test('when its grant ends, although the session goes on', async () => {
    const { browser, grants } = await account(leaderAt('W01-A01'));
    const stream = await streamOf(browser);
    stream.since = performance.now();
    await app.ask(
      'mutation ($g: ID!) { endGrant(grant: $g, reason: "轮换") { __typename } }',
      { g: grants[0] },
      { as: 'admin' },
    );
    await expectEnded(stream);
    expect(await browser.role()).toBe('PUBLIC');
  });

  test('when its grant runs out by itself', async () => {
    const { browser, grants } = await account(leaderAt('W01-A01'));
    const stream = await streamOf(browser);
    const endsAt = new Date(Date.now() + 500);
    await app.sql.query('update role_grant set ends_at = $2 where id = $1', [numericKey(grants[0]!, 'Grant'), endsAt]);
    stream.since = performance.now() + (endsAt.getTime() - Date.now());
    await expectEnded(stream);
  });

  test('when its user acts in another role', async () => {
    const { browser, grants } = await account({ role: 'COORDINATOR', unitCode: 'W01-A' }, leaderAt('W01-B01'));
    const stream = await streamOf(browser);
    stream.since = performance.now();
    await browser.ask('mutation ($g: ID!) { actAs(grant: $g) { __typename } }', { g: grants[1] });
    await expectEnded(stream);
    expect((await streamOf(browser)).isOpen).toBe(true);
  });

  test('when its account is disabled', async () => {
    const { browser, globalId } = await account(leaderAt('W01-A01'));
    const stream = await streamOf(browser);
    stream.since = performance.now();
    await app.ask(
      'mutation ($a: ID!) { disableAccount(account: $a, reason: "离任") { __typename } }',
      { a: globalId },
      { as: 'admin' },
    );
    await expectEnded(stream);
  });

  test('when its key is revoked', async () => {
    const key = await app.keyFor(ViewerRole.LEADER, app.world.teams[0]!.id);
    const stream = await Stream.open({}, `Bearer ${key}`);
    stream.since = performance.now();
    await app.sql.query('update access_key set revoked_at = now() where id = (select max(id) from access_key)');
    await expectEnded(stream);
  });
});

test('while nothing was taken back, nothing ends', async () => {
  const { browser } = await account(leaderAt('W01-A01'));
  const stream = await streamOf(browser);
  // Longer than the node takes to look: another stream's end says that it has looked.
  for (let i = 0; i < 2; i++) {
    const key = await app.keyFor(ViewerRole.LEADER, app.world.teams[0]!.id);
    const witness = await Stream.open({}, `Bearer ${key}`);
    await app.sql.query('update access_key set revoked_at = now() where id = (select max(id) from access_key)');
    await witness.closed;
  }
  expect(stream.isOpen).toBe(true);
});
