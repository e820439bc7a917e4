import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addEvent, addVolunteers } from '../../seeds/builders.js';
import { toGlobalId } from '../../server/kernel/global-id.js';
import { checkIn, checkOut, scan, startTestApp, type Asker, type TestApp } from '../support/app.js';
import { codesOf, phoneScan } from './asking.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ world: { schools: 2, posts: 3, volunteers: 40 } });
});
afterAll(() => app.close());

/** Every test has people of its own. */
let people = 0;
const somebody = () => people++;

const rowsOf = async (volunteer: number) =>
  (
    await app.sql.query('select * from check_in where volunteer_id = $1 order by sequence', [
      app.world.volunteers[volunteer]!.id,
    ])
  ).rows;

/** Refused with this code, nothing written, and the key is as good as new. */
async function expectRefused(input: Record<string, unknown>, person: number, code: string, asker?: Asker) {
  const answer = await checkIn(app, input, asker);
  expect([answer.__typename, answer.code]).toEqual([undefined, code]);
  expect(JSON.stringify(answer.errors)).not.toMatch(/\\n|node_modules|\.ts|stack/);
  expect(await rowsOf(person)).toEqual([]);
  const right = {
    ...scan(app.world, person, 0),
    ...(code === 'BAD_USER_INPUT' && !isUuid(input.key) ? {} : { key: input.key }),
  };
  expect((await checkIn(app, right)).__typename).toBe('CheckInRecorded');
}

const isUuid = (key: unknown) => typeof key === 'string' && /^[0-9a-f-]{36}$/.test(key);

describe('ids', () => {
  test.each<[string, (world: TestApp['world']) => Record<string, unknown>]>([
    ['an event of no name', () => ({ event: '' })],
    ['an event that is nonsense', () => ({ event: 'nonsense' })],
    ['an event that is a post', (world) => ({ event: world.posts[0]!.globalId })],
    ['an event that is not there', () => ({ event: toGlobalId('CommunityEvent', 999_999) })],
    ['an event with a number beyond the database’s', () => ({ event: toGlobalId('CommunityEvent', '99999999999') })],
    ['a post that is not there', () => ({ post: toGlobalId('GridPost', 999_999) })],
    ['a post that is a team', (world) => ({ post: world.teams[0]!.globalId })],
    ['a team that calls itself a post', (world) => ({ post: toGlobalId('GridPost', world.teams[0]!.id) })],
    ['a post that is a person', (world) => ({ post: world.volunteers[0]!.globalId })],
    ['a person who is not there', () => ({ volunteer: toGlobalId('Volunteer', 999_999_999) })],
    ['a person who is a post', (world) => ({ volunteer: world.posts[0]!.globalId })],
    ['a person who is nonsense', () => ({ volunteer: 'nonsense' })],
  ])('%s: NOT_FOUND', async (_, wrong) => {
    const person = somebody();
    await expectRefused({ ...scan(app.world, person, 0), ...wrong(app.world) }, person, 'NOT_FOUND');
  });

  test('an event that is not there is NOT_FOUND for phones, too', async () => {
    const event = toGlobalId('CommunityEvent', 999_999);
    const { postCode } = await codesOf(app, 0, 0);
    const own = await addEvent(app.sql, {
      code: 'gone',
      title: '没有了',
      startsAt: new Date(),
      endsAt: new Date(Date.now() + 1_000),
    });
    const { pass } = await codesOf(app, 0, 0, own);
    await app.sql.query('delete from feed where event_id = $1', [own.id]);
    await app.sql.query('delete from community_event where id = $1', [own.id]);
    expect((await checkIn(app, phoneScan(app, { postCode, pass }, { event: own.globalId }), { as: null })).code).toBe(
      'NOT_FOUND',
    );
    expect((await checkIn(app, phoneScan(app, { postCode, pass }, { event }), { as: null })).reason).toBe(
      'PASS_WRONG_EVENT',
    );
  });
});

