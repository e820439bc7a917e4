import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { connectionOf, PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import { unitById } from '../hierarchy/hierarchy.service.js';
import { ServiceUnit } from '../hierarchy/service-unit.entity.js';
import { Volunteer } from '../volunteer/volunteer.entity.js';
import { visibleVolunteer } from '../volunteer/volunteer.service.js';
import { Account } from './account.entity.js';
import { CreateAccountInput, GrantRoleInput } from './account.input.js';
import {
  CreateAccountResult,
  DisableAccountResult,
  EndGrantResult,
  GrantRoleResult,
  OneTimePassword,
} from './account.result.js';
import { createAccount, disableAccount, enableAccount, listAccounts, resetPassword } from './account.service.js';
import { Grant } from './grant.entity.js';
import { endGrant, grantRole, grantsOf } from './grant.service.js';

const AccountConnection = connectionOf(Account, 'Account');

@Resolver(() => Account)
export class AccountResolver {
  @Query(() => AccountConnection, {
    description:
      'By login, for administrators and coordinators: accounts with a role, now or once, within their unit, and those of its volunteers.',
  })
  accounts(
    @Ctx() ctx: Context,
    @Args(() => PageArgs) args: PageArgs,
    @Arg('within', () => ID, { nullable: true, description: 'Only those that concern this unit or one below it.' })
    within?: string,
    @Arg('search', () => String, { nullable: true, description: 'A part of the login or of the name.' })
    search?: string,
  ) {
    return listAccounts(ctx, args, within, search);
  }

  @FieldResolver(() => [Grant], { description: 'What it may do, now or later; the oldest first.' })
  grants(@Ctx() ctx: Context, @Root() account: Account) {
    return grantsOf(ctx, account.id);
  }

  @FieldResolver(() => Volunteer, {
    nullable: true,
    description: 'The person who uses it; null for none, or none whom the viewer may see.',
  })
  volunteer(@Ctx() ctx: Context, @Root() account: Account) {
    return account.volunteerId === null ? null : visibleVolunteer(ctx, account.volunteerId);
  }

  @Mutation(() => CreateAccountResult, { description: 'Makes an account with a one-time password.' })
  createAccount(
    @Ctx() ctx: Context,
    @Arg('input', () => CreateAccountInput, { description: 'For whom.' }) input: CreateAccountInput,
  ) {
    return createAccount(ctx, input);
  }

  @Mutation(() => OneTimePassword, {
    description: 'Gives an account a one-time password instead of its own, and ends its sessions.',
  })
  resetPassword(@Ctx() ctx: Context, @Arg('account', () => ID, { description: 'Whose.' }) account: string) {
    return resetPassword(ctx, account);
  }

  @Mutation(() => DisableAccountResult, {
    description:
      'Lets nobody in by this account any more, and ends its sessions. Its grants stay, for when it is enabled.',
  })
  disableAccount(
    @Ctx() ctx: Context,
    @Arg('account', () => ID, { description: 'Which.' }) account: string,
    @Arg('reason', () => String, { description: 'For the audit log.' }) reason: string,
  ) {
    return disableAccount(ctx, account, reason);
  }

  @Mutation(() => Account, { description: 'Lets a disabled account be used again.' })
  enableAccount(@Ctx() ctx: Context, @Arg('account', () => ID, { description: 'Which.' }) account: string) {
    return enableAccount(ctx, account);
  }

  @Mutation(() => GrantRoleResult, {
    description:
      'Gives an account a role. Coordinators appoint leaders and coordinators at and below their unit, administrators everybody.',
  })
  grantRole(
    @Ctx() ctx: Context,
    @Arg('input', () => GrantRoleInput, { description: 'Who becomes what, where and when.' }) input: GrantRoleInput,
  ) {
    return grantRole(ctx, input);
  }

  @Mutation(() => EndGrantResult, {
    description: 'Takes a role back, from now on. Sessions that act by it lose it, and their live streams end.',
  })
  endGrant(
    @Ctx() ctx: Context,
    @Arg('grant', () => ID, { description: 'Which.' }) grant: string,
    @Arg('reason', () => String, { description: 'For the audit log.' }) reason: string,
  ) {
    return endGrant(ctx, grant, reason);
  }
}

@Resolver(() => Grant)
export class GrantResolver {
  @FieldResolver(() => ServiceUnit, { nullable: true, description: 'Where it holds; null is everywhere.' })
  unit(@Ctx() ctx: Context, @Root() grant: Grant) {
    return grant.unitId === null ? null : unitById(ctx).load(grant.unitId);
  }
}
