import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** One connection through the proxy: the client's side and the server's. */
interface Link {
  client: Socket;
  server: Socket;
  /** Where it leads. */
  target: number;
  /** Carries nothing any more, and says nothing about it. */
  silent: boolean;
  /** The client has sent a mutation over HTTP and waits for its reply. */
  mutating: boolean;
}

const isReply = /^HTTP\/1\.1 200/;

/** A TCP proxy that behaves like a bad network when told to. */
export class Proxy {
  readonly seen = { repliesDropped: 0, requestsHalved: 0, connectionsCut: 0, connectionsSilenced: 0 };
  private readonly links = new Set<Link>();
  private repliesToDrop = 0;
  private requestsToHalve = 0;
  private silentForNew = false;
  private readonly server: Server = createServer((client) => this.accept(client));

  /** `target` is a port on this machine; it can be changed for the connections to come. */
  constructor(public target: number) {}

  async open(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What the next `count` mutations are answered never reaches their clients: it is committed, and nobody hears. */
  dropReplies(count: number): void {
    this.repliesToDrop += count;
  }

  /** Of the next `count` mutations only the first half reaches the server. */
  halveRequests(count: number): void {
    this.requestsToHalve += count;
  }

  /** How many mutations over HTTP the server at this port has and has not answered. */
  unanswered(target: number): number {
    return [...this.links].filter((link) => link.target === target && link.mutating).length;
  }

  /** How many dropped replies and halved requests are still to come. */
  get pending(): number {
    return this.repliesToDrop + this.requestsToHalve;
  }

  forgive(): void {
    this.repliesToDrop = this.requestsToHalve = 0;
  }

  /** Ends every connection without a goodbye. */
  cut(): void {
    this.seen.connectionsCut += this.links.size;
    for (const link of this.links) hangUp(link);
  }

  /**
   * The connections that are open stay so and carry nothing any more in either direction: no data, no end. With `newOnes`,
   * those to come are the same, until `heal`.
   */
  silence({ newOnes = false } = {}): void {
    this.silentForNew = newOnes;
    for (const link of this.links) this.mute(link);
  }

  /** For connections to come; a line that has gone silent stays so until somebody gives it up. */
  heal(): void {
    this.silentForNew = false;
  }

  /** Ends the lines that are silent, so that whoever has not noticed does now. */
  endSilence(): void {
    for (const link of this.links) if (link.silent) hangUp(link);
  }

  async close(): Promise<void> {
    this.server.close();
    for (const link of this.links) hangUp(link);
    await once(this.server, 'close');
  }

  private mute(link: Link): void {
    if (link.silent) return;
    link.silent = true;
    this.seen.connectionsSilenced++;
    link.client.pause();
    link.server.pause();
  }

  private accept(client: Socket): void {
    const server = connect({ port: this.target, host: '127.0.0.1', noDelay: true });
    const link: Link = { client, server, target: this.target, silent: false, mutating: false };
    client.setNoDelay(true);
    this.links.add(link);
    if (this.silentForNew) this.mute(link);

    client.on('data', (chunk) => this.fromClient(link, chunk));
    server.on('data', (chunk) => this.fromServer(link, chunk));
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      // A paused socket reads no end either, so a silent line says nothing of it.
      from.on('end', () => to.end());
      from.on('error', () => this.drop(link));
      from.on('close', () => this.drop(link));
      to.on('drain', () => !link.silent && from.resume());
    }
  }

  private fromClient(link: Link, chunk: Buffer): void {
    if (chunk.includes('mutation ')) {
      link.mutating = true;
      if (this.requestsToHalve > 0) {
        this.requestsToHalve--;
        this.seen.requestsHalved++;
        link.server.write(chunk.subarray(0, chunk.length / 2), () => hangUp(link));
        return;
      }
    }
    pass(chunk, link.client, link.server);
  }

  private fromServer(link: Link, chunk: Buffer): void {
    if (link.mutating && isReply.test(chunk.toString('latin1', 0, 12))) {
      link.mutating = false;
      if (this.repliesToDrop > 0) {
        this.repliesToDrop--;
        this.seen.repliesDropped++;
        // Sometimes a part of it arrives.
        if (this.seen.repliesDropped % 2) link.client.write(chunk.subarray(0, chunk.length / 2), () => hangUp(link));
        else hangUp(link);
        return;
      }
    }
    pass(chunk, link.server, link.client);
  }

  /** One side is gone. A silent line hides that from the other one. */
  private drop(link: Link): void {
    if (!this.links.has(link)) return;
    if (link.silent && !(link.client.destroyed && link.server.destroyed)) return;
    this.links.delete(link);
    link.client.destroy();
    link.server.destroy();
  }
}

function pass(chunk: Buffer, from: Socket, to: Socket): void {
  if (!to.destroyed && !to.write(chunk)) from.pause();
}

function hangUp({ client, server }: Link): void {
  client.resetAndDestroy();
  server.resetAndDestroy();
}
