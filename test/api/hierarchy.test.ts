import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addBrands, addUnits } from '../../seeds/builders.js';
import { toGlobalId } from '../../server/kernel/global-id.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { readPages } from './asking.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ world: { schools: 3, stations: 2, teams: 3, posts: 4, volunteers: 1 } });
});
afterAll(() => app.close());

const onePost = (more: string) => `query ($id: ID!) { node(id: $id) { __typename id ${more} } }`;

describe('the four types', () => {
  test.each([
    ['CultureSchool', 'CULTURE_SCHOOL', 'schools', 0],
    ['ServiceStation', 'SERVICE_STATION', 'stations', 1],
    ['VolunteerTeam', 'VOLUNTEER_TEAM', 'teams', 2],
    ['GridPost', 'GRID_POST', 'posts', 3],
  ] as const)('%s answers by its id and by its code, also through the interface', async (type, level, list, above) => {
    const { id, globalId, code } = app.world[list].at(-1)!;
    expect(globalId).toBe(toGlobalId(type, id));
    const { data, errors } = await app.ask(
      `query ($id: ID!, $code: String!) {
        byId: node(id: $id) { ...unit } byCode: serviceUnit(code: $code) { ...unit } }
      fragment unit on ServiceUnit { __typename id code name level ancestors { __typename code } }`,
      { id: globalId, code },
      { as: null },
    );
    expect(errors).toBeUndefined();
    expect(data!.byId).toMatchObject({ __typename: type, id: globalId, code, name: code, level });
    expect(data!.byId.ancestors).toHaveLength(above);
    expect(data!.byCode).toEqual(data!.byId);
  });

  test('ancestors come from the school down to the parent', async () => {
    const { schools, stations, teams, posts } = app.world;
    const { data } = await app.ask(onePost('... on ServiceUnit { ancestors { __typename id } }'), {
      id: posts.at(-1)!.globalId,
    });
    expect(data!.node.ancestors).toEqual([
      { __typename: 'CultureSchool', id: schools.at(-1)!.globalId },
      { __typename: 'ServiceStation', id: stations.at(-1)!.globalId },
      { __typename: 'VolunteerTeam', id: teams.at(-1)!.globalId },
    ]);
  });

  test('each knows its parent and its children', async () => {
    const { data } = await app.ask(
      onePost(`... on GridPost { kind team { code station { code school { code stations(first: 9) { nodes { code
        teams(first: 9) { nodes { code posts(first: 9) { nodes { code } } } } } } } } } }`),
      { id: app.world.posts[0]!.globalId },
    );
    const { team } = data!.node;
    expect(data!.node.kind).toBe('SERVICE_POST');
    expect([team.code, team.station.code, team.station.school.code]).toEqual(['W01-A01', 'W01-A', 'W01']);
    const { nodes } = team.station.school.stations;
    expect(nodes.map((it: { code: string }) => it.code)).toEqual(['W01-A', 'W01-B']);
    expect(nodes[1].teams.nodes[2].posts.nodes.map((it: { code: string }) => it.code)).toEqual([
      'W01-B03-01',
      'W01-B03-02',
      'W01-B03-03',
      'W01-B03-04',
    ]);
  });
});

describe('what there is not', () => {
  test.each([
    ['nothing at all', ''],
    ['nonsense', 'nonsense'],
    ['a key without a type', Buffer.from('1').toString('base64url')],
    ['a type that is no node', toGlobalId('Tally', 1)],
    ['a name of JavaScript', toGlobalId('constructor', 1)],
    ['a post that is not there', toGlobalId('GridPost', 999_999_999)],
    ['a number larger than the database has', toGlobalId('GridPost', '99999999999')],
    ['a key that is no number', toGlobalId('GridPost', 'x')],
    ['a key in another spelling', toGlobalId('GridPost', '01')],
    ['half a check-in', toGlobalId('CheckIn', '1')],
    ['a check-in of an event that is not there', toGlobalId('CheckIn', '999999.1')],
    ['a check-in with no place', toGlobalId('CheckIn', '1.0')],
    ['a NUL', Buffer.from('GridPost:1\0').toString('base64url')],
  ])('node(id) of %s is null', async (_, id) => {
    expect(await app.ask(onePost(''), { id }, { as: 'admin' })).toEqual({ data: { node: null } });
  });

  test('an id of one level is no id of another', async () => {
    const post = app.world.posts[0]!;
    for (const type of ['CultureSchool', 'ServiceStation', 'VolunteerTeam', 'Brand', 'CommunityEvent', 'Volunteer']) {
      if (type === 'CommunityEvent' && post.id === app.world.event.id) continue;
      const id = toGlobalId(type, post.id);
      const { data, errors } = await app.ask(onePost('... on ServiceUnit { code }'), { id }, { as: null });
      expect([type, errors]).toEqual([type, undefined]);
      expect(data!.node?.code).toBeUndefined();
    }
    const { errors } = await app.ask('query ($within: ID!) { volunteers(first: 1, within: $within) { totalCount } }', {
      within: toGlobalId('VolunteerTeam', post.id),
    });
    expect(errors?.[0]!.extensions.code).toBe('NOT_FOUND');
  });

  test.each(['W99', '', ' W01', 'w01', 'W01%', "W01' or ''='"])('no unit has the code %j', async (code) => {
    const document = 'query ($code: String!) { serviceUnit(code: $code) { id } }';
    expect(await app.ask(document, { code })).toEqual({ data: { serviceUnit: null } });
  });

  test.each([
    ['NUL', 'W01\0'],
    ['half of a surrogate pair', 'W01\ud800'],
  ])('a code with %s in it is BAD_USER_INPUT', async (_, code) => {
    const { data, errors } = await app.ask('query ($code: String!) { serviceUnit(code: $code) { id } }', { code });
    expect(errors?.[0]!.extensions.code).toBe('BAD_USER_INPUT');
    expect(data?.serviceUnit ?? null).toBeNull();
  });
});

