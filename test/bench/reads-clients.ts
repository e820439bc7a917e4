import { Agent } from 'undici';
import { serve } from './worker.js';

export interface ReadRequest {
  url: string;
  path: string;
  /** None for a GET. */
  body?: string;
  headers?: Record<string, string>;
}

/** These requests in turn, over so many connections, for so long; or one of them, to look at its answer. */
export type ReadsQuestion = { requests: ReadRequest[]; connections: number; seconds: number } | { look: ReadRequest };

export interface ReadsCount {
  answers: number;
  bytes: number;
  seconds: number;
  latenciesMs: number[];
}

async function send(agent: Agent, { url, path, body, headers }: ReadRequest): Promise<Buffer> {
  const method = body === undefined ? 'GET' : 'POST';
  const answer = await agent.request({ origin: url, path, method, headers, body });
  const bytes = Buffer.from(await answer.body.arrayBuffer());
  if (answer.statusCode !== 200) throw new Error(`${url}${path} answered ${answer.statusCode}: ${bytes.toString()}`);
  return bytes;
}

serve(async (question: ReadsQuestion): Promise<ReadsCount | unknown> => {
  if ('look' in question) return JSON.parse((await send(new Agent(), question.look)).toString()) as unknown;
  const { requests, connections, seconds } = question;
  const agent = new Agent({ connections, pipelining: 1 });
  const latenciesMs: number[] = [];
  let bytes = 0;
  let turn = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (performance.now() - began < seconds * 1000) {
        const sentAt = performance.now();
        const answer = await send(agent, requests[turn++ % requests.length]!);
        bytes += answer.length;
        latenciesMs.push(performance.now() - sentAt);
      }
    }),
  );
  const took = (performance.now() - began) / 1000;
  await agent.destroy();
  return { answers: latenciesMs.length, bytes, seconds: took, latenciesMs } satisfies ReadsCount;
});
