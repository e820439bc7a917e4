import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, expect, test } from 'vitest';
import { addUnits } from '../../seeds/builders.js';
import { nation, type NationOptions } from '../../seeds/nation/seed.js';
import { createApp } from '../../server/app.js';
import { readConfig } from '../../server/kernel/config.js';
import { searchKeys } from '../../server/volunteer/search.js';
import { toGlobalId } from '../../server/kernel/global-id.js';
import { createTestDatabase, temporaryFolder } from '../support/postgres.js';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** The smallest province. */
const ningxia: NationOptions = { province: '64', checkIns: 3_001, events: 2, volunteersPerTeam: 5 };

async function emptyPlace() {
  const database = await createTestDatabase();
  undo.push(() => database.drop());
  const folder = await temporaryFolder();
  undo.push(() => folder.remove());
  const sql = new pg.Pool({ connectionString: database.url, max: 2 });
  undo.push(() => sql.end());
  const environment = {
    PORT: '0',
    HOST: '127.0.0.1',
    DATABASE_URL: database.url,
    DATA_DIR: folder.path,
    LOG_LEVEL: 'silent',
    NODE_ENV: 'production',
  };
  return { sql, config: readConfig(environment) };
}

/** Every constraint and index, as PostgreSQL spells it, and whether it holds. */
async function guards(sql: pg.Pool) {
  const { rows } = await sql.query<{ guard: string }>(
    `select conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) || ' ' || convalidated as guard
     from pg_constraint where connamespace = 'public'::regnamespace
     union all select pg_get_indexdef(indexrelid) || ' ' || indisvalid from pg_index
     where indrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace) order by 1`,
  );
  return rows.map(({ guard }) => guard);
}

/** What each event has counted at each unit, 0 for the event itself: as it is kept, and as the log says. */
const kept = `select event_id, unit_id, check_ins, people, on_site, minutes from unit_tally
  where (check_ins, people, on_site, minutes) <> (0, 0, 0, 0)
  union all select event_id, 0, check_ins, people, on_site, minutes from feed order by 1, 2`;
const recounted = `with here as (
    select event_id, unit, volunteer_id, direction from check_in
    cross join unnest(array[0, school_id, station_id, team_id, post_id]) as unit
  ), stays as (
    select event_id, unit, minutes from check_in
    cross join unnest(array[0, left_school_id, left_station_id, left_team_id, left_post_id]) as unit where minutes > 0
  ), present as (
    select event_id, unit from presence
    cross join unnest(array[0, school_id, station_id, team_id, post_id]) as unit where post_id is not null
  ), came as (
    select event_id, unit, count(*)::int as check_ins, count(distinct volunteer_id)::int as people
    from here where direction = 'IN' group by 1, 2
  )
  select event_id, unit as unit_id, check_ins, people,
    (select count(*)::int from present p where p.event_id = came.event_id and p.unit = came.unit) as on_site,
    (select coalesce(sum(minutes), 0)::int from stays s where s.event_id = came.event_id and s.unit = came.unit) as minutes
  from came order by 1, 2`;

