import { Ctx, Field, FieldResolver, Int, ObjectType, Resolver, Root } from 'type-graphql';
import { CommunityEvent } from '../event/community-event.entity.js';
import { ServiceStation } from '../hierarchy/service-unit.entity.js';
import type { Context } from '../kernel/context.js';
import { arrivalsAt, previousEditionOf, registeredAt } from './wall.service.js';

@ObjectType({ description: 'People who came to an event for the first time within a quarter of an hour.' })
class Arrivals {
  @Field(() => Date, { description: 'When the quarter of an hour begins.' })
  from!: Date;

  @Field(() => Int, { description: 'How many; each person once.' })
  people!: number;
}

@Resolver(() => CommunityEvent)
export class EventWallResolver {
  @FieldResolver(() => [Arrivals], {
    description: 'When people came, in quarters of an hour; those in which nobody came are left out.',
  })
  arrivals(@Ctx() ctx: Context, @Root() event: CommunityEvent) {
    return arrivalsAt(ctx, event);
  }

  @FieldResolver(() => CommunityEvent, {
    nullable: true,
    description: 'The edition before this one, to compare with; null when there was none.',
  })
  previousEdition(@Ctx() ctx: Context, @Root() event: CommunityEvent) {
    return previousEditionOf(ctx, event);
  }
}

@Resolver(() => ServiceStation)
export class StationWallResolver {
  @FieldResolver(() => Int, {
    description: 'Volunteers on the register of its teams: what the number of those who came is a share of.',
  })
  registered(@Ctx() ctx: Context, @Root() station: ServiceStation) {
    return registeredAt(ctx).load(station.id);
  }
}
