import { Arg, Args, Ctx, Query, Resolver } from 'type-graphql';
import { connectionOf, PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import { CommunityEvent } from './community-event.entity.js';
import { eventByCode, listEvents } from './event.service.js';

const CommunityEventConnection = connectionOf(CommunityEvent, 'CommunityEvent');

@Resolver(() => CommunityEvent)
export class EventResolver {
  @Query(() => CommunityEvent, { nullable: true, description: 'One event by its code, such as `volunteer-day-8`.' })
  communityEvent(
    @Ctx() ctx: Context,
    @Arg('code', () => String, { description: 'As in the address of its wall.' }) code: string,
  ) {
    return eventByCode(ctx, code);
  }

  @Query(() => CommunityEventConnection, { description: 'The latest first.' })
  communityEvents(@Ctx() ctx: Context, @Args(() => PageArgs) args: PageArgs) {
    return listEvents(ctx, args);
  }
}
