/** People by the number of the quarter of an hour, counted from when check-in opens. */
export type Buckets = ReadonlyMap<number, number>;

export const bucketMs = 15 * 60_000;

/**
 * Adds people to what was counted before, which stays as it is. What lies outside the event, by a device whose clock is
 * wrong, counts at its edge: the sum is always the number of people. Ascending, and only quarters with people in them.
 */
export function addArrivals(
  before: Buckets,
  news: Iterable<readonly [bucket: number, people: number]>,
  longest = Infinity,
): [bucket: number, people: number][] {
  const sums = new Map(before);
  for (const [bucket, people] of news) {
    const place = Math.min(Math.max(bucket, 0), longest);
    sums.set(place, (sums.get(place) ?? 0) + people);
  }
  return [...sums].filter(([, people]) => people > 0).sort(([a], [b]) => a - b);
}
