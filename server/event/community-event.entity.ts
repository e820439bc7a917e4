import { Check, Entity, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { Field, Int, ObjectType } from 'type-graphql';
import { Node } from '../kernel/node.js';

/** An event of the community, such as one edition of Volunteer Day. */
@ObjectType({ implements: Node, description: 'An event of the community, such as one edition of Volunteer Day.' })
@Entity()
@Check({ name: 'community_event_times_check', expression: 'starts_at < ends_at' })
export class CommunityEvent extends Node {
  @PrimaryKey({ type: 'integer', autoincrement: true })
  id!: number;

  @Field(() => String, { description: 'Short and stable: part of addresses.' })
  @Property({ type: 'text' })
  @Unique()
  code!: string;

  @Field(() => String)
  @Property({ type: 'text' })
  title!: string;

  @Field(() => String, { nullable: true, description: 'The motto of this edition.' })
  @Property({ type: 'text', nullable: true })
  theme!: string | null;

  @Field(() => Int, { nullable: true, description: 'Which one in the row of yearly events.' })
  @Property({ type: 'integer', nullable: true })
  edition!: number | null;

  @Field(() => Date, { description: 'Check-in opens two hours earlier.' })
  @Property({ type: 'timestamptz' })
  startsAt!: Date;

  @Field(() => Date, { description: 'Check-in closes six hours later.' })
  @Property({ type: 'timestamptz' })
  endsAt!: Date;

  get nodeKey() {
    return this.id;
  }
}
