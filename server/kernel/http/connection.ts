import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { Caller, Credentials } from './caller.js';
import { closeCodes, closeReasons, type Limits } from './limits.js';

/** RFC 6455 leaves this many bytes for a reason. */
const reasonBytes = 123;

/** One socket: what is sent to it, whether it keeps up, whether it is alive. */
export class Connection {
  #operations = 0;
  #pingedAt: number;
  #pongAwaited = false;
  /** Operations with one answer that have not had it yet, and whether to close when all have. */
  readonly #unanswered = new Set<object>();
  #leaving = false;
  /** Bytes that the reader's side has taken, and since when it took no more. */
  #taken = 0;
  #takenAt: number;

  constructor(
    readonly webSocket: WebSocket,
    /** Below the WebSocket, for those who write frames themselves. */
    readonly tcp: Socket,
    /** The public until `connection_init` says otherwise. */
    public caller: Caller,
    /** What the upgrade showed: used when `connection_init` shows nothing. */
    readonly credentials: Credentials,
    private readonly limits: Limits,
    /** Called once when the door closes the socket, before the other side agrees: streams end at once. */
    private readonly onClosing: (code: number, reason: string) => void,
  ) {
    this.#pingedAt = this.#takenAt = performance.now();
    webSocket.on('pong', () => (this.#pongAwaited = false));
  }

  get open(): boolean {
    return this.webSocket.readyState === WebSocket.OPEN;
  }

  /** The caller of the next operation, under a request id of its own. */
  nextCaller(): Caller {
    this.#operations += 1;
    return { ...this.caller, requestId: `${this.caller.requestId}.${this.#operations}` };
  }

  /** Resolves when the system has taken the message, or never will. Who still has too much unsent is cut off instead. */
  send(message: string): Promise<void> | void {
    if (!this.open) return;
    if (this.tcp.writableLength > this.limits.bufferedBytes) return this.cutOff();
    return new Promise((resolve) => this.webSocket.send(message, () => resolve()));
  }

  /**
   * Sends a text message that is given as the bytes of its UTF-8, one character each. For what goes to many sockets with
   * only its beginning different: the shared rest is encoded once, and each socket costs one short string and one write.
   */
  push(bytes: string): void {
    if (!this.open) return;
    if (this.tcp.writableLength > this.limits.bufferedBytes) return this.cutOff();
    this.tcp.write(textFrameHead(bytes.length) + bytes, 'latin1');
  }

  /** Whether so much is unsent that whoever has more to tell should wait. */
  get behind(): boolean {
    return this.open && this.tcp.writableLength > this.limits.bufferedBytes / 4;
  }

  close(code: number, reason: string): void {
    if (!this.open) return;
    const short = Buffer.byteLength(reason) <= reasonBytes ? reason : '';
    this.webSocket.close(code, short);
    this.onClosing(code, short);
  }

  /** An operation with one answer begins; `operation` is whatever tells it from others. */
  begin(operation: object): void {
    this.#unanswered.add(operation);
  }

  /** Its answer is on the way; what says that it is complete may still be handed over in this turn. */
  answered(operation: object): void {
    this.#unanswered.delete(operation);
    if (this.#leaving) setImmediate(() => this.leave());
  }

  /** Tells the other side to go elsewhere, as soon as it has had its answers. Streams it can take up there. */
  leave(): void {
    this.#leaving = true;
    if (this.#unanswered.size === 0) this.close(closeCodes.goingAway, closeReasons.goingAway);
  }

  cutOff(): void {
    this.close(closeCodes.tooSlow, closeReasons.tooSlow);
  }

  /** Looks after the socket now and then: cuts off who does not keep up, pings, gives up on who does not answer. */
  sweep(now: number): void {
    if (!this.open) return;
    const unsent = this.tcp.writableLength;
    const taken = this.tcp.bytesWritten - unsent;
    if (unsent === 0 || taken !== this.#taken) {
      this.#taken = taken;
      this.#takenAt = now;
    }
    if (unsent > this.limits.bufferedBytes || now - this.#takenAt >= this.limits.stalledMs) return this.cutOff();
    if (now - this.#pingedAt < this.limits.pingMs) return;
    // An answer that waits behind unsent data says "slow", and the reader should hear so.
    if (this.#pongAwaited) return unsent > 0 ? this.cutOff() : this.webSocket.terminate();
    this.#pingedAt = now;
    this.#pongAwaited = true;
    this.webSocket.ping();
  }
}

/** RFC 6455, section 5.2: a whole text message, unmasked, and its length in one, two or eight bytes. */
function textFrameHead(length: number): string {
  if (length < 126) return String.fromCharCode(0x81, length);
  if (length < 65_536) return String.fromCharCode(0x81, 126, length >> 8, length & 0xff);
  return String.fromCharCode(
    0x81,
    127,
    0,
    0,
    0,
    0,
    length >>> 24,
    (length >> 16) & 0xff,
    (length >> 8) & 0xff,
    length & 0xff,
  );
}
