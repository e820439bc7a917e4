import { Field, ID, InputType, registerEnumType } from 'type-graphql';
import { ConsentMeans } from '../vault/volunteer-record.entity.js';

export enum PersonalDataField {
  PHONE = 'PHONE',
  ID_NUMBER = 'ID_NUMBER',
  BIRTH_DATE = 'BIRTH_DATE',
  GUARDIAN = 'GUARDIAN',
}

registerEnumType(PersonalDataField, {
  name: 'PersonalDataField',
  description: 'What can be revealed of a person.',
  valuesConfig: {
    PHONE: { description: 'The mobile number.' },
    ID_NUMBER: { description: 'The number of the resident identity card.' },
    BIRTH_DATE: { description: 'The date of birth.' },
    GUARDIAN: { description: 'The name of the guardian who consented.' },
  },
});

@InputType({ description: 'Who consented for a minor, by what means, and when.' })
export class GuardianConsentInput {
  @Field(() => String, { description: "The guardian's name." })
  guardian!: string;

  @Field(() => ConsentMeans, { description: 'How it was given.' })
  means!: ConsentMeans;

  @Field(() => Date, { nullable: true, description: 'When it was given; now when left out.' })
  givenAt?: Date | null;
}

@InputType({ description: 'What to keep of a person. What is left out stays as it is; null removes it.' })
export class SetPersonalDataInput {
  @Field(() => ID, { description: 'Whose.' })
  volunteer!: string;

  @Field(() => String, { nullable: true, description: 'A mobile number of the mainland; full-width digits will do.' })
  phone?: string | null;

  @Field(() => String, {
    nullable: true,
    description: '18 characters by GB 11643; the date of birth is taken from it.',
  })
  idNumber?: string | null;

  @Field(() => String, { nullable: true, description: 'As 2008-05-31; it has to agree with the ID number.' })
  birthDate?: string | null;

  @Field(() => GuardianConsentInput, {
    nullable: true,
    description: 'From 14 to 18, unless it was recorded before.',
  })
  guardianConsent?: GuardianConsentInput | null;
}

@InputType({ description: 'Which of a person’s data to show in clear, and why.' })
export class RevealPersonalDataInput {
  @Field(() => ID, { description: 'Whose.' })
  volunteer!: string;

  @Field(() => [PersonalDataField], { description: 'No more than is needed.' })
  fields!: PersonalDataField[];

  @Field(() => String, { description: 'A few words; they stay in the audit log.' })
  reason!: string;
}

@InputType({ description: "A guardian's consent for a volunteer from 14 to 18." })
export class RecordGuardianConsentInput extends GuardianConsentInput {
  @Field(() => ID, { description: 'For whom.' })
  volunteer!: string;
}

@InputType({ description: 'Whether somebody agrees to stand on screens, masked.' })
export class SetScreenConsentInput {
  @Field(() => ID, { description: 'Who.' })
  volunteer!: string;

  @Field(() => Boolean, { description: 'False takes an earlier consent back.' })
  consents!: boolean;
}
