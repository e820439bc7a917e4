import { Field, ID, InputType } from 'type-graphql';
import { GrantRole } from './grant.entity.js';

@InputType({ description: 'Who wants to sign in.' })
export class SignInInput {
  @Field(() => String, { description: 'Upper and lower case are the same.' })
  login!: string;

  @Field(() => String, { description: 'Letter by letter.' })
  password!: string;
}

@InputType({ description: 'An old password and the one to replace it.' })
export class ChangePasswordInput {
  @Field(() => String, { description: 'The present password, also when it is a one-time password.' })
  current!: string;

  @Field(() => String, { description: 'At least ten characters, not all too alike, and without the login in it.' })
  new!: string;
}

@InputType({ description: 'A new account. A coordinator gives it a role, or a volunteer, of the own unit.' })
export class CreateAccountInput {
  @Field(() => String, { description: '2 to 64 letters, digits and . _ @ + -; it cannot be changed.' })
  login!: string;

  @Field(() => String, { description: 'Who it is for, as colleagues know them.' })
  name!: string;

  @Field(() => ID, { nullable: true, description: 'The volunteer who is to use it; nobody can have two.' })
  volunteer?: string | null;

  @Field(() => GrantRole, { nullable: true, description: 'Its first role; none for somebody who is a volunteer only.' })
  role?: GrantRole | null;

  @Field(() => ID, { nullable: true, description: 'Where it has that role; everywhere without.' })
  unit?: string | null;
}

@InputType({ description: 'A role for an account.' })
export class GrantRoleInput {
  @Field(() => ID, { description: 'Who is to have it.' })
  account!: string;

  @Field(() => GrantRole, { description: 'What they are to be.' })
  role!: GrantRole;

  @Field(() => ID, { nullable: true, description: 'At which unit, and everything below it; everywhere without.' })
  unit?: string | null;

  @Field(() => Date, { nullable: true, description: 'From when on; now without.' })
  startsAt?: Date | null;

  @Field(() => Date, { nullable: true, description: 'Until when; until it is taken back without.' })
  endsAt?: Date | null;
}
