import { Field, InterfaceType } from 'type-graphql';

/** A foreseen "no" that a person can act on: part of a mutation's result, never thrown. */
@InterfaceType('Refusal', { description: 'A foreseen "no" that a person can act on.' })
export abstract class Refusal {
  @Field(() => String, { description: "What happened and what to do, in the caller's language." })
  message!: string;
}
