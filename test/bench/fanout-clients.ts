import { randomUUID } from 'node:crypto';
import { WebSocket } from 'ws';
import { serve } from './worker.js';
import type { BenchWorld } from './world.js';

export interface ClientsInput {
  /** Where the server listens. */
  url: string;
  sockets: number;
  world: BenchWorld;
  /** Raw sockets speak no protocol. */
  raw: boolean;
  /** Each socket follows one of this many stations; 1 follows everything. */
  groups: number;
}

/** What the clients are asked: to open, to wait for so many check-ins, to count anew, or what they have seen. */
export type ClientsQuestion = ClientsInput | { await: number } | 'forget' | 'seen';

export interface Seen {
  checkIns: number;
  bytes: number;
  /** The last message of the first socket. */
  message: string;
  /** When the last socket got a check-in: by its sequence, or by its place among the raw messages, in monotonic ms. */
  lastArrivals: [sequence: number, atMs: number][];
}

/** 18 leaves, four levels deep: about 640 bytes for one check-in. */
const query = `subscription Wall($event: ID!, $within: ID) { checkIns(event: $event, within: $within) {
  cursor checkIns { id sequence direction method at recordedAt
    post { id code name kind team { id name station { id name } } }
    volunteer { displayName contingent tier } } } }`;

const patienceMs = 120_000;

let opened = 0;
let checkIns = 0;
let bytes = 0;
let message = '';
let arrivals = new Map<number, { count: number; atMs: number }>();
let target = Infinity;
let reached: (() => void) | undefined;

function arrived(sequence: number, atMs: number): void {
  checkIns++;
  let arrival = arrivals.get(sequence);
  if (!arrival) arrivals.set(sequence, (arrival = { count: 0, atMs }));
  arrival.count++;
  arrival.atMs = atMs;
}

/** Counts check-ins, not messages: several that became visible together come as one. */
function take(data: Buffer, raw: boolean, place: number): void {
  const atMs = Number(process.hrtime.bigint()) / 1e6;
  bytes += data.length;
  if (raw) arrived(place, atMs);
  else {
    const marker = '"sequence":';
    for (let at = data.indexOf(marker); at >= 0; at = data.indexOf(marker, at + 1)) {
      arrived(Number.parseInt(data.toString('latin1', at + marker.length, at + marker.length + 10)), atMs);
    }
    if (data.includes('"errors"')) throw new Error(`a subscriber was told ${data.toString()}`);
  }
  if (checkIns >= target) reached?.();
}

async function open({ url, raw, groups, world }: ClientsInput, index: number): Promise<void> {
  const address = `${url.replace('http', 'ws')}/graphql`;
  const socket = new WebSocket(address, raw ? [] : ['graphql-transport-ws'], { perMessageDeflate: false });
  let messages = 0;
  socket.on('close', (code, reason) => {
    throw new Error(`a socket was closed: ${code} ${reason.toString()}`);
  });
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('open', () => {
      if (raw) return resolve();
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${world.wallKey}` } }));
    });
    socket.on('message', (data: Buffer) => {
      if (raw || data.includes('"type":"next"')) {
        if (index === 0) message = data.toString();
        take(data, raw, ++messages);
      } else if (data.includes('"type":"connection_ack"')) {
        const within = groups > 1 ? world.stationGlobalIds[index % groups] : undefined;
        const variables = { event: world.eventGlobalId, within };
        socket.send(JSON.stringify({ id: randomUUID(), type: 'subscribe', payload: { query, variables } }));
        resolve();
      } else if (data.includes('"type":"ping"')) socket.send('{"type":"pong"}');
      else throw new Error(`a subscriber was told ${data.toString()}`);
    });
  });
}

serve(async (question: ClientsQuestion) => {
  if (question === 'forget') {
    checkIns = bytes = 0;
    arrivals = new Map();
    return;
  }
  if (question === 'seen') {
    const complete = [...arrivals].filter(([, { count }]) => count === opened);
    const lastArrivals = complete.map(([sequence, { atMs }]) => [sequence, atMs] as [number, number]);
    return { checkIns, bytes, message, lastArrivals } satisfies Seen;
  }
  if ('url' in question) {
    for (let i = 0; i < question.sockets; i += 50) {
      const some = Array.from({ length: Math.min(50, question.sockets - i) }, (_, k) => open(question, i + k));
      await Promise.all(some);
    }
    opened = question.sockets;
    return;
  }
  target = question.await;
  if (checkIns < target) {
    await new Promise<void>((resolve, reject) => {
      const late = () => reject(new Error(`${checkIns} of ${target} check-ins arrived within ${patienceMs} ms`));
      const timer = setTimeout(late, patienceMs);
      reached = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
  if (checkIns > target) throw new Error(`${checkIns} check-ins arrived, of ${target} that were told`);
});
