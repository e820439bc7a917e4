import { setTimeout as delay } from 'node:timers/promises';
import { createRandom, type Random } from '../../seeds/random.js';
import { limits } from '../../server/kernel/http/limits.js';
import { until } from '../support/until.js';
import type { Wall } from '../support/wall.js';
import type { Clients } from './clients.js';
import type { Findings } from './findings.js';
import type { Node } from './node.js';
import type { Postgres } from './postgres.js';

export interface Stage {
  postgres: Postgres;
  nodes: Node[];
  walls: Wall[];
  clients: Clients;
  eventId: number;
  findings: Findings;
  /** How long walls go away. */
  awayMs: number;
  absences: Absence[];
  tell(text: string): void;
  /** Resolves when these walls show everything up to `sequence`; answers how long that took. */
  caughtUp(walls: readonly Wall[], sequence: number): Promise<number>;
}

interface Fault {
  name: string;
  /** How often it comes, compared with the others. */
  weight: number;
  /** How long it takes, about, until it is over and got over. */
  seconds: number;
  /** How soon walls show what was recorded after it, where that is promised. */
  caughtUpWithinMs?: number;
  /** Does it and waits until it is over; may say what there is to say. */
  happen(stage: Stage, random: Random): Promise<string | void>;
}

/** Walls that went away. Meanwhile other faults come. */
interface Absence {
  backAt: number;
  end(): Promise<string>;
}

const proxiesOf = (stage: Stage, random: Random) =>
  random.chance(0.5) ? stage.nodes.map(({ proxy }) => proxy) : [random.pick(stage.nodes).proxy];

async function untilPassed(stage: Stage): Promise<void> {
  const { nodes } = stage;
  await until(() => nodes.every(({ proxy }) => proxy.pending === 0), 'the requests that go wrong', 10_000).catch(() => {
    for (const { proxy } of nodes) proxy.forgive();
  });
}

async function deploy(stage: Stage, random: Random, inPlace: boolean): Promise<string> {
  const { clients, nodes, walls, postgres, eventId, findings } = stage;
  const untroubled = () => until(() => clients.troubled === 0, 'clients without trouble', 60_000);
  // Whatever went wrong before is over, so that what fails now fails because of the deploy.
  for (const { proxy, database } of nodes) {
    proxy.endSilence();
    database.endSilence();
  }
  await untroubled();
  // Walls gather where nothing has happened for a while: a deploy is seen there.
  const wallsOn = (node: Node) => walls.filter(({ url }) => url === node.proxy.url).length;
  const node = random.shuffle(nodes).toSorted((a, b) => wallsOn(b) - wallsOn(a))[0]!;
  let fromMs = 0;
  let toldAt = 0;
  const inFlight: number[] = [];
  // However quick the machine: while somebody holds the feed, whoever scans waits for an answer.
  const meet = (port: number, then: () => Promise<unknown> | void) =>
    clients.surge(() =>
      postgres.holdFeed(eventId, async () => {
        await then();
        inFlight.push(node.proxy.unanswered(port));
        await delay(100);
      }),
    );
  await node.deploy({ inPlace }, async (port, stop) => {
    let stopped: Promise<number> | undefined;
    fromMs = clients.nowMs;
    await meet(port, async () => {
      await until(() => node.proxy.unanswered(port) > 1, 'scans that meet the deploy');
      toldAt = performance.now();
      stopped = stop();
    });
    // The port shuts when everybody has been told to go: also then there is something under way.
    await delay(toldAt + limits.spreadMs - 50 - performance.now());
    await meet(port, () => delay(20));
    await stopped;
  });
  await untroubled();
  const during = clients.entries.filter(({ attempts }) => attempts.length > 0 && attempts[0]!.atMs >= fromMs);
  const retried = during.filter(({ retries }) => retries > 0);
  for (const entry of retried) {
    // What comes after the answer is another story: some send again, or something else.
    const answered = entry.attempts.findIndex(({ came }) => came === 'answered');
    const attempts = answered === -1 ? entry.attempts : entry.attempts.slice(0, answered);
    if (attempts.length > (entry.scan.habit === 'twin' ? 2 : 1)) {
      findings.violation('more than one retry in a deploy', JSON.stringify(entry));
    }
  }
  const drainMs = Math.round(node.drains.at(-1)!);
  const losses = walls.flatMap((wall) => wall.losses.filter(({ at }) => at >= toldAt && at <= toldAt + drainMs));
  for (const { why } of losses) {
    if (!why.startsWith('1001 ')) findings.violation('a wall was not sent away in a deploy', why);
  }
  const crowd = mostWithin(
    1_000,
    losses.map(({ at }) => at),
  );
  if (crowd > 2 + (2 * losses.length) / (limits.spreadMs / 1_000)) {
    findings.violation('walls were not sent away evenly', `${crowd} of ${losses.length} within a second`);
  }
  return (
    `node ${node.index} drained in ${drainMs} ms; in flight on it when told ${inFlight[0]}, when the port shut ${inFlight[1]}; ` +
    `${retried.length} of ${during.length} scans were sent twice; ${losses.length} walls were sent away, ${crowd} at most within a second`
  );
}

