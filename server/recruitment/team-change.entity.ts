import { Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import type { Rel } from '@mikro-orm/core';
import { Field, ObjectType } from 'type-graphql';
import { ServiceUnit } from '../hierarchy/service-unit.entity.js';
import { Volunteer } from '../volunteer/volunteer.entity.js';

/** Somebody went from one team to another. */
@ObjectType({ description: 'Somebody went from one team to another.' })
@Entity()
@Index({ properties: ['volunteer', 'id'] })
export class TeamChange {
  @PrimaryKey({ type: 'integer', autoincrement: true })
  id!: number;

  @Property({ type: 'integer', persist: false })
  volunteerId!: number;

  @ManyToOne(() => Volunteer, { fieldName: 'volunteer_id', deleteRule: 'cascade', lazy: true })
  volunteer?: Rel<Volunteer>;

  @Property({ type: 'integer', nullable: true, persist: false })
  fromTeamId!: number | null;

  @ManyToOne(() => ServiceUnit, { fieldName: 'from_team_id', nullable: true, deleteRule: 'restrict', lazy: true })
  fromTeam?: Rel<ServiceUnit>;

  @Property({ type: 'integer', persist: false })
  toTeamId!: number;

  @ManyToOne(() => ServiceUnit, { fieldName: 'to_team_id', deleteRule: 'restrict', lazy: true })
  toTeam?: Rel<ServiceUnit>;

  @Field(() => Date, { description: 'When.' })
  @Property({ type: 'timestamptz' })
  at!: Date;

  @Field(() => String, { description: 'Why, in the words of whoever decided it.' })
  @Property({ type: 'text' })
  reason!: string;
}