describe('the shape of a scan', () => {
  const code = { postCode: '000000000000' };
  test.each<[string, Record<string, unknown>]>([
    ['no post', { post: undefined }],
    ['a post of no name', { post: '' }],
    ['a post twice', { ...code }],
    ['no person', { volunteer: undefined }],
    ['a person twice', { pass: 'x' }],
    ['POST_CODE without a code', { method: 'POST_CODE' }],
    ['VOLUNTEER_PASS without a pass', { method: 'VOLUNTEER_PASS' }],
    ['a way that there is not', { method: 'TELEPATHY' }],
    ['no way', { method: undefined }],
    ['an unknown field', { force: true }],
    ['a key that is no UUID', { key: 'nonsense' }],
    ['an empty key', { key: '' }],
    ['a key that is a number', { key: 7 }],
    ['a date for a time', { at: '2026-06-16' }],
    ['a time without a zone', { at: '2026-06-16T08:00:00' }],
    ['the 30th of February', { at: '2026-02-30T08:00:00Z' }],
    ['a time that is a number', { at: 1_781_568_000_000 }],
    ['the year 0', { at: '0000-01-01T00:00:00Z' }],
    ['a year before 0', { at: '0000-01-01T00:00:00+14:00' }],
    ['a year beyond 9999', { at: '9999-12-31T23:59:59-14:00' }],
    ['a leap second', { at: '2016-12-31T23:59:60Z' }],
  ])('%s: BAD_USER_INPUT', async (_, wrong) => {
    const person = somebody();
    await expectRefused({ ...scan(app.world, person, 0), ...wrong }, person, 'BAD_USER_INPUT');
  });

  test('a check-out needs a person, but no post', async () => {
    const person = somebody();
    await checkIn(app, scan(app.world, person, 0));
    expect((await checkOut(app, { ...scan(app.world, person, null), volunteer: undefined })).code).toBe(
      'BAD_USER_INPUT',
    );
    expect((await checkOut(app, { ...scan(app.world, person, 0), postCode: 'x' })).code).toBe('BAD_USER_INPUT');
    expect((await checkOut(app, scan(app.world, person, null))).__typename).toBe('CheckOutRecorded');
  });

  test('a key is the same in capitals and in braces', async () => {
    const person = somebody();
    const input = scan(app.world, person, 0);
    const first = await checkIn(app, input);
    const capitals = input.key.toUpperCase();
    for (const key of [capitals, `{${input.key}}`, `{{${input.key}}}`, `{${capitals}}`, `${input.key}}`]) {
      expect(await checkIn(app, { ...input, key })).toMatchObject({
        replayed: true,
        checkIn: { id: first.checkIn!.id },
      });
    }
    expect(await rowsOf(person)).toHaveLength(1);
  });

  test('one bad scan among many spoils no other', async () => {
    const good = Array.from({ length: 12 }, () => somebody());
    const bad = somebody();
    const answers = await Promise.all([
      ...good.map((person) => checkIn(app, scan(app.world, person, 1))),
      checkIn(app, scan(app.world, bad, 1, { at: '0000-01-01T00:00:00Z' })),
      checkIn(app, { ...scan(app.world, bad, 1), volunteer: toGlobalId('Volunteer', 999_999_999) }),
      checkIn(app, { ...scan(app.world, bad, 1), post: toGlobalId('GridPost', 999_999) }),
    ]);
    expect(answers.map((it) => it.code ?? it.__typename)).toEqual([
      ...good.map(() => 'CheckInRecorded'),
      'BAD_USER_INPUT',
      'NOT_FOUND',
      'NOT_FOUND',
    ]);
  });
});

