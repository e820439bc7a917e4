import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

interface Row {
  sequence: number;
  direction: string;
  at: string;
  post: { code: string };
  volunteer: { displayName: string; contingent: string };
}

/** What a wall showed behind one snapshot. A second one begins only when the first can never go on: history was replaced. */
export interface History {
  epoch: string;
  /** The first sequence behind the snapshot. */
  first: number;
  /** Every sequence that it was told, in the order in which it was. */
  sequences: number[];
}

export interface WallOptions {
  key?: string;
  /** Chooses among so many nodes; the wall asks again whenever it has to reconnect. */
  pick?: (count: number) => number;
  /** Asks a quiet connection for a sign of life this often, and gives it up when none comes within the same time. */
  heartbeatMs?: number;
  /** Is told every row, for instance to compare it with what other walls are told. */
  onRow?: (epoch: string, sequence: number, text: string) => void;
}

/** How long a snapshot may take. */
const snapshotMs = 10_000;

/** One that is given up before it is open says so as an error, which nobody listens to any more by then. */
export class PatientWebSocket extends WebSocket {
  constructor(...parameters: ConstructorParameters<typeof WebSocket>) {
    super(...parameters);
    this.on('error', () => undefined);
  }
}

/**
 * A screen: reads a snapshot, follows from its cursor, and comes back for ever with the last cursor that it has, to
 * whichever node there is. When the cursor has expired it starts over from a new snapshot.
 */
export class Wall {
  readonly histories: History[] = [];
  reconnects = 0;
  /** Times that it was told that its cursor is of another history. */
  expiries = 0;
  /** What it was told besides rows, and why connections ended: text and how often. */
  readonly endings = new Map<string, number>();
  /** When and why connections ended that had been there, by `performance.now()`. */
  readonly losses: { at: number; why: string }[] = [];

  /** Where it follows, or tries to. */
  url = '';

  private readonly urls: readonly string[];
  private event = '';
  private cursor = '';
  private socket: WebSocket | undefined;
  /** Ends the present connection, if there is one. */
  private hangUp: () => void = () => undefined;
  private state: 'following' | 'away' | 'stopped' = 'following';
  /** Counts the times it went away: what was begun before that is over. */
  private turn = 0;
  /** Connections in a row that showed nothing. */
  private failures = 0;

  constructor(
    urls: string | readonly string[],
    private readonly eventCode: string,
    private readonly options: WallOptions = {},
  ) {
    this.urls = typeof urls === 'string' ? [urls] : urls;
  }

  async open(): Promise<this> {
    await this.takeSnapshot();
    this.follow();
    return this;
  }

  private pickUrl(): string {
    return this.urls[this.options.pick?.(this.urls.length) ?? 0]!;
  }

  private authorization(): Record<string, string> {
    return this.options.key ? { authorization: `Bearer ${this.options.key}` } : {};
  }

  private async takeSnapshot(): Promise<void> {
    const response = await fetch(`${this.pickUrl()}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...this.authorization() },
      signal: AbortSignal.timeout(snapshotMs),
      body: JSON.stringify({
        query: `query ($code: String!) { communityEvent(code: $code) { id cursor checkIns(first: 1) { nodes { sequence } } } }`,
        variables: { code: this.eventCode },
      }),
    });
    const { data, errors } = (await response.json()) as {
      data?: { communityEvent: { id: string; cursor: string; checkIns: { nodes: Row[] } } };
      errors?: unknown;
    };
    if (!data) throw new Error(`no snapshot: ${JSON.stringify(errors)}`);
    const { id, cursor, checkIns } = data.communityEvent;
    this.event = id;
    this.cursor = cursor;
    this.histories.push({ epoch: epochOf(cursor), first: (checkIns.nodes[0]?.sequence ?? 0) + 1, sequences: [] });
  }

  private follow(): void {
    // One connection for each attempt, so that each one goes on from the cursor that is known by then.
    const { heartbeatMs } = this.options;
    this.url = this.pickUrl();
    let over = false;
    let patience: NodeJS.Timeout | undefined;
    const end = (problem?: unknown) => {
      if (over) return;
      over = true;
      clearTimeout(patience);
      client.terminate();
      const why = this.count(problem);
      if (this.socket) this.losses.push({ at: performance.now(), why });
      // A goodbye would wait for an answer that a dead line never gives.
      this.socket?.terminate();
      this.socket = undefined;
      if (this.state === 'following') void this.comeBack(isExpired(problem));
    };
    const impatient = () => {
      clearTimeout(patience);
      if (heartbeatMs) patience = setTimeout(() => end('silence'), heartbeatMs);
    };
    const client = createClient({
      url: `${this.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: PatientWebSocket,
      retryAttempts: 0,
      lazy: true,
      connectionParams: this.authorization(),
      keepAlive: heartbeatMs,
      on: {
        connecting: impatient,
        connected: (socket) => {
          clearTimeout(patience);
          this.socket = socket as WebSocket;
        },
        ping: (received) => {
          if (!received) impatient();
        },
        pong: (received) => {
          if (received) clearTimeout(patience);
        },
      },
    });
    this.hangUp = () => end('left');
    client.subscribe<{ checkIns: { cursor: string; checkIns: Row[] } }>(
      {
        query: `subscription ($event: ID!, $after: Cursor) { checkIns(event: $event, after: $after) {
          cursor checkIns { sequence direction at post { name code } volunteer { displayName contingent } } } }`,
        variables: { event: this.event, after: this.cursor },
      },
      {
        next: ({ data, errors }) => {
          if (over) return;
          if (!data) return end(errors);
          this.cursor = data.checkIns.cursor;
          for (const row of data.checkIns.checkIns) this.show(row);
        },
        error: end,
        complete: end,
      },
    );
  }

