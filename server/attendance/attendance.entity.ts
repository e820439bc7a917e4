import { Check, Entity, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import type { Rel } from '@mikro-orm/core';
import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { CommunityEvent } from '../event/community-event.entity.js';
import { ServiceUnit } from '../hierarchy/service-unit.entity.js';
import { Node } from '../kernel/node.js';
import { Volunteer } from '../volunteer/volunteer.entity.js';

export enum EvidenceGrade {
  A = 'A',
  B = 'B',
  C = 'C',
}

registerEnumType(EvidenceGrade, {
  name: 'EvidenceGrade',
  description: 'What speaks for the hours. Nobody earns time by their own word alone.',
  valuesConfig: {
    A: { description: "Scanned on coming and on leaving: a post's rotating code, or the volunteer's pass." },
    B: { description: 'A leader confirmed it at either side, or somebody corrected it.' },
    C: { description: 'Entered later: counts after a second signature and seven days of publication (公示).' },
  },
});

export enum AttendanceState {
  OPEN = 'OPEN',
  PROVISIONAL = 'PROVISIONAL',
  UNSIGNED = 'UNSIGNED',
  PUBLISHED = 'PUBLISHED',
  CONFIRMED = 'CONFIRMED',
  ANNULLED = 'ANNULLED',
}

registerEnumType(AttendanceState, {
  name: 'AttendanceState',
  description: 'How far a stay has come. Only what is CONFIRMED counts as certified service.',
  valuesConfig: {
    OPEN: { description: 'They are there.' },
    PROVISIONAL: { description: 'Its times are a proposal: somebody has to confirm or correct it.' },
    UNSIGNED: { description: "Entered later by one person; waits for a second person's signature." },
    PUBLISHED: { description: 'Signed, and shown to everybody for seven days (公示).' },
    CONFIRMED: { description: 'It counts.' },
    ANNULLED: { description: 'It does not count.' },
  },
});

export enum AttendanceFlag {
  LATE = 'LATE',
  LATE_BATCH = 'LATE_BATCH',
  CLOCK = 'CLOCK',
  LONG_STAY = 'LONG_STAY',
  OUT_WITHOUT_IN = 'OUT_WITHOUT_IN',
  NO_CHECK_OUT = 'NO_CHECK_OUT',
  OUT_AFTER_DECISION = 'OUT_AFTER_DECISION',
}

registerEnumType(AttendanceFlag, {
  name: 'AttendanceFlag',
  description: 'Why somebody may want to look at a stay.',
  valuesConfig: {
    LATE: { description: 'A scan reached us over a quarter of an hour after it was made. It counts all the same.' },
    LATE_BATCH: { description: 'A scan reached us over a day after it was made.' },
    CLOCK: { description: "A device's clock was wrong, or out came before in." },
    LONG_STAY: { description: 'It would have lasted over a day.' },
    OUT_WITHOUT_IN: { description: 'Somebody checked out without having checked in.' },
    NO_CHECK_OUT: { description: 'Nobody checked out in time.' },
    OUT_AFTER_DECISION: { description: 'A check-out arrived after somebody had decided on the times; they stayed.' },
  },
});

/**
 * One stay at a post: derived from the event's log by the bookkeeper, or entered later. The rules (`attendance.rules.ts`) say
 * how; what people correct is kept beside it, and the log itself never changes.
 */
@ObjectType({ implements: Node, description: 'One stay at a post: when, how long, and what speaks for it.' })
@Entity()
@Index({ properties: ['event', 'outSequence'] })
@Index({ properties: ['volunteerId', 'id'] })
@Index({ properties: ['postId', 'id'] })
@Index({ properties: ['teamId', 'id'] })
@Index({ properties: ['stationId', 'id'] })
@Index({ properties: ['schoolId', 'id'] })
@Index({
  name: 'attendance_once_per_check_in',
  expression:
    'create unique index "attendance_once_per_check_in" on "attendance" ("event_id", "in_sequence") where (in_sequence is not null)',
})
@Index({
  name: 'attendance_waiting',
  expression: `create index "attendance_waiting" on "attendance" ("state", "id") where (state in ('OPEN', 'PROVISIONAL', 'UNSIGNED', 'PUBLISHED'))`,
})
@Index({
  name: 'attendance_unsettled',
  expression: 'create index "attendance_unsettled" on "attendance" ("id") where (not settled)',
})
@Check({ name: 'attendance_grade_check', expression: "grade in ('A', 'B', 'C')" })
@Check({
  name: 'attendance_state_check',
  expression: "state in ('OPEN', 'PROVISIONAL', 'UNSIGNED', 'PUBLISHED', 'CONFIRMED', 'ANNULLED')",
})
@Check({ name: 'attendance_minutes_check', expression: 'minutes >= 0' })
@Check({ name: 'attendance_times_check', expression: 'out_at >= in_at' })
@Check({
  name: 'attendance_open_check',
  expression: "(state = 'OPEN') = (out_at is null) and (out_at is null) = (minutes is null)",
})
@Check({ name: 'attendance_event_check', expression: "event_id is not null or grade = 'C'" })
// Hours that were typed in need two people.
@Check({
  name: 'attendance_second_signature_check',
  expression:
    "grade <> 'C' or state in ('UNSIGNED', 'ANNULLED') or (signed_by_account_id is not null and signed_by_account_id <> entered_by_account_id and published_until is not null)",
})
@Check({ name: 'attendance_content_check', expression: 'char_length(content) <= 200' })
export class Attendance extends Node {
  @PrimaryKey({ type: 'integer', autoincrement: true })
  id!: number;

  @Property({ type: 'integer', nullable: true, persist: false })
  eventId!: number | null;

  @ManyToOne(() => CommunityEvent, { fieldName: 'event_id', nullable: true, deleteRule: 'restrict', lazy: true })
  event?: Rel<CommunityEvent>;

  @Property({ type: 'integer', persist: false })
  volunteerId!: number;

  @ManyToOne(() => Volunteer, { fieldName: 'volunteer_id', deleteRule: 'restrict', lazy: true })
  volunteer?: Rel<Volunteer>;

  @Property({ type: 'integer', persist: false })
  postId!: number;

  @ManyToOne(() => ServiceUnit, { fieldName: 'post_id', deleteRule: 'restrict', lazy: true })
  post?: Rel<ServiceUnit>;

  /** The post's path at the time, as in the log. */
  @Property({ type: 'integer' })
  teamId!: number;

  @Property({ type: 'integer' })
  stationId!: number;

  @Property({ type: 'integer' })
  schoolId!: number;

  @Field(() => Date, { description: 'When it began, as far as it is believed.' })
  @Property({ type: 'timestamptz', length: 3 })
  inAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When it ended; while it is PROVISIONAL, what is proposed.' })
  @Property({ type: 'timestamptz', length: 3, nullable: true })
  outAt!: Date | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Whole minutes of service, travel excluded; while it is PROVISIONAL, what is proposed. Null while they are there.',
  })
  @Property({ type: 'integer', nullable: true })
  minutes!: number | null;

  @Field(() => EvidenceGrade, { description: 'What speaks for it.' })
  @Property({ type: 'text' })
  grade!: EvidenceGrade;

  @Field(() => AttendanceState, { description: 'How far it has come.' })
  @Property({ type: 'text' })
  state!: AttendanceState;

  @Field(() => [AttendanceFlag], { description: 'What is unusual about it; mostly nothing.' })
  @Property({ type: 'array', columnType: 'text[]', defaultRaw: `'{}'` })
  flags!: AttendanceFlag[];

  /** The rows of the log that it came from. */
  @Property({ type: 'integer', nullable: true })
  inSequence!: number | null;

  @Property({ type: 'integer', nullable: true })
  outSequence!: number | null;

  /** Since when a person has decided on its times: the log moves them no more. */
  @Property({ type: 'timestamptz', length: 3, nullable: true })
  decidedAt!: Date | null;

  @Field(() => String, { nullable: true, description: 'What was done, of service that was entered later.' })
  @Property({ type: 'text', nullable: true })
  content!: string | null;

  /** Made by the client that entered it: sent again, it enters nothing more. */
  @Property({ type: 'uuid', nullable: true })
  @Unique()
  entryKey!: string | null;

  @Property({ type: 'integer', nullable: true })
  enteredByAccountId!: number | null;

  @Property({ type: 'integer', nullable: true })
  signedByAccountId!: number | null;

  @Field(() => Date, { nullable: true, description: 'Until when it is shown to everybody before it counts (公示).' })
  @Property({ type: 'timestamptz', length: 3, nullable: true })
  publishedUntil!: Date | null;

  @Field(() => Int, { description: 'Grows with each change; hand it in with a correction.' })
  @Property({ type: 'integer', default: 1 })
  version!: number;

  /** Whether the time bank has taken it as it is now. Whatever changes it takes this back. */
  @Property({ type: 'boolean', default: false })
  settled!: boolean;

  get nodeKey() {
    return this.id;
  }
}

