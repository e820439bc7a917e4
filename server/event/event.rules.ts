const hourMs = 3_600_000;

/** Helpers set up before an event starts, and the last ones check out after it has ended. */
export const opensBeforeStartMs = 2 * hourMs;
export const closesAfterEndMs = 6 * hourMs;

/** When people may check in and out: from two hours before the start to six hours after the end. */
export function checkInWindow(event: { startsAt: Date; endsAt: Date }): { opensAt: Date; closesAt: Date } {
  return {
    opensAt: new Date(event.startsAt.getTime() - opensBeforeStartMs),
    closesAt: new Date(event.endsAt.getTime() + closesAfterEndMs),
  };
}
