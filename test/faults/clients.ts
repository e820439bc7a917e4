import { setTimeout as delay } from 'node:timers/promises';
import { createClient, type Client } from 'graphql-ws';
import { Agent, request } from 'undici';
import type { GraphQLAnswer } from '../../seeds/volunteer-day/api.js';
import { checkInDocument, checkOutDocument, type Answer } from '../../seeds/volunteer-day/documents.js';
import { createRandom, type Random } from '../../seeds/random.js';
import { PatientWebSocket } from '../support/wall.js';
import type { Findings } from './findings.js';

/**
 * What a client does besides sending until it is answered:
 * - `twin`: an impatient finger sends the scan to two nodes at once;
 * - `again`: sends it once more long after it was answered;
 * - `reused`: uses its key for something else afterwards;
 * - `fickle`: gives up for good when the first attempt fails.
 */
type Habit = 'plain' | 'twin' | 'again' | 'reused' | 'fickle';

const habits: Record<Habit, number> = { plain: 85, twin: 5, again: 5, reused: 2, fickle: 3 };

/** One scan, as it was planned. */
export interface Scan {
  key: string;
  direction: 'IN' | 'OUT';
  volunteer: string;
  post: string;
  /** How long before it is sent it happened; null when the device does not say. */
  agoMs: number | null;
  habit: Habit;
}

export interface Attempt {
  node: number;
  /** Since the clients began. */
  atMs: number;
  tookMs: number;
  /** `answered`, or why not. */
  came: string;
}

/** What a scan was acknowledged as. */
export interface Acknowledged {
  as: Answer['__typename'];
  sequence: number;
  replayed: boolean | null;
}

export interface Entry {
  scan: Scan;
  attempts: Attempt[];
  /** Times that nobody answered before it was acknowledged. */
  retries: number;
  acknowledged?: Acknowledged;
  /** From the first attempt to the acknowledgement. */
  tookMs?: number;
}

export interface Place {
  event: string;
  posts: string[];
  volunteers: string[];
}

/** How many people scan at the same time. Each has volunteers of its own, and a few whom everybody scans. */
const lanes = 32;
const sharedVolunteers = 40;
/** One lane in so many speaks over a socket. */
const socketLane = 4;
/** How long one attempt may take, and how long a client goes on before that is a finding. */
const attemptMs = 4_000;
const patienceMs = 60_000;

/** No answer, or one that says "not now". */
class Unanswered extends Error {}

type Variables = { input: Record<string, unknown> };

/** Check-ins from many hands, sent to whichever node until they are acknowledged; every attempt is written down. */
export class Clients {
  readonly entries: Entry[] = [];
  /** The highest sequence that anybody was told. */
  head = 0;
  acknowledged = 0;
  /** Scans that are acknowledged or given up. */
  done = 0;
  /** Scans whose last attempt failed. */
  troubled = 0;
  failures = new Map<string, number>();

  private readonly agent = new Agent({ connections: 64, keepAliveTimeout: 30_000 });
  private readonly sockets = new Map<string, Client>();
  private readonly startedAt = performance.now();
  private surging = new AbortController();

  constructor(
    private readonly urls: readonly string[],
    private readonly place: Place,
    private readonly key: string,
    private readonly findings: Findings,
  ) {}

  get nowMs(): number {
    return performance.now() - this.startedAt;
  }

  /** While `work` goes on, everybody scans one after the other without a pause. */
  async surge<T>(work: () => Promise<T>): Promise<T> {
    this.surging.abort();
    try {
      return await work();
    } finally {
      this.surging = new AbortController();
    }
  }

  /** Plays so many scans a second, `least` of them and on until it is enough; resolves when all are over. */
  async play(least: number, rate: number, chance: Random, enough = () => true): Promise<void> {
    const from = this.entries.length;
    const beganAt = performance.now();
    const goesOn = () => this.entries.length - from < least || !enough();
    await Promise.all(
      Array.from({ length: lanes }, async (_, lane) => {
        const scans = planScans(this.place, lane, forkRandom(chance));
        const random = forkRandom(chance);
        const late: (() => Promise<void>)[] = [];
        for (let turn = 0; ;) {
          const { signal } = this.surging;
          const dueAt = beganAt + ((turn * lanes + lane) / rate) * 1_000;
          for (let waitMs: number; !signal.aborted && goesOn() && (waitMs = dueAt - performance.now()) > 0;) {
            await delay(Math.min(waitMs, 250), undefined, { signal }).catch(() => undefined);
          }
          if (!goesOn()) break;
          // Those of a surge are in addition.
          if (!signal.aborted) turn++;
          await this.perform(scans.next().value, lane, random, late);
          if (late.length > 5) await late.shift()!();
        }
        for (const last of late) await last();
      }),
    );
  }

