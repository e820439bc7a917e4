import { Arg, Args, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { connectionOf, PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import type { Viewer } from '../kernel/viewer.js';
import { unitById } from '../hierarchy/hierarchy.service.js';
import { ServiceUnit } from '../hierarchy/service-unit.entity.js';
import { Volunteer } from '../volunteer/volunteer.entity.js';
import { volunteerRow } from '../volunteer/volunteer.service.js';
import { Account } from './account.entity.js';
import { ChangePasswordInput, SignInInput } from './account.input.js';
import { ActAsResult, ChangePasswordResult, SignInResult, ViewerType } from './account.result.js';
import { deviceOf } from './account.rules.js';
import { Grant } from './grant.entity.js';
import { currentGrants, grantById } from './grant.service.js';
import { accountById } from './manager.js';
import { Session } from './session.entity.js';
import { listSessions, revokeOtherSessions, revokeSession, sessionById } from './session.service.js';
import { actAs, changePassword, signIn, signOut } from './sign-in.service.js';

const SessionConnection = connectionOf(Session, 'Session');

@Resolver(() => ViewerType)
export class ViewerResolver {
  @Query(() => ViewerType, { description: 'Who is asking, and in which role.' })
  viewer(@Ctx() ctx: Context): Viewer {
    return ctx.viewer;
  }

  @FieldResolver(() => ServiceUnit, {
    nullable: true,
    description: 'The unit at and below which the viewer acts; null means everywhere, or nowhere, as the role says.',
  })
  unit(@Ctx() ctx: Context, @Root() viewer: Viewer) {
    return viewer.unitId === null ? null : unitById(ctx).load(viewer.unitId);
  }

  @FieldResolver(() => Account, { nullable: true, description: 'What the viewer signed in with; null for keys.' })
  account(@Ctx() ctx: Context, @Root() viewer: Viewer) {
    return viewer.accountId === null ? null : accountById(ctx).load(viewer.accountId);
  }

  @FieldResolver(() => Session, { nullable: true, description: 'The one that asks; null for keys.' })
  session(@Ctx() ctx: Context, @Root() viewer: Viewer) {
    return viewer.sessionId === null ? null : sessionById(ctx).load(viewer.sessionId);
  }

  @FieldResolver(() => Grant, {
    nullable: true,
    description: 'By which the viewer acts; null for keys, and for whoever acts as the volunteer that they are.',
  })
  grant(@Ctx() ctx: Context, @Root() viewer: Viewer) {
    return viewer.grantId === null ? null : grantById(ctx).load(viewer.grantId);
  }

  @FieldResolver(() => [Grant], { description: 'Those that the viewer could act by now, see `actAs`.' })
  grants(@Ctx() ctx: Context, @Root() viewer: Viewer) {
    return currentGrants(ctx, viewer);
  }

  @FieldResolver(() => Volunteer, { nullable: true, description: 'The person in the register who asks, if it is one.' })
  volunteer(@Ctx() ctx: Context, @Root() viewer: Viewer) {
    return viewer.volunteerId === null ? null : volunteerRow(ctx).load(viewer.volunteerId);
  }
}

@Resolver(() => Session)
export class SessionResolver {
  @Query(() => SessionConnection, { description: "The viewer's own that are open, the newest first." })
  sessions(@Ctx() ctx: Context, @Args(() => PageArgs) args: PageArgs) {
    return listSessions(ctx, args);
  }

  @FieldResolver(() => String, {
    description: 'Which program on which system, such as “Chrome, Android”; empty when it did not say.',
  })
  device(@Root() session: Session) {
    return deviceOf(session.userAgent);
  }

  @FieldResolver(() => Boolean, { description: 'Whether it is the one that asks.' })
  isCurrent(@Ctx() ctx: Context, @Root() session: Session) {
    return session.id === ctx.viewer.sessionId;
  }

  @Mutation(() => SignInResult, {
    description:
      'Opens a session, which this browser keeps by a cookie that no script can read. Over HTTP only. RATE_LIMITED says when to try again.',
  })
  signIn(@Ctx() ctx: Context, @Arg('input', () => SignInInput, { description: 'Who.' }) input: SignInInput) {
    return signIn(ctx, input);
  }

  @Mutation(() => Boolean, { description: 'Ends the session that asks; false when there was none. Over HTTP only.' })
  signOut(@Ctx() ctx: Context) {
    return signOut(ctx);
  }

  @Mutation(() => ChangePasswordResult, {
    description: "Replaces the viewer's own password and ends all other sessions of the account. Over HTTP only.",
  })
  changePassword(
    @Ctx() ctx: Context,
    @Arg('input', () => ChangePasswordInput, { description: 'From which to which.' }) input: ChangePasswordInput,
  ) {
    return changePassword(ctx, input);
  }

  @Mutation(() => ActAsResult, { description: 'Goes on in another role of the same account. Over HTTP only.' })
  actAs(
    @Ctx() ctx: Context,
    @Arg('grant', () => ID, { nullable: true, description: 'One of `Viewer.grants`; null is as the volunteer.' })
    grant?: string | null,
  ) {
    return actAs(ctx, grant ?? null);
  }

  @Mutation(() => Session, { description: "Ends one of the viewer's own sessions, such as that of a lost phone." })
  revokeSession(@Ctx() ctx: Context, @Arg('session', () => ID, { description: 'Which.' }) session: string) {
    return revokeSession(ctx, session);
  }

  @Mutation(() => Int, { description: "Ends all of the viewer's own sessions but the one that asks: how many." })
  revokeOtherSessions(@Ctx() ctx: Context) {
    return revokeOtherSessions(ctx);
  }
}
