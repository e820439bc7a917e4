import type { Catalogue } from '../kernel/locale.js';

interface Messages {
  notCovered: (available: string) => string;
  noFamily: string;
  inFamily: string;
  alreadyReversed: string;
  notReversible: string;
  mismatch: string;
  badMinutes: string;
  badPeriod: string;
  badTitle: string;
  badMembers: string;
  badRules: string;
  badDay: string;
  notAVolunteer: string;
  duration: (hours: number, minutes: number) => string;
  pool: (station: string) => string;
  issuance: string;
  rewards: string;
  everywhere: string;
}

export const messages: Catalogue<Messages> = {
  'zh-CN': {
    notCovered: (available) => `可用时间不足：目前可用 ${available}。请减少数量后再试。`,
    noFamily: '您还没有家庭账户。请联系服务社协调员建立。',
    inFamily: '其中有人已属于一个家庭账户，每人只能属于一个。',
    alreadyReversed: '这笔记录已经冲正过，不能再冲正。',
    notReversible: '这种记录不能直接冲正：冲正本身不可冲正，兑换请用“取消兑换”。',
    mismatch: '这个操作编号已用于另一笔记录。请刷新页面后重试。',
    badMinutes: '分钟数须为 1 至 90000 的整数。',
    badPeriod: '起始时间须早于结束时间。',
    badTitle: '名称须为 1 至 50 个字。',
    badMembers: '一个家庭账户有 2 至 10 名不同的成员。',
    badRules: '规则不合理：等级门槛须逐级升高，各项须为正整数，比例不超过 100。',
    badDay: '生效日期须写成 2027-01-01 的形式，且不早于今天。',
    notAVolunteer: '请以志愿者账号登录：时间账户属于志愿者本人。',
    duration: (hours, minutes) =>
      [hours && `${hours} 小时`, (minutes || !hours) && `${minutes} 分钟`].filter(Boolean).join(' '),
    pool: (station) => `${station} · 爱心时间池`,
    issuance: '服务认证',
    rewards: '礼品兑换',
    everywhere: '全社区',
  },
  en: {
    notCovered: (available) => `There is not enough time to spend: ${available} now. Choose less and try again.`,
    noFamily: 'You have no family account yet. Ask the coordinator of your station for one.',
    inFamily: 'One of them belongs to a family account already; everybody belongs to one at most.',
    alreadyReversed: 'This was taken back already, and cannot be again.',
    notReversible: 'This cannot be taken back as such: a reversal never is, and a redemption is cancelled instead.',
    mismatch: 'This key was used for something else. Reload the page and try again.',
    badMinutes: 'Minutes are a whole number from 1 to 90000.',
    badPeriod: 'The start has to lie before the end.',
    badTitle: 'A name has 1 to 50 characters.',
    badMembers: 'A family account has 2 to 10 different members.',
    badRules: 'The rules do not fit: thresholds rise, numbers are whole and above zero, a share is at most 100.',
    badDay: 'The day is written as 2027-01-01, and is not before today.',
    notAVolunteer: 'Sign in as a volunteer: a time account belongs to the person.',
    duration: (hours, minutes) =>
      [hours && `${hours} h`, (minutes || !hours) && `${minutes} min`].filter(Boolean).join(' '),
    pool: (station) => `${station} · donation pool`,
    issuance: 'Certified service',
    rewards: 'Rewards',
    everywhere: 'The whole community',
  },
};
