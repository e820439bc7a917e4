import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addAccounts } from '../../seeds/builders.js';
import { ViewerRole } from '../../server/kernel/viewer.js';
import { checkIn, checkOut, scan, startTestApp, type Asker, type TestApp } from '../support/app.js';
import { Browser, signedIn } from '../support/browser-session.js';
import { dump, eraseVolunteer, exportVolunteer, reveal } from './person.js';

const password = 'four lilac petals in a row';
let app: TestApp;
let now = new Date('2026-11-24T04:00:00Z');
let coordinator: Asker;
let neighbour: Asker;
let leader: Asker;

beforeAll(async () => {
  app = await startTestApp({ world: { stations: 2, teams: 2, posts: 1, volunteers: 2, now }, clock: () => now });
  const { stations, teams } = app.world;
  coordinator = { as: { key: await app.keyFor(ViewerRole.COORDINATOR, stations[0]!.id) } };
  neighbour = { as: { key: await app.keyFor(ViewerRole.COORDINATOR, stations[1]!.id) } };
  leader = { as: { key: await app.keyFor(ViewerRole.LEADER, teams[0]!.id) } };
  await addAccounts(
    app.sql,
    [
      { login: 'station', password, grants: [{ role: 'COORDINATOR', unitCode: stations[0]!.code }] },
      { login: 'member', password, volunteer: app.world.volunteers[1]!.code },
    ],
    now,
  );
});
afterAll(() => app.close());

const person = 'id number displayName contingent team { code }';

/** One operation: the fields of whichever answer came, and the code of an error. */
async function act(name: string, kind: string, type: string, input: object, fields: string, asker: Asker) {
  const document = `${kind} ($input: ${type}!) { answer: ${name} { __typename ${fields} } }`;
  const { data, errors } = await app.ask(document, { input }, asker);
  return { ...data?.answer, code: errors?.[0]?.extensions.code };
}

let phones = 0;
const form = (more: object = {}) => ({
  key: randomUUID(),
  name: '赵报名',
  phone: `142${String(++phones).padStart(8, '0')}`,
  contingent: 'RESIDENT',
  unit: app.world.teams[0]!.globalId,
  ...more,
});
const apply = (input: object, address = `198.51.100.${phones % 200}`) =>
  act(
    'apply(input: $input)',
    'mutation',
    'ApplyInput',
    input,
    '... on ApplicationReceived { reference secret } ... on PersonRefused { reason message }',
    { as: null, headers: { 'x-forwarded-for': address } },
  );
const status = (proof: object, address = '198.51.100.1') =>
  act(
    'applicationStatus(proof: $input)',
    'query',
    'ApplicationProofInput',
    proof,
    'state reason volunteerNumber canClaim unit { code }',
    { as: null, headers: { 'x-forwarded-for': address } },
  );
const proofOf = ({ reference, secret }: { reference?: string; secret?: string }) => ({ reference, secret });

const applications = async (asker: Asker, state = 'SUBMITTED') => {
  const { data, errors } = await app.ask(
    `query ($state: ApplicationState) { applications(first: 100, state: $state) { nodes { id reference state reason
      applicant { name phone age guardian offers availability { weekday fromMinute untilMinute } } volunteer { id } } } }`,
    { state },
    asker,
  );
  return (data?.applications.nodes ?? errors![0]!.extensions.code) as {
    id: string;
    reference: string;
    applicant: { name: string; phone: string };
    volunteer: { id: string } | null;
  }[];
};
const find = async (reference: string) => (await applications(coordinator)).find((it) => it.reference === reference)!;
const admit = (application: string, team = app.world.teams[0]!.globalId, asker = coordinator) =>
  act(
    'admitApplication(input: $input)',
    'mutation',
    'AdmitApplicationInput',
    { application, team },
    `... on ApplicationAdmitted { isNew volunteer { ${person} availability { weekday } personalData { phone } } }
     ... on ApplicationDecided { message } ... on PersonRefused { reason }`,
    asker,
  );
const decline = async (application: string, reason: string, asker = coordinator) => {
  const { data, errors } = await app.ask(
    'mutation ($application: ID!, $reason: String!) { answer: declineApplication(application: $application, reason: $reason) { __typename ... on Refusal { message } } }',
    { application, reason },
    asker,
  );
  return { ...data?.answer, code: errors?.[0]?.extensions.code };
};

