import { Ctx, Field, Int, ObjectType, Query, Resolver } from 'type-graphql';
import type { Context } from './context.js';

@ObjectType({
  description:
    'What your organisation may still spend. An operation costs a point for each object of its answer, this one included; points come back every second.',
})
export class RateLimit {
  @Field(() => Int, { description: 'The whole budget.' })
  limit!: number;

  @Field(() => Int, { description: 'What this operation may cost at most; what it does not need is given back.' })
  cost!: number;

  @Field(() => Int, { description: 'What is left.' })
  remaining!: number;

  @Field(() => Date, { description: 'When all of it is back, if nothing is asked until then.' })
  resetAt!: Date;
}

@Resolver()
export class RateLimitResolver {
  @Query(() => RateLimit, {
    nullable: true,
    description: 'The budget of a partner organisation, the same as in `extensions.cost`; null for those without one.',
  })
  rateLimit(@Ctx() { charge, clock }: Context): RateLimit | null {
    if (!charge) return null;
    const { maximumAvailable, currentlyAvailable } = charge.cost.throttleStatus;
    return {
      limit: maximumAvailable,
      cost: charge.requested,
      remaining: currentlyAvailable,
      resetAt: new Date(clock().getTime() + charge.wholeInMs),
    };
  }
}
