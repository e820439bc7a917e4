import { type Rel, PrimaryKeyProp } from '@mikro-orm/core';
import { Check, Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Attendance } from '../attendance/attendance.entity.js';
import { Volunteer } from '../volunteer/volunteer.entity.js';

export enum CertificationFinding {
  NOT_PUBLISHED = 'NOT_PUBLISHED',
  NOT_CHECKED_OUT = 'NOT_CHECKED_OUT',
  TOO_LONG = 'TOO_LONG',
  BACKWARDS = 'BACKWARDS',
  BELOW_MINIMUM_SHARE = 'BELOW_MINIMUM_SHARE',
  OVERLAPS = 'OVERLAPS',
  DAY_CAP = 'DAY_CAP',
}

registerEnumType(CertificationFinding, {
  name: 'CertificationFinding',
  description: 'Why a stay counts for less than it lasted.',
  valuesConfig: {
    NOT_PUBLISHED: { description: 'It was entered later, and was not published for as long as it takes.' },
    NOT_CHECKED_OUT: { description: 'Nobody checked out, and nobody has confirmed when it ended.' },
    TOO_LONG: { description: 'It lasted over a day, and nobody has confirmed that.' },
    BACKWARDS: { description: 'It ends before it begins.' },
    BELOW_MINIMUM_SHARE: { description: 'Too small a part of the shift was served.' },
    OVERLAPS: { description: 'Another stay covers a part of it: time counts once.' },
    DAY_CAP: { description: 'The day had come to its cap.' },
  },
});

/** What one stay came to, when it was looked at last. */
@ObjectType({ description: 'What a stay came to in the time bank.' })
@Entity()
@Check({ name: 'certification_minutes_check', expression: 'minutes >= 0' })
export class Certification {
  @ManyToOne(() => Attendance, { primary: true, fieldName: 'attendance_id', deleteRule: 'restrict', lazy: true })
  attendance?: Rel<Attendance>;

  @Property({ type: 'integer', persist: false })
  attendanceId!: number;

  @Field(() => Int, { description: 'How many of its minutes count.' })
  @Property({ type: 'integer' })
  minutes!: number;

  @Field(() => [CertificationFinding], { description: 'Why not all of them; mostly nothing.' })
  @Property({ type: 'array', columnType: 'text[]' })
  findings!: CertificationFinding[];

  /** Those that it was looked at for: when it moves to another one, these are looked at again. */
  @Property({ type: 'array', columnType: 'text[]' })
  days!: string[];

  @Field(() => Date, { description: 'When it was looked at.' })
  @Property({ type: 'timestamptz', length: 3 })
  at!: Date;
}

/** What one person's day came to: all of its stays together, as booked. */
@Entity()
@Check({ name: 'certified_day_minutes_check', expression: 'minutes >= 0 and bookings >= 0 and unsettled >= 0' })
@Index({
  name: 'certified_day_unsettled',
  expression:
    'create index "certified_day_unsettled" on "certified_day" ("volunteer_id", "day") where ("unsettled" > 0)',
})
export class CertifiedDay {
  @ManyToOne(() => Volunteer, { primary: true, fieldName: 'volunteer_id', deleteRule: 'restrict', lazy: true })
  volunteer?: Rel<Volunteer>;

  @Property({ type: 'integer', persist: false })
  volunteerId!: number;

  @PrimaryKey({ type: 'text', columnType: 'date' })
  day!: string;

  [PrimaryKeyProp]?: ['volunteer', 'day'];

  @Property({ type: 'integer' })
  minutes!: number;

  /** How often it was booked: part of the next booking's key. */
  @Property({ type: 'integer' })
  bookings!: number;

  /** The bookings that hold now: the first one, and one for whatever came later. */
  @Property({ type: 'array', columnType: 'int[]' })
  transferIds!: number[];

  /** The rules that it was certified by; 0 for the original ones. */
  @Property({ type: 'integer' })
  policyId!: number;

  /** Minutes that were taken back from the stays but had been spent already: somebody has to look at it. */
  @Property({ type: 'integer', default: 0 })
  unsettled!: number;
}
