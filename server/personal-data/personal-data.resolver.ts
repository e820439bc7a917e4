import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { Context } from '../kernel/context.js';
import { Volunteer } from '../volunteer/volunteer.entity.js';
import { recordGuardianConsent, setScreenConsent, withdrawGuardianConsent } from './consent.service.js';
import { eraseVolunteer, exportVolunteer } from './person.service.js';
import {
  RecordGuardianConsentInput,
  RevealPersonalDataInput,
  SetPersonalDataInput,
  SetScreenConsentInput,
} from './personal-data.input.js';
import {
  EraseVolunteerResult,
  ExportVolunteerResult,
  PersonalData,
  RecordGuardianConsentResult,
  RevealPersonalDataResult,
  SetPersonalDataResult,
  SetScreenConsentResult,
  WithdrawGuardianConsentResult,
} from './personal-data.result.js';
import { findVolunteers, maskedData, revealPersonalData, setPersonalData } from './personal-data.service.js';

const reasonDescription = 'A few words; they stay in the audit log.';

@Resolver(() => Volunteer)
export class PersonalDataResolver {
  @FieldResolver(() => PersonalData, {
    nullable: true,
    description: 'What is known besides the name, masked; null when nothing is.',
  })
  personalData(@Ctx() ctx: Context, @Root() volunteer: Volunteer) {
    return maskedData(ctx, volunteer);
  }

  @Query(() => [Volunteer], {
    description:
      'Whoever has exactly this phone or ID number, as far as the viewer may see them. Not by GET: a number in a URL stays in logs.',
  })
  findVolunteers(
    @Ctx() ctx: Context,
    @Arg('phone', () => String, { nullable: true, description: 'Whole; full-width digits will do.' }) phone?: string,
    @Arg('idNumber', () => String, { nullable: true, description: 'Whole; instead of `phone`.' }) idNumber?: string,
  ) {
    return findVolunteers(ctx, { phone, idNumber });
  }

  @Mutation(() => SetPersonalDataResult, {
    description: 'Keeps a phone, ID number and date of birth, encrypted. For coordinators and administrators.',
  })
  setPersonalData(
    @Ctx() ctx: Context,
    @Arg('input', () => SetPersonalDataInput, { description: 'Whose, and what.' }) input: SetPersonalDataInput,
  ) {
    return setPersonalData(ctx, input);
  }

  @Mutation(() => RevealPersonalDataResult, {
    description:
      'Shows personal data in clear; each time stands in the audit log. For coordinators and administrators.',
  })
  revealPersonalData(
    @Ctx() ctx: Context,
    @Arg('input', () => RevealPersonalDataInput, { description: 'Whose, what, and why.' })
    input: RevealPersonalDataInput,
  ) {
    return revealPersonalData(ctx, input);
  }

  @Mutation(() => RecordGuardianConsentResult, {
    description: 'Records that a guardian consents for a minor. For coordinators and administrators.',
  })
  recordGuardianConsent(
    @Ctx() ctx: Context,
    @Arg('input', () => RecordGuardianConsentInput, { description: 'Who consents, for whom.' })
    input: RecordGuardianConsentInput,
  ) {
    return recordGuardianConsent(ctx, input);
  }

  @Mutation(() => WithdrawGuardianConsentResult, {
    description:
      "Takes a guardian's consent back, and with it what depended on it. For coordinators and administrators.",
  })
  withdrawGuardianConsent(
    @Ctx() ctx: Context,
    @Arg('volunteer', () => ID, { description: 'For whom it was given.' }) volunteer: string,
    @Arg('reason', () => String, { description: reasonDescription }) reason: string,
  ) {
    return withdrawGuardianConsent(ctx, volunteer, reason);
  }

  @Mutation(() => SetScreenConsentResult, {
    description:
      'Whether the masked name may stand on screens. For volunteers themselves, coordinators and administrators.',
  })
  setScreenConsent(
    @Ctx() ctx: Context,
    @Arg('input', () => SetScreenConsentInput, { description: 'Who, and whether.' }) input: SetScreenConsentInput,
  ) {
    return setScreenConsent(ctx, input);
  }

  @Mutation(() => ExportVolunteerResult, {
    description: 'Hands out everything about one person. For coordinators and administrators.',
  })
  exportVolunteer(
    @Ctx() ctx: Context,
    @Arg('volunteer', () => ID, { description: 'Whose.' }) volunteer: string,
    @Arg('reason', () => String, { description: reasonDescription }) reason: string,
  ) {
    return exportVolunteer(ctx, volunteer, reason);
  }

  @Mutation(() => EraseVolunteerResult, {
    description: 'Makes a person unrecognisable, for good. For coordinators and administrators.',
  })
  eraseVolunteer(
    @Ctx() ctx: Context,
    @Arg('volunteer', () => ID, { description: 'Whom.' }) volunteer: string,
    @Arg('reason', () => String, { description: reasonDescription }) reason: string,
  ) {
    return eraseVolunteer(ctx, volunteer, reason);
  }
}
