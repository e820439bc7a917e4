import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkIn, scan, startTestApp, type TestApp } from '../support/app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ world: { schools: 2, stations: 2, teams: 2, posts: 2, volunteers: 2 } });
});
afterAll(() => app.close());

/** The constraint that refuses a statement, whoever sends it; undefined when the database takes it. */
async function refusedBy(statement: string, values: unknown[] = []): Promise<string | undefined> {
  const client = await app.sql.connect();
  try {
    await client.query('begin');
    await client.query(statement, values);
    return undefined;
  } catch (error) {
    const { constraint, column, code } = error as { constraint?: string; column?: string; code: string };
    return constraint ?? column ?? code;
  } finally {
    await client.query('rollback');
    client.release();
  }
}

const insertUnit = `insert into service_unit (level, code, name, parent_id, parent_level, kind)
  values ($1, 'X', 'X', $2, $3, $4)`;
const parentForeignKey = 'service_unit_parent_id_parent_level_foreign';

describe('the hierarchy', () => {
  const ids = () =>
    [null, app.world.schools, app.world.stations, app.world.teams, app.world.posts].map((it) => it?.[0]!.id);

  test('the right parent at each level is taken', async () => {
    const [, school, station, team] = ids();
    expect(await refusedBy(insertUnit, [1, null, null, null])).toBeUndefined();
    expect(await refusedBy(insertUnit, [2, school, 1, null])).toBeUndefined();
    expect(await refusedBy(insertUnit, [3, station, 2, null])).toBeUndefined();
    expect(await refusedBy(insertUnit, [4, team, 3, 'CLINIC'])).toBeUndefined();
  });

  test('no level can be skipped, up or down', async () => {
    const units = ids();
    for (let level = 1; level <= 4; level++) {
      for (let parent = 1; parent <= 4; parent++) {
        if (parent === level - 1) continue;
        const kind = level === 4 ? 'CLINIC' : null;
        const told = await refusedBy(insertUnit, [level, units[parent], parent, kind]);
        expect([level, parent, told]).toEqual([
          level,
          parent,
          level === 1 ? expect.stringMatching(/root_check|parent_level_check/) : 'service_unit_parent_level_check',
        ]);
        // Lying about the parent's level does not help.
        if (level > 1) {
          const lie = await refusedBy(insertUnit, [level, units[parent], level - 1, kind]);
          expect([level, parent, lie]).toEqual([level, parent, parentForeignKey]);
        }
      }
    }
  });

  test('only a school has no parent, and a level is one of four', async () => {
    expect(await refusedBy(insertUnit, [2, null, null, null])).toMatch(/root_check|parent_level_check/);
    expect(await refusedBy(insertUnit, [2, null, 1, null])).toBe('service_unit_root_check');
    expect(await refusedBy(insertUnit, [2, app.world.schools[0]!.id, null, null])).toBe(
      'service_unit_parent_level_check',
    );
    expect(await refusedBy(insertUnit, [0, null, null, null])).toBeDefined();
    expect(await refusedBy(insertUnit, [5, app.world.posts[0]!.id, 4, null])).toBe('service_unit_level_check');
  });

  test('no cycle can be closed: nothing is its own parent, or its descendant’s child', async () => {
    const { schools, stations, teams } = app.world;
    const setParent = 'update service_unit set parent_id = $2 where id = $1';
    expect(await refusedBy(setParent, [stations[0]!.id, stations[0]!.id])).toBe(parentForeignKey);
    expect(await refusedBy(setParent, [stations[0]!.id, teams[0]!.id])).toBe(parentForeignKey);
    expect(await refusedBy(setParent, [schools[0]!.id, stations[0]!.id])).toBeDefined();
    const sink = 'update service_unit set parent_id = $2, parent_level = 3, level = 4 where id = $1';
    expect(await refusedBy(sink, [schools[0]!.id, teams[0]!.id])).toBeDefined();
  });

  test('a unit with others below it keeps its level and cannot go', async () => {
    const { stations } = app.world;
    expect(await refusedBy('update service_unit set level = 3 where id = $1', [stations[0]!.id])).toBeDefined();
    expect(await refusedBy('delete from service_unit where id = $1', [stations[0]!.id])).toBe(parentForeignKey);
  });

  test('a unit can move to another parent of the same level', async () => {
    const move = 'update service_unit set parent_id = $2 where id = $1';
    expect(await refusedBy(move, [app.world.stations[0]!.id, app.world.schools[1]!.id])).toBeUndefined();
  });

  test('posts, and only posts, have a kind; codes are unique', async () => {
    const [, school, , team] = ids();
    expect(await refusedBy(insertUnit, [4, team, 3, null])).toBe('service_unit_kind_check');
    expect(await refusedBy(insertUnit, [2, school, 1, 'CLINIC'])).toBe('service_unit_kind_check');
    expect(await refusedBy("update service_unit set code = 'W01' where code = 'W02'")).toBe('service_unit_code_unique');
  });
});

