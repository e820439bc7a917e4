import { Check, Entity, Index, ManyToOne, OneToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import type { Rel } from '@mikro-orm/core';
import { Field, ObjectType } from 'type-graphql';
import { ServiceUnit } from '../hierarchy/service-unit.entity.js';
import { Node } from '../kernel/node.js';
import { ViewerRole } from '../kernel/viewer.js';
import { PartnerOrganisation } from '../partner/partner-organisation.entity.js';
import { Account } from './account.entity.js';

/** A key that somebody or some device shows. Only its hash is kept: a lost key cannot be read back, only replaced. */
@ObjectType({
  implements: Node,
  description:
    'What a device, a screen or a partner shows to be let in. The key itself is seen once, when it is issued.',
})
@Entity()
@Index({ properties: ['unit'] })
@Index({ properties: ['partner', 'id'] })
@Check({ name: 'access_key_role_check', expression: "role <> 'PUBLIC' and role <> 'VOLUNTEER'" })
@Check({ name: 'access_key_name_check', expression: 'char_length(name) >= 1 and char_length(name) <= 100' })
@Check({ name: 'access_key_partner_check', expression: "partner_id is null or role = 'PARTNER'" })
@Check({ name: 'access_key_administrator_check', expression: "role <> 'ADMINISTRATOR' or unit_id is null" })
export class AccessKey extends Node {
  @PrimaryKey({ type: 'integer', autoincrement: true })
  id!: number;

  @Field(() => String, { description: 'Who or what it is for, in the words of whoever issued it.' })
  @Property({ type: 'text' })
  name!: string;

  @Field(() => ViewerRole, { description: 'As what it lets in.' })
  @Property({ type: 'text' })
  role!: ViewerRole;

  /** The unit at and below which it works; null means everywhere. */
  @Property({ type: 'integer', nullable: true, persist: false })
  unitId!: number | null;

  @ManyToOne(() => ServiceUnit, { fieldName: 'unit_id', nullable: true, deleteRule: 'restrict', lazy: true })
  unit?: Rel<ServiceUnit>;

  /** Whose it is: of a partner's keys only. */
  @Property({ type: 'integer', nullable: true, persist: false })
  partnerId!: number | null;

  @ManyToOne(() => PartnerOrganisation, {
    fieldName: 'partner_id',
    nullable: true,
    deleteRule: 'restrict',
    lazy: true,
  })
  partner?: Rel<PartnerOrganisation>;

  /** SHA-256; a key has 192 random bits, so nothing slower is needed. */
  @Property({ type: 'blob' })
  @Unique()
  hash!: Buffer;

  @Field(() => String, {
    nullable: true,
    description: 'The last four characters of the key, to tell keys apart; null for the oldest ones.',
  })
  @Property({ type: 'text', nullable: true })
  hint!: string | null;

  @Field(() => Date, { description: 'When it was issued.' })
  @Property({ type: 'timestamptz' })
  createdAt!: Date;

  /** Who issued it; null where it was no account. */
  @Property({ type: 'integer', nullable: true, persist: false })
  createdByAccountId!: number | null;

  @ManyToOne(() => Account, { fieldName: 'created_by_account_id', nullable: true, deleteRule: 'restrict', lazy: true })
  createdBy?: Rel<Account>;

  /** The key whose place it takes: nothing is replaced twice. */
  @Property({ type: 'integer', nullable: true, persist: false })
  replacesId!: number | null;

  @OneToOne(() => AccessKey, { fieldName: 'replaces_id', nullable: true, deleteRule: 'restrict', lazy: true })
  replaces?: Rel<AccessKey>;

  @Field(() => Date, { nullable: true, description: 'Until when it works; null when nobody has said.' })
  @Property({ type: 'timestamptz', nullable: true })
  expiresAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When it was last shown, give or take a minute; null for never.' })
  @Property({ type: 'timestamptz', nullable: true })
  lastUsedAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When it was ended by hand; null when it was not.' })
  @Property({ type: 'timestamptz', nullable: true })
  revokedAt!: Date | null;

  get nodeKey() {
    return this.id;
  }
}
