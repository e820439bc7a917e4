import 'reflect-metadata';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll } from 'vitest';
import { buildSchema, GraphQLError, type GraphQLFieldResolver } from 'graphql';
import pino from 'pino';
import { AppError, unauthenticated } from '../../server/kernel/errors.js';
import type { Caller } from '../../server/kernel/http/caller.js';
import { createDoor, type Door } from '../../server/kernel/http/door.js';
import type { DoorOptions } from '../../server/kernel/http/options.js';
import { publicViewer, ViewerRole, type Viewer } from '../../server/kernel/viewer.js';

/** A small world behind the door: enough to be asked for wrongly in every way. */
const typeDefs = /* GraphQL */ `
  type Query {
    hello(name: String): String!
    badge(kind: BadgeKind!): BadgeKind!
    whoAmI: String!
    where: String!
    team: Team!
    teams(first: Int!): TeamConnection!
    absent: String
    broken: String
    unreachable: String
    picky: String
    gate: String
  }
  enum BadgeKind {
    GOLDEN
    SILVER
  }
  type Team {
    name: String!
    team: Team!
    teams(first: Int!): TeamConnection!
  }
  type TeamConnection {
    nodes: [Team!]!
  }
  type Mutation {
    rename(name: String!): String!
  }
  type Subscription {
    ticks: Int!
    contexts: Int!
    text: String!
    gone: Int!
  }
`;

export const keys: Record<string, Viewer> = {
  partner: { ...publicViewer, role: ViewerRole.PARTNER, keyId: 1, name: 'A partner' },
  wall: { ...publicViewer, role: ViewerRole.DISPLAY, keyId: 2, name: 'A wall' },
};

interface Context extends Caller {
  serial: number;
}

/** One door and its world; closed when the file's tests are over. */
export class World {
  door!: Door;
  url = '';
  /** How many resolvers ran: what is refused before execution runs none. */
  resolved = 0;
  contexts = 0;
  ready: () => Promise<boolean> = async () => true;
  readonly log: { level: number; msg: string; requestId?: string; err?: { message: string } }[] = [];
  /** Streams that are open now. */
  readonly streams = new Set<Stream>();
  #streamsChanged: (() => void)[] = [];
  /** Where `Query.gate` waits, so that a test can do something while it is in flight. */
  readonly gate = Promise.withResolvers<void>();
  readonly gateReached = Promise.withResolvers<void>();

  async open(options: Partial<DoorOptions> = {}): Promise<this> {
    this.door = createDoor({
      schema: this.#schema(),
      authenticate: ({ authorization }, locale) => {
        if (authorization === undefined) return publicViewer;
        if (authorization === 'Bearer offline') throw Object.assign(new Error('no'), { code: 'ECONNREFUSED' });
        const viewer = keys[authorization.replace('Bearer ', '')];
        if (!viewer) throw unauthenticated(locale);
        return viewer;
      },
      createContext: (caller): Context => ({ ...caller, serial: (this.contexts += 1) }),
      ready: () => this.ready(),
      log: pino({ level: 'debug' }, { write: (line: string) => void this.log.push(JSON.parse(line)) }),
      allowedOrigins: ['https://partner.example'],
      ...options,
    });
    this.door.server.listen(0, '127.0.0.1');
    await once(this.door.server, 'listening');
    this.url = `http://127.0.0.1:${this.port}/graphql`;
    return this;
  }

  get port(): number {
    return (this.door.server.address() as AddressInfo).port;
  }

  /** Resolves when so many streams are open. */
  async streamCount(count: number): Promise<void> {
    while (this.streams.size !== count) await new Promise<void>((resolve) => this.#streamsChanged.push(resolve));
  }

  emit(value: unknown): void {
    for (const stream of this.streams) stream.push(value);
  }

  #schema() {
    const schema = buildSchema(typeDefs);
    const resolve = (type: string, resolvers: Record<string, GraphQLFieldResolver<unknown, Context>>): void => {
      const fields = (schema.getType(type) as ReturnType<typeof schema.getQueryType>)!.getFields();
      for (const [name, resolver] of Object.entries(resolvers)) {
        fields[name]!.resolve = (...args) => {
          this.resolved += 1;
          return resolver(...args);
        };
      }
    };
    const team = { name: '百花队' };
    const nested = { team: () => team, teams: () => ({ nodes: [team] }) };
    resolve('Team', nested);
    resolve('Query', {
      ...nested,
      hello: (_root, { name }) => `你好 ${name ?? '百花'}`,
      badge: (_root, { kind }) => kind,
      whoAmI: (_root, _args, { viewer }) => viewer.role,
      where: (_root, _args, { address }) => address,
      absent: () => {
        throw new AppError('NOT_FOUND', '没有找到', { hint: 'kept' });
      },
      broken: () => {
        throw new Error('password=secret at /srv/app.ts');
      },
      unreachable: () => {
        const cause = Object.assign(new Error('sorry, too many clients already'), { code: '53300' });
        throw new Error('the query failed', { cause });
      },
      picky: () => {
        throw new GraphQLError('not your concern', { extensions: { secret: 1 } });
      },
      gate: async () => {
        this.gateReached.resolve();
        await this.gate.promise;
        return 'open';
      },
    });
    resolve('Mutation', {
      rename: (_root, { name }, { setSession }) => {
        const expiresAt = new Date('2026-12-01');
        if (name === 'session' && !setSession) return 'no reply can carry it';
        if (name === 'session') setSession?.({ token: 'a-token-of-some-length_1', expiresAt });
        if (name === 'no session') setSession?.(null);
        return name;
      },
    });
    const subscription = schema.getSubscriptionType()!.getFields();
    for (const name of ['ticks', 'contexts', 'text']) {
      subscription[name]!.subscribe = () => this.#stream();
      subscription[name]!.resolve = (root, _args, context: Context) => (name === 'contexts' ? context.serial : root);
    }
    subscription.gone!.subscribe = () => {
      throw new AppError('CURSOR_EXPIRED', '游标已过期');
    };
    return schema;
  }

  #stream(): Stream {
    const stream = new Stream(() => {
      this.streams.delete(stream);
      this.#changed();
    });
    this.streams.add(stream);
    this.#changed();
    return stream;
  }

  #changed(): void {
    for (const resolve of this.#streamsChanged.splice(0)) resolve();
  }
}

/** An event stream that a test pushes into; an Error that is pushed is thrown to the reader. */
class Stream implements AsyncIterableIterator<unknown> {
  readonly #values: unknown[] = [];
  #waiting: ((step: IteratorResult<unknown> | Promise<never>) => void) | undefined;

  constructor(private readonly onEnd: () => void) {}

  push(value: unknown): void {
    if (!this.#waiting) return void this.#values.push(value);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting(value instanceof Error ? Promise.reject(value) : { done: false, value });
  }

  async next(): Promise<IteratorResult<unknown>> {
    if (this.#values.length > 0) {
      const value = this.#values.shift();
      if (value instanceof Error) throw value;
      return { done: false, value };
    }
    return new Promise((resolve) => (this.#waiting = resolve));
  }

  async return(): Promise<IteratorResult<unknown>> {
    this.onEnd();
    this.#waiting?.({ done: true, value: undefined });
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}

/** A world for all tests of a file. */
export function useWorld(options: Partial<DoorOptions> = {}): World {
  const world = new World();
  beforeAll(() => world.open(options));
  afterAll(() => world.door.close());
  return world;
}
