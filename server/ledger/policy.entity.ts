import { Check, Entity, PrimaryKey, Property, Trigger, Unique } from '@mikro-orm/decorators/legacy';
import { Field, Int, ObjectType } from 'type-graphql';

/** The rules of the time bank that a community may choose. All times in whole minutes. */
@ObjectType({ description: 'The rules of the time bank, as they hold from a day on.' })
export class TimeRules {
  @Field(() => [Int], {
    description: 'Certified minutes from which on somebody is of the first tier, the second … to the fifth.',
  })
  tierMinutes!: number[];

  @Field(() => Int, {
    description: 'The most that one person may keep; what is above goes to the pool of their station.',
  })
  balanceCapMinutes!: number;

  @Field(() => Int, { description: 'The most that counts of one day.' })
  dayCapMinutes!: number;

  @Field(() => Int, { description: 'What part of a shift has to be served for anything of it to count, in per cent.' })
  minimumSharePercent!: number;

  @Field(() => Int, { description: 'For how many days hours that were entered later are published before they count.' })
  publicationDays!: number;

  @Field(() => Int, { description: 'For how many days one can appeal against a decision.' })
  appealDays!: number;

  @Field(() => Int, { description: 'For how many days a reward waits to be picked up.' })
  pickUpDays!: number;

  @Field(() => Int, {
    description: 'For how many days after the agreed time help can be confirmed before its minutes are free again.',
  })
  confirmDays!: number;
}

/** What practice expects: the national star ladder, and a day of eight hours. Holds until a community chooses. */
export const defaultRules: TimeRules = {
  tierMinutes: [100, 300, 600, 1000, 1500].map((hours) => hours * 60),
  balanceCapMinutes: 1500 * 60,
  dayCapMinutes: 8 * 60,
  minimumSharePercent: 50,
  publicationDays: 7,
  appealDays: 15,
  pickUpDays: 14,
  confirmDays: 7,
};

/** A version of the rules, from a day on. Never changed: what was certified by it can be understood for ever. */
@ObjectType({ description: 'A version of the rules of the time bank.' })
@Entity()
@Unique({ properties: ['validFrom', 'id'] })
@Check({ name: 'time_policy_rules_check', expression: "jsonb_typeof(rules) = 'object'" })
@Trigger({
  name: 'time_policy_no_change',
  timing: 'before',
  events: ['update', 'delete'],
  body: `raise exception 'Rules are never changed: enter new ones.' using errcode = 'integrity_constraint_violation';`,
})
export class TimePolicy {
  @Field(() => Int, { description: 'Which version; 0 is what holds before any was entered.' })
  @PrimaryKey({ type: 'integer', autoincrement: true })
  id!: number;

  @Field(() => String, { description: 'The first day that they hold for, such as 2027-01-01.' })
  @Property({ type: 'text', columnType: 'date' })
  validFrom!: string;

  @Field(() => TimeRules, { description: 'What they say.' })
  @Property({ type: 'json' })
  rules!: TimeRules;

  @Field(() => Date, { description: 'When they were entered.' })
  @Property({ type: 'timestamptz', length: 3 })
  createdAt!: Date;
}
