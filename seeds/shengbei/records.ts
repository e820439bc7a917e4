import { checkCharacter } from '../../server/vault/person.rules.js';
import { createRandom } from '../random.js';
import { volunteers, type ContingentSeed } from './people.js';

/**
 * Personal data of the seeds' volunteers, none of which can be anybody's: no operator has been given numbers that begin
 * with 142, and no place in the country has a code that begins with 0, so no ID number does.
 */
export interface RecordSeed {
  /** The volunteer's. */
  number: string;
  phone: string;
  idNumber: string;
  birthDate: string;
  /** Of those below 18. */
  guardian: string | null;
  synthetic: true;
}

/** From and to how many years people of a contingent are old. */
const ages: Record<ContingentSeed, [from: number, to: number]> = {
  IN_SERVICE_MEMBER: [24, 58],
  RETIRED_MEMBER: [56, 82],
  RESIDENT: [20, 75],
  STUDENT: [14, 21],
};

/** Everybody's, as old as they are on `today` (YYYY-MM-DD): students stay students, whenever the seeds are sown. */
export function records(today: string): RecordSeed[] {
  const random = createRandom(11643);
  const pad = (value: number, digits: number) => String(value).padStart(digits, '0');
  return volunteers().map(({ number, name, contingent }, index) => {
    const age = random.int(...ages[contingent]);
    const day = `${pad(random.int(1, 12), 2)}-${pad(random.int(1, 28), 2)}`;
    const hadBirthday = day <= today.slice(5);
    const birthDate = `${Number(today.slice(0, 4)) - age - (hadBirthday ? 0 : 1)}-${day}`;
    // Place, birthday and order: whose orders would be the same live in different places.
    const body = `00000${Math.floor(index / 999)}${birthDate.replaceAll('-', '')}${pad((index % 999) + 1, 3)}`;
    return {
      number,
      phone: `1420000${pad(index + 1, 4)}`,
      idNumber: body + checkCharacter(body),
      birthDate,
      guardian: age < 18 ? `${[...name][0]}家长` : null,
      synthetic: true,
    };
  });
}
