import { randomUUID } from 'node:crypto';
import { Agent } from 'undici';
import { nextMove, type BenchWorld } from './world.js';

const query = `mutation ($input: CheckInInput!) { checkIn(input: $input) {
  __typename ... on CheckInRecorded { checkIn { id sequence } } } }`;

export interface CheckInClient {
  /** Checks in one person after the other, each at another post than before; answers with the sequence. */
  checkIn(): Promise<number>;
  close(): Promise<void>;
}

export function checkInClient(url: string, world: BenchWorld, connections = 64): CheckInClient {
  const agent = new Agent({ connections, pipelining: 1 });
  async function checkIn(): Promise<number> {
    const { volunteer, post } = nextMove(world);
    const { body } = await agent.request({
      origin: url,
      path: '/graphql',
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${world.leaderKey}` },
      body: JSON.stringify({
        query,
        variables: {
          input: {
            key: randomUUID(),
            event: world.eventGlobalId,
            post: world.postGlobalIds[post],
            volunteer: world.volunteerGlobalIds[volunteer],
            method: 'LEADER',
          },
        },
      }),
    });
    const answer = (await body.json()) as { data?: { checkIn: { checkIn?: { sequence: number } } } };
    const sequence = answer.data?.checkIn.checkIn?.sequence;
    if (!sequence) throw new Error(`a check-in was not recorded: ${JSON.stringify(answer)}`);
    return sequence;
  }
  return { checkIn, close: () => agent.destroy() };
}

/** Calls at a steady rate, whether or not the calls before have been answered; resolves when all have. */
export async function atRate(
  { perSecond, seconds }: { perSecond: number; seconds: number },
  call: (index: number) => Promise<void>,
): Promise<void> {
  const began = performance.now();
  const calls: Promise<void>[] = [];
  for (let i = 0; i < perSecond * seconds; i++) {
    const dueMs = (i * 1000) / perSecond - (performance.now() - began);
    if (dueMs > 0) await new Promise((resolve) => setTimeout(resolve, dueMs));
    calls.push(call(i));
  }
  await Promise.all(calls);
}