describe('an application', () => {
  test('comes from anybody, is seen by those of the unit alone, and makes one volunteer however often it is admitted', async () => {
    const availability = [{ weekday: 6, fromMinute: 480, untilMinute: 720 }];
    const input = form({ name: '阿依古丽·买买提', offers: '理发', availability });
    const received = await apply(input);
    expect(received).toMatchObject({
      __typename: 'ApplicationReceived',
      reference: expect.stringMatching(/^BM-\w{8}$/),
    });
    expect(proofOf(await apply(input))).toEqual(proofOf(received));
    expect(await status(proofOf(received))).toMatchObject({
      state: 'SUBMITTED',
      canClaim: false,
      unit: { code: 'W01-A01' },
    });

    const application = await find(received.reference);
    expect(application).toMatchObject({
      applicant: { name: '阿依古丽·买买提', phone: expect.stringMatching(/^142\*{4}/), offers: '理发', availability },
      volunteer: null,
    });
    expect((await applications(neighbour)).map((it) => it.reference)).not.toContain(received.reference);
    expect(await applications(leader)).toBe('FORBIDDEN');
    expect((await admit(application.id, app.world.teams[2]!.globalId, neighbour)).code).toBe('NOT_FOUND');
    expect((await admit(application.id, app.world.teams[2]!.globalId)).code).toBe('NOT_FOUND');

    const admitted = await Promise.all([1, 2, 3].map(() => admit(application.id)));
    const ids = new Set(admitted.map((it) => it.volunteer.id));
    expect(ids.size).toBe(1);
    expect(admitted.filter((it) => it.isNew)).toHaveLength(1);
    expect(admitted[0]!.volunteer).toMatchObject({
      number: expect.stringMatching(/^BH-\d{6}$/),
      displayName: '阿依古丽·买买提',
      team: { code: 'W01-A01' },
      availability: [{ weekday: 6 }],
      personalData: { phone: application.applicant.phone },
    });
    const { number } = admitted[0]!.volunteer;
    expect(await status(proofOf(received))).toMatchObject({
      state: 'ADMITTED',
      volunteerNumber: number,
      canClaim: true,
    });
    expect(await decline(application.id, '条件不符')).toMatchObject({ __typename: 'ApplicationDecided' });

    // The same person once more is who they are.
    const again = await apply({ ...input, key: randomUUID(), name: '阿依古丽•买买提' });
    const second = await find(again.reference);
    expect(second.volunteer).toEqual({ id: admitted[0]!.volunteer.id });
    expect(await admit(second.id)).toMatchObject({ isNew: false, volunteer: { number } });
  });

  test('is declined with a reason that the applicant reads, or taken back', async () => {
    const received = await apply(form());
    const { id } = await find(received.reference);
    expect((await decline(id, ' ')).code).toBe('BAD_USER_INPUT');
    expect((await decline(id, '名额已满', neighbour)).code).toBe('NOT_FOUND');
    expect((await decline(id, '名额已满')).__typename).toBe('ApplicationDeclined');
    expect(await status(proofOf(received))).toMatchObject({ state: 'DECLINED', reason: '名额已满' });
    expect(await admit(id)).toMatchObject({
      __typename: 'ApplicationDecided',
      message: expect.stringMatching(/\p{sc=Han}/u),
    });

    const other = await apply(form());
    const withdraw = 'mutation ($proof: ApplicationProofInput!) { withdrawApplication(proof: $proof) }';
    const proof = proofOf(other);
    expect((await app.ask(withdraw, { proof: { ...proof, secret: 'ABCDEFGHJK' } }, { as: null })).data).toEqual({
      withdrawApplication: false,
    });
    expect((await app.ask(withdraw, { proof }, { as: null })).data).toEqual({ withdrawApplication: true });
    expect(await find(other.reference)).toBeUndefined();
  });

  test.each([
    ['NAME_INVALID', { name: '赵1' }],
    ['NAME_INVALID', { name: '\u200b' }],
    ['PHONE_INVALID', { phone: '123' }],
    ['PHONE_MISSING', { phone: ' ' }],
    ['BIRTH_DATE_INVALID', { birthDate: '2007-02-29' }],
    ['BIRTH_DATE_NEEDED', { contingent: 'STUDENT' }],
    ['TOO_YOUNG', { birthDate: '2012-11-25', guardian: '赵监护' }],
    ['GUARDIAN_CONSENT_NEEDED', { birthDate: '2012-11-24' }],
    ['GUARDIAN_INVALID', { birthDate: '2012-11-24', guardian: '赵' }],
  ])('is refused with %s: %o', async (reason, more) => {
    expect(await apply(form(more))).toMatchObject({
      __typename: 'PersonRefused',
      reason,
      message: expect.stringMatching(/\p{sc=Han}/u),
    });
  });

  test('of somebody from 14 to 18 comes with a guardian’s consent, which goes into the register', async () => {
    const received = await apply(
      form({ name: '钱少年', contingent: 'STUDENT', birthDate: '2010-01-01', guardian: '钱监护' }),
    );
    const { volunteer } = await admit((await find(received.reference)).id);
    expect(await reveal(app, { volunteer: volunteer.id })).toMatchObject({
      birthDate: '2010-01-01',
      guardian: '钱监护',
    });
  });

  test('whoever guesses proofs, or floods, is stopped', async () => {
    const wrong = () => status({ reference: 'BM-ABCDEFGH', secret: 'ABCDEFGHJK' }, '203.0.113.50');
    const answers = [];
    for (let i = 0; i < 31; i++) answers.push((await wrong()).code);
    expect(answers.slice(0, 30)).toEqual(Array(30).fill(undefined));
    expect(answers[30]).toBe('RATE_LIMITED');
    const flood = await Promise.all(Array.from({ length: 125 }, () => apply(form({ name: '1' }), '203.0.113.51')));
    expect(flood.filter(({ code }) => code === 'RATE_LIMITED')).toHaveLength(5);
  });

  test('tells those who coordinate the unit, and nobody else', async () => {
    const before = await signedIn(app, 'station', password);
    const count = async () => (await before.ask('{ unreadNotifications }')).data!.unreadNotifications;
    const unread = await count();
    await apply(form());
    await apply(form({ unit: app.world.stations[1]!.globalId }));
    expect(await count()).toBe(unread + 1);
    const { data } = await before.ask('{ notifications(first: 1) { nodes { text path } } }');
    expect(data!.notifications.nodes).toEqual([
      { text: expect.stringContaining('W01-A01'), path: '/console/applications' },
    ]);
  });
});

