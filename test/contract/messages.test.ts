import 'reflect-metadata';
import { describe, expect, test } from 'vitest';
import { messages as attendanceMessages } from '../../server/attendance/attendance.messages.js';
import { messages as certificationMessages } from '../../server/certification/certification.news.js';
import { messages as checkInMessages } from '../../server/check-in/check-in.messages.js';
import { messages as accountMessages } from '../../server/access/account.messages.js';
import { messages as keyMessages } from '../../server/access/key.messages.js';
import { cursorExpired } from '../../server/feed/cursor.js';
import {
  forbidden,
  internalError,
  notFound,
  rateLimited,
  unauthenticated,
  unavailable,
} from '../../server/kernel/errors.js';
import { locales, type Locale } from '../../server/kernel/locale.js';
import { staleEdit } from '../../server/kernel/refusal.js';
import { messages as ledgerMessages } from '../../server/ledger/ledger.messages.js';
import { requireText } from '../../server/kernel/text.js';
import { messages as rewardMessages } from '../../server/reward/reward.messages.js';
import { messages as taskMessages } from '../../server/task/task.messages.js';
import { messages as personalDataMessages } from '../../server/personal-data/personal-data.messages.js';
import { rosterMessages } from '../../server/recruitment/roster.messages.js';
import { messages as recruitmentMessages } from '../../server/recruitment/recruitment.messages.js';

/** Every text of a catalogue by its path; functions are called with something in each of their places. */
function textsOf(catalogue: object, path = ''): [path: string, text: unknown][] {
  return Object.entries(catalogue).flatMap(([key, value]: [string, unknown]): [string, unknown][] => {
    const at = path ? `${path}.${key}` : key;
    if (typeof value === 'function') {
      const args = Array.from({ length: value.length }, (_, i) => i + 3);
      return textsOf({ [key]: (value as (...args: unknown[]) => unknown)(...args) }, path);
    }
    if (typeof value === 'object' && value !== null) return textsOf(value, at);
    return [[at, value]];
  });
}

const bad = (texts: [string, unknown][]) =>
  texts.filter(([, text]) => typeof text !== 'string' || !text.trim() || /undefined|NaN|\[object|null|\$\{/.test(text));

const error = (make: () => unknown): string => {
  try {
    return (make() as Error).message;
  } catch (thrown) {
    return (thrown as Error).message;
  }
};

const ofServer = (locale: Locale): Record<string, object> => ({
  account: accountMessages[locale],
  attendance: attendanceMessages[locale],
  checkIn: checkInMessages[locale],
  keys: keyMessages[locale],
  certification: certificationMessages[locale],
  ledger: ledgerMessages[locale],
  reward: rewardMessages[locale],
  personalData: personalDataMessages[locale],
  roster: rosterMessages[locale],
  recruitment: {
    ...recruitmentMessages[locale],
    feedback: recruitmentMessages[locale].feedback({
      organisation: '–',
      year: 2026,
      quarter: 4,
      members: 1,
      served: 1,
      times: 1,
      hours: '1.5',
      offers: '–',
    }),
  },
  task: taskMessages[locale],
  errors: {
    stale: staleEdit(locale, locale === 'en' ? 'Li Ming' : '李明', 2).message,
    staleBySystem: staleEdit(locale, null, 2).message,
    unauthenticated: error(() => unauthenticated(locale)),
    forbidden: error(() => forbidden(locale)),
    notFound: error(() => notFound(locale)),
    internal: error(() => internalError(locale, 'id')),
    unavailable: error(() => unavailable(locale, 'id')),
    rateLimited: error(() => rateLimited(locale, 61_000)),
    rateLimitedLong: error(() => rateLimited(locale, 610_000)),
    cursorExpired: error(() => cursorExpired(locale)),
    notText: error(() => requireText('\0', locale)),
  },
});

describe.each(locales)('in %s', (locale) => {
  test('the server says something for everything', () => {
    const texts = textsOf(ofServer(locale));
    expect(texts.length).toBeGreaterThan(20);
    expect(bad(texts)).toEqual([]);
  });

  test('it is that language', () => {
    for (const [path, text] of textsOf(ofServer(locale))) {
      const isChinese = /\p{Script=Han}/u.test(text as string);
      expect([path, isChinese]).toEqual([path, locale === 'zh-CN']);
    }
  });

  test('so do the pages', async () => {
    // By address: the web has a compiler's configuration of its own.
    const file = new URL(`../../web/messages/${locale}.ts`, import.meta.url).href;
    const [catalogue] = Object.values((await import(/* @vite-ignore */ file)) as Record<string, object>);
    const texts = textsOf(catalogue!);
    expect(texts.length).toBeGreaterThan(50);
    // English counts people without a measure word.
    expect(bad(texts).filter(([path]) => !path.startsWith('units.'))).toEqual([]);
  });
});

test('the look finds what is empty or half', () => {
  const half = {
    a: '',
    b: (x: number, y?: number) => `${x} ${y}`,
    c: { d: ' ', e: 'fine', f: (n: number) => `${n} fine` },
  };
  expect(bad(textsOf(half)).map(([path]) => path)).toEqual(['a', 'c.d']);
  expect(bad(textsOf({ g: (x: { y?: string }) => `${x.y}` })).map(([path]) => path)).toEqual(['g']);
});