/** What somebody changed about a stay, and why. The rows are never changed; an erased person's hold no words any more. */
@ObjectType({ description: 'What somebody changed about a stay.' })
@Entity()
@Index({ properties: ['attendance'] })
@Check({ name: 'attendance_change_reason_check', expression: 'char_length(reason) <= 500' })
export class AttendanceChange {
  @PrimaryKey({ type: 'integer', autoincrement: true })
  id!: number;

  @Property({ type: 'integer', persist: false })
  attendanceId!: number;

  @ManyToOne(() => Attendance, { fieldName: 'attendance_id', deleteRule: 'restrict', lazy: true })
  attendance?: Rel<Attendance>;

  @Field(() => Date, { description: 'When it was changed.' })
  @Property({ type: 'timestamptz', length: 3 })
  at!: Date;

  @Property({ type: 'integer', nullable: true })
  accountId!: number | null;

  @Property({ type: 'integer', nullable: true })
  keyId!: number | null;

  @Field(() => String, { nullable: true, description: 'Why; null for a plain confirmation.' })
  @Property({ type: 'text', nullable: true })
  reason!: string | null;

  @Property({ type: 'integer' })
  version!: number;

  @Field(() => AttendanceState, { description: 'Its state before.' })
  @Property({ type: 'text' })
  oldState!: AttendanceState;

  @Field(() => AttendanceState, { description: 'Its state from then on.' })
  @Property({ type: 'text' })
  newState!: AttendanceState;

  @Field(() => Date, { description: 'When it had begun, before.' })
  @Property({ type: 'timestamptz', length: 3 })
  oldInAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When it had ended, before.' })
  @Property({ type: 'timestamptz', length: 3, nullable: true })
  oldOutAt!: Date | null;

  @Field(() => Date, { description: 'When it begins, from then on.' })
  @Property({ type: 'timestamptz', length: 3 })
  newInAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When it ends, from then on.' })
  @Property({ type: 'timestamptz', length: 3, nullable: true })
  newOutAt!: Date | null;
}

/** How far an event's log has been booked. Whoever books locks it, so that each row is booked once. */
@Entity()
@Check({ name: 'attendance_book_sequence_check', expression: 'sequence >= 0' })
export class AttendanceBook {
  @Property({ type: 'integer', persist: false })
  eventId!: number;

  @ManyToOne(() => CommunityEvent, { primary: true, fieldName: 'event_id', deleteRule: 'restrict', lazy: true })
  event?: Rel<CommunityEvent>;

  @Property({ type: 'integer', default: 0 })
  sequence!: number;
}
