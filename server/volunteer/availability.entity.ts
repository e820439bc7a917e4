import { Check, Entity, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { PrimaryKeyProp, type Rel } from '@mikro-orm/core';
import { Field, Int, ObjectType } from 'type-graphql';
import { Volunteer } from './volunteer.entity.js';

/** A time of the week at which somebody can mostly serve, in the community's own time. */
@ObjectType({ description: 'A time of the week at which somebody can mostly serve.' })
@Entity()
@Check({ name: 'availability_weekday_check', expression: 'weekday >= 1 and weekday <= 7' })
@Check({
  name: 'availability_minutes_check',
  expression: 'from_minute >= 0 and from_minute < until_minute and until_minute <= 1440',
})
export class Availability {
  @Property({ type: 'integer', persist: false })
  volunteerId!: number;

  @ManyToOne(() => Volunteer, { primary: true, fieldName: 'volunteer_id', deleteRule: 'cascade', lazy: true })
  volunteer?: Rel<Volunteer>;

  @Field(() => Int, { description: '1 is Monday, 7 is Sunday.' })
  @PrimaryKey({ type: 'smallint' })
  weekday!: number;

  @Field(() => Int, { description: 'Minutes after midnight.' })
  @PrimaryKey({ type: 'smallint' })
  fromMinute!: number;

  [PrimaryKeyProp]?: ['volunteer', 'weekday', 'fromMinute'];

  @Field(() => Int, { description: 'Minutes after midnight; 1440 is the end of the day.' })
  @Property({ type: 'smallint' })
  untilMinute!: number;
}