/** The most of these times that lie within so long. */
function mostWithin(lengthMs: number, times: readonly number[]): number {
  return Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + lengthMs).length));
}

/** Every kind of fault that the proof knows. */
export const faults: Record<string, Fault> = {
  kill: {
    name: '杀掉节点 kill -9 of a node',
    weight: 12,
    seconds: 3,
    async happen({ nodes }, random) {
      const node = random.pick(nodes);
      await node.kill();
      await node.start();
    },
  },
  killAll: {
    name: '同时杀掉所有节点 kill -9 of all nodes at once',
    weight: 3,
    seconds: 5,
    async happen({ nodes }) {
      await Promise.all(nodes.map((node) => node.kill()));
      await Promise.all(nodes.map((node) => node.start()));
    },
  },
  deploy: {
    name: '先启后停的部署 deploy: the new node first, then SIGTERM',
    weight: 4,
    seconds: 8,
    happen: (stage, random) => deploy(stage, random, false),
  },
  deployInPlace: {
    name: '先停后启的部署 deploy: SIGTERM, then the new node',
    weight: 3,
    seconds: 8,
    happen: (stage, random) => deploy(stage, random, true),
  },
  bell: {
    name: '断开监听连接 the listening backends are terminated',
    weight: 10,
    seconds: 1.5,
    // What a missed bell costs.
    caughtUpWithinMs: 2_000,
    happen: async ({ postgres }) => `${await postgres.terminate('baihua bell')} backends`,
  },
  pool: {
    name: '断开数据库连接 all other backends are terminated, busy or not',
    weight: 10,
    seconds: 2,
    async happen({ postgres }) {
      let ended = 0;
      for (let i = 0; i < 4; i++) {
        ended += await postgres.terminate('baihua');
        await delay(50);
      }
      return `${ended} backends`;
    },
  },
  lock: {
    name: '编号后迟迟不提交 a transaction is held open between numbering and commit',
    weight: 8,
    seconds: 3,
    async happen({ postgres, eventId }, random) {
      const forMs = random.int(1_000, 3_500);
      await postgres.holdFeed(eventId, () => delay(forMs));
      return `for ${forMs} ms`;
    },
  },
  restartFast: {
    name: '重启数据库 PostgreSQL restarts (fast)',
    weight: 4,
    seconds: 4,
    happen: ({ postgres }) => postgres.restartFast(),
  },
  restartImmediate: {
    name: '数据库崩溃恢复 PostgreSQL crashes and recovers (immediate)',
    weight: 4,
    seconds: 5,
    happen: ({ postgres }) => postgres.restartImmediate(),
  },
  replies: {
    name: '提交后丢失答复 replies are dropped after the commit',
    weight: 12,
    seconds: 1,
    async happen(stage, random) {
      for (const proxy of proxiesOf(stage, random)) proxy.dropReplies(random.int(3, 8));
      await untilPassed(stage);
    },
  },
  requests: {
    name: '请求只到一半 only half of a request arrives',
    weight: 6,
    seconds: 1,
    async happen(stage, random) {
      for (const proxy of proxiesOf(stage, random)) proxy.halveRequests(random.int(2, 5));
      await untilPassed(stage);
    },
  },
  cut: {
    name: '切断所有连接 all connections are cut',
    weight: 10,
    seconds: 1,
    async happen(stage, random) {
      for (const proxy of proxiesOf(stage, random)) proxy.cut();
    },
  },
  silence: {
    name: '连接无声中断 connections carry nothing any more, and do not end',
    weight: 6,
    seconds: 5,
    async happen(stage, random) {
      const { proxy } = random.pick(stage.nodes);
      const newOnes = random.chance(0.5);
      proxy.silence({ newOnes });
      if (newOnes) await delay(random.int(1_000, 3_000));
      proxy.heal();
    },
  },
  databaseSilence: {
    name: '节点与数据库之间无声中断 the line between a node and PostgreSQL goes silent',
    weight: 6,
    seconds: 8,
    async happen(stage, random) {
      const { database } = random.pick(stage.nodes);
      const newOnes = random.chance(0.5);
      database.silence({ newOnes });
      if (newOnes) await delay(random.int(1_000, 5_000));
      database.heal();
    },
  },
  away: {
    name: '大屏离开后回来 walls go away and come back',
    weight: 3,
    seconds: 1,
    async happen({ walls, awayMs, clients, findings, caughtUp, absences }, random) {
      const gone = random.shuffle(walls.filter((wall) => !wall.away)).slice(0, Math.ceil(walls.length / 10));
      const leftAt = clients.head;
      for (const wall of gone) wall.leave();
      absences.push({
        backAt: performance.now() + awayMs,
        async end() {
          for (const wall of gone) wall.back();
          const missed = clients.head - leftAt;
          const tookMs = await caughtUp(gone, clients.head);
          if (tookMs > 5_000) findings.violation('catching up took too long', `${Math.round(tookMs)} ms for ${missed}`);
          return `${gone.length} walls missed ${missed} check-ins and caught up in ${Math.round(tookMs)} ms`;
        },
      });
    },
  },
};

