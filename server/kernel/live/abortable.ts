/** An iterator that tells where it waits: two of one source that wait at the same place will yield the same from there. */
export interface PlacedIterator<T> extends AsyncIterableIterator<T> {
  /** Set only while it waits for something new, with everything before it handed over. */
  readonly place: unknown;
}

/**
 * An iterator over what `generate` yields that can be left at any time. A plain async generator cannot: `return()`
 * waits behind whatever it is awaiting, so a client that leaves an idle feed would be kept until the next check-in.
 * Everything that `generate` waits for has to end when `signal` aborts.
 */
export function abortable<T>(
  generate: (signal: AbortSignal) => AsyncGenerator<T, void>,
  place: () => unknown = () => undefined,
): PlacedIterator<T> {
  const leaving = new AbortController();
  const generator = generate(leaving.signal);
  return {
    get place() {
      return place();
    },
    next: () => generator.next(),
    return: () => {
      leaving.abort();
      return generator.return() as Promise<IteratorResult<T>>;
    },
    throw: (error: unknown) => {
      leaving.abort();
      return generator.throw(error) as Promise<IteratorResult<T>>;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
