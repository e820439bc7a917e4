import type { Catalogue } from '../kernel/locale.js';

interface Messages {
  already(time: string, post: string): string;
  closed(opens: string, closes: string): string;
  passInvalid: string;
  passExpired: string;
  passWrongEvent: string;
  notCheckedIn: string;
  suspended: string;
  mismatch: string;
  noteTooLong: string;
  invisibleText: string;
  impossibleTime: string;
  postMissing: string;
  postTwice: string;
  volunteerMissing: string;
  volunteerTwice: string;
  codeForPostCode: string;
  passForVolunteerPass: string;
}

export const messages: Catalogue<Messages> = {
  'zh-CN': {
    already: (time, post) => `您已于 ${time} 在「${post}」签到，无需重复。要离开请选「签退」。`,
    closed: (opens, closes) => `现在不在签到时间内（${opens} 至 ${closes}）。如有疑问请找岗位负责人。`,
    passInvalid: '这个码无法识别或不是本系统签发的。请重新扫描；仍不行请找岗位负责人。',
    passExpired: '这个码已过期。请扫描岗位屏幕上的最新二维码。',
    passWrongEvent: '这张通行码属于另一场活动。请打开本场活动的通行码。',
    notCheckedIn: '没有找到您的签到记录。请扫描岗位的二维码再签退。',
    suspended: '志愿服务资格目前已暂停，不能签到。请找本队负责人。',
    mismatch: '这个请求编号已用于另一次提交。请重新扫描，用新的编号提交。',
    noteTooLong: '备注最多 200 个字。请缩短后再提交。',
    invisibleText: '备注里有不允许的字符。请删除后再提交。',
    impossibleTime: '时间 at 超出范围。请检查设备的日期和时间，或不填 at。',
    postMissing: '缺少岗位：请给出岗位码 postCode，或由负责人给出 post。',
    postTwice: 'postCode 与 post 只能给出一个。',
    volunteerMissing: '缺少志愿者：请给出通行码 pass，或由负责人给出 volunteer。',
    volunteerTwice: 'pass 与 volunteer 只能给出一个。',
    codeForPostCode: '签到方式为 POST_CODE 时必须给出 postCode。',
    passForVolunteerPass: '签到方式为 VOLUNTEER_PASS 时必须给出 pass。',
  },
  en: {
    already: (time, post) => `Already in: ${time}, at ${post}. Nothing more to do; to leave, choose “check out”.`,
    closed: (opens, closes) => `Check-in is open from ${opens} to ${closes}. If in doubt, ask the post's leader.`,
    passInvalid: 'This code is unreadable or not one of ours. Scan again; if it persists, ask the post’s leader.',
    passExpired: 'This code has expired. Scan the newest code on the post’s screen.',
    passWrongEvent: 'This pass belongs to another event. Open your pass for this one.',
    notCheckedIn: 'No check-in of yours was found. Scan the post’s code to check out.',
    suspended: 'Service is suspended at present, so check-in is not possible. Talk to the leader of the team.',
    mismatch: 'This key was used for another request. Scan again: a new scan makes a new key.',
    noteTooLong: 'A note has at most 200 characters. Shorten it and send again.',
    invisibleText: 'The note holds a character that is not allowed. Remove it and send again.',
    impossibleTime: "`at` is out of range. Check the device's date and time, or leave `at` out.",
    postMissing: 'No post: give `postCode`, or `post` where a leader vouches.',
    postTwice: 'Give `postCode` or `post`, not both.',
    volunteerMissing: 'No volunteer: give `pass`, or `volunteer` where a leader vouches.',
    volunteerTwice: 'Give `pass` or `volunteer`, not both.',
    codeForPostCode: 'Method POST_CODE needs a `postCode`.',
    passForVolunteerPass: 'Method VOLUNTEER_PASS needs a `pass`.',
  },
};
