import { Contingent } from '../volunteer/volunteer.entity.js';
import { stripInvisible } from '../volunteer/volunteer.rules.js';
import { birthDateOf, consentGap, readDate, readIdNumber, readPhone, type ConsentGap } from '../vault/person.rules.js';

/** What can be wrong with what somebody tells of a person. */
export type PersonFault =
  | ConsentGap
  | 'NAME_INVALID'
  | 'PHONE_INVALID'
  | 'PHONE_MISSING'
  | 'BIRTH_DATE_INVALID'
  | 'GUARDIAN_INVALID'
  | 'ID_NUMBER_INVALID'
  | 'ID_NUMBER_TAKEN';

/** A person as they are told, on a form or in a roster. */
export interface Told {
  name: string;
  contingent: Contingent;
  phone?: string | null;
  birthDate?: string | null;
  idNumber?: string | null;
  /** Who consents for a minor. */
  guardian?: string | null;
}

/** The same, as it is kept. */
export interface PersonRead {
  name: string;
  contingent: Contingent;
  phone: string | null;
  birthDate: string | null;
  idNumber: string | null;
  guardian: string | null;
}

const given = (text: string | null | undefined) => (text?.trim() ? text.trim() : null);

/** A name as people have them: letters of any script with dots, spaces and hyphens between; rare characters included. */
export function readName(text: string): string | null {
  const name = stripInvisible(text).replace(/\s+/gu, ' ').trim();
  const length = [...name].length;
  return length >= 1 && length <= 50 && /^[\p{L}\p{M}][\p{L}\p{M}\p{Pd} ·•・‧.'’]*$/u.test(name) ? name : null;
}

/** Two spellings of one name: which dot stands in it, and whether there is a space, is a matter of keyboards. */
export const sameName = (a: string, b: string) => bare(a) === bare(b);
const bare = (name: string) =>
  name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}]/gu, '');

/** A person as they are kept, or all that is wrong with what was told of them. `today` as YYYY-MM-DD. */
export function readPerson(told: Told, today: string): PersonRead | PersonFault[] {
  const faults: PersonFault[] = [];
  const read = (text: string | null | undefined, reader: (text: string) => string | null, fault: PersonFault) => {
    const told = given(text);
    const value = told === null ? null : reader(told);
    if (told !== null && value === null) faults.push(fault);
    return value;
  };
  const name = readName(told.name) ?? (faults.push('NAME_INVALID'), '');
  const phone = read(told.phone, readPhone, 'PHONE_INVALID');
  const idNumber = read(told.idNumber, readIdNumber, 'ID_NUMBER_INVALID');
  const birthDate = read(told.birthDate, readDate, 'BIRTH_DATE_INVALID') ?? (idNumber && birthDateOf(idNumber));
  const guardian = read(
    told.guardian,
    (text) => {
      const name = readName(text);
      return name && [...name].length >= 2 ? name : null;
    },
    'GUARDIAN_INVALID',
  );
  if (faults.length > 0) return faults;
  const isStudent = told.contingent === Contingent.STUDENT;
  const gap = consentGap({ birthDate, isStudent, hasGuardianConsent: guardian !== null, today });
  return gap ? [gap] : { name, contingent: told.contingent, phone, birthDate, idNumber, guardian };
}

/** A time of the week. */
export interface Window {
  weekday: number;
  fromMinute: number;
  untilMinute: number;
}

/** Whether times of the week are some, and none overlaps another. */
export function areWindows(windows: readonly Window[]): boolean {
  if (windows.length > 28) return false;
  const sorted = windows.toSorted((a, b) => a.weekday - b.weekday || a.fromMinute - b.fromMinute);
  return sorted.every(({ weekday, fromMinute, untilMinute }, i) => {
    const before = sorted[i - 1];
    const whole = [weekday, fromMinute, untilMinute].every(Number.isInteger);
    return (
      whole &&
      weekday >= 1 &&
      weekday <= 7 &&
      fromMinute >= 0 &&
      fromMinute < untilMinute &&
      untilMinute <= 1440 &&
      !(before?.weekday === weekday && before.untilMinute > fromMinute)
    );
  });
}
