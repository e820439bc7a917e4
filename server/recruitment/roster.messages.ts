import type { Catalogue } from '../kernel/locale.js';
import type { Unreadable } from './sheet.js';

export type RosterFault =
  | 'CONTINGENT_UNKNOWN'
  | 'TEAM_UNKNOWN'
  | 'TEAM_MISSING'
  | 'NUMBER_INVALID'
  | 'NUMBER_TAKEN'
  | 'NUMBER_OURS'
  | 'NUMBER_OR_PHONE'
  | 'TWICE';

interface Messages {
  rows: Record<RosterFault, (row: number) => string>;
  unreadable: Record<Unreadable['fault'] | 'NO_HEADING' | 'NO_ROWS' | 'INCOMPLETE', string>;
  notReady: (rows: number) => string;
  partTooLarge: string;
}

export const rosterMessages: Catalogue<Messages> = {
  'zh-CN': {
    rows: {
      CONTINGENT_UNKNOWN: () => '类别须为 在职党员、非在职党员、群众 或 学生。',
      TEAM_UNKNOWN: () => '没有这支服务队，或不在您的范围内。请填写队伍编码。',
      TEAM_MISSING: () => '没有填写队伍编码，也没有选择默认服务队。',
      NUMBER_INVALID: () => '编号须为 1 至 40 个字母、数字或 . _ / -。',
      NUMBER_TAKEN: () => '这个编号属于另一位志愿者。请核对编号和姓名。',
      NUMBER_OURS: () => 'BH- 开头的编号由系统编排，登记册里没有这一个。请留空。',
      NUMBER_OR_PHONE: () => '编号和手机号至少填写一项，否则再次导入会重复登记。',
      TWICE: (row) => `与第 ${row} 行是同一个人。请删去一行。`,
    },
    unreadable: {
      NO_FILE: '文件是空的。请选择 Excel（.xlsx）或 CSV 文件。',
      TOO_LARGE: '文件解压后超过 50 MB。请只保留名单那一页，或分成几个文件。',
      DAMAGED: '文件已损坏或不是 Excel（.xlsx）、CSV 文件。请用 Excel 打开后另存为 .xlsx 再试。',
      OLD_EXCEL: '这是旧版 .xls 或加密的文件。请用 Excel 另存为不加密的 .xlsx 再试。',
      ENCODING: '文字编码无法识别。请另存为 .xlsx，或“CSV UTF-8”。',
      TOO_MANY_ROWS: '一次最多导入 20000 行。请分成几个文件。',
      NO_HEADING: '第一行须为列名，至少有“姓名”一列。请对照模板修改。',
      NO_ROWS: '列名下面没有名单。',
      INCOMPLETE: '文件没有传完整。请重新选择文件。',
    },
    notReady: (rows) => `有 ${rows} 行需要改正，没有导入任何人。请改正文件后重新上传。`,
    partTooLarge: '文件每一段最多 180 KB，整个文件最多 8 MB。',
  },
  en: {
    rows: {
      CONTINGENT_UNKNOWN: () => 'The contingent is in-service member, retired member, resident or student.',
      TEAM_UNKNOWN: () => 'There is no such team, or it is not yours. Give the code of a team.',
      TEAM_MISSING: () => 'No team is given, and none was chosen for rows without one.',
      NUMBER_INVALID: () => 'A number has 1 to 40 letters, digits or . _ / -.',
      NUMBER_TAKEN: () => 'This number is another volunteer’s. Check the number and the name.',
      NUMBER_OURS: () =>
        'Numbers that begin with BH- are given by the system, and it gave no such one. Leave it empty.',
      NUMBER_OR_PHONE: () => 'Give a number or a phone: without, the same file would enter them twice.',
      TWICE: (row) => `The same person as in row ${row}. Delete one of the two.`,
    },
    unreadable: {
      NO_FILE: 'The file is empty. Choose an Excel (.xlsx) or CSV file.',
      TOO_LARGE: 'The file unpacks to over 50 MB. Keep the sheet with the people only, or send several files.',
      DAMAGED: 'The file is damaged, or neither Excel (.xlsx) nor CSV. Save it from Excel as .xlsx and try again.',
      OLD_EXCEL: 'This is an old .xls file, or an encrypted one. Save it as .xlsx without a password and try again.',
      ENCODING: 'The encoding of the text is unknown. Save it as .xlsx or as “CSV UTF-8”.',
      TOO_MANY_ROWS: 'At most 20,000 rows at a time. Send several files.',
      NO_HEADING: 'The first row has to name the columns, “name” among them. Compare it with the template.',
      NO_ROWS: 'There are no people below the heading.',
      INCOMPLETE: 'Parts of the file are missing. Choose the file again.',
    },
    notReady: (rows) =>
      `Something is wrong with ${rows === 1 ? 'one row' : `${rows} rows`}, so nobody was imported. Correct the file and upload it again.`,
    partTooLarge: 'A part of a file has at most 180 KB, a file 8 MB.',
  },
};