  private async perform(scan: Scan, lane: number, random: Random, late: (() => Promise<void>)[]): Promise<void> {
    const entry: Entry = { scan, attempts: [], retries: 0 };
    this.entries.push(entry);
    const { key, direction, volunteer, post, agoMs, habit } = scan;
    const at = agoMs === null ? undefined : new Date(Date.now() - agoMs).toISOString();
    const variables: Variables = { input: { key, event: this.place.event, volunteer, post, method: 'LEADER', at } };
    const document = direction === 'IN' ? checkInDocument : checkOutDocument;
    const send = (node: number, what = variables) => this.attempt(entry, node, lane, document, what);

    const firstAt = performance.now();
    let node = random.int(0, this.urls.length - 1);
    let waitMs = 50;
    for (let attempt = 1; ; attempt++) {
      try {
        const answers = await this.atOnce(
          habit === 'twin' && attempt === 1 ? [node, this.other(node, random)] : [node],
          send,
        );
        for (const answer of answers) this.acknowledge(entry, answer, firstAt);
        break;
      } catch (error) {
        if (error instanceof Refused) {
          this.findings.violation('a scan was refused', `${error.message}: ${JSON.stringify(entry)}`);
          break;
        }
        if (!(error instanceof Unanswered)) throw error;
        if (entry.retries++ === 0) this.troubled++;
      }
      if (habit === 'fickle') break;
      if (performance.now() - firstAt > patienceMs) {
        this.findings.violation('not acknowledged in a minute', JSON.stringify(entry));
        break;
      }
      node = this.other(node, random);
      await delay(waitMs * (0.5 + random.fraction() / 2));
      waitMs = Math.min(waitMs * 2, 500);
    }
    if (entry.retries > 0) this.troubled--;
    this.done++;
    if (!entry.acknowledged) return;

    const untilAnswered = async (what: Variables): Promise<Answer | string> => {
      for (;;) {
        try {
          return await send(random.int(0, this.urls.length - 1), what);
        } catch (error) {
          if (error instanceof Refused) return error.message;
          if (!(error instanceof Unanswered)) throw error;
          await delay(200);
        }
      }
    };
    if (habit === 'again') {
      late.push(async () => {
        const answer = await untilAnswered(variables);
        if (typeof answer === 'string') this.findings.violation('a replay was refused', `${key}: ${answer}`);
        else this.acknowledge(entry, answer, firstAt);
        if (typeof answer === 'object' && 'replayed' in answer && !answer.replayed) {
          this.findings.violation('a replay counted again', JSON.stringify(entry));
        }
      });
    }
    if (habit === 'reused') {
      const answer = await untilAnswered({ input: { ...variables.input, note: 'another one' } });
      if (answer !== 'IDEMPOTENCY_MISMATCH') {
        this.findings.violation('a key was used twice', `${key}: ${JSON.stringify(answer)}`);
      }
    }
  }

  private other(node: number, random: Random): number {
    const { length } = this.urls;
    return length === 1 ? 0 : (node + random.int(1, length - 1)) % length;
  }

  /** The answers that came; throws when none did. */
  private async atOnce(nodes: number[], send: (node: number) => Promise<Answer>): Promise<Answer[]> {
    const results = await Promise.allSettled(nodes.map((node) => send(node)));
    const answers = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
    const strange = failures.find((error) => !(error instanceof Unanswered));
    if (strange) throw strange;
    if (answers.length === 0) throw failures[0]!;
    return answers;
  }

  private acknowledge(entry: Entry, answer: Answer, firstAt: number): void {
    if (!('checkIn' in answer)) {
      this.findings.violation('an answer that cannot be', `${JSON.stringify(answer)} to ${JSON.stringify(entry)}`);
      return;
    }
    const { sequence } = answer.checkIn;
    const acknowledged: Acknowledged = {
      as: answer.__typename,
      sequence,
      replayed: 'replayed' in answer ? answer.replayed : null,
    };
    const known = entry.acknowledged;
    if (known && (known.as !== acknowledged.as || known.sequence !== sequence)) {
      this.findings.violation('one key, two answers', `${JSON.stringify(acknowledged)} after ${JSON.stringify(entry)}`);
    }
    if (!known) {
      entry.acknowledged = acknowledged;
      entry.tookMs = performance.now() - firstAt;
      this.acknowledged++;
    } else if (!acknowledged.replayed && !known.replayed && acknowledged.as !== 'AlreadyCheckedIn') {
      this.findings.violation('recorded twice', JSON.stringify(entry));
    }
    this.head = Math.max(this.head, sequence);
  }

