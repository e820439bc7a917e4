import pg from 'pg';
import { AuditAction } from '../audit/audit-entry.entity.js';
import { recordAudit, requireReason } from '../audit/audit.service.js';
import { isWithin, requiredUnit, requireUnit } from '../hierarchy/hierarchy.service.js';
import { ServiceStation } from '../hierarchy/service-unit.entity.js';
import type { Context } from '../kernel/context.js';
import { AppError, forbidden, notFound, unauthenticated } from '../kernel/errors.js';
import { numericKey } from '../kernel/global-id.js';
import { requireText } from '../kernel/text.js';
import { managedReachOf, ViewerRole } from '../kernel/viewer.js';
import { badgeOf, volunteerInReach } from '../volunteer/volunteer.service.js';
import {
  accountById,
  accountOfVolunteer,
  familyOf,
  maySpendFrom,
  openAccounts,
  stationOf,
  toAccount,
} from './accounts.js';
import { book, HoldEnded, KeyTaken, NotCovered, type Booking } from './book.js';
import { LedgerTransfer, TransferKind } from './ledger.entity.js';
import type { DonateTimeInput, FormFamilyInput, GiveTimeInput } from './ledger.input.js';
import { messages } from './ledger.messages.js';
import {
  AlreadyInFamily,
  FamilyFormed,
  NoFamily,
  NotEnoughTime,
  NotReversible,
  TimeMoved,
  TransferReversed,
} from './ledger.result.js';
import { TimeAccount, TimeAccountKind } from './time-account.entity.js';

/**
 * Runs `work` in a transaction that books. Two that open the same account, or use the same key for different accounts, at
 * once: the second one starts again, and then sees what the first one did.
 */
export async function withLedger<T>(ctx: Context, work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ctx.db.transaction(work);
    } catch (error) {
      if (error instanceof KeyTaken) throw new AppError('IDEMPOTENCY_MISMATCH', messages[ctx.locale].mismatch);
      const isRace =
        error instanceof pg.DatabaseError &&
        (error.code === '40P01' || (error.code === '23505' && error.constraint?.endsWith('_key_unique')));
      if (!isRace || attempt === 3) throw error;
    }
  }
}

/** The refusal that an undone transaction stands for; throws what is none. */
export function notEnoughTime(ctx: Context, error: unknown): NotEnoughTime {
  if (!(error instanceof NotCovered)) throw error;
  const { available } = error;
  return Object.assign(new NotEnoughTime(), {
    message: messages[ctx.locale].notCovered(duration(ctx, available)),
    available,
  });
}

export const isHoldEnded = (error: unknown): error is HoldEnded => error instanceof HoldEnded;

/** 95 → 1 h 35 min, in the caller's words. */
export function duration({ locale }: Pick<Context, 'locale'>, minutes: number): string {
  return messages[locale].duration(Math.floor(minutes / 60), minutes % 60);
}

/** The volunteer who asks. Throws UNAUTHENTICATED for the public, FORBIDDEN for whoever is none. */
export function requireVolunteer({ viewer, locale }: Context): number {
  if (viewer.volunteerId !== null) return viewer.volunteerId;
  throw viewer.role === ViewerRole.PUBLIC
    ? unauthenticated(locale)
    : new AppError('FORBIDDEN', messages[locale].notAVolunteer);
}

export function requireMinutes({ locale }: Pick<Context, 'locale'>, minutes: number): number {
  if (minutes >= 1 && minutes <= 90_000) return minutes;
  throw new AppError('BAD_USER_INPUT', messages[locale].badMinutes);
}

/** The viewer's own account, opened when there is none yet; or the one named, when the viewer spends from it. */
export async function requireOwnAccount(ctx: Context, id: string | null | undefined): Promise<number> {
  const volunteerId = requireVolunteer(ctx);
  if (id === null || id === undefined) {
    return (await openAccounts(asClient(ctx), [{ kind: TimeAccountKind.VOLUNTEER, volunteerId }], ctx.clock()))[0]!;
  }
  const key = numericKey(id, 'TimeAccount');
  const account = key === undefined ? null : await accountById(ctx).load(key);
  if (!account || !(await maySpendFrom(ctx, account))) throw notFound(ctx.locale);
  return account.id;
}

