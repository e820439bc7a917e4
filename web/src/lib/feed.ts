/**
 * Follows an event's live feed for ever. Knows no framework and no page: any client of the API may use it.
 *
 *   snapshot ──► follow from its cursor ──► resume behind the last check-in, whatever happened in between
 *
 * What it promises to `onCheckIns`: behind the snapshot's `sequence`, every check-in comes once and in order, 1, 2, 3 …,
 * across cut sockets, restarts of the server and days of sleep. Where that cannot be kept (the cursor is older than the
 * log, or the log was restored), a new snapshot comes by `onSnapshot` and the count starts from there.
 *
 * The wire is graphql-transport-ws. `graphql-ws` would by itself retry a subscription with its first variables, and so
 * replay the day from its beginning; that is why each connection here is a client of its own that never retries.
 */
import { createClient } from 'graphql-ws';

/** Where to go on from: the feed's `cursor`, and the highest sequence that the caller has shown already (0 for none). */
export interface FeedSnapshot {
  cursor: string;
  sequence: number;
}

/**
 * - `connecting`: not connected yet, since the start.
 * - `live`: connected; what is shown is what is.
 * - `reconnecting`: the connection was lost just now.
 * - `offline`: it has been lost for a while. It keeps trying.
 */
export type FeedState = 'connecting' | 'live' | 'reconnecting' | 'offline';

export interface FeedOptions<Snapshot extends FeedSnapshot, CheckIn extends { sequence: number }, Scoreboard> {
  /** Such as `wss://example.org/graphql`. */
  url: string;
  /** The event's id. */
  event: string;
  /** Only check-ins at or below this unit; their sequences then ascend, but not by ones. */
  within?: string;
  /** An access key; null for what the public sees. Left out, a browser's session decides. */
  key?: string | null;
  /** A subscription of `checkIns(event: $event, within: $within, after: $after) { cursor checkIns { sequence … } }`. */
  checkIns: string;
  /** A subscription of `scoreboard(event: $event, unit: $unit)`, if that is wanted too. */
  scoreboard?: string;
  /** A snapshot taken already, say by the server that rendered the page; saves the first `takeSnapshot`. */
  snapshot?: Snapshot;
  /** Asks the API for the present state; called again whenever the feed cannot be resumed. */
  takeSnapshot: () => Promise<Snapshot>;
  onSnapshot?: (snapshot: Snapshot) => void;
  onCheckIns: (checkIns: CheckIn[]) => void;
  onScoreboard?: (scoreboard: Scoreboard) => void;
  onState?: (state: FeedState) => void;
  /** The key is no longer valid: the feed has ended, as trying again with it is useless. */
  onRefused?: () => void;
  /** The server was heard, by data or by a heartbeat: what is shown is as fresh as this moment. */
  onHeard?: () => void;
  /** Only where there is no global `WebSocket`. */
  webSocketImpl?: unknown;
  timing?: Partial<FeedTiming>;
}

export interface FeedTiming {
  /** A quiet connection is asked for a sign of life this often … */
  heartbeatMs: number;
  /** … and given up when none comes within this time. The same patience holds for opening a connection. */
  patienceMs: number;
  /** The first pause before connecting again; it doubles with every failure, and half of it is left to chance. */
  firstPauseMs: number;
  longestPauseMs: number;
  /** When a server says that it goes away, its clients come back spread over this time. */
  restartSpreadMs: number;
  /** Without a connection for so long, `reconnecting` becomes `offline`. */
  offlineAfterMs: number;
}

const defaultTiming: FeedTiming = {
  heartbeatMs: 10_000,
  patienceMs: 5_000,
  firstPauseMs: 500,
  longestPauseMs: 15_000,
  restartSpreadMs: 5_000,
  offlineAfterMs: 15_000,
};

export interface Feed {
  /** Ends the pause before the next attempt: the network is back, or somebody is looking. */
  wake(): void;
  close(): void;
}

/** Why a connection ended, as far as it matters for what comes next. */
type Ending = 'expired' | 'gap' | 'too slow' | 'refused' | 'restart' | 'lost' | 'closed';

const closeCodeTooSlow = 4410;
/** Whoever we were when we connected, we are no longer: signed out, in another role, or with a key that has ended. */
const closeCodeRefused = 4403;
/** 1001: the server stops; 1012: it restarts. */
const closeCodesOfRestart = [1001, 1012];

