import { randomUUID } from 'node:crypto';
import { buildSchema as buildFromText, isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addBrands, addShifts, addSkills, type World } from '../../seeds/builders.js';
import { toGlobalId } from '../../server/kernel/global-id.js';
import { ViewerRole } from '../../server/kernel/viewer.js';
import { decideVisibility } from '../../server/kernel/visibility.js';
import { buildPartnerSchema, buildSchema } from '../../server/schema.js';
import { audiences, decisions } from '../../server/visibility.js';
import { checkIn, scan, startTestApp, type Answer, type TestApp } from '../support/app.js';
import { everyField, type Question } from '../support/every-field.js';
import { applicationDatabase, giveMinutes } from '../support/ledger.js';
import { headersOfEveryRole } from '../support/identities.js';
import { rowCounts } from '../support/rows.js';

const schema = buildSchema();
const forPartners = buildPartnerSchema(schema);

describe('nothing is left undecided', () => {
  const text = `type Query { open(a: Int, b: Int): Thing } type Thing { id: ID secret: String } input Asked { what: Int }`;
  const settled = { Query: { all: 'open(b a)' }, Thing: { all: 'id', few: 'secret' }, Asked: { all: 'what' } };
  const decide = (decided: Record<string, Partial<Record<'all' | 'few', string>>>) => () =>
    decideVisibility(buildFromText(text), { all: Object.values(ViewerRole), few: [ViewerRole.ADMINISTRATOR] }, decided);

  test('what is settled passes', () => expect(decide(settled)).not.toThrow());

  test.each<[string, Parameters<typeof decide>[0], RegExp]>([
    ['a field', { ...settled, Thing: { all: 'id' } }, /Thing\.secret is undecided/],
    ['an argument', { ...settled, Query: { all: 'open(a)' } }, /Query\.open\(a b\) is undecided/],
    ['an operation', { ...settled, Query: {} }, /Query\.open\(a b\) is undecided/],
    ['an input', { ...settled, Asked: {} }, /Asked\.what is undecided/],
    ['a type', { Query: settled.Query, Asked: settled.Asked }, /Thing\.id is undecided\nThing\.secret is undecided/],
    [
      'something decided twice',
      { ...settled, Thing: { all: 'id secret', few: 'secret' } },
      /Thing\.secret is decided twice/,
    ],
    [
      'a decision on a field that is gone',
      { ...settled, Thing: { all: 'id old', few: 'secret' } },
      /Thing\.old is not there/,
    ],
    ['a decision on a type that is gone', { ...settled, Old: { all: 'id' } }, /Old is no type with fields/],
  ])('%s is told by name', (_, decided, told) => expect(decide(decided)).toThrow(told));
});

/** The decision, read as a person would read the table. */
function isFor(type: string, field: string, role: ViewerRole): boolean {
  const found = Object.entries(decisions[type] ?? {}).filter(([, names]) =>
    names
      .replace(/\([^)]*\)/g, '')
      .split(/\s+/)
      .includes(field),
  );
  expect(found, `${type}.${field} is decided once`).toHaveLength(1);
  return (audiences[found[0]![0] as keyof typeof audiences] as readonly ViewerRole[]).includes(role);
}

