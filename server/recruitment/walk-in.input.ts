import { Field, ID, InputType } from 'type-graphql';
import { GraphQLUUID } from 'graphql-scalars';
import { Contingent } from '../volunteer/volunteer.entity.js';

@InputType({ description: 'Somebody who came without being registered.' })
export class WalkInInput {
  @Field(() => GraphQLUUID, { description: 'Made by the client, once for each person; sent again it adds nobody.' })
  key!: string;

  @Field(() => ID, { description: 'Which event they came to.' })
  event!: string;

  @Field(() => ID, { description: 'At which post they serve; they join its team.' })
  post!: string;

  @Field(() => String, { description: 'In full.' })
  name!: string;

  @Field(() => Contingent, { description: 'Which part of the community they belong to.' })
  contingent!: Contingent;

  @Field(() => String, {
    nullable: true,
    description: 'By it they are found when they come again; not kept for students.',
  })
  phone?: string | null;
}

@InputType({ description: 'An account of one’s own, by the code that a leader or an application gave.' })
export class ClaimAccountInput {
  @Field(() => String, { description: 'From the slip, or the proof of an application that was admitted.' })
  code!: string;

  @Field(() => String, { description: 'What to sign in with.' })
  login!: string;

  @Field(() => String, { description: 'At least ten characters.' })
  password!: string;
}

@InputType({ description: '党员报到: a slip, as it is filled in at a station.' })
export class ReportInInput {
  @Field(() => String, { description: 'Of the member, in full.' })
  name!: string;

  @Field(() => String, { description: 'A mobile number of the mainland.' })
  phone!: string;

  @Field(() => String, { description: 'The unit that they come from; at most 80 characters.' })
  organisation!: string;

  @Field(() => String, { description: 'What they offer to do; at most 300 characters.' })
  offers!: string;

  @Field(() => ID, { description: 'The team that they join, unless they are in one.' })
  team!: string;
}
