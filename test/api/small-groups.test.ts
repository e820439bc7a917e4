import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkIn, checkOut, scan, startTestApp, type Asker, type KeyName, type TestApp } from '../support/app.js';

/**
 * Posts 1 to 4 of the first team have 3, 6, 9 and no people; the second team has 7, all at one post; the other station's
 * two teams have 5 and 2.
 */
const arrivals: [post: number, people: number][] = [
  [0, 3],
  [1, 6],
  [2, 9],
  [4, 7],
  [8, 5],
  [12, 2],
];

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ world: { schools: 1, stations: 2, teams: 2, posts: 4, volunteers: 10 } });
  let person = 0;
  for (const [post, people] of arrivals) {
    for (let i = 0; i < people; i++) await checkIn(app, scan(app.world, person++, post));
  }
  // Somebody left, so there are minutes to be withheld.
  await checkOut(app, scan(app.world, 0, null));
});
afterAll(() => app.close());

interface Figures {
  people: number;
  checkIns: number;
  minutes: number;
  suppressed: boolean;
}

const withheld: Figures = { people: 0, checkIns: 0, minutes: 0, suppressed: true };
const shown = (people: number): Figures => ({
  people,
  checkIns: people,
  minutes: expect.any(Number),
  suppressed: false,
});
const figures = 'people checkIns minutes suppressed';

const byLevel = `query ($event: ID) { cultureSchools(first: 9) { nodes { tally(event: $event) { ${figures} }
  stations(first: 9) { nodes { tally(event: $event) { ${figures} }
    teams(first: 9) { nodes { tally(event: $event) { ${figures} }
      posts(first: 9) { nodes { tally(event: $event) { ${figures} } } } } } } } } } }`;

interface Unit {
  tally: Figures;
  stations?: { nodes: Unit[] };
  teams?: { nodes: Unit[] };
  posts?: { nodes: Unit[] };
}

/** School, stations, teams and posts, each by code. */
async function levels(asker: Asker, event: string | null): Promise<Figures[][]> {
  const { data, errors } = await app.ask<{ cultureSchools: { nodes: Unit[] } }>(byLevel, { event }, asker);
  expect(errors).toBeUndefined();
  const schools = data!.cultureSchools.nodes;
  const stations = schools.flatMap((it) => it.stations!.nodes);
  const teams = stations.flatMap((it) => it.teams!.nodes);
  const posts = teams.flatMap((it) => it.posts!.nodes);
  return [schools, stations, teams, posts].map((units) => units.map(({ tally }) => tally));
}

describe.each(['in one event', 'over all time'])('figures %s', (when) => {
  const event = () => (when === 'in one event' ? app.world.event.globalId : null);

  test('partners are told of nobody among fewer than five, nor of what would give them away', async () => {
    const [schools, stations, teams, posts] = await levels({ as: 'partner' }, event());
    expect(schools).toEqual([shown(32)]);
    expect(stations).toEqual([shown(25), shown(7)]);
    // The last team has two people; with the figures of the one beside it, they would be the station's rest.
    expect(teams).toEqual([shown(18), shown(7), withheld, withheld]);
    // Three at the first post; the second is the smallest beside it. Nobody at the fourth, which is no secret.
    expect(posts!.slice(0, 4)).toEqual([withheld, withheld, shown(9), shown(0)]);
    expect(posts!.slice(4, 8)).toEqual([shown(7), shown(0), shown(0), shown(0)]);
    // Below what is withheld everything is, or its sum would tell.
    expect(posts!.slice(8)).toEqual(Array.from({ length: 8 }, () => withheld));
  });

  test.each<KeyName | null>([null, 'wall', 'leader', 'admin'])('%s sees what the wall shows', async (as) => {
    const [, , teams, posts] = await levels({ as }, event());
    expect(teams).toEqual([shown(18), shown(7), shown(5), shown(2)]);
    expect(posts!.slice(0, 4)).toEqual([shown(3), shown(6), shown(9), shown(0)]);
  });
});

interface Board {
  scoreboard: { tally: Figures; units: { unit: { code: string }; tally: Figures }[] };
}

function boards(asker: Asker, unit?: string) {
  const query = `subscription ($event: ID!, $unit: ID) { scoreboard(event: $event, unit: $unit) {
    tally { ${figures} } units { unit { code } tally { ${figures} } } } }`;
  return app.socket(asker).iterate<Board>({ query, variables: { event: app.world.event.globalId, unit } });
}

async function firstBoard(asker: Asker, unit?: string): Promise<Figures[]> {
  for await (const { data, errors } of boards(asker, unit)) {
    expect(errors).toBeUndefined();
    return [data!.scoreboard.tally, ...data!.scoreboard.units.map(({ tally }) => tally)];
  }
  throw new Error('no scoreboard');
}

describe('scoreboards', () => {
  test('tell partners the same as the lists', async () => {
    const asker: Asker = { as: 'partner' };
    const { schools, stations, teams } = app.world;
    expect(await firstBoard(asker)).toEqual([shown(32), shown(32)]);
    expect(await firstBoard(asker, schools[0]!.globalId)).toEqual([shown(32), shown(25), shown(7)]);
    expect(await firstBoard(asker, stations[1]!.globalId)).toEqual([shown(7), withheld, withheld]);
    expect(await firstBoard(asker, teams[0]!.globalId)).toEqual([shown(18), withheld, withheld, shown(9), shown(0)]);
    expect(await firstBoard(asker, teams[2]!.globalId)).toEqual(Array.from({ length: 5 }, () => withheld));
    expect(await firstBoard({ as: 'wall' }, teams[2]!.globalId)).toEqual([5, 5, 0, 0, 0].map(shown));
  });

  test('do not tell by their coming what they withhold', async () => {
    const { teams } = app.world;
    const seen = async (asker: Asker, count: number) => {
      const boardsSeen: Figures[] = [];
      const stream = boards(asker, teams[2]!.globalId);
      for await (const { data } of stream) {
        boardsSeen.push(data!.scoreboard.tally);
        if (boardsSeen.length === 1) await checkIn(app, scan(app.world, 39, 9));
        if (boardsSeen.length === count) break;
      }
      return boardsSeen;
    };
    const partner = boards({ as: 'partner' }, teams[2]!.globalId);
    const first = await partner.next();
    expect(first.value?.data?.scoreboard.tally).toEqual(withheld);
    // A wall sees somebody arrive; the next that the partner hears is what is no longer withheld.
    expect(await seen({ as: 'wall' }, 2)).toEqual([shown(5), shown(6)]);
    const next = partner.next();
    for (const person of [36, 37, 38]) await checkIn(app, scan(app.world, person, 12));
    expect((await next).value?.data?.scoreboard.tally).toEqual(shown(6));
    await partner.return?.();
  });
});

test('an event with fewer than five people tells partners nothing at all', async () => {
  const small = await startTestApp({ world: { schools: 1, stations: 1, teams: 1, posts: 1, volunteers: 4 } });
  try {
    for (const person of [0, 1, 2, 3]) await checkIn(small, scan(small.world, person, 0));
    const query = `{ communityEvent(code: "${small.world.event.code}") { tally { ${figures} } } }`;
    expect((await small.ask(query, {}, { as: 'partner' })).data.communityEvent.tally).toEqual(withheld);
    expect((await small.ask(query, {}, { as: null })).data.communityEvent.tally).toEqual(shown(4));
  } finally {
    await small.close();
  }
});