const walkIn = (input: object, asker: Asker = leader) =>
  act(
    'walkIn(input: $input)',
    'mutation',
    'WalkInInput',
    {
      key: randomUUID(),
      event: app.world.event.globalId,
      post: app.world.posts[0]!.globalId,
      name: '孙路过',
      contingent: 'RESIDENT',
      ...input,
    },
    `... on WalkInRecorded { claimCode checkIn { sequence } volunteer { ${person} personalData { phone } } } ... on Refusal { message } ... on PersonRefused { reason }`,
    asker,
  );
const claim = (input: object) =>
  act(
    'claimAccount(input: $input)',
    'mutation',
    'ClaimAccountInput',
    input,
    '... on AccountClaimed { login } ... on ClaimRefused { reason message }',
    {
      as: null,
      headers: { 'x-forwarded-for': '203.0.113.77' },
    },
  );

describe('somebody who just comes', () => {
  test('is written down and checked in by one call, once, and claims the record by the code', async () => {
    const input = { key: randomUUID(), phone: '14200009001' };
    const answers = await Promise.all([walkIn(input), walkIn(input)]);
    expect(answers[0]).toMatchObject({
      __typename: 'WalkInRecorded',
      volunteer: { displayName: '孙路过', team: { code: 'W01-A01' }, personalData: { phone: '142****9001' } },
    });
    expect(answers[1]).toEqual(answers[0]);
    const { claimCode, volunteer } = answers[0]!;

    expect(await claim({ code: 'ABCDEFGHJK', login: 'sun', password })).toMatchObject({ reason: 'CODE_INVALID' });
    expect(await claim({ code: claimCode, login: 's', password })).toMatchObject({ reason: 'LOGIN_INVALID' });
    expect(await claim({ code: claimCode, login: 'sun', password: 'short' })).toMatchObject({
      reason: 'PASSWORD_WEAK',
    });
    expect(await claim({ code: claimCode, login: 'STATION', password })).toMatchObject({ reason: 'LOGIN_TAKEN' });
    const typed = `${claimCode.slice(0, 5).toLowerCase()} ${claimCode.slice(5)}`;
    expect(await claim({ code: typed, login: 'Sun', password })).toEqual({
      __typename: 'AccountClaimed',
      login: 'sun',
      code: undefined,
    });
    expect(await claim({ code: claimCode, login: 'sun2', password })).toMatchObject({ reason: 'CODE_INVALID' });
    const browser = await signedIn(app, 'sun', password);
    expect((await browser.ask('{ viewer { role volunteer { id } } }')).data!.viewer).toEqual({
      role: 'VOLUNTEER',
      volunteer: { id: volunteer.id },
    });

    // Come again, they are known by phone and name; another of the family is another.
    expect(await walkIn({ phone: '14200009001' })).toMatchObject({ __typename: 'AlreadyCheckedIn' });
    const other = await walkIn({ phone: '14200009001', name: '孙家人' });
    expect(other.volunteer.id).not.toBe(volunteer.id);
  });

  test('an applicant who was admitted claims by their own proof', async () => {
    const received = await apply(form({ name: '周认领' }));
    expect(await claim({ code: received.secret, login: 'zhou', password })).toMatchObject({ reason: 'CODE_INVALID' });
    await admit((await find(received.reference)).id);
    expect(await claim({ code: received.secret, login: 'zhou', password })).toMatchObject({ login: 'zhou' });
    expect(await claim({ code: received.secret, login: 'zhou2', password })).toMatchObject({ reason: 'HAS_ACCOUNT' });
    expect(await status(proofOf(received))).toMatchObject({ canClaim: false });
  });

  test('of a student nothing but the name is kept; elsewhere, or when it is closed, nobody is written down', async () => {
    const student = await walkIn({ contingent: 'STUDENT', phone: '14200009002' });
    expect(student.volunteer.personalData).toBeNull();
    const count = async () => (await app.sql.query('select count(*)::int as n from volunteer')).rows[0].n;
    const before = await count();
    expect((await walkIn({ post: app.world.posts[1]!.globalId })).code).toBe('NOT_FOUND');
    expect((await walkIn({}, { as: 'wall' })).code).toBe('FORBIDDEN');
    expect(await walkIn({ name: '' })).toMatchObject({ reason: 'NAME_INVALID' });
    const present = now;
    now = new Date(now.getTime() + 5 * 24 * 3_600_000);
    expect((await walkIn({}, { as: 'leader' })).__typename).toBe('CheckInClosed');
    now = present;
    expect(await count()).toBe(before);
  });
});

