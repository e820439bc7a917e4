import type { Locale } from '#lib/locale.ts';
import { en } from './en.ts';
import { zhCN, type Messages } from './zh-CN.ts';

export type { Messages };

/** Both languages, for the server. The browser loads only the one it shows: see `routes/+layout.ts`. */
const catalogues: Record<Locale, Messages> = { 'zh-CN': zhCN, en };

export const messagesOf = (locale: Locale): Messages => catalogues[locale];
