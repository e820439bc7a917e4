import type pg from 'pg';
import type { GridPostKind } from '../hierarchy/service-unit.entity.js';
import type { Context } from '../kernel/context.js';
import { openAccounts } from './accounts.js';
import { hashOfEntry, hashOfTransfer, sha256, type EntryContent } from './ledger.chain.js';
import { LedgerTransfer, TransferKind } from './ledger.entity.js';
import type { TimeRules } from './policy.entity.js';
import { rulesNow } from './policy.service.js';
import { HoldState, TimeAccount, TimeAccountKind } from './time-account.entity.js';
import type { Tier } from '../volunteer/volunteer.entity.js';
import { tierOf, tiers } from './tier.rules.js';

/** What booking works with: a seed has no request around it. */
export type BookContext = Pick<Context, 'db' | 'clock' | 'timeZone' | 'viewer'>;

/** One movement to be booked. */
export interface Booking {
  /** Unique for ever: what has happened once is booked once. */
  key: string;
  kind: TransferKind;
  category?: GridPostKind | null;
  fromId: number;
  toId: number;
  minutes: number;
  reason?: string | null;
  reverses?: LedgerTransfer;
  /** The hold on `fromId` that this pays. */
  holdId?: number;
}

export interface Booked {
  /** In the order of the bookings. */
  transfers: LedgerTransfer[];
  /** Whether all of it had been booked before. */
  replayed: boolean;
  /** Whoever has reached a higher tier by it. */
  risen: { volunteerId: number; tier: Tier }[];
}

/** Thrown inside a transaction, to undo it: the account has less than this to spend. */
export class NotCovered extends Error {
  constructor(
    readonly accountId: number,
    readonly available: number,
  ) {
    super(`account ${accountId} has ${available} minutes to spend`);
  }
}

/** Thrown inside a transaction: the hold was paid, given back or has lapsed. */
export class HoldEnded extends Error {}

/** Thrown inside a transaction: the key was used for something else. */
export class KeyTaken extends Error {}

/** What of an account changes. */
type Books = Pick<
  TimeAccount,
  'id' | 'kind' | 'volunteerId' | 'balance' | 'held' | 'certified' | 'entries' | 'head' | 'lastAt'
>;

/** Minutes that count for the tier: certified ones, and what took them back. */
const certifies = ({ kind, reverses }: Booking) =>
  isMint(kind) || (kind === TransferKind.REVERSAL && isMint(reverses!.kind));

const isMint = (kind: TransferKind) => kind === TransferKind.CERTIFICATION || kind === TransferKind.CARRIED_OVER;

/**
 * THE way into the ledger, in the caller's transaction. Whoever else moves time of one of these accounts waits until its end;
 * accounts are locked in one order, so nobody waits in a circle. What stands there already under its key is answered as it
 * was. What somebody holds above the cap goes to the pool of their station at once, and their tier follows their certified
 * minutes. Throws NotCovered, HoldEnded or KeyTaken, and then nothing of it may be committed.
 */
export async function book(ctx: BookContext, client: pg.ClientBase, bookings: readonly Booking[]): Promise<Booked> {
  const now = ctx.clock();
  // All that can be asked before others have to wait; a number that is not needed is none lost.
  const rules = await rulesNow(ctx, client);
  const ids = await client.query<{ id: number }>({
    name: 'ledger-ids',
    text: `select nextval('ledger_transfer_id_seq')::int as id from generate_series(1, $1)`,
    values: [2 * bookings.length],
  });
  const accounts = await lockAccounts(client, accountsOf(bookings), now);
  const stored = await storedTransfers(ctx, client, bookings);
  const fresh = bookings.filter(({ key }) => !stored.has(key));
  let risen: Booked['risen'] = [];
  if (fresh.length > 0) {
    const overflows = await overflowsOf(client, fresh, accounts, rules, now);
    const page = new Page(ctx, accounts, now);
    await settleHolds(client, fresh, page, now);
    for (const [i, booking] of [...fresh, ...overflows].entries()) page.write(ids.rows[i]!.id, booking);
    await store(client, page);
    risen = await keepTiers(client, page, rules);
    for (const transfer of page.transfers) stored.set(transfer.key, transfer);
  }
  return { transfers: bookings.map(({ key }) => stored.get(key)!), replayed: fresh.length === 0, risen };
}

