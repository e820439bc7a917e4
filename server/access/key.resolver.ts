import { Arg, Args, ArgsType, Ctx, Field, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { connectionOf, PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import { ViewerRole } from '../kernel/viewer.js';
import { unitById } from '../hierarchy/hierarchy.service.js';
import { ServiceUnit } from '../hierarchy/service-unit.entity.js';
import { PartnerOrganisation } from '../partner/partner-organisation.entity.js';
import { visiblePartner } from '../partner/partner.service.js';
import { AccessKey } from './access-key.entity.js';
import { ConfirmPairingInput, IssueKeyInput } from './key.input.js';
import {
  CollectPairingResult,
  ConfirmPairingResult,
  IssueKeyResult,
  PairingBegun,
  RotateKeyResult,
} from './key.result.js';
import { issueKey, listKeys, listKeysOf, revokeKey, rotateKey, type KeyFilter } from './key.service.js';
import { beginPairing, collectPairing, confirmPairing } from './pairing.service.js';

@ArgsType()
class AccessKeyArgs extends PageArgs implements KeyFilter {
  @Field(() => ID, { nullable: true, description: 'Only keys of this unit and everything below it.' })
  within?: string | null;

  @Field(() => ViewerRole, { nullable: true, description: 'Only keys that let in as this.' })
  role?: ViewerRole | null;
}

const AccessKeyConnection = connectionOf(AccessKey, 'AccessKey');

@Resolver(() => AccessKey)
export class AccessKeyResolver {
  @Query(() => AccessKeyConnection, {
    description:
      'Keys, the newest first, also those that have ended. Administrators see all, coordinators those of devices and screens at and below their unit.',
  })
  accessKeys(@Ctx() ctx: Context, @Args(() => AccessKeyArgs) args: AccessKeyArgs) {
    return listKeys(ctx, args, args);
  }

  @FieldResolver(() => ServiceUnit, {
    nullable: true,
    description: 'The unit at and below which it works; null means everywhere.',
  })
  unit(@Ctx() ctx: Context, @Root() key: AccessKey) {
    return key.unitId === null ? null : unitById(ctx).load(key.unitId);
  }

  @FieldResolver(() => PartnerOrganisation, { nullable: true, description: "Whose it is: of partners' keys." })
  partner(@Ctx() ctx: Context, @Root() key: AccessKey) {
    return key.partnerId === null ? null : visiblePartner(ctx, key.partnerId);
  }

  @Mutation(() => IssueKeyResult, { description: 'Issues a key for a device, a screen or a partner.' })
  issueKey(
    @Ctx() ctx: Context,
    @Arg('input', () => IssueKeyInput, { description: 'For whom, and how far it reaches.' }) input: IssueKeyInput,
  ) {
    return issueKey(ctx, input);
  }

  @Mutation(() => RotateKeyResult, {
    description:
      'Replaces a key by a new one with the same name, role and unit, which lasts as long as the old one was to.',
  })
  rotateKey(
    @Ctx() ctx: Context,
    @Arg('key', () => ID, { description: 'Which.' }) key: string,
    @Arg('oldEndsAt', () => Date, {
      nullable: true,
      description: 'Until when the old one still works: within 90 days, a week from now when it is left out.',
    })
    oldEndsAt?: Date | null,
  ) {
    return rotateKey(ctx, key, oldEndsAt);
  }

  @Mutation(() => AccessKey, {
    description: 'Ends a key at once; what it follows live ends within five seconds.',
  })
  revokeKey(
    @Ctx() ctx: Context,
    @Arg('key', () => ID, { description: 'Which.' }) key: string,
    @Arg('reason', () => String, { description: 'Why, for the audit log; at most 500 characters.' }) reason: string,
  ) {
    return revokeKey(ctx, key, reason);
  }
}

@Resolver(() => PartnerOrganisation)
export class PartnerKeysResolver {
  @FieldResolver(() => AccessKeyConnection, { description: 'Its keys, the newest first, also those that have ended.' })
  keys(@Ctx() ctx: Context, @Root() partner: PartnerOrganisation, @Args(() => PageArgs) args: PageArgs) {
    return listKeysOf(ctx, partner, args);
  }
}

@Resolver()
export class PairingResolver {
  @Mutation(() => PairingBegun, {
    description:
      'For a screen that has no token: a code to show, until somebody confirms it. RATE_LIMITED says when to try again.',
  })
  beginPairing(@Ctx() ctx: Context) {
    return beginPairing(ctx);
  }

  @Mutation(() => CollectPairingResult, {
    description: 'For the screen that shows a code, to be asked every two seconds; it gets its token once.',
  })
  collectPairing(
    @Ctx() ctx: Context,
    @Arg('secret', () => String, { description: 'As `beginPairing` told it.' }) secret: string,
  ) {
    return collectPairing(ctx, secret);
  }

  @Mutation(() => ConfirmPairingResult, {
    description: 'Lets the screen that shows a code read what a wall shows, for good. For coordinators.',
  })
  confirmPairing(
    @Ctx() ctx: Context,
    @Arg('input', () => ConfirmPairingInput, { description: 'Which, and what it is to be.' })
    input: ConfirmPairingInput,
  ) {
    return confirmPairing(ctx, input);
  }
}
