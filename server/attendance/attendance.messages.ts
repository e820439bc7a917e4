import type { Catalogue } from '../kernel/locale.js';

interface Messages {
  OWN: string;
  STILL_OPEN: string;
  NOT_WAITING: string;
  TIMES: string;
  OVERLAP: string;
  SAME_PERSON: string;
  ACCOUNT_NEEDED: string;
  content: string;
  tooMany: string;
  mismatch: string;
}

export const messages: Catalogue<Messages> = {
  'zh-CN': {
    OWN: '不能确认或更改自己的服务时间，请由其他负责人办理。',
    STILL_OPEN: '此人还在岗，请先签退再处理。',
    NOT_WAITING: '这条记录不在待办状态，可能已由别人处理。请刷新后再看。',
    TIMES: '时间不对：结束须晚于开始、不超过 24 小时，且不在将来。请核对后再提交。',
    OVERLAP: '此人在这段时间已有另一条服务记录。请核对时间。',
    SAME_PERSON: '第二签字人须是另一个人，不能是录入人或服务者本人。',
    ACCOUNT_NEEDED: '需要个人签字：请用自己的账号登录后再办理，设备密钥不能代签。',
    content: '请写明服务内容，1 至 200 个字。',
    tooMany: '一次请提交 1 至 100 条。',
    mismatch: '这个请求编号已用于另一次录入。请重新填写，用新的编号提交。',
  },
  en: {
    OWN: 'Nobody confirms or changes their own hours. Ask another leader.',
    STILL_OPEN: 'They are still on site. Check them out first.',
    NOT_WAITING: 'This record does not wait for that; somebody may have dealt with it. Reload and look again.',
    TIMES: 'The times are wrong: the end must be after the start, within 24 hours, and not in the future.',
    OVERLAP: 'They have another record of service at that time. Check the times.',
    SAME_PERSON: 'The second signature must be another person’s: not of who entered it, nor of who served.',
    ACCOUNT_NEEDED: 'This takes a person’s signature: sign in with your own account. A device key cannot sign.',
    content: 'Say what was done, in 1 to 200 characters.',
    tooMany: 'Send 1 to 100 at a time.',
    mismatch: 'This key was used for another entry. Fill in the form again: a new entry makes a new key.',
  },
};
