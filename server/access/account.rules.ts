/** A login as it is stored and compared: however it was typed, whatever keyboard was on. */
export function normaliseLogin(text: string): string {
  return text.normalize('NFKC').trim().toLowerCase();
}

/** Letters and digits of any script, and what stands in addresses. */
export function isLogin(login: string): boolean {
  return /^[\p{L}\p{N}][\p{L}\p{N}._@+-]{1,63}$/u.test(login) && login.length <= 64;
}

/** The same password, typed on another keyboard, is the same. */
export function normalisePassword(text: string): string {
  return text.normalize('NFKC');
}

export const passwordLength = { least: 10, most: 128 };

export type PasswordProblem = 'tooShort' | 'tooLong' | 'tooSimple' | 'likeLogin';

/** What is wrong with a password that somebody chose; long ones of few different characters are as good as short ones. */
export function passwordProblem(password: string, login: string): PasswordProblem | undefined {
  const characters = [...normalisePassword(password)];
  if (characters.length < passwordLength.least) return 'tooShort';
  if (characters.length > passwordLength.most) return 'tooLong';
  const text = characters.join('').toLowerCase();
  if (login.length > 3 && text.includes(login)) return 'likeLogin';
  const different = new Set(characters).size;
  if (different < 5 || isRow(text) || /^(.+?)\1+$/u.test(text)) return 'tooSimple';
  return undefined;
}

/** 0123456789, abcdefghij and back: each character next to the one before. */
function isRow(text: string): boolean {
  const steps = new Set<number>();
  for (let i = 1; i < text.length; i++) steps.add(text.charCodeAt(i) - text.charCodeAt(i - 1));
  return steps.size === 1;
}

const programs: [RegExp, string][] = [
  [/MicroMessenger/, 'WeChat'],
  [/DingTalk/i, 'DingTalk'],
  [/QQBrowser|QQ\//, 'QQ'],
  [/UCBrowser/, 'UC Browser'],
  [/HuaweiBrowser/, 'Huawei Browser'],
  [/Edg/, 'Edge'],
  [/OPR|Opera/, 'Opera'],
  [/Firefox|FxiOS/, 'Firefox'],
  [/Chrome|CriOS/, 'Chrome'],
  [/Safari/, 'Safari'],
];

const systems: [RegExp, string][] = [
  [/OpenHarmony|HarmonyOS/, 'HarmonyOS'],
  [/Android/, 'Android'],
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Windows/, 'Windows'],
  [/Mac OS X|Macintosh/, 'macOS'],
  [/CrOS/, 'ChromeOS'],
  [/Linux/, 'Linux'],
];

/** “Chrome, Android”: enough for somebody to know their own devices by. Names that need no translation. */
export function deviceOf(userAgent: string | null): string {
  const find = (names: [RegExp, string][]) => names.find(([pattern]) => pattern.test(userAgent ?? ''))?.[1];
  return [find(programs), find(systems)].filter(Boolean).join(', ');
}

export interface Standing {
  id: number;
  role: string;
  unitId: number | null;
}

const rank = ['LEADER', 'COORDINATOR', 'ADMINISTRATOR'];

/** The grant that somebody acts by after signing in: the one that reaches farthest; undefined when there is none. */
export function foremost<G extends Standing>(grants: readonly G[]): G | undefined {
  return grants.toSorted(
    (a, b) =>
      rank.indexOf(b.role) - rank.indexOf(a.role) ||
      Number(a.unitId !== null) - Number(b.unitId !== null) ||
      a.id - b.id,
  )[0];
}
