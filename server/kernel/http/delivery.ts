import { createSourceEventStream, execute, type ExecutionArgs, type ExecutionResult } from 'graphql';
import type { Caller } from './caller.js';
import type { Connection } from './connection.js';
import type { DoorOptions } from './options.js';

/** A subscription that passed the gate, and where it comes from. */
export interface SubscriptionArgs extends ExecutionArgs {
  readonly caller: Caller;
  /** The socket, for those who write to it themselves: one execution may serve many. */
  readonly connection: Connection;
  /** The client's name for this stream: its `next` messages carry it. */
  readonly streamId: string;
}

/** Where shared execution plugs in. What an iterator yields, graphql-ws sends; one that never yields only lives and ends with its stream. */
export type Subscribe = (
  args: SubscriptionArgs,
) => Promise<AsyncIterable<ExecutionResult> | ExecutionResult> | AsyncIterable<ExecutionResult> | ExecutionResult;

/** The plain way: one execution for each stream and event, each in a context of its own, so that none sees stale data. */
export function subscribeEach(createContext: DoorOptions['createContext']): Subscribe {
  return async (args) => {
    const source = await createSourceEventStream(args);
    if (!(Symbol.asyncIterator in source)) return source;
    return mapEach(source, (rootValue) => execute({ ...args, rootValue, contextValue: createContext(args.caller) }));
  };
}

/** Not an async generator: its `return` would wait for an event that may never come, and the source would stay open. */
function mapEach<T, R>(source: AsyncIterable<T>, map: (value: T) => R | Promise<R>): AsyncIterableIterator<R> {
  const iterator = source[Symbol.asyncIterator]();
  const end = async (): Promise<IteratorResult<R>> => {
    await iterator.return?.();
    return { done: true, value: undefined };
  };
  return {
    async next() {
      const step = await iterator.next();
      return step.done ? { done: true, value: undefined } : { done: false, value: await map(step.value) };
    },
    return: end,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
