import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { createSourceEventStream, execute, type ExecutionResult } from 'graphql';
import type { Caller } from '../http/caller.js';
import type { Subscribe, SubscriptionArgs } from '../http/delivery.js';
import type { PlacedIterator } from './abortable.js';
import { groupOf } from './group-key.js';

/**
 * A result that went well, as the bytes of its JSON's UTF-8, one character each; or the result itself when it carries
 * errors, which are made fit to be seen elsewhere.
 */
type Shared = string | ExecutionResult;

/** A source; one that tells its place lets its subscribers be told together. */
type Events = AsyncIterator<object> & Partial<Pick<PlacedIterator<object>, 'place'>>;

/** How long to wait before looking again whether somebody has taken what was sent. */
const paceMs = 5;

/**
 * Runs subscriptions so that all who would be told the same share one execution and one serialisation of each event:
 * those of equal visibility, language, document and variables. It serves every subscription of the schema; all that a
 * source has to do is to hand the same object to everybody whom the same event concerns.
 *
 * A subscriber begins with a source of its own, from whatever place it asked for. As soon as that waits at the same place
 * as its group's, the subscriber leaves it and is told with the group from then on. graphql-ws keeps the stream's life; the
 * iterator that it gets yields only what has errors.
 */
export function subscribeShared(createContext: (caller: Caller, moment: object) => object): Subscribe {
  const results = new WeakMap<object, Map<string, Promise<Shared>>>();
  const groups = new Map<string, Group>();
  let moment: object | undefined;

  /** The groups that one event concerns are told in one turn: what they look up is looked up once for all of them. */
  function thisMoment(): object {
    if (!moment) {
      moment = {};
      // Not kept longer, so that nothing is told from what was loaded for an earlier event.
      setImmediate(() => (moment = undefined));
    }
    return moment;
  }

  function resultOf(event: object, key: string, args: SubscriptionArgs): Promise<Shared> {
    let ofEvent = results.get(event);
    if (!ofEvent) results.set(event, (ofEvent = new Map()));
    let result = ofEvent.get(key);
    if (!result) ofEvent.set(key, (result = run(event, args)));
    return result;
  }

  async function run(event: object, args: SubscriptionArgs): Promise<Shared> {
    const contextValue = createContext(args.caller, thisMoment());
    const result = await execute({ ...args, rootValue: event, contextValue });
    return result.errors ? result : bytesOf(JSON.stringify(result));
  }

  /** Tells one member from its own source until it has caught up with its group, or founds the group. */
  async function begin(member: Member, events: Events, key: string): Promise<void> {
    member.told = { leave: () => void events.return?.() };
    try {
      for (;;) {
        const group = groups.get(key);
        if (!group) {
          const founded = new Group(key, events, member.args);
          groups.set(key, founded);
          founded.add(member);
          return await founded.run();
        }
        const next = events.next();
        await nextTurn();
        if (group.waitsWhere(events) && groups.get(key) === group && !member.left) {
          group.add(member);
          void events.return?.();
          return;
        }
        const step = await next;
        if (member.left) return;
        if (step.done) return member.end();
        member.tell(await resultOf(step.value, key, member.args));
        while (member.behind) await delay(paceMs);
      }
    } catch (error) {
      member.fail(error);
    }
  }

  /** Members at one place of one source. It lives as long as anybody is in it. */
  class Group {
    private readonly members = new Set<Member>();

    constructor(
      private readonly key: string,
      private readonly events: Events,
      /** Any member's will do: they are equal in all that counts. */
      private readonly args: SubscriptionArgs,
    ) {}

    /** Whether both wait at the same place, so that they will be told the same from here on. */
    waitsWhere(events: Events): boolean {
      return events.place !== undefined && events.place === this.events.place;
    }

    add(member: Member): void {
      this.members.add(member);
      member.told = this;
    }

    leave(member: Member): void {
      this.members.delete(member);
      if (this.members.size === 0) this.close();
    }

    async run(): Promise<void> {
      try {
        for (;;) {
          const step = await this.events.next();
          if (step.done) break;
          const result = await resultOf(step.value, this.key, this.args);
          for (const member of this.members) member.tell(result);
          // One that is slow is cut off by its connection and holds up nobody; only when all are, as when they catch up
          // with a long log, is there something to wait for.
          while (this.allBehind()) await delay(paceMs);
        }
        for (const member of this.members) member.end();
      } catch (error) {
        for (const member of this.members) member.fail(error);
      } finally {
        this.close();
      }
    }

    private allBehind(): boolean {
      for (const member of this.members) if (!member.behind) return false;
      return this.members.size > 0;
    }

    private close(): void {
      if (groups.get(this.key) === this) groups.delete(this.key);
      void this.events.return?.();
    }
  }

  return async (args) => {
    const source = await createSourceEventStream(args);
    if (!(Symbol.asyncIterator in source)) return source;
    const events = source[Symbol.asyncIterator]() as Events;
    const key = groupOf(args);
    // What was loaded to open the stream is not needed again, and a screen stays for twelve hours.
    args.contextValue = undefined;
    const member = new Member(args);
    void begin(member, events, key);
    return member;
  };
}

/** One stream on one socket, and the iterator by which graphql-ws holds it: it yields only results with errors. */
class Member implements AsyncIterableIterator<ExecutionResult> {
  left = false;
  /** By whom it is told: its own source, or its group. */
  told: { leave(member: Member): void } | undefined;

  /** Everything in front of the payload: the messages of one stream differ in nothing else from those of another. */
  private readonly head: string;
  /** Results that wait to be asked for; mostly there is none, and thousands of members. */
  private awry: ExecutionResult[] | undefined;
  private failure: { error: unknown } | undefined;
  private waiting: ((step: IteratorResult<ExecutionResult> | Promise<never>) => void) | undefined;

  constructor(readonly args: SubscriptionArgs) {
    this.head = bytesOf(`{"id":${JSON.stringify(args.streamId)},"type":"next","payload":`);
  }

  tell(result: Shared): void {
    if (typeof result === 'string') this.args.connection.push(`${this.head}${result}}`);
    else {
      (this.awry ??= []).push(result);
      this.answer();
    }
  }

  get behind(): boolean {
    return this.args.connection.behind;
  }

  end(): void {
    this.left = true;
    this.answer();
  }

  fail(error: unknown): void {
    this.failure = { error };
    this.end();
  }

  /** No async function: one that waits is kept with all that it needs to go on, for as long as nothing goes wrong. */
  next(): Promise<IteratorResult<ExecutionResult>> {
    return new Promise((resolve) => {
      this.waiting = resolve;
      this.answer();
    });
  }

  private answer(): void {
    const { waiting } = this;
    if (!waiting) return;
    const result = this.awry?.shift();
    if (result) waiting({ done: false, value: result });
    else if (this.failure) waiting(Promise.reject(this.failure.error as Error));
    else if (this.left) waiting({ done: true, value: undefined });
    else return;
    this.waiting = undefined;
  }

  async return(): Promise<IteratorResult<ExecutionResult>> {
    this.told?.leave(this);
    this.end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}

function bytesOf(text: string): string {
  return Buffer.from(text).toString('latin1');
}
