import { Check, Entity, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import type { Rel } from '@mikro-orm/core';
import { Field, ObjectType } from 'type-graphql';
import { Node } from '../kernel/node.js';
import { Volunteer } from '../volunteer/volunteer.entity.js';

/** What somebody signs in with. What they may do is in the grants; that they are a volunteer is in `volunteerId`. */
@ObjectType({ implements: Node, description: 'What somebody signs in with. What they may do stands in its grants.' })
@Entity()
@Check({
  name: 'account_login_check',
  expression: 'login = lower(login) and char_length(login) >= 2 and char_length(login) <= 64',
})
export class Account extends Node {
  @PrimaryKey({ type: 'integer', autoincrement: true })
  id!: number;

  @Field(() => String, { description: 'What is typed to sign in; in lower case.' })
  @Property({ type: 'text' })
  @Unique()
  login!: string;

  @Field(() => String, { description: 'Who it is for, as colleagues know them.' })
  @Property({ type: 'text' })
  name!: string;

  /** Argon2id. It leaves this folder by no way at all. */
  @Property({ type: 'text' })
  passwordHash!: string;

  /** A one-time password is good until then; null for one that its owner chose. */
  @Property({ type: 'timestamptz', nullable: true })
  passwordExpiresAt!: Date | null;

  @Property({ type: 'integer', nullable: true, persist: false })
  volunteerId!: number | null;

  @ManyToOne(() => Volunteer, { fieldName: 'volunteer_id', nullable: true, deleteRule: 'restrict', lazy: true })
  @Unique({ name: 'account_volunteer_id_unique' })
  volunteer?: Rel<Volunteer>;

  @Field(() => Date, { description: 'When it was made.' })
  @Property({ type: 'timestamptz' })
  createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'Since when it cannot be used; null when it can.' })
  @Property({ type: 'timestamptz', nullable: true })
  disabledAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'The last time that somebody signed in with it.' })
  @Property({ type: 'timestamptz', nullable: true })
  lastSignInAt!: Date | null;

  get nodeKey() {
    return this.id;
  }

  @Field(() => Boolean, {
    description: 'Its password was made for it, and opens nothing but `changePassword`, for a few days.',
  })
  get mustChangePassword(): boolean {
    return this.passwordExpiresAt !== null;
  }
}