const accountsOf = (bookings: readonly Booking[]) => bookings.flatMap(({ fromId, toId }) => [fromId, toId]);

/** Accounts under lock, by key; holds on them that nobody settled in time have lapsed. */
export async function lockAccounts(
  client: pg.ClientBase,
  ids: readonly number[],
  now: Date,
): Promise<Map<number, Books>> {
  const { rows } = await client.query<Books>({
    name: 'lock-time-accounts',
    text: `select id, kind, volunteer_id as "volunteerId", balance, held, certified, entries, head, last_at as "lastAt"
      from time_account where id = any($1) order by id for no key update`,
    values: [[...new Set(ids)]],
  });
  const accounts = new Map(rows.map((row) => [row.id, row]));
  const held = rows.filter((row) => row.held > 0).map(({ id }) => id);
  if (held.length > 0) {
    const lapsed = await client.query<{ accountId: number; minutes: number }>({
      name: 'lapse-holds',
      text: `with lapsed as (
          update time_hold set state = 'LAPSED', ended_at = $2
          where account_id = any($1) and state = 'HELD' and expires_at <= $2 returning account_id, minutes
        ), sums as (select account_id, sum(minutes)::int as minutes from lapsed group by 1)
        update time_account a set held = a.held - s.minutes from sums s where a.id = s.account_id
        returning a.id as "accountId", s.minutes`,
      values: [held, now],
    });
    for (const { accountId, minutes } of lapsed.rows) accounts.get(accountId)!.held -= minutes;
  }
  return accounts;
}

async function storedTransfers(ctx: BookContext, client: pg.ClientBase, bookings: readonly Booking[]) {
  // After the locks: whoever booked the same before us has committed by now.
  const { rows } = await client.query<LedgerTransfer>({
    name: 'stored-transfers',
    text: `select ${ctx.db.columns(LedgerTransfer, 't')} from ledger_transfer t where t.key = any($1)`,
    values: [bookings.map(({ key }) => key)],
  });
  const stored = new Map(rows.map((row) => [row.key, Object.assign(new LedgerTransfer(), row)]));
  for (const booking of bookings) {
    const before = stored.get(booking.key);
    if (before && !before.bodyHash.equals(bodyHashOf(booking))) throw new KeyTaken();
  }
  return stored;
}

function bodyHashOf({ kind, category, fromId, toId, minutes, reason, reverses, holdId }: Booking): Buffer {
  const optional = [category, reason, reverses?.id, holdId].map((it) => it ?? null);
  return sha256([kind, fromId, toId, minutes, ...optional]);
}

/** What lies above the cap once this is booked, for the pools. Locks the pools that it needs, after everything else. */
async function overflowsOf(
  client: pg.ClientBase,
  bookings: readonly Booking[],
  accounts: Map<number, Books>,
  { balanceCapMinutes }: TimeRules,
  now: Date,
): Promise<Booking[]> {
  const gains = new Map<number, number>();
  const add = (id: number, minutes: number) => gains.set(id, (gains.get(id) ?? 0) + minutes);
  for (const { fromId, toId, minutes, reverses } of bookings) {
    // Or what overflowed could never be taken back.
    if (reverses?.kind === TransferKind.OVERFLOW) continue;
    add(fromId, -minutes);
    add(toId, minutes);
  }
  const people = [...gains].filter(
    ([id, minutes]) => minutes > 0 && accounts.get(id)?.kind === TimeAccountKind.VOLUNTEER,
  );
  if (people.length === 0) return [];
  const over = people.flatMap(([id, gain]) => {
    const { balance, volunteerId } = accounts.get(id)!;
    // Whoever lies above a cap that was lowered keeps what is theirs: only what comes in overflows.
    const minutes = Math.min(gain, balance + gain - balanceCapMinutes);
    return minutes > 0 ? [{ id, volunteerId: volunteerId!, minutes }] : [];
  });
  if (over.length === 0) return [];
  const { rows: stations } = await client.query<{ unitId: number | null }>(
    `select t.parent_id as "unitId" from unnest($1::int[]) with ordinality as o (id, place)
     join volunteer v on v.id = o.id left join service_unit t on t.id = v.team_id order by o.place`,
    [over.map(({ volunteerId }) => volunteerId)],
  );
  const pools = await openAccounts(
    client,
    stations.map(({ unitId }) => ({ kind: TimeAccountKind.DONATION_POOL, unitId })),
    now,
  );
  const missing = pools.filter((id) => !accounts.has(id));
  for (const [id, pool] of await lockAccounts(client, missing, now)) accounts.set(id, pool);
  return over.map(({ id, minutes }, i) => {
    const { key } = bookings.find(({ toId }) => toId === id)!;
    return { key: `overflow:${id}:${key}`, kind: TransferKind.OVERFLOW, fromId: id, toId: pools[i]!, minutes };
  });
}

