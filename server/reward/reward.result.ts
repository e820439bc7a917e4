import { createUnionType, Field, ObjectType } from 'type-graphql';
import { Refusal } from '../kernel/refusal.js';
import { NotEnoughTime } from '../ledger/ledger.result.js';
import { Redemption } from './reward.entity.js';

@ObjectType({ description: 'Paid; it waits to be picked up.' })
export class RewardRedeemed {
  @Field(() => Redemption, { description: 'With the code for picking it up.' })
  redemption!: Redemption;

  @Field(() => Boolean, { description: 'Whether this key had been redeemed before.' })
  replayed!: boolean;
}

@ObjectType({ implements: Refusal, description: 'There is none left; nothing was booked.' })
export class OutOfStock extends Refusal {}

@ObjectType({ implements: Refusal, description: 'Rewards are for those who have reached the first tier.' })
export class TierNeeded extends Refusal {}

@ObjectType({ description: 'Given back: the time is back, and the reward on the shelf.' })
export class RedemptionCancelled {
  @Field(() => Redemption, { description: 'As it is now.' })
  redemption!: Redemption;
}

@ObjectType({ description: 'Handed out.' })
export class RewardHandedOut {
  @Field(() => Redemption, { description: 'As it is now.' })
  redemption!: Redemption;
}

@ObjectType({
  implements: Refusal,
  description: 'It was handed out or given back already, or nothing waits under that code.',
})
export class RedemptionOver extends Refusal {}

export const RedeemRewardResult = createUnionType({
  name: 'RedeemRewardResult',
  description: 'What became of a redemption.',
  types: () => [RewardRedeemed, OutOfStock, NotEnoughTime, TierNeeded] as const,
});

export const CancelRedemptionResult = createUnionType({
  name: 'CancelRedemptionResult',
  description: 'What became of giving back.',
  types: () => [RedemptionCancelled, RedemptionOver] as const,
});

export const HandOutRewardResult = createUnionType({
  name: 'HandOutRewardResult',
  description: 'What became of handing out.',
  types: () => [RewardHandedOut, RedemptionOver] as const,
});
