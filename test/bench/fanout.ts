import type { ClientsInput, ClientsQuestion, Seen } from './fanout-clients.js';
import type { PeerInput, PeerMode, Tell } from './fanout-server.js';
import type { ProductInput } from './product-server.js';
import { Worker } from './worker.js';
import { createBenchWorld, dropBenchWorld, medians, Source, type BenchWorld, type Run } from './world.js';

export type FanoutMode = 'ours' | PeerMode;

export interface FanoutScenario {
  name: string;
  sockets: number;
  modes: FanoutMode[];
  /** How often it is told, and how many check-ins become visible together each time. */
  rounds: number;
  burst: number;
  /** Sockets follow one station each, of this many; 1 follows everything. */
  groups: number;
}

export interface FanoutResult {
  scenario: string;
  mode: FanoutMode;
  /** Server CPU for one check-in told to one socket. */
  cpuUsPerDelivery: number;
  /** From the call that appends, or sends, until the last socket has it. */
  wallMsPerRound: number;
  /** What the server keeps for one socket after a collection, and by how much the process grew. */
  keptKb: number;
  residentKb: number;
  bytesPerCheckIn: number;
}

/** What one check-in looks like on the wire: the raw limits send the same bytes. */
export async function captureMessage(world: BenchWorld): Promise<string> {
  const [server, url] = await startServer('ours', world, '');
  const [clients] = await openClients({ url, sockets: 1, world, raw: false, groups: 1 });
  const source = await Source.open(world);
  try {
    await settled(server);
    await source.append(1);
    await clients.ask({ await: 1 } satisfies ClientsQuestion);
    return (await clients.ask<Seen>('seen' satisfies ClientsQuestion)).message;
  } finally {
    await source.close();
    await Promise.all([clients.stop(), server.stop()]);
  }
}

export function startServer(mode: FanoutMode, world: BenchWorld, message: string): Promise<[Worker, string]> {
  const { databaseUrl } = world;
  return mode === 'ours'
    ? Worker.start<string>('./product-server.ts', { databaseUrl } satisfies ProductInput)
    : Worker.start<string>('./fanout-server.ts', { mode, databaseUrl, message } satisfies PeerInput);
}

export function openClients(input: ClientsInput): Promise<[Worker, void]> {
  return Worker.start<void>('./fanout-clients.ts', input);
}

export const isRaw = (mode: FanoutMode): boolean => mode === 'raw' || mode === 'coalesced';

/** Resolves when a server has gone quiet: what was subscribed to is then waited for. */
export async function settled(server: Worker): Promise<void> {
  let before = await server.cpuUs();
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const now = await server.cpuUs();
    if (now - before < 5_000) return;
    before = now;
  }
}

/** A round only begins when every socket has the last one: nothing queues, and the figure is the cost of the work. */
async function measure(
  world: BenchWorld,
  { name, sockets, groups, burst, rounds }: FanoutScenario,
  mode: FanoutMode,
  message: string,
  { profile }: Run,
): Promise<FanoutResult> {
  const raw = isRaw(mode);
  const [server, url] = await startServer(mode, world, message);
  const before = await server.memory();
  const [clients] = await openClients({ url, sockets, world, raw, groups });
  const source = raw ? undefined : await Source.open(world);
  try {
    // Stations take turns, so a burst as large as there are groups reaches every socket once, and a single check-in those
    // of one group.
    const everyNth = Math.max(1, groups / burst);
    const events = Math.max(1, burst / groups);
    const each = (sockets / everyNth) * events;
    let expected = 0;
    let turn = 0;
    const tell = async () => {
      if (source) await source.append(burst);
      else await server.ask({ events, everyNth, turn: turn++ } satisfies Tell);
      await clients.ask({ await: (expected += each) } satisfies ClientsQuestion);
    };
    await settled(server);
    const open = await server.memory();
    for (let round = 0; round < Math.max(3, groups); round++) await tell();

    await clients.ask('forget' satisfies ClientsQuestion);
    expected = 0;
    const cpuBefore = await server.cpuUs();
    const began = performance.now();
    const allRounds = async () => {
      for (let round = 0; round < rounds; round++) await tell();
    };
    await (mode === 'ours' ? profile(server, `fan-out ${name}`, allRounds) : allRounds());
    const wallMs = performance.now() - began;
    const cpuUs = (await server.cpuUs()) - cpuBefore;
    const seen = await clients.ask<Seen>('seen' satisfies ClientsQuestion);
    return {
      scenario: name,
      mode,
      cpuUsPerDelivery: cpuUs / seen.checkIns,
      wallMsPerRound: wallMs / rounds,
      keptKb: (open.kept - before.kept) / sockets / 1024,
      residentKb: (open.resident - before.resident) / sockets / 1024,
      bytesPerCheckIn: seen.bytes / seen.checkIns,
    };
  } finally {
    await source?.close();
    await Promise.all([clients.stop(), server.stop()]);
  }
}

/** Medians of interleaved repeats: every mode once, then all again. */
export async function fanout(run: Run, scenarios: FanoutScenario[]): Promise<FanoutResult[]> {
  const { postgresUrl, repeats, say } = run;
  const world = await createBenchWorld(postgresUrl);
  const results: FanoutResult[] = [];
  const message = await captureMessage(world);
  for (const scenario of scenarios) {
    for (let repeat = 1; repeat <= repeats; repeat++) {
      for (const mode of scenario.modes) {
        const result = await measure(world, scenario, mode, message, run);
        results.push(result);
        const { cpuUsPerDelivery, keptKb, residentKb, bytesPerCheckIn } = result;
        say(
          `${scenario.name}, ${repeat}/${repeats}, ${mode}: ${cpuUsPerDelivery.toFixed(2)} µs a delivery, ${keptKb.toFixed(1)} KB kept, ${residentKb.toFixed(1)} KB resident, ${bytesPerCheckIn.toFixed(0)} B a check-in`,
        );
      }
    }
  }
  await dropBenchWorld(postgresUrl, world);
  return medians(results, ({ scenario, mode }) => `${scenario} ${mode}`);
}
