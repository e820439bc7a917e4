import 'reflect-metadata';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { MikroORM } from '@mikro-orm/postgresql';
import { isObjectType, type GraphQLSchema } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { loadSigner } from '../../server/access/signing.js';
import { entities, nodeLoaders } from '../../server/features.js';
import { Hub } from '../../server/feed/hub.js';
import type { Context } from '../../server/kernel/context.js';
import { Database, ormOptions } from '../../server/kernel/database/database.js';
import { publicViewer, ViewerRole } from '../../server/kernel/viewer.js';
import { buildSchema } from '../../server/schema.js';
import { serve } from './worker.js';
import { quiet } from './world.js';

/**
 * The other ways to tell many sockets of one event. `stock` (graphql-ws) and `mercurius` run our schema on our hub the usual
 * way, with one execution for each socket. They get it as cheap as can be: whatever was looked up once is never looked up
 * again, for no socket. `stock, own loaders` is what one has who follows the manual: each stream looks things up for itself.
 * `raw` and `coalesced` are the limits: a ready-made message, no GraphQL, no database.
 */
export type PeerMode = 'stock' | 'stock, own loaders' | 'mercurius' | 'raw' | 'coalesced';

export interface PeerInput {
  mode: PeerMode;
  databaseUrl: string;
  /** The message that our own server sends for one check-in. */
  message: string;
}

/** So many events to one socket in `everyNth`, beginning with a different one each time. */
export interface Tell {
  events: number;
  everyNth: number;
  turn: number;
}

const sockets: WebSocket[] = [];
let mode: PeerMode;
let message: Buffer;

async function listen(server: http.Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function start(input: PeerInput): Promise<string> {
  mode = input.mode;
  message = Buffer.from(input.message);
  const schema = buildSchema();
  if (mode === 'mercurius') {
    const [{ default: fastify }, { default: mercurius }] = await Promise.all([import('fastify'), import('mercurius')]);
    const app = fastify();
    const context = await createContext(input.databaseUrl);
    await app.register(mercurius, { schema: alwaysWith(schema, context), subscription: true });
    await app.listen({ port: 0, host: '127.0.0.1' });
    return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  }
  const server = http.createServer();
  const webSockets = new WebSocketServer({ server, perMessageDeflate: false });
  if (mode === 'raw' || mode === 'coalesced') webSockets.on('connection', (socket) => sockets.push(socket));
  else {
    const context = await createContext(input.databaseUrl);
    const ownLoaders = mode === 'stock, own loaders';
    useServer({ schema, context: ownLoaders ? () => ({ ...context }) : () => context }, webSockets);
  }
  return listen(server);
}

async function createContext(databaseUrl: string): Promise<Context> {
  const orm = await MikroORM.init(ormOptions(databaseUrl, entities, 'server/migrations'));
  const db = new Database(databaseUrl, orm, quiet);
  const clock = () => new Date();
  const hub = new Hub(db, quiet, clock);
  await hub.open();
  const signer = await loadSigner(db);
  const viewer = { ...publicViewer, role: ViewerRole.DISPLAY, keyId: 1, name: 'wall' };
  const unused = undefined as never;
  const caller = { viewer, locale: 'zh-CN' as const, requestId: '', address: '', userAgent: null };
  return {
    ...caller,
    db,
    clock,
    log: quiet,
    hub,
    boards: unused,
    inbox: unused,
    signer,
    nodeLoaders,
    timeZone: 'Asia/Shanghai',
    checkInWriter: unused,
    limits: unused,
    authenticator: unused,
    vault: unused,
  };
}

/** Mercurius makes a context of its own for each stream; so that it can share loaders, resolvers get ours instead. */
function alwaysWith(schema: GraphQLSchema, context: Context): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const { resolve, subscribe } = field;
      if (resolve) field.resolve = (source, args, _, info) => resolve(source, args, context, info);
      if (subscribe) field.subscribe = (source, args, _, info) => subscribe(source, args, context, info);
    }
  }
  return schema;
}

/** Answers when it began, in milliseconds of the machine's monotonic clock. */
function tell({ events, everyNth, turn }: Tell): number {
  const began = Number(process.hrtime.bigint()) / 1e6;
  if (mode === 'raw') {
    for (let event = 0; event < events; event++) {
      for (let i = turn % everyNth; i < sockets.length; i += everyNth) sockets[i]!.send(message, { binary: false });
    }
    return began;
  }
  // The frame is built once, and every socket gets one write for all that happened in this turn.
  const head = Buffer.from([0x81, 126, message.length >> 8, message.length & 0xff]);
  const frames = Buffer.concat(Array.from({ length: events }, () => [head, message]).flat());
  for (let i = turn % everyNth; i < sockets.length; i += everyNth) {
    (sockets[i] as unknown as { _socket: Socket })._socket.write(frames);
  }
  return began;
}

serve(async (input: PeerInput | Tell) => ('databaseUrl' in input ? start(input) : tell(input)));
