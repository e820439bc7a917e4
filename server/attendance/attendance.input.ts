import { Field, ID, InputType, Int } from 'type-graphql';
import { GraphQLUUID } from 'graphql-scalars';
import { CheckInDirection } from '../feed/check-in.entity.js';

@InputType({ description: 'New times for a stay.' })
export class CorrectAttendanceInput {
  @Field(() => ID, { description: 'Which stay.' })
  attendance!: string;

  @Field(() => Int, { description: 'Its version when you read it.' })
  version!: number;

  @Field(() => Date, { description: 'When it began.' })
  inAt!: Date;

  @Field(() => Date, { description: 'When it ended; at most a day later.' })
  outAt!: Date;

  @Field(() => String, { description: 'Why; at most 500 characters.' })
  reason!: string;
}

@InputType({ description: 'Service that nobody checked in for, entered later.' })
export class EnterServiceInput {
  @Field(() => GraphQLUUID, {
    description: 'Made by the client, once for each entry: sent again it enters nothing more.',
  })
  key!: string;

  @Field(() => ID, { nullable: true, description: 'At which event, if it was at one.' })
  event?: string | null;

  @Field(() => ID, { description: 'At which post.' })
  post!: string;

  @Field(() => ID, { description: 'Who served. Not oneself.' })
  volunteer!: string;

  @Field(() => Date, { description: 'When it began.' })
  inAt!: Date;

  @Field(() => Date, { description: 'When it ended; at most a day later, and not in the future.' })
  outAt!: Date;

  @Field(() => String, { description: 'What was done, for everybody to read; at most 200 characters.' })
  content!: string;
}

@InputType({ description: 'One line of a roll-call.' })
export class RollCallEntry {
  @Field(() => GraphQLUUID, { description: 'As in CheckInInput: one for each line, kept when it is sent again.' })
  key!: string;

  @Field(() => ID, { description: 'Who.' })
  volunteer!: string;

  @Field(() => CheckInDirection, { description: 'Coming or going.' })
  direction!: CheckInDirection;

  @Field(() => Date, { nullable: true, description: 'When it happened; now when left out.' })
  at?: Date | null;
}

@InputType({ description: 'A leader checks many people in or out at once.' })
export class RollCallInput {
  @Field(() => ID, { description: 'Which event it counts for.' })
  event!: string;

  @Field(() => ID, { description: 'At which post.' })
  post!: string;

  @Field(() => [RollCallEntry], { description: 'At most 100 lines.' })
  entries!: RollCallEntry[];
}
