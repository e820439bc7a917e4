import type { Catalogue } from '../kernel/locale.js';
import type { PersonFault } from './person.rules.js';

interface Messages {
  faults: Record<PersonFault, string>;
  decided: string;
  closed: string;
  claim: Record<'CODE_INVALID' | 'HAS_ACCOUNT' | 'LOGIN_INVALID' | 'LOGIN_TAKEN' | 'PASSWORD_WEAK', string>;
  badAvailability: string;
  badQuarter: string;
  tooLong: string;
  notATeam: string;
  news: {
    application(unit: string | null): string;
    transferred(team: string): string;
    suspended: string;
    resumed: string;
  };
  feedback(facts: {
    organisation: string;
    year: number;
    quarter: number;
    members: number;
    served: number;
    times: number;
    hours: string;
    offers: string;
  }): string;
}

export const messages: Catalogue<Messages> = {
  'zh-CN': {
    faults: {
      NAME_INVALID: '姓名须为 1 至 50 个字，不能含数字和特殊符号。请核对。',
      PHONE_INVALID: '手机号须为 11 位大陆手机号。请核对。',
      PHONE_MISSING: '请填写手机号。',
      BIRTH_DATE_INVALID: '出生日期须写成 2008-05-31 这样，并且确有这一天。请核对。',
      BIRTH_DATE_NEEDED: '学生须填写出生日期。',
      UNBORN: '出生日期在今天之后。请核对。',
      TOO_YOUNG: '未满 14 周岁，暂时不能注册为志愿者。欢迎由家长带领参加活动。',
      GUARDIAN_CONSENT_NEEDED: '14 至 18 周岁须由监护人同意。请填写监护人姓名并勾选同意。',
      GUARDIAN_INVALID: '监护人姓名须为 2 至 50 个字。请核对。',
      ID_NUMBER_INVALID: '身份证号不正确，请逐位核对。',
      ID_NUMBER_TAKEN: '这个身份证号已登记在另一位志愿者名下。请核对。',
    },
    decided: '这份报名已经处理过，不能再改。请刷新页面查看结果。',
    closed: '现在不在签到时间内，没有登记。请核对活动和时间。',
    claim: {
      CODE_INVALID: '认领码不正确、已用过或已过期。请核对纸条；仍不行请找现场负责人。',
      HAS_ACCOUNT: '这位志愿者已有账号，请直接登录。',
      LOGIN_INVALID: '账号名须为 2 至 64 个字母或数字，可含 . _ @ + -，并以字母或数字开头。',
      LOGIN_TAKEN: '这个账号名已被使用。请换一个。',
      PASSWORD_WEAK: '密码太简单。至少 10 个字符，不含账号名，多用几种不同的字符。',
    },
    badAvailability: '可服务时间须为周一至周日、同一天内先后两个时刻，且互不重叠。',
    badQuarter: '季度须为 1 至 4，年份须为 2000 至 9999。',
    tooLong: '文字太长。请缩短后再提交。',
    notATeam: '请选择一支志愿服务队。',
    news: {
      application: (unit) => (unit ? `有人报名加入「${unit}」，等待审核。` : '有新的志愿者报名，等待审核。'),
      transferred: (team) => `您已转入「${team}」。`,
      suspended: '您的志愿服务资格已暂停。如有疑问请联系本队负责人。',
      resumed: '您的志愿服务资格已恢复，欢迎回来。',
    },
    feedback: ({ organisation, year, quarter, members, served, times, hours, offers }) =>
      [
        `${organisation}党组织：`,
        `${year} 年第 ${quarter} 季度，贵单位有 ${members} 名在职党员在我中心报到，其中 ${served} 人参加志愿服务 ${times} 次，累计 ${hours} 小时。`,
        ...(offers ? [`报到党员认领的服务有：${offers}。`] : []),
        '感谢贵单位对社区志愿服务的支持。',
      ].join('\n'),
  },
  en: {
    faults: {
      NAME_INVALID: 'A name has 1 to 50 characters, no digits and no symbols. Check it.',
      PHONE_INVALID: 'A phone number has 11 digits, of the mainland. Check it.',
      PHONE_MISSING: 'Give a phone number.',
      BIRTH_DATE_INVALID: 'A date of birth is written as 2008-05-31, and has to exist. Check it.',
      BIRTH_DATE_NEEDED: 'Students have to give their date of birth.',
      UNBORN: 'The date of birth lies in the future. Check it.',
      TOO_YOUNG: 'Below 14 nobody can register yet. Come along with your parents!',
      GUARDIAN_CONSENT_NEEDED: 'From 14 to 18 a guardian has to consent. Give their name and tick the box.',
      GUARDIAN_INVALID: "A guardian's name has 2 to 50 characters. Check it.",
      ID_NUMBER_INVALID: 'The ID number is not a valid one. Check each digit.',
      ID_NUMBER_TAKEN: 'Another volunteer has this ID number. Check it.',
    },
    decided: 'This application was decided already. Reload the page to see how.',
    closed: 'Check-in is not open now, so nobody was written down. Check the event and the time.',
    claim: {
      CODE_INVALID: 'The code is wrong, used or expired. Check the slip; if it persists, ask a leader.',
      HAS_ACCOUNT: 'This volunteer has an account already: sign in with it.',
      LOGIN_INVALID: 'A login has 2 to 64 letters or digits, also . _ @ + -, and begins with a letter or a digit.',
      LOGIN_TAKEN: 'Another account has this login. Choose another one.',
      PASSWORD_WEAK: 'The password is too simple: at least 10 characters, many different ones, without the login.',
    },
    badAvailability: 'Each time is on one day from Monday to Sunday, begins before it ends, and overlaps no other.',
    badQuarter: 'A quarter is 1 to 4, a year 2000 to 9999.',
    tooLong: 'The text is too long. Shorten it and send again.',
    notATeam: 'Choose a volunteer team.',
    news: {
      application: (unit) =>
        unit
          ? `Somebody wants to join ${unit}: please review.`
          : 'Somebody wants to become a volunteer: please review.',
      transferred: (team) => `You are now in ${team}.`,
      suspended: 'Your service is suspended. If in doubt, talk to the leader of your team.',
      resumed: 'Your service goes on. Welcome back!',
    },
    feedback: ({ organisation, year, quarter, members, served, times, hours, offers }) =>
      [
        `To the Party organisation of ${organisation}:`,
        `In quarter ${quarter} of ${year}, ${members} of your members were reported in with us; ${served} of them served ${times} times, ${hours} hours in all.`,
        ...(offers ? [`What they offer: ${offers}.`] : []),
        'Thank you for supporting service in the community.',
      ].join('\n'),
  },
};