/** Opening an account is a change of its own: nothing is undone by it. */
export const asClient = ({ db }: Pick<Context, 'db'>) =>
  ({
    query: async ({ text, values, name }: pg.QueryConfig) => ({ rows: await db.query(text, values, name) }),
  }) as unknown as Pick<pg.ClientBase, 'query'>;

/** Gives time to the giver's family. */
export async function giveTime(
  ctx: Context,
  { key, minutes }: GiveTimeInput,
): Promise<TimeMoved | NotEnoughTime | NoFamily> {
  const fromId = await requireOwnAccount(ctx, null);
  requireMinutes(ctx, minutes);
  const toId = await familyOf(ctx).load(ctx.viewer.volunteerId!);
  if (toId === null) return Object.assign(new NoFamily(), { message: messages[ctx.locale].noFamily });
  return move(ctx, { key: `gift:${key}`, kind: TransferKind.GIFT, fromId, toId, minutes });
}

/** Donates time to a station's pool. */
export async function donateTime(ctx: Context, input: DonateTimeInput): Promise<TimeMoved | NotEnoughTime> {
  const fromId = await requireOwnAccount(ctx, input.from);
  const minutes = requireMinutes(ctx, input.minutes);
  const unitId = input.station
    ? (await requireStation(ctx, input.station)).id
    : await stationOf(ctx, ctx.viewer.volunteerId!);
  const [toId] = await openAccounts(asClient(ctx), [{ kind: TimeAccountKind.DONATION_POOL, unitId }], ctx.clock());
  return move(ctx, { key: `donation:${input.key}`, kind: TransferKind.DONATION, fromId, toId: toId!, minutes });
}

export async function requireStation(ctx: Context, id: string): Promise<ServiceStation> {
  const unit = await requireUnit(ctx, id);
  if (!(unit instanceof ServiceStation)) throw notFound(ctx.locale);
  return unit;
}

async function move(ctx: Context, booking: Booking): Promise<TimeMoved | NotEnoughTime> {
  try {
    const { transfers, replayed } = await withLedger(ctx, (client) => book(ctx, client, [booking]));
    forgetAccounts(ctx);
    const account = (await accountById(ctx).load(booking.fromId))!;
    return Object.assign(new TimeMoved(), { transfer: transfers[0]!, account, replayed });
  } catch (error) {
    return notEnoughTime(ctx, error);
  }
}

/** After a change: what was looked up before it is out of date. */
export function forgetAccounts(ctx: Context): void {
  accountById(ctx).clearAll();
  accountOfVolunteer(ctx).clearAll();
}

/** Opens an account for a family. For coordinators and administrators, of people in their reach. */
export async function formFamily(
  ctx: Context,
  { title, members }: FormFamilyInput,
): Promise<FamilyFormed | AlreadyInFamily> {
  const text = messages[ctx.locale];
  const name = requireText(title.trim(), ctx.locale);
  if (name === '' || [...name].length > 50) throw new AppError('BAD_USER_INPUT', text.badTitle);
  const people = new Set<number>();
  for (const id of members.slice(0, 11)) {
    const key = numericKey(id, 'Volunteer');
    const volunteer = key === undefined ? null : await volunteerInReach(ctx, key);
    if (!volunteer) throw notFound(ctx.locale);
    people.add(volunteer.id);
  }
  if (people.size < 2 || people.size > 10 || members.length > 10) throw new AppError('BAD_USER_INPUT', text.badMembers);
  const now = ctx.clock();
  try {
    const account = await ctx.db.transaction(async (client) => {
      const { rows } = await client.query<TimeAccount>(
        `insert into time_account as a (kind, title, opened_at) values ('FAMILY', $1, $2)
         returning ${ctx.db.columns(TimeAccount, 'a')}`,
        [name, now],
      );
      const { id } = rows[0]!;
      await client.query(
        'insert into family_member (volunteer_id, account_id) select m, $2 from unnest($1::int[]) m order by m',
        [[...people], id],
      );
      const target = { type: 'TimeAccount', id };
      await recordAudit(ctx, client, { action: AuditAction.FAMILY_FORMED, target, details: { members: people.size } });
      return toAccount(rows[0]!);
    });
    return Object.assign(new FamilyFormed(), { account });
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.constraint !== 'family_member_pkey') throw error;
    return Object.assign(new AlreadyInFamily(), { message: text.inFamily });
  }
}

