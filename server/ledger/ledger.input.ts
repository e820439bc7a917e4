import { GraphQLUUID } from 'graphql-scalars';
import { Field, ID, InputType, Int } from 'type-graphql';

const keyDescription = 'Made by the client, once for each act. The same key again returns the first result.';

@InputType({ description: 'Time for one’s family.' })
export class GiveTimeInput {
  @Field(() => GraphQLUUID, { description: keyDescription })
  key!: string;

  @Field(() => Int, { description: 'How many minutes.' })
  minutes!: number;
}

@InputType({ description: 'Time for those who need help.' })
export class DonateTimeInput {
  @Field(() => GraphQLUUID, { description: keyDescription })
  key!: string;

  @Field(() => Int, { description: 'How many minutes.' })
  minutes!: number;

  @Field(() => ID, { nullable: true, description: "From which account: one's own unless told, or one's family's." })
  from?: string | null;

  @Field(() => ID, { nullable: true, description: "To which station's pool: one's own station's unless told." })
  station?: string | null;
}

@InputType({ description: 'A family that is to have an account.' })
export class FormFamilyInput {
  @Field(() => String, { description: 'What it is called; at most 50 characters.' })
  title!: string;

  @Field(() => [ID], { description: 'The volunteers who belong to it: 2 to 10.' })
  members!: string[];
}