describe('notes', () => {
  const record = async (note: string) => {
    const person = somebody();
    const answer = await checkIn(app, scan(app.world, person, 0, { note }));
    return { answer, stored: (await rowsOf(person))[0]?.note as string | undefined };
  };

  test.each([
    ['200 characters', '长'.repeat(200)],
    ['200 characters beyond the BMP, twice as many code units', '𠮷'.repeat(200)],
    ['rare Han with a selector, and a name with ·', '葛\u{e0100}城 𬭎 阿测·试买提'],
    ['markup', `<script>alert("1")</script><img src=x onerror=1>&amp;'`],
    ['what a spreadsheet would take for a formula', '=1+1'],
    ['what SQL would take for its own', `'; drop table check_in; --`],
    ['nothing', ''],
  ])('%s: kept and given back byte for byte', async (_, note) => {
    const { answer, stored } = await record(note);
    expect(answer.__typename).toBe('CheckInRecorded');
    expect(Buffer.from(stored!)).toEqual(Buffer.from(note));
    expect(Buffer.from(answer.checkIn!.note!)).toEqual(Buffer.from(note));
  });

  test('direction overrides and zero-width characters are kept but not shown', async () => {
    const note = 'ab\u202ecd\u200bef\u2066';
    const { answer, stored } = await record(note);
    expect(stored).toBe(note);
    expect(answer.checkIn!.note).toBe('abcdef');
  });

  test.each([
    ['201 characters', '长'.repeat(201)],
    ['201 characters beyond the BMP', '𠮷'.repeat(201)],
    ['NUL', 'a\0b'],
    ['half of a surrogate pair', 'a\ud842b'],
    ['halves in the wrong order', '\udfb7\ud842'],
  ])('%s: BAD_USER_INPUT', async (_, note) => {
    const person = somebody();
    await expectRefused(scan(app.world, person, 0, { note }), person, 'BAD_USER_INPUT');
  });
});

describe('names', () => {
  test.each([
    ['beyond the BMP', '𠮷𬭎测', '𠮷𬭎测', '𠮷*'],
    ['with a selector', '葛\u{e0100}测试', '葛\u{e0100}测试', '葛*'],
    ['with a ·', '阿测·试买提', '阿测·试买提', '阿*'],
    ['with an override', '测\u202e试', '测试', '测*'],
    ['that is markup', '<b>测</b>', '<b>测</b>', '<*'],
  ])('%s', async (_, name, shown, masked) => {
    const number = `N${randomUUID()}`;
    const [person] = await addVolunteers(app.sql, [{ number, name, contingent: 'RESIDENT' }]);
    const answer = await checkIn(app, { ...scan(app.world, 0, 2), volunteer: person!.globalId });
    expect(Buffer.from(answer.checkIn!.volunteer.displayName)).toEqual(Buffer.from(shown));
    const badge =
      'query ($id: ID!) { node(id: $id) { ... on CheckIn { volunteer { displayName } } ... on Volunteer { displayName } } }';
    const { data } = await app.ask(badge, { id: answer.checkIn!.id }, { as: null });
    expect(data!.node.volunteer.displayName).toBe(masked);
    const { data: inFull } = await app.ask(badge, { id: person!.globalId });
    expect(Buffer.from(inFull!.node.displayName)).toEqual(Buffer.from(shown));
    const { rows } = await app.sql.query('select name from volunteer where id = $1', [person!.id]);
    expect(rows[0].name).toBe(name);
  });
});

