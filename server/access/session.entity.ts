import { Entity, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import type { Rel } from '@mikro-orm/core';
import { Field, ObjectType } from 'type-graphql';
import { Node } from '../kernel/node.js';
import { Account } from './account.entity.js';
import { Grant } from './grant.entity.js';

/** Somebody is signed in on a device, acting by one grant, or as the volunteer that they are. */
@ObjectType({ implements: Node, description: 'Somebody is signed in on a device.' })
@Entity()
@Index({ properties: ['account', 'id'] })
export class Session extends Node {
  @PrimaryKey({ type: 'integer', autoincrement: true })
  id!: number;

  @Property({ type: 'integer', persist: false })
  accountId!: number;

  @ManyToOne(() => Account, { fieldName: 'account_id', deleteRule: 'restrict', lazy: true })
  account?: Rel<Account>;

  @Property({ type: 'integer', nullable: true })
  grantId!: number | null;

  /** Only for the foreign key: a session acts by grants of its own account. */
  @ManyToOne(() => Grant, {
    joinColumns: ['grant_id', 'account_id'],
    referencedColumnNames: ['id', 'account_id'],
    nullable: true,
    deleteRule: 'restrict',
    lazy: true,
  })
  grant?: Rel<Grant>;

  /** SHA-256 of what the cookie holds: 256 random bits, so nothing slower is needed. */
  @Property({ type: 'blob' })
  @Unique()
  tokenHash!: Buffer;

  @Field(() => Date, { description: 'When somebody signed in.' })
  @Property({ type: 'timestamptz' })
  createdAt!: Date;

  @Field(() => Date, { description: 'When it was last used, give or take a minute.' })
  @Property({ type: 'timestamptz' })
  lastSeenAt!: Date;

  @Field(() => Date, { description: 'When it ends, whatever happens.' })
  @Property({ type: 'timestamptz' })
  expiresAt!: Date;

  @Property({ type: 'timestamptz', nullable: true })
  revokedAt!: Date | null;

  @Property({ type: 'text', nullable: true })
  userAgent!: string | null;

  @Field(() => String, { description: 'The network address that it began from.' })
  @Property({ type: 'text' })
  address!: string;

  get nodeKey() {
    return this.id;
  }
}
