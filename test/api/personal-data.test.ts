import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ViewerRole } from '../../server/kernel/viewer.js';
import { addVolunteers } from '../../seeds/builders.js';
import { startTestApp, type Asker, type KeyName, type TestApp } from '../support/app.js';
import {
  audited,
  dump,
  idNumberOf,
  recordGuardianConsent,
  reveal,
  seen,
  setPersonalData,
  setScreenConsent,
  withdrawGuardianConsent,
} from './person.js';

/** Half past midnight of the 24th where the community is; still the 23rd in UTC. */
const now = new Date('2026-11-23T16:30:00Z');

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ world: { stations: 2, teams: 2, volunteers: 2 }, clock: () => now });
});
afterAll(() => app.close());

let people = 0;
let volunteer: string;
/** Somebody new for each test, in the first team of the first station. */
async function somebody(contingent: 'STUDENT' | 'RESIDENT' = 'RESIDENT'): Promise<string> {
  const number = `P${++people}`;
  const [made] = await addVolunteers(app.sql, [
    { number, name: '测试甲', contingent, teamCode: 'W01-A01', screenConsent: false },
  ]);
  return made!.globalId;
}
beforeEach(async () => {
  volunteer = await somebody();
});

const scoped = async (role: ViewerRole, level: 'stations' | 'teams' | 'posts', index = 0): Promise<Asker> => ({
  as: { key: await app.keyFor(role, app.world[level][index]!.id) },
});
const phoneOf = (n: number) => `142${String(n).padStart(8, '0')}`;

