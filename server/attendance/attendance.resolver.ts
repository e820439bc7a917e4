import { Arg, Args, ArgsType, Ctx, Field, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { actorName } from '../access/access.service.js';
import { CommunityEvent } from '../event/community-event.entity.js';
import { requiredEvent } from '../event/event.service.js';
import { CheckIn } from '../feed/check-in.entity.js';
import { checkInByPlace } from '../feed/feed.service.js';
import { requiredUnit } from '../hierarchy/hierarchy.service.js';
import { GridPost } from '../hierarchy/service-unit.entity.js';
import { connectionOf, PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import { Volunteer, VolunteerBadge } from '../volunteer/volunteer.entity.js';
import { badgeOf, visibleVolunteer } from '../volunteer/volunteer.service.js';
import { Attendance, AttendanceChange, AttendanceState } from './attendance.entity.js';
import { CorrectAttendanceInput, EnterServiceInput, RollCallInput } from './attendance.input.js';
import { changesOf, listAttendance, listPublished, listQueue } from './attendance.lists.js';
import {
  ConfirmAttendanceResult,
  CorrectAttendanceResult,
  EnterServiceResult,
  PublishedService,
  RollCall,
} from './attendance.result.js';
import {
  annulAttendance,
  confirmAttendance,
  correctAttendance,
  enterService,
  signService,
} from './attendance.service.js';
import { rollCall } from './roll-call.service.js';

const AttendanceConnection = connectionOf(Attendance, 'Attendance');
const PublishedServiceConnection = connectionOf(PublishedService, 'PublishedService');

@ArgsType()
class QueueArgs extends PageArgs {
  @Field(() => ID, { nullable: true, description: 'Only of this event.' })
  event?: string;

  @Field(() => ID, { nullable: true, description: 'Only at this unit and below it.' })
  within?: string;
}

@ArgsType()
class AttendancesArgs extends QueueArgs {
  @Field(() => ID, { nullable: true, description: 'Only of this person.' })
  volunteer?: string;

  @Field(() => AttendanceState, { nullable: true, description: 'Only those that have come so far.' })
  state?: AttendanceState;
}

@Resolver(() => Attendance)
export class AttendanceResolver {
  @Query(() => AttendanceConnection, {
    description:
      'Stays, the newest first: where the viewer acts, or of one person whom they may see. Volunteers see their own.',
  })
  attendances(@Ctx() ctx: Context, @Args(() => AttendancesArgs) args: AttendancesArgs) {
    return listAttendance(ctx, args, args);
  }

  @Query(() => AttendanceConnection, {
    description:
      'What waits for a decision where the viewer acts, the oldest first: late and forgotten check-outs, each with a proposal, and service without a second signature.',
  })
  attendanceQueue(@Ctx() ctx: Context, @Args(() => QueueArgs) args: QueueArgs) {
    return listQueue(ctx, args, args);
  }

  @Query(() => PublishedServiceConnection, {
    description: 'Service that was entered later, for everybody to read before it counts (公示).',
  })
  publishedService(@Ctx() ctx: Context, @Args(() => PageArgs) args: PageArgs) {
    return listPublished(ctx, args);
  }

  @Mutation(() => ConfirmAttendanceResult, {
    description: 'Makes the proposals of up to 100 stays count: all, or none.',
  })
  confirmAttendance(
    @Ctx() ctx: Context,
    @Arg('attendances', () => [ID], { description: 'Which.' }) attendances: string[],
  ) {
    return confirmAttendance(ctx, attendances);
  }

  @Mutation(() => CorrectAttendanceResult, { description: 'Gives a stay other times; what they were stays beside it.' })
  correctAttendance(
    @Ctx() ctx: Context,
    @Arg('input', () => CorrectAttendanceInput, { description: 'Which, and what.' }) input: CorrectAttendanceInput,
  ) {
    return correctAttendance(ctx, input);
  }

  @Mutation(() => CorrectAttendanceResult, { description: 'Lets a stay count no longer.' })
  annulAttendance(
    @Ctx() ctx: Context,
    @Arg('attendance', () => ID, { description: 'Which.' }) attendance: string,
    @Arg('version', () => Int, { description: 'Its version when you read it.' }) version: number,
    @Arg('reason', () => String, { description: 'Why; at most 500 characters.' }) reason: string,
  ) {
    return annulAttendance(ctx, attendance, version, reason);
  }

  @Mutation(() => EnterServiceResult, {
    description:
      'Enters service that nobody checked in for. It counts after a second signature and seven days of publication.',
  })
  enterService(
    @Ctx() ctx: Context,
    @Arg('input', () => EnterServiceInput, { description: 'Who, where, when, what.' }) input: EnterServiceInput,
  ) {
    return enterService(ctx, input);
  }

  @Mutation(() => EnterServiceResult, { description: 'The second signature for service that was entered later.' })
  signService(@Ctx() ctx: Context, @Arg('attendance', () => ID, { description: 'Which.' }) attendance: string) {
    return signService(ctx, attendance);
  }

  @Mutation(() => RollCall, { description: 'Checks up to 100 people in or out at one post, by a leader’s word.' })
  rollCall(
    @Ctx() ctx: Context,
    @Arg('input', () => RollCallInput, { description: 'Where, and who.' }) input: RollCallInput,
  ) {
    return rollCall(ctx, input);
  }

  @FieldResolver(() => CommunityEvent, { nullable: true, description: 'At which event; null for service at none.' })
  event(@Ctx() ctx: Context, @Root() stay: Attendance) {
    return stay.eventId === null ? null : requiredEvent(ctx, stay.eventId);
  }

  @FieldResolver(() => GridPost, { description: 'Where.' })
  post(@Ctx() ctx: Context, @Root() stay: Attendance) {
    return requiredUnit(ctx, stay.postId);
  }

  @FieldResolver(() => VolunteerBadge, { description: 'Who: masked unless the viewer may see the person.' })
  volunteer(@Ctx() ctx: Context, @Root() stay: Attendance) {
    return badgeOf(ctx, stay.volunteerId);
  }

  @FieldResolver(() => Volunteer, { nullable: true, description: 'The person; null when the viewer may not see them.' })
  person(@Ctx() ctx: Context, @Root() stay: Attendance) {
    return visibleVolunteer(ctx, stay.volunteerId);
  }

  @FieldResolver(() => CheckIn, { nullable: true, description: 'The row of the log that it began with.' })
  checkIn(@Ctx() ctx: Context, @Root() { eventId, inSequence }: Attendance) {
    return eventId === null || inSequence === null ? null : checkInByPlace(ctx).load({ eventId, sequence: inSequence });
  }

  @FieldResolver(() => CheckIn, {
    nullable: true,
    description: 'The row of the log that it ended with: a check-out, or a check-in at the next post.',
  })
  checkOut(@Ctx() ctx: Context, @Root() { eventId, outSequence }: Attendance) {
    return eventId === null || outSequence === null
      ? null
      : checkInByPlace(ctx).load({ eventId, sequence: outSequence });
  }

  @FieldResolver(() => String, { nullable: true, description: 'Who entered it later; null for what was checked in.' })
  enteredBy(@Ctx() ctx: Context, @Root() stay: Attendance) {
    return actorName(ctx).load({ accountId: stay.enteredByAccountId, keyId: null });
  }

  @FieldResolver(() => String, { nullable: true, description: 'Who signed for it as the second person.' })
  signedBy(@Ctx() ctx: Context, @Root() stay: Attendance) {
    return actorName(ctx).load({ accountId: stay.signedByAccountId, keyId: null });
  }

  @FieldResolver(() => [AttendanceChange], { description: 'What people changed about it, the first change first.' })
  changes(@Ctx() ctx: Context, @Root() stay: Attendance) {
    return changesOf(ctx).load(stay.id);
  }
}

@Resolver(() => AttendanceChange)
export class AttendanceChangeResolver {
  @FieldResolver(() => String, { nullable: true, description: 'Who changed it: the account’s or the key’s name.' })
  by(@Ctx() ctx: Context, @Root() change: AttendanceChange) {
    return actorName(ctx).load(change);
  }
}
