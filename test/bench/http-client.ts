import { randomUUID } from 'node:crypto';
import { Agent } from 'undici';
import type { BenchWorld } from './world.js';

const query = `mutation ($input: CheckInInput!) { checkIn(input: $input) {
  __typename ... on CheckInRecorded { checkIn { id sequence } } } }`;

let turns = 0;

/** Checks in one person after the other over HTTP, each at another post than before; answers with the sequence. */
export function checkInRequest(url: string, world: BenchWorld, connections = 64): () => Promise<number> {
  const agent = new Agent({ connections, pipelining: 1 });
  return async () => {
    const turn = turns++;
    const volunteer = turn % world.volunteerGlobalIds.length;
    const post = (turn * 83 + Math.floor(turn / world.volunteerGlobalIds.length)) % world.postGlobalIds.length;
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
  };
}