const member = (name: string, args: string, variables: Record<string, string>, asker = coordinator) =>
  app
    .ask(
      `mutation (${Object.keys(variables)
        .map((it) => `$${it}: ${it === 'reason' ? 'String' : 'ID'}!`)
        .join(', ')}) {
        answer: ${name}(${args}) { ${person} suspensions { until reason } teamChanges { from { code } to { code } reason } } }`,
      variables,
      asker,
    )
    .then(({ data, errors }) => ({ ...data?.answer, code: errors?.[0]?.extensions.code }));
const suspend = (volunteer: string, asker?: Asker) =>
  member('suspendVolunteer', 'volunteer: $volunteer, reason: $reason', { volunteer, reason: '本人要求' }, asker);
const resume = (volunteer: string) =>
  member('resumeVolunteer', 'volunteer: $volunteer, reason: $reason', { volunteer, reason: '本人要求' });
const transfer = (volunteer: string, team: string, asker?: Asker) =>
  member(
    'transferVolunteer',
    'volunteer: $volunteer, team: $team, reason: $reason',
    { volunteer, team, reason: '搬家' },
    asker,
  );

describe('a member', () => {
  test('who is suspended leaves, but does not come; brought back, they do', async () => {
    const volunteer = app.world.volunteers[0]!.globalId;
    await checkIn(app, scan(app.world, 0, 0));
    expect((await suspend(volunteer, neighbour)).code).toBe('NOT_FOUND');
    expect((await suspend(volunteer, leader)).code).toBe('FORBIDDEN');
    const suspended = await Promise.all([suspend(volunteer), suspend(volunteer)]);
    for (const it of suspended) expect(it.suspensions).toEqual([{ until: null, reason: '本人要求' }]);
    expect((await checkOut(app, scan(app.world, 0, null))).__typename).toBe('CheckOutRecorded');
    expect(await checkIn(app, scan(app.world, 0, 0))).toMatchObject({ __typename: 'VolunteerSuspended' });
    // What happened before, and is told only now, counts.
    const earlier = new Date(now.getTime() - 600_000).toISOString();
    expect((await checkIn(app, scan(app.world, 0, 0, { at: earlier }))).__typename).toBe('CheckInRecorded');
    await checkOut(app, scan(app.world, 0, null));
    expect((await resume(volunteer)).suspensions).toEqual([{ until: now.toISOString(), reason: '本人要求' }]);
    expect((await checkIn(app, scan(app.world, 0, 0))).__typename).toBe('CheckInRecorded');
    const acts = await app.sql.query(
      "select action from audit_entry where action like 'VOLUNTEER_%' order by sequence",
    );
    expect(acts.rows.map(({ action }) => action)).toEqual(['VOLUNTEER_SUSPENDED', 'VOLUNTEER_RESUMED']);
  });

  test('who goes to another team has a history, and reads of it', async () => {
    const [, { globalId: volunteer }] = app.world.volunteers as [object, { globalId: string }];
    const [first, second, elsewhere] = app.world.teams.map(({ globalId }) => globalId) as [string, string, string];
    expect((await transfer(volunteer, elsewhere)).code).toBe('NOT_FOUND');
    expect((await transfer(volunteer, app.world.stations[0]!.globalId)).code).toBe('BAD_USER_INPUT');
    expect(await transfer(volunteer, second)).toMatchObject({ team: { code: 'W01-A02' } });
    await transfer(volunteer, second);
    expect((await transfer(volunteer, first)).teamChanges).toEqual([
      { from: { code: 'W01-A02' }, to: { code: 'W01-A01' }, reason: '搬家' },
      { from: { code: 'W01-A01' }, to: { code: 'W01-A02' }, reason: '搬家' },
    ]);
    const browser = await signedIn(app, 'member', password);
    const { data } = await browser.ask('{ notifications(first: 5) { nodes { text } } }');
    expect(data!.notifications.nodes).toEqual([{ text: '您已转入「W01-A01」。' }, { text: '您已转入「W01-A02」。' }]);
  });

  test('says for themselves when they can serve', async () => {
    const browser: Browser = await signedIn(app, 'member', password);
    const set = (volunteer: string, windows: object[]) =>
      browser.ask(
        'mutation ($volunteer: ID!, $windows: [AvailabilityInput!]!) { setAvailability(volunteer: $volunteer, windows: $windows) { availability { weekday fromMinute untilMinute } } }',
        { volunteer, windows },
      );
    const own = app.world.volunteers[1]!.globalId;
    const windows = [
      { weekday: 1, fromMinute: 480, untilMinute: 600 },
      { weekday: 7, fromMinute: 0, untilMinute: 1440 },
    ];
    expect((await set(own, windows)).data!.setAvailability.availability).toEqual(windows);
    expect((await set(app.world.volunteers[0]!.globalId, windows)).errors![0]!.extensions.code).toBe('NOT_FOUND');
    for (const bad of [
      [{ weekday: 8, fromMinute: 0, untilMinute: 1 }],
      [{ weekday: 1, fromMinute: 2, untilMinute: 2 }],
      [windows[0]!, { ...windows[0]!, fromMinute: 590 }],
    ]) {
      expect((await set(own, bad)).errors![0]!.extensions.code).toBe('BAD_USER_INPUT');
    }
    expect((await set(own, [])).data!.setAvailability.availability).toEqual([]);
  });
});

