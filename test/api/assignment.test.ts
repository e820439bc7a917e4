import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addAccounts, addShifts, addSkills, addVolunteerSkills } from '../../seeds/builders.js';
import { ViewerRole } from '../../server/kernel/viewer.js';
import { checkIn, scan, startTestApp, type Asker, type TestApp } from '../support/app.js';
import { signedIn } from '../support/browser-session.js';

let now = new Date('2026-06-16T04:00:00Z');
let app: TestApp;
let other: Asker;
let volunteer: Asker;

const at = (time: string) => new Date(`2026-06-16T${time}:00Z`);
const password = 'seven reeds by the pond';

beforeAll(async () => {
  app = await startTestApp({ world: { stations: 2, teams: 1, posts: 3, volunteers: 60 }, clock: () => now });
  await addSkills(app.sql, [{ code: 'first-aid', name: '急救' }]);
  await addVolunteerSkills(app.sql, [{ volunteer: app.world.volunteers[7]!.code, skill: 'first-aid' }]);
  await addAccounts(
    app.sql,
    [
      {
        login: 'wang',
        name: '王协调',
        password,
        grants: [{ role: 'COORDINATOR', unitCode: app.world.schools[0]!.code }],
      },
      { login: 'volunteer', password, volunteer: app.world.volunteers[5]!.code },
    ],
    new Date(now.getTime() - 3_600_000),
  );
  const session = async (login: string) => {
    const browser = await signedIn(app, login, password);
    return { as: null, headers: { cookie: browser.cookie!, origin: app.url } };
  };
  other = await session('wang');
  volunteer = await session('volunteer');
});
afterAll(() => app.close());

/** Shifts at posts by their place in the world. */
const shifts = (...rows: { post: number; from: string; to: string; capacity?: number; skills?: string[] }[]) =>
  addShifts(
    app.sql,
    rows.map(({ post, from, to, ...more }) => ({
      ...{ eventCode: app.world.event.code, postCode: app.world.posts[post]!.code, startsAt: at(from), endsAt: at(to) },
      ...more,
    })),
  );

const answered = `__typename ... on AssignmentsSaved { assignments { id state version expiresAt endsAt shift { id } person { id } } }
  ... on TimeTaken { message assignment { id } } ... on ShiftFull { message } ... on SkillMissing { skills { code } }
  ... on AssignmentRefused { reason } ... on StaleEdit { by version }`;

interface Saved {
  id: string;
  state: string;
  version: number;
  shift: { id: string };
  person: { id: string };
}

async function call(
  name: string,
  args: Record<string, [type: string, value: unknown]>,
  asker: Asker = { as: 'coordinator' },
) {
  const types = Object.entries(args).map(([key, [type]]) => `$${key}: ${type}`);
  const names = Object.keys(args).map((key) => `${key}: $${key}`);
  const { data, errors } = await app.ask(
    `mutation (${types.join(', ')}) { answer: ${name}(${names.join(', ')}) { ${answered} } }`,
    Object.fromEntries(Object.entries(args).map(([key, [, value]]) => [key, value])),
    asker,
  );
  return { ...data?.answer, code: errors?.[0]?.extensions.code } as {
    __typename: string;
    assignments: Saved[];
    code?: string;
  } & Record<string, unknown>;
}

const person = (who: number) => app.world.volunteers[who]!.globalId;
const assign = (shift: string, who: number, more = {}, asker?: Asker) =>
  call('assign', { input: ['AssignInput!', { shift, volunteer: person(who), ...more }] }, asker);
const step = (name: string, { id, version }: Saved, more: Record<string, [string, unknown]> = {}, asker?: Asker) =>
  call(name, { assignment: ['ID!', id], version: ['Int!', version], ...more }, asker);
const answer = (id: string, accepts: boolean, asker?: Asker) =>
  call('answerOffer', { assignment: ['ID!', id], accepts: ['Boolean!', accepts] }, asker);

