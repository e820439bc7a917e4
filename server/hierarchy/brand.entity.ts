import { Check, Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import type { Rel } from '@mikro-orm/core';
import { Field, ObjectType } from 'type-graphql';
import { Node } from '../kernel/node.js';
import { ServiceUnit } from './service-unit.entity.js';

/** 一社一品: what a station is known for. History is kept; one brand at most is current. */
@ObjectType({ implements: Node, description: '一社一品: what one station is known for.' })
@Entity()
@Check({ name: 'brand_station_level_check', expression: 'station_level = 2' })
@Index({
  name: 'brand_one_current_per_station',
  expression: 'create unique index "brand_one_current_per_station" on "brand" ("station_id") where ("until" is null)',
})
export class Brand extends Node {
  @PrimaryKey({ type: 'integer', autoincrement: true })
  id!: number;

  @Property({ type: 'integer' })
  stationId!: number;

  /** Always 2: with the foreign key it says that only a station has a brand. */
  @Property({ type: 'smallint', default: 2 })
  stationLevel!: number;

  @ManyToOne(() => ServiceUnit, {
    joinColumns: ['station_id', 'station_level'],
    referencedColumnNames: ['id', 'level'],
    deleteRule: 'restrict',
    lazy: true,
  })
  station?: Rel<ServiceUnit>;

  @Field(() => String, { description: 'Such as 和谐大院 or 幸福暖吧.' })
  @Property({ type: 'text' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'What it offers, in a sentence or two.' })
  @Property({ type: 'text', nullable: true })
  description!: string | null;

  @Field(() => Date, { description: 'Since when it is the station’s brand.' })
  @Property({ type: 'timestamptz' })
  since!: Date;

  /** When another brand took its place; null while it is current. */
  @Property({ type: 'timestamptz', nullable: true })
  until!: Date | null;

  get nodeKey() {
    return this.id;
  }
}
