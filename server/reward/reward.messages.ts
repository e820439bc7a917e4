import type { Catalogue } from '../kernel/locale.js';

interface Messages {
  outOfStock: string;
  tierNeeded: (missing: string) => string;
  over: string;
  noSuchCode: string;
  badReward: string;
  cancelled: string;
  expired: string;
}

export const messages: Catalogue<Messages> = {
  'zh-CN': {
    outOfStock: '这件礼品已兑完。请选择其他礼品，或等待补货。',
    tierNeeded: (missing) => `达到第一等级（白金）后才能兑换，还差 ${missing}。`,
    over: '这笔兑换已经领取、取消或过期。',
    noSuchCode: '没有待领取的兑换使用这个取货码。请核对后再输。',
    badReward: '名称须为 1 至 50 个字，说明不超过 500 字；时间须为 1 至 90000 分钟，数量须为 0 至 100000。',
    cancelled: '取消兑换',
    expired: '逾期未领取',
  },
  en: {
    outOfStock: 'There is none left. Choose another reward, or wait until there are more.',
    tierNeeded: (missing) => `Rewards are for those who have reached the first tier; ${missing} are missing.`,
    over: 'This was picked up, cancelled, or has expired already.',
    noSuchCode: 'Nothing waits under this code. Check it and enter it again.',
    badReward:
      'A name has 1 to 50 characters, a description at most 500; it costs 1 to 90000 minutes, and there are 0 to 100000 of it.',
    cancelled: 'The redemption was cancelled',
    expired: 'It was not picked up in time',
  },
};