describe('what is entered', () => {
  test('is there again, masked for those who may see the person, in clear on demand', async () => {
    const idNumber = idNumberOf('1980-05-31', 11);
    const set = await setPersonalData(app, {
      volunteer,
      phone: '１４２０００００００１',
      idNumber: idNumber.toLowerCase(),
    });
    const masked = { phone: '142****0001', idNumber: `00${'*'.repeat(14)}${idNumber.slice(-2)}`, isMinor: false };
    expect(set).toMatchObject({ __typename: 'PersonalDataSet', volunteer: { personalData: masked } });
    for (const as of ['leader', 'coordinator', 'admin'] as const) {
      expect((await seen(app, volunteer, { as })).personalData).toMatchObject(masked);
    }
    expect(await reveal(app, { volunteer })).toMatchObject({
      __typename: 'PersonalDataRevealed',
      phone: '14200000001',
      idNumber,
      birthDate: '1980-05-31',
      guardian: null,
    });
  });

  test('stays when it is left out, and goes when it is null', async () => {
    await setPersonalData(app, { volunteer, phone: phoneOf(2), birthDate: '1980-05-31' });
    await setPersonalData(app, { volunteer, idNumber: idNumberOf('1980-05-31', 12) });
    expect(await reveal(app, { volunteer })).toMatchObject({ phone: phoneOf(2), birthDate: '1980-05-31' });
    await setPersonalData(app, { volunteer, phone: null, idNumber: null });
    expect(await reveal(app, { volunteer })).toMatchObject({ phone: null, idNumber: null, birthDate: '1980-05-31' });
  });

  test.each([
    ['PHONE_INVALID', { phone: '1234' }],
    ['ID_NUMBER_INVALID', { idNumber: '11010519491231003X' }],
    ['BIRTH_DATE_INVALID', { birthDate: '2007-02-29' }],
    ['BIRTH_DATE_MISMATCH', { idNumber: idNumberOf('1980-05-31', 13), birthDate: '1980-06-01' }],
    ['GUARDIAN_INVALID', { guardianConsent: { guardian: '测', means: 'PAPER' } }],
    ['GUARDIAN_INVALID', { guardianConsent: { guardian: '测监护', means: 'PAPER', givenAt: '2027-01-01T00:00:00Z' } }],
    ['UNBORN', { birthDate: '2026-11-25' }],
  ])('is refused with %s, and nothing of it is kept', async (reason, input) => {
    const set = await setPersonalData(app, { volunteer, phone: phoneOf(3), ...input });
    expect(set).toMatchObject({
      __typename: 'PersonalDataRefused',
      reason,
      message: expect.stringMatching(/\p{sc=Han}/u),
    });
    expect((await seen(app, volunteer)).personalData).toBeNull();
  });

  test('an ID number belongs to one person, also when two enter it at once; a phone may be shared', async () => {
    const others = [await somebody(), await somebody(), await somebody()];
    const idNumber = idNumberOf('1980-05-31', 14);
    const sets = await Promise.all(
      others.map((it) => setPersonalData(app, { volunteer: it, idNumber, phone: phoneOf(4) })),
    );
    expect(sets.map((set) => set.reason ?? set.__typename).sort()).toEqual([
      'ID_NUMBER_TAKEN',
      'ID_NUMBER_TAKEN',
      'PersonalDataSet',
    ]);
    const again = await Promise.all(others.map((it) => setPersonalData(app, { volunteer: it, phone: phoneOf(4) })));
    expect(again.map((set) => set.__typename)).toEqual(Array(3).fill('PersonalDataSet'));
    // Given back, it can be entered for somebody else.
    const owner = others[sets.findIndex((set) => set.__typename === 'PersonalDataSet')]!;
    await setPersonalData(app, { volunteer: owner, idNumber: null });
    expect((await setPersonalData(app, { volunteer, idNumber })).__typename).toBe('PersonalDataSet');
  });

  test('stands in no row of the database in clear', async () => {
    const idNumber = idNumberOf('1975-01-02', 15);
    await setPersonalData(app, {
      volunteer,
      phone: '14298765432',
      idNumber,
      guardianConsent: { guardian: '测监护人甲', means: 'PHONE' },
    });
    await reveal(app, { volunteer });
    await setPersonalData(app, { volunteer: await somebody(), idNumber });
    const text = await dump(app);
    expect(text).toContain('volunteer_record');
    for (const secret of ['14298765432', '98765432', idNumber, '19750102', '1975-01-02', '测监护人甲']) {
      const bytes = Buffer.from(secret);
      for (const form of [secret, bytes.toString('hex'), bytes.toString('base64').replace(/=+$/, '')]) {
        expect(text).not.toContain(form);
      }
    }
    // The look finds what is there.
    expect(text).toContain('测试甲');
  });

  test('a value that was moved to another person or column does not open', async () => {
    const other = await somebody();
    await setPersonalData(app, { volunteer, phone: phoneOf(6), birthDate: '1980-01-01' });
    await setPersonalData(app, { volunteer: other, phone: phoneOf(7), birthDate: '1981-01-01' });
    const [, first, second] = [0, 1, 0].map((back) => `(select id from volunteer where number = 'P${people - back}')`);
    await app.sql
      .query(`update volunteer_record set phone = (select phone from volunteer_record where volunteer_id = ${second})
      where volunteer_id = ${first}`);
    expect(await reveal(app, { volunteer })).toMatchObject({ code: 'INTERNAL_SERVER_ERROR' });
    expect(await seen(app, volunteer)).toMatchObject({ code: 'INTERNAL_SERVER_ERROR', personalData: null });
    await app.sql.query(`update volunteer_record set birth_date = phone where volunteer_id = ${second}`);
    expect(await reveal(app, { volunteer: other })).toMatchObject({ code: 'INTERNAL_SERVER_ERROR' });
    expect(await audited(app, 'PERSONAL_DATA_REVEALED')).not.toContainEqual(
      expect.objectContaining({ target_name: `P${people}` }),
    );
    // It hides nobody else's.
    const third = await somebody();
    await setPersonalData(app, { volunteer: third, phone: phoneOf(8) });
    const { data } = await app.ask('{ volunteers(first: 100) { nodes { number personalData { phone } } } }');
    const nodes = data!.volunteers.nodes as { number: string; personalData: { phone: string } | null }[];
    const phones = [2, 1, 0].map((back) => nodes.find((it) => it.number === `P${people - back}`)?.personalData);
    expect(phones).toEqual([null, null, { phone: '142****0008' }]);
  });
});