describe('who may', () => {
  test.each<[string, Asker, string]>([
    ['the public', { as: null }, 'UNAUTHENTICATED'],
    ['a big screen', { as: 'wall' }, 'FORBIDDEN'],
    ['a partner', { as: 'partner' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['somebody with a key that is none', { as: { key: 'bh_nonsense-nonsense' } }, 'UNAUTHENTICATED'],
  ])('vouch by ids: not %s', async (_, asker, code) => {
    const person = somebody();
    await expectRefused(scan(app.world, person, 0), person, code, asker);
  });

  test.each(['leader', 'coordinator', 'admin'] as const)('vouch by ids: %s', async (as) => {
    expect((await checkIn(app, scan(app.world, somebody(), 0), { as })).__typename).toBe('CheckInRecorded');
  });

  test('half a voucher is one, too: a code with an id needs the right', async () => {
    const person = somebody();
    const { pass, postCode } = await codesOf(app, person, 0);
    const { volunteer, post } = scan(app.world, person, 0);
    for (const half of [
      { pass, post, method: 'VOLUNTEER_PASS' },
      { postCode, volunteer },
    ]) {
      expect((await checkIn(app, phoneScan(app, {}, half), { as: null })).code).toBe('UNAUTHENTICATED');
      expect((await checkIn(app, phoneScan(app, {}, half), { as: 'wall' })).code).toBe('FORBIDDEN');
    }
    expect(await rowsOf(person)).toEqual([]);
    expect((await checkIn(app, phoneScan(app, { postCode }, { volunteer }))).__typename).toBe('CheckInRecorded');
  });

  test('a screen and a partner record nothing, not even with both codes', async () => {
    const person = somebody();
    const codes = await codesOf(app, person, 0);
    for (const [as, code] of [
      ['wall', 'FORBIDDEN'],
      ['partner', 'GRAPHQL_VALIDATION_FAILED'],
    ] as const) {
      expect((await checkIn(app, phoneScan(app, codes), { as })).code).toBe(code);
      expect((await checkOut(app, phoneScan(app, codes), { as })).code).toBe(code);
    }
    expect(await rowsOf(person)).toEqual([]);
  });

  test('what a phone reports shows who vouched for it: nobody', async () => {
    const person = somebody();
    const codes = await codesOf(app, person, 0);
    await checkIn(app, phoneScan(app, codes), { as: null });
    await checkOut(app, { ...scan(app.world, person, null) });
    expect((await rowsOf(person)).map((row) => [row.method, row.recorded_by !== null])).toEqual([
      ['POST_CODE', false],
      ['LEADER', true],
    ]);
  });
});

describe('said in the language of whoever asks', () => {
  const chinese = /\p{Script=Han}/u;

  async function expectInBoth(ask: (locale: string) => Promise<{ message?: string; errors?: { message: string }[] }>) {
    const say = async (locale: string) => {
      const { message, errors } = await ask(locale);
      return message ?? errors?.[0]?.message ?? '';
    };
    const [zh, en] = [await say('zh-CN'), await say('en-GB,en;q=0.9')];
    for (const text of [zh, en]) expect(text).not.toMatch(/undefined|null|\[object|NaN|Invalid/);
    expect(zh).toMatch(chinese);
    // The post's own name stays what it is.
    expect(en.replace(/测试\S*/gu, '')).not.toMatch(chinese);
    expect(en).toMatch(/^[A-Z`].{10}/);
  }

  test.each<[string, (world: TestApp['world']) => Record<string, unknown>, Asker?]>([
    ['already checked in', () => ({})],
    ['a forged code', () => ({ post: undefined, postCode: '0000-0000-0000' })],
    ['a post that is not there', () => ({ post: toGlobalId('GridPost', 999_999) })],
    ['no post', () => ({ post: undefined })],
    ['a post twice', () => ({ postCode: 'x' })],
    ['no person', () => ({ volunteer: undefined })],
    ['a person twice', () => ({ pass: 'x' })],
    ['a method without its code', () => ({ method: 'POST_CODE' })],
    ['a method without its pass', () => ({ method: 'VOLUNTEER_PASS' })],
    ['a note too long', () => ({ note: 'x'.repeat(201) })],
    ['a note with NUL', () => ({ note: '\0' })],
    ['a time beyond all calendars', () => ({ at: '0000-01-01T00:00:00Z' })],
    ['no key', () => ({}), { as: null }],
    ['the wrong key', () => ({}), { as: 'wall' }],
  ])('%s', async (_, more, asker) => {
    await checkIn(app, scan(app.world, 0, 2));
    await expectInBoth((locale) =>
      checkIn(app, { ...scan(app.world, 0, 2), key: randomUUID(), ...more(app.world) }, { ...asker, locale }),
    );
  });

  test('closed, another event’s pass, never checked in, another body', async () => {
    const closed = await addEvent(app.sql, {
      code: 'closed',
      title: '已结束',
      startsAt: new Date('2020-01-01T00:00:00Z'),
      endsAt: new Date('2020-01-01T01:00:00Z'),
    });
    const person = somebody();
    await expectInBoth((locale) => checkIn(app, scan(app.world, person, 0, { event: closed.globalId }), { locale }));
    const { pass } = await codesOf(app, person, 0, closed);
    await expectInBoth((locale) =>
      checkIn(app, { ...scan(app.world, person, 0), volunteer: undefined, pass, method: 'VOLUNTEER_PASS' }, { locale }),
    );
    await expectInBoth((locale) => checkOut(app, scan(app.world, person, null), { locale }));
    const input = scan(app.world, person, 0);
    await checkIn(app, input);
    await expectInBoth((locale) => checkIn(app, { ...input, note: 'x' }, { locale }));
  });
});
