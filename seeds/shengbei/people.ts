import { createRandom, type Random } from '../random.js';
import { stations, teams } from './places.js';

/**
 * The volunteers of the seeds. None of them exists: every name is put together by chance from lists of common and rare
 * characters, and a likeness to anybody is chance too. Only the sizes come from the newspaper: over 2,000 volunteers, of
 * whom over 800 are in-service members.
 */

export type ContingentSeed = 'IN_SERVICE_MEMBER' | 'RETIRED_MEMBER' | 'RESIDENT' | 'STUDENT';
export type TierSeed = 'WHITE_GOLD' | 'GOLD' | 'PLATINUM' | 'DIAMOND' | 'CROWN';

export interface VolunteerSeed {
  /** SB-000001 and on, in the order of registration: it says nothing about the team. */
  number: string;
  name: string;
  contingent: ContingentSeed;
  teamCode: string;
  tier: TierSeed | null;
  /** Agreed to be shown, masked, on screens. */
  consentsToScreens: boolean;
  synthetic: true;
}

const sizes: Record<Exclude<ContingentSeed, 'RESIDENT'>, number> = {
  IN_SERVICE_MEMBER: 848,
  RETIRED_MEMBER: 372,
  STUDENT: 204,
};

/** How far people of a contingent have come on the ladder of tiers, in per cent. */
export const tierWeights: Record<ContingentSeed, Record<TierSeed | 'NONE', number>> = {
  IN_SERVICE_MEMBER: { NONE: 52, WHITE_GOLD: 26, GOLD: 13, PLATINUM: 6, DIAMOND: 2, CROWN: 1 },
  RETIRED_MEMBER: { NONE: 22, WHITE_GOLD: 24, GOLD: 22, PLATINUM: 17, DIAMOND: 10, CROWN: 5 },
  RESIDENT: { NONE: 56, WHITE_GOLD: 24, GOLD: 12, PLATINUM: 5, DIAMOND: 2, CROWN: 1 },
  STUDENT: { NONE: 82, WHITE_GOLD: 15, GOLD: 3, PLATINUM: 0, DIAMOND: 0, CROWN: 0 },
};

const commonSurnames = [
  ...'王王王王王王李李李李李李张张张张张刘刘刘刘刘陈陈陈杨杨赵赵赵孙孙孙徐徐马马宋宋高高于于朱胡郭何林郑谢韩唐冯董',
  ...'萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭邹金陆孔白崔康毛邱秦江史顾侯邵孟',
];
/** Rare ones, several of them at home in Shandong; the last stands outside the Basic Multilingual Plane. */
const rareSurnames = [...'亓逄綦牟仝麴禚郇訾郜缪亢乜仉妫佟笪䶮𬩽'];
const compoundSurnames = [
  '欧阳',
  '上官',
  '司马',
  '诸葛',
  '皇甫',
  '尉迟',
  '东方',
  '慕容',
  '令狐',
  '司徒',
  '夏侯',
  '公孙',
];

const givenFirst = [...'晓春秋海雨雪文志思家嘉梓若静宜乐安子云佳永长玉秀桂桐书亦新景向振传兆守继学少世立承一'];
const givenSecond = [...'兰芳梅英霞琴洁莲娟萍岚宁婷然涵怡悦菲萱辰轩航泽远帆松柏林峰波涛生民勇斌坤亮凯新成业田禾舟青'];
/** Characters of the national standard list that lie outside the Basic Multilingual Plane. */
const givenBeyondPlane = [...'𬀩𬍛𫖯𬤊𬱖𬱟𬶏𬭚𬸚𫘝𣲗𫍯'];

/** Names of the kind `given·father's`, as several of China's peoples write them. */
const dottedGiven = ['阿依古丽', '古丽娜尔', '热娜', '帕提古丽', '阿迪力', '吐尔逊', '麦尔丹', '迪丽努尔', '阿曼古丽'];
const dottedFather = ['艾合买提', '吐尔地', '肉孜', '卡德尔', '玉素甫', '依明', '斯拉木', '阿不都'];
/** Names without a surname. */
const wholeNames = ['其木格', '乌日娜', '娜仁花', '巴特尔', '才让卓玛', '格桑梅朵', '扎西顿珠'];

/** A name of nobody. */
export function syntheticName(random: Random): string {
  const style = random.weighted({ common: 928, rare: 28, compound: 20, dotted: 9, whole: 3, beyondPlane: 12 });
  if (style === 'dotted') return `${random.pick(dottedGiven)}·${random.pick(dottedFather)}`;
  if (style === 'whole') return random.pick(wholeNames);
  const surname = random.pick(
    style === 'rare' ? rareSurnames : style === 'compound' ? compoundSurnames : commonSurnames,
  );
  if (style === 'beyondPlane') {
    const rare = random.pick(givenBeyondPlane);
    return surname + (random.chance(0.5) ? rare : random.pick(givenFirst) + rare);
  }
  return surname + (random.chance(0.2) ? '' : random.pick(givenFirst)) + random.pick(givenSecond);
}

/** The team of every place in the register: a fair share for each team, and the rest as it falls. */
function teamPlaces(random: Random): string[] {
  const teamCodes = Map.groupBy(teams(), (team) => team.stationCode);
  return stations().flatMap((station) => {
    const codes = teamCodes.get(station.code)!.map((team) => team.code);
    const fairShare = Math.floor(station.volunteers / codes.length / 2);
    const fair = codes.flatMap((code) => Array<string>(fairShare).fill(code));
    return [...fair, ...Array.from({ length: station.volunteers - fair.length }, () => random.pick(codes))];
  });
}

export function volunteers(): VolunteerSeed[] {
  const random = createRandom(12345);
  const places = random.shuffle(teamPlaces(random));
  const members = Object.entries(sizes).flatMap(([contingent, size]) =>
    Array<ContingentSeed>(size).fill(contingent as ContingentSeed),
  );
  const contingents = random.shuffle([
    ...members,
    ...Array<ContingentSeed>(places.length - members.length).fill('RESIDENT'),
  ]);
  return places.map((teamCode, index) => {
    const contingent = contingents[index]!;
    const tier = random.weighted(tierWeights[contingent]);
    return {
      number: `SB-${String(index + 1).padStart(6, '0')}`,
      name: syntheticName(random),
      contingent,
      teamCode,
      tier: tier === 'NONE' ? null : tier,
      consentsToScreens: random.chance(0.9),
      synthetic: true,
    };
  });
}