describe('age and consent', () => {
  const consents = { guardianConsent: { guardian: '测监护', means: 'IN_PERSON', givenAt: '2026-11-20T08:00:00Z' } };

  test.each<[birth: string, who: string, input: object, result: string]>([
    ['2012-11-25', 'not yet 14', consents, 'TOO_YOUNG'],
    ['2012-11-24', '14 today, without consent', {}, 'GUARDIAN_CONSENT_NEEDED'],
    ['2012-11-24', '14 today, with consent', consents, 'PersonalDataSet'],
    ['2008-11-25', '18 tomorrow, without consent', {}, 'GUARDIAN_CONSENT_NEEDED'],
    ['2008-11-25', '18 tomorrow, with consent', consents, 'PersonalDataSet'],
    // By UTC it is still the day before.
    ['2008-11-24', '18 today', {}, 'PersonalDataSet'],
  ])('%s: %s (%#)', async (birthDate, _, input, result) => {
    const set = await setPersonalData(app, { volunteer, phone: phoneOf(8), birthDate, ...input });
    expect(set.reason ?? set.__typename).toBe(result);
    expect((await seen(app, volunteer)).personalData === null).toBe(result !== 'PersonalDataSet');
  });

  test('a guardian may consent first, the data follow', async () => {
    const student = await somebody('STUDENT');
    expect((await setPersonalData(app, { volunteer: student, phone: phoneOf(9) })).reason).toBe('BIRTH_DATE_NEEDED');
    const recorded = await recordGuardianConsent(app, { volunteer: student, givenAt: '2026-11-01T00:00:00Z' });
    expect(recorded).toMatchObject({
      __typename: 'ConsentRecorded',
      volunteer: {
        personalData: { guardianConsent: { guardian: '测*', means: 'PAPER', givenAt: '2026-11-01T00:00:00.000Z' } },
      },
    });
    const set = await setPersonalData(app, {
      volunteer: student,
      idNumber: idNumberOf('2010-03-04', 16),
      phone: phoneOf(9),
    });
    expect(set).toMatchObject({ volunteer: { personalData: { isMinor: true, phone: '142****0009' } } });
    expect(await reveal(app, { volunteer: student, fields: ['GUARDIAN'] })).toMatchObject({
      guardian: '测监护',
      phone: null,
    });
  });

  test('nobody stands on screens without the consents that they need', async () => {
    const student = await somebody('STUDENT');
    expect((await setScreenConsent(app, student, true)).reason).toBe('BIRTH_DATE_NEEDED');
    await setPersonalData(app, { volunteer: student, birthDate: '2010-03-04', ...consents });
    expect(await setScreenConsent(app, student, true)).toMatchObject({
      volunteer: { personalData: { screenConsentAt: now.toISOString() } },
    });
    const onScreens = async (id: string) =>
      (await app.sql.query('select screen_consent from volunteer where number = $1', [(await seen(app, id)).number]))
        .rows[0].screen_consent;
    expect(await onScreens(student)).toBe(true);

    // Without the guardian's consent the student's does not count, and the numbers go.
    await setPersonalData(app, { volunteer: student, phone: phoneOf(10) });
    expect(await withdrawGuardianConsent(app, student)).toMatchObject({
      __typename: 'ConsentWithdrawn',
      volunteer: { personalData: { phone: null, guardianConsent: null, screenConsentAt: null, isMinor: true } },
    });
    expect(await onScreens(student)).toBe(false);
    expect((await setScreenConsent(app, student, true)).reason).toBe('GUARDIAN_CONSENT_NEEDED');

    expect((await setScreenConsent(app, volunteer, true)).__typename).toBe('ConsentRecorded');
    expect(await setScreenConsent(app, volunteer, false)).toMatchObject({
      __typename: 'ConsentWithdrawn',
      volunteer: { personalData: { screenConsentAt: null } },
    });
    expect(await onScreens(volunteer)).toBe(false);
  });

  test('of an adult nothing goes with a guardian’s consent', async () => {
    await setPersonalData(app, { volunteer, phone: phoneOf(11), birthDate: '1990-03-04', ...consents });
    await withdrawGuardianConsent(app, volunteer);
    expect(await reveal(app, { volunteer })).toMatchObject({ phone: phoneOf(11), guardian: null });
  });

  test('each stands in the audit log, with its reason where one is asked for', async () => {
    await recordGuardianConsent(app, { volunteer });
    await withdrawGuardianConsent(app, volunteer);
    const target_name = `P${people}`;
    expect((await audited(app, 'CONSENT_RECORDED')).at(-1)).toMatchObject({
      target_name,
      details: { consent: 'guardian', means: 'PAPER' },
    });
    expect((await audited(app, 'CONSENT_WITHDRAWN')).at(-1)).toMatchObject({ target_name, reason: '监护人来电要求' });
  });
});

