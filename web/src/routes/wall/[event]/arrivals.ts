const quarterMs = 15 * 60_000;
const hourMs = 4 * quarterMs;
/** A column for each quarter of an hour, as long as the columns can be told apart. */
const mostColumns = 64;
/** A morning that has only begun is not stretched over the whole screen. */
const leastHours = 4;
/** Signs of the hours that fit below each other's feet. */
const mostHours = 8;

interface Previous {
  startsAt: string;
  arrivals: readonly { from: string; people: number }[];
}

export interface Curve {
  columns: { from: number; people: number; previously: number }[];
  hours: { at: number; place: number }[];
  /** The highest column of this day, and of both. */
  most: number;
  highest: number;
  /** Who had come by now, this time and last time at the same hour. */
  sofar: number;
  before: number;
}

/** A day's arrivals beside those of the edition before it, which is laid over so that both begin at the same time. */
export function daysCurve(
  arrivals: ReadonlyMap<number, number>,
  previous: Previous | null,
  startsAt: string,
  now: number,
): Curve {
  const shift = previous ? Date.parse(startsAt) - Date.parse(previous.startsAt) : 0;
  const earlier = new Map(previous?.arrivals.map(({ from, people }) => [Date.parse(from) + shift, people]));
  const times = [...arrivals.keys(), ...earlier.keys()];
  const first = Math.floor(Math.min(...times) / hourMs) * hourMs;
  const last = Math.max(Math.ceil((Math.max(...times) + 1) / hourMs) * hourMs, first + leastHours * hourMs);
  if (times.length === 0) return { columns: [], hours: [], most: 0, highest: 1, sofar: 0, before: 0 };

  const quarters = Math.ceil((last - first) / quarterMs / mostColumns);
  const width = quarters * quarterMs;
  const count = Math.ceil((last - first) / width);
  const within = (of: ReadonlyMap<number, number>, from: number, to: number) =>
    [...of].reduce((sum, [at, people]) => (at >= from && at < to ? sum + people : sum), 0);
  const columns = Array.from({ length: count }, (_, index) => {
    const from = first + index * width;
    return { from, people: within(arrivals, from, from + width), previously: within(earlier, from, from + width) };
  });
  const hoursApart = Math.ceil((last - first) / hourMs / mostHours) * hourMs;
  const hours = Array.from({ length: Math.floor((last - first) / hoursApart) + 1 }, (_, index) => {
    const at = first + index * hoursApart;
    return { at, place: (at - first) / (count * width) };
  });
  const most = Math.max(...columns.map(({ people }) => people));
  const highest = Math.max(1, most, ...columns.map(({ previously }) => previously));
  return {
    columns,
    hours,
    most,
    highest,
    sofar: within(arrivals, -Infinity, Infinity),
    before: within(earlier, -Infinity, now),
  };
}
