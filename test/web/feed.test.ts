import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { followFeed, type Feed, type FeedOptions, type FeedSnapshot, type FeedState } from '../../web/src/lib/feed.js';
import { until } from '../support/app.js';
import { FeedServer } from './feed-server.js';

interface CheckIn {
  sequence: number;
}
type Options = FeedOptions<FeedSnapshot, CheckIn, { people: number }>;

/** So long that a test which waits for it fails. */
const never = 600_000;

let server: FeedServer;
let feed: Feed | undefined;
let seen: number[];
let states: FeedState[];
let snapshots: FeedSnapshot[];
/** What the API would answer to the next request for a snapshot. */
let present: FeedSnapshot;

beforeEach(async () => {
  server = await FeedServer.open();
  seen = [];
  states = [];
  snapshots = [];
  present = { cursor: 'c3', sequence: 3 };
});

afterEach(async () => {
  feed?.close();
  await server.close();
});

function follow(options: Partial<Options> = {}): Feed {
  feed = followFeed<FeedSnapshot, CheckIn, { people: number }>({
    url: server.url,
    event: 'event-1',
    checkIns: 'subscription { checkIns { cursor checkIns { sequence } } }',
    takeSnapshot: async () => present,
    onSnapshot: (snapshot) => snapshots.push(snapshot),
    onCheckIns: (checkIns) => seen.push(...checkIns.map(({ sequence }) => sequence)),
    onState: (state) => states.push(state),
    ...options,
    timing: { firstPauseMs: 10, longestPauseMs: 20, ...options.timing },
  });
  return feed;
}

const haveSeen = (...sequences: number[]) => {
  const text = sequences.join();
  return until(() => seen.join() === text, `the sequences ${text}`).catch((error: Error) => {
    throw new Error(`${error.message}; seen: ${seen.join()}`);
  });
};

test('takes a snapshot and follows from its cursor', async () => {
  follow();
  const follower = await server.follower();
  expect(follower.variables).toEqual({ event: 'event-1', after: 'c3' });
  expect(snapshots).toEqual([{ cursor: 'c3', sequence: 3 }]);
  follower.frame('c5', 4, 5);
  follower.frame('c6', 6);
  await haveSeen(4, 5, 6);
  expect(states).toEqual(['connecting', 'live']);
});

test('a snapshot from elsewhere saves the first one', async () => {
  follow({ snapshot: { cursor: 'c9', sequence: 9 } });
  expect((await server.follower()).variables.after).toBe('c9');
  expect(snapshots).toEqual([]);
});

test('shows its key when it connects', async () => {
  follow({ key: 'bh_key' });
  expect((await server.follower()).authorization).toBe('Bearer bh_key');
});

test('resumes behind the last check-in after a cut, and takes none twice', async () => {
  follow();
  (await server.follower()).frame('c5', 4, 5);
  await haveSeen(4, 5);
  for (let last = 5; last < 15; last++) {
    for (const socket of server.sockets) socket.terminate();
    const follower = await server.follower();
    expect(follower.variables.after).toBe(`c${last}`);
    // A server that repeats itself is not believed.
    follower.frame(`c${last + 1}`, last, last + 1);
    await until(() => seen.at(-1) === last + 1, `sequence ${last + 1}`);
  }
  await haveSeen(...Array.from({ length: 12 }, (_, index) => index + 4));
  expect(states.filter((state) => state === 'live')).toHaveLength(11);
  expect(snapshots).toHaveLength(1);
});

test('a cursor that has expired is answered by a new snapshot', async () => {
  follow();
  const first = await server.follower();
  present = { cursor: 'new-20', sequence: 20 };
  first.refuse('CURSOR_EXPIRED');
  const second = await server.follower();
  expect(second.variables.after).toBe('new-20');
  expect(snapshots.map(({ cursor }) => cursor)).toEqual(['c3', 'new-20']);
  second.frame('new-21', 21);
  await haveSeen(21);
});

test('a screen that was too slow comes back at once', async () => {
  follow({ timing: { firstPauseMs: never, longestPauseMs: never } });
  const first = await server.follower();
  first.frame('c4', 4);
  await haveSeen(4);
  first.socket.close(4410, 'Too slow');
  const second = await server.follower();
  expect(second.variables.after).toBe('c4');
});

test('who is somebody else now, or nobody, starts from what they see now, at once', async () => {
  follow({ timing: { firstPauseMs: never, longestPauseMs: never } });
  const first = await server.follower();
  first.frame('c4', 4);
  await haveSeen(4);
  present = { cursor: 'masked-4', sequence: 4 };
  first.socket.close(4403, 'Forbidden');
  expect((await server.follower()).variables.after).toBe('masked-4');
  expect(snapshots.map(({ cursor }) => cursor)).toEqual(['c3', 'masked-4']);
});

