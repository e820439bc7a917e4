import type { Catalogue } from '../kernel/locale.js';

interface Messages {
  OVER: string;
  CANCELLED: string;
  EXPIRED: string;
  NOT_NOW: string;
  TIMES: string;
  OTHER_EVENT: string;
  TOO_MANY_ASSIGNED: string;
  timeTaken(place: string, from: string, to: string): string;
  shiftFull(place: string): string;
  skillMissing(skills: string): string;
  shiftCount: string;
  capacity: string;
  ages: string;
  title: string;
  stars: string;
  remark: string;
  codeTaken: string;
  badCode: string;
  badTitle: string;
}

export const messages: Catalogue<Messages> = {
  'zh-CN': {
    OVER: '这个班次已经结束。',
    CANCELLED: '这个班次已取消。请选择别的班次。',
    EXPIRED: '邀请已过期。请联系派单人重新派单。',
    NOT_NOW: '当前状态下不能这样操作，可能已由别人处理。请刷新后再看。',
    TIMES: '时间不对：结束须晚于开始，且不超过 24 小时。',
    OTHER_EVENT: '这个班次属于另一场活动。',
    TOO_MANY_ASSIGNED: '已安排的人数超过新的名额。请先撤下一些人。',
    timeTaken: (place, from, to) => `此人在 ${from} 至 ${to} 已安排在「${place}」。请先撤下，或另选一人。`,
    shiftFull: (place) => `「${place}」的这个班次已满。可以改为候补，或增加名额。`,
    skillMissing: (skills) => `此人不具备这个班次要求的技能：${skills}。请另选一人，或确认后仍要安排。`,
    shiftCount: '一次请提交 1 至 100 个班次。',
    capacity: '名额须为 1 至 500。',
    ages: '年龄限制不对：最小年龄不能大于最大年龄。',
    title: '说明最多 100 个字。',
    stars: '评分须为 1 至 5。',
    remark: '评语最多 500 个字。',
    codeTaken: '这个代码已被使用。请换一个。',
    badCode: '代码须为 2 至 40 个小写字母、数字或连字符。',
    badTitle: '名称须为 1 至 100 个字。',
  },
  en: {
    OVER: 'This shift is over.',
    CANCELLED: 'This shift does not take place. Choose another one.',
    EXPIRED: 'The offer has expired. Ask whoever sent it to send it again.',
    NOT_NOW: 'This cannot be done as things stand; somebody may have dealt with it. Reload and look again.',
    TIMES: 'The times are wrong: the end must be after the start, within 24 hours.',
    OTHER_EVENT: 'This shift belongs to another event.',
    TOO_MANY_ASSIGNED: 'More people are assigned than that. Release some of them first.',
    timeTaken: (place, from, to) =>
      `They are assigned to “${place}” from ${from} to ${to}. Release them there, or choose somebody else.`,
    shiftFull: (place) => `This shift at “${place}” is full. Put them on the waiting list, or make it larger.`,
    skillMissing: (skills) =>
      `They lack what this shift needs: ${skills}. Choose somebody else, or assign them all the same.`,
    shiftCount: 'Send 1 to 100 shifts at a time.',
    capacity: 'A shift takes 1 to 500 people.',
    ages: 'The age limits are wrong: the lower one is above the upper one.',
    title: 'At most 100 characters.',
    stars: 'A rating is from 1 to 5.',
    remark: 'A remark has at most 500 characters.',
    codeTaken: 'This code is taken. Choose another one.',
    badCode: 'A code has 2 to 40 small letters, digits or hyphens.',
    badTitle: 'A name has 1 to 100 characters.',
  },
};
