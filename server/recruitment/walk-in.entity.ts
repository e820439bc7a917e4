import { Entity, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import type { Rel } from '@mikro-orm/core';
import { Volunteer } from '../volunteer/volunteer.entity.js';

/** Somebody came, was written down by a leader and went to work; with the code they can make the record their own. */
@Entity()
export class WalkIn {
  /** Made by the leader's phone: sent again, the same person answers. */
  @PrimaryKey({ type: 'uuid' })
  key!: string;

  @Property({ type: 'integer', persist: false })
  volunteerId!: number;

  @ManyToOne(() => Volunteer, { fieldName: 'volunteer_id', deleteRule: 'cascade', lazy: true })
  @Unique()
  volunteer?: Rel<Volunteer>;

  /** SHA-256 of the code on their slip; null once it was used. */
  @Property({ type: 'blob', nullable: true })
  @Unique()
  claimHash!: Buffer | null;

  @Property({ type: 'timestamptz' })
  claimExpiresAt!: Date;

  @Property({ type: 'timestamptz' })
  at!: Date;
}