/** The first volunteer of the world has saved time, and spent some of it. */
async function saveAndSpend(of: TestApp): Promise<void> {
  await giveMinutes(of, await applicationDatabase(of), { 0: 6_000 });
  const { data } = await of.ask(
    'mutation ($input: AddRewardInput!) { addReward(input: $input) { id } }',
    { input: { name: '毛巾', description: '纯棉', minutes: 10, stock: 1, station: of.world.stations[0]!.globalId } },
    { as: 'admin' },
  );
  const answer = await fetch(`${of.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers.VOLUNTEER },
    body: JSON.stringify({
      query: 'mutation ($input: RedeemInput!) { redeemReward(input: $input) { __typename } }',
      variables: { input: { key: randomUUID(), reward: data!.addReward.id } },
    }),
  });
  expect(await answer.text()).toContain('RewardRedeemed');
}

let app: TestApp;
let headers: Record<ViewerRole, Record<string, string>>;
let questions: Question[];
let lost: string[];

beforeAll(async () => {
  app = await startTestApp({ world: { schools: 1, stations: 1, teams: 1, posts: 1, volunteers: 6 } });
  const { world } = app;
  await addBrands(app.sql, [
    { stationCode: world.stations[0]!.code, name: '和谐大院', description: '邻里和谐', since: new Date() },
  ]);
  for (let i = 0; i < 6; i++) await checkIn(app, scan(world, i, 0, { note: '带了工具' }));
  await addSkills(app.sql, [{ code: 'first-aid', name: '急救' }]);
  headers = await headersOfEveryRole(app);
  await saveAndSpend(app);
  await app.sql.query(
    "insert into notification (volunteer_id, kind, parameters, created_at) values ($1, 'NEWS', '{}', now())",
    [world.volunteers[0]!.id],
  );
  await app.sql.query(
    `with stay as (
       insert into attendance (event_id, volunteer_id, post_id, team_id, station_id, school_id, in_at, out_at, minutes, grade,
         state, content, entry_key, entered_by_account_id, signed_by_account_id, published_until)
       select $1, $2, p.id, p.parent_id, 0, 0, now(), now(), 0, 'C', 'PUBLISHED', '打扫卫生', gen_random_uuid(), 1, 2, now() + interval '7 days'
       from service_unit p where p.id = $3 returning *
     )
     insert into attendance_change (attendance_id, at, account_id, reason, version, old_state, new_state, old_in_at, old_out_at,
       new_in_at, new_out_at)
     select id, now(), 1, '说明', 1, 'UNSIGNED', 'PUBLISHED', in_at, out_at, in_at, out_at from stay`,
    [world.event.id, world.volunteers[0]!.id, world.posts[0]!.id],
  );
  await aRecruit(world);
  await addShifts(app.sql, [
    {
      ...{ eventCode: world.event.code, postCode: world.posts[0]!.code, skills: ['first-aid'] },
      ...{ startsAt: new Date(Date.now() - 60_000), endsAt: new Date(Date.now() + 3_600_000) },
    },
  ]);
  await app.sql.query(
    `insert into assignment (shift_id, event_id, volunteer_id, starts_at, ends_at, state, changed_at)
     select id, event_id, $1, starts_at, ends_at, 'ACCEPTED', now() from shift`,
    [world.volunteers[0]!.id],
  );
  const idOf = async (type: string, table: string) => {
    const { rows } = await app.sql.query<{ id: number }>(`select id from ${table} order by id limit 1`);
    return rows.map(({ id }) => toGlobalId(type, id));
  };
  ({ questions, lost } = everyField(schema, {
    arguments: {
      first: 5,
      event: world.event.globalId,
      'Query.communityEvent(code)': world.event.code,
      'Query.serviceUnit(code)': world.posts[0]!.code,
      'Query.node(id)': world.posts[0]!.globalId,
      'Query.rosterImport(id)': (await idOf('RosterImport', 'roster_import'))[0],
      'Query.reportInFeedback(year)': 2026,
    },
    nodes: {
      CultureSchool: [world.schools[0]!.globalId],
      ServiceStation: [world.stations[0]!.globalId],
      VolunteerTeam: [world.teams[0]!.globalId],
      GridPost: [world.posts[0]!.globalId],
      CommunityEvent: [world.event.globalId],
      CheckIn: [toGlobalId('CheckIn', `${world.event.id}.1`)],
      Volunteer: [world.volunteers[0]!.globalId],
      Attendance: await idOf('Attendance', "attendance where grade = 'C'"),
      Shift: await idOf('Shift', 'shift'),
      Assignment: await idOf('Assignment', 'assignment'),
      Skill: await idOf('Skill', 'skill'),
      Brand: await idOf('Brand', 'brand'),
      Account: await idOf('Account', 'account'),
      Grant: await idOf('Grant', 'role_grant'),
      Session: await idOf('Session', 'session'),
      Application: await idOf('Application', 'application'),
      ReportIn: await idOf('ReportIn', 'report_in'),
      Notification: await idOf('Notification', 'notification'),
      AccessKey: await idOf('AccessKey', 'access_key'),
      RosterImport: await idOf('RosterImport', 'roster_import'),
      AuditEntry: [toGlobalId('AuditEntry', 1)],
      TimeAccount: await idOf('TimeAccount', 'time_account where volunteer_id is not null'),
      LedgerTransfer: await idOf('LedgerTransfer', 'ledger_transfer'),
      Reward: await idOf('Reward', 'reward'),
      Redemption: await idOf('Redemption', 'redemption'),
    },
  }));
});
afterAll(() => app.close());

/** Somebody applied, and a member reported in who was suspended for a while and has changed teams. */
async function aRecruit({ teams, volunteers }: World): Promise<void> {
  const team = teams[0]!.globalId;
  const volunteer = volunteers[0]!.globalId;
  const apply = { key: randomUUID(), name: '测报名', phone: '14200000001', contingent: 'RESIDENT', unit: team };
  const guardianConsent = { guardian: '测监护', means: 'PAPER' };
  const personal = {
    volunteer: volunteers[0]!.globalId,
    phone: '14200000003',
    birthDate: '2010-01-01',
    guardianConsent,
  };
  await app.sql.query(
    `insert into team_change (volunteer_id, from_team_id, to_team_id, at, reason) values ($1, $2, $2, now(), '搬家')`,
    [volunteers[0]!.id, teams[0]!.id],
  );
  const reportIn = { name: '测报到', phone: '14200000002', organisation: '一厂', offers: '宣讲', team };
  const { errors } = await app.ask(
    `mutation ($apply: ApplyInput!, $reportIn: ReportInInput!, $volunteer: ID!, $personal: SetPersonalDataInput!) {
      setPersonalData(input: $personal) { __typename } beginRosterImport(fileName: "名单.csv") { id }
      apply(input: $apply) { __typename } reportIn(input: $reportIn) { __typename }
      suspendVolunteer(volunteer: $volunteer, reason: "出差") { id }
      setAvailability(volunteer: $volunteer, windows: [{ weekday: 1, fromMinute: 0, untilMinute: 60 }]) { id } }`,
    { apply, reportIn, volunteer, personal },
    { as: 'admin' },
  );
  expect(errors).toBeUndefined();
}

test('a way leads to every type', () => {
  expect(lost).toEqual([]);
  const walked = new Set(questions.map(({ type, field }) => `${type}.${field}`));
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const name of Object.keys(type.getFields())) expect(walked).toContain(`${type.name}.${name}`);
  }
});

/** All values that the answer has under `asked`, but for those that are null. */
function valuesOf(data: unknown): unknown[] {
  if (Array.isArray(data)) return data.flatMap(valuesOf);
  if (typeof data !== 'object' || data === null) return [];
  return Object.entries(data).flatMap(([name, value]) =>
    name === 'asked' ? (value === null ? [] : [value]) : valuesOf(value),
  );
}

async function ask(role: ViewerRole, query: string): Promise<Answer> {
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers[role] },
    body: JSON.stringify({ query }),
  });
  return (await response.json()) as Answer;
}

/** Runs through all of them, a few at a time. */
async function eachQuestion(asked: readonly Question[], look: (question: Question) => Promise<void>): Promise<void> {
  const left = [...asked];
  const one = async () => {
    for (let next = left.shift(); next; next = left.shift()) await look(next);
  };
  await Promise.all(Array.from({ length: 8 }, one));
}

const seenBy = new Map<string, Set<ViewerRole>>();

describe.each(Object.values(ViewerRole))('%s', (role) => {
  test('gets what is decided, and nothing else', async () => {
    const wrong: string[] = [];
    await eachQuestion(
      questions.filter(({ operation }) => operation === 'query'),
      async ({ type, field, text }) => {
        const name = `${type}.${field}`;
        const { data, errors = [] } = await ask(role, text);
        const codes = errors.map(({ extensions }) => extensions.code);
        const values = valuesOf(data);
        if (values.length > 0) seenBy.set(name, (seenBy.get(name) ?? new Set()).add(role));
        if (codes.includes('INTERNAL_SERVER_ERROR')) wrong.push(`${name} fails: ${text}`);
        if (isFor(type, field, role)) {
          // The way there may be closed, or the row may be somebody else's; the field itself is there.
          // Sessions are of whoever signed in, and keys have none.
          if (type === 'Query' && field !== 'sessions' && codes.includes('FORBIDDEN')) wrong.push(`${name} is refused`);
          if (role !== ViewerRole.PARTNER && codes.includes('GRAPHQL_VALIDATION_FAILED'))
            wrong.push(`${name}: ${text}`);
          return;
        }
        if (values.length > 0) wrong.push(`${name} is told: ${JSON.stringify(values)}`);
        if (role === ViewerRole.PARTNER) {
          if (data || codes.length === 0 || codes.some((code) => code !== 'GRAPHQL_VALIDATION_FAILED'))
            wrong.push(`${name} exists`);
        } else if (type === 'Query') {
          const code = role === ViewerRole.PUBLIC ? 'UNAUTHENTICATED' : 'FORBIDDEN';
          if (codes[0] !== code) wrong.push(`${name} answers ${String(codes[0])}, not ${code}`);
        }
      },
    );
    expect(wrong).toEqual([]);
  });

  test('changes nothing that is not decided to be for it', async () => {
    const before = await rowCounts(app);
    const wrong: string[] = [];
    for (const { type, field, text } of questions) {
      if (type !== 'Mutation' || isFor(type, field, role)) continue;
      const { data, errors } = await ask(role, text);
      const code = errors?.[0]?.extensions.code;
      const expected =
        { PARTNER: 'GRAPHQL_VALIDATION_FAILED', PUBLIC: 'UNAUTHENTICATED' }[role as string] ?? 'FORBIDDEN';
      if (code !== expected || valuesOf(data).length > 0)
        wrong.push(`Mutation.${field} answers ${String(code)}: ${text}`);
    }
    expect(wrong).toEqual([]);
    expect(await rowCounts(app)).toEqual(before);
  });
});

test('the walk arrives: nearly everything that is decided to be for somebody is seen by somebody', () => {
  const all = new Set(questions.filter((it) => it.operation === 'query').map(({ type, field }) => `${type}.${field}`));
  // The rest is null in a world as small as this one.
  const unseen = [...all].filter((name) => !seenBy.has(name));
  expect(unseen.length / all.size, `unseen: ${unseen.join(' ')}`).toBeLessThan(0.2);
});

test("a partner's schema has just what is decided", () => {
  const [there, decided]: [string[], string[]] = [[], []];
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    const seen = forPartners.getType(type.name);
    for (const field of Object.keys(type.getFields())) {
      if (isObjectType(seen) && seen.getFields()[field]) there.push(`${type.name}.${field}`);
      if (isFor(type.name, field, ViewerRole.PARTNER)) decided.push(`${type.name}.${field}`);
    }
  }
  expect(there).toEqual(decided);
});
