import { Check, Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import type { Rel } from '@mikro-orm/core';
import { Field, ObjectType } from 'type-graphql';
import { Volunteer } from './volunteer.entity.js';

/**
 * Somebody does not serve for a while. While one is open they cannot check in: the rules of check-in say so, in the one
 * place where check-ins are decided. Leaving always works.
 */
@ObjectType({ description: 'A time in which somebody does not serve.' })
@Entity()
@Index({
  name: 'suspension_one_open',
  expression: 'create unique index "suspension_one_open" on "suspension" ("volunteer_id") where (until is null)',
})
@Index({ properties: ['volunteer', 'id'] })
@Check({ name: 'suspension_times_check', expression: 'since <= until' })
export class Suspension {
  @PrimaryKey({ type: 'integer', autoincrement: true })
  id!: number;

  @Property({ type: 'integer', persist: false })
  volunteerId!: number;

  @ManyToOne(() => Volunteer, { fieldName: 'volunteer_id', deleteRule: 'cascade', lazy: true })
  volunteer?: Rel<Volunteer>;

  @Field(() => Date, { description: 'From when on.' })
  @Property({ type: 'timestamptz' })
  since!: Date;

  @Field(() => Date, { nullable: true, description: 'When they came back; null while it lasts.' })
  @Property({ type: 'timestamptz', nullable: true })
  until!: Date | null;

  @Field(() => String, { description: 'Why, in the words of whoever decided it.' })
  @Property({ type: 'text' })
  reason!: string;
}