async function settleHolds(client: pg.ClientBase, bookings: readonly Booking[], page: Page, now: Date) {
  for (const { holdId, fromId } of bookings) {
    if (holdId === undefined) continue;
    const minutes = await endHold(client, holdId, fromId, HoldState.SETTLED, now);
    if (minutes === null) throw new HoldEnded();
    page.accounts.get(fromId)!.held -= minutes;
  }
}

async function endHold(client: pg.ClientBase, id: number, accountId: number, state: HoldState, now: Date) {
  const { rows } = await client.query<{ minutes: number }>({
    name: 'end-hold',
    text: `update time_hold set state = $3, ended_at = $4 where id = $1 and account_id = $2 and state = 'HELD'
      returning minutes`,
    values: [id, accountId, state, now],
  });
  return rows[0]?.minutes ?? null;
}

/** Keeps minutes of an account for somebody until `expiresAt`. Throws NotCovered. */
export async function placeHold(
  client: pg.ClientBase,
  { accountId, minutes, expiresAt }: { accountId: number; minutes: number; expiresAt: Date },
  now: Date,
): Promise<number> {
  const account = (await lockAccounts(client, [accountId], now)).get(accountId)!;
  if (account.balance - account.held < minutes) throw new NotCovered(accountId, account.balance - account.held);
  const { rows } = await client.query<{ id: number }>(
    `with held as (update time_account set held = held + $2 where id = $1)
     insert into time_hold (account_id, minutes, state, created_at, expires_at) values ($1, $2, 'HELD', $3, $4) returning id`,
    [accountId, minutes, now, expiresAt],
  );
  return rows[0]!.id;
}

/** Gives held minutes back; false when the hold has ended already. */
export async function releaseHold(client: pg.ClientBase, id: number, accountId: number, now: Date): Promise<boolean> {
  await lockAccounts(client, [accountId], now);
  const minutes = await endHold(client, id, accountId, HoldState.RELEASED, now);
  if (minutes === null) return false;
  await client.query('update time_account set held = held - $2 where id = $1', [accountId, minutes]);
  return true;
}

/** What is about to be written: transfers, and accounts as they are after each. */
class Page {
  readonly transfers: LedgerTransfer[] = [];
  readonly entries: (EntryContent & { transferId: number; hash: Buffer })[] = [];
  /** Whose certified minutes change. */
  readonly certified = new Set<Books>();

  constructor(
    private readonly ctx: BookContext,
    readonly accounts: Map<number, Books>,
    private readonly now: Date,
  ) {}

  write(id: number, booking: Booking): void {
    const { role, accountId, keyId } = this.ctx.viewer;
    const from = this.account(booking.fromId);
    const to = this.account(booking.toId);
    const { minutes } = booking;
    const available = from.balance - from.held;
    if (from.kind !== TimeAccountKind.ISSUANCE && available < minutes) throw new NotCovered(from.id, available);
    const at = new Date(Math.max(this.now.getTime(), from.lastAt?.getTime() ?? 0, to.lastAt?.getTime() ?? 0));
    const transfer = Object.assign(new LedgerTransfer(), {
      id,
      key: booking.key,
      bodyHash: bodyHashOf(booking),
      kind: booking.kind,
      category: booking.category ?? null,
      fromId: from.id,
      toId: to.id,
      minutes,
      at,
      reason: booking.reason ?? null,
      reversesId: booking.reverses?.id ?? null,
      reversesKind: booking.reverses?.kind ?? null,
      holdId: booking.holdId ?? null,
      actorRole: role,
      actorAccountId: accountId,
      actorKeyId: keyId,
    });
    this.transfers.push(transfer);
    const transferHash = hashOfTransfer(transfer);
    for (const [account, change] of [
      [from, -minutes],
      [to, minutes],
    ] as const) {
      account.balance += change;
      account.entries++;
      account.lastAt = at;
      const entry = {
        accountId: account.id,
        sequence: account.entries,
        minutes: change,
        balance: account.balance,
        at,
        previousHash: account.head,
      };
      account.head = hashOfEntry(entry, transferHash);
      this.entries.push({ ...entry, transferId: id, hash: account.head });
      if (account.kind === TimeAccountKind.VOLUNTEER && certifies(booking)) {
        account.certified += change;
        this.certified.add(account);
      }
    }
  }

