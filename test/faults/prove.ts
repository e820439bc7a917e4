import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom } from '../../seeds/random.js';
import { toGlobalId } from '../../server/kernel/global-id.js';
import { until } from '../support/until.js';
import { Wall } from '../support/wall.js';
import { checkLog, checkScoreboards, checkTallies, checkWalls, Witness } from './checks.js';
import { Clients, forkRandom, type Entry } from './clients.js';
import { Findings } from './findings.js';
import { Node } from './node.js';
import { Postgres } from './postgres.js';
import { Proxy } from './proxy.js';
import { faults as everyFault, happenAll, planFaults, secondsOf, type Happened, type Stage } from './schedule.js';

export interface ProofOptions {
  seed: number;
  /** At least: they go on until all faults are over. */
  checkIns: number;
  /** Which kinds of fault there are; all unless told. */
  kinds?: readonly string[];
  nodes: number;
  walls: number;
  /** How long walls go away before they have to catch up within five seconds. */
  awaySeconds: number;
  /** A folder of the proof's own: the database, the logs. */
  folder: string;
  /** Runs the nodes from build/; otherwise from the sources. */
  built: boolean;
  tell?: (text: string) => void;
}

export interface Proof {
  violations: string[];
  faults: Happened[];
  /** The length of the log before the restore, and at the end. */
  logged: [beforeRestore: number, atTheEnd: number];
  acknowledged: number;
  replayed: number;
  latencyMs: { p50: number; p95: number; p99: number; longest: number };
  failures: Record<string, number>;
  walls: { reconnects: number; expiries: number; endings: Record<string, number> };
  drainsMs: number[];
  warnings: Record<string, number>;
  network: Proxy['seen'];
  seconds: number;
  entries: Entry[];
}

const heartbeatMs = 2_000;
/** How long walls may take after a fault before that is a finding; the proof goes on without them. */
const caughtUpWithinMs = 30_000;
const eventCode = 'volunteer-day-8';

/**
 * Plays check-ins against several nodes and one PostgreSQL while everything fails that the promises are about, restores a
 * backup at the end, and compares what clients were told, what is stored and what walls showed.
 */
