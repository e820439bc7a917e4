import type pg from 'pg';
import type { Logger } from 'pino';
import type { Database } from '../kernel/database/database.js';
import { isUnavailable } from '../kernel/database/unavailable.js';
import type { CheckIn } from './check-in.entity.js';
import { feedBell } from './hub.js';
import { emptyTally, type Tally } from './tally.entity.js';
import { addTally, foldRow, wholeEvent } from './tally.rules.js';

/** The most that one transaction takes along. */
const batchSize = 500;
/** How long a batch is tried again while the database is away, before its clients are told. */
const patienceMs = 8_000;
/** Two batches of one key meet once, and the second knows it by then: what goes on meeting is no accident. */
const conflictAttempts = 3;

/**
 * Decides and stores one batch inside the transaction that holds the feed's lock. Rows get `head.sequence + 1` and so on
 * in order; one outcome for each request, in their order.
 */
export type RecordBatch<Request, Outcome> = (
  client: pg.ClientBase,
  head: { eventId: number; epoch: string; sequence: number },
  requests: readonly Request[],
) => Promise<{ outcomes: Outcome[]; rows: CheckIn[] }>;

interface Waiting<Request, Outcome> {
  request: Request;
  resolve: (outcome: Outcome) => void;
  reject: (error: unknown) => void;
}

/** There is no event of that key, or it has no feed. */
export class UnknownFeed extends Error {}

/** Thrown by a `RecordBatch` that met another transaction half-way: the batch is rolled back and done again. */
export class BatchConflict extends Error {}

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
    const giveUpAt = performance.now() + patienceMs;
    for (let attempt = 0; ; attempt++) {
      try {
        const outcomes = await this.commit(
          eventId,
          batch.map(({ request }) => request),
        );
        batch.forEach(({ resolve }, i) => resolve(outcomes[i]!));
        return;
      } catch (error) {
        // A lost connection leaves open whether the commit was heard. The keys make trying again safe.
        const passes = isPassing(error) && !(error instanceof BatchConflict && attempt >= conflictAttempts);
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

  private commit(eventId: number, requests: Request[]): Promise<Outcome[]> {
    return this.db.lend(async (client) => {
      // One message, so one round trip; the key is a number, so it can stand in the text.
      const [, locked] = (await client.query(
        `begin; select event_id as "eventId", epoch, sequence from feed where event_id = ${Number(eventId)} for update`,
      )) as unknown as pg.QueryResult[];
      const head = locked!.rows[0];
      if (!head) throw new UnknownFeed(`event ${eventId} has no feed`);
      const { outcomes, rows } = await this.record(client, head, requests);
      if (rows.length > 0) await this.moveHead(client, eventId, rows);
      await client.query('commit');
      return outcomes;
    });
  }

  private async moveHead(client: pg.ClientBase, eventId: number, rows: CheckIn[]): Promise<void> {
    const changes = new Map<number, Tally>();
    for (const row of rows) {
      foldRow(row, (unitId, delta) => {
        let sum = changes.get(unitId);
        if (!sum) changes.set(unitId, (sum = { ...emptyTally }));
        addTally(sum, delta);
      });
    }
    const event = changes.get(wholeEvent)!;
    changes.delete(wholeEvent);
    const units = [...changes];
    await client.query({
      name: 'move-head',
      // Nobody else moves this event's tallies: its feed is locked, so a unit without one gets its first here.
      text: `with changes as (
          select * from unnest($2::int[], $3::int[], $4::int[], $5::int[], $6::int[])
            as c (unit_id, check_ins, people, on_site, minutes)
        ), moved as (
          update unit_tally t set check_ins = t.check_ins + c.check_ins, people = t.people + c.people,
            on_site = t.on_site + c.on_site, minutes = t.minutes + c.minutes
          from changes c where t.event_id = $1 and t.unit_id = c.unit_id
        ), begun as (
          insert into unit_tally (event_id, unit_id, check_ins, people, on_site, minutes)
          select $1, c.* from changes c
          where not exists (select from unit_tally t where t.event_id = $1 and t.unit_id = c.unit_id)
        ), head as (
          update feed set sequence = $7, check_ins = check_ins + $8, people = people + $9, on_site = on_site + $10,
            minutes = minutes + $11
          where event_id = $1
        )
        select pg_notify('${feedBell}', $1::text)`,
      values: [
        eventId,
        units.map(([id]) => id),
        units.map(([, t]) => t.checkIns),
        units.map(([, t]) => t.people),
        units.map(([, t]) => t.onSite),
        units.map(([, t]) => t.minutes),
        rows.at(-1)!.sequence,
        event.checkIns,
        event.people,
        event.onSite,
        event.minutes,
      ],
    });
  }

  /** Resolves when everything that was handed in has been answered. Nothing is tried again: its clients are gone. */
  async close(): Promise<void> {
    this.closing = true;
    await Promise.all(this.running);
  }
}

/** Faults that pass by themselves: no connection, a server that starts or stops, a deadlock, a half-way meeting. */
export function isPassing(error: unknown): boolean {
  if (error instanceof BatchConflict || isUnavailable(error)) return true;
  return /^(40001|40P01)$/.test((error as { code?: string }).code ?? '');
}
