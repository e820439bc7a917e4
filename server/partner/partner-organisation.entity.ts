import { Check, Entity, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { Field, ObjectType } from 'type-graphql';
import { Node } from '../kernel/node.js';

/** An organisation that reads figures by keys of its own. It never sees a person. */
@ObjectType({ implements: Node, description: '合作单位: reads figures by keys of its own, and never sees a person.' })
@Entity()
@Check({ name: 'partner_organisation_code_check', expression: "code ~ '^[a-z0-9][a-z0-9-]{1,39}$'" })
@Check({ name: 'partner_organisation_name_check', expression: 'char_length(name) >= 1 and char_length(name) <= 100' })
@Check({
  name: 'partner_organisation_contact_check',
  expression: 'char_length(contact) >= 1 and char_length(contact) <= 200',
})
export class PartnerOrganisation extends Node {
  @PrimaryKey({ type: 'integer', autoincrement: true })
  id!: number;

  @Field(() => String, { description: 'Short and stable: small letters, digits and hyphens.' })
  @Property({ type: 'text' })
  @Unique()
  code!: string;

  @Field(() => String)
  @Property({ type: 'text' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'How to reach the office, not a person.' })
  @Property({ type: 'text', nullable: true })
  contact!: string | null;

  @Field(() => Date, { description: 'When it was registered.' })
  @Property({ type: 'timestamptz' })
  createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'Since when its keys are refused; null when they are not.' })
  @Property({ type: 'timestamptz', nullable: true })
  suspendedAt!: Date | null;

  get nodeKey() {
    return this.id;
  }
}
