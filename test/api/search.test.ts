import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addVolunteers } from '../../seeds/builders.js';
import { ViewerRole } from '../../server/kernel/viewer.js';
import { indexEverybody, searchKeys } from '../../server/volunteer/search.js';
import { startTestApp, until, type Asker, type TestApp } from '../support/app.js';
import { readPages } from './asking.js';

const people = [
  { number: 'SB-000123', name: '李晓明', contingent: 'RESIDENT', teamCode: 'W01-A01' },
  { number: 'SB-000124', name: '黎小敏', contingent: 'STUDENT', teamCode: 'W01-A01' },
  { number: 'SB-000125', name: '阿依古丽·买买提', contingent: 'RESIDENT', teamCode: 'W01-B01' },
  // Beyond the Basic Multilingual Plane, both of them.
  { number: 'SB-001230', name: '𬩽𬀩', contingent: 'RESIDENT', teamCode: 'W01-B01' },
  { number: 'SB-001231', name: '单雄信', contingent: 'RETIRED_MEMBER', teamCode: 'W01-B01' },
] as const;

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ world: { stations: 2, volunteers: 0 } });
  await addVolunteers(app.sql, people);
});
afterAll(() => app.close());

const document = `query ($first: Int!, $after: String, $search: String, $within: ID, $contingent: Contingent) {
  volunteers(first: $first, after: $after, search: $search, within: $within, contingent: $contingent) {
    totalCount nodes { displayName } pageInfo { hasNextPage endCursor } } }`;

async function found(search: string, asker?: Asker, more: object = {}): Promise<string[] | string> {
  const { data, errors } = await app.ask(document, { first: 100, search, ...more }, asker);
  if (errors) return errors[0]!.extensions.code;
  expect(data!.volunteers.totalCount).toBe(data!.volunteers.nodes.length);
  return data!.volunteers.nodes.map((it: { displayName: string }) => it.displayName);
}

describe('people are found', () => {
  const [li, lixm, ayi, rare, shan] = people.map(({ name }) => name) as [string, string, string, string, string];
  test.each<[string, string[]]>([
    ['李', [li]],
    ['晓明', [li]],
    ['明', [li]],
    ['li', [li, lixm, ayi]],
    ['lixiaoming', [li]],
    ['LI xiao', [li, lixm]],
    ['lixm', []],
    ['xiaomin', [li, lixm]],
    ['lxm', [li, lixm]],
    ['xm', [li, lixm]],
    ['ｌｘｍ', [li, lixm]],
    // Read as a surname, not as in 简单.
    ['shan', [shan]],
    ['dan', []],
    ['阿依古丽·买买提', [ayi]],
    ['阿依古丽买买提', [ayi]],
    ['阿依古丽•买', [ayi]],
    ['买买提', [ayi]],
    ['aygl', [ayi]],
    ['𬩽', [rare]],
    ['𬀩', [rare]],
    ['SB-000123', [li]],
    ['sb000123', [li]],
    ['000123', [li]],
    ['123', [li, rare, shan]],
    ['SB-0001', [li, lixm, ayi]],
    ['  ', people.map(({ name }) => name)],
    ['·', []],
    ['王', []],
    ['%', []],
    ["'", []],
    ["李' | '黎", []],
    ['李:*', [li]],
    ['\\', []],
    ['x'.repeat(5_000), []],
  ])('by %s', async (search, names) => {
    expect(await found(search)).toEqual(names);
  });

  test('within a unit, of a contingent, and page by page', async () => {
    expect(await found('l', {}, { within: app.world.stations[0]!.globalId })).toEqual([li, lixm]);
    expect(await found('li', {}, { contingent: 'STUDENT' })).toEqual([lixm]);
    const pages = await readPages<{ displayName: string }>(
      app,
      document.replace('$search: String,', '').replace('search: $search', 'search: "SB"'),
      2,
    );
    expect(pages.map(({ nodes, totalCount }) => [nodes.map((it) => it.displayName), totalCount])).toEqual([
      [[li, lixm], 5],
      [[ayi, rare], 5],
      [[shan], 5],
    ]);
  });

  test('by those alone who may see them', async () => {
    const station = { as: { key: await app.keyFor(ViewerRole.COORDINATOR, app.world.stations[1]!.id) } };
    expect(await found('xm', station)).toEqual([]);
    expect(await found('SB', station)).toEqual([ayi, rare, shan]);
    expect(await found('SB', station, { within: app.world.stations[0]!.globalId })).toEqual([]);
    expect(await found('li', { as: null })).toBe('UNAUTHENTICATED');
    expect(await found('li', { as: 'wall' })).toBe('FORBIDDEN');
    expect(await found('\0')).toBe('BAD_USER_INPUT');
  });
});

test('whom somebody else has written is found after the next start, and nobody who was erased', async () => {
  await app.sql.query(
    `insert into volunteer (number, name, contingent, erased_at) select 'bulk-' || n, '赵批量', 'RESIDENT', case n when 1 then now() end
     from generate_series(1, 1200) as n`,
  );
  expect(await found('zpl')).toEqual([]);
  const other = await app.anotherNode();
  await until(
    async () =>
      (
        await app.sql.query(
          'select from volunteer v left join volunteer_search s on s.volunteer_id = v.id where s is null and v.erased_at is null',
        )
      ).rowCount === 0,
    'everybody is indexed',
  );
  const { data } = await app.ask(document, { first: 1, search: 'zpl' });
  expect(data!.volunteers.totalCount).toBe(1199);
  await other.close();
  expect(await indexEverybody({ transaction: () => Promise.resolve([]) } as never, new AbortController().signal)).toBe(
    0,
  );
  await app.sql.query("delete from volunteer where number like 'bulk-%'");
});

test('a long name has no more keys than it has characters, three times', () => {
  expect(searchKeys({ name: '长'.repeat(500), number: '' }).length).toBeLessThanOrEqual(180);
});
