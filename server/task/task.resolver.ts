import {
  Arg,
  Args,
  ArgsType,
  Ctx,
  Field,
  FieldResolver,
  ID,
  Int,
  Mutation,
  ObjectType,
  Query,
  registerEnumType,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import { actorName } from '../access/access.service.js';
import { CommunityEvent } from '../event/community-event.entity.js';
import { requiredEvent } from '../event/event.service.js';
import { Shift } from '../event/shift.entity.js';
import { requiredUnit, unitById } from '../hierarchy/hierarchy.service.js';
import { GridPost, ServiceUnit } from '../hierarchy/service-unit.entity.js';
import { connectionOf, PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import { Skill } from '../volunteer/skill.entity.js';
import { requiredSkills } from '../volunteer/skill.service.js';
import { Volunteer, VolunteerBadge } from '../volunteer/volunteer.entity.js';
import { badgeOf, visibleVolunteer } from '../volunteer/volunteer.service.js';
import { Assignment, BoardVisitor } from './assignment.entity.js';
import {
  AssignInput,
  CreateShiftsInput,
  EditShiftInput,
  MoveAssignmentInput,
  SwapAssignmentsInput,
} from './assignment.input.js';
import { AssignResult, ShiftsResult } from './assignment.result.js';
import {
  answerOffer,
  assign,
  completeAssignment,
  handOver,
  moveAssignment,
  rateAssignment,
  releaseAssignment,
  stayOn,
  swapAssignments,
} from './assignment.service.js';
import type { BoardPlace } from './board.log.js';
import { BoardCursorScalar, followBoard } from './board.service.js';
import type { BoardFrame } from './boards.js';
import { candidatesFor, type CandidateRow } from './candidates.js';
import { coverageGaps, followGaps, type Gap } from './gaps.js';
import { cancelShift, createShifts, editShift } from './shift.service.js';
import {
  assignmentsOf,
  headcountOf,
  listAssignments,
  listShifts,
  presenceOfAssignment,
  requiredShift,
  shiftById,
  unplannedAt,
  visitorsOf,
} from './task.lists.js';
import { visitBoard } from './visit.service.js';

enum AssignmentPresence {
  EXPECTED = 'EXPECTED',
  HERE = 'HERE',
  LATE = 'LATE',
  MISSING = 'MISSING',
  LEFT = 'LEFT',
  ELSEWHERE = 'ELSEWHERE',
}

registerEnumType(AssignmentPresence, {
  name: 'AssignmentPresence',
  description: 'Where somebody who is assigned is, as far as check-ins say.',
  valuesConfig: {
    EXPECTED: { description: 'Not there yet, and not late.' },
    HERE: { description: 'At the post.' },
    LATE: { description: 'Over ten minutes late.' },
    MISSING: { description: 'Over half an hour late, or never came.' },
    LEFT: { description: 'Was there, and has left.' },
    ELSEWHERE: { description: 'At another post of the event.' },
  },
});

enum CoverageGapKind {
  UNCOVERED_NOW = 'UNCOVERED_NOW',
  UNDERSTAFFED_NOW = 'UNDERSTAFFED_NOW',
  STARTING_SOON = 'STARTING_SOON',
  SKILL_MISSING = 'SKILL_MISSING',
}

registerEnumType(CoverageGapKind, {
  name: 'CoverageGapKind',
  description: 'What a shift lacks, the gravest first.',
  valuesConfig: {
    UNCOVERED_NOW: { description: 'It goes on, and nobody is at the post.' },
    UNDERSTAFFED_NOW: { description: 'It goes on with too few at the post.' },
    STARTING_SOON: { description: 'It starts within the hour and has too few people.' },
    SKILL_MISSING: { description: 'None of its people has a skill that it needs.' },
  },
});

@ObjectType({ description: 'Somebody who could take a place, in the order of what speaks for them.' })
class Candidate {
  @Field(() => Volunteer, { description: 'Who.' })
  volunteer!: Volunteer;

  @Field(() => GridPost, {
    nullable: true,
    description: 'Where they are at this event just now; null when they are not on site.',
  })
  herePost!: GridPost | null;

  @Field(() => Boolean, { description: 'Whether they are at this very post.' })
  isAtPost!: boolean;

  @Field(() => Boolean, { description: "Whether they belong to the post's team." })
  sameTeam!: boolean;

  @Field(() => Boolean, { description: "Whether they belong to the post's station." })
  sameStation!: boolean;

  @Field(() => Int, { description: 'How long they have served today, in whole minutes.' })
  minutesToday!: number;

  @Field(() => [Skill], { description: 'What the shift needs and they have.' })
  skills!: Skill[];
}

@ObjectType({ description: 'A shift that lacks people now or soon.' })
class CoverageGap {
  shiftId!: number;
  missingSkillIds!: number[];

  @Field(() => CoverageGapKind, { description: 'What it lacks.' })
  kind!: CoverageGapKind;

  @Field(() => Int, { description: 'How many people it lacks.' })
  missing!: number;
}

@ObjectType({ description: 'All gaps that there are, the gravest first; at most 100.' })
class CoverageGaps {
  @Field(() => [CoverageGap], { description: 'Each shift once.' })
  gaps!: CoverageGap[];
}

@ObjectType('BoardFrame', {
  description:
    'Shifts to be looked at again, each as it is now: put them in place of what you have. One with `cancelledAt` goes.',
})
class BoardFrameType {
  shiftIds!: number[];
  eventId!: number;

  @Field(() => BoardCursorScalar, {
    nullable: true,
    description: 'Go on from here after a cut; null while more of the same moment follows.',
  })
  place!: BoardPlace | null;
}

const ShiftConnection = connectionOf(Shift, 'Shift');
const AssignmentConnection = connectionOf(Assignment, 'Assignment');

@ArgsType()
class ShiftsArgs extends PageArgs {
  @Field(() => ID, { description: 'Of which event.' })
  event!: string;

  @Field(() => ID, {
    nullable: true,
    description: 'Only at this unit and below it; all that the viewer acts for otherwise.',
  })
  within?: string;
}

@ArgsType()
class AssignmentsArgs extends PageArgs {
  @Field(() => ID, { nullable: true, description: 'Whose; one’s own when left out.' })
  volunteer?: string;
}

@Resolver()
export class BoardResolver {
  @Query(() => ShiftConnection, {
    description: 'The shifts of an event where the viewer acts, in the order of their start.',
  })
  shifts(@Ctx() ctx: Context, @Args(() => ShiftsArgs) args: ShiftsArgs) {
    return listShifts(ctx, args);
  }

  @Query(() => AssignmentConnection, { description: 'Somebody’s assignments and offers, the latest start first.' })
  assignments(@Ctx() ctx: Context, @Args(() => AssignmentsArgs) args: AssignmentsArgs) {
    return listAssignments(ctx, args);
  }

  @Query(() => [CoverageGap], {
    description: 'Shifts that lack people now or within the hour, the gravest first; at most 100.',
  })
  coverageGaps(
    @Ctx() ctx: Context,
    @Arg('event', () => ID, { description: 'Of which event.' }) event: string,
    @Arg('within', () => ID, { nullable: true, description: 'Only at this unit and below it.' }) within?: string,
  ): Promise<Gap[]> {
    return coverageGaps(ctx, { event, within });
  }

  @Mutation(() => Boolean, {
    description: 'Says that you look at a board, and at which shift. Say it every fifteen seconds while you do.',
  })
  visitBoard(
    @Ctx() ctx: Context,
    @Arg('event', () => ID, { description: 'Of which event.' }) event: string,
    @Arg('within', () => ID, { nullable: true, description: 'The unit whose board it is.' }) within?: string,
    @Arg('shift', () => ID, { nullable: true, description: 'What you are about to change there.' }) shift?: string,
  ) {
    return visitBoard(ctx, { event, within, shift });
  }

  @Subscription(() => BoardFrameType, {
    description:
      'A live board: the shifts of a unit and everything below it with their people. Without `after` it comes whole, in frames, and then goes on; with the last cursor it goes on from there.',
    subscribe: ({ args, context }) => followBoard(context as Context, args as Parameters<typeof followBoard>[1]),
  })
  board(
    @Root() frame: BoardFrame,
    @Arg('event', () => ID, { description: 'Of which event.' }) _event: string,
    @Arg('within', () => ID, { nullable: true, description: 'Only at this unit and below it.' }) _within?: string,
    @Arg('after', () => BoardCursorScalar, { nullable: true, description: 'The last cursor that you were given.' })
    _after?: BoardPlace,
  ): BoardFrame {
    return frame;
  }

  @Subscription(() => CoverageGaps, {
    description: 'The gaps at once, then whenever they are others, twice a second at most.',
    subscribe: ({ args, context }) => followGaps(context as Context, args as Parameters<typeof followGaps>[1]),
  })
  coverageGapsChanged(
    @Root() gaps: { gaps: Gap[] },
    @Arg('event', () => ID, { description: 'Of which event.' }) _event: string,
    @Arg('within', () => ID, { nullable: true, description: 'Only at this unit and below it.' }) _within?: string,
  ): { gaps: Gap[] } {
    return gaps;
  }
}

@Resolver(() => BoardFrameType)
export class BoardFrameResolver {
  @FieldResolver(() => [Shift], { description: 'As they are now; at most 40.' })
  shifts(@Ctx() ctx: Context, @Root() { shiftIds }: BoardFrame) {
    return Promise.all(shiftIds.map((id) => requiredShift(ctx, id)));
  }

  @FieldResolver(() => [BoardVisitor], { description: 'Who looks at a board of this event just now.' })
  visitors(@Ctx() ctx: Context, @Root() { eventId }: BoardFrame) {
    return visitorsOf(ctx, eventId);
  }
}

@Resolver(() => BoardVisitor)
export class BoardVisitorResolver {
  @FieldResolver(() => ServiceUnit, { nullable: true, description: 'Whose board they look at; null for all of it.' })
  unit(@Ctx() ctx: Context, @Root() { unitId }: BoardVisitor) {
    return unitId === null ? null : unitById(ctx).load(unitId);
  }

  @FieldResolver(() => Shift, { nullable: true, description: 'What they are about to change.' })
  shift(@Ctx() ctx: Context, @Root() { shiftId }: BoardVisitor) {
    return shiftId === null ? null : shiftById(ctx).load(shiftId);
  }
}

@Resolver(() => CoverageGap)
export class CoverageGapResolver {
  @FieldResolver(() => Shift, { description: 'Which shift.' })
  shift(@Ctx() ctx: Context, @Root() { shiftId }: Gap) {
    return requiredShift(ctx, shiftId);
  }

  @FieldResolver(() => [Skill], { description: 'Skills that it needs and none of its people has.' })
  missingSkills(@Ctx() ctx: Context, @Root() { missingSkillIds }: Gap) {
    return requiredSkills(ctx, missingSkillIds);
  }
}

@Resolver(() => Shift)
export class ShiftResolver {
  @FieldResolver(() => CommunityEvent, { description: 'Of which event.' })
  event(@Ctx() ctx: Context, @Root() { eventId }: Shift) {
    return requiredEvent(ctx, eventId);
  }

  @FieldResolver(() => GridPost, { description: 'At which post.' })
  post(@Ctx() ctx: Context, @Root() { postId }: Shift) {
    return requiredUnit(ctx, postId);
  }

  @FieldResolver(() => [Skill], { description: 'What it needs.' })
  skills(@Ctx() ctx: Context, @Root() { skillIds }: Shift) {
    return requiredSkills(ctx, skillIds);
  }

  @FieldResolver(() => [Assignment], {
    description:
      'Who has a place or waits for one, in the order in which they came; empty for whoever does not run the post.',
  })
  assignments(@Ctx() ctx: Context, @Root() shift: Shift) {
    return assignmentsOf(ctx, shift);
  }

  @FieldResolver(() => Int, { description: 'How many have a place and are to come, or came.' })
  async expected(@Ctx() ctx: Context, @Root() shift: Shift) {
    return (await headcountOf(ctx, shift)).expected;
  }

  @FieldResolver(() => Int, { description: 'How many of them are at the post.' })
  async here(@Ctx() ctx: Context, @Root() shift: Shift) {
    return (await headcountOf(ctx, shift)).here;
  }

  @FieldResolver(() => Int, { description: 'How many of them are over ten minutes late.' })
  async late(@Ctx() ctx: Context, @Root() shift: Shift) {
    return (await headcountOf(ctx, shift)).late;
  }

  @FieldResolver(() => Int, { description: 'How many of them are over half an hour late, or never came.' })
  async missing(@Ctx() ctx: Context, @Root() shift: Shift) {
    return (await headcountOf(ctx, shift)).missing;
  }

  @FieldResolver(() => Int, { description: 'How many have been asked and have not answered.' })
  async offered(@Ctx() ctx: Context, @Root() shift: Shift) {
    return (await headcountOf(ctx, shift)).offered;
  }

  @FieldResolver(() => Int, { description: 'How many wait for a place.' })
  async waiting(@Ctx() ctx: Context, @Root() shift: Shift) {
    return (await headcountOf(ctx, shift)).waiting;
  }

  @FieldResolver(() => Int, { description: 'How many are at the post without being assigned to this.' })
  unplanned(@Ctx() ctx: Context, @Root() { id }: Shift) {
    return unplannedAt(ctx).load(id);
  }

  @FieldResolver(() => [Candidate], {
    description:
      'Who has the skills and the time, ranked: who is there already, of the team, of the station, has served least today.',
  })
  async candidates(
    @Ctx() ctx: Context,
    @Root() { id }: Shift,
    @Arg('first', () => Int, { description: 'How many, 1 to 100.' }) first: number,
  ): Promise<Candidate[]> {
    const rows = await candidatesFor(ctx, id, first);
    const candidates = await Promise.all(rows.map((row) => candidateOf(ctx, row)));
    return candidates.filter((it) => it !== null);
  }

  @Mutation(() => ShiftsResult, { description: 'Plans shifts, all of them or none.' })
  createShifts(
    @Ctx() ctx: Context,
    @Arg('input', () => CreateShiftsInput, { description: 'Which.' }) input: CreateShiftsInput,
  ) {
    return createShifts(ctx, input);
  }

  @Mutation(() => ShiftsResult, { description: 'Gives a shift other times, another size or other needs.' })
  editShift(@Ctx() ctx: Context, @Arg('input', () => EditShiftInput, { description: 'How.' }) input: EditShiftInput) {
    return editShift(ctx, input);
  }

  @Mutation(() => ShiftsResult, { description: 'Lets a shift not take place: its people are free again.' })
  cancelShift(
    @Ctx() ctx: Context,
    @Arg('shift', () => ID, { description: 'Which.' }) shift: string,
    @Arg('version', () => Int, { description: 'Its version when you read it.' }) version: number,
    @Arg('reason', () => String, { description: 'Why; at most 500 characters.' }) reason: string,
  ) {
    return cancelShift(ctx, shift, version, reason);
  }
}

async function candidateOf(ctx: Context, row: CandidateRow): Promise<Candidate | null> {
  const volunteer = await visibleVolunteer(ctx, row.volunteerId);
  if (!volunteer) return null;
  const herePost = row.herePostId === null ? null : ((await requiredUnit(ctx, row.herePostId)) as GridPost);
  return { ...row, volunteer, herePost, skills: await requiredSkills(ctx, row.skillIds) };
}

@Resolver(() => Assignment)
export class AssignmentResolver {
  @FieldResolver(() => Shift, { description: 'Which shift.' })
  shift(@Ctx() ctx: Context, @Root() { shiftId }: Assignment) {
    return requiredShift(ctx, shiftId);
  }

  @FieldResolver(() => VolunteerBadge, { description: 'Who: masked unless the viewer may see the person.' })
  volunteer(@Ctx() ctx: Context, @Root() { volunteerId }: Assignment) {
    return badgeOf(ctx, volunteerId);
  }

  @FieldResolver(() => Volunteer, { nullable: true, description: 'The person; null when the viewer may not see them.' })
  person(@Ctx() ctx: Context, @Root() { volunteerId }: Assignment) {
    return visibleVolunteer(ctx, volunteerId);
  }

  @FieldResolver(() => AssignmentPresence, {
    nullable: true,
    description: 'Where they are; null for whoever has not accepted.',
  })
  presence(@Ctx() ctx: Context, @Root() assignment: Assignment) {
    return presenceOfAssignment(ctx, assignment);
  }

  @FieldResolver(() => String, { nullable: true, description: 'Who changed it last; null for the system itself.' })
  changedBy(@Ctx() ctx: Context, @Root() { changedByAccountId, changedByKeyId }: Assignment) {
    return actorName(ctx).load({ accountId: changedByAccountId, keyId: changedByKeyId });
  }

  @Mutation(() => AssignResult, {
    description: 'Gives somebody a place at a shift, asks them first, or lets them wait.',
  })
  assign(@Ctx() ctx: Context, @Arg('input', () => AssignInput, { description: 'Who, and where.' }) input: AssignInput) {
    return assign(ctx, input);
  }

  @Mutation(() => AssignResult, { description: 'Brings somebody to another shift of the event instead.' })
  moveAssignment(
    @Ctx() ctx: Context,
    @Arg('input', () => MoveAssignmentInput, { description: 'Who, and where to.' }) input: MoveAssignmentInput,
  ) {
    return moveAssignment(ctx, input);
  }

  @Mutation(() => AssignResult, { description: 'Two people take each other’s places.' })
  swapAssignments(
    @Ctx() ctx: Context,
    @Arg('input', () => SwapAssignmentsInput, { description: 'Which two.' }) input: SwapAssignmentsInput,
  ) {
    return swapAssignments(ctx, input);
  }

  @Mutation(() => AssignResult, { description: 'Answers an offer: by the person asked, or by whoever runs the post.' })
  answerOffer(
    @Ctx() ctx: Context,
    @Arg('assignment', () => ID, { description: 'Which offer.' }) assignment: string,
    @Arg('accepts', () => Boolean, { description: 'Yes or no. No may also be said after a yes.' }) accepts: boolean,
  ) {
    return answerOffer(ctx, assignment, accepts);
  }

  @Mutation(() => AssignResult, { description: 'Takes somebody off; whoever waits longest for the place is asked.' })
  releaseAssignment(
    @Ctx() ctx: Context,
    @Arg('assignment', () => ID, { description: 'Which.' }) assignment: string,
    @Arg('version', () => Int, { description: 'Its version when you read it.' }) version: number,
  ) {
    return releaseAssignment(ctx, assignment, version);
  }

  @Mutation(() => AssignResult, { description: 'Somebody else takes the place over.' })
  handOver(
    @Ctx() ctx: Context,
    @Arg('assignment', () => ID, { description: 'Which.' }) assignment: string,
    @Arg('version', () => Int, { description: 'Its version when you read it.' }) version: number,
    @Arg('volunteer', () => ID, { description: 'Who takes it over.' }) volunteer: string,
  ) {
    return handOver(ctx, assignment, version, volunteer);
  }

  @Mutation(() => AssignResult, { description: 'Somebody stays until later, or leaves earlier, than the shift says.' })
  stayOn(
    @Ctx() ctx: Context,
    @Arg('assignment', () => ID, { description: 'Which.' }) assignment: string,
    @Arg('version', () => Int, { description: 'Its version when you read it.' }) version: number,
    @Arg('until', () => Date, { description: 'Until when; at most a day from its start.' }) until: Date,
  ) {
    return stayOn(ctx, assignment, version, until);
  }

  @Mutation(() => AssignResult, { description: 'What was assigned has been done.' })
  completeAssignment(
    @Ctx() ctx: Context,
    @Arg('assignment', () => ID, { description: 'Which.' }) assignment: string,
    @Arg('version', () => Int, { description: 'Its version when you read it.' }) version: number,
  ) {
    return completeAssignment(ctx, assignment, version);
  }

  @Mutation(() => AssignResult, { description: 'Says how it was (评单).' })
  rateAssignment(
    @Ctx() ctx: Context,
    @Arg('assignment', () => ID, { description: 'Which.' }) assignment: string,
    @Arg('version', () => Int, { description: 'Its version when you read it.' }) version: number,
    @Arg('stars', () => Int, { description: 'From one to five.' }) stars: number,
    @Arg('remark', () => String, { nullable: true, description: 'At most 500 characters.' }) remark?: string,
  ) {
    return rateAssignment(ctx, assignment, version, stars, remark);
  }
}
