import type { Catalogue } from '../kernel/locale.js';
import { passwordLength, type PasswordProblem } from './account.rules.js';

interface Messages {
  signInRefused: Record<'WRONG_CREDENTIALS' | 'ACCOUNT_DISABLED' | 'PASSWORD_EXPIRED', string>;
  overHttp: string;
  wrongPassword: string;
  passwordRefused: Record<PasswordProblem | 'sameAsBefore', string>;
  mustChangePassword: string;
  notAVolunteer: string;
  grantNotNow: string;
  badLogin: string;
  badName: string;
  loginTaken: string;
  volunteerHasAccount: string;
  lastAdministrator: string;
  needsARole: string;
  administratorsEverywhere: string;
  badTimes: string;
  alreadyGranted: string;
}

export const messages: Catalogue<Messages> = {
  'zh-CN': {
    signInRefused: {
      WRONG_CREDENTIALS: '账号或密码不正确。请检查大小写和输入法后再试；忘记密码请找管理员重置。',
      ACCOUNT_DISABLED: '这个账号已停用。如有疑问请联系管理员。',
      PASSWORD_EXPIRED: '这个一次性密码已过期。请联系管理员重新生成。',
    },
    overHttp: '登录和切换身份请用 HTTP 请求（POST），WebSocket 连接上无法进行。',
    wrongPassword: '当前密码不正确，密码没有修改。请重新输入。',
    passwordRefused: {
      tooShort: `新密码太短，至少 ${passwordLength.least} 个字符。`,
      tooLong: `新密码太长，最多 ${passwordLength.most} 个字符。`,
      tooSimple: '新密码太简单，容易被猜到。请多用几种不同的字符，例如几个不相关的词。',
      likeLogin: '新密码不能包含账号名。请换一个。',
      sameAsBefore: '新密码不能与当前密码相同。请换一个。',
    },
    mustChangePassword: '请先修改一次性密码，再切换身份。',
    notAVolunteer: '这个账号没有关联志愿者，不能以志愿者身份继续。',
    grantNotNow: '这项角色尚未开始或已经结束。请刷新页面后再选。',
    badLogin: '账号名须为 2 至 64 个字母或数字，可含 . _ @ + -，并以字母或数字开头。',
    badName: '姓名须为 1 至 60 个字。请修改后再提交。',
    loginTaken: '这个账号名已被使用。请换一个。',
    volunteerHasAccount: '这位志愿者已有账号，不能再建一个。',
    lastAdministrator: '这是最后一位长期管理员，不能停用或收回。请先指定另一位管理员。',
    needsARole: '请为新账号指定一个本单位范围内的角色，或关联一位本单位的志愿者。',
    administratorsEverywhere: '管理员管理整个系统，不能限定单位。',
    badTimes: '结束时间必须晚于开始时间，且不能早于现在。',
    alreadyGranted: '这个账号在这段时间内已有该单位的这项角色。',
  },
  en: {
    signInRefused: {
      WRONG_CREDENTIALS:
        'The login or the password is wrong. Check capitals and keyboard and try again; if it is forgotten, an administrator can reset it.',
      ACCOUNT_DISABLED: 'This account is disabled. If in doubt, ask an administrator.',
      PASSWORD_EXPIRED: 'This one-time password has expired. Ask an administrator for a new one.',
    },
    overHttp: 'Sign in and change roles by an HTTP request (POST): a WebSocket cannot carry the cookie.',
    wrongPassword: 'The present password is wrong, so nothing was changed. Type it again.',
    passwordRefused: {
      tooShort: `The new password is too short: at least ${passwordLength.least} characters.`,
      tooLong: `The new password is too long: at most ${passwordLength.most} characters.`,
      tooSimple: 'The new password is too easy to guess. Use more different characters, such as a few unrelated words.',
      likeLogin: 'The new password may not contain the login. Choose another one.',
      sameAsBefore: 'The new password is the present one. Choose another one.',
    },
    mustChangePassword: 'Change the one-time password first, then your role.',
    notAVolunteer: 'This account belongs to no volunteer, so it cannot act as one.',
    grantNotNow: 'This role has not begun or has ended. Reload the page and choose again.',
    badLogin: 'A login has 2 to 64 letters or digits, also . _ @ + -, and begins with a letter or a digit.',
    badName: 'A name has 1 to 60 characters. Change it and send again.',
    loginTaken: 'Another account has this login. Choose another one.',
    volunteerHasAccount: 'This volunteer has an account already.',
    lastAdministrator: 'This is the last permanent administrator. Appoint another one first.',
    needsARole: 'Give the account a role within your unit, or a volunteer of your unit.',
    administratorsEverywhere: 'Administrators run the whole installation: leave the unit out.',
    badTimes: 'The end must come after the start, and may not have passed.',
    alreadyGranted: 'The account has this role at this unit in that time already.',
  },
};
