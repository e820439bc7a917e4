import { Temporal } from 'temporal-polyfill';

export interface EventSeed {
  code: string;
  title: string;
  theme: string;
  edition: number;
  startsAt: Date;
  endsAt: Date;
}

/**
 * Volunteer Day, moved to today: the whole calendar day of the community's zone, midnight to midnight, so that whoever
 * tries the system can check in at any hour. Edition and theme are those of the newspaper's 16 June.
 */
export function volunteerDay(now: Date, timeZone: string): EventSeed {
  const midnight = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(timeZone).startOfDay();
  return {
    code: 'volunteer-day-8',
    title: '志愿者日纪念活动',
    theme: '我的胜北我的家',
    edition: 8,
    startsAt: new Date(midnight.epochMilliseconds),
    // Not 24 hours later: a day on which the clocks change is shorter or longer.
    endsAt: new Date(midnight.add({ days: 1 }).startOfDay().epochMilliseconds),
  };
}
