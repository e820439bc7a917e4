import type { Catalogue } from '../kernel/locale.js';
import { defineNotification } from '../notification/kinds.js';
import { Tier } from '../volunteer/volunteer.entity.js';

export const messages: Catalogue<{ tiers: Record<Tier, string>; risen: (tier: string) => string }> = {
  'zh-CN': {
    tiers: { WHITE_GOLD: '白金', GOLD: '黄金', PLATINUM: '铂金', DIAMOND: '钻石', CROWN: '皇冠' },
    risen: (tier) => `恭喜！您的认证服务时长已达到“${tier}”等级。`,
  },
  en: {
    tiers: { WHITE_GOLD: 'White Gold', GOLD: 'Gold', PLATINUM: 'Platinum', DIAMOND: 'Diamond', CROWN: 'Crown' },
    risen: (tier) => `Congratulations! By your certified hours you are of the tier “${tier}” now.`,
  },
};

/** Somebody has reached a higher tier. */
export const tierReached = defineNotification<{ tier: Tier }>({
  kind: 'TIER_REACHED',
  text: ({ locale }, { tier }) => messages[locale].risen(messages[locale].tiers[tier]),
  path: () => '/me/account',
});
