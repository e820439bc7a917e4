import type { Catalogue } from '../kernel/locale.js';
import type { ConsentGap, faultOfReason } from '../vault/person.rules.js';

export type PersonalDataRefusalText =
  | ConsentGap
  | 'PHONE_INVALID'
  | 'ID_NUMBER_INVALID'
  | 'ID_NUMBER_TAKEN'
  | 'BIRTH_DATE_INVALID'
  | 'BIRTH_DATE_MISMATCH'
  | 'GUARDIAN_INVALID';

interface Messages {
  refusals: Record<PersonalDataRefusalText, string>;
  reasons: Record<NonNullable<ReturnType<typeof faultOfReason>>, string>;
  noNumber: string;
}

export const messages: Catalogue<Messages> = {
  'zh-CN': {
    refusals: {
      PHONE_INVALID: '手机号应为 11 位数字，以 13 至 19 开头。请核对后再提交。',
      ID_NUMBER_INVALID: '身份证号不正确：应为 18 位，且校验码与出生日期有效。请对照证件核对。',
      ID_NUMBER_TAKEN: '这个身份证号已登记在另一名志愿者名下。请核对；如确系同一人，请联系管理员合并。',
      BIRTH_DATE_INVALID: '出生日期应写成 2008-05-31 的形式，且确有这一天。',
      BIRTH_DATE_MISMATCH: '出生日期与身份证号不一致。请核对两者。',
      GUARDIAN_INVALID: '请填写监护人姓名（2 至 50 个字），同意时间不能晚于现在。',
      UNBORN: '出生日期在今天之后。请核对。',
      TOO_YOUNG: '未满 14 周岁不能登记。未保存任何信息。',
      GUARDIAN_CONSENT_NEEDED: '14 至 18 周岁须先登记监护人的同意（姓名、方式、时间）。未保存任何信息。',
      BIRTH_DATE_NEEDED: '学生须先登记出生日期；未满 18 周岁还须有监护人同意。',
    },
    reasons: {
      TOO_SHORT: '请写明理由，至少几个字，例如“核对报名信息”。',
      TOO_LONG: '理由最多 500 个字。请缩短后再提交。',
      HOLDS_NUMBER: '理由会永久留在审计日志里，请不要在其中写手机号或身份证号。',
    },
    noNumber: '请给出手机号或身份证号（只给一个），并且完整、正确。',
  },
  en: {
    refusals: {
      PHONE_INVALID: 'A mobile number has 11 digits and begins with 13 to 19. Check it and send again.',
      ID_NUMBER_INVALID:
        'This is no valid ID number: it has 18 characters, a check character and a real date of birth. Compare it with the card.',
      ID_NUMBER_TAKEN:
        'This ID number is registered for another volunteer. Check it; if they are the same person, ask an administrator to join the two.',
      BIRTH_DATE_INVALID: 'A date of birth is written as 2008-05-31, and has to be a real day.',
      BIRTH_DATE_MISMATCH: 'The date of birth and the ID number do not agree. Check both.',
      GUARDIAN_INVALID: "Give the guardian's name (2 to 50 characters); the consent cannot lie in the future.",
      UNBORN: 'The date of birth lies in the future. Check it.',
      TOO_YOUNG: 'Nobody below 14 can be registered. Nothing was stored.',
      GUARDIAN_CONSENT_NEEDED:
        "From 14 to 18 a guardian's consent (name, means, time) has to be recorded first. Nothing was stored.",
      BIRTH_DATE_NEEDED: "A student's date of birth has to be recorded first; below 18 also a guardian's consent.",
    },
    reasons: {
      TOO_SHORT: 'Give a reason of at least a few words, such as “check the registration”.',
      TOO_LONG: 'A reason has at most 500 characters. Shorten it and send again.',
      HOLDS_NUMBER: 'Reasons stay in the audit log for ever: leave phone and ID numbers out.',
    },
    noNumber: 'Give a phone number or an ID number, one of the two, whole and correct.',
  },
};
