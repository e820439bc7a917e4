import { afterAll, beforeAll, expect, test } from 'vitest';
import { Api } from '../../seeds/volunteer-day/api.js';
import { playDay } from '../../seeds/volunteer-day/play.js';
import { startTestApp, until, type TestApp } from '../support/app.js';
import { Wall } from '../support/wall.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ world: { schools: 3, stations: 2, teams: 4, posts: 5, volunteers: 40 } });
});
afterAll(() => app.close());

/** Counted from the log alone, by other means than the kept tallies. */
const recount = `
  with rows as (
    select c.*, row_number() over (partition by volunteer_id order by sequence desc) = 1 as is_last from check_in c
  )
  select u.code,
    count(*) filter (where direction = 'IN')::int as "checkIns",
    count(distinct volunteer_id) filter (where direction = 'IN')::int as people,
    count(*) filter (where is_last and arrives)::int as "onSite"
  from service_unit u left join rows r on u.id in (r.post_id, r.team_id, r.station_id, r.school_id)
  group by u.code order by u.code`;

test('walls opened before, during and after the day, with sockets cut ten times, have every sequence once, in order', async () => {
  const { world } = app;
  const openWall = () => new Wall(app.url, world.event.code, { key: app.keys.wall }).open();
  const before = await openWall();
  const api = new Api(app.url, { connections: 64, patienceMs: 30_000 });
  let acts = 0;
  let acted = 0;
  const playing = playDay(
    api,
    app.keys.leader,
    { people: 900, rate: 31, event: world.event.code, seed: 3 },
    new AbortController().signal,
    {
      reading: () => undefined,
      starting: (play) => (acts = play.acts),
      acted: () => acted++,
      comparing: () => undefined,
    },
  );
  await until(() => acts > 0, 'the day to begin');
  const walls = [before];
  for (let cut = 1; cut <= 10; cut++) {
    await until(() => acted >= (acts * cut) / 11, 'the next cut', 60_000);
    if (cut === 5) walls.push(await openWall());
    for (const wall of walls) wall.cut();
    // Not before it is back: otherwise two cuts are one.
    for (const wall of walls)
      await until(() => wall.reconnects >= cut - (wall === before ? 0 : 5), 'the wall to come back');
  }
  const result = await playing;
  expect(result.differences).toEqual([]);
  walls.push(await openWall());

  const { rows: heads } = await app.sql.query('select sequence from feed where event_id = $1', [world.event.id]);
  const last = heads[0].sequence as number;
  expect(last).toBeGreaterThan(1_800);
  for (const wall of walls) {
    await until(() => wall.last === last, `the wall to reach ${last}`);
    expect(wall.sequences).toEqual(wall.expected);
    wall.stop();
  }
  expect(before.sequences).toHaveLength(last);

  const { rows } = await app.sql.query(recount);
  const { rows: kept } = await app.sql.query(
    `select u.code, coalesce(t.check_ins, 0) as "checkIns", coalesce(t.people, 0) as people,
       coalesce(t.on_site, 0) as "onSite"
     from service_unit u left join unit_tally t on t.unit_id = u.id order by u.code`,
  );
  expect(kept).toEqual(rows);
  await api.close();
}, 180_000);
