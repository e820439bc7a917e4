import { createUnionType, Field, ObjectType, registerEnumType } from 'type-graphql';
import { GraphQLJSONObject } from 'graphql-scalars';
import { LastAdministrator } from '../access/account.result.js';
import { Refusal } from '../kernel/refusal.js';
import { Volunteer } from '../volunteer/volunteer.entity.js';
import { ConsentMeans } from '../vault/volunteer-record.entity.js';

@ObjectType({ description: "A guardian's consent for a volunteer from 14 to 18." })
export class GuardianConsent {
  @Field(() => String, { description: 'Masked: 李*.' })
  guardian!: string;

  @Field(() => ConsentMeans, { description: 'How it was given.' })
  means!: ConsentMeans;

  @Field(() => Date, { description: 'When it was given.' })
  givenAt!: Date;
}

@ObjectType({ description: 'What is known of a person besides the name, masked.' })
export class PersonalData {
  @Field(() => String, { nullable: true, description: 'Such as 138****1234; null when unknown.' })
  phone!: string | null;

  @Field(() => String, { nullable: true, description: 'Such as 37**************1X; null when unknown.' })
  idNumber!: string | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether they are below 18 today; null when unknown.' })
  isMinor!: boolean | null;

  @Field(() => GuardianConsent, { nullable: true, description: 'Needed from 14 to 18.' })
  guardianConsent!: GuardianConsent | null;

  @Field(() => Date, { nullable: true, description: 'When they agreed to stand on screens; null without consent.' })
  screenConsentAt!: Date | null;
}

export enum PersonalDataRefusalReason {
  PHONE_INVALID = 'PHONE_INVALID',
  ID_NUMBER_INVALID = 'ID_NUMBER_INVALID',
  ID_NUMBER_TAKEN = 'ID_NUMBER_TAKEN',
  BIRTH_DATE_INVALID = 'BIRTH_DATE_INVALID',
  BIRTH_DATE_MISMATCH = 'BIRTH_DATE_MISMATCH',
  BIRTH_DATE_NEEDED = 'BIRTH_DATE_NEEDED',
  UNBORN = 'UNBORN',
  TOO_YOUNG = 'TOO_YOUNG',
  GUARDIAN_CONSENT_NEEDED = 'GUARDIAN_CONSENT_NEEDED',
  GUARDIAN_INVALID = 'GUARDIAN_INVALID',
}

registerEnumType(PersonalDataRefusalReason, {
  name: 'PersonalDataRefusalReason',
  description: 'Why personal data or a consent is not taken.',
  valuesConfig: {
    PHONE_INVALID: { description: 'No mobile number of the mainland.' },
    ID_NUMBER_INVALID: { description: 'Its length, check character or date is wrong.' },
    ID_NUMBER_TAKEN: { description: "It is another volunteer's." },
    BIRTH_DATE_INVALID: { description: 'No day of the calendar.' },
    BIRTH_DATE_MISMATCH: { description: 'It is not the one in the ID number.' },
    BIRTH_DATE_NEEDED: { description: "A student's has to be known before anything else." },
    UNBORN: { description: 'It lies in the future.' },
    TOO_YOUNG: { description: 'Below 14.' },
    GUARDIAN_CONSENT_NEEDED: { description: 'From 14 to 18.' },
    GUARDIAN_INVALID: { description: 'No name, or a time in the future.' },
  },
});

@ObjectType({ implements: Refusal, description: 'Personal data or a consent is not taken; nothing was stored.' })
export class PersonalDataRefused extends Refusal {
  @Field(() => PersonalDataRefusalReason, { description: 'For programs; `message` says it to people.' })
  reason!: PersonalDataRefusalReason;
}

@ObjectType({ implements: Refusal, description: 'The reason given is no reason; nothing was done.' })
export class ReasonRefused extends Refusal {}

@ObjectType({ description: 'Stored, encrypted.' })
export class PersonalDataSet {
  @Field(() => Volunteer, { description: 'Whose data was stored.' })
  volunteer!: Volunteer;
}

@ObjectType({
  description: 'In clear, in this reply only; the audit log says who asked, and why. Null is unknown or not asked for.',
})
export class PersonalDataRevealed {
  @Field(() => String, { nullable: true, description: 'The mobile number.' })
  phone?: string | null;

  @Field(() => String, { nullable: true, description: 'The number of the resident identity card.' })
  idNumber?: string | null;

  @Field(() => String, { nullable: true, description: 'As 2008-05-31.' })
  birthDate?: string | null;

  @Field(() => String, { nullable: true, description: 'The name of the guardian who consented.' })
  guardian?: string | null;
}

@ObjectType({ description: 'The consent counts from now on.' })
export class ConsentRecorded {
  @Field(() => Volunteer, { description: 'Whose consent, or for whom.' })
  volunteer!: Volunteer;
}

@ObjectType({
  description:
    "The consent no longer counts. With a guardian's, the phone and ID number of a minor are gone, and screens no longer show them.",
})
export class ConsentWithdrawn {
  @Field(() => Volunteer, { description: 'Whose consent, or for whom.' })
  volunteer!: Volunteer;
}

@ObjectType({ description: 'Everything about one person.' })
export class VolunteerExported {
  @Field(() => GraphQLJSONObject, { description: 'Record, check-ins, stays, and what the audit log says about them.' })
  document!: Record<string, unknown>;
}

@ObjectType({
  description:
    'Nothing tells who this was any more: name, numbers, consents, passes and notes are gone. Hours and counts stay.',
})
export class VolunteerErased {
  @Field(() => String, { description: 'What stands in place of the volunteer number.' })
  tombstone!: string;

  @Field(() => Date, { description: 'When it was done, now or the first time.' })
  erasedAt!: Date;
}

export const SetPersonalDataResult = createUnionType({
  name: 'SetPersonalDataResult',
  description: 'What became of it.',
  types: () => [PersonalDataSet, PersonalDataRefused] as const,
});

export const RevealPersonalDataResult = createUnionType({
  name: 'RevealPersonalDataResult',
  description: 'What became of it.',
  types: () => [PersonalDataRevealed, ReasonRefused] as const,
});

export const RecordGuardianConsentResult = createUnionType({
  name: 'RecordGuardianConsentResult',
  description: 'What became of it.',
  types: () => [ConsentRecorded, PersonalDataRefused] as const,
});

export const WithdrawGuardianConsentResult = createUnionType({
  name: 'WithdrawGuardianConsentResult',
  description: 'What became of it.',
  types: () => [ConsentWithdrawn, ReasonRefused] as const,
});

export const SetScreenConsentResult = createUnionType({
  name: 'SetScreenConsentResult',
  description: 'What became of it.',
  types: () => [ConsentRecorded, ConsentWithdrawn, PersonalDataRefused] as const,
});

export const ExportVolunteerResult = createUnionType({
  name: 'ExportVolunteerResult',
  description: 'What became of it.',
  types: () => [VolunteerExported, ReasonRefused] as const,
});

export const EraseVolunteerResult = createUnionType({
  name: 'EraseVolunteerResult',
  description: 'What became of it.',
  types: () => [VolunteerErased, ReasonRefused, LastAdministrator] as const,
});
