import { Check, Entity, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { type Rel, PrimaryKeyProp } from '@mikro-orm/core';
import { CheckIn } from '../feed/check-in.entity.js';

/**
 * Where one person is in one event: one row each, moved under the feed's lock. Somebody who is out may still have a
 * check-out that waits for its check-in.
 */
@Entity()
@Check({
  name: 'presence_path_check',
  expression: 'num_nonnulls(post_id, team_id, station_id, school_id, since, in_sequence) in (0, 6)',
})
export class Presence {
  @PrimaryKey({ type: 'integer' })
  eventId!: number;

  @PrimaryKey({ type: 'integer' })
  volunteerId!: number;

  [PrimaryKeyProp]?: ['eventId', 'volunteerId'];

  @Property({ type: 'integer', nullable: true })
  postId!: number | null;

  @Property({ type: 'integer', nullable: true })
  teamId!: number | null;

  @Property({ type: 'integer', nullable: true })
  stationId!: number | null;

  @Property({ type: 'integer', nullable: true })
  schoolId!: number | null;

  @Property({ type: 'timestamptz', length: 3, nullable: true })
  since!: Date | null;

  @Property({ type: 'integer', nullable: true })
  inSequence!: number | null;

  @Property({ type: 'timestamptz', length: 3, nullable: true })
  pendingOutAt!: Date | null;
}

/** Every key that a client ever made, with what came of it: sent again, it gets the same answer. Kept for ever. */
@Entity()
@Check({ name: 'check_in_key_outcome_check', expression: "outcome in ('RECORDED', 'ALREADY_CHECKED_IN')" })
export class CheckInKey {
  @PrimaryKey({ type: 'uuid' })
  key!: string;

  /** SHA-256 over the whole request: the same key with another body is refused. */
  @Property({ type: 'blob' })
  bodyHash!: Buffer;

  @Property({ type: 'text' })
  outcome!: 'RECORDED' | 'ALREADY_CHECKED_IN';

  @Property({ type: 'integer' })
  eventId!: number;

  /** The row that was recorded, or the one that had been there already. */
  @Property({ type: 'integer' })
  sequence!: number;

  @ManyToOne(() => CheckIn, {
    joinColumns: ['event_id', 'sequence'],
    referencedColumnNames: ['event_id', 'sequence'],
    deleteRule: 'restrict',
    lazy: true,
  })
  checkIn?: Rel<CheckIn>;
}
