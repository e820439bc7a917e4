import { AppError } from './errors.js';
import type { Catalogue, Locale } from './locale.js';

const messages: Catalogue<{ notText: string }> = {
  'zh-CN': { notText: '内容里有无法识别的字符。请删除后再试。' },
  en: { notText: 'The text holds something that is no character. Remove it and try again.' },
};

/** PostgreSQL stores no NUL, and half of a surrogate pair is no character. */
export function isText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** `text` as it is, if the database can be asked for it; throws BAD_USER_INPUT otherwise. */
export function requireText(text: string, locale: Locale): string {
  if (!isText(text)) throw new AppError('BAD_USER_INPUT', messages[locale].notText);
  return text;
}