test('a key that has ended is not tried again', async () => {
  const refused = Promise.withResolvers<void>();
  follow({ key: 'bh_ended', onRefused: refused.resolve });
  (await server.follower()).socket.close(4403, 'Forbidden');
  await refused.promise;
  expect(states.at(-1)).toBe('offline');
  expect(server.connections).toBe(1);
});

test.each([1001, 1012])('comes back within the time that a server which goes away (%i) allows', async (code) => {
  follow({ timing: { firstPauseMs: never, longestPauseMs: never, restartSpreadMs: 50 } });
  (await server.follower()).socket.close(code, 'Going away');
  expect((await server.follower()).variables.after).toBe('c3');
});

test('a gap is asked for again, and when it stays, a new snapshot is taken', async () => {
  follow({ timing: { firstPauseMs: 10, longestPauseMs: 20 } });
  const first = await server.follower();
  first.frame('c6', 4, 6);
  const second = await server.follower();
  // What came before the gap counts; the cursor of a frame with a gap does not.
  expect(second.variables.after).toBe('c3');
  expect(seen).toEqual([4]);
  present = { cursor: 'c9', sequence: 9 };
  second.frame('c7', 7);
  const third = await server.follower();
  expect(third.variables.after).toBe('c9');
  third.frame('c10', 10);
  await haveSeen(4, 10);
});

test('a gap that closes when it is asked for again needs no snapshot', async () => {
  follow();
  (await server.follower()).frame('c5', 5);
  const second = await server.follower();
  second.frame('c5', 4, 5);
  await haveSeen(4, 5);
  expect(snapshots).toHaveLength(1);
});

test('below one unit, sequences ascend by more than one', async () => {
  follow({ within: 'post-1' });
  const follower = await server.follower();
  expect(follower.variables).toEqual({ event: 'event-1', within: 'post-1', after: 'c3' });
  follower.frame('c9', 7, 9);
  follower.frame('c12', 9, 12);
  await haveSeen(7, 9, 12);
});

test('a connection that says nothing any more is given up', async () => {
  follow({ timing: { heartbeatMs: 20, patienceMs: 60 } });
  await server.follower();
  await until(() => states.at(-1) === 'live', 'the state live');
  server.answersPings = false;
  await server.follower();
  expect(states).toEqual(['connecting', 'live', 'reconnecting', 'live']);
});

test('a quiet connection that answers is kept', async () => {
  let heard = 0;
  follow({ timing: { heartbeatMs: 10, patienceMs: never }, onHeard: () => (heard += 1) });
  await server.follower();
  await until(() => heard >= 5, 'five heartbeats');
  expect(server.connections).toBe(1);
});

test('a server that takes the connection and is silent is given up too', async () => {
  server.greet = (socket) => socket.pause();
  follow({ timing: { heartbeatMs: never, patienceMs: 50 } });
  await until(() => server.connections >= 2, 'a second attempt');
});

test('tries for ever, tells how it stands, and is live when the server is back', async () => {
  server.greet = (socket) => socket.terminate();
  follow({ timing: { offlineAfterMs: 60 } });
  await until(() => server.connections >= 6, 'six attempts');
  await until(() => states.includes('offline'), 'the state offline');
  server.greet = () => {};
  const follower = await server.follower();
  await until(() => states.at(-1) === 'live', 'the state live');
  follower.frame('c4', 4);
  await haveSeen(4);
  expect(states).toEqual(['connecting', 'offline', 'live']);
});

test('a snapshot that cannot be taken is tried again', async () => {
  let attempts = 0;
  follow({
    takeSnapshot: async () => {
      attempts += 1;
      if (attempts < 4) throw new Error('the API was not reached');
      return present;
    },
  });
  expect((await server.follower()).variables.after).toBe('c3');
  expect(attempts).toBe(4);
});

test('waking it ends the pause', async () => {
  follow({ timing: { firstPauseMs: never, longestPauseMs: never } });
  (await server.follower()).socket.terminate();
  await until(() => states.at(-1) === 'reconnecting', 'the state reconnecting');
  feed!.wake();
  expect((await server.follower()).variables.after).toBe('c3');
});

test('the scoreboard comes on the same connection', async () => {
  const boards: { people: number }[] = [];
  follow({
    scoreboard: 'subscription { scoreboard { people } }',
    onScoreboard: (scoreboard) => boards.push(scoreboard),
  });
  const follower = await server.follower();
  await until(() => states.at(-1) === 'live', 'the state live');
  follower.frame('c4', 4);
  await haveSeen(4);
  follower.scoreboard({ people: 12 });
  await until(() => boards.length === 1, 'a scoreboard');
  expect(boards).toEqual([{ people: 12 }]);
  expect(server.connections).toBe(1);
});

test('closing it closes the connection, and nothing is heard any more', async () => {
  follow();
  const follower = await server.follower();
  const closed = once(follower.socket, 'close');
  feed!.close();
  await closed;
  expect(server.connections).toBe(1);
  expect(states).toEqual(['connecting', 'live']);
});
