import { Check, Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { type Rel, PrimaryKeyProp } from '@mikro-orm/core';
import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { CommunityEvent } from '../event/community-event.entity.js';
import { ServiceUnit } from '../hierarchy/service-unit.entity.js';
import { Node } from '../kernel/node.js';
import { Volunteer } from '../volunteer/volunteer.entity.js';

export enum CheckInDirection {
  IN = 'IN',
  OUT = 'OUT',
}

registerEnumType(CheckInDirection, {
  name: 'CheckInDirection',
  description: 'Coming or going.',
  valuesConfig: { IN: { description: '签到' }, OUT: { description: '签退' } },
});

export enum CheckInMethod {
  POST_CODE = 'POST_CODE',
  VOLUNTEER_PASS = 'VOLUNTEER_PASS',
  KIOSK = 'KIOSK',
  LEADER = 'LEADER',
  WECHAT = 'WECHAT',
}

registerEnumType(CheckInMethod, {
  name: 'CheckInMethod',
  description: 'How it was recorded.',
  valuesConfig: {
    POST_CODE: { description: "The volunteer's phone scanned the post's rotating code." },
    VOLUNTEER_PASS: { description: "The post's device scanned the volunteer's pass." },
    KIOSK: { description: 'At a kiosk.' },
    LEADER: { description: 'A leader vouched.' },
    WECHAT: { description: 'Through the WeChat account.' },
  },
});

/** Why somebody should look at a record. It counts all the same, once. */
export enum ReviewReason {
  /** Nobody had checked in; it is paired when the check-in arrives later. */
  OUT_WITHOUT_IN = 'OUT_WITHOUT_IN',
  /** The device's clock ran ahead of ours, or out came before in. */
  CLOCK = 'CLOCK',
  /** It reached us long after it happened. */
  LATE = 'LATE',
  /** The stay lasted longer than a day; no minutes are counted before somebody has looked. */
  LONG_STAY = 'LONG_STAY',
}

/**
 * One row of an event's log: append-only, numbered 1, 2, 3 … under the feed's lock. It holds everything that its
 * effect on the tallies needs, so a reader folds rows without asking the database (`check-in.rules.ts`).
 */
@ObjectType({ implements: Node, description: 'One check-in or check-out, as the feed carries it.' })
@Entity()
@Index({ properties: ['event', 'volunteerId'] })
// A unit's people are counted from its index: the rows themselves lie all over the log.
@Index({ properties: ['event', 'postId', 'sequence'], include: ['volunteerId', 'firstLevels'] })
@Index({ properties: ['event', 'teamId', 'sequence'], include: ['volunteerId', 'firstLevels'] })
@Index({ properties: ['event', 'stationId', 'sequence'], include: ['volunteerId', 'firstLevels'] })
@Index({ properties: ['event', 'schoolId', 'sequence'], include: ['volunteerId', 'firstLevels'] })
@Check({ name: 'check_in_sequence_check', expression: 'sequence > 0' })
@Check({ name: 'check_in_direction_check', expression: "direction in ('IN', 'OUT')" })
@Check({ name: 'check_in_minutes_check', expression: 'minutes >= 0' })
@Check({ name: 'check_in_note_check', expression: 'char_length(note) <= 200' })
export class CheckIn extends Node {
  @ManyToOne(() => CommunityEvent, { primary: true, fieldName: 'event_id', deleteRule: 'restrict', lazy: true })
  event?: Rel<CommunityEvent>;

  @Property({ type: 'integer', persist: false })
  eventId!: number;

  @Field(() => Int, { description: "Place in the event's feed: 1, 2, 3 … without a gap." })
  @PrimaryKey({ type: 'integer' })
  sequence!: number;

  [PrimaryKeyProp]?: ['event', 'sequence'];

  @Property({ type: 'integer', persist: false })
  volunteerId!: number;

  @ManyToOne(() => Volunteer, { fieldName: 'volunteer_id', deleteRule: 'restrict', lazy: true })
  volunteer?: Rel<Volunteer>;

  @Property({ type: 'integer', persist: false })
  postId!: number;

  @ManyToOne(() => ServiceUnit, { fieldName: 'post_id', deleteRule: 'restrict', lazy: true })
  post?: Rel<ServiceUnit>;

  /** The post's path at the time: history stays as it was when units are moved. */
  @Property({ type: 'integer' })
  teamId!: number;

  @Property({ type: 'integer' })
  stationId!: number;

  @Property({ type: 'integer' })
  schoolId!: number;

  @Field(() => CheckInDirection, { description: 'Whether somebody came or left.' })
  @Property({ type: 'text' })
  direction!: CheckInDirection;

  @Field(() => CheckInMethod, { description: 'How it was recorded.' })
  @Property({ type: 'text' })
  method!: CheckInMethod;

  @Field(() => Date, { description: 'When it happened, by the device that recorded it.' })
  @Property({ type: 'timestamptz', length: 3 })
  at!: Date;

  @Field(() => Date, { description: 'When it was committed here.' })
  @Property({ type: 'timestamptz', length: 3 })
  recordedAt!: Date;

  @Property({ type: 'text', nullable: true })
  note!: string | null;

  /** The access key that vouched; null when signed codes spoke for themselves. */
  @Property({ type: 'integer', nullable: true })
  recordedBy!: number | null;

  @Property({ type: 'text', nullable: true })
  review!: ReviewReason | null;

  /** At how many levels, from the post up to the event (5), this person is seen for the first time. */
  @Property({ type: 'smallint' })
  firstLevels!: number;

  /** Whether somebody is on site from here on who was not at this post before. */
  @Property({ type: 'boolean' })
  arrives!: boolean;

  /** The stay that ends here, by leaving or by moving on: its check-in, and where it was. */
  @Property({ type: 'integer', nullable: true })
  endsSequence!: number | null;

  @Property({ type: 'integer', nullable: true })
  leftPostId!: number | null;

  @Property({ type: 'integer', nullable: true })
  leftTeamId!: number | null;

  @Property({ type: 'integer', nullable: true })
  leftStationId!: number | null;

  @Property({ type: 'integer', nullable: true })
  leftSchoolId!: number | null;

  /** Whole minutes of the stay that ends here, counted where it was. */
  @Property({ type: 'integer', nullable: true })
  minutes!: number | null;

  get nodeKey() {
    return `${this.eventId}.${this.sequence}`;
  }
}