describe('党员报到', () => {
  const report = (input: object, asker: Asker = leader) =>
    act(
      'reportIn(input: $input)',
      'mutation',
      'ReportInInput',
      {
        name: '吴报到',
        phone: '14200008001',
        organisation: '采油一厂',
        offers: '政策宣讲',
        team: app.world.teams[0]!.globalId,
        ...input,
      },
      `... on ReportInRecorded { isNew reportIn { slip organisation offers volunteer { ${person} } } } ... on PersonRefused { reason }`,
      asker,
    );

  test('makes one slip and one volunteer, and tells the unit what its members did', async () => {
    const [first, second] = await Promise.all([report({}), report({ offers: '义务维修' })]);
    expect([first.isNew, second.isNew].toSorted()).toEqual([false, true]);
    expect(first.reportIn).toMatchObject({
      slip: 'BD-000001',
      volunteer: { displayName: '吴报到', contingent: 'IN_SERVICE_MEMBER' },
    });
    expect(second.reportIn.volunteer.id).toBe(first.reportIn.volunteer.id);
    expect((await report({ phone: '1' })).reason).toBe('PHONE_INVALID');
    expect((await report({}, neighbour)).code).toBe('NOT_FOUND');

    const volunteer = first.reportIn.volunteer.id;
    await checkIn(app, { ...scan(app.world, 0, 0), volunteer });
    now = new Date(now.getTime() + 95 * 60_000);
    await checkOut(app, { ...scan(app.world, 0, null), volunteer });
    const feedback = async (asker: Asker, quarter = 4) =>
      (
        await app.ask(
          'query ($quarter: Int!) { reportInFeedback(organisation: "采油一厂", year: 2026, quarter: $quarter) { from until members served checkIns minutes letter } }',
          { quarter },
          asker,
        )
      ).data!.reportInFeedback;
    const told = await feedback(coordinator);
    expect(told).toMatchObject({
      from: '2026-09-30T16:00:00.000Z',
      until: '2026-12-31T16:00:00.000Z',
      members: 1,
      served: 1,
      checkIns: 1,
      minutes: 95,
    });
    expect(told.letter).toMatch(/采油一厂[\s\S]*1 名[\s\S]*1\.5 小时/);
    expect(told.letter).not.toContain('吴');
    expect(await feedback(coordinator, 3)).toMatchObject({ members: 0, served: 0, minutes: 0 });
    expect(await feedback(neighbour)).toMatchObject({ members: 0, served: 0, minutes: 0 });
    const list = '{ reportIns(first: 10) { totalCount nodes { organisation volunteer { displayName } } } }';
    expect((await app.ask(list, {}, coordinator)).data!.reportIns).toEqual({
      totalCount: 1,
      nodes: [{ organisation: '采油一厂', volunteer: { displayName: '吴报到' } }],
    });
    expect((await app.ask(list, {}, neighbour)).data!.reportIns.totalCount).toBe(0);
  });
});

