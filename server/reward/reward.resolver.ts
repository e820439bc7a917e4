import { Arg, Args, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { unitById } from '../hierarchy/hierarchy.service.js';
import { ServiceStation } from '../hierarchy/service-unit.entity.js';
import { connectionOf, PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import { Volunteer } from '../volunteer/volunteer.entity.js';
import { Redemption, Reward } from './reward.entity.js';
import { AddRewardInput, RedeemInput } from './reward.input.js';
import { CancelRedemptionResult, HandOutRewardResult, RedeemRewardResult } from './reward.result.js';
import {
  addReward,
  cancelRedemption,
  changeStock,
  codeFor,
  handOutReward,
  listRewards,
  minutesOf,
  redeemReward,
  redemptionsOf,
  rewardById,
  withdrawReward,
} from './reward.service.js';

const RewardConnection = connectionOf(Reward, 'Reward');
const RedemptionConnection = connectionOf(Redemption, 'Redemption');

@Resolver(() => Reward)
export class RewardResolver {
  @Query(() => RewardConnection, { description: 'What is to be had for saved time, the newest first.' })
  rewards(
    @Ctx() ctx: Context,
    @Args(() => PageArgs) args: PageArgs,
    @Arg('within', () => ID, { nullable: true, description: "Only what is handed out there, and the community's own." })
    within?: string,
  ) {
    return listRewards(ctx, args, within);
  }

  @FieldResolver(() => ServiceStation, {
    nullable: true,
    description: "Where it is handed out; null for the community's own.",
  })
  station(@Ctx() ctx: Context, @Root() { unitId }: Reward) {
    return unitId === null ? null : unitById(ctx).load(unitId);
  }

  @Mutation(() => Reward, { description: 'Puts a reward on the shelf. For coordinators and administrators.' })
  addReward(@Ctx() ctx: Context, @Arg('input', () => AddRewardInput, { description: 'Which.' }) input: AddRewardInput) {
    return addReward(ctx, input);
  }

  @Mutation(() => Reward, { description: 'Counts more of a reward, or fewer. For coordinators and administrators.' })
  changeRewardStock(
    @Ctx() ctx: Context,
    @Arg('reward', () => ID, { description: 'Which.' }) reward: string,
    @Arg('by', () => Int, { description: 'How many more; below zero for fewer.' }) by: number,
  ) {
    return changeStock(ctx, reward, by);
  }

  @Mutation(() => Reward, {
    description: 'Takes a reward off the shelf for good. For coordinators and administrators.',
  })
  withdrawReward(@Ctx() ctx: Context, @Arg('reward', () => ID, { description: 'Which.' }) reward: string) {
    return withdrawReward(ctx, reward);
  }

  @Mutation(() => RedeemRewardResult, { description: 'Spends time on a reward, and reserves it. For volunteers.' })
  redeemReward(@Ctx() ctx: Context, @Arg('input', () => RedeemInput, { description: 'Which.' }) input: RedeemInput) {
    return redeemReward(ctx, input);
  }

  @Mutation(() => CancelRedemptionResult, {
    description: 'Gives a reward back before it is picked up; the time is back at once.',
  })
  cancelRedemption(@Ctx() ctx: Context, @Arg('redemption', () => ID, { description: 'Which.' }) redemption: string) {
    return cancelRedemption(ctx, redemption);
  }

  @Mutation(() => HandOutRewardResult, { description: 'Hands a reward out to whoever shows its code. For leaders up.' })
  handOutReward(@Ctx() ctx: Context, @Arg('code', () => String, { description: 'As it is shown.' }) code: string) {
    return handOutReward(ctx, code);
  }
}

@Resolver(() => Redemption)
export class RedemptionResolver {
  @FieldResolver(() => Reward, { description: 'What.' })
  reward(@Ctx() ctx: Context, @Root() { rewardId }: Redemption) {
    return rewardById(ctx).load(rewardId);
  }

  @FieldResolver(() => Int, { description: 'What it cost.' })
  minutes(@Ctx() ctx: Context, @Root() redemption: Redemption) {
    return minutesOf(ctx, redemption);
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'To be shown when it is picked up; for whoever redeemed it alone.',
  })
  code(@Ctx() ctx: Context, @Root() redemption: Redemption) {
    return codeFor(ctx, redemption);
  }
}

@Resolver(() => Volunteer)
export class VolunteerRedemptionResolver {
  @FieldResolver(() => RedemptionConnection, { description: 'The rewards that they redeemed, the newest first.' })
  redemptions(@Ctx() ctx: Context, @Root() { id }: Volunteer, @Args(() => PageArgs) args: PageArgs) {
    return redemptionsOf(ctx, id, args);
  }
}
