import { Arg, Args, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { requiredUnit } from '../hierarchy/hierarchy.service.js';
import { ServiceUnit, VolunteerTeam } from '../hierarchy/service-unit.entity.js';
import { connectionOf, PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import { Availability } from '../volunteer/availability.entity.js';
import { Suspension } from '../volunteer/suspension.entity.js';
import { Volunteer } from '../volunteer/volunteer.entity.js';
import { volunteerInReach } from '../volunteer/volunteer.service.js';
import { Application, ApplicationState } from './application.entity.js';
import { AdmitApplicationInput, ApplicationProofInput, ApplyInput, AvailabilityInput } from './application.input.js';
import {
  AdmitApplicationResult,
  ApplicantView,
  ApplicationStatus,
  ApplyResult,
  ClaimAccountResult,
  DeclineApplicationResult,
} from './application.result.js';
import {
  admitApplication,
  applicantView,
  applicationStatus,
  apply,
  declineApplication,
  knownVolunteer,
  listApplications,
  withdrawApplication,
} from './application.service.js';
import { availabilityOf, setAvailability } from './availability.service.js';
import {
  resumeVolunteer,
  suspensionsOf,
  suspendVolunteer,
  teamChangesOf,
  transferVolunteer,
} from './member.service.js';
import { ReportIn } from './report-in.entity.js';
import { listReportIns, reportIn, reportInFeedback } from './report-in.service.js';
import { TeamChange } from './team-change.entity.js';
import { ClaimAccountInput, ReportInInput, WalkInInput } from './walk-in.input.js';
import { ReportInFeedback, ReportInResult, WalkInResult } from './walk-in.result.js';
import { claimAccount, walkIn } from './walk-in.service.js';

const ApplicationConnection = connectionOf(Application, 'Application');
const ReportInConnection = connectionOf(ReportIn, 'ReportIn');
const reasonDescription = 'A few words; they stay in the audit log.';

@Resolver(() => Application)
export class ApplicationResolver {
  @Query(() => ApplicationConnection, {
    description: 'For those who coordinate the units wished for, the oldest first.',
  })
  applications(
    @Ctx() ctx: Context,
    @Args(() => PageArgs) args: PageArgs,
    @Arg('state', () => ApplicationState, { nullable: true, description: 'Only those that have come so far.' })
    state?: ApplicationState,
    @Arg('within', () => ID, { nullable: true, description: 'Only for this unit and everything below it.' })
    within?: string,
  ) {
    return listApplications(ctx, args, { state, within });
  }

  @Query(() => ApplicationStatus, {
    nullable: true,
    description: 'How far an application has come, for whoever sent it; null without the right proof.',
  })
  applicationStatus(
    @Ctx() ctx: Context,
    @Arg('proof', () => ApplicationProofInput, { description: 'As it was told on applying.' })
    proof: ApplicationProofInput,
  ) {
    return applicationStatus(ctx, proof);
  }

  @Mutation(() => ApplyResult, { description: 'Applies to become a volunteer; nobody needs an account for it.' })
  apply(@Ctx() ctx: Context, @Arg('input', () => ApplyInput, { description: 'The form.' }) input: ApplyInput) {
    return apply(ctx, input);
  }

  @Mutation(() => Boolean, { description: 'Takes an application back; false when there is none that is undecided.' })
  withdrawApplication(
    @Ctx() ctx: Context,
    @Arg('proof', () => ApplicationProofInput, { description: 'As it was told on applying.' })
    proof: ApplicationProofInput,
  ) {
    return withdrawApplication(ctx, proof);
  }

  @Mutation(() => AdmitApplicationResult, {
    description: 'Makes the applicant a volunteer; again, it answers the same.',
  })
  admitApplication(
    @Ctx() ctx: Context,
    @Arg('input', () => AdmitApplicationInput, { description: 'Which, and where to.' }) input: AdmitApplicationInput,
  ) {
    return admitApplication(ctx, input);
  }

  @Mutation(() => DeclineApplicationResult, { description: 'Declines an application.' })
  declineApplication(
    @Ctx() ctx: Context,
    @Arg('application', () => ID, { description: 'Which.' }) application: string,
    @Arg('reason', () => String, { description: 'The applicant reads it; it stays in the audit log.' }) reason: string,
  ) {
    return declineApplication(ctx, application, reason);
  }

  @FieldResolver(() => ServiceUnit, { nullable: true, description: 'Where they wish to go; null for wherever.' })
  unit(@Ctx() ctx: Context, @Root() { unitId }: Application) {
    return unitId === null ? null : requiredUnit(ctx, unitId);
  }

  @FieldResolver(() => ApplicantView, { description: 'Who they are.' })
  applicant(@Ctx() ctx: Context, @Root() application: Application) {
    return applicantView(ctx, application);
  }

  @FieldResolver(() => Volunteer, {
    nullable: true,
    description: 'Who they are in the register: since they were admitted, or by phone and name.',
  })
  volunteer(@Ctx() ctx: Context, @Root() application: Application) {
    return knownVolunteer(ctx, application);
  }
}

@Resolver(() => Volunteer)
export class MemberResolver {
  @FieldResolver(() => [Availability], { description: 'When they can mostly serve.' })
  availability(@Ctx() ctx: Context, @Root() { id }: Volunteer) {
    return availabilityOf(ctx).load(id);
  }

  @FieldResolver(() => [Suspension], {
    description: 'When they did not serve, the latest first, at most 20. One without an end goes on: no check-in.',
  })
  suspensions(@Ctx() ctx: Context, @Root() { id }: Volunteer) {
    return suspensionsOf(ctx).load(id);
  }

  @FieldResolver(() => [TeamChange], { description: 'Their changes of team, the latest first, at most 20.' })
  teamChanges(@Ctx() ctx: Context, @Root() { id }: Volunteer) {
    return teamChangesOf(ctx).load(id);
  }

  @Mutation(() => Volunteer, { description: 'Says when somebody can mostly serve: for oneself, or for one’s people.' })
  setAvailability(
    @Ctx() ctx: Context,
    @Arg('volunteer', () => ID, { description: 'Who.' }) volunteer: string,
    @Arg('windows', () => [AvailabilityInput], { description: 'All of them; none for nobody knows.' })
    windows: AvailabilityInput[],
  ) {
    return setAvailability(ctx, volunteer, windows);
  }

  @Mutation(() => Volunteer, { description: 'Brings somebody into another team; the history is kept.' })
  transferVolunteer(
    @Ctx() ctx: Context,
    @Arg('volunteer', () => ID, { description: 'Who.' }) volunteer: string,
    @Arg('team', () => ID, { description: 'Where to.' }) team: string,
    @Arg('reason', () => String, { description: reasonDescription }) reason: string,
  ) {
    return transferVolunteer(ctx, volunteer, team, reason);
  }

  @Mutation(() => Volunteer, { description: 'Lets somebody not serve for a while: they cannot check in.' })
  suspendVolunteer(
    @Ctx() ctx: Context,
    @Arg('volunteer', () => ID, { description: 'Who.' }) volunteer: string,
    @Arg('reason', () => String, { description: reasonDescription }) reason: string,
  ) {
    return suspendVolunteer(ctx, volunteer, reason);
  }

  @Mutation(() => Volunteer, { description: 'Lets somebody serve again.' })
  resumeVolunteer(
    @Ctx() ctx: Context,
    @Arg('volunteer', () => ID, { description: 'Who.' }) volunteer: string,
    @Arg('reason', () => String, { description: reasonDescription }) reason: string,
  ) {
    return resumeVolunteer(ctx, volunteer, reason);
  }

  @Mutation(() => WalkInResult, { description: 'Writes somebody down who just came, and checks them in.' })
  walkIn(@Ctx() ctx: Context, @Arg('input', () => WalkInInput, { description: 'Who came.' }) input: WalkInInput) {
    return walkIn(ctx, input);
  }

  @Mutation(() => ClaimAccountResult, { description: 'Makes an account of one’s own by a code; sign in afterwards.' })
  claimAccount(
    @Ctx() ctx: Context,
    @Arg('input', () => ClaimAccountInput, { description: 'The code, and what to sign in with.' })
    input: ClaimAccountInput,
  ) {
    return claimAccount(ctx, input);
  }
}

@Resolver(() => TeamChange)
export class TeamChangeResolver {
  @FieldResolver(() => VolunteerTeam, { nullable: true, description: 'Where they were; null for no team.' })
  from(@Ctx() ctx: Context, @Root() { fromTeamId }: TeamChange) {
    return fromTeamId === null ? null : requiredUnit(ctx, fromTeamId);
  }

  @FieldResolver(() => VolunteerTeam, { description: 'Where they went.' })
  to(@Ctx() ctx: Context, @Root() { toTeamId }: TeamChange) {
    return requiredUnit(ctx, toTeamId);
  }
}

@Resolver(() => ReportIn)
export class ReportInResolver {
  @Query(() => ReportInConnection, { description: 'The slips of the viewer’s teams, the newest first.' })
  reportIns(
    @Ctx() ctx: Context,
    @Args(() => PageArgs) args: PageArgs,
    @Arg('within', () => ID, { nullable: true, description: 'Only of this unit and everything below it.' })
    within?: string,
    @Arg('organisation', () => String, { nullable: true, description: 'Only members of this unit, by its full name.' })
    organisation?: string,
  ) {
    return listReportIns(ctx, args, { within, organisation });
  }

  @Query(() => ReportInFeedback, { description: 'What a unit is told about its members, for one quarter.' })
  reportInFeedback(
    @Ctx() ctx: Context,
    @Arg('organisation', () => String, { description: 'As it stands on the slips.' }) organisation: string,
    @Arg('year', () => Int, { description: 'Such as 2026.' }) year: number,
    @Arg('quarter', () => Int, { description: '1 to 4.' }) quarter: number,
  ) {
    return reportInFeedback(ctx, organisation, year, quarter);
  }

  @Mutation(() => ReportInResult, { description: '党员报到: writes a slip.' })
  reportIn(@Ctx() ctx: Context, @Arg('input', () => ReportInInput, { description: 'The slip.' }) input: ReportInInput) {
    return reportIn(ctx, input);
  }

  @FieldResolver(() => Volunteer, {
    nullable: true,
    description: 'Who reported in; null for whoever may not see them.',
  })
  volunteer(@Ctx() ctx: Context, @Root() { volunteerId }: ReportIn) {
    return volunteerInReach(ctx, volunteerId);
  }

  @FieldResolver(() => ServiceUnit, { description: 'The team where they reported in.' })
  unit(@Ctx() ctx: Context, @Root() { unitId }: ReportIn) {
    return requiredUnit(ctx, unitId);
  }
}
