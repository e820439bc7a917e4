import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ageGroupOn,
  ageOn,
  birthDateOf,
  checkCharacter,
  consentGap,
  dayIn,
  faultOfReason,
  maskIdNumber,
  maskPhone,
  readDate,
  readIdNumber,
  readPhone,
  type AgeGroup,
  type ConsentGap,
} from '../../server/vault/person.rules.js';

/** No place has a code that begins with 0, so this is nobody's. */
const idNumber = (birth: string, order = '001') => {
  const body = `000000${birth}${order}`;
  return body + checkCharacter(body);
};

describe('a phone number', () => {
  test.each([
    ['14200001234', '14200001234'],
    ['１４２０００５６７８９', '14200056789'],
    [' 142 0000-1234 ', '14200001234'],
    ['+86 142 0000 1234', '14200001234'],
    ['0086－142－0000－1234', '14200001234'],
    ['19999999999', '19999999999'],
  ])('%j is read', (text, phone) => expect(readPhone(text)).toBe(phone));

  test.each([
    '',
    '1420000123',
    '142000012345',
    '12345678901',
    '02412345678',
    '１２３４５６７８９０１',
    '1420000123a',
    '4142000012340',
  ])('%j is none', (text) => expect(readPhone(text)).toBeNull());

  test('shows seven of its digits', () => expect(maskPhone('14200001234')).toBe('142****1234'));
});

describe('an ID number', () => {
  test.each([
    // The example of GB 11643 itself.
    ['11010519491231002X', '11010519491231002X'],
    ['11010519491231002x', '11010519491231002X'],
    ['１１０１０５１９４９１２３１００２Ｘ', '11010519491231002X'],
    ['110105 19491231 002X', '11010519491231002X'],
    ['440524188001010014', null],
  ])('%j is read as %j', (text, number) => expect(readIdNumber(text)).toBe(number));

  test.each([
    ['one digit is wrong', '11010519491231003X'],
    ['two digits are swapped', '11010519491213002X'],
    ['it is too short', '11010519491231002'],
    ['it is of the old form', '110105491231002'],
    ['there was no such day', idNumber('20230229')],
    ['there was no such month', idNumber('20231301')],
    ['it is nothing', ''],
  ])('is none when %s', (_, text) => expect(readIdNumber(text)).toBeNull());

  test('no single wrong digit passes', () => {
    const right = idNumber('20080531');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 16 }), fc.integer({ min: 1, max: 9 }), (place, by) => {
        const digit = (Number(right[place]) + by) % 10;
        expect(readIdNumber(right.slice(0, place) + digit + right.slice(place + 1))).toBeNull();
      }),
    );
  });

  test('tells the date of birth, and keeps it when it is masked', () => {
    expect(birthDateOf(idNumber('20080531'))).toBe('2008-05-31');
    expect(maskIdNumber('11010519491231002X')).toBe('11**************2X');
  });
});

test.each([
  ['2008-05-31', '2008-05-31'],
  ['２００８-０５-３１', '2008-05-31'],
  ['2008-02-29', '2008-02-29'],
  ['2007-02-29', null],
  ['2008-13-01', null],
  ['2008-5-31', null],
  ['1899-12-31', null],
  ['31.05.2008', null],
  ['', null],
])('the date %j is read as %j', (text, date) => expect(readDate(text)).toBe(date));

