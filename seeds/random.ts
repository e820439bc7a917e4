import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Chance that can be repeated: the same seed gives the same choices on every machine and in every run. */
export interface Random {
  /** A whole number, both ends included. */
  int(from: number, to: number): number;
  /** From 0 to below 1. */
  fraction(): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** Picks a key with a probability in proportion to its weight. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K;
  /** A shuffled copy. */
  shuffle<T>(items: readonly T[]): T[];
}

export function createRandom(seed: number): Random {
  const generator = xoroshiro128plus(seed);
  const int = (from: number, to: number) => uniformInt(generator, from, to);
  const fraction = () => uniformFloat64(generator);
  return {
    int,
    fraction,
    chance: (probability) => fraction() < probability,
    pick(items) {
      if (items.length === 0) throw new RangeError('Nothing to pick from.');
      return items[int(0, items.length - 1)]!;
    },
    weighted<K extends string>(weights: Readonly<Record<K, number>>) {
      const entries = Object.entries<number>(weights) as [K, number][];
      let left = fraction() * entries.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [key, weight] of entries) {
        left -= weight;
        if (left < 0) return key;
      }
      throw new RangeError('The weights must be positive.');
    },
    shuffle(items) {
      const copy = [...items];
      for (let end = copy.length - 1; end > 0; end--) {
        const other = int(0, end);
        [copy[end], copy[other]] = [copy[other]!, copy[end]!];
      }
      return copy;
    },
  };
}
