import DataLoader from 'dataloader';
import type { Context } from './context.js';
import type { Database } from './database/database.js';

/** Whatever lives as long as one operation, or one moment in which many are told: loaders are kept by it. */
const kept = new WeakMap<object, Map<unknown, DataLoader<never, unknown>>>();

/**
 * Defines a batched, cached look-up. Call the result with a context to load: all loads of one turn become one call of
 * `batch`, which answers in the order of its keys, and may `prime` what came along for whoever asks for it next. It gets
 * nothing that says who asks, so that executions for different viewers can share what it finds: what somebody may see is
 * for its callers to decide.
 */
export function defineLoader<K, V>(
  batch: (db: Database, keys: readonly K[], prime: (key: K, value: V) => void) => Promise<readonly V[]>,
  keyOf: (key: K) => unknown = (key) => key,
): (ctx: Context) => DataLoader<K, V, unknown> {
  const identity = {};
  return (ctx) => {
    const scope = ctx.moment ?? ctx;
    let loaders = kept.get(scope);
    if (!loaders) kept.set(scope, (loaders = new Map()));
    let loader = loaders.get(identity) as DataLoader<K, V, unknown> | undefined;
    if (!loader) {
      const { db } = ctx;
      const prime = (key: K, value: V) => void loader!.prime(key, value);
      loader = new DataLoader<K, V, unknown>((keys) => batch(db, keys, prime), { cacheKeyFn: keyOf });
      loaders.set(identity, loader as unknown as DataLoader<never, unknown>);
    }
    return loader;
  };
}
