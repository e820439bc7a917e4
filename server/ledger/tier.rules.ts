import { Tier } from '../volunteer/volunteer.entity.js';

/** In their order, from the first. */
export const tiers = Object.values(Tier);

/** The tier that so many certified minutes have reached; null before the first one. */
export function tierOf(certifiedMinutes: number, thresholds: readonly number[]): Tier | null {
  const reached = thresholds.filter((minutes) => certifiedMinutes >= minutes).length;
  return tiers[reached - 1] ?? null;
}

/** The next tier and how many minutes are missing to it; null for whoever has reached the last. */
export function nextTier(
  certifiedMinutes: number,
  thresholds: readonly number[],
): { tier: Tier; minutes: number; missing: number } | null {
  const place = thresholds.findIndex((minutes) => certifiedMinutes < minutes);
  if (place < 0) return null;
  return { tier: tiers[place]!, minutes: thresholds[place]!, missing: thresholds[place]! - certifiedMinutes };
}
