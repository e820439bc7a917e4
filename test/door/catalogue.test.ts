import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkIn, scan } from '../support/app.js';
import { rowCounts } from '../support/rows.js';
import { answerOf, connect, post, raw, type Answer, type Asked, type Client } from './client.js';
import { frames, operations, requests, type Operation } from './catalogue.js';
import { openPlace, type Place } from './place.js';

let place: Place;
let bystander: Bystander;

beforeAll(async () => {
  place = await openPlace();
  bystander = await Bystander.at(place);
});
afterAll(() => place?.app.close());

/** Somebody who follows the event live, and asks over and over on that socket and by HTTP. */
class Bystander {
  private asked = 0;

  private constructor(private readonly client: Client) {}

  static async at({ port, event }: Place): Promise<Bystander> {
    const client = await (await connect({ port }, { keep: true })).init();
    client.subscribe('live', `subscription { checkIns(event: "${event}") { checkIns { sequence } } }`);
    return new Bystander(client);
  }

  /** How long it waited at most, in milliseconds, for one answer while `work` was under way. */
  async during<T>(work: () => Promise<T>): Promise<{ result: T; longestMs: number }> {
    let longestMs = 0;
    let done = false;
    const timed = async (ask: () => Promise<unknown>) => {
      const since = performance.now();
      await ask();
      longestMs = Math.max(longestMs, performance.now() - since);
    };
    const over = work().finally(() => (done = true));
    // It may fail while we ask: that is told below.
    over.catch(() => undefined);
    do {
      await Promise.all([timed(() => this.ask()), timed(() => askByHttp())]);
    } while (!done);
    return { result: await over, longestMs };
  }

  private async ask(): Promise<void> {
    const id = `ask ${this.asked++}`;
    this.client.subscribe(id, '{ viewer { role } }');
    expectEqual(await this.client.next(), { type: 'next', id, payload: { data: { viewer: { role: 'PUBLIC' } } } });
    expectEqual(await this.client.next(), { type: 'complete', id });
  }

  /** The next frame of the stream: nothing else has come in between. */
  async frame(): Promise<unknown> {
    const { id, payload } = await this.client.next();
    return { id, ...(payload as Answer).data };
  }
}

/** Asked for by a test, wherever it stands. */
function expectEqual(told: unknown, expected: unknown): void {
  expect(told).toEqual(expected);
}

async function askByHttp(): Promise<void> {
  const query = '{ communityEvents(first: 1) { nodes { code } } }';
  expect(await answerOf(await post(place, { query }))).toMatchObject({ data: { communityEvents: { nodes: [{}] } } });
}

