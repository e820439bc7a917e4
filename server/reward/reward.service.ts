import { randomInt } from 'node:crypto';
import type pg from 'pg';
import { AuditAction } from '../audit/audit-entry.entity.js';
import { recordAudit } from '../audit/audit.service.js';
import { isWithin, unitOfFilter, withinSql } from '../hierarchy/hierarchy.service.js';
import { decodeCursor, toPage, type Page, type PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import { AppError, notFound } from '../kernel/errors.js';
import { numericKey } from '../kernel/global-id.js';
import { defineLoader } from '../kernel/loaders.js';
import { requireText } from '../kernel/text.js';
import { managedReachOf, reachOf, type Reach } from '../kernel/viewer.js';
import { openAccounts } from '../ledger/accounts.js';
import { book, KeyTaken } from '../ledger/book.js';
import { TransferKind } from '../ledger/ledger.entity.js';
import type { NotEnoughTime } from '../ledger/ledger.result.js';
import {
  asClient,
  duration,
  forgetAccounts,
  notEnoughTime,
  requireOwnAccount,
  requireStation,
  requireVolunteer,
  reversalOf,
  transferById,
  withLedger,
} from '../ledger/ledger.service.js';
import { rulesNow } from '../ledger/policy.service.js';
import { TimeAccountKind } from '../ledger/time-account.entity.js';
import { volunteerInReach } from '../volunteer/volunteer.service.js';
import { Redemption, RedemptionState, Reward } from './reward.entity.js';
import type { AddRewardInput, RedeemInput } from './reward.input.js';
import { messages } from './reward.messages.js';
import {
  OutOfStock,
  RedemptionCancelled,
  RedemptionOver,
  RewardHandedOut,
  RewardRedeemed,
  TierNeeded,
} from './reward.result.js';

const dayMs = 24 * 3_600_000;
/** None that look alike. */
const alphabet = '23456789ABCDEFGHJKMNPQRSTUVWXYZ';

export const rewardById = defineLoader(async (db, ids: readonly number[]) => {
  const rows = await db.query<Reward>(`select ${db.columns(Reward, 'r')} from reward r where r.id = any($1)`, [ids]);
  const byId = new Map(rows.map((row) => [row.id, Object.assign(new Reward(), row)]));
  return ids.map((id) => byId.get(id) ?? null);
});

async function requireReward(ctx: Context, id: string): Promise<Reward> {
  const key = numericKey(id, 'Reward');
  const reward = key === undefined ? null : await rewardById(ctx).load(key);
  if (!reward) throw notFound(ctx.locale);
  return reward;
}

/** What is to be had, the newest first; `within` narrows to what a unit's stations hand out, and the community's own. */
export async function listRewards(ctx: Context, args: PageArgs, within?: string | null): Promise<Page<Reward>> {
  const unit = await unitOfFilter(ctx, within);
  const where = `r.withdrawn_at is null and ($1::int is null or r.unit_id is null or ${withinSql('r.unit_id', '$1')})`;
  const rows = await ctx.db.query<Reward>(
    `select ${ctx.db.columns(Reward, 'r')} from reward r where ${where} and r.id < $2 order by r.id desc limit $3`,
    [unit?.id ?? null, placeBefore(args.after), args.first + 1],
  );
  return toPage(
    rows.map((row) => Object.assign(new Reward(), row)),
    args,
    ({ id }) => id,
    async () =>
      (
        await ctx.db.query<{ n: number }>(`select count(*)::int as n from reward r where ${where}`, [unit?.id ?? null])
      )[0]!.n,
  );
}

function placeBefore(after: string | undefined): number {
  const place = decodeCursor(after);
  return place === undefined ? 2 ** 31 - 1 : /^\d{1,9}$/.test(place) ? Number(place) : 0;
}

/** Puts a reward on the shelf. For coordinators at and below their unit; the community's own by those who act everywhere. */
export async function addReward(ctx: Context, input: AddRewardInput): Promise<Reward> {
  const name = requireText(input.name.trim(), ctx.locale);
  const description = requireText(input.description?.trim() ?? '', ctx.locale) || null;
  const { minutes, stock } = input;
  const isRight =
    name !== '' &&
    [...name].length <= 50 &&
    [...(description ?? '')].length <= 500 &&
    minutes >= 1 &&
    minutes <= 90_000 &&
    stock >= 0 &&
    stock <= 100_000;
  if (!isRight) throw new AppError('BAD_USER_INPUT', messages[ctx.locale].badReward);
  const unitId = input.station ? (await requireStation(ctx, input.station)).id : null;
  if (!(await reaches(ctx, managedReachOf(ctx.viewer), unitId))) throw notFound(ctx.locale);
  return ctx.db.transaction(async (client) => {
    const { rows } = await client.query<Reward>(
      `insert into reward as r (name, description, minutes, stock, unit_id, created_at) values ($1, $2, $3, $4, $5, $6)
       returning ${ctx.db.columns(Reward, 'r')}`,
      [name, description, minutes, stock, unitId, ctx.clock()],
    );
    const reward = Object.assign(new Reward(), rows[0]);
    const target = { type: 'Reward', id: reward.id, name };
    await recordAudit(ctx, client, { action: AuditAction.REWARD_ADDED, target, unitId, details: { minutes, stock } });
    return reward;
  });
}

/** More of it, or fewer: never fewer than none. */
export function changeStock(ctx: Context, id: string, by: number): Promise<Reward> {
  return change(ctx, id, { action: AuditAction.REWARD_STOCK_CHANGED, details: { by } }, (client, reward) =>
    client.query(
      `update reward set stock = stock + $2 where id = $1 and stock + $2 between 0 and 100000 returning id`,
      [reward.id, by],
    ),
  );
}

/** Takes it off the shelf for good; what was redeemed can still be picked up. */
export function withdrawReward(ctx: Context, id: string): Promise<Reward> {
  return change(ctx, id, { action: AuditAction.REWARD_WITHDRAWN }, (client, reward) =>
    client.query('update reward set withdrawn_at = coalesce(withdrawn_at, $2) where id = $1 returning id', [
      reward.id,
      ctx.clock(),
    ]),
  );
}

async function change(
  ctx: Context,
  id: string,
  act: { action: AuditAction; details?: Record<string, number> },
  work: (client: pg.ClientBase, reward: Reward) => Promise<pg.QueryResult>,
): Promise<Reward> {
  const reward = await requireReward(ctx, id);
  if (!(await reaches(ctx, managedReachOf(ctx.viewer), reward.unitId))) throw notFound(ctx.locale);
  await ctx.db.transaction(async (client) => {
    const { rowCount } = await work(client, reward);
    if (rowCount === 0) throw new AppError('BAD_USER_INPUT', messages[ctx.locale].badReward);
    const target = { type: 'Reward', id: reward.id, name: reward.name };
    await recordAudit(ctx, client, { ...act, target, unitId: reward.unitId });
  });
  rewardById(ctx).clear(reward.id);
  return (await rewardById(ctx).load(reward.id))!;
}

async function reaches(ctx: Context, reach: Reach, unitId: number | null): Promise<boolean> {
  return unitId === null ? reach === 'everywhere' : isWithin(ctx, unitId, reach);
}

/**
 * Pays for one reward and reserves it. Stock, tier and time are looked at under lock, in the transaction that takes them: of fifty
 * who want the last one, one gets it.
 */
export async function redeemReward(
  ctx: Context,
  input: RedeemInput,
): Promise<RewardRedeemed | OutOfStock | NotEnoughTime | TierNeeded> {
  const volunteerId = requireVolunteer(ctx);
  const fromId = await requireOwnAccount(ctx, input.from);
  const reward = await requireReward(ctx, input.reward);
  const now = ctx.clock();
  const text = messages[ctx.locale];
  const key = input.key.toLowerCase();
  const { pickUpDays, tierMinutes } = await rulesNow(ctx);
  const owner = { kind: TimeAccountKind.REWARDS, unitId: reward.unitId } as const;
  const [toId] = await openAccounts(asClient(ctx), [owner], now);
  try {
    return await withLedger(ctx, async (client) => {
      // Whoever sends the same again waits for this lock as well, and then finds what was stored.
      await client.query({
        name: 'lock-reward',
        text: 'select from reward where id = $1 for no key update',
        values: [reward.id],
      });
      const before = await client.query<Redemption>(
        `select ${ctx.db.columns(Redemption, 'r')} from redemption r where r.key = $1`,
        [key],
      );
      const [stored] = before.rows;
      if (stored) {
        if (stored.rewardId !== reward.id || stored.volunteerId !== volunteerId) throw new KeyTaken();
        return Object.assign(new RewardRedeemed(), { redemption: toRedemption(stored), replayed: true });
      }
      const taken = await client.query<{ minutes: number }>(
        `update reward set stock = stock - 1 where id = $1 and stock > 0 and withdrawn_at is null returning minutes`,
        [reward.id],
      );
      if (!taken.rows[0]) return Object.assign(new OutOfStock(), { message: text.outOfStock });
      const { minutes } = taken.rows[0];
      const person = await client.query<{ certified: number }>(
        'select certified from time_account where volunteer_id = $1',
        [volunteerId],
      );
      const missing = tierMinutes[0]! - (person.rows[0]?.certified ?? 0);
      if (missing > 0) throw new TierMissing(missing);
      const { transfers } = await book(ctx, client, [
        { key: `redemption:${key}`, kind: TransferKind.REDEMPTION, fromId, toId: toId!, minutes },
      ]);
      const { rows } = await client.query<Redemption>(
        `insert into redemption as r (key, reward_id, volunteer_id, transfer_id, state, code, created_at, expires_at)
         values ($1, $2, $3, $4, 'RESERVED', $5, $6, $7) returning ${ctx.db.columns(Redemption, 'r')}`,
        [
          key,
          reward.id,
          volunteerId,
          transfers[0]!.id,
          pickUpCode(),
          now,
          new Date(now.getTime() + pickUpDays * dayMs),
        ],
      );
      return Object.assign(new RewardRedeemed(), { redemption: toRedemption(rows[0]!), replayed: false });
    });
  } catch (error) {
    if (error instanceof TierMissing) {
      return Object.assign(new TierNeeded(), { message: text.tierNeeded(duration(ctx, error.minutes)) });
    }
    return notEnoughTime(ctx, error);
  } finally {
    forgetAccounts(ctx);
    rewardById(ctx).clear(reward.id);
  }
}

/** Thrown inside a transaction, to undo it. */
class TierMissing extends Error {
  constructor(readonly minutes: number) {
    super();
  }
}

const pickUpCode = () => Array.from({ length: 8 }, () => alphabet[randomInt(alphabet.length)]).join('');
const toRedemption = (row: Redemption) => Object.assign(new Redemption(), row);

/** Gives a reward back that was not picked up yet: the volunteer's own, or in the viewer's reach. */
export async function cancelRedemption(ctx: Context, id: string): Promise<RedemptionCancelled | RedemptionOver> {
  const key = numericKey(id, 'Redemption');
  const redemption = key === undefined ? null : await visibleRedemption(ctx, key);
  if (!redemption) throw notFound(ctx.locale);
  const cancelled = await giveBack(ctx, redemption.id, RedemptionState.CANCELLED);
  return cancelled
    ? Object.assign(new RedemptionCancelled(), { redemption: cancelled })
    : Object.assign(new RedemptionOver(), { message: messages[ctx.locale].over });
}

/** Ends a reservation and gives its time back, once: whoever comes second finds that it has ended. */
async function giveBack(
  ctx: Context,
  id: number,
  state: RedemptionState.CANCELLED | RedemptionState.EXPIRED,
): Promise<Redemption | null> {
  const now = ctx.clock();
  const text = messages[ctx.locale];
  const ended = await withLedger(ctx, async (client) => {
    const { rows } = await client.query<Redemption>(
      `update redemption r set state = $2, ended_at = $3 where r.id = $1 and r.state = 'RESERVED'
         and ($2 = 'CANCELLED' or r.expires_at <= $3)
       returning ${ctx.db.columns(Redemption, 'r')}`,
      [id, state, now],
    );
    const [row] = rows;
    if (!row) return null;
    await client.query('update reward set stock = stock + 1 where id = $1', [row.rewardId]);
    const transfer = (await transferById(ctx, row.transferId, client))!;
    const reason = state === RedemptionState.CANCELLED ? text.cancelled : text.expired;
    await book(ctx, client, [reversalOf(transfer, reason)]);
    return toRedemption(row);
  });
  forgetAccounts(ctx);
  if (ended) rewardById(ctx).clear(ended.rewardId);
  return ended;
}

/** Gives back what nobody came for in time; answers how many there were. */
export async function expireRedemptions(ctx: Context): Promise<number> {
  const rows = await ctx.db.query<{ id: number }>(
    `select id from redemption where state = 'RESERVED' and expires_at <= $1 order by expires_at limit 500`,
    [ctx.clock()],
  );
  let count = 0;
  for (const { id } of rows) if (await giveBack(ctx, id, RedemptionState.EXPIRED)) count++;
  return count;
}

/** Hands a reward out to whoever shows its code. For those who work where it is handed out. */
export async function handOutReward(ctx: Context, code: string): Promise<RewardHandedOut | RedemptionOver> {
  const wanted = requireText(code, ctx.locale).toUpperCase().replace(/[\s-]/g, '');
  const refused = (message: string) => Object.assign(new RedemptionOver(), { message });
  const [waiting] = await ctx.db.query<Redemption>(
    `select ${ctx.db.columns(Redemption, 'r')} from redemption r where r.code = $1 and r.state = 'RESERVED'`,
    [wanted],
  );
  const reward = waiting && (await rewardById(ctx).load(waiting.rewardId));
  const text = messages[ctx.locale];
  if (!reward || !(await handsOut(ctx, reward))) return refused(text.noSuchCode);
  const handed = await ctx.db.transaction(async (client) => {
    const { rows } = await client.query<Redemption>(
      `update redemption r set state = 'PICKED_UP', ended_at = $2 where r.id = $1 and r.state = 'RESERVED'
         and r.expires_at > $2 returning ${ctx.db.columns(Redemption, 'r')}`,
      [waiting.id, ctx.clock()],
    );
    if (!rows[0]) return null;
    const target = { type: 'Redemption', id: waiting.id, name: reward.name };
    await recordAudit(ctx, client, { action: AuditAction.REWARD_HANDED_OUT, target, unitId: reward.unitId });
    return toRedemption(rows[0]);
  });
  return handed ? Object.assign(new RewardHandedOut(), { redemption: handed }) : refused(text.over);
}

/** The community's own is handed out wherever people work. */
async function handsOut(ctx: Context, { unitId }: Reward): Promise<boolean> {
  const reach = reachOf(ctx.viewer);
  if (unitId === null) return reach !== 'nowhere';
  return isWithin(ctx, unitId, reach);
}

/** A redemption by key, or null: one's own, and those of people whom one's office shows. */
export async function visibleRedemption(ctx: Context, id: number): Promise<Redemption | null> {
  const [row] = await ctx.db.query<Redemption>(
    `select ${ctx.db.columns(Redemption, 'r')} from redemption r where r.id = $1`,
    [id],
  );
  if (!row) return null;
  const isOwn = row.volunteerId === ctx.viewer.volunteerId;
  return isOwn || (await volunteerInReach(ctx, row.volunteerId)) ? toRedemption(row) : null;
}

/** Somebody's, the newest first. */
export async function redemptionsOf(ctx: Context, volunteerId: number, args: PageArgs): Promise<Page<Redemption>> {
  const rows = await ctx.db.query<Redemption>(
    `select ${ctx.db.columns(Redemption, 'r')} from redemption r
     where r.volunteer_id = $1 and r.id < $2 order by r.id desc limit $3`,
    [volunteerId, placeBefore(args.after), args.first + 1],
  );
  return toPage(
    rows.map(toRedemption),
    args,
    ({ id }) => id,
    async () =>
      (
        await ctx.db.query<{ n: number }>('select count(*)::int as n from redemption where volunteer_id = $1', [
          volunteerId,
        ])
      )[0]!.n,
  );
}

/** What it cost. */
export async function minutesOf(ctx: Context, { transferId }: Redemption): Promise<number> {
  return (await transferById(ctx, transferId))!.minutes;
}

/** Only whoever it is for has the code. */
export function codeFor(ctx: Context, { volunteerId, code, state }: Redemption): string | null {
  return volunteerId === ctx.viewer.volunteerId && state === RedemptionState.RESERVED ? code : null;
}