describe('who may', () => {
  const outsiders: [string, () => Asker | Promise<Asker>, string][] = [
    ['the public', () => ({ as: null }), 'UNAUTHENTICATED'],
    ['a big screen', () => ({ as: 'wall' }), 'FORBIDDEN'],
    // In a partner's schema there are no people.
    ['a partner', () => ({ as: 'partner' }), 'GRAPHQL_VALIDATION_FAILED'],
    ['a leader', () => ({ as: 'leader' }), 'FORBIDDEN'],
    ["another station's coordinator", () => scoped(ViewerRole.COORDINATOR, 'stations', 1), 'NOT_FOUND'],
    ["another team's coordinator", () => scoped(ViewerRole.COORDINATOR, 'teams', 1), 'NOT_FOUND'],
  ];
  test.each(outsiders)('%s may do none of it', async (_, as, code) => {
    await setPersonalData(app, { volunteer, phone: phoneOf(20) });
    const asker = await as();
    const answers = [
      await setPersonalData(app, { volunteer, phone: phoneOf(21) }, asker),
      await reveal(app, { volunteer }, asker),
      await recordGuardianConsent(app, { volunteer }, asker),
      await withdrawGuardianConsent(app, volunteer, asker),
      await setScreenConsent(app, volunteer, true, asker),
    ];
    expect(answers.map((answer) => answer.code)).toEqual(Array(answers.length).fill(code));
    expect(JSON.stringify(answers)).not.toContain(phoneOf(20));
    expect(await reveal(app, { volunteer })).toMatchObject({ phone: phoneOf(20) });
  });

  test.each<[string, () => Asker | Promise<Asker>]>([
    ['an administrator', () => ({ as: 'admin' })],
    ["the station's coordinator", () => scoped(ViewerRole.COORDINATOR, 'stations')],
    ["the team's coordinator", () => scoped(ViewerRole.COORDINATOR, 'teams')],
  ])('%s may', async (_, as) => {
    const asker = await as();
    expect((await setPersonalData(app, { volunteer, phone: phoneOf(22) }, asker)).__typename).toBe('PersonalDataSet');
    expect(await reveal(app, { volunteer }, asker)).toMatchObject({ phone: phoneOf(22) });
  });

  test('who does not see the person sees nothing of their data', async () => {
    await setPersonalData(app, { volunteer, phone: phoneOf(23) });
    for (const as of [null, 'wall'] as const) expect((await seen(app, volunteer, { as })).absent).toBe(true);
    expect((await seen(app, volunteer, { as: 'partner' })).code).toBe('GRAPHQL_VALIDATION_FAILED');
    expect((await seen(app, volunteer, await scoped(ViewerRole.LEADER, 'teams', 1))).absent).toBe(true);
    expect((await seen(app, volunteer, await scoped(ViewerRole.LEADER, 'posts'))).personalData.phone).toBe(
      '142****0023',
    );
  });
});

