import { Field, InputType } from 'type-graphql';

@InputType({ description: 'A partner organisation to be entered.' })
export class RegisterPartnerInput {
  @Field(() => String, { description: 'Short and stable: 2 to 40 small letters, digits or hyphens.' })
  code!: string;

  @Field(() => String, { description: 'At most 100 characters.' })
  name!: string;

  @Field(() => String, {
    nullable: true,
    description: 'How to reach the office, not a person; at most 200 characters.',
  })
  contact?: string | null;
}
