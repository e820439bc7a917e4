import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import type { Locale } from '../locale.js';
import type { Viewer } from '../viewer.js';
import type { Budgets } from './budget.js';
import type { Caller, Credentials } from './caller.js';
import type { Subscribe } from './delivery.js';
import type { PrepareOperation } from './documents.js';
import type { Presenter } from './errors.js';
import type { Limits } from './limits.js';
import type { Origins } from './origins.js';

export interface DoorOptions {
  /** The contract. */
  schema: GraphQLSchema;
  /** The part of it that a viewer sees; all of it unless told. Few, and always the same ones: documents are kept by it. */
  schemaFor?(viewer: Viewer): GraphQLSchema;
  /**
   * Who shows these credentials; none is the public, and so is the cookie of a session that ended. Throws an AppError
   * UNAUTHENTICATED for an unknown or revoked key, RATE_LIMITED for too many of those. Asked once for every HTTP request
   * and once for every socket.
   */
  authenticate(credentials: Credentials, locale: Locale): Viewer | Promise<Viewer>;
  /** The resolvers' context: a fresh one for every operation, and for every delivery of a subscription. */
  createContext(caller: Caller): object;
  /** How subscriptions run; by default each on its own, see `delivery.ts`. */
  subscribe?: Subscribe;
  /** Serves everything that is neither the API nor a health check. */
  pages?: (request: IncomingMessage, response: ServerResponse) => void;
  /** Whether requests can be answered now: asked by /health/ready. */
  ready(): Promise<boolean>;
  log: Logger;
  /** Origins, besides the server's own, whose pages may call the API. */
  allowedOrigins: readonly string[];
  /** How many proxies in front add to X-Forwarded-For; none unless told. */
  trustedProxies?: number;
  /** For tests: nobody waits twenty seconds for a timeout. */
  limits?: Partial<Limits>;
}

/** What both transports are built from. */
export interface DoorParts extends Pick<DoorOptions, 'authenticate' | 'createContext' | 'log'> {
  prepareOperation: PrepareOperation;
  budgets: Budgets;
  present: Presenter;
  origins: Origins;
  trustedProxies: number;
  subscribe: Subscribe;
  limits: Limits;
}
