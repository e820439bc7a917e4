import type { ClientsInput } from './fanout-clients.js';
import type { FanoutInput, Mode } from './fanout-server.js';
import { createBenchWorld, median, Source, Worker, type BenchWorld, type Usage } from './world.js';

export interface FanoutScenario {
  name: string;
  sockets: number;
  /** Rounds of telling, and how many events become visible together in each. */
  rounds: number;
  burst: number;
  /** Sockets follow one station each, of this many; 1 follows everything. */
  groups: number;
  modes: Mode[];
}

export interface FanoutResult {
  scenario: string;
  mode: Mode;
  /** Server CPU for one check-in told to one socket. */
  cpuUsPerDelivery: number;
  /** From the call that appends, or sends, until the last socket has it. */
  wallMsPerRound: number;
  kbPerSocket: number;
}

/** A round only begins when every socket has the last one: nothing queues, and the figure is the cost of the work. */
async function measure(world: BenchWorld, scenario: FanoutScenario, mode: Mode): Promise<FanoutResult> {
  const raw = mode === 'raw' || mode === 'coalesced';
  const [server, url] = await Worker.start<string>('./fanout-server.ts', { mode, world } satisfies FanoutInput);
  const { sockets, groups } = scenario;
  try {
    const before = await server.ask<Usage>('usage');
    const input: ClientsInput = { url, sockets, world, raw, groups };
    const [clients] = await Worker.start('./fanout-clients.ts', input);
    const source = raw ? undefined : await Source.open(world);
    try {
      const tell = async () => {
        if (source) await source.append(scenario.burst);
        else await server.ask({ events: scenario.burst });
      };
      /** Every event reaches every socket, or those of its station. */
      const each = (sockets * scenario.burst) / (raw ? 1 : groups);
      await tell();
      await clients.ask<number>({ await: Math.floor(each * 0.5) });
      await settle(clients);
      const open = await server.ask<Usage>('usage');

      await clients.ask('forget');
      let expected = 0;
      const began = performance.now();
      const start = await server.ask<Usage>('usage');
      for (let round = 0; round < scenario.rounds; round++) {
        await tell();
        expected += each;
        // With groups an event's station may have some sockets more or less than the mean: settle at the end.
        if (groups === 1 || raw) await clients.ask<number>({ await: expected });
      }
      const received = groups === 1 || raw ? expected : await settle(clients);
      const wallMs = performance.now() - began;
      const end = await server.ask<Usage>('usage');
      return {
        scenario: scenario.name,
        mode,
        cpuUsPerDelivery: (end.cpuUs - start.cpuUs) / received,
        wallMsPerRound: wallMs / scenario.rounds,
        kbPerSocket: (open.keptBytes - before.keptBytes) / sockets / 1024,
      };
    } finally {
      await source?.close();
      await clients.stop();
    }
  } finally {
    await server.stop();
  }
}

/** Waits until nothing more arrives; how many deliveries there were. */
async function settle(clients: Worker): Promise<number> {
  let seen = -1;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 150));
    const now = await clients.ask<number>({ await: 0 });
    if (now === seen) return now;
    seen = now;
  }
}

/** Medians of interleaved repeats: every mode once, then all again. */
export async function fanout(
  postgresUrl: string,
  scenarios: FanoutScenario[],
  repeats: number,
  say: (line: string) => void,
): Promise<FanoutResult[]> {
  const world = await createBenchWorld(postgresUrl);
  const results: FanoutResult[] = [];
  for (const scenario of scenarios) {
    const runs: FanoutResult[] = [];
    for (let repeat = 1; repeat <= repeats; repeat++) {
      for (const mode of scenario.modes) {
        const run = await measure(world, scenario, mode);
        runs.push(run);
        say(
          `  ${scenario.name} ${repeat}/${repeats} ${mode}: ${run.cpuUsPerDelivery.toFixed(2)} µs, ${run.kbPerSocket.toFixed(1)} KB`,
        );
      }
    }
    for (const mode of scenario.modes) {
      const of = runs.filter((run) => run.mode === mode);
      const middle = (pick: (run: FanoutResult) => number) => median(of.map(pick));
      results.push({
        scenario: scenario.name,
        mode,
        cpuUsPerDelivery: middle((run) => run.cpuUsPerDelivery),
        wallMsPerRound: middle((run) => run.wallMsPerRound),
        kbPerSocket: middle((run) => run.kbPerSocket),
      });
    }
  }
  return results;
}
