import { Check, Entity, ManyToOne, Property } from '@mikro-orm/decorators/legacy';
import { type Rel, PrimaryKeyProp } from '@mikro-orm/core';
import { Field, Int, ObjectType } from 'type-graphql';
import { CommunityEvent } from '../event/community-event.entity.js';
import { ServiceUnit } from '../hierarchy/service-unit.entity.js';

@ObjectType({ description: 'What the wall counts. People are counted once, wherever they moved.' })
export class Tally {
  @Field(() => Int, { description: 'Arrivals recorded, a move to another post among them.' })
  checkIns!: number;

  @Field(() => Int, { description: 'Different people who checked in.' })
  people!: number;

  @Field(() => Int, { description: 'Checked in and not yet out.' })
  onSite!: number;

  @Field(() => Int, { description: 'Whole minutes of the stays that have ended.' })
  minutes!: number;

  @Field(() => Boolean, {
    description:
      'Whether the figures are withheld and read 0: they are of fewer than five people, or would tell how few there are elsewhere. Only partner organisations meet this; show it as "<5".',
  })
  suppressed?: boolean;
}

export const emptyTally: Readonly<Tally> = Object.freeze({ checkIns: 0, people: 0, onSite: 0, minutes: 0 });

/** What stands for figures that are withheld. */
export const suppressedTally: Readonly<Tally> = Object.freeze({ ...emptyTally, suppressed: true });

/** The kept tally of one unit in one event: moved in the transaction that appends to the feed. */
@Entity()
@Check({
  name: 'unit_tally_check',
  expression: 'check_ins >= 0 and people >= 0 and on_site >= 0 and minutes >= 0',
})
export class UnitTally {
  @Property({ type: 'integer', persist: false })
  eventId!: number;

  @Property({ type: 'integer', persist: false })
  unitId!: number;

  [PrimaryKeyProp]?: ['event', 'unit'];

  @ManyToOne(() => CommunityEvent, { primary: true, fieldName: 'event_id', deleteRule: 'restrict', lazy: true })
  event?: Rel<CommunityEvent>;

  @ManyToOne(() => ServiceUnit, { primary: true, fieldName: 'unit_id', deleteRule: 'restrict', lazy: true })
  unit?: Rel<ServiceUnit>;

  @Property({ type: 'integer' })
  checkIns!: number;

  @Property({ type: 'integer' })
  people!: number;

  @Property({ type: 'integer' })
  onSite!: number;

  @Property({ type: 'integer' })
  minutes!: number;
}
