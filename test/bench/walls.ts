import type { ClientsQuestion, Seen } from './fanout-clients.js';
import type { Tell } from './fanout-server.js';
import { captureMessage, openClients, settled, startServer } from './fanout.js';
import { atRate, checkInClient } from './http-client.js';
import { createBenchWorld, dropBenchWorld, medians, quantile, type BenchWorld, type Run } from './world.js';
import { openLimits } from './writes.js';

/**
 * How long until the last of many walls knows. `ours` counts from the moment a mutation is sent over HTTP, and goes through
 * everything. The limits are its two halves: `raw` from the first `ws.send` of a ready-made message, `group` a group commit.
 */
export type WallsMode = 'ours' | 'raw' | 'group';

export interface WallsResult {
  mode: WallsMode;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
}

export interface WallsLoad {
  walls: number;
  perSecond: number;
  seconds: number;
}

const modes: WallsMode[] = ['ours', 'raw', 'group'];
const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

export async function walls(run: Run, load: WallsLoad): Promise<WallsResult[]> {
  const { postgresUrl, repeats, say } = run;
  const world = await createBenchWorld(postgresUrl);
  const limits = await openLimits(world);
  const message = await captureMessage(world);
  const results: WallsResult[] = [];
  try {
    for (let repeat = 1; repeat <= repeats; repeat++) {
      for (const mode of modes) {
        const delays =
          mode === 'group' ? await groupDelays(limits.group, load) : await wallDelays(run, world, mode, message, load);
        const [p50Ms, p95Ms, p99Ms] = [0.5, 0.95, 0.99].map((share) => quantile(delays, share)) as [
          number,
          number,
          number,
        ];
        results.push({ mode, p50Ms, p95Ms, p99Ms });
        say(
          `${repeat}/${repeats}, ${mode}: p50 ${p50Ms.toFixed(1)}, p95 ${p95Ms.toFixed(1)}, p99 ${p99Ms.toFixed(1)} ms`,
        );
      }
    }
  } finally {
    await limits.close();
  }
  await dropBenchWorld(postgresUrl, world);
  return medians(results, ({ mode }) => mode);
}

async function groupDelays(append: () => Promise<unknown>, load: WallsLoad): Promise<number[]> {
  const delays: number[] = [];
  await atRate(load, async () => {
    const sentAt = nowMs();
    await append();
    delays.push(nowMs() - sentAt);
  });
  return delays;
}

async function wallDelays(
  { profile }: Run,
  world: BenchWorld,
  mode: 'ours' | 'raw',
  message: string,
  load: WallsLoad,
): Promise<number[]> {
  const [server, url] = await startServer(mode, world, message);
  const [clients] = await openClients({ url, sockets: load.walls, world, raw: mode === 'raw', groups: 1 });
  const client = checkInClient(url, world);
  const sentAt = new Map<number, number>();
  const tell = async (index: number) => {
    const now = nowMs();
    if (mode === 'ours') sentAt.set(await client.checkIn(), now);
    // Raw messages count from 1 on each socket.
    else sentAt.set(index + 1, await server.ask<number>({ events: 1, everyNth: 1, turn: 0 } satisfies Tell));
  };
  const ask = <T>(question: ClientsQuestion) => clients.ask<T>(question);
  try {
    await settled(server);
    if (mode === 'ours') {
      // The first ones compile the way; they are no walls' business.
      await atRate({ ...load, seconds: 1 }, tell);
      await ask({ await: load.walls * load.perSecond });
      sentAt.clear();
      await ask('forget');
    }
    const play = async () => {
      await atRate(load, tell);
      await ask({ await: load.walls * load.perSecond * load.seconds });
    };
    await (mode === 'ours' ? profile(server, 'walls', play) : play());
    const { lastArrivals } = await ask<Seen>('seen');
    if (lastArrivals.length !== sentAt.size)
      throw new Error(`${lastArrivals.length} of ${sentAt.size} reached all walls`);
    return lastArrivals.map(([sequence, atMs]) => atMs - sentAt.get(sequence)!);
  } finally {
    await client.close();
    await Promise.all([clients.stop(), server.stop()]);
  }
}
