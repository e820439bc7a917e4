import { Field, ID, InputType } from 'type-graphql';
import { ViewerRole } from '../kernel/viewer.js';

@InputType({ description: 'A key to be issued.' })
export class IssueKeyInput {
  @Field(() => String, { description: 'Who or what it is for; at most 100 characters.' })
  name!: string;

  @Field(() => ViewerRole, {
    description: 'As what it lets in: coordinators issue keys for LEADER and DISPLAY, administrators also others.',
  })
  role!: ViewerRole;

  @Field(() => ID, {
    nullable: true,
    description: 'The unit at and below which it works; everywhere when it is left out, which administrators may do.',
  })
  unit?: string | null;

  @Field(() => ID, { nullable: true, description: 'Whose key it is: for PARTNER, and only there.' })
  partner?: string | null;

  @Field(() => Date, { nullable: true, description: 'Until when it works; until it is revoked when it is left out.' })
  expiresAt?: Date | null;
}

@InputType({ description: 'The code on a screen, and what the screen is to be.' })
export class ConfirmPairingInput {
  @Field(() => String, { description: 'As the screen shows it; capitals, spaces and hyphens do not matter.' })
  code!: string;

  @Field(() => String, { description: 'Where the screen hangs, to know it by; at most 100 characters.' })
  name!: string;

  @Field(() => ID, {
    nullable: true,
    description: 'Whose screen it is: a unit within your reach; administrators may leave it out.',
  })
  unit?: string | null;
}
