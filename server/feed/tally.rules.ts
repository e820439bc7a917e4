import type { Tally } from './tally.entity.js';

/** The path of a post: itself and its three ancestors. */
export interface PostPath {
  postId: number;
  teamId: number;
  stationId: number;
  schoolId: number;
}

/** What one row of the log does to the tallies; `check-in/check-in.entity.ts` says what each field means. */
export interface TallyEffect extends PostPath {
  direction: 'IN' | 'OUT';
  firstLevels: number;
  arrives: boolean;
  leftPostId: number | null;
  leftTeamId: number | null;
  leftStationId: number | null;
  leftSchoolId: number | null;
  minutes: number | null;
}

/** The whole event's place beside the units' keys. */
export const wholeEvent = 0;

/**
 * Applies one row: calls `change` with each unit touched, and with `wholeEvent`, and what to add there. Folding rows in
 * any grouping gives the same sums, so writer, hub and a rebuild agree.
 */
export function foldRow(row: TallyEffect, change: (unitId: number, delta: Tally) => void): void {
  // From the post upwards: place 0 is the post, 4 the whole event.
  const here = [row.postId, row.teamId, row.stationId, row.schoolId, wholeEvent];
  const left =
    row.leftPostId === null
      ? null
      : [row.leftPostId, row.leftTeamId!, row.leftStationId!, row.leftSchoolId!, wholeEvent];
  for (let place = 0; place < 5; place++) {
    const stayEnds = left?.[place] === here[place];
    change(here[place]!, {
      checkIns: row.direction === 'IN' ? 1 : 0,
      people: place < row.firstLevels ? 1 : 0,
      onSite: (row.arrives ? 1 : 0) - (stayEnds ? 1 : 0),
      minutes: left === null || stayEnds ? (row.minutes ?? 0) : 0,
    });
    if (left && !stayEnds) {
      change(left[place]!, { checkIns: 0, people: 0, onSite: -1, minutes: row.minutes ?? 0 });
    }
  }
}

export function addTally(to: Tally, delta: Tally): void {
  to.checkIns += delta.checkIns;
  to.people += delta.people;
  to.onSite += delta.onSite;
  to.minutes += delta.minutes;
}
