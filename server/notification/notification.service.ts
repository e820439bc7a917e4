import type pg from 'pg';
import { decodeCursor, toPage, type Page, type PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import { forbidden } from '../kernel/errors.js';
import { numericKey } from '../kernel/global-id.js';
import { abortable } from '../kernel/live/abortable.js';
import type { Viewer } from '../kernel/viewer.js';
import { inboxBell, type Inbox } from './inbox.js';
import { kindOf, type NotificationKind } from './kinds.js';
import { Notification, type NotificationParameters } from './notification.entity.js';

declare module '../kernel/context.js' {
  interface Context {
    readonly inbox: Inbox;
  }
}

/** Who is told: somebody by their account, for what concerns an office, or a volunteer, with an account or without. */
export type Recipient = { accountId: number } | { volunteerId: number };

/**
 * Tells somebody something, in the transaction of its cause: when that is undone, nothing was said. Parameters hold keys,
 * never a name or a number of a person.
 */
export async function notify<P extends NotificationParameters>(
  { clock }: Pick<Context, 'clock'>,
  client: pg.ClientBase,
  kind: NotificationKind<P>,
  recipients: readonly Recipient[],
  parameters: P,
): Promise<void> {
  if (recipients.length === 0) return;
  const accounts = recipients.map((it) => ('accountId' in it ? it.accountId : null));
  const volunteers = recipients.map((it) => ('volunteerId' in it ? it.volunteerId : null));
  await client.query(
    `with told as (
       insert into notification (account_id, volunteer_id, kind, parameters, created_at)
       select distinct account_id, volunteer_id, $3, $4::jsonb, $5::timestamptz
       from unnest($1::int[], $2::int[]) as r (account_id, volunteer_id)
       returning account_id, volunteer_id
     )
     select pg_notify('${inboxBell}', coalesce('account ' || account_id, 'volunteer ' || volunteer_id)) from told`,
    [accounts, volunteers, kind.kind, JSON.stringify(parameters), clock()],
  );
}

/**
 * Those who coordinate a unit: the holders of a grant at it or above it, and with no unit, those who act everywhere.
 */
export async function managersOf(
  { clock }: Pick<Context, 'clock'>,
  client: pg.ClientBase,
  unitId: number | null,
): Promise<Recipient[]> {
  const { rows } = await client.query<{ accountId: number }>(
    `select distinct g.account_id as "accountId" from role_grant g join account a on a.id = g.account_id
     where a.disabled_at is null and g.starts_at <= $2 and (g.ends_at is null or g.ends_at > $2)
       and (g.role = 'COORDINATOR' or ($1::int is null and g.role = 'ADMINISTRATOR'))
       and (g.unit_id is null or g.unit_id in (
         select unnest(array[u.id, p.id, f.id, s.id]) from service_unit u
         left join service_unit p on p.id = u.parent_id left join service_unit f on f.id = p.parent_id
         left join service_unit s on s.id = f.parent_id where u.id = $1))
     order by 1 limit 200`,
    [unitId, clock()],
  );
  return rows;
}

const own = '(n.account_id = $1 or n.volunteer_id = $2)';
const recipientOf = ({ accountId, volunteerId }: Viewer) => [accountId, volunteerId];

/** The viewer's own, the newest first. */
export async function listNotifications(ctx: Context, args: PageArgs): Promise<Page<Notification>> {
  const place = decodeCursor(args.after);
  const before = place === undefined ? null : /^\d{1,9}$/.test(place) ? Number(place) : 0;
  const rows = await ctx.db.query<Notification>(
    `select ${ctx.db.columns(Notification, 'n')} from notification n
     where ${own} and ($3::int is null or n.id < $3) order by n.id desc limit $4`,
    [...recipientOf(ctx.viewer), before, args.first + 1],
  );
  return toPage(
    rows.map((row) => Object.assign(new Notification(), row)),
    args,
    ({ id }) => id,
    async () =>
      (
        await ctx.db.query<{ count: number }>(
          `select count(*)::int as count from notification n where ${own}`,
          recipientOf(ctx.viewer),
        )
      )[0]!.count,
  );
}

export async function unreadCount(ctx: Context): Promise<number> {
  const [row] = await ctx.db.query<{ count: number }>(
    `select count(*)::int as count from notification n where ${own} and n.read_at is null`,
    recipientOf(ctx.viewer),
    'notifications-unread',
  );
  return row!.count;
}

/** One of the viewer's own, or null. */
export async function ownNotification(ctx: Context, id: number): Promise<Notification | null> {
  const [row] = await ctx.db.query<Notification>(
    `select ${ctx.db.columns(Notification, 'n')} from notification n where ${own} and n.id = $3`,
    [...recipientOf(ctx.viewer), id],
  );
  return row ? Object.assign(new Notification(), row) : null;
}

/** Marks these as read, or all of the viewer's own; those of others are passed over. Tells how many are left unread. */
export async function markRead(ctx: Context, ids?: readonly string[] | null): Promise<number> {
  const keys = ids?.map((id) => numericKey(id, 'Notification') ?? 0) ?? null;
  await ctx.db.transaction(async (client) => {
    const { rowCount } = await client.query(
      `update notification n set read_at = $3 where ${own} and n.read_at is null and ($4::int[] is null or n.id = any($4))`,
      [...recipientOf(ctx.viewer), ctx.clock(), keys],
    );
    // Somebody's other screens count down with this one.
    if (rowCount) await client.query('select pg_notify($1, $2)', [inboxBell, keysOf(ctx.viewer)[0]]);
  });
  return unreadCount(ctx);
}

/** How it is told, in the reader's language; a kind that this version does not know is told by its name. */
export async function textOf(ctx: Context, { kind, parameters }: Notification): Promise<string> {
  return (await kindOf(kind)?.text(ctx, parameters)) ?? kind;
}

export const pathOf = ({ kind, parameters }: Notification): string | null => kindOf(kind)?.path?.(parameters) ?? null;

/** What a bell shows: how many are unread, and the newest of all. */
export interface News {
  unread: number;
  latest: Notification | null;
}

/** What the viewer is told, at once and then whenever something comes or is read. */
export function followNotifications(ctx: Context): AsyncIterableIterator<News> {
  const keys = keysOf(ctx.viewer);
  if (keys.length === 0) throw forbidden(ctx.locale);
  return abortable(async function* (signal) {
    const { rung, leave } = ctx.inbox.join(keys, signal);
    try {
      while (!signal.aborted) {
        const [unread, { nodes }] = await Promise.all([unreadCount(ctx), listNotifications(ctx, { first: 1 })]);
        yield { unread, latest: nodes[0] ?? null };
        await rung();
      }
    } finally {
      leave();
    }
  });
}

const keysOf = ({ accountId, volunteerId }: Viewer): string[] => [
  ...(accountId === null ? [] : [`account ${accountId}`]),
  ...(volunteerId === null ? [] : [`volunteer ${volunteerId}`]),
];
