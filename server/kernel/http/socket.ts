import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { STATUS_CODES } from 'node:http';
import { getOperationAST, GraphQLError, OperationTypeNode } from 'graphql';
import { handleProtocols, makeServer } from 'graphql-ws';
import { WebSocketServer } from 'ws';
import { AppError } from '../errors.js';
import { negotiateLocale } from '../locale.js';
import type { Viewer } from '../viewer.js';
import type { Caller, Credentials } from './caller.js';
import { Throttled } from './budget.js';
import { Connection, Line, type Keeper } from './connection.js';
import { objectsIn } from './cost.js';
import type { SubscriptionArgs } from './delivery.js';
import { Fault } from './faults.js';
import { apiHeaders } from './headers.js';
import { closeCodes, closeReasons } from './limits.js';
import type { DoorParts } from './options.js';
import { callerOf, credentialsOf, parseSearch, splitUrl } from './request.js';

/** GraphQL over sockets: graphql-ws keeps the protocol, ws the framing, the door decides who and what gets in. */
export interface SocketApi {
  /** Takes over a connection that asks to become a socket. */
  upgrade(request: IncomingMessage, tcp: Socket, head: Buffer): void;
  /** Who is on the open sockets; one that has not said so yet is the public's. */
  viewers(): Iterable<Viewer>;
  /** Closes the sockets of these viewers, such as those of a revoked key. */
  closeSockets(predicate: (viewer: Viewer) => boolean): void;
  /**
   * Takes no more sockets and tells those that are there to go, evenly spread over `spreadMs`: each when the operations
   * on it are answered. Resolves when that time is over; called again, it keeps to the shorter time.
   */
  close(spreadMs: number): Promise<void>;
  /** Waits for no goodbye. */
  terminate(): void;
}

