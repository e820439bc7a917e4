import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, describe, expect, test } from 'vitest';
import seedShengbei from '../../seeds/shengbei.js';
import { aWorld, addUnits } from '../../seeds/builders.js';
import { volunteers } from '../../seeds/shengbei/people.js';
import { Api } from '../../seeds/volunteer-day/api.js';
import { playDay } from '../../seeds/volunteer-day/play.js';
import { createApp, type Seed } from '../../server/app.js';
import type { Config } from '../../server/kernel/config.js';
import { signedIn } from '../support/browser-session.js';
import { createTestDatabase, temporaryFolder } from '../support/postgres.js';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function emptyPlace(): Promise<Config & { databaseUrl: string }> {
  const database = await createTestDatabase();
  undo.push(() => database.drop());
  const folder = await temporaryFolder();
  undo.push(() => folder.remove());
  return {
    port: 0,
    host: '127.0.0.1',
    databaseUrl: database.url,
    dataDir: folder.path,
    timeZone: 'Asia/Shanghai',
    allowedOrigins: [],
    trustedProxies: 0,
    logLevel: 'silent',
    logJson: true,
  };
}

async function start(config: Config, seed?: Seed) {
  const app = await createApp(config, { seed });
  undo.push(() => app.close());
  return app;
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  undo.push(() => client.end());
  return client;
}

const demoKeys = async ({ dataDir }: Config) =>
  JSON.parse(await readFile(join(dataDir, 'demo-keys.json'), 'utf8')) as Record<string, string>;

async function counts(client: pg.Client) {
  const { rows } = await client.query<Record<string, number>>(`
    select (select count(*) from service_unit where level = 1)::int as schools,
      (select count(*) from service_unit where level = 2)::int as stations,
      (select count(*) from service_unit where level = 3)::int as teams,
      (select count(*) from service_unit where level = 4)::int as posts,
      (select count(*) from brand where until is null)::int as brands,
      (select count(*) from volunteer)::int as volunteers,
      (select count(*) from volunteer where team_id is null)::int as without_team,
      (select count(*) from community_event e join feed f on f.event_id = e.id and f.sequence = 0)::int as events,
      (select count(*) from access_key)::int as keys,
      (select count(*) from account)::int as accounts`);
  return rows[0]!;
}

const whole = {
  schools: 11,
  stations: 14,
  teams: 112,
  posts: 1120,
  brands: 14,
  volunteers: 2160,
  without_team: 0,
  events: 1,
  keys: 5,
  accounts: 4,
};

