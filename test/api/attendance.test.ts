import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addAccounts, addShifts, addVolunteers } from '../../seeds/builders.js';
import { ViewerRole } from '../../server/kernel/viewer.js';
import { checkIn, checkOut, scan, startTestApp, until, type Asker, type TestApp } from '../support/app.js';
import { signedIn } from '../support/browser-session.js';

const hourMs = 3_600_000;
const password = 'five white herons at dusk';
let now = new Date('2026-06-16T04:00:00Z');
let app: TestApp;
/** Two leaders of the first team, and a volunteer of it, with accounts of their own. */
const by: Record<'first' | 'second' | 'volunteer', Asker> = { first: {}, second: {}, volunteer: {} };

beforeAll(async () => {
  app = await startTestApp({ world: { stations: 2, teams: 1, posts: 2, volunteers: 12 }, clock: () => now });
  const unitCode = app.world.teams[0]!.code;
  await addAccounts(
    app.sql,
    [
      { login: 'first', password, volunteer: app.world.volunteers[10]!.code, grants: [{ role: 'LEADER', unitCode }] },
      { login: 'second', password, grants: [{ role: 'LEADER', unitCode }] },
      { login: 'volunteer', password, volunteer: app.world.volunteers[11]!.code },
    ],
    new Date(now.getTime() - hourMs),
  );
  await signIn();
});
afterAll(() => app.close());

/** Sessions end with the days that pass here. */
async function signIn(): Promise<void> {
  for (const login of Object.keys(by) as (keyof typeof by)[]) {
    const browser = await signedIn(app, login, password);
    by[login] = { as: null, headers: { cookie: browser.cookie!, origin: app.url } };
  }
}

interface Stay {
  id: string;
  state: string;
  grade: string;
  minutes: number | null;
  inAt: string;
  outAt: string | null;
  flags: string[];
  version: number;
  volunteer: { displayName: string };
  changes: { by: string | null; reason: string | null; oldOutAt: string | null; newOutAt: string | null }[];
}

const fields = `id state grade minutes inAt outAt flags version volunteer { displayName } person { number }
  checkIn { sequence } checkOut { sequence } post { code } event { code }
  changes { by reason oldOutAt newOutAt oldState newState }`;

/** The newest stay of one person, once the books are up to date. */
async function stayOf(volunteer: number): Promise<Stay> {
  await booked();
  const { data, errors } = await app.ask(
    `query ($volunteer: ID!) { attendances(first: 1, volunteer: $volunteer) { totalCount nodes { ${fields} } } }`,
    { volunteer: app.world.volunteers[volunteer]!.globalId },
    { as: 'admin' },
  );
  expect(errors).toBeUndefined();
  return data.attendances.nodes[0] as Stay;
}

function booked() {
  return until(async () => {
    const { rows } = await app.sql.query(
      `select from feed f left join attendance_book b on b.event_id = f.event_id where f.sequence > coalesce(b.sequence, 0)`,
    );
    return rows.length === 0;
  }, 'the books');
}

const change = (name: string, args: string) => `${name}(${args}) { __typename
  ... on AttendanceSaved { attendance { ${fields} } } ... on AttendanceRefused { reason message } ... on StaleEdit { by version message } }`;
const correct = `mutation ($input: CorrectAttendanceInput!) { answer: ${change('correctAttendance', 'input: $input')} }`;
const annul = `mutation ($id: ID!, $version: Int!) { answer: ${change('annulAttendance', 'attendance: $id, version: $version, reason: "重复的记录"')} }`;
const enter = `mutation ($input: EnterServiceInput!) { answer: enterService(input: $input) { __typename
  ... on AttendanceSaved { attendance { ${fields} enteredBy signedBy publishedUntil } } ... on AttendanceRefused { reason } } }`;
const sign = `mutation ($id: ID!) { answer: signService(attendance: $id) { __typename
  ... on AttendanceSaved { attendance { ${fields} enteredBy signedBy publishedUntil } } ... on AttendanceRefused { reason } } }`;
const confirm = `mutation ($ids: [ID!]!) { answer: confirmAttendance(attendances: $ids) { __typename
  ... on AttendanceConfirmed { attendances { ${fields} } } ... on AttendanceRefused { reason } } }`;

async function answer(document: string, variables: object, asker: Asker = {}) {
  const { data, errors } = await app.ask(document, variables as Record<string, unknown>, asker);
  return { ...data?.answer, code: errors?.[0]?.extensions.code };
}