export async function prove(options: ProofOptions): Promise<Proof> {
  const startedAt = performance.now();
  const { seed, checkIns, folder, kinds = Object.keys(everyFault), tell = () => undefined } = options;
  const findings = new Findings((text) => tell(`✘ ${text}`));
  const random = createRandom(seed);
  const plan = planFaults(forkRandom(random), kinds, Math.round(checkIns / 120));
  // Scans and faults are over at about the same time. What could not be sent during a fault is made up for.
  const rate = checkIns / Math.max(secondsOf(plan), options.awaySeconds);
  const closers: (() => Promise<unknown> | void)[] = [];
  try {
    await mkdir(folder, { recursive: true });
    const postgres = await new Postgres(folder).start();
    closers.push(() => postgres.stop());
    const dataDir = join(folder, 'data');
    const nodes: Node[] = [];
    for (let index = 0; index < options.nodes; index++) {
      const proxy = await new Proxy(0).open();
      closers.push(() => proxy.close());
      const database = await new Proxy(Number(new URL(postgres.url).port)).open();
      closers.push(() => database.close());
      const node = new Node(index, proxy, database, {
        databaseUrl: postgres.url,
        dataDir,
        folder,
        built: options.built,
        findings,
      });
      closers.push(() => node.destroy());
      nodes.push(node);
    }
    await Promise.all(nodes.map((node) => node.start()));
    const keys = JSON.parse(await readFile(join(dataDir, 'demo-keys.json'), 'utf8')) as Record<
      'leader' | 'wall',
      string
    >;
    const urls = nodes.map(({ proxy }) => proxy.url);
    const { eventId, place } = await readPlace(postgres);
    tell(`${nodes.length} 个节点就绪 nodes are ready`);

    const witness = new Witness(findings);
    const walls: Wall[] = [];
    closers.push(() => walls.forEach((wall) => wall.stop()));
    // One after the other: nodes that have just begun are slow.
    while (walls.length < options.walls) {
      const chance = forkRandom(random);
      const pick = (count: number) => chance.int(0, count - 1);
      const wall = new Wall(urls, eventCode, { key: keys.wall, pick, heartbeatMs, onRow: witness.onRow });
      walls.push(await wall.open());
    }
    const clients = new Clients(urls, place, keys.leader, findings);
    closers.push(() => clients.close());

    const stage: Stage = {
      postgres,
      nodes,
      walls,
      clients,
      eventId,
      findings,
      awayMs: options.awaySeconds * 1_000,
      absences: [],
      tell,
      async caughtUp(some, sequence) {
        const from = performance.now();
        const late = () => some.filter((wall) => !wall.away && wall.last < sequence);
        await until(() => late().length === 0, 'the walls', caughtUpWithinMs).catch(() => {
          const places = late().map((wall) => `${walls.indexOf(wall)} at ${wall.last}`);
          findings.violation('walls did not catch up', `with ${sequence}: ${places.join(', ')}`);
        });
        return performance.now() - from;
      },
    };
    const progress = setInterval(() => {
      const behind = Math.max(...walls.map((wall) => clients.head - wall.last));
      tell(
        `… ${clients.done} / ${checkIns} 已确认 acknowledged · ${clients.troubled} 重试中 in trouble · 大屏最多落后 walls behind by ${behind}`,
      );
    }, 10_000);
    closers.push(() => clearInterval(progress));

    // ── The faults ──
    const faults: Happened[] = [];
    let over = false;
    const playing = clients.play(checkIns, rate, forkRandom(random), () => over);
    // What fails is told below; until then it is not unheard.
    playing.catch(() => undefined);
    await Promise.race([
      happenAll(stage, plan, (happened) => {
        faults.push(happened);
        tell(`${String(clients.done).padStart(6)} ${line(happened)}`);
      }),
      // When the clients fail, nothing more will be acknowledged.
      playing.then(() => new Promise(() => undefined)),
    ]);
    over = true;
    await playing;
    await stage.caughtUp(walls, clients.head);

    // ── The proof ──
    const lengthBefore = await checkLog(postgres, eventId, clients.entries, findings);
    checkWalls(walls, lengthBefore, 1, findings);
    await witness.compare(postgres, eventId);
    const tallies = await checkTallies(postgres, eventId, findings);
    await checkScoreboards(urls, place.event, keys.wall, tallies, findings);
    tell(`已核对 ${lengthBefore} 条记录 the log of ${lengthBefore} rows was compared`);

    // ── A restore: history is another one. Some walls follow it, some come back later with their old cursors. ──
    const gone = walls.filter((_, i) => i % 3 === 0);
    for (const wall of gone) wall.leave();
    await postgres.restore();
    const known = clients.entries.length;
    const startedOver = (some: readonly Wall[]) =>
      until(() => some.every((wall) => wall.expiries === 1 && wall.histories.length === 2), 'new walls', 30_000).catch(
        () => {
          const expiries = some.map((wall) => wall.expiries).join(' ');
          findings.violation('walls did not start over after the restore', `told CURSOR_EXPIRED: ${expiries} times`);
        },
      );
    await startedOver(walls.filter((wall) => !wall.away));
    const restored = await postgres.query<{ sequence: number }>('select sequence from feed where event_id = $1', [
      eventId,
    ]);
    clients.head = restored[0]!.sequence;
    await clients.play(Math.max(40, Math.round(checkIns / 20)), 40, forkRandom(random));
    for (const wall of gone) wall.back();
    await startedOver(gone);
    await stage.caughtUp(walls, clients.head);
    const lengthAfter = await checkLog(postgres, eventId, clients.entries, findings, known);
    checkWalls(walls, lengthAfter, 2, findings);
    await witness.compare(postgres, eventId);
    await checkScoreboards(urls, place.event, keys.wall, await checkTallies(postgres, eventId, findings), findings);
    tell(`恢复后已核对 after the restore: ${restored[0]!.sequence} → ${lengthAfter}`);

    // ── The end: Ctrl-C is quick, with every wall still connected ──
    await Promise.all(nodes.map((node, i) => node.quit({ whileDraining: i === 0 })));

    return {
      violations: [...findings.violations, ...findings.more],
      faults,
      logged: [lengthBefore, lengthAfter],
      ...summaryOf(clients.entries),
      failures: Object.fromEntries(clients.failures),
      walls: {
        reconnects: walls.reduce((sum, wall) => sum + wall.reconnects, 0),
        expiries: walls.reduce((sum, wall) => sum + wall.expiries, 0),
        endings: addUp(walls.map((wall) => wall.endings)),
      },
      drainsMs: nodes.flatMap((node) => node.drains.map(Math.round)),
      warnings: addUp(nodes.map((node) => node.warnings)),
      network: addUp(nodes.map(({ proxy }) => new Map(Object.entries(proxy.seen)))) as unknown as Proxy['seen'],
      seconds: Math.round((performance.now() - startedAt) / 1_000),
      entries: clients.entries,
    };
  } finally {
    for (const close of closers.reverse()) await close();
    await rm(join(folder, 'database'), { recursive: true, force: true });
    await rm(join(folder, 'backup'), { recursive: true, force: true });
  }
}

function line({ name, tookMs, caughtUpMs, retries, wallReconnects, note }: Happened): string {
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  return (
    `${name} · ${seconds(tookMs)} · 重试 retries ${retries} · 大屏重连 walls back ${wallReconnects} · ` +
    `追上 caught up ${seconds(caughtUpMs)}${note ? ` · ${note}` : ''}`
  );
}

/** What the seeds put there, by SQL: the nodes are going to have other worries. */
async function readPlace(postgres: Postgres) {
  const [event] = await postgres.query<{ id: number }>('select id from community_event where code = $1', [eventCode]);
  const posts = await postgres.query<{ id: number }>('select id from service_unit where level = 4 order by id');
  const volunteers = await postgres.query<{ id: number }>('select id from volunteer order by id');
  return {
    eventId: event!.id,
    place: {
      event: toGlobalId('CommunityEvent', event!.id),
      posts: posts.map(({ id }) => toGlobalId('GridPost', id)),
      volunteers: volunteers.map(({ id }) => toGlobalId('Volunteer', id)),
    },
  };
}

function summaryOf(entries: readonly Entry[]) {
  const acknowledged = entries.filter((entry) => entry.acknowledged);
  const times = acknowledged.map((entry) => entry.tookMs!).sort((a, b) => a - b);
  const at = (share: number) => Math.round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0);
  return {
    acknowledged: acknowledged.length,
    replayed: acknowledged.filter((entry) => entry.acknowledged!.replayed).length,
    latencyMs: { p50: at(0.5), p95: at(0.95), p99: at(0.99), longest: at(1) },
  };
}

function addUp(maps: readonly Map<string, number>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const map of maps) for (const [name, count] of map) sums[name] = (sums[name] ?? 0) + count;
  return sums;
}
