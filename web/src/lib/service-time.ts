import type { Messages } from '#messages/zh-CN.ts';
import type { Formats } from './format.ts';

/** Below ten hours, minutes tell more. */
const hoursFromMinutes = 600;

/** How service time, kept in whole minutes, is shown: as a number of minutes or of hours, and its unit. */
export function serviceTime(minutes: number, t: Messages, format: Formats) {
  return minutes < hoursFromMinutes
    ? { show: format.number, unit: t.units.minutes }
    : { show: format.hours, unit: t.units.hours };
}