describe('age', () => {
  test.each<[birth: string, day: string, age: number, group: AgeGroup]>([
    ['2012-11-24', '2026-11-23', 13, 'CHILD'],
    ['2012-11-24', '2026-11-24', 14, 'MINOR'],
    ['2008-11-24', '2026-11-23', 17, 'MINOR'],
    ['2008-11-24', '2026-11-24', 18, 'ADULT'],
    ['2008-12-31', '2026-12-30', 17, 'MINOR'],
    ['2008-12-31', '2026-12-31', 18, 'ADULT'],
    ['2009-01-01', '2026-12-31', 17, 'MINOR'],
    ['2009-01-01', '2027-01-01', 18, 'ADULT'],
    ['2008-02-29', '2026-02-28', 17, 'MINOR'],
    ['2008-02-29', '2026-03-01', 18, 'ADULT'],
    ['2012-02-29', '2026-02-28', 13, 'CHILD'],
    ['2012-02-29', '2026-03-01', 14, 'MINOR'],
    ['2012-02-29', '2028-02-29', 16, 'MINOR'],
    ['2026-11-24', '2026-11-24', 0, 'CHILD'],
    ['2026-11-25', '2026-11-24', -1, 'UNBORN'],
    ['1930-05-01', '2026-11-24', 96, 'ADULT'],
  ])('who was born on %s is on %s %i: %s', (birth, day, age, group) => {
    expect([ageOn(day, birth), ageGroupOn(day, birth)]).toEqual([age, group]);
  });

  test('is counted by the days of the community, wherever the server stands', () => {
    // Half past midnight of the 24th in Shanghai.
    const time = new Date('2026-11-23T16:30:00Z');
    expect([dayIn('Asia/Shanghai', time), dayIn('UTC', time)]).toEqual(['2026-11-24', '2026-11-23']);
    expect(ageGroupOn(dayIn('Asia/Shanghai', time), '2008-11-24')).toBe('ADULT');
    expect(ageGroupOn(dayIn('UTC', time), '2008-11-24')).toBe('MINOR');
    // Where clocks change on that very night.
    expect(dayIn('America/Sao_Paulo', new Date('2018-11-04T02:59:59Z'))).toBe('2018-11-03');
    expect(dayIn('America/Sao_Paulo', new Date('2018-11-04T03:00:00Z'))).toBe('2018-11-04');
  });
});

describe('consent', () => {
  test.each<[birth: string | null, student: boolean, guardian: boolean, gap: ConsentGap | null]>([
    ['2013-01-01', false, false, 'TOO_YOUNG'],
    ['2013-01-01', true, true, 'TOO_YOUNG'],
    ['2010-01-01', true, false, 'GUARDIAN_CONSENT_NEEDED'],
    ['2010-01-01', false, false, 'GUARDIAN_CONSENT_NEEDED'],
    ['2010-01-01', true, true, null],
    ['2010-01-01', false, true, null],
    ['2000-01-01', true, false, null],
    ['2000-01-01', false, false, null],
    [null, true, false, 'BIRTH_DATE_NEEDED'],
    [null, true, true, null],
    [null, false, false, null],
    ['2027-01-01', false, true, 'UNBORN'],
  ])('born %s, student %s, guardian %s: %s', (birthDate, isStudent, hasGuardianConsent, gap) => {
    expect(consentGap({ birthDate, isStudent, hasGuardianConsent, today: '2026-11-24' })).toBe(gap);
  });
});

describe('a reason', () => {
  test.each(['核对报名信息', '本人要求', 'check registration', 'asked in person, 2026-11-24', '他要求 delete'])(
    '%j is one',
    (text) => expect(faultOfReason(text)).toBeNull(),
  );

  test.each(['', '   ', '.', '啊啊啊啊啊啊', 'test', 'test test test', '查看', '1234', '。。。。'])(
    '%j is none',
    (text) => expect(faultOfReason(text)).toBe('TOO_SHORT'),
  );

  test('neither goes on for ever nor holds a number', () => {
    expect(faultOfReason('核对报名'.repeat(125))).toBeNull();
    expect(faultOfReason(`${'核对报名'.repeat(125)}。`)).toBe('TOO_LONG');
    for (const number of ['14200001234', '１４２ ００００ １２３４', '11010519491231002X', '110105-19491231-002x']) {
      expect(faultOfReason(`核对报名信息 ${number}`)).toBe('HOLDS_NUMBER');
    }
  });
});
