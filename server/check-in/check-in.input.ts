import { Field, ID, InputType } from 'type-graphql';
import { GraphQLUUID } from 'graphql-scalars';
import { CheckInMethod } from '../feed/check-in.entity.js';

@InputType({ description: 'One scan.' })
export class CheckInInput {
  @Field(() => GraphQLUUID, {
    description:
      'Made by the client, once for each scan. The same key again returns the first result; the same key with another body is refused (IDEMPOTENCY_MISMATCH).',
  })
  key!: string;

  @Field(() => ID, { description: 'Which event it counts for.' })
  event!: string;

  @Field(() => String, {
    nullable: true,
    description: "A post's rotating code, a volunteer's pass, or both ids where a leader or kiosk vouches.",
  })
  postCode?: string | null;

  @Field(() => String, { nullable: true, description: "A volunteer's pass, as it stands in the QR code." })
  pass?: string | null;

  @Field(() => ID, { nullable: true, description: 'Instead of `postCode`, by viewers who may vouch.' })
  post?: string | null;

  @Field(() => ID, { nullable: true, description: 'Instead of `pass`, by viewers who may vouch.' })
  volunteer?: string | null;

  @Field(() => CheckInMethod, { description: 'How it came about; codes and ids have to fit it.' })
  method!: CheckInMethod;

  @Field(() => Date, { nullable: true, description: "When it happened, by the device's clock; now when left out." })
  at?: Date | null;

  @Field(() => String, { nullable: true, description: 'At most 200 characters.' })
  note?: string | null;
}

@InputType({
  description: 'One scan on leaving: as CheckInInput, but without a post the person leaves where they are.',
})
export class CheckOutInput extends CheckInInput {}
