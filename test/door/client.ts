import { once } from 'node:events';
import net from 'node:net';
import { afterEach, expect } from 'vitest';
import { WebSocket, type ClientOptions } from 'ws';
import type { World } from './world.js';

/** Where to knock. */
export type Doorway = Pick<World, 'url' | 'port'>;

export interface Answer {
  data?: Record<string, unknown> | null;
  extensions?: Record<string, unknown>;
  errors?: { message: string; path?: unknown[]; locations?: unknown[]; extensions: Record<string, unknown> }[];
}

export interface Asked {
  query?: string;
  variables?: Record<string, unknown>;
  operationName?: string;
  extensions?: Record<string, unknown>;
}

export function post(
  world: Pick<Doorway, 'url'>,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(world.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'accept-language': 'en', ...headers },
    body: body instanceof Uint8Array || typeof body === 'string' ? (body as string) : JSON.stringify(body),
  });
}

/** Writes bytes and reads until the server closes, for requests that no HTTP client would send. */
export async function raw(world: Pick<Doorway, 'port'>, text: string): Promise<string> {
  const socket = net.connect(world.port, '127.0.0.1');
  let reply = '';
  socket.setEncoding('utf8').on('data', (chunk) => (reply += chunk));
  socket.write(text);
  await once(socket, 'close');
  return reply;
}

export async function answerOf(response: Response): Promise<Answer> {
  return (await response.json()) as Answer;
}

interface Message {
  type: string;
  id?: string;
  payload?: Answer | Answer['errors'];
}

/** A client that speaks graphql-transport-ws by hand, so that it can also speak it wrongly. */
export class Client {
  readonly closed: Promise<{ code: number; reason: string }>;
  /** 101, or what the upgrade was refused with; 0 when the client itself would not have it. */
  readonly upgraded: Promise<{ status: number; body: string; headers: NodeJS.Dict<string | string[]> }>;
  readonly #messages: Message[] = [];
  readonly #waiting: ((message: Message) => void)[] = [];

  constructor(readonly webSocket: WebSocket) {
    this.closed = new Promise((resolve) =>
      webSocket.on('close', (code, reason) => resolve({ code, reason: String(reason) })),
    );
    this.upgraded = new Promise((resolve) => {
      webSocket.on('open', () => resolve({ status: 101, body: '', headers: {} }));
      webSocket.on('error', () => resolve({ status: 0, body: '', headers: {} }));
      webSocket.on('unexpected-response', (_request, response) => {
        let body = '';
        response.on('data', (chunk) => (body += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }));
      });
    });
    webSocket.on('message', (data) => {
      const message = JSON.parse(String(data)) as Message;
      const waiting = this.#waiting.shift();
      if (waiting) waiting(message);
      else this.#messages.push(message);
    });
  }

  send(message: unknown): void {
    this.webSocket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  subscribe(id: string, payload: Asked | string): void {
    this.send({ type: 'subscribe', id, payload: typeof payload === 'string' ? { query: payload } : payload });
  }

  async next(): Promise<Message> {
    return this.#messages.shift() ?? new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Sends `connection_init` and waits for its answer. */
  async init(payload?: Record<string, unknown>): Promise<this> {
    this.send({ type: 'connection_init', payload });
    await this.next();
    return this;
  }
}

const clients: Client[] = [];
afterEach(() => {
  for (const { webSocket } of clients.splice(0)) webSocket.terminate();
});

/** A socket whose upgrade was answered, one way or the other. It ends with its test, unless it is to be kept. */
export async function connect(
  world: Pick<Doorway, 'port'>,
  {
    path = '/graphql',
    protocols = 'graphql-transport-ws',
    keep = false,
    ...options
  }: ClientOptions & { path?: string; protocols?: string | string[]; keep?: boolean } = {},
): Promise<Client> {
  const client = new Client(
    new WebSocket(`ws://127.0.0.1:${world.port}${path}`, protocols, {
      ...options,
      headers: { 'accept-language': 'en', ...options.headers },
    }),
  );
  if (!keep) clients.push(client);
  await client.upgraded;
  return client;
}

/** Asks by one of the transports, on a connection of its own. */
export async function ask(
  world: Doorway,
  transport: 'HTTP' | 'socket',
  asked: Asked,
  { key, locale = 'en' }: { key?: string; locale?: string } = {},
): Promise<Answer> {
  const authorization = key && `Bearer ${key}`;
  if (transport === 'HTTP') {
    return answerOf(await post(world, asked, { 'accept-language': locale, ...(authorization && { authorization }) }));
  }
  const client = await (await connect(world)).init({ authorization, locale });
  client.subscribe('1', { query: '', ...asked });
  const { type, payload } = await client.next();
  if (type === 'error') return { errors: payload as Answer['errors'] };
  return payload as Answer;
}

/** The socket serves: what went before did not harm it. */
export async function expectAlive(client: Client): Promise<void> {
  client.subscribe('alive', '{ hello }');
  expect(await client.next()).toEqual({ type: 'next', id: 'alive', payload: { data: { hello: '你好 百花' } } });
  expect(await client.next()).toEqual({ type: 'complete', id: 'alive' });
}

/** Knocks until the door has noticed that a socket left. */
export async function expectAdmitted(world: Doorway): Promise<void> {
  let status = 503;
  while (status === 503) ({ status } = await (await connect(world)).upgraded);
  expect(status).toBe(101);
}

/** Refused as an HTTP request, with the door's own form of an error, and nothing executed. */
export async function expectRefused(response: Response, status: number, code = 'BAD_USER_INPUT'): Promise<Answer> {
  const answer = await answerOf(response);
  expect(response.status).toBe(status);
  expect(answer.errors?.[0]?.extensions).toEqual({ code, requestId: response.headers.get('x-request-id') });
  expect(answer.data).toBeUndefined();
  return answer;
}