/** What no answer may show: places in the code, statements, the software behind. */
const insides = /node_modules|\bat \S+ \(|\.[jt]s:\d|server\/|\bselect\b.*\bfrom\b|PostgreSQL|did you mean/i;

/** Asks while the bystander watches: in time, nothing told about the insides, nothing written but what is named. */
async function held<T>(work: () => Promise<{ text: string; result: T }>, writes: readonly string[] = []): Promise<T> {
  const before = await rowCounts(place.app);
  let watched = await bystander.during(work);
  // What is dear is dear every time; a machine that stalls now and then is not its fault.
  for (let i = 0; i < 2 && watched.longestMs >= 1_000; i++) watched = await bystander.during(work);
  const { result, longestMs } = watched;
  const after = await rowCounts(place.app);
  for (const table of writes) {
    expect(after[table]!, `${table} tells of it`).toBeGreaterThanOrEqual(before[table]!);
    after[table] = before[table]!;
  }
  expect(after, 'what is written').toEqual(before);
  expect(result.text).not.toMatch(insides);
  expect(longestMs, 'how long the bystander waited, in ms').toBeLessThan(1_000);
  return result.result;
}

/** Each from an address of its own: guesses are counted. */
let addresses = 0;
const from = () => ({ 'x-forwarded-for': `198.51.100.${addresses++ % 256}` });

interface Told {
  told: string;
  status?: number;
  closed?: number;
}

/** What an answer amounts to, as the catalogue writes it. */
function toldBy({ data, errors }: Answer): string {
  const [error] = errors ?? [];
  const found = answersIn(data);
  if (error) {
    expect(found, 'nothing comes with an error').toEqual([]);
    expect(error.extensions.requestId).toEqual(expect.any(String));
    return error.extensions.code as string;
  }
  const [answer] = found as [{ __typename?: string; reason?: string } | undefined];
  return found.length === 0 ? 'absent' : (answer?.reason ?? answer?.__typename ?? JSON.stringify(answer));
}

/** All that stands under `answer`, but for null and empty lists. */
function answersIn(data: unknown): unknown[] {
  if (Array.isArray(data)) return data.flatMap(answersIn);
  if (typeof data !== 'object' || data === null) return [];
  return Object.entries(data).flatMap(([name, value]) => {
    if (name !== 'answer') return answersIn(value);
    return value === null || (Array.isArray(value) && value.length === 0) ? [] : [value];
  });
}

async function askOver(transport: 'POST' | 'socket', { as = 'nobody', asked }: Operation) {
  const headers: Record<string, string> = { ...place.headers[as], ...from() };
  const given = typeof asked === 'function' ? asked(place) : asked;
  const operation: Asked = typeof given === 'string' ? { query: given } : given;
  if (transport === 'POST') {
    const accept = 'application/graphql-response+json';
    const response = await post(place, operation, { ...headers, accept });
    const text = await response.text();
    return { text, result: { told: toldBy(JSON.parse(text) as Answer), status: response.status } as Told };
  }
  const { authorization, ...others } = headers;
  const client = await connect(place, { headers: others });
  client.send({ type: 'connection_init', payload: authorization ? { authorization } : undefined });
  const first = await Promise.race([client.next(), client.closed]);
  if ('code' in first) return { text: first.reason, result: { told: '', closed: first.code } as Told };
  client.subscribe('1', { query: '', ...operation });
  const { type, payload } = await client.next();
  const answer = (type === 'error' ? { errors: payload } : payload) as Answer;
  client.webSocket.close();
  return { text: JSON.stringify(answer), result: { told: toldBy(answer) } as Told };
}

for (const [group, rows] of Object.entries(operations)) {
  describe.each(['POST', 'socket'] as const)(`${group} by %s`, (transport) => {
    test.each(rows.filter(({ only }) => !only || only === transport))('$what', async (row) => {
      const { told, status = 200, closed, writes } = row;
      const expected = transport === 'POST' ? { told, status } : closed ? { told: '', closed } : { told };
      expect(await held(() => askOver(transport, row), writes)).toEqual(expected);
    });
  });
}

describe('requests', () => {
  test.each(requests)('$what', async ({ path = '', sent, status, code = 'BAD_USER_INPUT' }) => {
    const told = await held(async () => {
      if (typeof sent === 'string') {
        const text = await raw(place, sent);
        return { text, result: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]) };
      }
      const init = typeof sent === 'function' ? sent(place) : sent;
      const url = place.url + (typeof path === 'function' ? path(place) : path);
      const response = await fetch(url, { ...init, headers: { ...from(), ...(init.headers as object) } });
      const text = await response.text();
      const { data, errors } = JSON.parse(text) as Answer;
      expect(data).toBeUndefined();
      expect(errors?.[0]?.extensions).toEqual({ code, requestId: response.headers.get('x-request-id') });
      return { text, result: response.status };
    });
    expect(told).toBe(status);
  });
});

describe('frames', () => {
  test.each(frames)('$what', async ({ connect: options, raw: isRaw, play, told, status = 101 }) => {
    const heard = await held(async () => {
      const client = await connect(place, options);
      const upgraded = await client.upgraded;
      if (upgraded.status !== 101) {
        const { errors } = JSON.parse(upgraded.body) as Answer;
        return { text: upgraded.body, result: { told: errors?.[0]?.extensions.code, status: upgraded.status } };
      }
      if (!isRaw) await client.init();
      play?.(client, place);
      if (typeof told === 'number') {
        const { code, reason } = await client.closed;
        return { text: reason, result: { told: code, status: 101 } };
      }
      let message = await client.next();
      while (message.type !== 'error') message = await client.next();
      client.send({ type: 'ping' });
      while ((await client.next()).type !== 'pong');
      client.webSocket.close();
      return {
        text: JSON.stringify(message),
        result: { told: (message.payload as Answer['errors'])?.[0]?.extensions.code, status: 101 },
      };
    });
    expect(heard).toEqual({ told, status });
  });
});

test('there are more than sixty of them, each of its own name', () => {
  const all = [...Object.values(operations).flat(), ...requests, ...frames];
  expect(all.length).toBeGreaterThan(60);
  for (const group of [...Object.values(operations), requests, frames]) {
    expect(new Set(group.map(({ what }) => what)).size).toBe(group.length);
  }
});

test('after all of it the bystander’s stream has missed nothing and heard nothing twice', async () => {
  const since = performance.now();
  const recorded = await checkIn(place.app, scan(place.app.world, 3, 1));
  expect(recorded.__typename).toBe('CheckInRecorded');
  expect(await bystander.frame()).toEqual({ id: 'live', checkIns: { checkIns: [{ sequence: 2 }] } });
  expect(performance.now() - since).toBeLessThan(1_000);
});
