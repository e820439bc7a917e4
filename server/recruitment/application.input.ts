import { Field, ID, InputType, Int } from 'type-graphql';
import { GraphQLUUID } from 'graphql-scalars';
import { Contingent } from '../volunteer/volunteer.entity.js';

@InputType({ description: 'A time of the week, in the community’s own time.' })
export class AvailabilityInput {
  @Field(() => Int, { description: '1 is Monday, 7 is Sunday.' })
  weekday!: number;

  @Field(() => Int, { description: 'Minutes after midnight.' })
  fromMinute!: number;

  @Field(() => Int, { description: 'Minutes after midnight; 1440 is the end of the day.' })
  untilMinute!: number;
}

@InputType({ description: 'An application, as it is filled in on a phone.' })
export class ApplyInput {
  @Field(() => GraphQLUUID, {
    description: 'Made by the client, once for each application; sent again it adds nothing.',
  })
  key!: string;

  @Field(() => String, { description: 'In full; rare characters and · are welcome.' })
  name!: string;

  @Field(() => String, { description: 'A mobile number of the mainland.' })
  phone!: string;

  @Field(() => Contingent, { description: 'Which part of the community they belong to.' })
  contingent!: Contingent;

  @Field(() => String, { nullable: true, description: 'YYYY-MM-DD; students have to give it.' })
  birthDate?: string | null;

  @Field(() => String, { nullable: true, description: 'Of a guardian who consents: from 14 to 18 it has to be given.' })
  guardian?: string | null;

  @Field(() => ID, { nullable: true, description: 'The team or station that they wish to join.' })
  unit?: string | null;

  @Field(() => String, { nullable: true, description: 'What they can and want to do; at most 300 characters.' })
  offers?: string | null;

  @Field(() => [AvailabilityInput], { nullable: true, description: 'When they can mostly serve.' })
  availability?: AvailabilityInput[] | null;
}

@InputType({ description: 'By what an applicant proves that an application is theirs.' })
export class ApplicationProofInput {
  @Field(() => String, { description: 'As it was told.' })
  reference!: string;

  @Field(() => String, { description: 'As it was told.' })
  secret!: string;
}

@InputType({ description: 'Which application to admit, and where to.' })
export class AdmitApplicationInput {
  @Field(() => ID, { description: 'Which.' })
  application!: string;

  @Field(() => ID, { description: 'The team that they join.' })
  team!: string;
}