describe('revealing', () => {
  beforeEach(async () => {
    await setPersonalData(app, { volunteer, phone: phoneOf(30), birthDate: '1980-05-31' });
  });

  test('shows what was asked for and no more, and the log tells of it', async () => {
    const answer = await reveal(app, { volunteer, fields: ['PHONE', 'PHONE'], reason: '电话通知集合时间' });
    expect(answer).toMatchObject({ phone: phoneOf(30), idNumber: null, birthDate: null });
    expect((await audited(app, 'PERSONAL_DATA_REVEALED')).at(-1)).toMatchObject({
      target_name: `P${people}`,
      actor_role: 'COORDINATOR',
      reason: '电话通知集合时间',
      details: { fields: ['PHONE'] },
    });
  });

  test.each(['', '看看', '14200000030 核对电话'])('shows nothing for the reason %j', async (reason) => {
    const before = (await audited(app, 'PERSONAL_DATA_REVEALED')).length;
    const answer = await reveal(app, { volunteer, reason });
    expect(answer).toMatchObject({ __typename: 'ReasonRefused', message: expect.any(String) });
    expect(answer.phone).toBeUndefined();
    expect(await audited(app, 'PERSONAL_DATA_REVEALED')).toHaveLength(before);
  });

  test('shows nothing that the log cannot take down', async () => {
    await app.sql.query('alter table audit_entry add constraint full_check check (false) not valid');
    const answer = await reveal(app, { volunteer });
    await app.sql.query('alter table audit_entry drop constraint full_check');
    expect(answer).toMatchObject({ code: 'INTERNAL_SERVER_ERROR' });
    expect(JSON.stringify(answer)).not.toContain(phoneOf(30));
  });

  test('is kept by no cache', async () => {
    const document = `mutation ($input: RevealPersonalDataInput!) { revealPersonalData(input: $input) {
      ... on PersonalDataRevealed { phone } } }`;
    const input = { volunteer, fields: ['PHONE'], reason: '核对报名信息' };
    const response = await fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${app.keys.admin}` },
      body: JSON.stringify({ query: document, variables: { input } }),
    });
    expect(await response.text()).toContain(phoneOf(30));
    expect(response.headers.get('cache-control')).toBe('no-store');
  });
});

describe('looking somebody up', () => {
  const find = async (variables: object, asker: Asker = { as: 'leader' }) => {
    const document = `query ($phone: String, $idNumber: String) { findVolunteers(phone: $phone, idNumber: $idNumber) { number } }`;
    const { data, errors } = await app.ask(document, { ...variables }, asker);
    return errors ? errors[0]!.extensions.code : data!.findVolunteers.map((it: { number: string }) => it.number);
  };

  test('by the whole number, however it is typed', async () => {
    const idNumber = idNumberOf('1980-05-31', 40);
    await setPersonalData(app, { volunteer, phone: phoneOf(40), idNumber });
    const second = await somebody();
    await setPersonalData(app, { volunteer: second, phone: phoneOf(40) });
    const both = [`P${people - 1}`, `P${people}`];
    expect(await find({ phone: `+86 ${phoneOf(40)}` })).toEqual(both);
    expect(await find({ idNumber: idNumber.toLowerCase() })).toEqual(both.slice(0, 1));
    expect(await find({ phone: phoneOf(41) })).toEqual([]);
    expect(await find({ phone: phoneOf(40).slice(0, 10) })).toBe('BAD_USER_INPUT');
    expect(await find({ phone: phoneOf(40), idNumber })).toBe('BAD_USER_INPUT');
    expect(await find({})).toBe('BAD_USER_INPUT');
    // A number that was changed finds nobody any more.
    await setPersonalData(app, { volunteer, phone: phoneOf(42) });
    expect(await find({ phone: phoneOf(40) })).toEqual(both.slice(1));
  });

  test.each<[KeyName | null, string]>([
    [null, 'UNAUTHENTICATED'],
    ['wall', 'FORBIDDEN'],
    ['partner', 'GRAPHQL_VALIDATION_FAILED'],
  ])('is not for %s', async (as, code) => {
    await setPersonalData(app, { volunteer, phone: phoneOf(43) });
    expect(await find({ phone: phoneOf(43) }, { as })).toBe(code);
  });

  test('not by GET, which would leave the number in the URL', async () => {
    const get = (query: string) =>
      fetch(`${app.url}/graphql?query=${encodeURIComponent(query)}`, {
        headers: { authorization: `Bearer ${app.keys.leader}` },
      });
    for (const query of [
      `{ findVolunteers(phone: "${phoneOf(45)}") { number } }`,
      `{ ...a } fragment a on Query { ... on Query { found: findVolunteers(phone: "${phoneOf(45)}") { number } } }`,
    ]) {
      const response = await get(query);
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
      const text = await response.text();
      expect(JSON.parse(text)).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
      expect(text).not.toContain(phoneOf(45));
    }
    expect((await get('{ __typename viewer { role } communityEvents(first: 1) { nodes { code } } }')).status).toBe(200);
  });

  test('finds nobody outside the viewer’s unit', async () => {
    await setPersonalData(app, { volunteer, phone: phoneOf(44) });
    expect(await find({ phone: phoneOf(44) }, await scoped(ViewerRole.LEADER, 'teams'))).toEqual([`P${people}`]);
    expect(await find({ phone: phoneOf(44) }, await scoped(ViewerRole.LEADER, 'teams', 1))).toEqual([]);
    expect(await find({ phone: phoneOf(44) }, await scoped(ViewerRole.COORDINATOR, 'stations', 1))).toEqual([]);
  });
});
