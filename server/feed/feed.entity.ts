import { Check, Entity, OneToOne, Property } from '@mikro-orm/decorators/legacy';
import type { Rel } from '@mikro-orm/core';
import { CommunityEvent } from '../event/community-event.entity.js';

/**
 * The head of one event's feed: how far its log goes, and the whole event's tally at that place. Whoever appends locks
 * this row, so numbers come without a gap and in the order of commits.
 */
@Entity()
@Check({ name: 'feed_sequence_check', expression: 'sequence >= 0' })
@Check({ name: 'feed_tally_check', expression: 'check_ins >= 0 and people >= 0 and on_site >= 0 and minutes >= 0' })
export class Feed {
  @Property({ type: 'integer', persist: false })
  eventId!: number;

  @OneToOne(() => CommunityEvent, { primary: true, fieldName: 'event_id', deleteRule: 'restrict', lazy: true })
  event?: Rel<CommunityEvent>;

  /** Changes when history is replaced, as by a restore or when a person is erased: cursors of another epoch are refused. */
  @Property({ type: 'text', defaultRaw: 'substr(md5((random())::text), 1, 8)' })
  epoch!: string;

  @Property({ type: 'integer', default: 0 })
  sequence!: number;

  @Property({ type: 'integer', default: 0 })
  checkIns!: number;

  @Property({ type: 'integer', default: 0 })
  people!: number;

  @Property({ type: 'integer', default: 0 })
  onSite!: number;

  @Property({ type: 'integer', default: 0 })
  minutes!: number;
}
