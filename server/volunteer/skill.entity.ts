import { Check, Entity, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { Field, ObjectType } from 'type-graphql';
import { Node } from '../kernel/node.js';

/** Something that a shift can need and a person can have, such as first aid. A training that was passed gives one, too. */
@ObjectType({ implements: Node, description: 'Something that a shift can need and a volunteer can have.' })
@Entity()
@Check({ name: 'skill_code_check', expression: "code ~ '^[a-z0-9][a-z0-9-]{1,39}$'" })
export class Skill extends Node {
  @PrimaryKey({ type: 'integer', autoincrement: true })
  id!: number;

  @Field(() => String, { description: 'Short and stable, such as `first-aid`: what import files name it by.' })
  @Property({ type: 'text' })
  @Unique()
  code!: string;

  @Field(() => String)
  @Property({ type: 'text' })
  name!: string;

  get nodeKey() {
    return this.id;
  }
}
