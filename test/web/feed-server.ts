import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

interface Message {
  id?: string;
  type: string;
  payload?: { query?: string; variables?: Record<string, unknown>; authorization?: string };
}

/** A follower as the server sees it: one subscription of check-ins on one socket. */
export interface Follower {
  readonly socket: WebSocket;
  readonly variables: Record<string, unknown>;
  readonly authorization: string | undefined;
  frame(cursor: string, ...sequences: number[]): void;
  /** The same for the scoreboard's subscription, if there is one. */
  scoreboard(value: unknown): void;
  refuse(code: string): void;
}

/** A feed whose every move a test decides: it speaks graphql-transport-ws and nothing happens in it by itself. */
export class FeedServer {
  #server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'graphql-transport-ws' });
  #waiting: ((follower: Follower) => void)[] = [];
  #arrived: Follower[] = [];
  /** Connections so far, whatever became of them. */
  connections = 0;
  /** What happens to a new connection before it says anything. */
  greet: (socket: WebSocket) => void = () => {};
  answersPings = true;

  static async open(): Promise<FeedServer> {
    const server = new FeedServer();
    if (!server.#server.address()) await once(server.#server, 'listening');
    server.#server.on('connection', (socket) => server.#serve(socket));
    return server;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get sockets(): WebSocket[] {
    return [...this.#server.clients];
  }

  /** The next subscription of check-ins that comes, or came and was not asked for yet. */
  follower(): Promise<Follower> {
    const arrived = this.#arrived.shift();
    return arrived ? Promise.resolve(arrived) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  async close(): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: WebSocket): void {
    this.connections += 1;
    socket.on('error', () => {});
    this.greet(socket);
    let authorization: string | undefined;
    let scoreboardId: string | undefined;
    const send = (message: object) => socket.send(JSON.stringify(message));
    socket.on('message', (data: Buffer) => {
      const { id, type, payload } = JSON.parse(data.toString()) as Message;
      if (type === 'connection_init') {
        authorization = payload?.authorization;
        send({ type: 'connection_ack' });
      } else if (type === 'ping') {
        if (this.answersPings) send({ type: 'pong' });
      } else if (type === 'subscribe') {
        if (payload?.query?.includes('scoreboard')) {
          scoreboardId = id;
          return;
        }
        const follower: Follower = {
          socket,
          authorization,
          variables: payload?.variables ?? {},
          frame: (cursor, ...sequences) =>
            send({
              id,
              type: 'next',
              payload: { data: { checkIns: { cursor, checkIns: sequences.map((sequence) => ({ sequence })) } } },
            }),
          scoreboard: (scoreboard) => send({ id: scoreboardId, type: 'next', payload: { data: { scoreboard } } }),
          refuse: (code) => send({ id, type: 'error', payload: [{ message: code, extensions: { code } }] }),
        };
        const waiting = this.#waiting.shift();
        if (waiting) waiting(follower);
        else this.#arrived.push(follower);
      }
    });
  }
}
