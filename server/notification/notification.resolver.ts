import {
  Arg,
  Args,
  Ctx,
  Field,
  FieldResolver,
  ID,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import { connectionOf, PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import { Notification } from './notification.entity.js';
import {
  followNotifications,
  listNotifications,
  markRead,
  pathOf,
  textOf,
  unreadCount,
  type News,
} from './notification.service.js';

const NotificationConnection = connectionOf(Notification, 'Notification');

@ObjectType('NotificationNews', { description: "What the viewer's bell shows." })
class NotificationNewsType {
  @Field(() => Int, { description: 'How many the viewer has not read.' })
  unread!: number;

  @Field(() => Notification, { nullable: true, description: 'The newest of all; null when there is none.' })
  latest!: Notification | null;
}

@Resolver(() => Notification)
export class NotificationResolver {
  @Query(() => NotificationConnection, { description: "The viewer's own, the newest first. Keys have none." })
  notifications(@Ctx() ctx: Context, @Args(() => PageArgs) args: PageArgs) {
    return listNotifications(ctx, args);
  }

  @Query(() => Int, { description: 'How many of their notifications the viewer has not read.' })
  unreadNotifications(@Ctx() ctx: Context) {
    return unreadCount(ctx);
  }

  @Mutation(() => Int, { description: 'Marks notifications as read; tells how many are left unread.' })
  markNotificationsRead(
    @Ctx() ctx: Context,
    @Arg('notifications', () => [ID], { nullable: true, description: 'Which; all when left out.' })
    notifications?: string[],
  ) {
    return markRead(ctx, notifications);
  }

  @Subscription(() => NotificationNewsType, {
    description: 'At once on subscribing, then whenever something comes or is read.',
    subscribe: ({ context }) => followNotifications(context as Context),
  })
  notificationNews(@Root() news: News): News {
    return news;
  }

  @FieldResolver(() => String, { description: "What it says, in the reader's language." })
  text(@Ctx() ctx: Context, @Root() notification: Notification) {
    return textOf(ctx, notification);
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'The page where something can be done about it; null when there is nothing to do.',
  })
  path(@Root() notification: Notification) {
    return pathOf(notification);
  }
}
