import { createUnionType, Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { ServiceUnit } from '../hierarchy/service-unit.entity.js';
import { Refusal } from '../kernel/refusal.js';
import { Availability } from '../volunteer/availability.entity.js';
import { Volunteer } from '../volunteer/volunteer.entity.js';
import { Application, ApplicationState } from './application.entity.js';

/** As in `person.rules.ts`, for programs. */
export enum PersonFaultReason {
  NAME_INVALID = 'NAME_INVALID',
  PHONE_INVALID = 'PHONE_INVALID',
  PHONE_MISSING = 'PHONE_MISSING',
  BIRTH_DATE_INVALID = 'BIRTH_DATE_INVALID',
  BIRTH_DATE_NEEDED = 'BIRTH_DATE_NEEDED',
  UNBORN = 'UNBORN',
  TOO_YOUNG = 'TOO_YOUNG',
  GUARDIAN_CONSENT_NEEDED = 'GUARDIAN_CONSENT_NEEDED',
  GUARDIAN_INVALID = 'GUARDIAN_INVALID',
  ID_NUMBER_INVALID = 'ID_NUMBER_INVALID',
  ID_NUMBER_TAKEN = 'ID_NUMBER_TAKEN',
}

registerEnumType(PersonFaultReason, {
  name: 'PersonFaultReason',
  description: 'What is wrong with what was told of a person.',
  valuesConfig: {
    NAME_INVALID: { description: 'The name is none.' },
    PHONE_INVALID: { description: 'The phone number is none of the mainland.' },
    PHONE_MISSING: { description: 'There is no phone number, and there has to be one.' },
    BIRTH_DATE_INVALID: { description: 'The date of birth is no day.' },
    BIRTH_DATE_NEEDED: { description: 'Of a student the date of birth has to be known.' },
    UNBORN: { description: 'The date of birth lies in the future.' },
    TOO_YOUNG: { description: 'Below 14 nobody is registered.' },
    GUARDIAN_CONSENT_NEEDED: { description: 'From 14 to 18 a guardian has to consent.' },
    GUARDIAN_INVALID: { description: "The guardian's name is none." },
    ID_NUMBER_INVALID: { description: 'The ID number is none.' },
    ID_NUMBER_TAKEN: { description: "The ID number is somebody else's." },
  },
});

@ObjectType({ implements: Refusal, description: 'Nothing was stored: something told of the person is not right.' })
export class PersonRefused extends Refusal {
  @Field(() => PersonFaultReason, { description: 'For programs; `message` says it to people.' })
  reason!: PersonFaultReason;
}

@ObjectType({ description: 'The application was received. These two let the applicant see how far it has come.' })
export class ApplicationReceived {
  @Field(() => String, { description: 'To be named when asking about it.' })
  reference!: string;

  @Field(() => String, { description: 'The proof that it is theirs; told here and never again.' })
  secret!: string;
}

@ObjectType({ description: 'How far an application has come, as the applicant sees it.' })
export class ApplicationStatus {
  @Field(() => ApplicationState, { description: 'How far it has come.' })
  state!: ApplicationState;

  @Field(() => Date, { description: 'When it was sent.' })
  createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When it was decided.' })
  decidedAt!: Date | null;

  @Field(() => String, { nullable: true, description: 'Why it was declined.' })
  reason!: string | null;

  @Field(() => ServiceUnit, { nullable: true, description: 'Where they are now, or wish to go.' })
  unit!: ServiceUnit | null;

  @Field(() => String, { nullable: true, description: 'Their volunteer number, once admitted.' })
  volunteerNumber!: string | null;

  @Field(() => Boolean, { description: 'Whether they can make an account of their own, by `claimAccount`.' })
  canClaim!: boolean;
}

/** What a reviewer sees of the applicant. */
@ObjectType({ description: 'Who applies, as a reviewer sees them.' })
export class ApplicantView {
  @Field(() => String, { description: 'In full.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'Masked.' })
  phone!: string | null;

  @Field(() => Int, { nullable: true, description: 'In full years; null when they did not say.' })
  age!: number | null;

  @Field(() => String, { nullable: true, description: 'Of the guardian who consents, masked; null for adults.' })
  guardian!: string | null;

  @Field(() => String, { description: 'What they can and want to do.' })
  offers!: string;

  @Field(() => [Availability], { description: 'When they can mostly serve.' })
  availability!: Availability[];
}

@ObjectType({ description: 'The applicant is a volunteer: newly, or was one before.' })
export class ApplicationAdmitted {
  @Field(() => Application, { description: 'As it stands now.' })
  application!: Application;

  @Field(() => Volunteer, { description: 'Who they are in the register.' })
  volunteer!: Volunteer;

  @Field(() => Boolean, { description: 'False when somebody of this phone and name was in the register already.' })
  isNew!: boolean;
}

@ObjectType({ description: 'The application was declined; the applicant reads why.' })
export class ApplicationDeclined {
  @Field(() => Application, { description: 'As it stands now.' })
  application!: Application;
}

@ObjectType({ implements: Refusal, description: 'Somebody decided before, and otherwise.' })
export class ApplicationDecided extends Refusal {
  @Field(() => Application, { description: 'As it stands.' })
  application!: Application;
}

export enum ClaimRefusalReason {
  CODE_INVALID = 'CODE_INVALID',
  HAS_ACCOUNT = 'HAS_ACCOUNT',
  LOGIN_INVALID = 'LOGIN_INVALID',
  LOGIN_TAKEN = 'LOGIN_TAKEN',
  PASSWORD_WEAK = 'PASSWORD_WEAK',
}

registerEnumType(ClaimRefusalReason, {
  name: 'ClaimRefusalReason',
  description: 'Why no account was made.',
  valuesConfig: {
    CODE_INVALID: { description: 'The code is wrong, used or expired.' },
    HAS_ACCOUNT: { description: 'The volunteer has an account.' },
    LOGIN_INVALID: { description: 'The login is none.' },
    LOGIN_TAKEN: { description: 'Another account has this login.' },
    PASSWORD_WEAK: { description: 'The password would be guessed.' },
  },
});

@ObjectType({ description: 'There is an account now: sign in with it.' })
export class AccountClaimed {
  @Field(() => String, { description: 'As it is stored, in lower case.' })
  login!: string;
}

@ObjectType({ implements: Refusal, description: 'No account was made.' })
export class ClaimRefused extends Refusal {
  @Field(() => ClaimRefusalReason, { description: 'For programs; `message` says it to people.' })
  reason!: ClaimRefusalReason;
}

export const ApplyResult = createUnionType({
  name: 'ApplyResult',
  description: 'What became of an application.',
  types: () => [ApplicationReceived, PersonRefused] as const,
});
export const AdmitApplicationResult = createUnionType({
  name: 'AdmitApplicationResult',
  description: 'What became of an admission.',
  types: () => [ApplicationAdmitted, ApplicationDecided, PersonRefused] as const,
});
export const DeclineApplicationResult = createUnionType({
  name: 'DeclineApplicationResult',
  description: 'What became of a refusal.',
  types: () => [ApplicationDeclined, ApplicationDecided] as const,
});
export const ClaimAccountResult = createUnionType({
  name: 'ClaimAccountResult',
  description: 'What became of a claim.',
  types: () => [AccountClaimed, ClaimRefused] as const,
});
