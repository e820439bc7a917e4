import type { Messages } from '#messages/zh-CN.ts';

interface Window {
  weekday: number;
  fromMinute: number;
  untilMinute: number;
}

const clock = (minute: number) =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

/** 周六 08:00–12:00 */
export function windowText({ weekday, fromMinute, untilMinute }: Window, t: Messages): string {
  const whole = fromMinute === 0 && untilMinute === 1440;
  const time = whole ? t.recruitment.day : `${clock(fromMinute)}–${clock(untilMinute)}`;
  return `${t.recruitment.weekdays[weekday - 1]} ${time}`;
}