describe('pages', () => {
  const schools = `query ($first: Int!, $after: String) { cultureSchools(first: $first, after: $after) {
    totalCount nodes { code } edges { cursor node { code } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;

  test('follow each other without a gap, and say where they end', async () => {
    const pages = await readPages<{ code: string }>(app, schools, 1, { as: null });
    expect(pages.map((page) => page.nodes)).toEqual([[{ code: 'W01' }], [{ code: 'W02' }], [{ code: 'W03' }]]);
    for (const [i, page] of pages.entries()) {
      const cursor = page.pageInfo.endCursor;
      expect(page).toMatchObject({
        totalCount: 3,
        edges: [{ cursor, node: page.nodes[0] }],
        pageInfo: { hasNextPage: i < 2, hasPreviousPage: i > 0, startCursor: cursor },
      });
    }
    const after = pages[2]!.pageInfo.endCursor;
    const { data } = await app.ask(schools, { first: 1, after });
    expect(data!.cultureSchools).toMatchObject({ totalCount: 3, nodes: [], pageInfo: { hasNextPage: false } });
  });

  test('each parent has pages of its own, in one operation', async () => {
    const { data } = await app.ask(`{ cultureSchools(first: 3) { nodes { code stations(first: 1) {
      totalCount pageInfo { hasNextPage endCursor } nodes { code teams(first: 2) { totalCount nodes { code } } } } } } }`);
    for (const school of data!.cultureSchools.nodes) {
      expect(school.stations).toMatchObject({ totalCount: 2, pageInfo: { hasNextPage: true } });
      expect(school.stations.nodes).toEqual([
        {
          code: `${school.code}-A`,
          teams: { totalCount: 3, nodes: [{ code: `${school.code}-A01` }, { code: `${school.code}-A02` }] },
        },
      ]);
    }
    const { endCursor } = data!.cultureSchools.nodes[0].stations.pageInfo;
    const { data: rest } = await app.ask(
      `query ($id: ID!, $after: String) { node(id: $id) { ... on CultureSchool {
        stations(first: 9, after: $after) { nodes { code } pageInfo { hasNextPage hasPreviousPage } } } } }`,
      { id: app.world.schools[0]!.globalId, after: endCursor },
    );
    expect(rest!.node.stations).toEqual({
      nodes: [{ code: 'W01-B' }],
      pageInfo: { hasNextPage: false, hasPreviousPage: true },
    });
  });

  test.each([
    ['nonsense', 'nonsense'],
    ['nothing', ''],
    ['a NUL', Buffer.from('\0').toString('base64url')],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x80]).toString('base64url')],
  ])('a cursor of %s is no fault of ours', async (_, after) => {
    const { data, errors } = await app.ask(schools, { first: 2, after });
    expect(errors).toBeUndefined();
    expect(data!.cultureSchools.totalCount).toBe(3);
  });
});

describe('brands', () => {
  const brandOf = `query ($code: String!) { serviceUnit(code: $code) { ... on ServiceStation {
    brand { __typename id name description since } } } }`;

  test('a station shows its current brand, and none when it has none', async () => {
    const [station, bare] = app.world.stations;
    const since = new Date('2019-04-01T00:00:00Z');
    await addBrands(app.sql, [{ stationCode: station!.code, name: '和谐大院', description: '服务与课程', since }]);
    const { data } = await app.ask(brandOf, { code: station!.code }, { as: null });
    const { brand } = data!.serviceUnit;
    expect(brand).toMatchObject({ name: '和谐大院', description: '服务与课程', since: since.toISOString() });
    const { data: byId } = await app.ask(onePost('... on Brand { name }'), { id: brand.id }, { as: null });
    expect(byId!.node).toEqual({ __typename: 'Brand', id: brand.id, name: '和谐大院' });
    const { data: none } = await app.ask(brandOf, { code: bare!.code });
    expect(none!.serviceUnit).toEqual({ brand: null });
  });

  test('when another takes its place, the first one is history and still has its id', async () => {
    const station = app.world.stations[2]!;
    const brand = (name: string) => ({
      stationCode: station.code,
      name,
      description: '',
      since: new Date('2019-04-01T00:00:00Z'),
    });
    await addBrands(app.sql, [brand('从前')]);
    const { data: first } = await app.ask(brandOf, { code: station.code });
    await app.sql.query('update brand set until = now() where station_id = $1', [station.id]);
    await addBrands(app.sql, [brand('如今')]);
    const { data: second } = await app.ask(brandOf, { code: station.code });
    expect(second!.serviceUnit.brand.name).toBe('如今');
    const { data: byId } = await app.ask(onePost('... on Brand { name }'), { id: first!.serviceUnit.brand.id });
    expect(byId!.node.name).toBe('从前');
  });
});

test('units whose codes and names are rare characters are found and come back byte for byte', async () => {
  const code = '𠮷𬭎-1';
  const name = '葛\u{e0100}城·𫚉站 <b>&';
  await addUnits(app.sql, 'SERVICE_STATION', [{ code, name, parentCode: 'W01' }]);
  const { data } = await app.ask('query ($code: String!) { serviceUnit(code: $code) { code name } }', { code });
  expect(Buffer.from(data!.serviceUnit.code)).toEqual(Buffer.from(code));
  expect(Buffer.from(data!.serviceUnit.name)).toEqual(Buffer.from(name));
  await app.sql.query('delete from service_unit where code = $1', [code]);
});