test('nobody holds two that overlap: a thousand pairs at once, one winner each', async () => {
  const pairs = 1_000;
  const two = await shifts(
    { post: 0, from: '08:00', to: '10:00', capacity: 500 },
    { post: 1, from: '09:00', to: '11:00', capacity: 500 },
    { post: 0, from: '08:30', to: '10:00', capacity: 500 },
    { post: 2, from: '09:30', to: '11:00', capacity: 500 },
  );
  await app.sql.query(
    `insert into volunteer (number, name, contingent, team_id, team_level)
     select 'PAIR-' || i, '测试', 'RESIDENT', $1, 3 from generate_series(1, $2) i`,
    [app.world.teams[0]!.id, pairs],
  );
  const { rows } = await app.sql.query<{ id: number }>(
    `select id from volunteer where number like 'PAIR-%' order by id`,
  );
  const outcomes: string[][] = [];
  const left = rows.map(({ id }, i) => ({
    volunteer: Buffer.from(`Volunteer:${id}`).toString('base64url'),
    half: i % 2,
  }));
  const one = (shift: string, input: string) =>
    call('assign', { input: ['AssignInput!', { shift, volunteer: input }] });
  const work = async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      const [a, b] = next.half === 0 ? [two[0]!, two[1]!] : [two[2]!, two[3]!];
      const both = await Promise.all([one(a.globalId, next.volunteer), one(b.globalId, next.volunteer)]);
      outcomes.push(both.map((it) => it.__typename ?? it.code!).sort());
    }
  };
  await Promise.all(Array.from({ length: 16 }, work));
  expect(outcomes.length).toBe(pairs);
  expect(outcomes.filter((it) => it.join() !== 'AssignmentsSaved,TimeTaken')).toEqual([]);
  const { rows: held } = await app.sql.query(
    `select count(*)::int as held, count(distinct volunteer_id)::int as people from assignment where state = 'ACCEPTED'`,
  );
  expect(held[0]).toEqual({ held: pairs, people: pairs });
  // Whoever writes past the code is stopped by the database.
  await expect(
    app.sql.query(
      `insert into assignment (shift_id, event_id, volunteer_id, starts_at, ends_at, state, changed_at)
       select shift_id, event_id, volunteer_id, starts_at, ends_at, state, changed_at from assignment limit 1`,
    ),
  ).rejects.toThrow('assignment_no_overlap');
  await app.sql.query('delete from assignment');
});

test('a shift takes so many and no more, however many come at once; who waits is asked when somebody goes', async () => {
  const [shift] = await shifts({ post: 0, from: '08:00', to: '10:00', capacity: 2 });
  const all = await Promise.all([10, 11, 12, 13, 14, 15].map((who) => assign(shift!.globalId, who)));
  expect(all.map((it) => it.__typename).sort()).toEqual([
    ...Array(2).fill('AssignmentsSaved'),
    ...Array(4).fill('ShiftFull'),
  ]);
  const waiting = await assign(shift!.globalId, 16, { wait: true });
  expect(waiting.assignments).toMatchObject([{ state: 'WAITLISTED' }]);
  const holder = all.find((it) => it.__typename === 'AssignmentsSaved')!.assignments[0]!;
  expect(await step('releaseAssignment', holder)).toMatchObject({ assignments: [{ state: 'RELEASED' }] });
  expect(await answer(waiting.assignments[0]!.id, true)).toMatchObject({ assignments: [{ state: 'ACCEPTED' }] });
});

test('an offer is answered by the person asked, expires by itself, and goes on to the next if wished', async () => {
  const [shift, later] = await shifts({ post: 0, from: '10:00', to: '11:00' }, { post: 1, from: '10:00', to: '11:00' });
  const offered = await assign(shift!.globalId, 5, { offer: true });
  expect(offered.assignments).toMatchObject([
    { state: 'OFFERED', expiresAt: new Date(now.getTime() + 600_000).toISOString() },
  ]);
  expect(await assign(later!.globalId, 5)).toMatchObject({ __typename: 'TimeTaken' });
  expect(await answer(offered.assignments[0]!.id, true, volunteer)).toMatchObject({
    assignments: [{ state: 'ACCEPTED' }],
  });
  const theirs = await app.ask('{ assignments(first: 5) { nodes { state shift { post { code } } } } }', {}, volunteer);
  expect(theirs.data.assignments.nodes).toMatchObject([
    { state: 'ACCEPTED', shift: { post: { code: app.world.posts[0]!.code } } },
  ]);

  const expired = await assign(later!.globalId, 20, { offer: true });
  now = new Date(now.getTime() + 601_000);
  expect(await answer(expired.assignments[0]!.id, true)).toMatchObject({ reason: 'EXPIRED' });

  const passed = await assign(later!.globalId, 21, { offer: true, passOn: true });
  expect(await answer(passed.assignments[0]!.id, false)).toMatchObject({ assignments: [{ state: 'DECLINED' }] });
  const { rows } = await app.sql.query(
    `select volunteer_id, state from assignment where shift_id = $1 and state = 'OFFERED'`,
    [later!.id],
  );
  expect(rows).toHaveLength(1);
  expect([app.world.volunteers[20]!.id, app.world.volunteers[21]!.id]).not.toContain(rows[0].volunteer_id);
});

