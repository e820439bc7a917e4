import DataLoader from 'dataloader';

/** Whatever lives as long as one operation, or one delivery of a subscription: loaders are kept by it. */
const kept = new WeakMap<object, Map<unknown, DataLoader<never, unknown>>>();

/**
 * Defines a batched, per-operation cached look-up. Call the result with a context to load: all loads of one turn
 * become one call of `batch`, which answers in the order of its keys.
 */
export function defineLoader<C extends object, K, V>(
  batch: (ctx: C, keys: readonly K[]) => Promise<readonly V[]>,
  keyOf: (key: K) => unknown = (key) => key,
): (ctx: C) => DataLoader<K, V, unknown> {
  const identity = {};
  return (ctx) => {
    let loaders = kept.get(ctx);
    if (!loaders) kept.set(ctx, (loaders = new Map()));
    let loader = loaders.get(identity) as DataLoader<K, V, unknown> | undefined;
    if (!loader) {
      loader = new DataLoader<K, V, unknown>((keys) => batch(ctx, keys), { cacheKeyFn: keyOf });
      loaders.set(identity, loader as unknown as DataLoader<never, unknown>);
    }
    return loader;
  };
}
