/** 14 to 18: with a guardian's consent only. Below 14 nobody is registered at all. */
const youngest = 14;
const adult = 18;

/** Full-width digits and letters as their plain ones; spaces, dashes and a leading +86 left out. */
const plain = (text: string) => text.normalize('NFKC').replace(/[\s\p{Pd}]/gu, '');

/** A mobile number of the mainland as eleven digits, or null when it is none. */
export function readPhone(text: string): string | null {
  const digits = plain(text).replace(/^(\+|00)86/, '');
  return /^1[3-9]\d{9}$/.test(digits) ? digits : null;
}

/** An ID number by GB 11643: 17 digits and a check character, with a date in it that there was. Null when it is none. */
export function readIdNumber(text: string): string | null {
  const number = plain(text).toUpperCase();
  if (!/^\d{17}[\dX]$/.test(number) || number.at(-1) !== checkCharacter(number)) return null;
  return readDate(birthDateOf(number)) && number;
}

/** The last character of an ID number, by ISO 7064 MOD 11-2 over the 17 digits before it. */
export function checkCharacter(number: string): string {
  let sum = 0;
  for (let i = 0; i < 17; i++) sum += Number(number[i]) * (2 ** (17 - i) % 11);
  return '10X98765432'[sum % 11]!;
}

/** The date of birth that an ID number holds, as YYYY-MM-DD. */
export function birthDateOf(idNumber: string): string {
  return `${idNumber.slice(6, 10)}-${idNumber.slice(10, 12)}-${idNumber.slice(12, 14)}`;
}

/** A day of the calendar as YYYY-MM-DD, from 1900 on; null when there was none. */
export function readDate(text: string): string | null {
  const date = text.normalize('NFKC').trim();
  if (!/^(19|20)\d\d-\d\d-\d\d$/.test(date)) return null;
  const time = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(date) ? date : null;
}

/** The day it is in a time zone, as YYYY-MM-DD. */
export function dayIn(timeZone: string, time: Date): string {
  const parts = new Intl.DateTimeFormat('en', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
    .formatToParts(time)
    .map(({ type, value }) => [type, value]);
  const { year, month, day } = Object.fromEntries(parts) as Record<string, string>;
  return `${year!.padStart(4, '0')}-${month}-${day}`;
}

/**
 * Full years on a day. A year is full as the birthday begins; who was born on 29 February has it on 1 March in years
 * without that day. Negative for somebody who is not born yet.
 */
export function ageOn(day: string, birthDate: string): number {
  const years = Number(day.slice(0, 4)) - Number(birthDate.slice(0, 4));
  return day.slice(5) < birthDate.slice(5) ? years - 1 : years;
}

/** What the age says about keeping somebody's data. */
export type AgeGroup = 'UNBORN' | 'CHILD' | 'MINOR' | 'ADULT';

export function ageGroupOn(day: string, birthDate: string): AgeGroup {
  const age = ageOn(day, birthDate);
  return day < birthDate ? 'UNBORN' : age < youngest ? 'CHILD' : age < adult ? 'MINOR' : 'ADULT';
}

/** Why somebody's data may not be kept, or their consent does not count; null when all is well. */
export type ConsentGap = 'UNBORN' | 'TOO_YOUNG' | 'GUARDIAN_CONSENT_NEEDED' | 'BIRTH_DATE_NEEDED';

/**
 * THE rule of consent. Who may be a minor, a student whose date of birth nobody knows, counts as one until it is known;
 * of others no date is needed.
 */
export function consentGap(person: {
  birthDate: string | null;
  isStudent: boolean;
  hasGuardianConsent: boolean;
  today: string;
}): ConsentGap | null {
  if (person.birthDate === null) return person.isStudent && !person.hasGuardianConsent ? 'BIRTH_DATE_NEEDED' : null;
  const group = ageGroupOn(person.today, person.birthDate);
  if (group === 'UNBORN') return 'UNBORN';
  if (group === 'CHILD') return 'TOO_YOUNG';
  return group === 'MINOR' && !person.hasGuardianConsent ? 'GUARDIAN_CONSENT_NEEDED' : null;
}

/** 13812341234 → 138****1234 */
export const maskPhone = (phone: string) => `${phone.slice(0, 3)}****${phone.slice(-4)}`;

/** Province and check character stay: what lies between tells the birthday, and with it who it is. */
export const maskIdNumber = (idNumber: string) => `${idNumber.slice(0, 2)}${'*'.repeat(14)}${idNumber.slice(-2)}`;

/** The longest reason, in characters as people count them: what the audit log takes. */
export const reasonLength = 500;

/**
 * What is wrong with a reason: it has to say something, two words or four Chinese characters that are not all the same,
 * and must not itself hold somebody's phone or ID number, as it stays in the audit log for ever. Null for a good one.
 */
export function faultOfReason(reason: string): 'TOO_SHORT' | 'TOO_LONG' | 'HOLDS_NUMBER' | null {
  const text = reason.normalize('NFKC');
  if ([...text].length > reasonLength) return 'TOO_LONG';
  if (/1[3-9]\d{9}|\d{17}[\dX]/i.test(plain(text))) return 'HOLDS_NUMBER';
  const characters = new Set(text.match(/\p{Script=Han}/gu) ?? []);
  const words = new Set(text.toLowerCase().match(/[\p{Script=Latin}\p{M}]{2,}/gu) ?? []);
  return characters.size + 2 * words.size < 4 ? 'TOO_SHORT' : null;
}
