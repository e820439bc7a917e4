import type { Rel } from '@mikro-orm/core';
import { Check, Entity, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { ServiceUnit } from '../hierarchy/service-unit.entity.js';
import { Node } from '../kernel/node.js';
import { LedgerTransfer } from '../ledger/ledger.entity.js';
import { Volunteer } from '../volunteer/volunteer.entity.js';

@ObjectType({ implements: Node, description: 'Something that one gets for saved time.' })
@Entity()
@Check({ name: 'reward_stock_check', expression: 'stock >= 0' })
@Check({ name: 'reward_minutes_check', expression: 'minutes >= 1 and minutes <= 90000' })
@Check({
  name: 'reward_name_check',
  expression: 'char_length(name) >= 1 and char_length(name) <= 50 and char_length(description) <= 500',
})
export class Reward extends Node {
  @PrimaryKey({ type: 'integer', autoincrement: true })
  id!: number;

  @Field(() => String, { description: 'What it is.' })
  @Property({ type: 'text' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'More about it.' })
  @Property({ type: 'text', nullable: true })
  description!: string | null;

  @Field(() => Int, { description: 'How many minutes one of it costs.' })
  @Property({ type: 'integer' })
  minutes!: number;

  @Field(() => Int, { description: 'How many there are to be had.' })
  @Property({ type: 'integer' })
  stock!: number;

  /** The station that hands it out; null for the community's own. */
  @Property({ type: 'integer', nullable: true, persist: false })
  unitId!: number | null;

  @ManyToOne(() => ServiceUnit, { fieldName: 'unit_id', nullable: true, deleteRule: 'restrict', lazy: true })
  unit?: Rel<ServiceUnit>;

  @Property({ type: 'timestamptz', length: 3 })
  createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'Since when it is not to be had any more.' })
  @Property({ type: 'timestamptz', length: 3, nullable: true })
  withdrawnAt!: Date | null;

  get nodeKey() {
    return this.id;
  }
}

export enum RedemptionState {
  RESERVED = 'RESERVED',
  PICKED_UP = 'PICKED_UP',
  CANCELLED = 'CANCELLED',
  EXPIRED = 'EXPIRED',
}

registerEnumType(RedemptionState, {
  name: 'RedemptionState',
  description: 'What became of a reward that somebody spent time on.',
  valuesConfig: {
    RESERVED: { description: 'Paid, and waits to be picked up.' },
    PICKED_UP: { description: 'Handed out.' },
    CANCELLED: { description: 'Given back: the time is back, too.' },
    EXPIRED: { description: 'Nobody came for it in time: the time is back.' },
  },
});

/** One reward that somebody paid for. While it is reserved it is off the shelf; its time comes back once at most. */
@ObjectType({ implements: Node, description: 'One reward that somebody spent time on.' })
@Entity()
@Unique({ properties: ['key'] })
@Index({ properties: ['volunteer', 'id'] })
@Index({ properties: ['reward', 'id'] })
@Index({
  name: 'redemption_code_once',
  expression: 'create unique index "redemption_code_once" on "redemption" ("code") where ("state" = \'RESERVED\')',
})
@Index({
  name: 'redemption_waiting',
  expression: 'create index "redemption_waiting" on "redemption" ("expires_at") where ("state" = \'RESERVED\')',
})
@Check({
  name: 'redemption_state_check',
  expression:
    "state in ('RESERVED', 'PICKED_UP', 'CANCELLED', 'EXPIRED') and (state = 'RESERVED') = (ended_at is null)",
})
export class Redemption extends Node {
  @PrimaryKey({ type: 'integer', autoincrement: true })
  id!: number;

  /** Made by the client: sent again, it is the same redemption. */
  @Property({ type: 'uuid' })
  key!: string;

  @Property({ type: 'integer', persist: false })
  rewardId!: number;

  @ManyToOne(() => Reward, { fieldName: 'reward_id', deleteRule: 'restrict', lazy: true })
  reward?: Rel<Reward>;

  @Property({ type: 'integer', persist: false })
  volunteerId!: number;

  @ManyToOne(() => Volunteer, { fieldName: 'volunteer_id', deleteRule: 'restrict', lazy: true })
  volunteer?: Rel<Volunteer>;

  @Property({ type: 'integer', persist: false })
  transferId!: number;

  @ManyToOne(() => LedgerTransfer, { fieldName: 'transfer_id', deleteRule: 'restrict', lazy: true })
  transfer?: Rel<LedgerTransfer>;

  @Field(() => RedemptionState, { description: 'What became of it.' })
  @Property({ type: 'text' })
  state!: RedemptionState;

  @Property({ type: 'text' })
  code!: string;

  @Field(() => Date, { description: 'When it was paid for.' })
  @Property({ type: 'timestamptz', length: 3 })
  createdAt!: Date;

  @Field(() => Date, { description: 'Until when it waits.' })
  @Property({ type: 'timestamptz', length: 3 })
  expiresAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When it was handed out, or given back.' })
  @Property({ type: 'timestamptz', length: 3, nullable: true })
  endedAt!: Date | null;

  get nodeKey() {
    return this.id;
  }
}