describe('brands', () => {
  const insert = `insert into brand (station_id, station_level, name, since, until)
    select id, level, 'B', now(), $2 from service_unit where id = $1`;

  test('one current brand for a station, any number of former ones', async () => {
    const { id } = app.world.stations[0]!;
    const twice = (first: string, second: string) =>
      refusedBy(`insert into brand (station_id, station_level, name, since, until)
        values (${id}, 2, 'A', now(), ${first}), (${id}, 2, 'B', now(), ${second})`);
    expect(await twice('null', 'null')).toBe('brand_one_current_per_station');
    expect(await twice('now()', 'null')).toBeUndefined();
    expect(await twice('now()', 'now()')).toBeUndefined();
  });

  test('only a station has one', async () => {
    const { schools, stations, teams, posts } = app.world;
    expect(await refusedBy(insert, [stations[0]!.id, null])).toBeUndefined();
    for (const unit of [schools[0]!, teams[0]!, posts[0]!]) {
      expect(await refusedBy(insert, [unit.id, null])).toBe('brand_station_level_check');
      const lie = `insert into brand (station_id, station_level, name, since) values ($1, 2, 'B', now())`;
      expect(await refusedBy(lie, [unit.id])).toBe('brand_station_id_station_level_foreign');
    }
  });
});

describe('people', () => {
  test('belong to teams, or to nothing', async () => {
    const join = 'update volunteer set team_id = $1, team_level = $2 where id = $3';
    const { id } = app.world.volunteers[0]!;
    expect(await refusedBy(join, [app.world.teams[1]!.id, 3, id])).toBeUndefined();
    expect(await refusedBy(join, [null, null, id])).toBeUndefined();
    expect(await refusedBy(join, [app.world.posts[0]!.id, 4, id])).toBe('volunteer_team_level_check');
    expect(await refusedBy(join, [app.world.posts[0]!.id, 3, id])).toBe('volunteer_team_id_team_level_foreign');
    expect(await refusedBy(join, [app.world.teams[1]!.id, null, id])).toBe('volunteer_team_check');
    expect(await refusedBy(join, [null, 3, id])).toBe('volunteer_team_check');
  });

  test('nobody shows without having said so: consent is off until it is given', async () => {
    const { rows } = await app.sql.query(
      "insert into volunteer (number, name, contingent) values ('N', 'N', 'RESIDENT') returning screen_consent",
    );
    expect(rows).toEqual([{ screen_consent: false }]);
    await app.sql.query("delete from volunteer where number = 'N'");
  });

  test('have numbers of their own', async () => {
    const [one, other] = app.world.volunteers;
    expect(await refusedBy('update volunteer set number = $1 where id = $2', [one!.code, other!.id])).toBe(
      'volunteer_number_unique',
    );
  });
});

describe('events and the feed', () => {
  test('an event ends after it has begun', async () => {
    expect(await refusedBy('update community_event set ends_at = starts_at')).toBe('community_event_times_check');
  });

  test('no tally is negative', async () => {
    await checkIn(app, scan(app.world, 0, 0));
    for (const column of ['check_ins', 'people', 'on_site', 'minutes']) {
      expect(await refusedBy(`update feed set ${column} = -1`)).toBe('feed_tally_check');
      expect(await refusedBy(`update unit_tally set ${column} = -1`)).toBe('unit_tally_check');
    }
  });

  test('what the log refers to stays, and its numbers are taken once', async () => {
    const { checkIn: row } = await checkIn(app, scan(app.world, 1, 0));
    expect(row).toBeDefined();
    expect(await refusedBy('delete from volunteer where id = $1', [app.world.volunteers[1]!.id])).toBe(
      'check_in_volunteer_id_foreign',
    );
    expect(await refusedBy('delete from service_unit where id = $1', [app.world.posts[0]!.id])).toBeDefined();
    expect(await refusedBy('delete from community_event')).toBeDefined();
    expect(await refusedBy('delete from check_in')).toBe('check_in_key_event_id_sequence_foreign');
    expect(await refusedBy('insert into check_in select * from check_in where sequence = 1')).toBe('check_in_pkey');
    expect(await refusedBy('insert into check_in_key select * from check_in_key limit 1')).toBe('check_in_key_pkey');
    expect(await refusedBy(`update check_in set note = repeat('长', 201)`)).toBe('check_in_note_check');
    expect(await refusedBy(`update check_in set note = repeat('𠮷', 200)`)).toBeUndefined();
    expect(await refusedBy('update check_in set minutes = -1')).toBe('check_in_minutes_check');
  });

  test('whoever is present is so at one whole place', async () => {
    await checkIn(app, scan(app.world, 2, 0));
    for (const column of ['post_id', 'team_id', 'station_id', 'school_id', 'since', 'in_sequence']) {
      expect(await refusedBy(`update presence set ${column} = null where post_id is not null`)).toBe(
        'presence_path_check',
      );
    }
  });

  test('nobody gets a key for the public, and there is one secret', async () => {
    expect(await refusedBy("update access_key set role = 'PUBLIC'")).toBe('access_key_role_check');
    expect(await refusedBy(`insert into signing_secret (id, secret) values (2, '\\x00')`)).toBe(
      'signing_secret_one_row',
    );
    expect(await refusedBy(`insert into signing_secret (id, secret) values (1, '\\x00')`)).toBe('signing_secret_pkey');
  });
});
