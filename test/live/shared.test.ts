import 'reflect-metadata';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { buildSchema, type GraphQLObjectType } from 'graphql';
import { createClient, type Client } from 'graphql-ws';
import pino from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Caller } from '../../server/kernel/http/caller.js';
import { createDoor, type Door } from '../../server/kernel/http/door.js';
import { abortable } from '../../server/kernel/live/abortable.js';
import { subscribeShared } from '../../server/kernel/live/shared.js';
import { publicViewer, ViewerRole } from '../../server/kernel/viewer.js';
import { until } from '../support/app.js';

/** A log of news in memory: the smallest source that follows the rules of sharing. */
class News {
  readonly log: { n: number }[] = [];
  /** Sources that were ever opened, and those that are open now. */
  opened = 0;
  open = 0;
  private readonly waiting: (() => void)[] = [];

  publish(): void {
    this.log.push({ n: this.log.length + 1 });
    for (const wake of this.waiting.splice(0)) wake();
  }

  follow(after: number) {
    let next = after;
    let waitingAt: number | undefined;
    const { log, waiting } = this;
    const ended = () => this.open--;
    this.opened++;
    this.open++;
    async function* generate(signal: AbortSignal) {
      try {
        while (!signal.aborted) {
          const item = log[next];
          if (item) {
            next++;
            yield item;
            continue;
          }
          waitingAt = next;
          await new Promise<void>((wake) => {
            waiting.push(wake);
            signal.addEventListener('abort', () => wake());
          });
          waitingAt = undefined;
        }
      } finally {
        ended();
      }
    }
    return abortable(generate, () => waitingAt);
  }
}

let news: News;
let executions: number;
let door: Door;
let url: string;
let clients: Client[];

beforeEach(async () => {
  news = new News();
  executions = 0;
  clients = [];
  const schema = buildSchema(`
    type Query { hello: String }
    type Item { n: Int! times(factor: Int!): Int! who: String! fails: Int! }
    type Subscription { news(after: Int): Item! }`);
  const item = schema.getType('Item') as GraphQLObjectType<{ n: number }, Caller>;
  item.getFields().times!.resolve = ({ n }, { factor }) => n * factor;
  item.getFields().who!.resolve = (_item, _args, { viewer }) => viewer.role;
  item.getFields().fails!.resolve = () => {
    throw new Error('a secret');
  };
  const field = schema.getSubscriptionType()!.getFields().news!;
  field.subscribe = (_root, { after }) => news.follow(after ?? news.log.length);
  field.resolve = (event) => {
    executions++;
    return event;
  };
  const createContext = (caller: Caller) => ({ ...caller });
  door = createDoor({
    schema,
    authenticate: ({ authorization }) => (authorization ? { ...publicViewer, role: ViewerRole.LEADER } : publicViewer),
    createContext,
    subscribe: subscribeShared(createContext),
    ready: async () => true,
    log: pino({ level: 'silent' }),
    allowedOrigins: [],
  });
  door.server.listen(0, '127.0.0.1');
  await once(door.server, 'listening');
  url = `ws://127.0.0.1:${(door.server.address() as AddressInfo).port}/graphql`;
});

afterEach(async () => {
  for (const client of clients) await client.dispose();
  await door.close();
});

function follow(query: string, variables: Record<string, unknown> = {}, authorization?: string) {
  const client = createClient({
    url,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: authorization ? { authorization } : {},
  });
  clients.push(client);
  const seen: Record<string, unknown>[] = [];
  const errors: unknown[] = [];
  const stop = client.subscribe<{ news: Record<string, unknown> }>(
    { query, variables },
    {
      next: ({ data, errors: failed }) => (failed ? errors.push(...failed) : seen.push(data!.news)),
      error: (error) => errors.push(error),
      complete: () => undefined,
    },
  );
  return { seen, errors, stop };
}

const plain = 'subscription ($after: Int) { news(after: $after) { n } }';

test('forty who are told the same cost one execution, and one source', async () => {
  for (let i = 0; i < 5; i++) news.publish();
  const streams = Array.from({ length: 40 }, (_, i) => follow(plain, { after: i % 6 }));
  for (const [i, stream] of streams.entries()) {
    await until(() => stream.seen.length === 5 - (i % 6), 'everything from its own place on');
  }
  await until(() => news.opened === 40 && news.open === 1, 'all to wait at one source');
  executions = 0;
  news.publish();
  for (const stream of streams) await until(() => stream.seen.at(-1)?.n === 6, 'the news');
  expect(executions).toBe(1);
  for (const [i, stream] of streams.entries()) {
    expect(stream.seen.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5, 6].slice(i % 6));
  }
});

test('other documents, variables, languages and rights are other groups', async () => {
  const times = 'subscription ($factor: Int!) { news { times(factor: $factor) who } }';
  const streams = [
    follow(times, { factor: 2 }),
    follow(times, { factor: 2 }),
    follow(times, { factor: 3 }),
    follow(times, { factor: 2 }, 'Bearer leader'),
    follow(plain),
  ];
  await until(() => news.opened === 5 && news.open === 4, 'four groups');
  news.publish();
  for (const stream of streams) await until(() => stream.seen.length === 1, 'the news');
  expect(streams.map(({ seen }) => seen[0])).toEqual([
    { times: 2, who: 'PUBLIC' },
    { times: 2, who: 'PUBLIC' },
    { times: 3, who: 'PUBLIC' },
    { times: 2, who: 'LEADER' },
    { n: 1 },
  ]);
  expect(executions).toBe(4);
});

test('whoever founded the group may leave: the others go on; when the last one leaves, its source ends', async () => {
  const [founder, second, third] = [follow(plain), follow(plain), follow(plain)];
  await until(() => news.opened === 3 && news.open === 1, 'one source');
  news.publish();
  for (const stream of [founder!, second!, third!]) await until(() => stream.seen.length === 1, 'the first news');
  founder!.stop();
  news.publish();
  for (const stream of [second!, third!]) await until(() => stream.seen.length === 2, 'the second news');
  expect(founder!.seen).toHaveLength(1);
  second!.stop();
  third!.stop();
  await until(() => news.open === 0, 'the end of the source');
});

test('a result with errors reaches every member, masked, and the stream goes on', async () => {
  const query = 'subscription { news { fails } }';
  const streams = [follow(query), follow(query)];
  await until(() => news.opened === 2 && news.open === 1, 'one source');
  news.publish();
  news.publish();
  for (const stream of streams) {
    await until(() => stream.errors.length === 2, 'both errors');
    expect(stream.errors[0]).toMatchObject({ extensions: { code: 'INTERNAL_SERVER_ERROR' } });
    expect(JSON.stringify(stream.errors)).not.toContain('secret');
  }
});

test('somebody who comes while news keeps coming misses nothing and hears nothing twice', async () => {
  const first = follow(plain, { after: 0 });
  const streams = [first];
  for (let i = 0; i < 300; i++) {
    news.publish();
    if (i % 30 === 0) streams.push(follow(plain, { after: 0 }));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const all = Array.from({ length: 300 }, (_, i) => i + 1);
  for (const stream of streams) {
    await until(() => stream.seen.length >= 300, 'all the news');
    expect(stream.seen.map(({ n }) => n)).toEqual(all);
  }
});