  private account(id: number): Books {
    const account = this.accounts.get(id);
    if (!account) throw new Error(`time account ${id} is not there`);
    return account;
  }
}

async function store(client: pg.ClientBase, { transfers: t, entries: e, accounts }: Page): Promise<void> {
  const touched = new Set(e.map(({ accountId }) => accountId));
  const a = [...accounts.values()].filter(({ id }) => touched.has(id));
  await client.query({
    name: 'store-ledger',
    text: `with transfers as (
        insert into ledger_transfer (id, key, body_hash, kind, category, from_id, to_id, minutes, at, reason, reverses_id,
          reverses_kind, hold_id, actor_role, actor_account_id, actor_key_id)
        select * from unnest($1::int[], $2::text[], $3::bytea[], $4::text[], $5::text[], $6::int[], $7::int[], $8::int[],
          $9::timestamptz[], $10::text[], $11::int[], $12::text[], $13::int[], $14::text[], $15::int[], $16::int[])
      ), accounts as (
        update time_account a set balance = n.balance, held = n.held, certified = n.certified, entries = n.entries,
          head = n.head, last_at = n.last_at
        from unnest($17::int[], $18::int[], $19::int[], $20::int[], $21::int[], $22::bytea[], $23::timestamptz[])
          as n (id, balance, held, certified, entries, head, last_at)
        where a.id = n.id
      )
      insert into ledger_entry (account_id, sequence, transfer_id, minutes, balance, at, previous_hash, hash)
      select * from unnest($24::int[], $25::int[], $26::int[], $27::int[], $28::int[], $29::timestamptz[], $30::bytea[],
        $31::bytea[])`,
    values: [
      ...columnsOf(t, [
        ...(['id', 'key', 'bodyHash', 'kind', 'category', 'fromId', 'toId', 'minutes', 'at', 'reason'] as const),
        ...(['reversesId', 'reversesKind', 'holdId', 'actorRole', 'actorAccountId', 'actorKeyId'] as const),
      ]),
      ...columnsOf(a, ['id', 'balance', 'held', 'certified', 'entries', 'head', 'lastAt']),
      ...columnsOf(e, ['accountId', 'sequence', 'transferId', 'minutes', 'balance', 'at', 'previousHash', 'hash']),
    ],
  });
}

const columnsOf = <T, K extends keyof T>(rows: readonly T[], names: readonly K[]): T[K][][] =>
  names.map((name) => rows.map((row) => row[name]));

async function keepTiers(
  client: pg.ClientBase,
  { certified }: Page,
  { tierMinutes }: TimeRules,
): Promise<Booked['risen']> {
  if (certified.size === 0) return [];
  const people = [...certified].toSorted((a, b) => a.volunteerId! - b.volunteerId!);
  const { rows } = await client.query<{ volunteerId: number; before: Tier | null; tier: Tier | null }>({
    name: 'keep-tiers',
    text: `update volunteer v set tier = n.tier
      from unnest($1::int[], $2::text[]) as n (id, tier) join volunteer o on o.id = n.id
      where v.id = n.id and v.tier is distinct from n.tier
      returning v.id as "volunteerId", o.tier as before, v.tier`,
    values: [
      people.map(({ volunteerId }) => volunteerId),
      people.map((account) => tierOf(account.certified, tierMinutes)),
    ],
  });
  return rows.flatMap(({ volunteerId, before, tier }) =>
    tier !== null && (before === null || tiers.indexOf(tier) > tiers.indexOf(before)) ? [{ volunteerId, tier }] : [],
  );
}
