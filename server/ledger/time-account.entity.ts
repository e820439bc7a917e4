import type { Rel } from '@mikro-orm/core';
import { Check, Entity, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { ServiceUnit } from '../hierarchy/service-unit.entity.js';
import { Node } from '../kernel/node.js';
import { Volunteer } from '../volunteer/volunteer.entity.js';

export enum TimeAccountKind {
  VOLUNTEER = 'VOLUNTEER',
  FAMILY = 'FAMILY',
  DONATION_POOL = 'DONATION_POOL',
  ISSUANCE = 'ISSUANCE',
  REWARDS = 'REWARDS',
}

registerEnumType(TimeAccountKind, {
  name: 'TimeAccountKind',
  description: 'Whose time an account keeps.',
  valuesConfig: {
    VOLUNTEER: { description: "One volunteer's own time." },
    FAMILY: { description: "A family's: each of its members may spend it." },
    DONATION_POOL: { description: 'What was donated to a station, for those who need help and have no time saved.' },
    ISSUANCE: {
      description: 'Where certified time comes from: as far below zero as time was ever certified at a station.',
    },
    REWARDS: { description: 'Where time goes that was spent on rewards at a station.' },
  },
});

/**
 * An account of the time bank. Balance, held and certified minutes, and the head of the chain, follow from the entries;
 * they are kept here, under this row's lock, so that they can be relied on without adding up. `npm run admin -- ledger
 * verify` adds up.
 */
@ObjectType({ implements: Node, description: 'An account of the time bank. All in whole minutes.' })
@Entity()
@Unique({ properties: ['volunteer'] })
@Index({
  name: 'time_account_one_a_unit',
  expression:
    'create unique index "time_account_one_a_unit" on "time_account" ("kind", coalesce("unit_id", 0)) where ("kind" in (\'DONATION_POOL\', \'ISSUANCE\', \'REWARDS\'))',
})
@Check({
  name: 'time_account_owner_check',
  expression:
    "(kind = 'VOLUNTEER') = (volunteer_id is not null) and (kind = 'FAMILY') = (title is not null) and (unit_id is null or kind in ('DONATION_POOL', 'ISSUANCE', 'REWARDS'))",
})
@Check({
  name: 'time_account_never_overdrawn',
  expression: "held >= 0 and (kind = 'ISSUANCE' or balance >= held)",
})
@Check({ name: 'time_account_certified_check', expression: "certified >= 0 and (kind = 'VOLUNTEER' or certified = 0)" })
@Check({ name: 'time_account_head_check', expression: 'entries >= 0 and octet_length(head) = 32' })
export class TimeAccount extends Node {
  @PrimaryKey({ type: 'integer', autoincrement: true })
  id!: number;

  @Field(() => TimeAccountKind, { description: 'Whose time it keeps.' })
  @Property({ type: 'text' })
  kind!: TimeAccountKind;

  @Property({ type: 'integer', nullable: true, persist: false })
  volunteerId!: number | null;

  @ManyToOne(() => Volunteer, { fieldName: 'volunteer_id', nullable: true, deleteRule: 'restrict', lazy: true })
  volunteer?: Rel<Volunteer>;

  /** The station whose it is; null for those that belong to no station. */
  @Property({ type: 'integer', nullable: true, persist: false })
  unitId!: number | null;

  @ManyToOne(() => ServiceUnit, { fieldName: 'unit_id', nullable: true, deleteRule: 'restrict', lazy: true })
  unit?: Rel<ServiceUnit>;

  /** What a family is called. */
  @Property({ type: 'text', nullable: true })
  title!: string | null;

  @Field(() => Int, { description: 'What is there, with what is held.' })
  @Property({ type: 'integer', default: 0 })
  balance!: number;

  @Field(() => Int, {
    description: 'What is promised to somebody and cannot be spent otherwise until that is decided.',
  })
  @Property({ type: 'integer', default: 0 })
  held!: number;

  @Field(() => Int, {
    description: 'All that was ever certified, less what was taken back. Spending does not lower it.',
  })
  @Property({ type: 'integer', default: 0 })
  certified!: number;

  /** How many entries there are, and the hash of the last one. */
  @Property({ type: 'integer', default: 0 })
  entries!: number;

  @Property({ type: 'blob', defaultRaw: `'\\x${'00'.repeat(32)}'` })
  head!: Buffer;

  /** Of the last entry: an account's times never go back, whichever node writes. */
  @Property({ type: 'timestamptz', length: 3, nullable: true })
  lastAt!: Date | null;

  @Field(() => Date, { description: 'Since when there is this account.' })
  @Property({ type: 'timestamptz', length: 3 })
  openedAt!: Date;

  get nodeKey() {
    return this.id;
  }

  @Field(() => Int, { description: 'What can be spent: the balance without what is held.' })
  get available(): number {
    return this.balance - this.held;
  }
}

/** Who belongs to a family, and may spend its time. */
@Entity()
@Index({ properties: ['account'] })
export class FamilyMember {
  @ManyToOne(() => Volunteer, { primary: true, fieldName: 'volunteer_id', deleteRule: 'restrict', lazy: true })
  volunteer?: Rel<Volunteer>;

  @Property({ type: 'integer', persist: false })
  volunteerId!: number;

  @Property({ type: 'integer', persist: false })
  accountId!: number;

  @ManyToOne(() => TimeAccount, { fieldName: 'account_id', deleteRule: 'restrict', lazy: true })
  account?: Rel<TimeAccount>;
}

export enum HoldState {
  HELD = 'HELD',
  SETTLED = 'SETTLED',
  RELEASED = 'RELEASED',
  LAPSED = 'LAPSED',
}

/** Minutes of an account that are promised: until they are paid, given back, or nobody has done either in time. */
@Entity()
@Check({ name: 'time_hold_minutes_check', expression: 'minutes > 0' })
@Check({
  name: 'time_hold_state_check',
  expression: "state in ('HELD', 'SETTLED', 'RELEASED', 'LAPSED') and (state = 'HELD') = (ended_at is null)",
})
@Index({
  name: 'time_hold_open',
  expression: 'create index "time_hold_open" on "time_hold" ("account_id", "expires_at") where ("state" = \'HELD\')',
})
export class TimeHold {
  @PrimaryKey({ type: 'integer', autoincrement: true })
  id!: number;

  @Property({ type: 'integer', persist: false })
  accountId!: number;

  @ManyToOne(() => TimeAccount, { fieldName: 'account_id', deleteRule: 'restrict', lazy: true })
  account?: Rel<TimeAccount>;

  @Property({ type: 'integer' })
  minutes!: number;

  @Property({ type: 'text' })
  state!: HoldState;

  @Property({ type: 'timestamptz', length: 3 })
  createdAt!: Date;

  @Property({ type: 'timestamptz', length: 3 })
  expiresAt!: Date;

  @Property({ type: 'timestamptz', length: 3, nullable: true })
  endedAt!: Date | null;
}