/**
 * Takes a transfer back, once. For coordinators and administrators who reach both of its accounts. What was spent already
 * cannot be taken back: NotEnoughTime.
 */
export async function reverseTransfer(
  ctx: Context,
  id: string,
  reason: string,
): Promise<TransferReversed | NotEnoughTime | NotReversible> {
  const because = requireReason(ctx, reason);
  const text = messages[ctx.locale];
  const key = numericKey(id, 'LedgerTransfer');
  const transfer = key === undefined ? null : await transferById(ctx, key);
  if (!transfer) throw notFound(ctx.locale);
  for (const accountId of [transfer.fromId, transfer.toId]) await requireManaged(ctx, accountId);
  const refused = (message: string) => Object.assign(new NotReversible(), { message });
  if (transfer.kind === TransferKind.REVERSAL || transfer.kind === TransferKind.REDEMPTION)
    return refused(text.notReversible);
  try {
    const reversal = await withLedger(ctx, async (client) => {
      const { transfers, replayed } = await book(ctx, client, [reversalOf(transfer, because)]);
      const target = { type: 'LedgerTransfer', id: transfer.id };
      if (!replayed) {
        await recordAudit(ctx, client, { action: AuditAction.TRANSFER_REVERSED, target, reason: because });
      }
      return transfers[0]!;
    });
    forgetAccounts(ctx);
    return Object.assign(new TransferReversed(), { transfer: reversal });
  } catch (error) {
    if (error instanceof AppError && error.extensions.code === 'IDEMPOTENCY_MISMATCH')
      return refused(text.alreadyReversed);
    return notEnoughTime(ctx, error);
  }
}

/** What takes a transfer back, whole. */
export function reversalOf(transfer: LedgerTransfer, reason: string): Booking {
  return {
    key: `reversal:${transfer.id}`,
    kind: TransferKind.REVERSAL,
    category: transfer.category,
    fromId: transfer.toId,
    toId: transfer.fromId,
    minutes: transfer.minutes,
    reason,
    reverses: transfer,
  };
}

/** A transfer by its key, whoever asks; in a transaction by its `client`. */
export async function transferById(
  ctx: Context,
  id: number,
  client: Pick<pg.ClientBase, 'query'> = asClient(ctx),
): Promise<LedgerTransfer | null> {
  const { rows } = await client.query<LedgerTransfer>({
    name: 'transfer-by-id',
    text: `select ${ctx.db.columns(LedgerTransfer, 't')} from ledger_transfer t where t.id = $1`,
    values: [id],
  });
  return rows[0] ? Object.assign(new LedgerTransfer(), rows[0]) : null;
}

/** Throws NOT_FOUND unless the viewer manages the person or the station whose account it is. */
async function requireManaged(ctx: Context, accountId: number): Promise<void> {
  const reach = managedReachOf(ctx.viewer);
  if (reach === 'nowhere') throw forbidden(ctx.locale);
  if (reach === 'everywhere') return;
  const account = (await accountById(ctx).load(accountId))!;
  const isManaged =
    account.volunteerId !== null
      ? (await volunteerInReach(ctx, account.volunteerId)) !== null
      : account.kind === TimeAccountKind.FAMILY ||
        (account.unitId !== null && (await isWithin(ctx, account.unitId, reach)));
  if (!isManaged) throw notFound(ctx.locale);
}

/** What an account is called to whoever asks: people as they appear beside a check-in. */
export async function titleOf(ctx: Context, { kind, title, volunteerId, unitId }: TimeAccount): Promise<string> {
  const text = messages[ctx.locale];
  switch (kind) {
    case TimeAccountKind.VOLUNTEER:
      return (await badgeOf(ctx, volunteerId!)).displayName;
    case TimeAccountKind.FAMILY:
      return title!;
    case TimeAccountKind.DONATION_POOL:
      return text.pool(unitId === null ? text.everywhere : (await requiredUnit(ctx, unitId)).name);
    case TimeAccountKind.ISSUANCE:
      return text.issuance;
    case TimeAccountKind.REWARDS:
      return text.rewards;
  }
}
