const levels = {
  CULTURE_SCHOOL: '文化学校',
  SERVICE_STATION: '党员服务社',
  VOLUNTEER_TEAM: '志愿服务队',
  GRID_POST: '网格服务岗',
};

export const zhCN = {
  product: '百花',
  tagline: '百花齐放的社区志愿服务',
  skipToContent: '跳到正文',
  levels,
  contingents: {
    IN_SERVICE_MEMBER: '在职党员',
    RETIRED_MEMBER: '非在职党员',
    RESIDENT: '群众',
    STUDENT: '学生',
  },
  directions: { IN: '签到', OUT: '签退' },
  kinds: {
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
  },
  edition: (edition: number) => `第${edition}届`,
  errors: {
    title: '出了点问题',
    notFound: '没有这个页面。请核对网址，或从首页进入。',
    noEvent: (code: string) => `没有编号为“${code}”的活动。请核对网址，或从首页进入。`,
    noUnit: (code: string) => `没有编号为“${code}”的岗位。请核对牌上的编号。`,
    unreachable: '系统正在启动或暂时繁忙，数据没有丢失。本页会自动重试。',
    unexpected: '页面出了点问题，我们已记录。请刷新重试；若仍不行，请把编号告诉管理员。',
    id: '编号',
    home: '回到首页',
  },
  wall: {
    title: (event: string) => `${event} · 大屏`,
    people: '参与人数',
    peopleUnit: '人',
    onSite: '当前在岗',
    checkIns: '签到人次',
    hours: '服务时长',
    hoursUnit: '小时',
    minutesUnit: '分钟',
    coverage: '四级联动',
    levels,
    schools: '志愿文化学校',
    garden: '百花园',
    legend: {
      flower: '一朵花，一个党员服务社',
      petal: '一片花瓣，一支志愿服务队',
      opening: '岗位到岗越多，花瓣开得越满',
    },
    stream: '实时动态',
    noCheckIns: '还没有人签到，第一朵花等你来开。',
    peopleShort: '人',
    onSiteShort: '在岗',
    flower: (name: string, people: string, open: number, petals: number) =>
      `${name}：${people} 人，${petals} 支服务队中 ${open} 支已到岗`,
    states: { connecting: '连接中', live: '实时', reconnecting: '重连中', offline: '离线' },
    updated: (time: string) => `更新于 ${time}`,
    fullscreen: '全屏',
  },
};

/** Every language has these keys; the compiler sees to it. */
export type Messages = typeof zhCN;
