import { createUnionType, Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Refusal } from '../kernel/refusal.js';
import { ViewerRole, type Viewer } from '../kernel/viewer.js';
import { Account } from './account.entity.js';
import { Grant } from './grant.entity.js';

@ObjectType('Viewer', { description: 'Who is asking.' })
export class ViewerType {
  @Field(() => ViewerRole, {
    description:
      'Decides what the viewer may see and do. Of whoever signed in, PUBLIC says that they have no role: they have none yet, it has ended, or the password has to be changed first.',
  })
  role!: ViewerRole;

  @Field(() => String, {
    nullable: true,
    description: 'Of the account, or that the key was issued to; null for the public.',
  })
  name!: string | null;
}

@ObjectType({ description: 'Signed in: the reply carries a cookie for this browser.' })
export class SignedIn {
  @Field(() => ViewerType, { description: 'Who asks from now on.' })
  viewer!: Viewer;
}

export enum SignInRefusalReason {
  WRONG_CREDENTIALS = 'WRONG_CREDENTIALS',
  ACCOUNT_DISABLED = 'ACCOUNT_DISABLED',
  PASSWORD_EXPIRED = 'PASSWORD_EXPIRED',
}

registerEnumType(SignInRefusalReason, {
  name: 'SignInRefusalReason',
  description: 'Why somebody is not signed in.',
  valuesConfig: {
    WRONG_CREDENTIALS: {
      description: 'There is no such login, or the password is another one: which of them is not told.',
    },
    ACCOUNT_DISABLED: { description: 'The password is right, but the account cannot be used at present.' },
    PASSWORD_EXPIRED: { description: 'The one-time password is right, but too old: somebody has to give a new one.' },
  },
});

@ObjectType({ implements: Refusal, description: 'Nobody was signed in.' })
export class SignInRefused extends Refusal {
  @Field(() => SignInRefusalReason, { description: 'For programs; `message` says it to people.' })
  reason!: SignInRefusalReason;
}

export const SignInResult = createUnionType({
  name: 'SignInResult',
  description: 'What became of signing in. Too many attempts are an error, RATE_LIMITED.',
  types: () => [SignedIn, SignInRefused] as const,
});

@ObjectType({ description: 'The session goes on in the other role, under a new cookie. Its live streams end.' })
export class NowActing {
  @Field(() => ViewerType, { description: 'Who asks from now on.' })
  viewer!: Viewer;
}

@ObjectType({ implements: Refusal, description: 'The role is the same as before.' })
export class ActAsRefused extends Refusal {}

export const ActAsResult = createUnionType({
  name: 'ActAsResult',
  description: 'What became of changing to another role of the same account.',
  types: () => [NowActing, ActAsRefused] as const,
});

@ObjectType({ description: 'The new password holds. All other sessions have ended, and this one has a new cookie.' })
export class PasswordChanged {
  @Field(() => ViewerType, { description: 'Who asks from now on: after a one-time password, with a role at last.' })
  viewer!: Viewer;
}

@ObjectType({ implements: Refusal, description: 'The present password is another one; nothing was changed.' })
export class WrongPassword extends Refusal {}

@ObjectType({ implements: Refusal, description: 'The new password is too easy to guess; nothing was changed.' })
export class PasswordRefused extends Refusal {}

export const ChangePasswordResult = createUnionType({
  name: 'ChangePasswordResult',
  description: 'What became of changing the password. Too many attempts are an error, RATE_LIMITED.',
  types: () => [PasswordChanged, WrongPassword, PasswordRefused] as const,
});

@ObjectType({ description: 'Shown this once, to be handed over: whoever signs in with it has to choose another one.' })
export class OneTimePassword {
  @Field(() => Account, { description: 'Whose it is.' })
  account!: Account;

  @Field(() => String, { description: 'Never shown again, and kept by nobody.' })
  password!: string;

  @Field(() => Date, { description: 'Until when it is good.' })
  expiresAt!: Date;
}

@ObjectType({ description: 'The account is there.' })
export class AccountCreated {
  @Field(() => Account, { description: 'With its first role, if it was given one.' })
  account!: Account;

  @Field(() => OneTimePassword, { description: 'What to sign in with the first time.' })
  oneTimePassword!: OneTimePassword;
}

@ObjectType({ implements: Refusal, description: 'Another account has this login; nothing was made.' })
export class LoginTaken extends Refusal {}

@ObjectType({ implements: Refusal, description: 'This volunteer has an account; nothing was made.' })
export class VolunteerHasAccount extends Refusal {}

export const CreateAccountResult = createUnionType({
  name: 'CreateAccountResult',
  description: 'What became of a new account.',
  types: () => [AccountCreated, LoginTaken, VolunteerHasAccount] as const,
});

@ObjectType({
  implements: Refusal,
  description: 'Without this account, or this grant, nobody would run the installation for good; nothing was changed.',
})
export class LastAdministrator extends Refusal {}

@ObjectType({ description: 'The account cannot be used, and its sessions have ended.' })
export class AccountDisabled {
  @Field(() => Account, { description: 'As it is now.' })
  account!: Account;

  @Field(() => Int, { description: 'How many sessions were open.' })
  endedSessions!: number;
}

export const DisableAccountResult = createUnionType({
  name: 'DisableAccountResult',
  description: 'What became of disabling an account.',
  types: () => [AccountDisabled, LastAdministrator] as const,
});

@ObjectType({ description: 'The account has the role.' })
export class RoleGranted {
  @Field(() => Grant, { description: 'The new one.' })
  grant!: Grant;
}

@ObjectType({
  implements: Refusal,
  description: 'The account has this role at this unit in that time; nothing was changed.',
})
export class AlreadyGranted extends Refusal {}

export const GrantRoleResult = createUnionType({
  name: 'GrantRoleResult',
  description: 'What became of giving a role.',
  types: () => [RoleGranted, AlreadyGranted] as const,
});

@ObjectType({ description: 'The role has ended; sessions that acted by it act by it no longer.' })
export class GrantEnded {
  @Field(() => Grant, { description: 'As it stays on record.' })
  grant!: Grant;
}

export const EndGrantResult = createUnionType({
  name: 'EndGrantResult',
  description: 'What became of taking a role back.',
  types: () => [GrantEnded, LastAdministrator] as const,
});
