import type { Socket } from 'node:net';
import { WebSocket, type RawData } from 'ws';
import type { WebSocket as ProtocolSocket } from 'graphql-ws';
import type { Caller, Credentials } from './caller.js';
import { closeCodes, closeReasons, type Limits } from './limits.js';

/** RFC 6455 leaves this many bytes for a reason. */
const reasonBytes = 123;

/** A WebSocket that knows its connection, so that the functions that listen to it can be the same for all. */
export class Line extends WebSocket {
  connection: Connection | undefined;
}

/** What all sockets of a door have in common. */
export interface Keeper {
  readonly limits: Limits;
  /** It is closed, by either side. */
  onClosed(connection: Connection, code: number, reason: string): void;
  /** ws has found something wrong, such as a bad frame, and closes by itself, with the code that fits. */
  onError(connection: Connection, error: Error): void;
  /** Called once when the door closes a socket, before the other side agrees: streams end at once. */
  onClosing(connection: Connection, code: number, reason: string): void;
  /** A message could not be dealt with. */
  onFailed(connection: Connection, error: unknown): void;
}

/**
 * One socket: what comes in and what is sent to it, whether it keeps up, whether it is alive. There are thousands of them
 * for half a day, so they hold little: no timers, and no functions of their own where one for all will do.
 */
export class Connection implements ProtocolSocket {
  /** Whether `connection_init` has come. */
  initialised = false;
  /** Ends what graphql-ws does here; undefined before it begins and when it has ended. */
  finish: ((code: number, reason: string) => Promise<void>) | undefined;
  private receive: ((message: string) => Promise<void>) | undefined;
  private operations = 0;
  private readonly openedAt: number;
  private pingedAt: number;
  private pongAwaited = false;
  /** Operations with one answer that have not had it yet, if any, and whether to close when all have. */
  private unanswered: Set<object> | undefined;
  private leaving = false;
  /** Bytes that the reader's side had taken when some were left, and since when it took no more. */
  private taken = 0;
  private takenAt: number;

  constructor(
    readonly webSocket: Line,
    /** Below the WebSocket, for those who write frames themselves. */
    readonly tcp: Socket,
    /** The public until `connection_init` says otherwise. */
    public caller: Caller,
    /** What the upgrade showed: used when `connection_init` shows nothing. */
    public credentials: Credentials | undefined,
    readonly keeper: Keeper,
  ) {
    this.openedAt = this.pingedAt = this.takenAt = performance.now();
    webSocket.connection = this;
    webSocket.on('message', onMessage);
    webSocket.on('pong', onPong);
    webSocket.on('close', onClose);
    // Without a listener an error would end the process.
    webSocket.on('error', onError);
  }

  get protocol(): string {
    return this.webSocket.protocol;
  }

  get open(): boolean {
    return this.webSocket.readyState === WebSocket.OPEN;
  }

  /** The caller of the next operation, under a request id of its own. */
  nextCaller(): Caller {
    this.operations += 1;
    return { ...this.caller, requestId: `${this.caller.requestId}.${this.operations}` };
  }

  /** Resolves when the system has taken the message, or never will. Who still has too much unsent is cut off instead. */
  send(message: string): Promise<void> | void {
    if (!this.open) return;
    if (this.tcp.writableLength > this.keeper.limits.bufferedBytes) return this.cutOff();
    return new Promise((resolve) => this.webSocket.send(message, () => resolve()));
  }

  /**
   * Sends a text message that is given as the bytes of its UTF-8, one character each. For what goes to many sockets with
   * only its beginning different: the shared rest is encoded once, and each socket costs one short string and one write.
   */
  push(bytes: string): void {
    if (!this.open) return;
    if (this.tcp.writableLength > this.keeper.limits.bufferedBytes) return this.cutOff();
    this.tcp.write(textFrameHead(bytes.length) + bytes, 'latin1');
  }

  /** Whether so much is unsent that whoever has more to tell should wait. */
  get behind(): boolean {
    return this.open && this.tcp.writableLength > this.keeper.limits.bufferedBytes / 4;
  }

  /** Where graphql-ws says what takes the messages. */
  onMessage(receive: (message: string) => Promise<void>): void {
    this.receive = receive;
  }

  take(data: RawData, isBinary: boolean): void {
    if (!this.open) return;
    const message = isBinary ? undefined : parseObject(String(data));
    if (message === undefined) return this.close(closeCodes.badRequest, closeReasons.badRequest);
    // As an object, which graphql-ws takes as well: the text it would keep for as long as what it asks for goes on.
    this.receive?.(message as never).catch((error: unknown) => this.keeper.onFailed(this, error));
  }

  ponged(): void {
    this.pongAwaited = false;
  }

  close(code: number = closeCodes.tryAgainLater, reason: string = closeReasons.tryAgainLater): void {
    if (!this.open) return;
    const short = Buffer.byteLength(reason) <= reasonBytes ? reason : '';
    this.webSocket.close(code, short);
    this.keeper.onClosing(this, code, short);
  }

  /** An operation with one answer begins; `operation` is whatever tells it from others. */
  begin(operation: object): void {
    (this.unanswered ??= new Set()).add(operation);
  }

  /** Its answer is on the way; what says that it is complete may still be handed over in this turn. */
  answered(operation: object): void {
    this.unanswered?.delete(operation);
    if (this.unanswered?.size === 0) this.unanswered = undefined;
    if (this.leaving) setImmediate(() => this.leave());
  }

  /** Tells the other side to go elsewhere, as soon as it has had its answers. Streams it can take up there. */
  leave(): void {
    this.leaving = true;
    if (!this.unanswered) this.close(closeCodes.goingAway, closeReasons.goingAway);
  }

  cutOff(): void {
    this.close(closeCodes.tooSlow, closeReasons.tooSlow);
  }

  /** Looks after the socket now and then: cuts off who does not keep up, pings, gives up on who does not answer. */
  sweep(now: number): void {
    if (!this.open) return;
    const { limits } = this.keeper;
    if (!this.initialised && now - this.openedAt >= limits.connectionInitMs) {
      return this.close(closeCodes.initTooLate, closeReasons.initTooLate);
    }
    const unsent = this.tcp.writableLength;
    if (unsent === 0) this.takenAt = now;
    else {
      const taken = this.tcp.bytesWritten - unsent;
      if (taken !== this.taken) this.takenAt = now;
      this.taken = taken;
    }
    if (unsent > limits.bufferedBytes || now - this.takenAt >= limits.stalledMs) return this.cutOff();
    if (now - this.pingedAt < limits.pingMs) return;
    // An answer that waits behind unsent data says "slow", and the reader should hear so.
    if (this.pongAwaited) return unsent > 0 ? this.cutOff() : this.webSocket.terminate();
    this.pingedAt = now;
    this.pongAwaited = true;
    this.webSocket.ping();
  }
}

function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  (this as Line).connection!.take(data, isBinary);
}

function onPong(this: WebSocket): void {
  (this as Line).connection!.ponged();
}

function onClose(this: WebSocket, code: number, reason: Buffer): void {
  const connection = (this as Line).connection!;
  connection.keeper.onClosed(connection, code, String(reason));
}

function onError(this: WebSocket, error: Error): void {
  const connection = (this as Line).connection!;
  connection.keeper.onError(connection, error);
}

/** Undefined for what is no JSON of an object; graphql-ws looks closer. */
function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
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