  private async attempt(
    entry: Entry,
    node: number,
    lane: number,
    document: string,
    variables: Variables,
  ): Promise<Answer> {
    const sentAt = performance.now();
    const attempt: Attempt = { node, atMs: Math.round(this.nowMs), tookMs: 0, came: 'nothing yet' };
    entry.attempts.push(attempt);
    try {
      const answer = await (lane % socketLane === 0
        ? this.bySocket(node, lane, document, variables)
        : this.byHttp(node, document, variables));
      attempt.came = 'answered';
      return answer;
    } catch (error) {
      attempt.came = (error as Error).message;
      if (error instanceof Unanswered) this.failures.set(attempt.came, (this.failures.get(attempt.came) ?? 0) + 1);
      throw error;
    } finally {
      attempt.tookMs = Math.round(performance.now() - sentAt);
    }
  }

  private async byHttp(node: number, query: string, variables: Variables): Promise<Answer> {
    let answer: GraphQLAnswer<{ answer: Answer }>;
    try {
      const response = await request(`${this.urls[node]}/graphql`, {
        method: 'POST',
        dispatcher: this.agent,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${this.key}` },
        body: JSON.stringify({ query, variables }),
        signal: AbortSignal.timeout(attemptMs),
      });
      answer = (await response.body.json()) as typeof answer;
    } catch (error) {
      const { name, code, message } = error as Error & { code?: string };
      throw new Unanswered(name === 'TimeoutError' ? 'silence' : (code ?? message), { cause: error });
    }
    return resultOf(answer);
  }

  private async bySocket(node: number, lane: number, query: string, variables: Variables): Promise<Answer> {
    const name = `${node} ${lane}`;
    let client = this.sockets.get(name);
    if (!client) {
      client = createClient({
        url: `${this.urls[node]!.replace('http', 'ws')}/graphql`,
        webSocketImpl: PatientWebSocket,
        retryAttempts: 0,
        // As a page would: the connection stays for the next scan.
        lazyCloseTimeout: 60_000,
        connectionParams: { authorization: `Bearer ${this.key}` },
      });
      this.sockets.set(name, client);
    }
    const { promise, resolve, reject } = Promise.withResolvers<GraphQLAnswer<{ answer: Answer }>>();
    let result: GraphQLAnswer<{ answer: Answer }> | undefined;
    const silence = setTimeout(() => {
      reject(new Unanswered('silence'));
      this.sockets.delete(name);
      client.terminate();
    }, attemptMs);
    client.subscribe<{ answer: Answer }>(
      { query, variables },
      {
        next: (value) => (result = value as GraphQLAnswer<{ answer: Answer }>),
        error: (problem) => {
          if (Array.isArray(problem)) return resolve({ errors: problem });
          const { code, reason, message } = problem as { code?: number; reason?: string; message?: string };
          reject(new Unanswered(code ? `${code} ${reason}`.trim() : (message ?? String(problem))));
        },
        complete: () => (result ? resolve(result) : reject(new Unanswered('complete, without a result'))),
      },
    );
    try {
      return resultOf(await promise);
    } finally {
      clearTimeout(silence);
    }
  }

  async close(): Promise<void> {
    for (const client of this.sockets.values()) client.terminate();
    await this.agent.destroy();
  }
}

/** The node answered, and the answer is no. */
class Refused extends Error {}

function resultOf({ data, errors }: GraphQLAnswer<{ answer: Answer }>): Answer {
  const [error] = errors ?? [];
  const code = error?.extensions?.code;
  if (code === 'SERVICE_UNAVAILABLE') throw new Unanswered(code);
  if (error) throw new Refused(code ?? error.message);
  if (!data) throw new Unanswered('an answer without data');
  return data.answer;
}

/** Neighbouring seeds begin alike; those that are drawn do not. */
export function forkRandom(random: Random): Random {
  return createRandom(random.int(0, 2 ** 31 - 1));
}

/** What a lane scans, one after the other, the same in every run of a seed. */
function* planScans({ posts, volunteers }: Place, lane: number, random: Random): Generator<Scan, never> {
  const shared = volunteers.slice(0, sharedVolunteers);
  const own = volunteers.slice(sharedVolunteers).filter((_, i) => i % lanes === lane);
  for (;;) {
    yield {
      key: uuid(random),
      direction: random.chance(0.65) ? 'IN' : 'OUT',
      volunteer: random.pick(random.chance(0.1) ? shared : own),
      post: random.pick(posts),
      agoMs: random.chance(0.3) ? random.int(0, 90_000) : null,
      habit: random.weighted(habits),
    };
  }
}

/** The same key in every run of a seed. */
function uuid(random: Random): string {
  const hex = Array.from({ length: 32 }, () => random.int(0, 15).toString(16)).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}
