import type { Rel } from '@mikro-orm/core';
import { PrimaryKeyProp } from '@mikro-orm/core';
import { Entity, Index, ManyToOne, Property } from '@mikro-orm/decorators/legacy';
import { Skill } from './skill.entity.js';
import { Volunteer } from './volunteer.entity.js';

/** That somebody has a skill, by what they said or by a training that they passed. */
@Entity()
@Index({ properties: ['skill'] })
export class VolunteerSkill {
  @Property({ type: 'integer', persist: false })
  volunteerId!: number;

  @Property({ type: 'integer', persist: false })
  skillId!: number;

  [PrimaryKeyProp]?: ['volunteer', 'skill'];

  @ManyToOne(() => Volunteer, { primary: true, fieldName: 'volunteer_id', deleteRule: 'restrict', lazy: true })
  volunteer?: Rel<Volunteer>;

  @ManyToOne(() => Skill, { primary: true, fieldName: 'skill_id', deleteRule: 'restrict', lazy: true })
  skill?: Rel<Skill>;

  /** The last moment at which it holds; null for no end. */
  @Property({ type: 'timestamptz', nullable: true })
  until!: Date | null;
}
