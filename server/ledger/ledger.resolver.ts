import {
  Arg,
  Args,
  Ctx,
  Field,
  FieldResolver,
  ID,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import { connectionOf, PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import { Tier, Volunteer } from '../volunteer/volunteer.entity.js';
import { accountById, accountOfVolunteer, familyOf } from './accounts.js';
import { LedgerEntry, LedgerTransfer } from './ledger.entity.js';
import { DonateTimeInput, FormFamilyInput, GiveTimeInput } from './ledger.input.js';
import { DonateTimeResult, FormFamilyResult, GiveTimeResult, ReverseTransferResult } from './ledger.result.js';
import { donateTime, formFamily, giveTime, reverseTransfer, titleOf } from './ledger.service.js';
import { TimeRules } from './policy.entity.js';
import { rulesNow } from './policy.service.js';
import { balanceAt, entriesOf, flowOf, reversalOfTransfer, Statement, statementOf, transferRow } from './statement.js';
import { TimeAccount, TimeAccountKind } from './time-account.entity.js';
import { nextTier, tierOf } from './tier.rules.js';

@ObjectType({ description: 'How far somebody has come on the ladder of tiers.' })
class TierProgress {
  @Field(() => Tier, { nullable: true, description: 'What they are; null before the first tier.' })
  tier!: Tier | null;

  @Field(() => Tier, { nullable: true, description: 'What comes next; null for whoever has reached the last.' })
  next!: Tier | null;

  @Field(() => Int, { nullable: true, description: 'From how many certified minutes on that is.' })
  nextFrom!: number | null;

  @Field(() => Int, { nullable: true, description: 'How many minutes are missing to it.' })
  missing!: number | null;
}

const LedgerEntryConnection = connectionOf(LedgerEntry, 'LedgerEntry');

@Resolver(() => TimeAccount)
export class TimeAccountResolver {
  @Query(() => TimeRules, { description: 'The rules of the time bank, as they are now.' })
  timeRules(@Ctx() ctx: Context) {
    return rulesNow(ctx);
  }

  @FieldResolver(() => String, { description: 'What it is called: a person as they appear beside a check-in.' })
  title(@Ctx() ctx: Context, @Root() account: TimeAccount) {
    return titleOf(ctx, account);
  }

  @FieldResolver(() => TierProgress, { nullable: true, description: "Of a volunteer's account." })
  async progress(@Ctx() ctx: Context, @Root() { kind, certified }: TimeAccount): Promise<TierProgress | null> {
    if (kind !== TimeAccountKind.VOLUNTEER) return null;
    const { tierMinutes } = await rulesNow(ctx);
    const next = nextTier(certified, tierMinutes);
    return {
      tier: tierOf(certified, tierMinutes),
      next: next?.tier ?? null,
      nextFrom: next?.minutes ?? null,
      missing: next?.missing ?? null,
    };
  }

  @FieldResolver(() => Int, { description: 'What was there at a moment, from the entries up to then.' })
  balanceAt(
    @Ctx() ctx: Context,
    @Root() account: TimeAccount,
    @Arg('at', () => Date, { description: 'When.' }) at: Date,
  ) {
    return balanceAt(ctx, account, at);
  }

  @FieldResolver(() => Statement, { description: 'What went in and out; all of it unless told.' })
  statement(
    @Ctx() ctx: Context,
    @Root() account: TimeAccount,
    @Arg('from', () => Date, { nullable: true, description: 'From this moment on.' }) from?: Date,
    @Arg('to', () => Date, { nullable: true, description: 'Before this moment.' }) to?: Date,
  ) {
    return statementOf(ctx, account, { from, to });
  }

  @Mutation(() => GiveTimeResult, { description: "Gives time to one's family. For volunteers." })
  giveTime(@Ctx() ctx: Context, @Arg('input', () => GiveTimeInput, { description: 'How much.' }) input: GiveTimeInput) {
    return giveTime(ctx, input);
  }

  @Mutation(() => DonateTimeResult, { description: "Donates time to a station's pool. For volunteers." })
  donateTime(
    @Ctx() ctx: Context,
    @Arg('input', () => DonateTimeInput, { description: 'How much, and where to.' }) input: DonateTimeInput,
  ) {
    return donateTime(ctx, input);
  }

  @Mutation(() => FormFamilyResult, {
    description: 'Opens an account for a family. For coordinators and administrators.',
  })
  formFamily(
    @Ctx() ctx: Context,
    @Arg('input', () => FormFamilyInput, { description: 'Who.' }) input: FormFamilyInput,
  ) {
    return formFamily(ctx, input);
  }

  @Mutation(() => ReverseTransferResult, {
    description: 'Takes a transfer back, once and whole. For coordinators and administrators.',
  })
  reverseTransfer(
    @Ctx() ctx: Context,
    @Arg('transfer', () => ID, { description: 'Which.' }) transfer: string,
    @Arg('reason', () => String, { description: 'Why; it stays in the ledger. At most 500 characters.' })
    reason: string,
  ) {
    return reverseTransfer(ctx, transfer, reason);
  }
}

@Resolver(() => Statement)
export class StatementResolver {
  @FieldResolver(() => LedgerEntryConnection, { description: 'Its lines, the newest first.' })
  entries(@Ctx() ctx: Context, @Root() statement: Statement, @Args(() => PageArgs) args: PageArgs) {
    return entriesOf(ctx, statement, args);
  }

  @FieldResolver(() => Int, { description: 'All that came in.' })
  async received(@Ctx() ctx: Context, @Root() statement: Statement) {
    return (await flowOf(ctx, statement)).received;
  }

  @FieldResolver(() => Int, { description: 'All that went out.' })
  async spent(@Ctx() ctx: Context, @Root() statement: Statement) {
    return (await flowOf(ctx, statement)).spent;
  }
}

@Resolver(() => LedgerEntry)
export class LedgerEntryResolver {
  @FieldResolver(() => LedgerTransfer, { description: 'Why.' })
  transfer(@Ctx() ctx: Context, @Root() { transferId }: LedgerEntry) {
    return transferRow(ctx).load(transferId);
  }

  @FieldResolver(() => String, { description: 'The other account of it.' })
  async counterparty(@Ctx() ctx: Context, @Root() { transferId, accountId }: LedgerEntry) {
    const { fromId, toId } = (await transferRow(ctx).load(transferId))!;
    return titleOf(ctx, (await accountById(ctx).load(fromId === accountId ? toId : fromId))!);
  }
}

@Resolver(() => LedgerTransfer)
export class LedgerTransferResolver {
  @FieldResolver(() => LedgerTransfer, { nullable: true, description: 'What it takes back, for a reversal.' })
  reverses(@Ctx() ctx: Context, @Root() { reversesId }: LedgerTransfer) {
    return reversesId === null ? null : transferRow(ctx).load(reversesId);
  }

  @FieldResolver(() => LedgerTransfer, { nullable: true, description: 'What took it back; null while it holds.' })
  reversedBy(@Ctx() ctx: Context, @Root() { id }: LedgerTransfer) {
    return reversalOfTransfer(ctx).load(id);
  }
}

@Resolver(() => Volunteer)
export class VolunteerTimeResolver {
  @FieldResolver(() => TimeAccount, { nullable: true, description: 'Null until there is any time to keep.' })
  timeAccount(@Ctx() ctx: Context, @Root() { id }: Volunteer) {
    return accountOfVolunteer(ctx).load(id);
  }

  @FieldResolver(() => TimeAccount, {
    nullable: true,
    description: "The account of the person's family, if it has one.",
  })
  async familyAccount(@Ctx() ctx: Context, @Root() { id }: Volunteer) {
    const account = await familyOf(ctx).load(id);
    return account === null ? null : accountById(ctx).load(account);
  }
}
