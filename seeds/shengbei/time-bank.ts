import { defaultRules } from '../../server/ledger/policy.entity.js';
import { tiers } from '../../server/ledger/tier.rules.js';
import { createRandom } from '../random.js';
import { volunteers } from './people.js';

/**
 * What people had saved before the time bank began, in whole minutes: made up, so that everybody is of the tier that they have
 * in the register.
 */
export function savedMinutes(): { number: string; minutes: number }[] {
  const random = createRandom(1500);
  const { tierMinutes } = defaultRules;
  return volunteers().flatMap(({ number, tier }) => {
    const place = tier === null ? -1 : tiers.indexOf(tier as (typeof tiers)[number]);
    const from = place < 0 ? 0 : tierMinutes[place]!;
    const to = tierMinutes[place + 1] ?? from + 300 * 60;
    const minutes = random.int(from, to - 1);
    return minutes === 0 ? [] : [{ number, minutes }];
  });
}

/** All of them synthetic. */
export const rewards = [
  { name: '洗衣液', description: '2 升装，邻里超市提供', minutes: 600, stock: 80 },
  { name: '纯棉毛巾', description: '两条一份', minutes: 240, stock: 200 },
  { name: '理发券', description: '每周三上午，便民理发岗', minutes: 120, stock: 300 },
  { name: '磨刀、小家电维修一次', description: '每周便民服务日', minutes: 120, stock: 300 },
  { name: '亲情蔬菜园时令蔬菜', description: '两斤，当周采摘', minutes: 180, stock: 60, stationCode: 'S02-A' },
  { name: '剪纸体验课', description: '志愿文化学校，一次课', minutes: 300, stock: 40 },
  { name: '保温杯', description: '印有志愿服务标识', minutes: 1200, stock: 25 },
];
