import { WebSocket } from 'ws';
import { serve, type BenchWorld } from './world.js';

export interface ClientsInput {
  url: string;
  sockets: number;
  world: BenchWorld;
  /** Raw sockets speak no protocol. */
  raw: boolean;
  /** Each socket follows one of this many stations; 1 follows everything. */
  groups: number;
}

/** 18 leaves, four levels deep: about 640 bytes for one check-in. */
const query = `subscription Wall($event: ID!, $within: ID) { checkIns(event: $event, within: $within) {
  cursor checkIns { id sequence direction method at recordedAt
    post { id code name kind team { id name station { id name } } }
    volunteer { displayName contingent tier } } } }`;

let received = 0;
let bytes = 0;
let target = Infinity;
let reached: (() => void) | undefined;

/** Counts check-ins, not messages: several that became visible together come as one. */
function count(data: Buffer): void {
  bytes += data.length;
  for (let at = data.indexOf('"sequence":'); at >= 0; at = data.indexOf('"sequence":', at + 11)) received++;
  if (received >= target) reached?.();
}

async function open(input: ClientsInput, index: number): Promise<void> {
  const socket = new WebSocket(input.url, input.raw ? [] : ['graphql-transport-ws'], { perMessageDeflate: false });
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('open', () => {
      if (input.raw) return resolve();
      socket.send(
        JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${input.world.wallKey}` } }),
      );
    });
    socket.on('message', (data: Buffer) => {
      if (input.raw) {
        bytes += data.length;
        received++;
        if (received >= target) reached?.();
      } else if (data.includes('connection_ack')) {
        const within = input.groups > 1 ? input.world.stationGlobalIds[index % input.groups] : undefined;
        const variables = { event: input.world.eventGlobalId, within };
        socket.send(JSON.stringify({ id: String(index), type: 'subscribe', payload: { query, variables } }));
        resolve();
      } else if (data.includes('"type":"ping"')) socket.send('{"type":"pong"}');
      else count(data);
    });
  });
}

serve(async (message: ClientsInput | { await: number } | 'forget' | 'bytes') => {
  if (message === 'bytes') return received ? bytes / received : 0;
  if (message === 'forget') {
    received = bytes = 0;
    return null;
  }
  if ('url' in message) {
    for (let i = 0; i < message.sockets; i += 50) {
      const some = Array.from({ length: Math.min(50, message.sockets - i) }, (_, k) => open(message, i + k));
      await Promise.all(some);
    }
    return null;
  }
  target = message.await;
  if (received < target) {
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([
      new Promise<void>((resolve) => (reached = resolve)),
      new Promise<void>((resolve) => (timer = setTimeout(resolve, 60_000))),
    ]);
    clearTimeout(timer);
  }
  return received;
});
