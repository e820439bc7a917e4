import { Field, ID, InputType, Int } from 'type-graphql';
import { ShiftKind } from '../event/shift.entity.js';

@InputType({ description: 'Somebody gets a place at a shift.' })
export class AssignInput {
  @Field(() => ID, { description: 'Which shift.' })
  shift!: string;

  @Field(() => ID, { description: 'Who.' })
  volunteer!: string;

  @Field(() => Boolean, {
    description: 'Whether they are asked first: the time is theirs until they answer or the offer expires.',
    defaultValue: false,
  })
  offer!: boolean;

  @Field(() => Date, { nullable: true, description: 'Until when an offer can be answered; ten minutes when left out.' })
  expiresAt?: Date | null;

  @Field(() => Boolean, {
    description: 'Whether the next in rank is asked when they decline or do not answer.',
    defaultValue: false,
  })
  passOn!: boolean;

  @Field(() => Boolean, { description: 'Whether they wait for a place when the shift is full.', defaultValue: false })
  wait!: boolean;

  @Field(() => Boolean, { description: 'Whether they may lack a skill that the shift needs.', defaultValue: false })
  despiteSkills!: boolean;
}

@InputType({ description: 'Somebody goes to another shift instead.' })
export class MoveAssignmentInput {
  @Field(() => ID, { description: 'Which assignment.' })
  assignment!: string;

  @Field(() => Int, { description: 'Its version when you read it.' })
  version!: number;

  @Field(() => ID, { description: 'The shift to go to, of the same event.' })
  shift!: string;
}

@InputType({ description: 'Two people take each other’s places.' })
export class SwapAssignmentsInput {
  @Field(() => ID, { description: 'One assignment.' })
  one!: string;

  @Field(() => Int, { description: 'Its version when you read it.' })
  oneVersion!: number;

  @Field(() => ID, { description: 'The other one.' })
  other!: string;

  @Field(() => Int, { description: 'Its version when you read it.' })
  otherVersion!: number;
}

@InputType({ description: 'A shift as it is to be.' })
export class ShiftInput {
  @Field(() => ID, { description: 'At which post.' })
  post!: string;

  @Field(() => ShiftKind, { description: 'What it is for.', defaultValue: ShiftKind.SERVICE })
  kind!: ShiftKind;

  @Field(() => String, { nullable: true, description: 'More about it; at most 100 characters.' })
  title?: string | null;

  @Field(() => Date, { description: 'When it begins.' })
  startsAt!: Date;

  @Field(() => Date, { description: 'When it ends; at most a day later.' })
  endsAt!: Date;

  @Field(() => Int, { description: 'How many people it takes, 1 to 500.' })
  capacity!: number;

  @Field(() => [ID], { description: 'The skills that it needs.', defaultValue: [] })
  skills!: string[];

  @Field(() => Int, { nullable: true, description: 'In years; null for no limit.' })
  minAge?: number | null;

  @Field(() => Int, { nullable: true, description: 'In years; null for no limit.' })
  maxAge?: number | null;
}

@InputType({ description: 'Shifts for an event.' })
export class CreateShiftsInput {
  @Field(() => ID, { description: 'Of which event.' })
  event!: string;

  @Field(() => [ShiftInput], { description: '1 to 100 of them.' })
  shifts!: ShiftInput[];
}

@InputType({ description: 'A shift gets other times, another size or other needs.' })
export class EditShiftInput {
  @Field(() => ID, { description: 'Which shift.' })
  shift!: string;

  @Field(() => Int, { description: 'Its version when you read it.' })
  version!: number;

  @Field(() => Date, { description: 'When it begins.' })
  startsAt!: Date;

  @Field(() => Date, { description: 'When it ends; at most a day later.' })
  endsAt!: Date;

  @Field(() => Int, { description: 'How many people it takes, 1 to 500.' })
  capacity!: number;

  @Field(() => [ID], { description: 'The skills that it needs.' })
  skills!: string[];
}
