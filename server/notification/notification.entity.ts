import { Check, Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { PrimaryKeyProp, type Rel } from '@mikro-orm/core';
import { Field, ObjectType } from 'type-graphql';
import { Account } from '../access/account.entity.js';
import { Node } from '../kernel/node.js';
import { Volunteer } from '../volunteer/volunteer.entity.js';

/** What a notification is about: keys, counts, times as ISO texts. Never a name, a number or anything else of a person. */
export type NotificationParameters = Record<string, string | number | boolean | null>;

/**
 * Something that somebody should know, written in the transaction of its cause. It is the outbox, too: a channel such as
 * WeChat finds here what it has not delivered yet (`outbox.ts`). Words are found when it is read, in the reader's language.
 */
@ObjectType({ implements: Node, description: 'Something that the viewer should know.' })
@Entity()
@Check({ name: 'notification_recipient_check', expression: 'num_nonnulls(account_id, volunteer_id) = 1' })
@Index({ properties: ['account', 'id'] })
@Index({ properties: ['volunteer', 'id'] })
@Index({ properties: ['createdAt'] })
@Index({
  name: 'notification_unread_account',
  expression:
    'create index "notification_unread_account" on "notification" ("account_id") where (read_at is null and account_id is not null)',
})
@Index({
  name: 'notification_unread_volunteer',
  expression:
    'create index "notification_unread_volunteer" on "notification" ("volunteer_id") where (read_at is null and volunteer_id is not null)',
})
export class Notification extends Node {
  @PrimaryKey({ type: 'integer', autoincrement: true })
  id!: number;

  @Property({ type: 'integer', nullable: true, persist: false })
  accountId!: number | null;

  /** To somebody as the holder of an office … */
  @ManyToOne(() => Account, { fieldName: 'account_id', nullable: true, deleteRule: 'cascade', lazy: true })
  account?: Rel<Account>;

  @Property({ type: 'integer', nullable: true, persist: false })
  volunteerId!: number | null;

  /** … or as a volunteer, who may have no account yet. */
  @ManyToOne(() => Volunteer, { fieldName: 'volunteer_id', nullable: true, deleteRule: 'cascade', lazy: true })
  volunteer?: Rel<Volunteer>;

  @Field(() => String, { description: 'What kind of news it is, such as `APPLICATION_RECEIVED`. More come with time.' })
  @Property({ type: 'text' })
  kind!: string;

  @Property({ type: 'json' })
  parameters!: NotificationParameters;

  @Field(() => Date, { description: 'When it happened.' })
  @Property({ type: 'timestamptz' })
  createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When it was read; null until then.' })
  @Property({ type: 'timestamptz', nullable: true })
  readAt!: Date | null;

  get nodeKey() {
    return this.id;
  }
}

/** How far one channel has come with one notification. There is no row before it has tried. */
@Entity()
export class NotificationDelivery {
  @Property({ type: 'integer', persist: false })
  notificationId!: number;

  @ManyToOne(() => Notification, { primary: true, fieldName: 'notification_id', deleteRule: 'cascade', lazy: true })
  notification?: Rel<Notification>;

  /** Such as `wechat`. */
  @PrimaryKey({ type: 'text' })
  channel!: string;

  [PrimaryKeyProp]?: ['notification', 'channel'];

  @Property({ type: 'integer' })
  attempts!: number;

  /** When to try again; null when it was delivered, or given up. */
  @Property({ type: 'timestamptz', nullable: true })
  nextAttemptAt!: Date | null;

  @Property({ type: 'timestamptz', nullable: true })
  deliveredAt!: Date | null;
}
