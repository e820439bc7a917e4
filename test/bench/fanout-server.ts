import 'reflect-metadata';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { MikroORM } from '@mikro-orm/postgresql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { loadSigner } from '../../server/access/signing.js';
import { createApp } from '../../server/app.js';
import { entities, nodeLoaders } from '../../server/features.js';
import { Hub } from '../../server/feed/hub.js';
import type { Context } from '../../server/kernel/context.js';
import { Database, ormOptions } from '../../server/kernel/database/database.js';
import { ViewerRole } from '../../server/kernel/viewer.js';
import { buildSchema } from '../../server/schema.js';
import { benchConfig, quiet, serve, usage, type BenchWorld } from './world.js';

/**
 * One way to tell many sockets of one event. `ours` is the product. `stock` and `mercurius` run the same schema on the same
 * hub the usual way. `pages` is the product with its pages, at its own address. `raw` and `coalesced` are the limits: a ready-made text of the same size, without any GraphQL.
 */
export type Mode = 'ours' | 'pages' | 'stock' | 'mercurius' | 'raw' | 'coalesced';

export interface FanoutInput {
  mode: Mode;
  world: BenchWorld;
}

/** As large as what the subscription of `fanout-clients.ts` gets for one check-in. */
const text = JSON.stringify({ id: '1', type: 'next', payload: { data: { checkIns: 'x'.repeat(560) } } });

let sockets: WebSocket[] = [];

async function listen(server: http.Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
}

async function start({ mode, world }: FanoutInput): Promise<string> {
  if (mode === 'ours') {
    const { url } = await createApp(benchConfig(world.databaseUrl), { log: quiet });
    return `${url.replace('http', 'ws').replace('localhost', '127.0.0.1')}/graphql`;
  }
  if (mode === 'pages') {
    const webHandler = join(process.cwd(), 'build/web/handler.js');
    const { url } = await createApp({ ...benchConfig(world.databaseUrl), webHandler }, { log: quiet });
    return url.replace('localhost', '127.0.0.1');
  }
  if (mode === 'raw' || mode === 'coalesced') {
    const server = http.createServer();
    const raw = new WebSocketServer({ server, perMessageDeflate: false });
    raw.on('connection', (socket) => {
      sockets.push(socket);
      socket.on('close', () => (sockets = sockets.filter((other) => other !== socket)));
    });
    return listen(server);
  }
  const context = await plainContext(world);
  if (mode === 'stock') {
    const server = http.createServer();
    const sockets = new WebSocketServer({ server, perMessageDeflate: false });
    useServer({ schema: buildSchema(), context }, sockets);
    return listen(server);
  }
  const [{ default: fastify }, { default: mercurius }] = await Promise.all([import('fastify'), import('mercurius')]);
  const app = fastify();
  await app.register(mercurius, {
    schema: buildSchema(),
    subscription: { context, fullWsTransport: false },
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  return `ws://127.0.0.1:${(app.server.address() as AddressInfo).port}/graphql`;
}

/** A context for each stream, with loaders of its own, as the usual set-up has it. */
async function plainContext(world: BenchWorld): Promise<() => Context> {
  const orm = await MikroORM.init(ormOptions(world.databaseUrl, entities, 'server/migrations'));
  const db = new Database(world.databaseUrl, orm, quiet);
  const clock = () => new Date();
  const hub = new Hub(db, quiet, clock);
  await hub.open();
  const signer = await loadSigner(db);
  const viewer = { role: ViewerRole.DISPLAY, keyId: 1, name: 'wall', unitId: null };
  const shared = { db, clock, log: quiet, hub, signer, nodeLoaders, timeZone: 'Asia/Shanghai', viewer };
  return () => ({ ...shared, locale: 'zh-CN', requestId: '', checkInWriter: undefined as never });
}

/** One event, or several that became visible together, as the raw limits send them. */
function tell({ mode, events }: { mode: Mode; events: number }): void {
  if (mode === 'raw') {
    for (let i = 0; i < events; i++) for (const socket of sockets) socket.send(text);
    return;
  }
  // The frame is built once, and every socket gets one write for all that happened in this turn.
  const payload = Buffer.from(text);
  const head = Buffer.alloc(4);
  head[0] = 0x81;
  head[1] = 126;
  head.writeUInt16BE(payload.length, 2);
  const frames = Buffer.concat(Array.from({ length: events }, () => [head, payload]).flat());
  for (const socket of sockets) (socket as unknown as { _socket: { write(b: Buffer): void } })._socket.write(frames);
}

let mode: Mode;
serve(async (message: FanoutInput | { events: number } | 'usage') => {
  if (message === 'usage') return usage();
  if ('world' in message) {
    mode = message.mode;
    return start(message);
  }
  tell({ mode, events: message.events });
  return null;
});