test('none of it stands anywhere in clear; all of it is handed out, and goes with the person', async () => {
  const received = await apply(
    form({ name: '郑遗忘', phone: '14277777777', offers: '弹钢琴', unit: app.world.teams[1]!.globalId }),
  );
  const before = await dump(app);
  for (const secret of ['郑遗忘', '14277777777', '弹钢琴', received.secret]) expect(before).not.toContain(secret);
  const { volunteer } = await admit((await find(received.reference)).id, app.world.teams[1]!.globalId);
  await suspend(volunteer.id);
  await transfer(volunteer.id, app.world.teams[0]!.globalId);
  const { document } = await exportVolunteer(app, volunteer.id, { as: 'admin' });
  expect(document.service).toMatchObject({
    applications: [{ reference: received.reference, applicant: { name: '郑遗忘', offers: '弹钢琴' } }],
    teamChanges: [{ from: 'W01-A02', to: 'W01-A01' }],
    suspensions: [{ reason: '本人要求' }],
  });
  expect((await eraseVolunteer(app, volunteer.id, { as: 'admin' })).__typename).toBe('VolunteerErased');
  const after = await dump(app);
  expect(after).not.toContain('郑遗忘');
  expect(await status(proofOf(received))).toMatchObject({ code: undefined });
  const { data } = await app.ask('{ volunteers(first: 5, search: "zyw") { totalCount } }', {}, { as: 'admin' });
  expect(data!.volunteers.totalCount).toBe(0);
});
