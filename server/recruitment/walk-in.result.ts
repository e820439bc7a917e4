import { createUnionType, Field, Int, ObjectType } from 'type-graphql';
import { AlreadyCheckedIn, CheckInClosed, PassRejected, VolunteerSuspended } from '../check-in/check-in.result.js';
import { CheckIn } from '../feed/check-in.entity.js';
import { Volunteer } from '../volunteer/volunteer.entity.js';
import { PersonRefused } from './application.result.js';
import { ReportIn } from './report-in.entity.js';

@ObjectType({ description: 'They are written down and checked in.' })
export class WalkInRecorded {
  @Field(() => Volunteer, { description: 'With the number that they have now.' })
  volunteer!: Volunteer;

  @Field(() => CheckIn, { description: 'Their check-in.' })
  checkIn!: CheckIn;

  @Field(() => String, {
    nullable: true,
    description: 'For their slip: with it they make an account of their own. Null for whoever was known already.',
  })
  claimCode!: string | null;
}

export const WalkInResult = createUnionType({
  name: 'WalkInResult',
  description: 'What became of somebody who came.',
  types: () =>
    [WalkInRecorded, PersonRefused, CheckInClosed, AlreadyCheckedIn, PassRejected, VolunteerSuspended] as const,
});

@ObjectType({ description: 'The member is written down.' })
export class ReportInRecorded {
  @Field(() => ReportIn, { description: 'The slip.' })
  reportIn!: ReportIn;

  @Field(() => Boolean, { description: 'False when this member had reported in from there before.' })
  isNew!: boolean;
}

export const ReportInResult = createUnionType({
  name: 'ReportInResult',
  description: 'What became of a slip.',
  types: () => [ReportInRecorded, PersonRefused] as const,
});

@ObjectType({ description: 'What a unit is told about its members who reported in, for one quarter.' })
export class ReportInFeedback {
  @Field(() => String, { description: 'The unit.' })
  organisation!: string;

  @Field(() => Date, { description: 'The first moment of the quarter.' })
  from!: Date;

  @Field(() => Date, { description: 'The first moment after it.' })
  until!: Date;

  @Field(() => Int, { description: 'Members who were reported in.' })
  members!: number;

  @Field(() => Int, { description: 'Those of them who served.' })
  served!: number;

  @Field(() => Int, { description: 'How often they came.' })
  checkIns!: number;

  @Field(() => Int, { description: 'Whole minutes of service.' })
  minutes!: number;

  @Field(() => String, { description: "The letter to the unit, in the reader's language. It names nobody." })
  letter!: string;
}
