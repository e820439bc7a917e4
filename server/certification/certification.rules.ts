/** How well a stay is evidenced: scanned both ways, confirmed by a leader present, or entered later. */
export type Grade = 'A' | 'B' | 'C';

/** One stay of one person, as attendance knows it. */
export interface Stay {
  readonly id: string;
  readonly from: Date;
  /** Null when nobody checked out. */
  readonly to: Date | null;
  readonly grade: Grade;
  /** The shift that it was for; null for service without one. */
  readonly shift: { readonly from: Date; readonly to: Date } | null;
  /** Somebody with the right to do so has said that it was so: for forgotten check-outs, and what was kept for review. */
  readonly isConfirmed: boolean;
  /** Of what was entered later: signed by a second person, published for as long as it takes, and nobody's appeal is open. */
  readonly isPublished: boolean;
}

export interface CertificationRules {
  readonly dayCapMinutes: number;
  readonly minimumSharePercent: number;
}

/** The days where the community is: not all of them have 24 hours. */
export interface Calendar {
  /** The day of a moment, such as 2026-11-24. */
  dayOf(at: Date): string;
  /** The first moment of the next day. */
  endOfDay(at: Date): Date;
}

/** Why a stay counts for less than it lasted, or not yet. */
export type Finding =
  'NOT_PUBLISHED' | 'NOT_CHECKED_OUT' | 'TOO_LONG' | 'BACKWARDS' | 'BELOW_MINIMUM_SHARE' | 'OVERLAPS' | 'DAY_CAP';

export interface Verdict {
  readonly stay: Stay;
  readonly minutes: number;
  readonly findings: Finding[];
}

export interface Certified {
  /** Minutes by day, of the days that have any. */
  readonly days: ReadonlyMap<string, number>;
  /** Of each stay, in time's order. */
  readonly verdicts: readonly Verdict[];
}

const minuteMs = 60_000;
const longestStayMs = 24 * 60 * minuteMs;

/**
 * What one person's stays come to: a function of which stays there are, and of nothing else, so it does not matter in which order they came
 * to be known. Time counts once, however many stays cover it; a day never comes to more than its cap; a day's
 * minutes are whole, with what is left over of all its stays together.
 */
export function certify(stays: readonly Stay[], rules: CertificationRules, calendar: Calendar): Certified {
  const inOrder = stays.toSorted(byTime);
  const findings = new Map<Stay, Set<Finding>>(inOrder.map((stay) => [stay, new Set()]));
  const pieces: Piece[] = [];
  for (const stay of inOrder) {
    const span = countableSpan(stay, rules);
    if (typeof span === 'string') findings.get(stay)!.add(span);
    else pieces.push(...splitByDay(stay, span, calendar));
  }
  const days = new Map<string, number>();
  const minutesOf = new Map<Stay, number>();
  for (const [day, ofDay] of Map.groupBy(pieces, (piece) => piece.day)) {
    let coveredTo = -Infinity;
    let countedMs = 0;
    for (const { stay, from, to } of ofDay) {
      const begin = Math.max(from, coveredTo);
      if (coveredTo > from) findings.get(stay)!.add('OVERLAPS');
      coveredTo = Math.max(coveredTo, to);
      const ms = Math.max(0, to - begin);
      const room = rules.dayCapMinutes * minuteMs - countedMs;
      if (ms > room) findings.get(stay)!.add('DAY_CAP');
      const before = Math.floor(countedMs / minuteMs);
      countedMs += Math.min(ms, room);
      // Of a minute that two stays share, the later one has it.
      minutesOf.set(stay, (minutesOf.get(stay) ?? 0) + Math.floor(countedMs / minuteMs) - before);
    }
    const minutes = Math.floor(countedMs / minuteMs);
    if (minutes > 0) days.set(day, minutes);
  }
  return {
    days,
    verdicts: inOrder.map((stay) => ({ stay, minutes: minutesOf.get(stay) ?? 0, findings: [...findings.get(stay)!] })),
  };
}

interface Piece {
  stay: Stay;
  day: string;
  from: number;
  to: number;
}

/** By what the stays say, not by when they came to be known. */
function byTime(a: Stay, b: Stay): number {
  const end = ({ to }: Stay) => to?.getTime() ?? Infinity;
  return a.from.getTime() - b.from.getTime() || Math.sign(end(a) - end(b)) || (a.id < b.id ? -1 : 1);
}

/** From when to when a stay counts, or why it does not. */
function countableSpan(stay: Stay, { minimumSharePercent }: CertificationRules): [number, number] | Finding {
  const { from, shift, grade, isConfirmed, isPublished } = stay;
  if (grade === 'C' && !isPublished) return 'NOT_PUBLISHED';
  if (stay.to === null && (!isConfirmed || !shift)) return 'NOT_CHECKED_OUT';
  const begin = from.getTime();
  // Nobody knows how long they stayed: not beyond the end of the shift.
  const end = (stay.to ?? shift!.to).getTime();
  if (end <= begin) return 'BACKWARDS';
  if (end - begin > longestStayMs && !isConfirmed) return 'TOO_LONG';
  if (shift) {
    const served = Math.max(0, Math.min(end, shift.to.getTime()) - Math.max(begin, shift.from.getTime()));
    const whole = shift.to.getTime() - shift.from.getTime();
    if (served * 100 < whole * minimumSharePercent) return 'BELOW_MINIMUM_SHARE';
  }
  return [begin, end];
}

function splitByDay(stay: Stay, [begin, end]: [number, number], calendar: Calendar): Piece[] {
  const pieces: Piece[] = [];
  for (let from = begin; from < end;) {
    const to = Math.min(end, calendar.endOfDay(new Date(from)).getTime());
    pieces.push({ stay, day: calendar.dayOf(new Date(from)), from, to });
    from = to;
  }
  return pieces;
}
