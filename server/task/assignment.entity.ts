import { Check, Entity, Index, ManyToOne, OneToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import type { Rel } from '@mikro-orm/core';
import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { CommunityEvent } from '../event/community-event.entity.js';
import { Shift } from '../event/shift.entity.js';
import { Node } from '../kernel/node.js';
import { Volunteer } from '../volunteer/volunteer.entity.js';

export enum AssignmentState {
  WAITLISTED = 'WAITLISTED',
  OFFERED = 'OFFERED',
  ACCEPTED = 'ACCEPTED',
  DECLINED = 'DECLINED',
  EXPIRED = 'EXPIRED',
  RELEASED = 'RELEASED',
  DONE = 'DONE',
  RATED = 'RATED',
}

registerEnumType(AssignmentState, {
  name: 'AssignmentState',
  description: 'How far an assignment has come: dispatched, accepted or declined, done, rated (派单、接单、评单).',
  valuesConfig: {
    WAITLISTED: { description: 'The shift was full: offered to them as soon as somebody leaves it.' },
    OFFERED: { description: 'They are asked; until they answer or it expires, the time is theirs.' },
    ACCEPTED: { description: 'They come.' },
    DECLINED: { description: 'They said no.' },
    EXPIRED: { description: 'They did not answer in time.' },
    RELEASED: { description: 'Somebody took them off, or the shift does not take place.' },
    DONE: { description: 'Done.' },
    RATED: { description: 'Done, and rated.' },
  },
});

/** In these, a person's time is taken. */
export const activeStates = `('OFFERED', 'ACCEPTED', 'DONE', 'RATED')`;

/**
 * One person at one shift. Nobody holds two whose times overlap: the database sees to that, at whichever event or post they
 * are and whoever assigns them.
 */
@ObjectType({ implements: Node, description: 'One person at one shift, from being asked to being rated.' })
@Entity()
@Index({ properties: ['shift'] })
@Index({ properties: ['volunteerId', 'startsAt'] })
@Index({ properties: ['eventId'] })
@Index({
  name: 'assignment_offers',
  expression: `create index "assignment_offers" on "assignment" ("expires_at") where (state = 'OFFERED')`,
})
@Index({
  name: 'assignment_waits_once',
  expression: `create unique index "assignment_waits_once" on "assignment" ("shift_id", "volunteer_id") where (state = 'WAITLISTED')`,
})
@Check({
  name: 'assignment_state_check',
  expression: "state in ('WAITLISTED', 'OFFERED', 'ACCEPTED', 'DECLINED', 'EXPIRED', 'RELEASED', 'DONE', 'RATED')",
})
@Check({ name: 'assignment_times_check', expression: 'starts_at < ends_at' })
@Check({ name: 'assignment_offer_check', expression: "state <> 'OFFERED' or expires_at is not null" })
@Check({
  name: 'assignment_stars_check',
  expression: "(state = 'RATED') = (stars is not null) and stars >= 1 and stars <= 5",
})
@Check({ name: 'assignment_remark_check', expression: 'char_length(remark) <= 500' })
// A range of one number stands for equality: a GiST index knows ranges by itself, numbers only with an extension.
@Check({
  name: 'assignment_no_overlap',
  expression: `exclude using gist (int4range(volunteer_id, volunteer_id, '[]') with &&, tstzrange(starts_at, ends_at) with &&) where (state in ${activeStates})`,
})
export class Assignment extends Node {
  @PrimaryKey({ type: 'integer', autoincrement: true })
  id!: number;

  @Property({ type: 'integer', persist: false })
  shiftId!: number;

  @ManyToOne(() => Shift, { fieldName: 'shift_id', deleteRule: 'restrict', lazy: true })
  shift?: Rel<Shift>;

  @Property({ type: 'integer' })
  eventId!: number;

  @Property({ type: 'integer', persist: false })
  volunteerId!: number;

  @ManyToOne(() => Volunteer, { fieldName: 'volunteer_id', deleteRule: 'restrict', lazy: true })
  volunteer?: Rel<Volunteer>;

  @Field(() => Date, { description: "From when on; the shift's start unless they come later." })
  @Property({ type: 'timestamptz', length: 3 })
  startsAt!: Date;

  @Field(() => Date, { description: "Until when; the shift's end unless they stay on." })
  @Property({ type: 'timestamptz', length: 3 })
  endsAt!: Date;

  @Field(() => AssignmentState, { description: 'How far it has come.' })
  @Property({ type: 'text' })
  state!: AssignmentState;

  @Field(() => Date, { nullable: true, description: 'Until when an offer can be answered.' })
  @Property({ type: 'timestamptz', length: 3, nullable: true })
  expiresAt!: Date | null;

  /** Whether the next one in rank is asked when this one declines or does not answer. */
  @Property({ type: 'boolean', default: false })
  passesOn!: boolean;

  @Field(() => Int, { nullable: true, description: 'One to five; null before it was rated.' })
  @Property({ type: 'integer', nullable: true })
  stars!: number | null;

  @Property({ type: 'text', nullable: true })
  remark!: string | null;

  @Field(() => Int, { description: 'Grows with each change; hand it in with a change of yours.' })
  @Property({ type: 'integer', default: 1 })
  version!: number;

  @Field(() => Date, { description: 'When it was changed last.' })
  @Property({ type: 'timestamptz', length: 3 })
  changedAt!: Date;

  @Property({ type: 'integer', nullable: true })
  changedByAccountId!: number | null;

  @Property({ type: 'integer', nullable: true })
  changedByKeyId!: number | null;

  get nodeKey() {
    return this.id;
  }
}

/** The head of an event's board: how far the log of changes to its shifts and people goes. Whoever changes one locks it. */
@Entity()
@Check({ name: 'board_sequence_check', expression: 'sequence >= 0' })
export class Board {
  @Property({ type: 'integer', persist: false })
  eventId!: number;

  @OneToOne(() => CommunityEvent, { primary: true, fieldName: 'event_id', deleteRule: 'restrict', lazy: true })
  event?: Rel<CommunityEvent>;

  @Property({ type: 'integer', default: 0 })
  sequence!: number;
}

/** One change to an event's board: which shift is to be looked at again. Numbered 1, 2, 3 … under the board's lock. */
@Entity()
export class BoardChange {
  @PrimaryKey({ type: 'integer' })
  eventId!: number;

  @PrimaryKey({ type: 'integer' })
  sequence!: number;

  /** Null for what concerns no shift, such as somebody who looks at the board. */
  @Property({ type: 'integer', nullable: true })
  shiftId!: number | null;
}

/** Somebody who looks at an event's board just now, and what they are about to change there. */
@ObjectType({ description: 'Somebody who looks at the board just now.' })
@Entity()
export class BoardVisitor {
  @PrimaryKey({ type: 'integer' })
  eventId!: number;

  /** `account 3` or `key 5`: one line each, however many windows they have open. */
  @PrimaryKey({ type: 'text' })
  visitor!: string;

  @Field(() => String, { description: 'What they are called.' })
  @Property({ type: 'text' })
  name!: string;

  @Property({ type: 'integer', nullable: true })
  unitId!: number | null;

  @Property({ type: 'integer', nullable: true })
  shiftId!: number | null;

  @Field(() => Date, { description: 'When they were seen last.' })
  @Property({ type: 'timestamptz', length: 3 })
  seenAt!: Date;
}