test('a change to what somebody else has changed is refused, and says who it was', async () => {
  const [from, to] = await shifts(
    { post: 0, from: '11:00', to: '12:00' },
    { post: 1, from: '11:00', to: '12:00', capacity: 5 },
  );
  const { assignments } = await assign(from!.globalId, 22);
  const move = (asker?: Asker) =>
    call(
      'moveAssignment',
      {
        input: [
          'MoveAssignmentInput!',
          { assignment: assignments[0]!.id, version: assignments[0]!.version, shift: to!.globalId },
        ],
      },
      asker,
    );
  expect(await move(other)).toMatchObject({ assignments: [{ shift: { id: to!.globalId }, version: 2 }] });
  expect(await move()).toMatchObject({ __typename: 'StaleEdit', by: '王协调', version: 2 });
});

test('what a shift needs is asked for, and can be waived', async () => {
  const [shift] = await shifts({ post: 0, from: '12:00', to: '13:00', capacity: 3, skills: ['first-aid'] });
  expect(await assign(shift!.globalId, 6)).toMatchObject({
    __typename: 'SkillMissing',
    skills: [{ code: 'first-aid' }],
  });
  expect(await assign(shift!.globalId, 7)).toMatchObject({ __typename: 'AssignmentsSaved' });
  expect(await assign(shift!.globalId, 6, { despiteSkills: true })).toMatchObject({ __typename: 'AssignmentsSaved' });
});

describe('places change hands', () => {
  test('by a swap, a hand-over, and by staying on', async () => {
    const [early, late, next] = await shifts(
      { post: 0, from: '13:00', to: '14:00' },
      { post: 1, from: '14:00', to: '15:00' },
      { post: 1, from: '15:00', to: '16:00', capacity: 2 },
    );
    const one = (await assign(early!.globalId, 30)).assignments[0]!;
    const two = (await assign(late!.globalId, 31)).assignments[0]!;
    const swapped = await call('swapAssignments', {
      input: [
        'SwapAssignmentsInput!',
        { one: one.id, oneVersion: one.version, other: two.id, otherVersion: two.version },
      ],
    });
    expect(swapped.assignments).toMatchObject([
      { shift: { id: late!.globalId }, person: { id: person(30) }, state: 'ACCEPTED' },
      { shift: { id: early!.globalId }, person: { id: person(31) } },
    ]);
    const handed = await step('handOver', swapped.assignments[1]!, { volunteer: ['ID!', person(32)] });
    expect(handed.assignments).toMatchObject([
      { person: { id: person(32) }, state: 'ACCEPTED' },
      { state: 'RELEASED' },
    ]);
    expect(await assign(next!.globalId, 30)).toMatchObject({ __typename: 'AssignmentsSaved' });
    expect(await step('stayOn', swapped.assignments[0]!, { until: ['DateTime!', at('15:30')] })).toMatchObject({
      __typename: 'TimeTaken',
    });
    expect(await step('stayOn', handed.assignments[0]!, { until: ['DateTime!', at('15:30')] })).toMatchObject({
      assignments: [{ endsAt: at('15:30').toISOString() }],
    });
  });

  test('and end in being done and rated', async () => {
    const [shift] = await shifts({ post: 0, from: '16:00', to: '17:00' });
    const made = (await assign(shift!.globalId, 33)).assignments[0]!;
    expect(await step('rateAssignment', made, { stars: ['Int!', 5] })).toMatchObject({ reason: 'NOT_NOW' });
    const done = (await step('completeAssignment', made)).assignments[0]!;
    expect(await step('rateAssignment', done, { stars: ['Int!', 6] })).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(await step('rateAssignment', done, { stars: ['Int!', 5] })).toMatchObject({
      assignments: [{ state: 'RATED' }],
    });
  });
});

test('who does not run the post reads it as absent; a volunteer plans nothing', async () => {
  const [shift] = await shifts({ post: 0, from: '17:00', to: '18:00' });
  const elsewhere = { as: { key: await app.keyFor(ViewerRole.COORDINATOR, app.world.stations[1]!.id) } };
  expect(await assign(shift!.globalId, 34, {}, elsewhere)).toMatchObject({ code: 'NOT_FOUND' });
  expect(await assign(shift!.globalId, 34, {}, volunteer)).toMatchObject({ code: 'FORBIDDEN' });
});

