import type { Context } from '../kernel/context.js';
import { Notification } from './notification.entity.js';

/** After so many attempts a channel gives up; the notification stays where the application shows it. */
const mostAttempts = 6;
const firstPauseMs = 30_000;
/** Older news is nobody's any more on a channel that comes late. */
const freshMs = 2 * 24 * 3_600_000;
/** For as long a delivery is one node's own; if that dies, another tries again. */
const leaseMs = 60_000;
const batchSize = 20;

/** Brings one notification to its recipient; throws when it should be tried again. */
export type Deliver = (notification: Notification) => Promise<void>;

/**
 * Delivers by one channel what is due, and tells how many were delivered. Nodes that do it at once take different ones. A
 * channel that fails is tried again, later and later, and then no more. Delivered is at least once: a node may die between
 * sending and noting it down.
 */
export async function drainOutbox(
  { db, clock, log }: Pick<Context, 'db' | 'clock' | 'log'>,
  channel: string,
  deliver: Deliver,
): Promise<number> {
  const now = clock();
  const found = await db.query<Notification>(
    `select ${db.columns(Notification, 'n')}
     from notification n left join notification_delivery d on d.notification_id = n.id and d.channel = $1
     where n.created_at > $2 and (d.channel is null or d.next_attempt_at <= $3) order by n.id limit ${batchSize}`,
    [channel, new Date(now.getTime() - freshMs), now],
  );
  // Whoever notes its attempt first has it: others find a row that is not due any more.
  const taken = await db.query<{ id: number; attempts: number }>(
    `insert into notification_delivery as d (notification_id, channel, attempts, next_attempt_at)
     select id, $1, 1, $3 from unnest($2::int[]) as id order by id
     on conflict (notification_id, channel) do update set attempts = d.attempts + 1, next_attempt_at = $3
       where d.next_attempt_at <= $4
     returning notification_id as id, attempts`,
    [channel, found.map(({ id }) => id), new Date(now.getTime() + leaseMs), now],
  );
  let delivered = 0;
  for (const { id, attempts } of taken) {
    const notification = Object.assign(
      new Notification(),
      found.find((it) => it.id === id),
    );
    const done = await deliver(notification).then(
      () => true,
      (error: unknown) => {
        log.warn({ err: error, channel, notification: id }, 'a notification could not be delivered');
        return false;
      },
    );
    if (done) delivered++;
    const again = attempts < mostAttempts ? new Date(clock().getTime() + firstPauseMs * 4 ** (attempts - 1)) : null;
    await db.query(
      `update notification_delivery set next_attempt_at = $3, delivered_at = $4
       where notification_id = $1 and channel = $2`,
      [id, channel, done ? null : again, done ? clock() : null],
    );
  }
  return delivered;
}
