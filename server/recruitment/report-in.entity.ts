import { Check, Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import type { Rel } from '@mikro-orm/core';
import { Field, ObjectType } from 'type-graphql';
import { ServiceUnit } from '../hierarchy/service-unit.entity.js';
import { Node } from '../kernel/node.js';
import { Volunteer } from '../volunteer/volunteer.entity.js';

/**
 * 党员报到: a Party member who works elsewhere reports in where they live and offers a service. The slip names the unit that
 * they come from; each quarter that unit is told what its members did.
 */
@ObjectType({ implements: Node, description: '党员报到: a Party member reported in where they live.' })
@Entity()
@Check({ name: 'report_in_organisation_check', expression: "organisation <> ''" })
@Index({ properties: ['organisation', 'id'] })
@Index({
  name: 'report_in_once',
  expression:
    'create unique index "report_in_once" on "report_in" ("volunteer_id", "organisation") where (ended_at is null)',
})
export class ReportIn extends Node {
  @PrimaryKey({ type: 'integer', autoincrement: true })
  id!: number;

  @Property({ type: 'integer', persist: false })
  volunteerId!: number;

  @ManyToOne(() => Volunteer, { fieldName: 'volunteer_id', deleteRule: 'cascade', lazy: true })
  volunteer?: Rel<Volunteer>;

  @Property({ type: 'integer', persist: false })
  unitId!: number;

  @ManyToOne(() => ServiceUnit, { fieldName: 'unit_id', deleteRule: 'restrict', lazy: true })
  unit?: Rel<ServiceUnit>;

  @Field(() => String, { description: 'The unit that they come from, as it is called on the slip.' })
  @Property({ type: 'text' })
  organisation!: string;

  @Field(() => String, { description: 'What they offer to do.' })
  @Property({ type: 'text' })
  offers!: string;

  @Field(() => Date, { description: 'When they reported in.' })
  @Property({ type: 'timestamptz' })
  reportedAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When they moved on; null while they are here.' })
  @Property({ type: 'timestamptz', nullable: true })
  endedAt!: Date | null;

  @Field(() => String, { description: 'What stands on the slip.' })
  get slip(): string {
    return `BD-${String(this.id).padStart(6, '0')}`;
  }

  get nodeKey() {
    return this.id;
  }
}
