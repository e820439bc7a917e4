import type pg from 'pg';
import type { Logger } from 'pino';
import type { Database } from '../kernel/database/database.js';
import { isUnavailable } from '../kernel/database/unavailable.js';
import { BatchConflict } from './append.js';

/** The most that one transaction takes along. */
const batchSize = 500;
/** How long a batch is tried again while the database is away, before its clients are told. */
const patienceMs = 8_000;
/** Two batches of one key meet once, and the second knows it by then: what goes on meeting is no accident. */
const conflictAttempts = 3;

/** Decides and stores one batch by `appendToFeed`: one outcome for each request, in their order. */
export type RecordBatch<Request, Outcome> = (
  client: pg.ClientBase,
  eventId: number,
  requests: readonly Request[],
) => Promise<Outcome[]>;

interface Waiting<Request, Outcome> {
  request: Request;
  resolve: (outcome: Outcome) => void;
  reject: (error: unknown) => void;
}

/** There is no event of that key, or it has no feed. */
export class UnknownFeed extends Error {}

/**
 * Appends to feeds with group commit: commits at once when idle, and takes along whatever arrives while a commit is in
 * flight. Many check-ins cost one flush, and an answer means that it is on disk.
 */
export class FeedWriter<Request, Outcome> {
  private readonly queues = new Map<number, Waiting<Request, Outcome>[]>();
  private readonly running = new Set<Promise<void>>();
  private closing = false;

  constructor(
    private readonly db: Database,
    private readonly log: Logger,
    private readonly record: RecordBatch<Request, Outcome>,
  ) {}

  append(eventId: number, request: Request): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const queue = this.queues.get(eventId);
      if (queue) {
        queue.push({ request, resolve, reject });
        return;
      }
      const fresh = [{ request, resolve, reject }];
      this.queues.set(eventId, fresh);
      const run = this.run(eventId, fresh).finally(() => this.running.delete(run));
      this.running.add(run);
    });
  }

  private async run(eventId: number, queue: Waiting<Request, Outcome>[]): Promise<void> {
    while (queue.length > 0) await this.settle(eventId, queue.splice(0, batchSize));
    this.queues.delete(eventId);
  }

  private async settle(eventId: number, batch: Waiting<Request, Outcome>[]): Promise<void> {
    const requests = batch.map(({ request }) => request);
    const giveUpAt = performance.now() + patienceMs;
    for (let attempt = 0; ; attempt++) {
      try {
        const outcomes = await this.commit(eventId, requests, attempt > 0);
        batch.forEach(({ resolve }, i) => resolve(outcomes[i]!));
        return;
      } catch (error) {
        if (error instanceof BatchConflict && attempt < conflictAttempts) continue;
        // A lost connection leaves open whether the commit was heard. The keys make trying again safe.
        const passes = isPassing(error);
        if (passes && !this.closing && performance.now() < giveUpAt) {
          this.log.warn({ err: error, attempt }, 'a batch of check-ins is tried again');
          await new Promise((resolve) => setTimeout(resolve, Math.min(20 * 2 ** attempt, 500)));
        } else if (batch.length > 1 && !passes) {
          // One that the database will not take must not spoil the others.
          for (const one of batch) await this.settle(eventId, [one]);
          return;
        } else {
          batch.forEach(({ reject }) => reject(error));
          return;
        }
      }
    }
  }

  /**
   * Nothing is locked while the rules decide: who stores first has won, and the other one notices as it stores. It comes
   * back `inTurn`: it waits for the feed's lock before it looks, so that busy nodes let each other through.
   */
  private commit(eventId: number, requests: readonly Request[], inTurn: boolean): Promise<Outcome[]> {
    if (!inTurn) return this.db.lend((client) => this.record(client, eventId, requests));
    return this.db.transaction(async (client) => {
      await client.query('select from feed where event_id = $1 for update', [eventId]);
      return this.record(client, eventId, requests);
    });
  }

  /** Resolves when everything that was handed in has been answered. Nothing is tried again: its clients are gone. */
  async close(): Promise<void> {
    this.closing = true;
    await Promise.all(this.running);
  }
}

/** Faults that pass by themselves: no connection, a server that starts or stops, a deadlock. */
export function isPassing(error: unknown): boolean {
  return isUnavailable(error) || /^(40001|40P01)$/.test((error as { code?: string }).code ?? '');
}
