import { readFileSync } from 'node:fs';
import { buildSchema, parse, validate } from 'graphql';
import { afterEach, describe, expect, test } from 'vitest';
import { Api } from '../../seeds/volunteer-day/api.js';
import * as documents from '../../seeds/volunteer-day/documents.js';
import { DayModel } from '../../seeds/volunteer-day/model.js';
import { planDay } from '../../seeds/volunteer-day/plan.js';
import { playDay } from '../../seeds/volunteer-day/play.js';
import { startFakeApi } from './fake-api.js';

describe('the plan', () => {
  const input = {
    homePosts: Array.from({ length: 2000 }, (_, person) => [person % 100]),
    posts: 100,
    rate: 50,
    seed: 1,
  };
  const acts = planDay(input);
  const firsts = [...Map.groupBy(acts, (act) => act.person).values()].map((own) => own[0]!);

  test('is the same for the same seed, and another for another', () => {
    expect(planDay(input)).toEqual(acts);
    expect(planDay({ ...input, seed: 2 })).not.toEqual(acts);
  });

  test('lets everybody arrive within people / rate seconds, swelling and ebbing below twice the rate', () => {
    expect(firsts).toHaveLength(2000);
    const perSecond = Array<number>(40).fill(0);
    for (const act of firsts) perSecond[Math.floor(act.atMs / 1000)]!++;
    expect(perSecond.reduce((sum, count) => sum + count, 0)).toBe(2000);
    expect(Math.max(...perSecond)).toBeLessThan(100);
    expect(Math.max(...perSecond)).toBeGreaterThan(75);
    expect(Math.min(...perSecond)).toBeLessThan(25);
  });

  test('has every way, every trouble, moves, departures and returns in it', () => {
    expect(new Set(acts.map((act) => act.via)).size).toBe(4);
    expect(new Set(acts.map((act) => act.trouble)).size).toBe(6);
    const outs = acts.filter((act) => act.direction === 'OUT').length;
    expect(outs).toBeGreaterThan(1000);
    expect(acts.length - outs).toBeGreaterThan(2400);
    expect(acts.every((act, index) => index === 0 || act.atMs >= acts[index - 1]!.atMs)).toBe(true);
  });
});

describe('the model', () => {
  const model = new DayModel((post) => ['event', post[0]!, post]);

  test('counts a move as one row, people once, and leaves no trace of a check-out that is kept for review', () => {
    expect(model.checkOut('anna')).toBe('KEPT_FOR_REVIEW');
    expect(model.checkIn('anna', 'a1')).toBe('RECORDED');
    expect(model.checkIn('anna', 'a1')).toBe('ALREADY_CHECKED_IN');
    expect(model.checkIn('anna', 'a2')).toBe('RECORDED');
    expect(model.counts('a1')).toEqual({ checkIns: 1, people: 1, onSite: 0 });
    expect(model.counts('a')).toEqual({ checkIns: 2, people: 1, onSite: 1 });
    expect(model.checkOut('anna')).toBe('RECORDED');
    expect(model.checkIn('anna', 'b1')).toBe('RECORDED');
    expect(model.counts('event')).toEqual({ checkIns: 3, people: 1, onSite: 1 });
    expect(model.counts('c')).toEqual({ checkIns: 0, people: 0, onSite: 0 });
  });
});

test('every document of the player is valid in the schema', () => {
  const schema = buildSchema(readFileSync('schema/schema.graphql', 'utf8'));
  const sources = Object.values(documents).flat();
  expect(sources.length).toBeGreaterThan(8);
  expect(sources.flatMap((source) => validate(schema, parse(source)))).toEqual([]);
});

describe('the play', () => {
  const closers: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });

  async function play(
    faults: Parameters<typeof startFakeApi>[0] = {},
    plays = 1,
    stopped = new AbortController().signal,
  ) {
    const fake = await startFakeApi(faults);
    const api = new Api(fake.url, { connections: 16, patienceMs: 5_000 });
    closers.push(fake.close, () => api.close());
    const quiet = { reading() {}, starting() {}, acted() {}, comparing() {} };
    const results = [];
    for (let seed = 1; seed <= plays; seed++) {
      results.push(await playDay(api, 'k', { people: 200, rate: 1_000, event: 'a-day', seed }, stopped, quiet));
    }
    return { fake, api, result: results.at(-1)! };
  }

  test('agrees with a server that is right', async () => {
    const { fake, result } = await play();
    expect(result.differences).toEqual([]);
    expect(result.scans.length).toBeGreaterThan(300);
    expect(fake.rows.length).toBe(result.scans.filter((scan) => scan.outcome !== 'ALREADY_CHECKED_IN').length);
    expect(result.refusals.alreadyCheckedIn).toBeGreaterThan(0);
    expect(result.refusals.idempotencyMismatch).toBeGreaterThan(0);
  });

  test('agrees a second time on the same event, where people are on site already', async () => {
    const { fake, result } = await play({}, 2);
    expect(result.differences).toEqual([]);
    expect(fake.rows.length).toBeGreaterThan(result.scans.length);
  });

  test('goes on with the same key when the answer was lost', async () => {
    const { api, result } = await play({ drop: (request) => request % 7 === 0 });
    expect(result.differences).toEqual([]);
    expect(api.stats.retries).toBeGreaterThan(50);
    expect(result.scans.some((scan) => scan.replayed && scan.trouble === 'NONE')).toBe(true);
  });

  test.each([
    ['FORGETS', /not in the log|same row/],
    ['COUNTS_TWICE', /not sent by this play/],
    ['IGNORES_KEYS', /several answers|IDEMPOTENCY_MISMATCH|not sent by this play/],
    ['KEEPS_MOVED', /onSite/],
  ] as const)('finds out a server that %s', async (fault, expected) => {
    const { result } = await play({ fault });
    expect(result.differences.join('\n')).toMatch(expected);
  });

  test('says so when nothing answers for too long', async () => {
    const api = new Api('http://127.0.0.1:9', { connections: 1, patienceMs: 100 });
    closers.push(() => api.close());
    const quiet = { reading() {}, starting() {}, acted() {}, comparing() {} };
    const stopped = new AbortController().signal;
    await expect(playDay(api, 'k', { people: 1, rate: 1, event: 'a-day', seed: 1 }, stopped, quiet)).rejects.toThrow(
      /127\.0\.0\.1:9.*not answered/,
    );
  });
});