describe('shifts', () => {
  const result = `__typename ... on ShiftsSaved { shifts { id version capacity endsAt cancelledAt } } ... on AssignmentRefused { reason } ... on StaleEdit { by }`;
  const mutate = async (text: string, variables: object, asker: Asker = { as: 'coordinator' }) => {
    const { data, errors } = await app.ask(text, variables as Record<string, unknown>, asker);
    return { ...data?.answer, code: errors?.[0]?.extensions.code };
  };

  test('are planned, changed and cancelled, with their people', async () => {
    const planned = await mutate(
      `mutation ($input: CreateShiftsInput!) { answer: createShifts(input: $input) { ${result} } }`,
      {
        input: {
          event: app.world.event.globalId,
          shifts: [{ post: app.world.posts[2]!.globalId, startsAt: at('08:00'), endsAt: at('09:00'), capacity: 2 }],
        },
      },
    );
    const [shift] = planned.shifts;
    const made = (await assign(shift.id, 40)).assignments[0]!;
    const input = { shift: shift.id, version: 1, startsAt: at('08:00'), endsAt: at('09:30'), capacity: 1, skills: [] };
    const edit = `mutation ($input: EditShiftInput!) { answer: editShift(input: $input) { ${result} } }`;
    expect(await mutate(edit, { input }, other)).toMatchObject({
      shifts: [{ version: 2, capacity: 1, endsAt: at('09:30').toISOString() }],
    });
    expect(await mutate(edit, { input })).toMatchObject({ __typename: 'StaleEdit', by: '王协调' });
    const theirs = await app.ask(
      'query ($id: ID!) { node(id: $id) { ... on Assignment { endsAt } } }',
      { id: made.id },
      other,
    );
    expect(theirs.data.node.endsAt).toBe(at('09:30').toISOString());
    const cancel = `mutation ($id: ID!) { answer: cancelShift(shift: $id, version: 2, reason: "下雨取消") { ${result} } }`;
    expect((await mutate(cancel, { id: shift.id })).shifts[0].cancelledAt).toBe(now.toISOString());
    expect(await assign(shift.id, 41)).toMatchObject({ reason: 'CANCELLED' });
    const [free] = await shifts({ post: 0, from: '08:00', to: '09:00' });
    expect(await assign(free!.globalId, 40)).toMatchObject({ __typename: 'AssignmentsSaved' });
  });

  test('that lack people are told, the gravest first, with who could come', async () => {
    await app.sql.query('delete from assignment');
    await app.sql.query(`update shift set cancelled_at = now()`);
    now = at('07:30');
    const [uncovered, soon] = await shifts(
      { post: 2, from: '07:00', to: '09:00' },
      { post: 1, from: '08:00', to: '09:00' },
    );
    await checkIn(app, scan(app.world, 50, 0));
    const { data } = await app.ask(
      `query ($event: ID!) { coverageGaps(event: $event) { kind missing shift { id candidates(first: 2) { volunteer { id } herePost { code } sameTeam minutesToday } } } }`,
      { event: app.world.event.globalId },
      { as: 'coordinator' },
    );
    expect(data.coverageGaps).toMatchObject([
      {
        kind: 'UNCOVERED_NOW',
        missing: 1,
        shift: {
          id: uncovered!.globalId,
          candidates: [
            { volunteer: { id: person(50) }, herePost: { code: app.world.posts[0]!.code }, sameTeam: true },
            {},
          ],
        },
      },
      { kind: 'STARTING_SOON', shift: { id: soon!.globalId } },
    ]);
    expect(await assign(uncovered!.globalId, 50)).toMatchObject({ __typename: 'AssignmentsSaved' });
    const counted = await app.ask(
      `query ($event: ID!) { shifts(event: $event, first: 10) { totalCount nodes { id expected here late missing unplanned assignments { presence } } } }`,
      { event: app.world.event.globalId },
      { as: 'coordinator' },
    );
    expect(counted.data.shifts.nodes[0]).toMatchObject({
      id: uncovered!.globalId,
      expected: 1,
      here: 0,
      assignments: [{ presence: 'ELSEWHERE' }],
    });
    await checkIn(app, scan(app.world, 50, 2));
    const later = await app.ask(
      `query ($id: ID!) { node(id: $id) { ... on Shift { expected here unplanned assignments { presence } } } }`,
      { id: uncovered!.globalId },
      { as: 'coordinator' },
    );
    expect(later.data.node).toEqual({ expected: 1, here: 1, unplanned: 0, assignments: [{ presence: 'HERE' }] });
  });
});
