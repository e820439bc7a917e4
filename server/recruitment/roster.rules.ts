import { Contingent } from '../volunteer/volunteer.entity.js';
import type { Told } from './person.rules.js';

/** What a roster can say, by the names that its columns go by. */
const headings = {
  number: ['志愿者编号', '编号', 'number', 'volunteer number'],
  name: ['姓名', '名字', 'name', 'full name'],
  contingent: ['类别', '群体', '身份', '政治面貌', 'contingent', 'group'],
  team: ['队伍编码', '队伍', '服务队', '志愿服务队', 'team', 'team code'],
  phone: ['手机号', '手机', '电话', '联系电话', '手机号码', 'phone', 'mobile'],
  idNumber: ['身份证号', '身份证', '身份证号码', 'id number', 'id'],
  birthDate: ['出生日期', '生日', 'birth date', 'date of birth'],
  guardian: ['监护人', '监护人姓名', 'guardian'],
} as const;

export type Column = keyof typeof headings;

const contingents: [Contingent, string[]][] = [
  [Contingent.IN_SERVICE_MEMBER, ['在职党员', 'in_service_member', 'in-service member', 'in-service']],
  [Contingent.RETIRED_MEMBER, ['非在职党员', '离退休党员', '退休党员', 'retired_member', 'retired member', 'retired']],
  [Contingent.RESIDENT, ['群众', '居民', 'resident', 'residents']],
  [Contingent.STUDENT, ['学生', 'student', 'students']],
];

const plain = (text: string) =>
  text
    .normalize('NFKC')
    .replace(/[\s*：:]+/g, ' ')
    .trim()
    .toLowerCase();

/** Which column stands where; null when there is no column with names, so no roster. */
export function readHeading(cells: readonly string[]): Map<Column, number> | null {
  const places = new Map<Column, number>();
  for (const [place, cell] of cells.entries()) {
    const column = (Object.keys(headings) as Column[]).find((it) =>
      (headings[it] as readonly string[]).includes(plain(cell)),
    );
    if (column && !places.has(column)) places.set(column, place);
  }
  return places.has('name') ? places : null;
}

/** One row of a roster, as it stands there; cells that it lacks are empty. */
export interface RosterEntry extends Told {
  number: string | null;
  team: string | null;
  /** What stood where the contingent should be, when it is none. */
  contingentKnown: boolean;
}

export function readRow(places: ReadonlyMap<Column, number>, cells: readonly string[]): RosterEntry {
  const cell = (column: Column) => {
    const text = (cells[places.get(column) ?? -1] ?? '').trim();
    // An export of ours puts an apostrophe before what a spreadsheet would take for a formula.
    return /^'[=+\-@]/.test(text) ? text.slice(1) : text;
  };
  const told = plain(cell('contingent'));
  const contingent = contingents.find(([, names]) => names.includes(told))?.[0];
  return {
    number: cell('number') || null,
    name: cell('name'),
    contingent: contingent ?? Contingent.RESIDENT,
    contingentKnown: contingent !== undefined,
    team: cell('team') || null,
    phone: cell('phone') || null,
    idNumber: cell('idNumber') || null,
    birthDate: dayOf(cell('birthDate')),
    guardian: cell('guardian') || null,
  };
}

/** 2008/5/31, 2008.05.31 and 20080531 as 2008-05-31; anything else as it is. */
function dayOf(text: string): string | null {
  if (text === '') return null;
  const match = /^(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?$/.exec(text.normalize('NFKC'));
  return match ? `${match[1]}-${match[2]!.padStart(2, '0')}-${match[3]!.padStart(2, '0')}` : text;
}

/** A number as people have them: printed on cards, so short and plain. */
export const isNumber = (text: string) => /^[\p{L}\p{N}][\p{L}\p{N}._/-]{0,39}$/u.test(text);