  private show({ sequence, direction, at, post, volunteer }: Row): void {
    this.failures = 0;
    this.history.sequences.push(sequence);
    this.options.onRow?.(
      epochOf(this.cursor),
      sequence,
      [direction, at, post.code, volunteer.displayName, volunteer.contingent].join(' '),
    );
  }

  private async comeBack(expired: boolean): Promise<void> {
    this.reconnects++;
    if (expired) this.expiries++;
    const { turn } = this;
    for (let missing = expired; ;) {
      await delay(Math.min(50 * 2 ** this.failures++, 800) * (0.5 + Math.random() / 2));
      if (this.state !== 'following' || this.turn !== turn) return;
      try {
        if (missing) await this.takeSnapshot();
        missing = false;
        return this.follow();
      } catch (error) {
        this.count(error);
      }
    }
  }

  private count(problem: unknown): string {
    const { code, reason, message } = (problem ?? {}) as { code?: unknown; reason?: unknown; message?: unknown };
    const text = Array.isArray(problem)
      ? String(problem[0]?.extensions?.code)
      : typeof problem === 'string'
        ? problem
        : typeof code === 'number'
          ? `${code} ${String(reason)}`.trim()
          : String(message ?? 'complete');
    this.endings.set(text, (this.endings.get(text) ?? 0) + 1);
    return text;
  }

  /** Cuts the line as a broken cable would: no goodbye. */
  cut(): void {
    this.socket?.terminate();
  }

  /** Goes away, until `back`. */
  leave(): void {
    this.state = 'away';
    this.turn++;
    this.hangUp();
  }

  back(): void {
    this.state = 'following';
    this.follow();
  }

  get away(): boolean {
    return this.state === 'away';
  }

  stop(): void {
    this.state = 'stopped';
    this.hangUp();
  }

  private get history(): History {
    return this.histories.at(-1)!;
  }

  /** Of the present history. */
  get sequences(): number[] {
    return this.history.sequences;
  }

  get first(): number {
    return this.history.first;
  }

  get last(): number {
    return this.sequences.at(-1) ?? this.first - 1;
  }

  /** What the wall should have seen by now: every sequence behind the snapshot, once, in order. */
  get expected(): number[] {
    return expectedOf(this.history);
  }
}

/** From a history's first sequence to its last, without a gap. */
export function expectedOf({ first, sequences }: History): number[] {
  return Array.from({ length: (sequences.at(-1) ?? first - 1) - first + 1 }, (_, i) => first + i);
}

/** Cursors are opaque to clients; a proof that histories do not mix has to look inside. */
function epochOf(cursor: string): string {
  return Buffer.from(cursor, 'base64url').toString().split(':')[0]!;
}

function isExpired(problem: unknown): boolean {
  return Array.isArray(problem) && problem.some((error) => error?.extensions?.code === 'CURSOR_EXPIRED');
}
