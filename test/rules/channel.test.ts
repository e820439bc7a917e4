import pino from 'pino';
import { afterEach, expect, test } from 'vitest';
import type { CheckIn } from '../../server/feed/check-in.entity.js';
import { Channel } from '../../server/feed/channel.js';
import { CultureSchool } from '../../server/hierarchy/service-unit.entity.js';
import type { Database } from '../../server/kernel/database/database.js';

/** Everybody comes to the one post of school 1, for the first time. */
const row = (sequence: number) =>
  ({ sequence, direction: 'IN', postId: 4, teamId: 3, stationId: 2, schoolId: 1, leftPostId: null }) as CheckIn;
const tally = (checkIns: number) => ({ checkIns, people: 0, onSite: 0, minutes: 0 });

/** A log of so many rows, whose tallies are read as of `tallied` once `release` is called. */
class Log {
  rows = 1;
  tallied = 1;
  epoch = 'abcdef01';
  release: () => void = () => undefined;
  readonly reads: string[] = [];

  readonly db = {
    columns: () => '*',
    query: async (_text: string, values: never[], name: string) => {
      this.reads.push(name);
      if (name === 'read-log') return Array.from({ length: this.rows }, (_, i) => row(i + 1)).slice(values[1]);
      await new Promise<void>((resolve) => (this.release = resolve));
      const [, wholeEvent, unitIds, epoch] = values as unknown as [number, number, number[], string];
      if (epoch !== this.epoch) return [];
      const { tallied } = this;
      return [wholeEvent, ...unitIds.filter((id) => id > 0 && id < 9)].map((unitId) => ({
        unitId,
        sequence: unitId === wholeEvent ? tallied : 0,
        ...tally(tallied),
      }));
    },
  } as unknown as Database;
}

const school = Object.assign(new CultureSchool(), { id: 1, levelNumber: 1 });
const emptySchool = Object.assign(new CultureSchool(), { id: 9, levelNumber: 1 });
const schools = [school, emptySchool];
const leaving = new AbortController();
let channel: Channel;
afterEach(() => channel.end());

function open(log: Log) {
  channel = new Channel(1, { epoch: log.epoch, sequence: 1 }, log.db, pino({ level: 'silent' }), () => new Date());
  channel.watch([0, 1, 9]);
  return board();
}

async function board(unitId = 0, children = schools) {
  const counted = await channel.counted([unitId, ...children.map(({ id }) => id)], leaving.signal);
  return counted ? channel.scoreboard(unitId, children) : undefined;
}

const lines = (counted: number) => ({
  cursor: { sequence: counted },
  tally: tally(counted),
  units: [
    { unit: school, tally: tally(counted) },
    { unit: emptySchool, tally: tally(0) },
  ],
});

test('tallies that were read ahead of the log wait for it, and nothing counts twice', async () => {
  const log = new Log();
  const opening = open(log);
  [log.rows, log.tallied] = [4, 3];
  log.release();
  expect(await opening).toMatchObject(lines(4));
});

test('rows that came while tallies were read are added', async () => {
  const log = new Log();
  const opening = open(log);
  log.rows = 3;
  channel.ring();
  await channel.wait(0, leaving.signal).changed;
  log.tallied = 2;
  log.release();
  expect(await opening).toMatchObject(lines(3));
});

test('what somebody watches is read once, folded from then on, and forgotten when nobody does', async () => {
  const log = new Log();
  const opening = open(log);
  log.release();
  const first = await opening;
  expect(first).toMatchObject(lines(1));
  expect(await board()).toBe(first);
  const unwatch = channel.watch([1]);
  log.rows = 2;
  channel.ring();
  await channel.wait(0, leaving.signal).changed;
  expect(await board(1, [])).toMatchObject({ tally: tally(2), units: [] });
  unwatch();
  expect(await board()).toMatchObject(lines(2));
  expect(log.reads.filter((name) => name === 'read-tallies')).toHaveLength(1);
});

test('another outline is another scoreboard, also when nothing was counted', async () => {
  const log = new Log();
  const opening = open(log);
  log.release();
  const first = await opening;
  const renamed = await board(0, [...schools]);
  expect(renamed).toEqual(first);
  expect(renamed).not.toBe(first);
});

test('another history has nothing to tell: whoever waits for it is let go', async () => {
  const log = new Log();
  const opening = open(log);
  log.epoch = '01abcdef';
  log.release();
  expect(await Promise.race([opening, new Promise((resolve) => setImmediate(resolve, 'waits'))])).toBe('waits');
  channel.end();
  expect(await opening).toBeUndefined();
});
