import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

interface Row {
  sequence: number;
}

/**
 * A screen: reads a snapshot, follows from its cursor, and comes back for ever with the last cursor that it has. Keeps
 * every sequence that it was told, in the order in which it was.
 */
export class Wall {
  readonly sequences: number[] = [];
  /** The first sequence behind the snapshot. */
  first = 0;
  reconnects = 0;
  stopped = false;

  private cursor = '';
  private socket: WebSocket | undefined;

  constructor(
    private readonly url: string,
    private readonly eventCode: string,
    private readonly key?: string,
  ) {}

  async open(): Promise<this> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...this.authorization() },
      body: JSON.stringify({
        query: `query ($code: String!) { communityEvent(code: $code) { id cursor checkIns(first: 1) { nodes { sequence } } } }`,
        variables: { code: this.eventCode },
      }),
    });
    const { data } = (await response.json()) as {
      data: { communityEvent: { id: string; cursor: string; checkIns: { nodes: Row[] } } };
    };
    const { id, cursor, checkIns } = data.communityEvent;
    this.cursor = cursor;
    this.first = (checkIns.nodes[0]?.sequence ?? 0) + 1;
    this.follow(id);
    return this;
  }

  private authorization(): Record<string, string> {
    return this.key ? { authorization: `Bearer ${this.key}` } : {};
  }

  private follow(event: string): void {
    if (this.stopped) return;
    // One connection for each attempt, so that each one goes on from the cursor that is known by then.
    const client = createClient({
      url: `${this.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      lazy: true,
      connectionParams: this.authorization(),
      on: { connected: (socket) => (this.socket = socket as WebSocket) },
    });
    const again = () => {
      if (this.stopped) return;
      this.reconnects++;
      setTimeout(() => this.follow(event), 20 + Math.random() * 80);
    };
    client.subscribe<{ checkIns: { cursor: string; checkIns: Row[] } }>(
      {
        query: `subscription ($event: ID!, $after: Cursor) { checkIns(event: $event, after: $after) {
          cursor checkIns { sequence direction at post { name code } volunteer { displayName contingent } } } }`,
        variables: { event, after: this.cursor },
      },
      {
        next: ({ data }) => {
          if (!data) return;
          this.sequences.push(...data.checkIns.checkIns.map((row) => row.sequence));
          this.cursor = data.checkIns.cursor;
        },
        error: again,
        complete: again,
      },
    );
  }

  /** Cuts the line as a broken cable would: no goodbye. */
  cut(): void {
    this.socket?.terminate();
  }

  stop(): void {
    this.stopped = true;
    this.socket?.close();
  }

  get last(): number {
    return this.sequences.at(-1) ?? this.first - 1;
  }

  /** What the wall should have seen by now: every sequence behind the snapshot, once, in order. */
  get expected(): number[] {
    return Array.from({ length: this.last - this.first + 1 }, (_, i) => this.first + i);
  }
}