const pass = async (volunteer: number) => {
  const { data } = await app.ask(
    `query ($id: ID!, $event: ID!) { node(id: $id) { ... on Volunteer { pass(event: $event) } } }`,
    { id: app.world.volunteers[volunteer]!.globalId, event: app.world.event.globalId },
  );
  return data.node.pass as string;
};

test('a stay is there soon after the scans, in grade and minutes', async () => {
  const scanned = { ...scan(app.world, 0, 0), volunteer: undefined, pass: await pass(0), method: 'VOLUNTEER_PASS' };
  await checkIn(app, scanned);
  expect(await stayOf(0)).toMatchObject({ state: 'OPEN', minutes: null, post: { code: app.world.posts[0]!.code } });
  now = new Date(now.getTime() + 90 * 60_000);
  await checkOut(app, { ...scanned, key: randomUUID(), post: undefined });
  await until(async () => (await stayOf(0)).state === 'CONFIRMED', 'the end of the stay');
  expect(await stayOf(0)).toMatchObject({
    ...{ minutes: 90, grade: 'A', flags: [], checkIn: { sequence: 1 }, checkOut: { sequence: 2 } },
    person: { number: app.world.volunteers[0]!.code },
  });
});

test('each row is booked once, whoever books: two nodes, and rows while they do', async () => {
  await app.anotherNode();
  await Promise.all(
    [1, 2, 3, 4].flatMap((who) => [checkIn(app, scan(app.world, who, 0)), checkIn(app, scan(app.world, who, 1))]),
  );
  await booked();
  const { rows } = await app.sql.query(
    `select (select count(*)::int from check_in where direction = 'IN') as arrivals, count(*)::int as stays,
       count(*) filter (where state = 'OPEN')::int as open, (select on_site from feed) as here from attendance`,
  );
  expect(rows[0].stays).toBe(rows[0].arrivals);
  expect(rows[0].open).toBe(rows[0].here);
});

test('roll-call: line by line, and a second time nothing more', async () => {
  const line = (who: number, more = {}) => ({
    key: randomUUID(),
    volunteer: app.world.volunteers[who]!.globalId,
    direction: 'IN',
    ...more,
  });
  const input = {
    event: app.world.event.globalId,
    post: app.world.posts[0]!.globalId,
    entries: [line(5), line(6), line(12), { ...line(7), direction: 'OUT' }],
  };
  const call = () =>
    app.ask(
      `mutation ($input: RollCallInput!) { rollCall(input: $input) { lines { key outcome message checkIn { sequence } } } }`,
      { input },
      by.second,
    );
  const first = (await call()).data.rollCall.lines;
  // The third is another team's; the fourth never came, which is written down all the same.
  expect(first.map((it: { outcome: string }) => it.outcome)).toEqual(['RECORDED', 'RECORDED', 'REFUSED', 'RECORDED']);
  expect((await call()).data.rollCall.lines).toEqual(first);
  expect(await stayOf(7)).toMatchObject({ state: 'PROVISIONAL', flags: ['OUT_WITHOUT_IN'], minutes: 0 });
});

