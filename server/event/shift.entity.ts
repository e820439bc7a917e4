import { Check, Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import type { Rel } from '@mikro-orm/core';
import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { ServiceUnit } from '../hierarchy/service-unit.entity.js';
import { Node } from '../kernel/node.js';
import { CommunityEvent } from './community-event.entity.js';

export enum ShiftKind {
  SERVICE = 'SERVICE',
  SETUP = 'SETUP',
  DUTY = 'DUTY',
  TASK = 'TASK',
}

registerEnumType(ShiftKind, {
  name: 'ShiftKind',
  description: 'What a shift is for.',
  valuesConfig: {
    SERVICE: { description: 'Serving people at the post.' },
    SETUP: { description: 'Setting up, or clearing away.' },
    DUTY: { description: '值班: a turn of the duty rota.' },
    TASK: { description: '派单: what somebody ordered and a coordinator vetted.' },
  },
});

/** A time at a post of an event, for so many people. What belongs to its people stands in `task/`. */
@ObjectType({ implements: Node, description: 'A time at a post of an event, for so many people.' })
@Entity()
@Index({ properties: ['event', 'post', 'startsAt'] })
@Check({ name: 'shift_times_check', expression: 'starts_at < ends_at' })
@Check({ name: 'shift_capacity_check', expression: 'capacity >= 1 and capacity <= 500' })
@Check({ name: 'shift_kind_check', expression: "kind in ('SERVICE', 'SETUP', 'DUTY', 'TASK')" })
@Check({ name: 'shift_post_level_check', expression: 'post_level = 4' })
@Check({ name: 'shift_ages_check', expression: 'min_age >= 0 and max_age >= coalesce(min_age, 0)' })
export class Shift extends Node {
  @PrimaryKey({ type: 'integer', autoincrement: true })
  id!: number;

  @Property({ type: 'integer', persist: false })
  eventId!: number;

  @ManyToOne(() => CommunityEvent, { fieldName: 'event_id', deleteRule: 'restrict', lazy: true })
  event?: Rel<CommunityEvent>;

  @Property({ type: 'integer' })
  postId!: number;

  /** Always 4: with the foreign key it says that shifts are at posts. */
  @Property({ type: 'smallint' })
  postLevel!: number;

  @ManyToOne(() => ServiceUnit, {
    joinColumns: ['post_id', 'post_level'],
    referencedColumnNames: ['id', 'level'],
    deleteRule: 'restrict',
    lazy: true,
  })
  post?: Rel<ServiceUnit>;

  @Field(() => ShiftKind, { description: 'What it is for.' })
  @Property({ type: 'text', default: 'SERVICE' })
  kind!: ShiftKind;

  @Field(() => String, { nullable: true, description: 'More about it, in a few words.' })
  @Property({ type: 'text', nullable: true })
  title!: string | null;

  @Field(() => Date, { description: 'When it begins.' })
  @Property({ type: 'timestamptz', length: 3 })
  startsAt!: Date;

  @Field(() => Date, { description: 'When it ends.' })
  @Property({ type: 'timestamptz', length: 3 })
  endsAt!: Date;

  @Field(() => Int, { description: 'How many people it takes.' })
  @Property({ type: 'integer' })
  capacity!: number;

  /** Keys of what it needs. Skills are never removed from the catalogue. */
  @Property({ type: 'array', columnType: 'int[]', defaultRaw: `'{}'` })
  skillIds!: number[];

  @Field(() => Int, { nullable: true, description: 'In years; null for no limit.' })
  @Property({ type: 'integer', nullable: true })
  minAge!: number | null;

  @Field(() => Int, { nullable: true, description: 'In years; null for no limit.' })
  @Property({ type: 'integer', nullable: true })
  maxAge!: number | null;

  @Field(() => Date, { nullable: true, description: 'Since when it does not take place; its people were released.' })
  @Property({ type: 'timestamptz', length: 3, nullable: true })
  cancelledAt!: Date | null;

  @Field(() => Int, { description: 'Grows with each change; hand it in with a change of yours.' })
  @Property({ type: 'integer', default: 1 })
  version!: number;

  @Property({ type: 'integer', nullable: true })
  changedByAccountId!: number | null;

  @Property({ type: 'integer', nullable: true })
  changedByKeyId!: number | null;

  get nodeKey() {
    return this.id;
  }
}
