/**
 * The places of the Shengbei community: culture schools, service stations with their brands, volunteer teams, grid posts.
 *
 * What a newspaper reported and is kept here: 11 schools, 14 stations, four of the stations' names and three of their
 * brands. The names of the other places are those of real neighbourhoods around it (the public list of residents'
 * committees). Everything else, marked `synthetic: true`, is made up: which station belongs to which school, the other
 * brands and all dates, every team and every post.
 *
 * A code tells the place, because the code of a unit begins with the code of the unit above it:
 *
 *     S01          the first culture school
 *     S01-A        its first service station
 *     S01-A03      the third volunteer team of that station
 *     S01-A03-07   the post of that team's seventh grid
 *
 * Codes are printed on signs, so they never change: new places are appended, and a number is not given twice.
 */

export type PostKind =
  | 'SERVICE_POST'
  | 'SCHOOL_ROUTE'
  | 'GREENERY'
  | 'CLINIC'
  | 'REPAIR'
  | 'HAIRCUT'
  | 'CHARITY_SALE'
  | 'GARDEN'
  | 'WARM_BAR'
  | 'PATROL';

export interface SchoolSeed {
  code: string;
  name: string;
  synthetic: boolean;
}

export interface BrandSeed {
  name: string;
  description: string;
  /** The first day of the brand, YYYY-MM-DD; all of them are made up, save the year of the kinship garden. */
  since: string;
  synthetic: boolean;
}

export interface StationSeed {
  code: string;
  schoolCode: string;
  name: string;
  /** The neighbourhood: how the names of the station's teams and posts begin. */
  place: string;
  brand: BrandSeed;
  /** What the station is known for: its teams have more posts of this kind. */
  specialty: PostKind;
  /** Size of the station's register; one station has over 300, as reported, though not which one. */
  volunteers: number;
  synthetic: boolean;
}

export interface TeamSeed {
  code: string;
  stationCode: string;
  name: string;
  synthetic: true;
}

export interface PostSeed {
  code: string;
  teamCode: string;
  name: string;
  kind: PostKind;
  synthetic: true;
}

/** The stations by school; what is `reported` stood in the newspaper, the rest is made up. */
const facts: {
  school: string;
  place: string;
  reported?: 'NAME' | 'NAME_AND_BRAND';
  specialty: PostKind;
  volunteers: number;
  brand: [name: string, since: string, description: string];
}[] = [
  {
    school: '景苑',
    place: '景苑中区',
    reported: 'NAME_AND_BRAND',
    specialty: 'SERVICE_POST',
    volunteers: 324,
    brand: ['和谐大院', '2013-05-18', '一座院子，既办服务也办课堂：理发、维修、磨刀在院里，剪纸、合唱在屋里。'],
  },
  {
    school: '景苑',
    place: '胜景',
    specialty: 'SCHOOL_ROUTE',
    volunteers: 128,
    brand: ['四点半课堂', '2016-09-01', '放学到下班之间，由志愿教师陪孩子写作业、学手艺。'],
  },
  {
    school: '百花',
    place: '百花',
    reported: 'NAME_AND_BRAND',
    specialty: 'GARDEN',
    volunteers: 186,
    brand: ['亲情蔬菜园', '2012-04-07', '退休党员翻整荒地种菜，收成送到需要帮助的家庭。'],
  },
  {
    school: '百花',
    place: '百合',
    specialty: 'SERVICE_POST',
    volunteers: 122,
    brand: ['银龄合唱', '2015-10-21', '退休志愿者的合唱队，排练在学校，演出在楼前。'],
  },
  {
    school: '胜望',
    place: '胜望',
    reported: 'NAME_AND_BRAND',
    specialty: 'WARM_BAR',
    volunteers: 192,
    brand: ['亲情驿站·幸福暖吧', '2014-11-08', '驿站歇脚办事，暖吧捐衣、取衣、捐书、换书、换闲置物品。'],
  },
  {
    school: '胜北',
    place: '胜北',
    reported: 'NAME',
    specialty: 'SERVICE_POST',
    volunteers: 168,
    brand: ['先锋报到站', '2015-07-01', '在职党员下班到社区报到，认领一件邻里小事。'],
  },
  {
    school: '胜北',
    place: '西苑',
    specialty: 'PATROL',
    volunteers: 116,
    brand: ['红袖巡逻', '2014-03-05', '每晚两班，看门窗、看车棚、看独居老人家的灯。'],
  },
  {
    school: '胜凯',
    place: '胜凯',
    specialty: 'CLINIC',
    volunteers: 152,
    brand: ['广场便民日', '2013-06-16', '每周一天在广场：磨刀、义诊、维修、理发，一站办完。'],
  },
  {
    school: '胜荣',
    place: '胜荣',
    specialty: 'GREENERY',
    volunteers: 134,
    brand: ['一家一棵树', '2016-03-12', '每户认养一棵树，志愿者教修剪、浇水、防虫。'],
  },
  {
    school: '胜泰',
    place: '胜泰',
    specialty: 'SCHOOL_ROUTE',
    volunteers: 126,
    brand: ['平安上学路', '2014-09-01', '早晚两个时段护送孩子过马路，风雨不误。'],
  },
  {
    school: '胜宏',
    place: '胜宏',
    specialty: 'REPAIR',
    volunteers: 118,
    brand: ['巧手修修铺', '2015-04-25', '小家电、门锁、拉链，能修就不扔。'],
  },
  {
    school: '锦苑',
    place: '锦苑',
    specialty: 'SERVICE_POST',
    volunteers: 124,
    brand: ['邻里议事亭', '2017-05-06', '有事亭里说，大家商量着办。'],
  },
  {
    school: '玉兰',
    place: '玉兰',
    specialty: 'HAIRCUT',
    volunteers: 130,
    brand: ['剪刀手的春天', '2014-02-28', '上门理发，给出不了门的老人一个清爽的月初。'],
  },
  {
    school: '明珠',
    place: '明珠',
    specialty: 'CHARITY_SALE',
    volunteers: 140,
    brand: ['童心义卖', '2016-05-28', '孩子们卖自己的手作和旧书，所得帮助同龄人。'],
  },
];