export function followFeed<Snapshot extends FeedSnapshot, CheckIn extends { sequence: number }, Scoreboard = never>(
  options: FeedOptions<Snapshot, CheckIn, Scoreboard>,
): Feed {
  const timing = { ...defaultTiming, ...options.timing };
  let cursor: string | undefined;
  let sequence = 0;
  let state: FeedState | undefined;
  /** Connections in a row on which nothing was heard. */
  let failures = 0;
  /** Times in a row that the feed could not go on from where we were, and no check-in since. */
  let setbacks = 0;
  let closed = false;
  let endConnection: (ending: Ending) => void = () => {};
  let endPause: () => void = () => {};
  let offlineTimer: ReturnType<typeof setTimeout> | undefined;

  function enter(next: FeedState) {
    if (closed || state === next) return;
    state = next;
    clearTimeout(offlineTimer);
    if (next === 'connecting' || next === 'reconnecting') {
      offlineTimer = setTimeout(() => enter('offline'), timing.offlineAfterMs);
    }
    options.onState?.(next);
  }

  function start(snapshot: Snapshot) {
    cursor = snapshot.cursor;
    sequence = snapshot.sequence;
  }

  /** Takes a frame's check-ins; false when one is missing before them. */
  function take(frame: { cursor: string; checkIns: CheckIn[] }): boolean {
    const fresh: CheckIn[] = [];
    let complete = true;
    for (const checkIn of frame.checkIns) {
      if (checkIn.sequence <= sequence) continue;
      if (options.within === undefined && checkIn.sequence !== sequence + 1) {
        complete = false;
        break;
      }
      sequence = checkIn.sequence;
      fresh.push(checkIn);
    }
    if (complete) {
      cursor = frame.cursor;
      if (fresh.length > 0) setbacks = 0;
    }
    if (fresh.length > 0) options.onCheckIns(fresh);
    return complete;
  }

  /** One connection, from its opening to its end. */
  function connect(): Promise<Ending> {
    return new Promise((resolve) => {
      let patience: ReturnType<typeof setTimeout> | undefined;
      const impatient = () => {
        clearTimeout(patience);
        patience = setTimeout(() => client.terminate(), timing.patienceMs);
      };
      let ended = false;
      const end = (ending: Ending) => {
        if (ended) return;
        ended = true;
        clearTimeout(patience);
        resolve(ending);
        client.terminate();
      };
      endConnection = end;

      const heard = () => {
        failures = 0;
        options.onHeard?.();
      };

      const client = createClient({
        url: options.url,
        webSocketImpl: options.webSocketImpl,
        connectionParams:
          options.key === undefined ? undefined : { authorization: options.key && `Bearer ${options.key}` },
        retryAttempts: 0,
        keepAlive: timing.heartbeatMs,
        on: {
          connecting: impatient,
          connected: () => {
            clearTimeout(patience);
            enter('live');
          },
          ping: (received) => {
            if (!received) impatient();
          },
          pong: (received) => {
            if (!received) return;
            clearTimeout(patience);
            heard();
          },
        },
      });

      const subscribe = <Data>(query: string, variables: Record<string, unknown>, onData: (data: Data) => void) =>
        client.subscribe<Data>(
          { query, variables },
          {
            next: ({ data, errors }) => {
              if (ended) return;
              if (errors || !data) return end(endingOf(errors));
              heard();
              onData(data);
            },
            error: (problem) => end(endingOf(problem)),
            complete: () => end('lost'),
          },
        );

      const { event, within } = options;
      subscribe<{ checkIns: { cursor: string; checkIns: CheckIn[] } }>(
        options.checkIns,
        { event, within, after: cursor },
        (data) => {
          if (!take(data.checkIns)) end('gap');
        },
      );
      if (options.scoreboard) {
        subscribe<{ scoreboard: Scoreboard }>(options.scoreboard, { event, unit: within }, (data) =>
          options.onScoreboard?.(data.scoreboard),
        );
      }
    });
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  function pauseAfter(ending: Ending): number {
    const attempt = ending === 'gap' || ending === 'expired' ? setbacks++ : failures++;
    // The server is there and waits for us.
    if (attempt === 0 && ending !== 'lost' && ending !== 'restart') return 0;
    if (attempt === 0 && ending === 'restart') return Math.random() * timing.restartSpreadMs;
    const longest = Math.min(timing.firstPauseMs * 2 ** attempt, timing.longestPauseMs);
    return longest / 2 + (Math.random() * longest) / 2;
  }

  async function run() {
    enter('connecting');
    if (options.snapshot) start(options.snapshot);
    while (!closed) {
      let ending: Ending = 'lost';
      try {
        if (cursor === undefined) {
          const snapshot = await options.takeSnapshot();
          if (closed) return;
          start(snapshot);
          options.onSnapshot?.(snapshot);
        }
        ending = await connect();
      } catch {
        // The snapshot could not be taken: no different from a lost connection.
      }
      if (closed) return;
      if (ending === 'refused' && options.key !== undefined) {
        enter('offline');
        options.onRefused?.();
        return;
      }
      // By its cookie the browser is somebody else now, or nobody in particular: all that is shown may be theirs no longer.
      if (ending === 'refused') cursor = undefined;
      // What is missing is asked for once more; when it is missing again, only a new snapshot helps.
      if (ending === 'expired' || (ending === 'gap' && setbacks > 0)) cursor = undefined;
      if (state === 'live') enter('reconnecting');
      await pause(pauseAfter(ending));
    }
  }

  void run();
  return {
    wake: () => endPause(),
    close: () => {
      closed = true;
      clearTimeout(offlineTimer);
      endPause();
      endConnection('closed');
    },
  };
}

/** What a subscription's end says: a list of GraphQL errors, a close event of the socket, or some fault of it. */
function endingOf(problem: unknown): Ending {
  if (Array.isArray(problem)) {
    const expired = problem.some((error) => error?.extensions?.code === 'CURSOR_EXPIRED');
    return expired ? 'expired' : 'lost';
  }
  const code = typeof problem === 'object' && problem !== null && 'code' in problem ? problem.code : undefined;
  if (code === closeCodeTooSlow) return 'too slow';
  if (code === closeCodeRefused) return 'refused';
  if (typeof code === 'number' && closeCodesOfRestart.includes(code)) return 'restart';
  return 'lost';
}
