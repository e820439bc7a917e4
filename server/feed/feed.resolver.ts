import { Arg, Args, Ctx, Field, FieldResolver, ID, ObjectType, Resolver, Root, Subscription } from 'type-graphql';
import { connectionOf, PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import { requiredEvent, requireEvent } from '../event/event.service.js';
import { CommunityEvent } from '../event/community-event.entity.js';
import { requiredUnit } from '../hierarchy/hierarchy.service.js';
import { GridPost, ServiceUnit } from '../hierarchy/service-unit.entity.js';
import { maySeePerson, volunteerRow, badgeOf } from '../volunteer/volunteer.service.js';
import { stripInvisible } from '../volunteer/volunteer.rules.js';
import { VolunteerBadge } from '../volunteer/volunteer.entity.js';
import type { Frame, Scoreboard } from './channel.js';
import { CheckIn } from './check-in.entity.js';
import { CursorScalar, type Cursor } from './cursor.js';
import { followCheckIns, followScoreboard, listCheckIns } from './feed.service.js';
import { shownEventTally, shownUnitTally } from './small-groups.service.js';
import { Tally } from './tally.entity.js';
import { feedHead } from './tally.service.js';

const CheckInConnection = connectionOf(CheckIn, 'CheckIn');

@ObjectType('CheckInFrame', {
  description:
    "A run of check-ins that became visible together: one or many. Within one subscription, and across reconnects that pass `after`, sequences come as 1, 2, 3 … : none missing, none twice (with `within`, the same order and only that unit's).",
})
class CheckInFrameType {
  @Field(() => CursorScalar, { description: "The last one's place." })
  cursor!: Cursor;

  @Field(() => [CheckIn], { description: 'In the order of their sequences.' })
  checkIns!: CheckIn[];
}

@ObjectType('UnitTally', { description: 'One line of a scoreboard.' })
class UnitTallyType {
  @Field(() => ServiceUnit, { description: 'Whose line it is.' })
  unit!: ServiceUnit;

  @Field(() => Tally, { description: 'Everything at and below that unit, at this event.' })
  tally!: Tally;
}

@ObjectType('Scoreboard', { description: 'Tallies that belong together: all counted up to the same check-in.' })
class ScoreboardType {
  @Field(() => CursorScalar, { description: 'Up to which check-in it has counted.' })
  cursor!: Cursor;

  @Field(() => Date, { description: 'When that check-in became visible here.' })
  asOf!: Date;

  @Field(() => Tally, { description: 'Of `unit`, or of the whole event.' })
  tally!: Tally;

  @Field(() => [UnitTallyType], { description: 'The children of `unit`, or the schools.' })
  units!: UnitTallyType[];
}

@Resolver(() => CheckIn)
export class CheckInFeedResolver {
  @Subscription(() => CheckInFrameType, {
    description: 'From `after` on (exclusive); without it, from now. `within`: only below this unit.',
    subscribe: ({ args, context }) => followCheckIns(context as Context, args as Parameters<typeof followCheckIns>[1]),
  })
  checkIns(
    @Root() frame: Frame,
    @Arg('event', () => ID, { description: 'Whose feed to follow.' }) _event: string,
    @Arg('within', () => ID, { nullable: true, description: 'Only what happens at this unit and below it.' })
    _within?: string,
    @Arg('after', () => CursorScalar, { nullable: true, description: 'The last place seen: go on behind it.' })
    _after?: Cursor,
  ): Frame {
    return frame;
  }

  @Subscription(() => ScoreboardType, {
    description: 'Whole at once on subscribing, then whenever it changed, a few times a second at most.',
    subscribe: ({ args, context }) =>
      followScoreboard(context as Context, args as Parameters<typeof followScoreboard>[1]),
  })
  scoreboard(
    @Root() scoreboard: Scoreboard,
    @Arg('event', () => ID, { description: 'Whose tallies to follow.' }) _event: string,
    @Arg('unit', () => ID, { nullable: true, description: 'The unit whose children to list; the whole event without.' })
    _unit?: string,
  ): Scoreboard {
    return scoreboard;
  }

  @FieldResolver(() => CommunityEvent, { description: 'Where it counts.' })
  event(@Ctx() ctx: Context, @Root() checkIn: CheckIn) {
    return requiredEvent(ctx, checkIn.eventId);
  }

  @FieldResolver(() => GridPost, { description: 'Where it was; on leaving, the post that was left.' })
  post(@Ctx() ctx: Context, @Root() checkIn: CheckIn) {
    return requiredUnit(ctx, checkIn.postId);
  }

  @FieldResolver(() => VolunteerBadge, { description: 'Masked unless the viewer may see the person.' })
  volunteer(@Ctx() ctx: Context, @Root() checkIn: CheckIn) {
    return badgeOf(ctx, checkIn.volunteerId);
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'A short remark by whoever recorded it. Null for viewers who may not see the person.',
  })
  async note(@Ctx() ctx: Context, @Root() checkIn: CheckIn) {
    if (checkIn.note === null) return null;
    const volunteer = await volunteerRow(ctx).load(checkIn.volunteerId);
    return volunteer && (await maySeePerson(ctx, volunteer)) ? stripInvisible(checkIn.note) : null;
  }
}

@Resolver(() => Tally)
export class TallyResolver {
  @FieldResolver()
  suppressed(@Root() tally: Tally): boolean {
    return tally.suppressed ?? false;
  }
}

@Resolver(() => CommunityEvent)
export class EventFeedResolver {
  @FieldResolver(() => Tally, { description: 'Everything that was counted at this event.' })
  tally(@Ctx() ctx: Context, @Root() event: CommunityEvent) {
    return shownEventTally(ctx, event.id);
  }

  @FieldResolver(() => CursorScalar, {
    description:
      "The feed's present end. What is read in the same operation, `tally` and the first page of `checkIns`, ends there: hand it to the subscription as `after` to go on without a gap.",
  })
  cursor(@Ctx() ctx: Context, @Root() event: CommunityEvent) {
    return feedHead(ctx).load(event.id);
  }

  @FieldResolver(() => CheckInConnection, { description: 'Newest first; `within` narrows to a unit.' })
  checkIns(
    @Ctx() ctx: Context,
    @Root() event: CommunityEvent,
    @Args(() => PageArgs) args: PageArgs,
    @Arg('within', () => ID, { nullable: true, description: 'Only what happened at this unit and below it.' })
    within?: string,
  ) {
    return listCheckIns(ctx, event, args, within);
  }
}

@Resolver(() => ServiceUnit)
export class UnitFeedResolver {
  @FieldResolver(() => Tally, {
    description: 'Everything below, at every level, for this event or for all time.',
  })
  tally(
    @Ctx() ctx: Context,
    @Root() unit: ServiceUnit,
    @Arg('event', () => ID, { nullable: true, description: 'For all time when left out.' }) event?: string | null,
  ) {
    if (event === null || event === undefined) return shownUnitTally(ctx, unit.id, null);
    return requireEvent(ctx, event).then(({ id }) => shownUnitTally(ctx, unit.id, id));
  }
}
