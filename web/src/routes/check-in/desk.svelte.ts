import { clockSkew } from '#lib/clock.ts';
import { readCode, readScan } from '#lib/code.ts';
import type { ResultOf } from '#lib/graphql.ts';
import type { Locale } from '#lib/locale.ts';
import { ApiError, request } from '#lib/request.ts';
import { checkIn, checkOut } from './check-in.graphql.ts';

export type Direction = 'IN' | 'OUT';

type Answer = ResultOf<typeof checkIn>['result'] | ResultOf<typeof checkOut>['result'];

/** What fills the screen: what the API answered, or why it did not take the request. */
export type Outcome = Answer | { __typename: 'Failed'; message: string };

/** A scan on its way. It stays as it is until it is answered: the same key with another body would be refused. */
interface Sending {
  key: string;
  direction: Direction;
  event: string;
  pass: string;
  postCode: string | null;
  /** When the button was pressed, which is what counts, however long the network takes. */
  at: string;
}

const passKey = 'baihua.pass';
const sendingKey = 'baihua.sending';

/** The system's faults, not the request's: worth trying again. */
const passingCodes = ['SERVICE_UNAVAILABLE', 'RATE_LIMITED', 'INTERNAL_SERVER_ERROR'];

const longestPauseMs = 15_000;

/** What a volunteer holds while checking in: the pass, the post's code, the scan on its way, and how it ended. */
export class Desk {
  pass = $state.raw<string | null>(null);
  /** As typed; complete or not. */
  code = $state('');
  sending = $state.raw<Sending | null>(null);
  /** Times that the scan on its way was sent in vain. */
  failures = $state.raw(0);
  outcome = $state.raw<Outcome | null>(null);
  /** Which way the outcome went. */
  direction = $state.raw<Direction>('IN');
  readonly postCode = $derived(readCode(this.code));

  #event: string;
  #locale: Locale;
  /** What the server's clock is ahead of this phone's. */
  #skewMs = 0;
  #endPause = () => {};

  constructor(event: string, locale: Locale) {
    this.#event = event;
    this.#locale = locale;
  }

  /**
   * Takes up what this phone remembers, a scan that was never answered first of all. `serverNow` is the server's time
   * when it made the page.
   */
  open(serverNow: number): () => void {
    this.#skewMs = clockSkew(serverNow);
    this.pass = recall(passKey);
    const sending = parseSending(recall(sendingKey));
    if (sending) {
      this.sending = sending;
      void this.#deliver(sending);
    }
    const wake = () => this.#endPause();
    addEventListener('online', wake);
    return () => {
      removeEventListener('online', wake);
      // The page goes, the scan stays: whoever opens the page next takes it up.
      this.sending = null;
      this.#endPause();
    };
  }

  /** Takes whatever was scanned, pasted or followed; false when it is neither a post's code nor a pass. */
  take(text: string): boolean {
    const scan = readScan(text);
    if (scan?.code) this.code = scan.code;
    if (scan?.pass) {
      this.pass = scan.pass;
      remember(passKey, scan.pass);
    }
    return scan !== null;
  }

  forgetPass(): void {
    this.pass = null;
    remember(passKey, null);
  }

  /** Sends one scan. Needs a pass, and to check in also a complete code. */
  send(direction: Direction): void {
    if (!this.pass || this.sending) return;
    const sending: Sending = {
      key: uuid(),
      direction,
      event: this.#event,
      pass: this.pass,
      postCode: this.postCode,
      at: new Date(Date.now() + this.#skewMs).toISOString(),
    };
    remember(sendingKey, JSON.stringify(sending));
    this.sending = sending;
    void this.#deliver(sending);
  }

  /** Gives up waiting. The API may have recorded the scan all the same; another one then says so. */
  abandon(): void {
    this.sending = null;
    remember(sendingKey, null);
    this.#endPause();
  }

  /** Back to the start, with the pass but without the code: that one has served. */
  finish(): void {
    this.outcome = null;
    this.code = '';
  }

  async #deliver(sending: Sending): Promise<void> {
    const { key, direction, event, pass, postCode, at } = sending;
    const input = { key, event, pass, postCode, at, method: postCode ? 'POST_CODE' : 'VOLUNTEER_PASS' } as const;
    this.failures = 0;
    while (this.sending === sending) {
      let outcome: Outcome | undefined;
      try {
        const document = direction === 'IN' ? checkIn : checkOut;
        outcome = (
          await request<{ result: Answer }, { input: typeof input }>(
            fetch,
            document,
            { input },
            { locale: this.#locale },
          )
        ).result;
      } catch (problem) {
        const final = problem instanceof ApiError && !passingCodes.includes(problem.code);
        if (final) outcome = { __typename: 'Failed', message: problem.message };
      }
      if (this.sending !== sending) return;
      if (outcome) {
        remember(sendingKey, null);
        this.sending = null;
        this.direction = direction;
        this.outcome = outcome;
        return;
      }
      this.failures += 1;
      const longest = Math.min(1000 * 2 ** (this.failures - 1), longestPauseMs);
      await this.#pause(longest / 2 + (Math.random() * longest) / 2);
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** A random UUID; `crypto.randomUUID` itself is missing on a plain http page. */
function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

// A browser may keep nothing at all, in private mode or when the phone is full: then the page still works, for once.
function recall(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function remember(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // See above.
  }
}

function parseSending(text: string | null): Sending | null {
  if (text === null) return null;
  try {
    const { key, direction, event, pass, postCode, at } = JSON.parse(text) as Sending;
    const whole = [key, event, pass, at].every((part) => typeof part === 'string');
    return whole && (direction === 'IN' || direction === 'OUT') ? { key, direction, event, pass, postCode, at } : null;
  } catch {
    return null;
  }
}
