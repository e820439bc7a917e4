import { createUnionType, Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { CheckIn } from '../feed/check-in.entity.js';
import { GridPost } from '../hierarchy/service-unit.entity.js';
import { Refusal, StaleEdit } from '../kernel/refusal.js';
import { VolunteerBadge } from '../volunteer/volunteer.entity.js';
import { Attendance } from './attendance.entity.js';

export enum AttendanceRefusalReason {
  OWN = 'OWN',
  STILL_OPEN = 'STILL_OPEN',
  NOT_WAITING = 'NOT_WAITING',
  TIMES = 'TIMES',
  OVERLAP = 'OVERLAP',
  SAME_PERSON = 'SAME_PERSON',
  ACCOUNT_NEEDED = 'ACCOUNT_NEEDED',
}

registerEnumType(AttendanceRefusalReason, {
  name: 'AttendanceRefusalReason',
  description: 'Why nothing was changed.',
  valuesConfig: {
    OWN: { description: 'Nobody decides on their own hours.' },
    STILL_OPEN: { description: 'They are still there; check them out first.' },
    NOT_WAITING: { description: 'It does not wait for this, or was annulled.' },
    TIMES: { description: 'It would end before it began, in the future, or last over a day.' },
    OVERLAP: { description: 'They have another stay at that time.' },
    SAME_PERSON: { description: 'The second signature must be another person’s.' },
    ACCOUNT_NEEDED: { description: 'A device cannot sign: sign in with an account.' },
  },
});

@ObjectType({ implements: Refusal, description: 'Nothing was changed.' })
export class AttendanceRefused extends Refusal {
  @Field(() => AttendanceRefusalReason, { description: 'For programs; `message` says it to people.' })
  reason!: AttendanceRefusalReason;
}

@ObjectType({ description: 'The stay as it is now.' })
export class AttendanceSaved {
  @Field(() => Attendance, { description: 'As it is now.' })
  attendance!: Attendance;
}

@ObjectType({ description: 'They count now, all of them.' })
export class AttendanceConfirmed {
  @Field(() => [Attendance], { description: 'As they are now.' })
  attendances!: Attendance[];
}

export enum RollCallOutcome {
  RECORDED = 'RECORDED',
  ALREADY = 'ALREADY',
  REFUSED = 'REFUSED',
}

registerEnumType(RollCallOutcome, {
  name: 'RollCallOutcome',
  description: 'What became of one line.',
  valuesConfig: {
    RECORDED: { description: 'It is in the log, now or since its key was sent first.' },
    ALREADY: { description: 'They were at this post already; nothing more was recorded.' },
    REFUSED: { description: 'Nothing was recorded: `message` says why.' },
  },
});

@ObjectType({ description: 'What became of one line of a roll-call.' })
export class RollCallLine {
  @Field(() => String, { description: "The line's key." })
  key!: string;

  @Field(() => RollCallOutcome, { description: 'What became of it.' })
  outcome!: RollCallOutcome;

  @Field(() => CheckIn, { nullable: true, description: 'What stands in the log; null when it was refused.' })
  checkIn!: CheckIn | null;

  @Field(() => String, { nullable: true, description: 'Why it was refused, for people.' })
  message!: string | null;
}

@ObjectType({ description: 'A roll-call, line by line: one that is refused holds up no other.' })
export class RollCall {
  @Field(() => [RollCallLine], { description: 'In the order in which they were sent.' })
  lines!: RollCallLine[];
}

@ObjectType({ description: 'Service that was entered later, as everybody may read it before it counts (公示).' })
export class PublishedService {
  @Field(() => VolunteerBadge, { description: 'Who served: masked, and by consent.' })
  volunteer!: VolunteerBadge;

  @Field(() => GridPost, { description: 'Where.' })
  post!: GridPost;

  @Field(() => Date, { description: 'When it began.' })
  inAt!: Date;

  @Field(() => Int, { description: 'Whole minutes.' })
  minutes!: number;

  @Field(() => String, { description: 'What was done.' })
  content!: string;

  @Field(() => Date, { description: 'When it will count unless somebody objects.' })
  until!: Date;
}

export const ConfirmAttendanceResult = createUnionType({
  name: 'ConfirmAttendanceResult',
  description: 'What became of confirming stays.',
  types: () => [AttendanceConfirmed, AttendanceRefused] as const,
});

export const CorrectAttendanceResult = createUnionType({
  name: 'CorrectAttendanceResult',
  description: 'What became of a correction.',
  types: () => [AttendanceSaved, AttendanceRefused, StaleEdit] as const,
});

export const EnterServiceResult = createUnionType({
  name: 'EnterServiceResult',
  description: 'What became of entering or signing service.',
  types: () => [AttendanceSaved, AttendanceRefused] as const,
});
