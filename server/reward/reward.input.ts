import { GraphQLUUID } from 'graphql-scalars';
import { Field, ID, InputType, Int } from 'type-graphql';

@InputType({ description: 'A reward to be had.' })
export class AddRewardInput {
  @Field(() => String, { description: 'What it is; at most 50 characters.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'More about it; at most 500 characters.' })
  description?: string | null;

  @Field(() => Int, { description: 'How many minutes one of it costs.' })
  minutes!: number;

  @Field(() => Int, { description: 'How many there are.' })
  stock!: number;

  @Field(() => ID, { nullable: true, description: "The station that hands it out; the community's own when left out." })
  station?: string | null;
}

@InputType({ description: 'One reward, for saved time.' })
export class RedeemInput {
  @Field(() => GraphQLUUID, {
    description: 'Made by the client, once for each redemption. The same key again returns the first result.',
  })
  key!: string;

  @Field(() => ID, { description: 'Which.' })
  reward!: string;

  @Field(() => ID, { nullable: true, description: "From which account: one's own unless told, or one's family's." })
  from?: string | null;
}
