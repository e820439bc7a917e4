import { createUnionType, Field, ObjectType, registerEnumType } from 'type-graphql';
import { Shift } from '../event/shift.entity.js';
import { Refusal, StaleEdit } from '../kernel/refusal.js';
import { Skill } from '../volunteer/skill.entity.js';
import { Assignment } from './assignment.entity.js';

@ObjectType({ description: 'Assignments as they are now.' })
export class AssignmentsSaved {
  @Field(() => [Assignment], { description: 'What was made or changed; the first one is the one that was asked for.' })
  assignments!: Assignment[];
}

@ObjectType({ implements: Refusal, description: 'They hold another assignment at that time; nothing was changed.' })
export class TimeTaken extends Refusal {
  @Field(() => Assignment, { description: 'The other one.' })
  assignment!: Assignment;
}

@ObjectType({ implements: Refusal, description: 'The shift has all its people; nothing was changed.' })
export class ShiftFull extends Refusal {
  @Field(() => Shift, { description: 'Which shift.' })
  shift!: Shift;
}

@ObjectType({ implements: Refusal, description: 'They lack a skill that the shift needs; nothing was changed.' })
export class SkillMissing extends Refusal {
  @Field(() => [Skill], { description: 'What they lack.' })
  skills!: Skill[];
}

export enum AssignmentRefusalReason {
  OVER = 'OVER',
  CANCELLED = 'CANCELLED',
  EXPIRED = 'EXPIRED',
  NOT_NOW = 'NOT_NOW',
  TIMES = 'TIMES',
  OTHER_EVENT = 'OTHER_EVENT',
  TOO_MANY_ASSIGNED = 'TOO_MANY_ASSIGNED',
}

registerEnumType(AssignmentRefusalReason, {
  name: 'AssignmentRefusalReason',
  description: 'Why nothing was changed.',
  valuesConfig: {
    OVER: { description: 'The shift has ended.' },
    CANCELLED: { description: 'The shift does not take place.' },
    EXPIRED: { description: 'The offer was not answered in time.' },
    NOT_NOW: { description: 'As far as it has come, this cannot be done with it.' },
    TIMES: { description: 'The end must be after the start, and within a day.' },
    OTHER_EVENT: { description: 'The shift belongs to another event.' },
    TOO_MANY_ASSIGNED: { description: 'More people are assigned than it would take: release some first.' },
  },
});

@ObjectType({ implements: Refusal, description: 'Nothing was changed.' })
export class AssignmentRefused extends Refusal {
  @Field(() => AssignmentRefusalReason, { description: 'For programs; `message` says it to people.' })
  reason!: AssignmentRefusalReason;
}

@ObjectType({ description: 'Shifts as they are now.' })
export class ShiftsSaved {
  @Field(() => [Shift], { description: 'What was made or changed.' })
  shifts!: Shift[];
}

export const AssignResult = createUnionType({
  name: 'AssignResult',
  description: 'What became of an assignment.',
  types: () => [AssignmentsSaved, TimeTaken, ShiftFull, SkillMissing, AssignmentRefused, StaleEdit] as const,
});

export const ShiftsResult = createUnionType({
  name: 'ShiftsResult',
  description: 'What became of shifts.',
  types: () => [ShiftsSaved, TimeTaken, AssignmentRefused, StaleEdit] as const,
});