export interface Planned {
  fault: string;
  seed: number;
}

/** Which faults come, one after the other: each of these kinds once, and more by their weight, `least` at least. */
export function planFaults(random: Random, kinds: readonly string[], least: number): Planned[] {
  const weights = Object.fromEntries(kinds.map((kind) => [kind, faults[kind]!.weight]));
  const more = Array.from({ length: Math.max(0, least - kinds.length) }, () => random.weighted(weights));
  const order = random.shuffle([...kinds, ...more]);
  // Walls stay away for long, so they go at the beginning.
  const away = order.indexOf('away');
  if (away > 0) order.unshift(...order.splice(away, 1));
  return order.map((fault) => ({ fault, seed: random.int(0, 2 ** 31 - 1) }));
}

/** How long a plan takes, about. */
export function secondsOf(plan: readonly Planned[]): number {
  return plan.reduce((sum, { fault }) => sum + faults[fault]!.seconds, 0);
}

export interface Happened extends Planned {
  name: string;
  fromMs: number;
  tookMs: number;
  /** From the end of the fault until every wall showed something that was recorded after it. */
  caughtUpMs: number;
  retries: number;
  wallReconnects: number;
  note: string;
}

/** Lets the planned faults happen one after the other while the clients go on. */
export async function happenAll(
  stage: Stage,
  plan: readonly Planned[],
  tell: (happened: Happened) => void,
): Promise<void> {
  const { clients, walls, absences, findings } = stage;
  const failures = () => [...clients.failures.values()].reduce((sum, count) => sum + count, 0);
  const reconnects = () => walls.reduce((sum, wall) => sum + wall.reconnects, 0);
  for (const planned of plan) {
    const fault = faults[planned.fault]!;
    const [before, walledBefore, fromMs] = [failures(), reconnects(), clients.nowMs];
    const note = (await fault.happen(stage, createRandom(planned.seed))) ?? '';
    const tookMs = clients.nowMs - fromMs;
    // Walls may be told of a row before whoever scanned is.
    const newest = Math.max(clients.head, ...walls.map((wall) => wall.last));
    const caughtUpMs = await stage.caughtUp(walls, newest + 1);
    if (fault.caughtUpWithinMs && caughtUpMs > fault.caughtUpWithinMs) {
      findings.violation('walls were late', `${Math.round(caughtUpMs)} ms after: ${fault.name}`);
    }
    tell({
      ...planned,
      name: fault.name,
      fromMs: Math.round(fromMs),
      tookMs: Math.round(tookMs),
      caughtUpMs: Math.round(caughtUpMs),
      retries: failures() - before,
      wallReconnects: reconnects() - walledBefore,
      note,
    });
    while (absences[0] && absences[0].backAt <= performance.now()) stage.tell(await absences.shift()!.end());
  }
  for (const { backAt, end } of absences.splice(0)) {
    await delay(Math.max(0, backAt - performance.now()));
    stage.tell(await end());
  }
}
