import 'reflect-metadata';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { certifyAll } from '../../server/certification/certification.service.js';
import type { Database } from '../../server/kernel/database/database.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { applicationDatabase, bookContext, findings, volunteerOf } from '../support/ledger.js';

let app: TestApp;
let db: Database;
let place = -1;
beforeAll(async () => {
  app = await startTestApp({ world: { schools: 1, stations: 2, teams: 1, posts: 1, volunteers: 10 } });
  db = await applicationDatabase(app);
});
afterAll(() => app.close());
beforeEach(() => void place++);

const at = (time: string) => `2026-06-${time}:00+08:00`;
interface NewStay {
  person?: number;
  state?: string;
  grade?: string;
}
/** A stay as the bookkeeper would write it. */
async function stay(
  from: string,
  to: string,
  { person = place, state = 'CONFIRMED', grade = 'A' }: NewStay = {},
): Promise<number> {
  const { posts, teams, stations, schools, event, volunteers } = app.world;
  const { rows } = await app.sql.query<{ id: number }>(
    `insert into attendance (event_id, volunteer_id, post_id, team_id, station_id, school_id, in_at, out_at, minutes, grade, state)
     values ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10) returning id`,
    [
      event.id,
      volunteers[person]!.id,
      posts[0]!.id,
      teams[0]!.id,
      stations[0]!.id,
      schools[0]!.id,
      at(from),
      at(to),
      grade,
      state,
    ],
  );
  return rows[0]!.id;
}
const change = (id: number, set: string) =>
  app.sql.query(`update attendance set settled = false, ${set} where id = $1`, [id]);
const certifyNow = () => certifyAll(bookContext(db));
async function account(person = place) {
  const { rows } = await app.sql.query<{ balance: number; certified: number }>(
    'select balance, certified from time_account where volunteer_id = $1',
    [app.world.volunteers[person]!.id],
  );
  return rows[0];
}
const verdict = async (id: number) =>
  (await app.sql.query('select minutes, findings from certification where attendance_id = $1', [id])).rows[0];

test('what is confirmed is certified once, and nothing else is', async () => {
  const id = await stay('16T09:00', '16T11:30');
  await stay('17T09:00', '17T11:30', { state: 'PROVISIONAL' });
  await stay('18T09:00', '18T11:30', { state: 'ANNULLED' });
  expect(await certifyNow()).toEqual({ stays: 3, days: 1 });
  expect(await certifyNow()).toEqual({ stays: 0, days: 0 });
  expect(await account()).toEqual({ balance: 150, certified: 150 });
  expect(await verdict(id)).toEqual({ minutes: 150, findings: [] });
  expect(await findings(db)).toEqual([]);
});

test('what comes later on the same day adds to it up to the cap, and overlaps pay once', async () => {
  await stay('16T09:00', '16T11:00');
  await certifyNow();
  const second = await stay('16T10:00', '16T12:00');
  await certifyNow();
  expect(await account()).toEqual({ balance: 180, certified: 180 });
  expect(await verdict(second)).toEqual({ minutes: 60, findings: ['OVERLAPS'] });
  const third = await stay('16T13:00', '16T23:00');
  await certifyNow();
  expect(await account()).toEqual({ balance: 480, certified: 480 });
  expect(await verdict(third)).toEqual({ minutes: 300, findings: ['DAY_CAP'] });
});

test('a correction takes back what no longer counts, also when it moves to another day', async () => {
  const id = await stay('16T09:00', '16T11:00');
  await stay('16T14:00', '16T15:00');
  await certifyNow();
  await change(id, `out_at = '${at('16T10:00')}'`);
  await certifyNow();
  expect(await account()).toEqual({ balance: 120, certified: 120 });
  await change(id, `in_at = '${at('17T09:00')}', out_at = '${at('17T09:30')}'`);
  await certifyNow();
  expect(await account()).toEqual({ balance: 90, certified: 90 });
  await change(id, `state = 'ANNULLED'`);
  await certifyNow();
  expect(await account()).toEqual({ balance: 60, certified: 60 });
  expect(await findings(db)).toEqual([]);
});

test('what was spent already is not taken back silently: the day stays as it was, and is marked', async () => {
  const id = await stay('16T09:00', '16T11:00');
  await certifyNow();
  const person = await volunteerOf(app, place);
  await person.ask('mutation ($input: DonateTimeInput!) { donateTime(input: $input) { __typename } }', {
    input: { key: crypto.randomUUID(), minutes: 100 },
  });
  await change(id, `state = 'ANNULLED'`);
  await certifyNow();
  expect(await account()).toEqual({ balance: 20, certified: 120 });
  const { rows } = await app.sql.query('select minutes, unsettled from certified_day where volunteer_id = $1', [
    app.world.volunteers[place]!.id,
  ]);
  expect(rows).toEqual([{ minutes: 120, unsettled: 120 }]);
});

test('many stays are certified by several at once, each once; whoever rises is told', async () => {
  for (let day = 1; day <= 20; day++) {
    for (const person of [10, 11, 12, 13])
      await stay(`${String(day).padStart(2, '0')}T08:00`, `${String(day).padStart(2, '0')}T13:00`, { person });
  }
  await Promise.all([certifyNow(), certifyNow(), certifyNow()]);
  for (const person of [10, 11, 12, 13]) expect(await account(person)).toEqual({ balance: 6_000, certified: 6_000 });
  const { rows } = await app.sql.query(`select count(*)::int as n from notification where kind = 'TIER_REACHED'`);
  expect(rows).toEqual([{ n: 4 }]);
  const person = await volunteerOf(app, 10);
  const { data } = await person.ask('{ notifications(first: 5) { nodes { text path } } }');
  expect(data!.notifications.nodes).toEqual([{ text: expect.stringContaining('白金'), path: '/me/account' }]);
  expect(await findings(db)).toEqual([]);
});