test('a province: stopped it leaves nothing, started again it is whole, and it works', async () => {
  const { sql, config } = await emptyPlace();
  const empty = await createApp(config);
  await empty.close();
  const before = await guards(sql);

  const stopped = nation({
    ...ningxia,
    progress(step, done) {
      if (step === 'indexes' && done > 3) throw new Error('stopped');
    },
  });
  await expect(createApp(config, { seed: stopped })).rejects.toThrow('stopped');
  expect(await guards(sql)).toEqual(before);
  const { rows: left } = await sql.query('select from service_unit union all select from volunteer, check_in');
  expect(left).toHaveLength(0);

  const told = new Map<string, number>();
  const app = await createApp(config, {
    seed: nation({ ...ningxia, progress: (step, done, all) => told.set(step, done / all) }),
  });
  undo.push(() => app.close());
  expect(Object.fromEntries(told)).toEqual({ units: 1, volunteers: 1, 'check-ins': 1, indexes: 1 });
  expect(await guards(sql)).toEqual(before);

  const { rows: levels } = await sql.query('select level, count(*)::int from service_unit group by 1 order by 1');
  expect(levels.map(({ count }) => count)).toEqual([5, 22, 259, 2912]);
  const { rows: sought } = await sql.query(
    'select v.id, v.name, v.number, tsvector_to_array(s.keys) as keys from volunteer v left join volunteer_search s on s.volunteer_id = v.id',
  );
  expect(sought).toHaveLength(259 * 5);
  for (const { keys, ...person } of sought) expect(new Set(keys)).toEqual(new Set(searchKeys(person)));
  const { rows: strangers } = await sql.query(
    'select u.code from service_unit u join service_unit p on p.id = u.parent_id where not starts_with(u.code, p.code)',
  );
  expect(strangers).toEqual([]);

  const { rows: logs } = await sql.query(
    `select f.sequence as head, count(*)::int as rows, min(c.sequence) as first, max(c.sequence) as last,
       count(k.key)::int as keys, bool_and(c.recorded_at <= now()) as past
     from feed f join check_in c using (event_id)
       left join check_in_key k on (k.event_id, k.sequence) = (c.event_id, c.sequence)
     group by f.event_id, f.sequence order by f.event_id`,
  );
  expect(logs).toEqual([1500, 1501].map((n) => ({ head: n, rows: n, first: 1, last: n, keys: n, past: true })));
  const tallies = (await sql.query(recounted)).rows;
  expect(tallies.length).toBeGreaterThan(1_000);
  expect(tallies.some(({ on_site: onSite }) => onSite > 0)).toBe(true);
  expect(tallies.some(({ minutes }) => minutes > 0)).toBe(true);
  expect((await sql.query(kept)).rows).toEqual(tallies);

  const { leader } = JSON.parse(await readFile(join(config.dataDir, 'demo-keys.json'), 'utf8')) as { leader: string };
  const ask = async (query: string, variables: object) => {
    const response = await fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${leader}` },
      body: JSON.stringify({ query, variables }),
    });
    // oxlint-disable-next-line typescript/no-explicit-any
    return (await response.json()) as any;
  };
  const wall = await ask(
    `{ communityEvent(code: "volunteer-day-8") { id tally { people }
        checkIns(first: 1) { nodes { sequence post { code team { station { school { name } } } } } } }
      cultureSchools(first: 30) { totalCount nodes { name tally { people } } } }`,
    {},
  );
  expect(wall).toMatchObject({
    data: {
      communityEvent: { tally: { people: tallies.findLast(({ unit_id: unit }) => unit === 0).people } },
      cultureSchools: { totalCount: 5 },
    },
  });
  const [{ sequence, post }] = wall.data.communityEvent.checkIns.nodes;
  expect([sequence, post.code]).toEqual([1501, expect.stringMatching(/^64\d{10}$/)]);
  expect(post.team.station.school.name).toMatch(/^宁夏回族自治区.+志愿文化学校$/);

  const { rows: fresh } = await sql.query<{ id: number }>(
    'select id from volunteer v where not exists (select from presence where volunteer_id = v.id) limit 1',
  );
  const recorded = await ask(
    `mutation ($input: CheckInInput!) { checkIn(input: $input) {
      ... on CheckInRecorded { checkIn { sequence } } ... on CheckInClosed { message } } }`,
    {
      input: {
        key: '6a1f5b0c-4c8e-4f6e-9d0a-2f3b4c5d6e7f',
        event: wall.data.communityEvent.id,
        post: toGlobalId('GridPost', 5 + 22 + 259 + 2912),
        volunteer: toGlobalId('Volunteer', fresh[0]!.id),
        method: 'LEADER',
      },
    },
  );
  expect(recorded).toEqual({ data: { checkIn: { checkIn: { sequence: 1502 } } } });
  // Keys go on behind those of the seed.
  const [school] = await addUnits(sql as never, 'CULTURE_SCHOOL', [{ code: 'NEW', name: '新学校' }]);
  expect(school!.id).toBeGreaterThan(3_198);
});

test('more scans than people can make are refused', async () => {
  const { config } = await emptyPlace();
  const seed = nation({ ...ningxia, checkIns: 100_000 });
  await expect(createApp(config, { seed })).rejects.toThrow('people are too few');
});
