import { AssignmentState } from './assignment.entity.js';

const minuteMs = 60_000;
/** So long after the start somebody who is not there is late, and so long after it, missing. */
export const lateAfterMs = 10 * minuteMs;
export const missingAfterMs = 30 * minuteMs;
/** Whoever checks in at the post this long before the start has come for it. */
export const earlyMs = 120 * minuteMs;
/** A gap that opens within this time is one to be seen now. */
export const soonMs = 60 * minuteMs;
/** How long somebody has to answer an offer, unless whoever offers says otherwise. */
export const offerMs = 10 * minuteMs;

/** Where somebody who is assigned is, as far as the log says. */
export type Presence = 'EXPECTED' | 'HERE' | 'LATE' | 'MISSING' | 'LEFT' | 'ELSEWHERE';

export interface Sighting {
  startsAt: Date;
  endsAt: Date;
  postId: number;
  /** Where they are now; null when they are not on site. */
  herePostId: number | null;
  /** Whether they checked in at the post in time for it. */
  came: boolean;
}

/** Where somebody is for their assignment. */
export function presenceOf({ startsAt, endsAt, postId, herePostId, came }: Sighting, now: Date): Presence {
  if (herePostId === postId && now < endsAt) return 'HERE';
  if (came) return 'LEFT';
  const since = now.getTime() - startsAt.getTime();
  if (since >= 0 && now < endsAt && herePostId !== null) return 'ELSEWHERE';
  if (since >= missingAfterMs || now >= endsAt) return 'MISSING';
  return since >= lateAfterMs ? 'LATE' : 'EXPECTED';
}

const { WAITLISTED, OFFERED, ACCEPTED, DECLINED, RELEASED, DONE, RATED } = AssignmentState;

/** From which state people may bring an assignment into which; what the system does by itself is not among these. */
const ways: Partial<Record<AssignmentState, readonly AssignmentState[]>> = {
  [WAITLISTED]: [OFFERED, ACCEPTED, RELEASED],
  [OFFERED]: [ACCEPTED, DECLINED, RELEASED],
  [ACCEPTED]: [DECLINED, RELEASED, DONE],
  [DONE]: [RATED],
  [RATED]: [RATED],
};

export function mayBecome(from: AssignmentState, to: AssignmentState): boolean {
  return ways[from]?.includes(to) ?? false;
}

/** Whether it takes a place of the shift, and the person's time. */
export function isActive(state: AssignmentState): boolean {
  return state === OFFERED || state === ACCEPTED || state === DONE || state === RATED;
}
