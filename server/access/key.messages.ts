import type { Catalogue } from '../kernel/locale.js';

interface Messages {
  badName: string;
  badRole: string;
  partnerMissing: string;
  partnerElsewhere: string;
  unitMissing: string;
  administratorsEverywhere: string;
  badExpiry: string;
  badOldEnd: string;
  partnerSuspended: string;
  keyEnded: string;
  keyReplaced: string;
  codeRejected: string;
  pairingExpired: string;
}

export const messages: Catalogue<Messages> = {
  'zh-CN': {
    badName: '名称须为 1 至 100 个字。请修改后再提交。',
    badRole: '这个角色不能用密钥。志愿者请用账号登录。',
    partnerMissing: '合作单位的密钥必须指定单位 partner。',
    partnerElsewhere: '只有合作单位（PARTNER）的密钥才能指定 partner。',
    unitMissing: '请指定本单位范围内的单位 unit。',
    administratorsEverywhere: '管理员管理整个系统，不能限定单位。',
    badExpiry: '到期时间必须晚于现在，且在二十年以内。',
    badOldEnd: '旧密钥的停用时间必须晚于现在，且在 90 天以内。',
    partnerSuspended: '这个合作单位已暂停，不能发放密钥。请先恢复它。',
    keyEnded: '这个密钥已经失效，不能更换。请发放一个新的。',
    keyReplaced: '这个密钥已经更换过。请更换新的那一个。',
    codeRejected: '配对码不正确、已过期或已被确认。请核对屏幕上的配对码后再试。',
    pairingExpired: '配对码已过期。请重新开始配对。',
  },
  en: {
    badName: 'A name has 1 to 100 characters. Change it and send again.',
    badRole: 'There are no keys for this role. Volunteers sign in with an account.',
    partnerMissing: "A partner's key needs to say whose it is: `partner`.",
    partnerElsewhere: 'Only keys for PARTNER belong to a partner: leave `partner` out.',
    unitMissing: 'Give a `unit` within your own.',
    administratorsEverywhere: 'Administrators run the whole installation: leave the unit out.',
    badExpiry: 'A key ends after now, and within twenty years.',
    badOldEnd: 'The old key ends after now, and within 90 days.',
    partnerSuspended: 'This partner is suspended and gets no keys. Resume it first.',
    keyEnded: 'This key has ended and cannot be replaced. Issue a new one.',
    keyReplaced: 'This key has been replaced before. Replace the new one.',
    codeRejected:
      'The code is wrong, has expired, or has been confirmed before. Compare it with the screen and try again.',
    pairingExpired: 'The code has expired. Begin again.',
  },
};