describe('what people decide', () => {
  test('a correction counts, by a word, and what was stays beside it; a stale one names the other', async () => {
    await checkIn(app, scan(app.world, 8, 0));
    now = new Date(now.getTime() + 30 * 60_000);
    await checkOut(app, scan(app.world, 8, null));
    await until(async () => (await stayOf(8)).state === 'CONFIRMED', 'the stay');
    const before = await stayOf(8);
    const outAt = new Date(new Date(before.outAt!).getTime() - 10 * 60_000).toISOString();
    const input = {
      attendance: before.id,
      version: before.version,
      inAt: before.inAt,
      outAt,
      reason: '提前十分钟离开',
    };
    const { attendance } = await answer(correct, { input }, by.second);
    expect(attendance).toMatchObject({ state: 'CONFIRMED', minutes: 20, grade: 'B', version: before.version + 1 });
    expect(attendance.changes).toMatchObject([
      { by: 'second', reason: '提前十分钟离开', oldOutAt: before.outAt, newOutAt: outAt },
    ]);
    expect(await answer(correct, { input }, by.first)).toMatchObject({
      __typename: 'StaleEdit',
      by: 'second',
      version: attendance.version,
    });
    expect(
      await answer(correct, { input: { ...input, version: attendance.version, outAt: before.inAt } }, by.first),
    ).toMatchObject({ reason: 'TIMES' });
    expect(await answer(annul, { id: before.id, version: attendance.version }, by.first)).toMatchObject({
      attendance: { state: 'ANNULLED' },
    });
    const { rows } = await app.sql.query(
      `select action from audit_entry where target_type = 'Attendance' order by sequence`,
    );
    expect(rows.map(({ action }) => action)).toEqual(['ATTENDANCE_CORRECTED', 'ATTENDANCE_ANNULLED']);
  });

  test('nobody decides on their own, on what lies elsewhere, or on people who are still there', async () => {
    await checkIn(app, scan(app.world, 10, 0));
    await checkOut(app, scan(app.world, 10, null));
    await checkIn(app, scan(app.world, 9, 0));
    const own = await stayOf(10);
    const open = await stayOf(9);
    expect(await answer(confirm, { ids: [own.id] }, by.first)).toMatchObject({ reason: 'OWN' });
    expect(await answer(confirm, { ids: [own.id, open.id] }, by.second)).toMatchObject({ reason: 'STILL_OPEN' });
    const elsewhere = { as: { key: await app.keyFor(ViewerRole.LEADER, app.world.teams[1]!.id) } };
    expect(await answer(confirm, { ids: [own.id] }, elsewhere)).toMatchObject({ code: 'NOT_FOUND' });
    expect(await answer(confirm, { ids: [own.id] }, by.volunteer)).toMatchObject({ code: 'FORBIDDEN' });
  });

  test('a forgotten check-out is proposed up to the end of the event, in the queue, until somebody confirms', async () => {
    const open = await stayOf(9);
    expect(open.state).toBe('OPEN');
    const before = now;
    now = new Date('2026-06-17T12:00:00Z');
    await signIn();
    await app.sql.query(`select pg_notify('feed', '0')`);
    await until(async () => (await stayOf(9)).state === 'PROVISIONAL', 'the proposal');
    const { rows } = await app.sql.query<{ ends_at: Date }>('select ends_at from community_event');
    const stay = await stayOf(9);
    expect(stay).toMatchObject({ flags: ['NO_CHECK_OUT'], outAt: rows[0]!.ends_at.toISOString() });
    const queue = await app.ask(
      `query ($within: ID!) { attendanceQueue(first: 50, within: $within) { nodes { id state } } }`,
      { within: app.world.teams[0]!.globalId },
      by.second,
    );
    expect(queue.data.attendanceQueue.nodes).toContainEqual({ id: stay.id, state: 'PROVISIONAL' });
    expect(await answer(confirm, { ids: [stay.id] }, by.second)).toMatchObject({
      attendances: [{ state: 'CONFIRMED', minutes: stay.minutes }],
    });
    // The person's own device had no network, and tells the truth too late: a person has decided.
    await checkOut(app, scan(app.world, 9, null, { at: before.toISOString() }));
    await until(async () => (await stayOf(9)).flags.includes('OUT_AFTER_DECISION'), 'the late check-out');
    expect(await stayOf(9)).toMatchObject({ state: 'CONFIRMED', minutes: stay.minutes });
  });
});

test('a forgotten check-out from a shift is proposed up to its end, two hours after it; who checks out after all is believed', async () => {
  const { world } = app;
  const before = now;
  now = new Date('2026-06-16T04:30:00Z');
  const [mine] = await addVolunteers(app.sql, [
    { number: 'SHIFT-1', name: '测试', contingent: 'RESIDENT', teamCode: world.teams[0]!.code },
  ]);
  await addShifts(app.sql, [
    {
      ...{ eventCode: world.event.code, postCode: world.posts[1]!.code },
      ...{ startsAt: new Date('2026-06-16T05:00:00Z'), endsAt: new Date('2026-06-16T07:00:00Z') },
    },
  ]);
  await checkIn(app, { ...scan(world, 0, 1), volunteer: mine!.globalId });
  const stateOf = async () =>
    (await app.sql.query('select state, out_at, minutes from attendance where volunteer_id = $1', [mine!.id])).rows[0];
  await until(async () => (await stateOf())?.state === 'OPEN', 'the stay');
  now = new Date('2026-06-16T09:01:00Z');
  await app.sql.query(`select pg_notify('feed', '0')`);
  await until(async () => (await stateOf()).state === 'PROVISIONAL', 'the proposal');
  expect(await stateOf()).toMatchObject({ out_at: new Date('2026-06-16T07:00:00Z'), minutes: 150 });
  await checkOut(app, { ...scan(world, 0, null), volunteer: mine!.globalId });
  await until(async () => (await stateOf()).state === 'CONFIRMED', 'the check-out');
  expect(await stateOf()).toMatchObject({ out_at: now, minutes: 271 });
  now = before;
});