describe('the Shengbei community', () => {
  test('fills an empty database by few statements, and a second start adds nothing', async () => {
    const place = await emptyPlace();
    let statements = 0;
    const first = await createApp(place, {
      seed: (context) => {
        const client: Pick<pg.ClientBase, 'query'> = context.client;
        const query = client.query.bind(client) as (...args: unknown[]) => unknown;
        client.query = ((...args: unknown[]) => {
          statements++;
          return query(...args);
        }) as pg.ClientBase['query'];
        return seedShengbei(context);
      },
    });
    await first.close();
    // Some for each kind of thing, however many there are of it.
    expect(statements).toBeLessThan(55);
    const client = await connect(place.databaseUrl);
    expect(await counts(client)).toEqual(whole);
    const keys = await demoKeys(place);

    await start(place, seedShengbei);
    expect(await counts(client)).toEqual(whole);
    expect(await demoKeys(place)).toEqual(keys);
  });

  test('keeps names byte for byte, leaves a key for each kind of user, and plays its day', async () => {
    const place = await emptyPlace();
    const file = join(place.dataDir, 'demo-keys.json');
    await writeFile(file, '{"left": "by somebody"}', { mode: 0o644 });
    const app = await start(place, seedShengbei);
    const client = await connect(place.databaseUrl);

    const { rows } = await client.query(`
      select v.number, v.name, v.contingent, t.code as "teamCode", v.tier, v.screen_consent as "consentsToScreens"
      from volunteer v join service_unit t on t.id = v.team_id order by v.number`);
    expect(rows.map((row) => ({ ...row, synthetic: true }))).toEqual(volunteers());

    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const keys = await demoKeys(place);
    const roles: Record<string, string> = {};
    for (const [name, key] of Object.entries(keys)) {
      const response = await fetch(`${app.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body: '{"query":"{ viewer { role } }"}',
      });
      roles[name] = ((await response.json()) as { data: { viewer: { role: string } } }).data.viewer.role;
    }
    expect(roles).toEqual({
      admin: 'ADMINISTRATOR',
      coordinator: 'COORDINATOR',
      leader: 'LEADER',
      wall: 'DISPLAY',
      partner: 'PARTNER',
    });

    const accountsFile = join(place.dataDir, 'demo-accounts.json');
    expect((await stat(accountsFile)).mode & 0o777).toBe(0o600);
    const accounts = JSON.parse(await readFile(accountsFile, 'utf8')) as Record<
      string,
      { login: string; password: string }
    >;
    const signedInAs: Record<string, string> = {};
    for (const [name, { login, password }] of Object.entries(accounts)) {
      signedInAs[name] = await (await signedIn(app, login, password)).role();
    }
    expect(signedInAs).toEqual({
      admin: 'ADMINISTRATOR',
      coordinator: 'COORDINATOR',
      leader: 'LEADER',
      volunteer: 'VOLUNTEER',
    });

    const api = new Api(app.url, { connections: 32, patienceMs: 30_000 });
    undo.push(() => api.close());
    const quiet = { reading() {}, starting() {}, acted() {}, comparing() {} };
    const options = { people: 150, rate: 150, event: 'volunteer-day-8', seed: 3 };
    const result = await playDay(api, keys.leader!, options, new AbortController().signal, quiet);
    expect(result.differences).toEqual([]);
    const recorded = result.scans.filter((scan) => scan.outcome !== 'ALREADY_CHECKED_IN').length;
    expect(recorded).toBeGreaterThan(200);
    expect((await client.query('select count(*)::int as count from check_in')).rows).toEqual([{ count: recorded }]);
  }, 60_000);

  test('is written once when two nodes start at once', async () => {
    const place = await emptyPlace();
    await Promise.all([start(place, seedShengbei), start(place, seedShengbei)]);
    expect(await counts(await connect(place.databaseUrl))).toEqual(whole);
  });

  test('is there whole or not at all', async () => {
    const place = await emptyPlace();
    const blocked = { ...place, dataDir: join(place.dataDir, 'a-file') };
    await writeFile(blocked.dataDir, 'where the folder should be');
    await expect(createApp(blocked, { seed: seedShengbei })).rejects.toThrow(/EEXIST|ENOTDIR/);
    const client = await connect(place.databaseUrl);
    const nothing = Object.fromEntries(Object.keys(whole).map((key) => [key, 0]));
    expect(await counts(client)).toEqual(nothing);
    await start(place, seedShengbei);
    expect(await counts(client)).toEqual(whole);
  });
});

describe('builders', () => {
  test('make a world in which every code begins with the one above it, and no unit without its parent', async () => {
    const place = await emptyPlace();
    await start(place);
    const client = await connect(place.databaseUrl);
    const world = await aWorld(client, { schools: 2, stations: 2, teams: 2, posts: 3, volunteers: 4 });
    const { schools, stations, teams, posts, volunteers } = world;
    expect([schools, stations, teams, posts, volunteers].map((units) => units.length)).toEqual([2, 4, 8, 24, 32]);
    const parents = await client.query(
      'select u.code, p.code as parent from service_unit u join service_unit p on p.id = u.parent_id',
    );
    expect(parents.rows.filter(({ code, parent }) => !code.startsWith(parent))).toEqual([]);
    await expect(aWorld(client)).rejects.toThrow(/unique/);
    expect((await aWorld(client, { prefix: 'X' })).posts.map((post) => post.code)).toEqual([
      'X01-A01-01',
      'X01-A01-02',
    ]);

    const orphan = { code: 'S99-A', name: '无校之社', parentCode: 'S99' };
    await expect(addUnits(client, 'SERVICE_STATION', [orphan])).rejects.toThrow(/check constraint/);
  });
});
