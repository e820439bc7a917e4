import type { Locale } from './locale.ts';

/** The community's own zone: a wall, a phone and a sheet of paper must tell the same time. */
const timeZone = 'Asia/Shanghai';

type Moment = string | number | Date;

export interface Formats {
  number(value: number): string;
  /** A share of 1: 42% */
  percent(share: number): string;
  /** 10:32:05 */
  clock(at: Moment): string;
  /** 10:32 */
  time(at: Moment): string;
  /** 6月16日星期二 */
  date(at: Moment): string;
  /** 2026年6月16日 */
  day(at: Moment): string;
  /** 6月16日 10:32 */
  moment(at: Moment): string;
  /** Service time, kept in whole minutes, in hours: 12.5 */
  hours(minutes: number): string;
}

function makeFormats(locale: Locale): Formats {
  const number = new Intl.NumberFormat(locale);
  const tenths = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 });
  const time = { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  const clock = new Intl.DateTimeFormat(locale, { ...time, second: '2-digit' });
  const shortTime = new Intl.DateTimeFormat(locale, time);
  const date = new Intl.DateTimeFormat(locale, { timeZone, month: 'long', day: 'numeric', weekday: 'long' });
  const day = new Intl.DateTimeFormat(locale, { timeZone, dateStyle: 'long' });
  const moment = new Intl.DateTimeFormat(locale, { ...time, month: 'long', day: 'numeric' });
  return {
    number: (value) => number.format(value),
    percent: (share) => percent.format(share),
    clock: (at) => clock.format(new Date(at)),
    time: (at) => shortTime.format(new Date(at)),
    date: (at) => date.format(new Date(at)),
    day: (at) => day.format(new Date(at)),
    moment: (at) => moment.format(new Date(at)),
    // Rounded down: nobody is credited with time not served.
    hours: (minutes) =>
      minutes < 60_000 ? tenths.format(Math.floor(minutes / 6) / 10) : number.format(Math.floor(minutes / 60)),
  };
}

const made = new Map<Locale, Formats>();

export function formatsOf(locale: Locale): Formats {
  let formats = made.get(locale);
  if (!formats) made.set(locale, (formats = makeFormats(locale)));
  return formats;
}

/** When a day such as 2026-06-16 begins in the community's zone, which knows no summer time; undefined for anything else. */
export function startOfDay(day: string): Date | undefined {
  const at = new Date(`${day}T00:00:00+08:00`);
  return /^\d{4}-\d\d-\d\d$/.test(day) && !Number.isNaN(at.getTime()) ? at : undefined;
}
