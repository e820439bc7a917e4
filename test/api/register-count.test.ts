import { afterAll, beforeAll, expect, test } from 'vitest';
import pg from 'pg';
import { createRandom } from '../../seeds/random.js';
import { startTestApp, type TestApp } from '../support/app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ world: { stations: 2, teams: 2, volunteers: 5 } });
});
afterAll(() => app.close());

const kept = `select team_id, contingent, sum(people)::int as people from register_count
  group by 1, 2 having sum(people) <> 0 order by 1, 2`;
const counted = `select team as team_id, contingent, count(*)::int as people from volunteer
  cross join lateral unnest(array[0, team_id]) as team where team is not null and erased_at is null
  group by 1, 2 order by 1, 2`;
const rowsOf = async (text: string) => (await app.sql.query(text)).rows;

test('the register is counted right, whoever writes it at once, gives up half-way, moves, erases or deletes', async () => {
  const contingents = ['RESIDENT', 'STUDENT', 'RETIRED_MEMBER'];
  const teams = [...app.world.teams.map(({ id }) => id), null];
  const writer = async (lane: number) => {
    const random = createRandom(lane);
    const client = new pg.Client({ connectionString: app.databaseUrl });
    await client.connect();
    const own = `number like 'R${lane}-%'`;
    for (let turn = 0; turn < 25; turn++) {
      const team = random.pick(teams);
      const place = [team, team && 3, random.pick(contingents)];
      await client.query('begin');
      // Two statements each, in no order that others would keep to.
      for (let i = 0; i < 2; i++) {
        const act = random.int(0, 4);
        if (act < 2) {
          await client.query(
            `insert into volunteer (number, name, team_id, team_level, contingent)
             select 'R${lane}-${turn}-${i}-' || n, '测试', $1, $2, $3 from generate_series(1, $4::int) n`,
            [...place, random.int(1, 4)],
          );
        } else if (act === 2) {
          await client.query(
            `update volunteer set team_id = $1, team_level = $2, contingent = $3 where ${own} and id % 3 = $4`,
            [...place, turn % 3],
          );
        } else if (act === 3) {
          await client.query(
            `update volunteer set erased_at = case when erased_at is null then now() end where ${own} and id % 4 = $1`,
            [turn % 4],
          );
        } else {
          await client.query(`delete from volunteer where ${own} and id % 5 = $1`, [turn % 5]);
        }
      }
      await client.query(random.chance(0.25) ? 'rollback' : 'commit');
    }
    await client.end();
  };
  await Promise.all([1, 2, 3, 4].map(writer));
  expect(await rowsOf(kept)).toEqual(await rowsOf(counted));
  // Not a row for each that was ever written.
  await app.sql.query(`update volunteer set tier = 'GOLD' where id % 2 = 0`);
  await app.sql.query(
    `insert into volunteer (number, name, team_id, team_level, contingent)
     select 'last-' || id, '测试', id, level, 'RESIDENT' from service_unit where level = 3`,
  );
  const rows = await rowsOf('select from register_count');
  expect(rows).toHaveLength((await rowsOf(counted)).length);
});

test('what a page says there is in all is what its pages hold: everywhere, in a unit, of a contingent', async () => {
  const query = `query ($within: ID, $contingent: Contingent) {
    volunteers(first: 100, within: $within, contingent: $contingent) { totalCount nodes { id } pageInfo { hasNextPage } } }`;
  await app.sql.query(`delete from volunteer where id in (select id from volunteer order by id desc offset 90)`);
  await app.sql.query(`update volunteer set erased_at = now() where id % 7 = 0`);
  const { world } = app;
  for (const unit of [null, world.schools[0]!, world.stations[0]!, world.teams[0]!, world.posts[0]!]) {
    for (const contingent of [null, 'RESIDENT', 'STUDENT']) {
      const { data } = await app.ask(query, { within: unit?.globalId ?? null, contingent });
      expect(data!.volunteers.pageInfo.hasNextPage).toBe(false);
      expect(data!.volunteers.totalCount).toBe(data!.volunteers.nodes.length);
    }
  }
});
