import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Viewer } from '../viewer.js';
import { Budgets } from './budget.js';
import { subscribeEach } from './delivery.js';
import { createPrepareOperation } from './documents.js';
import { createPresenter } from './errors.js';
import { Fault } from './faults.js';
import { secureHeadersForPages } from './headers.js';
import { createHttpApi, json, reply } from './http.js';
import { limits as defaults } from './limits.js';
import type { DoorOptions, DoorParts } from './options.js';
import { createOrigins } from './origins.js';
import { callerOf, splitUrl } from './request.js';
import { createSocketApi } from './socket.js';

export interface Door {
  /** Not listening yet: whoever made the door says where. */
  server: http.Server;
  /** Who is on the open sockets now. */
  socketViewers(): Iterable<Viewer>;
  /** Ends the sockets of these viewers with 4403, and with them every live stream. For each node to call on its own. */
  closeSockets(predicate: (viewer: Viewer) => boolean): void;
  /**
   * Says at once that it is not ready and takes no more sockets; sends those that are there away with 1001, spread over
   * `spreadMs` (none unless told), while requests are answered; shuts the port, finishes what is in flight, and gives up
   * after `drainMs`. Called again, it keeps to the shorter time.
   */
  close(options?: { spreadMs?: number }): Promise<void>;
}

/**
 * The one way in: GraphQL over HTTP and over sockets, health checks, and the pages behind them.
 *
 * An operation comes by `http.ts` or `socket.ts`, passes `documents.ts` (which measures it by `measure.ts` and
 * `page-size.ts`), is paid for by whoever has a budget (`cost.ts`, `budget.ts`), runs, and has its errors put into their final form by `errors.ts`. What is refused on the way is
 * named in `faults.ts`; every number is in `limits.ts`.
 */
export function createDoor(options: DoorOptions): Door {
  const limits = { ...defaults, ...options.limits };
  const parts: DoorParts = {
    authenticate: options.authenticate,
    createContext: options.createContext,
    log: options.log,
    limits,
    subscribe: options.subscribe ?? subscribeEach(options.createContext),
    prepareOperation: createPrepareOperation(options.schema, options.schemaFor ?? (() => options.schema), limits),
    budgets: new Budgets(limits),
    present: createPresenter(options.log),
    origins: createOrigins(options.allowedOrigins),
    trustedProxies: options.trustedProxies ?? 0,
  };
  const answerApi = createHttpApi(parts);
  const sockets = createSocketApi(parts);
  let closed: Promise<void> | undefined;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path, search] = splitUrl(request.url ?? '');
    if (path === '/graphql') return answerApi(request, response, search);
    if (path === '/health/live') return answerHealth(request, response, true);
    if (path === '/health/ready') return answerHealth(request, response, !closed && (await isReady()));
    const caller = callerOf(request, parts.trustedProxies);
    if (!options.pages) {
      const error = new Fault('noSuchPath').toError(caller);
      return reply(response, caller, 404, JSON.stringify({ errors: [error] }), json);
    }
    secureHeadersForPages(request, response);
    response.setHeader('x-request-id', caller.requestId);
    options.pages(request, response);
  }

  function answerHealth(request: IncomingMessage, response: ServerResponse, healthy: boolean): void {
    const caller = callerOf(request, parts.trustedProxies);
    reply(response, caller, healthy ? 200 : 503, JSON.stringify({ status: healthy ? 'ok' : 'unavailable' }), json);
  }

  async function isReady(): Promise<boolean> {
    try {
      return await options.ready();
    } catch {
      return false;
    }
  }

  const server = http.createServer(
    {
      // Half-sent requests are cut off with 408, wherever they stopped.
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: limits.sweepMs,
      keepAliveTimeout: limits.keepAliveMs,
      // Java's clients offer to change to HTTP/2 with every first request; they get HTTP/1.1, as if they had not asked.
      shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
    },
    (request, response) => {
      if (closed) response.shouldKeepAlive = false;
      answer(request, response).catch((error: unknown) => {
        options.log.error({ err: error }, 'a request could not be answered');
        response.destroy();
      });
    },
  );
  server.on('upgrade', (request, tcp, head) => sockets.upgrade(request, tcp as Socket, head));

  return {
    server,
    socketViewers: sockets.viewers,
    closeSockets: sockets.closeSockets,
    close({ spreadMs = 0 } = {}) {
      const departed = sockets.close(spreadMs);
      return (closed ??= departed.then(shut));
    },
  };

  async function shut(): Promise<void> {
    const ended = new Promise<void>((resolve) => server.close(() => resolve()));
    // What was in flight when closing began keeps its connection open when it is done, so look again.
    const idle = setInterval(() => server.closeIdleConnections(), 50);
    const giveUp = setTimeout(() => {
      sockets.terminate();
      server.closeAllConnections();
    }, limits.drainMs);
    await ended;
    clearInterval(idle);
    clearTimeout(giveUp);
    sockets.terminate();
  }
}