/** The parts of a neighbourhood; each has a team, and each team looks after ten grids with a post in each. */
const areas: { name: string; kinds: (PostKind | 'SPECIALTY')[] }[] = [
  area('东园', 'PATROL GREENERY SCHOOL_ROUTE SERVICE_POST GREENERY SPECIALTY REPAIR PATROL HAIRCUT SPECIALTY'),
  area('西园', 'PATROL GREENERY SERVICE_POST CLINIC GREENERY SPECIALTY REPAIR PATROL HAIRCUT SPECIALTY'),
  area('南园', 'PATROL SCHOOL_ROUTE GREENERY SERVICE_POST CLINIC SPECIALTY PATROL REPAIR GREENERY SPECIALTY'),
  area('北园', 'PATROL GREENERY SERVICE_POST HAIRCUT REPAIR SPECIALTY PATROL SCHOOL_ROUTE GREENERY SPECIALTY'),
  area('广场', 'SERVICE_POST CLINIC CLINIC HAIRCUT HAIRCUT REPAIR REPAIR CHARITY_SALE PATROL SPECIALTY'),
  area(
    '校园',
    'SCHOOL_ROUTE SCHOOL_ROUTE SCHOOL_ROUTE SCHOOL_ROUTE CHARITY_SALE CHARITY_SALE GREENERY PATROL SERVICE_POST SPECIALTY',
  ),
  area('沿街', 'PATROL PATROL SERVICE_POST REPAIR HAIRCUT CLINIC GREENERY CHARITY_SALE SPECIALTY SPECIALTY'),
  area('文体', 'SERVICE_POST SERVICE_POST CLINIC GREENERY GREENERY PATROL CHARITY_SALE SPECIALTY SPECIALTY SPECIALTY'),
];

function area(name: string, kinds: string) {
  return { name, kinds: kinds.split(' ') as (PostKind | 'SPECIALTY')[] };
}

const kindNames: Record<PostKind, string> = {
  SERVICE_POST: '便民岗',
  SCHOOL_ROUTE: '护学岗',
  GREENERY: '绿化岗',
  CLINIC: '义诊岗',
  REPAIR: '维修岗',
  HAIRCUT: '理发岗',
  CHARITY_SALE: '义卖岗',
  GARDEN: '菜园岗',
  WARM_BAR: '暖吧岗',
  PATROL: '巡逻岗',
};

const gridNumbers = [...'一二三四五六七八九十'];

const twoDigits = (index: number) => String(index + 1).padStart(2, '0');

export function schools(): SchoolSeed[] {
  return [...new Set(facts.map((fact) => fact.school))].map((place, index) => ({
    code: `S${twoDigits(index)}`,
    name: `${place}志愿文化学校`,
    synthetic: true,
  }));
}

export function stations(): StationSeed[] {
  const ofSchool = Map.groupBy(facts, (fact) => fact.school);
  return schools().flatMap(({ code: schoolCode }, school) =>
    [...ofSchool.values()][school]!.map(({ place, specialty, volunteers, reported, brand }, index) => {
      const [name, since, description] = brand;
      return {
        code: `${schoolCode}-${String.fromCharCode(65 + index)}`,
        schoolCode,
        name: `${place}党员服务社`,
        place,
        brand: { name, since, description, synthetic: reported !== 'NAME_AND_BRAND' },
        specialty,
        volunteers,
        synthetic: reported === undefined,
      };
    }),
  );
}

export function teams(): TeamSeed[] {
  return stations().flatMap((station) =>
    areas.map(({ name }, index) => ({
      code: `${station.code}${twoDigits(index)}`,
      stationCode: station.code,
      name: `${station.place}${name}志愿服务队`,
      synthetic: true as const,
    })),
  );
}

export function posts(): PostSeed[] {
  return stations().flatMap((station) =>
    areas.flatMap(({ name, kinds }, teamIndex) => {
      const teamCode = `${station.code}${twoDigits(teamIndex)}`;
      return kinds.map((kind, index) => {
        const own = kind === 'SPECIALTY' ? station.specialty : kind;
        return {
          code: `${teamCode}-${twoDigits(index)}`,
          teamCode,
          name: `${station.place}${name}${gridNumbers[index]}网格${kindNames[own]}`,
          kind: own,
          synthetic: true as const,
        };
      });
    }),
  );
}
