import { Arg, Args, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import { connectionOf, PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import { PartnerOrganisation } from './partner-organisation.entity.js';
import { RegisterPartnerInput } from './partner.input.js';
import { RegisterPartnerResult } from './partner.result.js';
import { listPartners, registerPartner, resumePartner, suspendPartner } from './partner.service.js';

const PartnerOrganisationConnection = connectionOf(PartnerOrganisation, 'PartnerOrganisation');

@Resolver(() => PartnerOrganisation)
export class PartnerResolver {
  @Query(() => PartnerOrganisationConnection, {
    description: 'All partner organisations, by code. For administrators.',
  })
  partnerOrganisations(@Ctx() ctx: Context, @Args(() => PageArgs) args: PageArgs) {
    return listPartners(ctx, args);
  }

  @Mutation(() => RegisterPartnerResult, { description: 'Enters a partner organisation. For administrators.' })
  registerPartner(
    @Ctx() ctx: Context,
    @Arg('input', () => RegisterPartnerInput, { description: 'Which.' }) input: RegisterPartnerInput,
  ) {
    return registerPartner(ctx, input);
  }

  @Mutation(() => PartnerOrganisation, {
    description:
      "Refuses all of a partner's keys from now on; what they follow live ends within five seconds. For administrators.",
  })
  suspendPartner(
    @Ctx() ctx: Context,
    @Arg('partner', () => ID, { description: 'Which.' }) partner: string,
    @Arg('reason', () => String, { description: 'Why, for the audit log; at most 500 characters.' }) reason: string,
  ) {
    return suspendPartner(ctx, partner, reason);
  }

  @Mutation(() => PartnerOrganisation, { description: "Takes a suspended partner's keys again. For administrators." })
  resumePartner(@Ctx() ctx: Context, @Arg('partner', () => ID, { description: 'Which.' }) partner: string) {
    return resumePartner(ctx, partner);
  }
}