export function createSocketApi(parts: DoorParts): SocketApi {
  const { authenticate, createContext, prepareOperation, budgets, present, origins, subscribe, limits, log } = parts;
  const connections = new Set<Connection>();
  let departure: Departure | undefined;

  const protocol = makeServer<Record<string, unknown>, Connection>({
    // The sweep sees to it, without a timer for each socket.
    connectionInitWaitTimeout: 0,

    async onConnect(context) {
      const { connectionParams: { authorization, locale } = {}, extra: connection } = context;
      const { credentials } = connection;
      connection.initialised = true;
      // A secret that has been read is kept no longer.
      connection.credentials = undefined;
      Object.assign(context, { connectionParams: undefined });
      if (typeof locale === 'string') connection.caller = { ...connection.caller, locale: negotiateLocale(locale) };
      if (authorization != null && typeof authorization !== 'string') return false;
      const { caller } = connection;
      const { address } = caller;
      try {
        // Null is for pages that hang in public: whoever opened them, they show what the public sees.
        const shown =
          authorization === undefined ? credentials! : { authorization: authorization ?? undefined, address };
        connection.caller = { ...caller, viewer: await authenticate(shown, caller.locale) };
        return true;
      } catch (error) {
        if (!(error instanceof AppError && /^(UNAUTHENTICATED|FORBIDDEN)$/.test(String(error.extensions.code)))) {
          present.thrown(error, caller);
          connection.close();
        }
        return false;
      }
    },

    // What this throws would close the socket, and with it every other stream: errors are returned.
    onSubscribe({ extra: connection, subscriptions }, streamId, payload) {
      let caller = connection.nextCaller();
      const budget = budgets.of(caller.viewer);
      try {
        if (Object.keys(subscriptions).length > limits.streamsPerSocket) throw new Fault('tooManyStreams');
        const operation = prepareOperation(payload, caller.viewer, 'SOCKET');
        const { schema, document, variableValues, hideSuggestions } = operation;
        // A stream pays once, for what each of its frames may hold: it is told what others would ask for again and again.
        if (budget) caller = { ...caller, charge: budget.spend(operation.cost()) };
        // It is known by its document from here on, and graphql-ws keeps the message as long as the stream.
        Object.assign(payload, { query: '' });
        const { operation: type } = getOperationAST(document)!;
        if (type !== OperationTypeNode.SUBSCRIPTION) connection.begin(payload);
        else caller.charge?.settle(caller.charge.requested);
        // Whole from the start, with what graphql-ws would add: an object that grows takes more room for as long as it lives.
        const args: SubscriptionArgs = {
          schema,
          document,
          rootValue: undefined,
          contextValue: createContext(caller),
          variableValues,
          hideSuggestions,
          caller,
          connection,
          streamId,
        };
        return args;
      } catch (error) {
        if (!(error instanceof Throttled)) budget?.refused();
        return present.thrown(error, caller);
      }
    },

    async subscribe(args) {
      try {
        return await subscribe(args as SubscriptionArgs);
      } catch (error) {
        return { errors: [new GraphQLError('', { originalError: toError(error) })] };
      }
    },

    onNext(_context, _id, _payload, args, result) {
      const { caller } = args as SubscriptionArgs;
      const { charge } = caller;
      if (!result.errors && !charge) return;
      charge?.settle(objectsIn(result.data));
      return {
        ...result,
        ...(result.errors && { errors: present.executed(result.errors, caller) }),
        ...(charge && { extensions: { cost: charge.cost } }),
      };
    },

    onComplete: ({ extra: connection }, _id, payload) => connection.answered(payload),

    // Errors of `onSubscribe` come as they were returned; those that an iterator threw come wrapped.
    onError: ({ extra: { caller } }, _id, _payload, errors) =>
      errors.flatMap((error) => (error.originalError ? present.thrown(error.originalError, caller) : error)),
  });

  const unknownToTypes = { closeTimeout: limits.goodbyeMs, maxFragments: 1_024, maxBufferedChunks: 4_096 };
  const server = new WebSocketServer({
    noServer: true,
    WebSocket: Line,
    clientTracking: false,
    perMessageDeflate: false,
    handleProtocols,
    maxPayload: limits.frameBytes,
    ...unknownToTypes,
  });

  function open(webSocket: Line, tcp: Socket, caller: Caller, credentials: Credentials): void {
    const connection = new Connection(webSocket, tcp, caller, credentials, keeper);
    connections.add(connection);
    connection.finish = protocol.opened(connection, connection);
  }

  function end(connection: Connection, code: number, reason: string): void {
    const { finish } = connection;
    connection.finish = undefined;
    finish?.(code, reason).catch((error: unknown) => present.thrown(error, connection.caller));
  }

  const keeper: Keeper = {
    limits,
    onClosing(connection, code, reason) {
      const { requestId } = connection.caller;
      if (code === closeCodes.tooSlow) log.info({ requestId }, 'cut off a slow socket');
      end(connection, code, reason);
    },
    onClosed(connection, code, reason) {
      connections.delete(connection);
      end(connection, code, reason);
    },
    onError: ({ caller: { requestId } }, err) => log.debug({ requestId, err }, 'a socket failed'),
    onFailed(connection, error) {
      present.thrown(error, connection.caller);
      connection.close();
    },
  };

  const sweeper = setInterval(() => {
    const now = performance.now();
    for (const connection of connections) connection.sweep(now);
  }, limits.sweepMs);
  sweeper.unref();

  return {
    upgrade(request, tcp, head) {
      tcp.on('error', destroyItself);
      const caller = callerOf(request, parts.trustedProxies);
      let credentials: Credentials;
      try {
        const [path, search] = splitUrl(request.url ?? '');
        if (path !== '/graphql') throw new Fault('noSuchPath');
        origins.check(request);
        parseSearch(search);
        credentials = credentialsOf(request, caller, origins);
        if (departure) throw new Fault('goingAway');
        if (connections.size >= limits.sockets) throw new Fault('tooManySockets');
      } catch (error) {
        if (error instanceof Fault) return refuse(tcp, error, caller);
        throw error;
      }
      server.handleUpgrade(request, tcp, head, (webSocket) => open(webSocket, tcp, caller, credentials));
    },

    *viewers() {
      for (const { caller } of connections) yield caller.viewer;
    },

    closeSockets(predicate) {
      for (const connection of connections) {
        if (predicate(connection.caller.viewer)) connection.close(closeCodes.forbidden, closeReasons.forbidden);
      }
    },

    close(spreadMs) {
      departure ??= new Departure([...connections]);
      departure.hurry(spreadMs);
      return departure.over;
    },

    terminate() {
      clearInterval(sweeper);
      for (const connection of connections) connection.webSocket.terminate();
    },
  };
}

/** How often a spread departure tells some more to go. */
const departureStepMs = 50;

/** Connections on their way out, evenly spread over a time that can still be shortened. */
class Departure {
  readonly over: Promise<void>;
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  #spreadMs = Infinity;
  #told = 0;
  #end!: () => void;

  constructor(private readonly connections: readonly Connection[]) {
    this.over = new Promise((resolve) => (this.#end = resolve));
    this.#timer = setInterval(() => this.#step(), departureStepMs);
  }

  hurry(spreadMs: number): void {
    this.#spreadMs = Math.min(this.#spreadMs, spreadMs);
    this.#step();
  }

  #step(): void {
    const past = performance.now() - this.#startedAt;
    const due = past >= this.#spreadMs ? 1 : past / this.#spreadMs;
    while (this.#told < Math.floor(due * this.connections.length)) this.connections[this.#told++]!.leave();
    if (due < 1) return;
    clearInterval(this.#timer);
    this.#end();
  }
}

/** Answers a request that wanted to become a socket, by hand: node offers no response object for it. */
function refuse(tcp: Socket, fault: Fault, caller: Caller): void {
  const status = fault.kind.status ?? 400;
  const body = JSON.stringify({ errors: [fault.toError(caller)] });
  const headers = [
    ...apiHeaders,
    ...Object.entries(fault.kind.headers ?? {}).flat(),
    ...['content-type', 'application/json; charset=utf-8', 'x-request-id', caller.requestId],
    ...['content-length', String(Buffer.byteLength(body)), 'connection', 'close'],
  ];
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`;
  for (let i = 0; i < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`;
  tcp.end(`${head}\r\n${body}`);
}

function destroyItself(this: Socket): void {
  this.destroy();
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