describe('service that was entered later', () => {
  beforeAll(signIn);

  const input = (more = {}) => ({
    key: randomUUID(),
    post: app.world.posts[0]!.globalId,
    volunteer: app.world.volunteers[11]!.globalId,
    inAt: '2026-06-10T01:00:00Z',
    outAt: '2026-06-10T03:00:00Z',
    content: '帮独居老人打扫卫生',
    ...more,
  });

  test('counts after a second signature and seven days in public, and not a day before', async () => {
    const entry = input();
    const { attendance } = await answer(enter, { input: entry }, by.first);
    expect(attendance).toMatchObject({ state: 'UNSIGNED', grade: 'C', minutes: 120, enteredBy: 'first', event: null });
    expect((await answer(enter, { input: entry }, by.first)).attendance.id).toBe(attendance.id);
    expect(await answer(enter, { input: { ...entry, content: '别的' } }, by.first)).toMatchObject({
      code: 'IDEMPOTENCY_MISMATCH',
    });
    expect(await answer(enter, { input: input() }, by.first)).toMatchObject({ reason: 'OVERLAP' });
    expect(await answer(confirm, { ids: [attendance.id] }, by.second)).toMatchObject({ reason: 'NOT_WAITING' });
    expect(await answer(sign, { id: attendance.id }, by.first)).toMatchObject({ reason: 'SAME_PERSON' });
    expect(await answer(sign, { id: attendance.id })).toMatchObject({ reason: 'ACCOUNT_NEEDED' });
    const signed = await answer(sign, { id: attendance.id }, by.second);
    expect(signed.attendance).toMatchObject({ state: 'PUBLISHED', signedBy: 'second' });

    const published = await app.ask(
      '{ publishedService(first: 5) { totalCount nodes { content minutes volunteer { displayName } post { code } until } } }',
      {},
      { as: null },
    );
    expect(published.data.publishedService).toMatchObject({
      totalCount: 1,
      nodes: [
        {
          content: entry.content,
          minutes: 120,
          volunteer: { displayName: '测*' },
          until: signed.attendance.publishedUntil,
        },
      ],
    });
    const own = await app.ask('{ attendances(first: 5) { nodes { id state } } }', {}, by.volunteer);
    expect(own.data.attendances.nodes).toContainEqual({ id: attendance.id, state: 'PUBLISHED' });

    now = new Date(new Date(signed.attendance.publishedUntil).getTime() - 1);
    await app.sql.query(`select pg_notify('feed', '0')`);
    await checkIn(app, scan(app.world, 0, 0));
    expect((await stayOf(11)).state).toBe('PUBLISHED');
    now = new Date(signed.attendance.publishedUntil);
    await app.sql.query(`select pg_notify('feed', '0')`);
    await until(async () => (await stayOf(11)).state === 'CONFIRMED', 'the end of the publication');
  });

  test('is not entered by who served, by a device, or for a time that cannot be', async () => {
    await signIn();
    expect(
      await answer(enter, { input: input({ volunteer: app.world.volunteers[10]!.globalId }) }, by.first),
    ).toMatchObject({ reason: 'OWN' });
    expect(await answer(enter, { input: input() })).toMatchObject({ reason: 'ACCOUNT_NEEDED' });
    expect(await answer(enter, { input: input({ outAt: '2026-06-12T01:00:00Z' }) }, by.first)).toMatchObject({
      reason: 'TIMES',
    });
    expect(await answer(enter, { input: input({ post: app.world.posts[2]!.globalId }) }, by.first)).toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(
      app.sql.query(`update attendance set signed_by_account_id = entered_by_account_id where grade = 'C'`),
    ).rejects.toThrow('attendance_second_signature_check');
  });
});

test('a volunteer sees their own stays, and nobody else’s', async () => {
  await signIn();
  const others = await app.ask(
    'query ($volunteer: ID!) { attendances(first: 5, volunteer: $volunteer) { nodes { id } } }',
    { volunteer: app.world.volunteers[0]!.globalId },
    by.volunteer,
  );
  expect(others.errors?.[0]?.extensions.code).toBe('NOT_FOUND');
  const stay = await stayOf(0);
  const node = await app.ask('query ($id: ID!) { node(id: $id) { id } }', { id: stay.id }, by.volunteer);
  expect(node.data.node).toBeNull();
});
