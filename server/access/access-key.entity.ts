import { Check, Entity, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import type { Rel } from '@mikro-orm/core';
import { ServiceUnit } from '../hierarchy/service-unit.entity.js';
import { ViewerRole } from '../kernel/viewer.js';

/** A key that somebody or some device shows. Only its hash is kept: a lost key cannot be read back, only replaced. */
@Entity()
@Check({ name: 'access_key_role_check', expression: "role <> 'PUBLIC'" })
export class AccessKey {
  @PrimaryKey({ type: 'integer', autoincrement: true })
  id!: number;

  /** Who or what it is for, in the words of whoever issued it. */
  @Property({ type: 'text' })
  name!: string;

  @Property({ type: 'text' })
  role!: ViewerRole;

  /** The unit at and below which it works; null means everywhere. */
  @Property({ type: 'integer', nullable: true, persist: false })
  unitId!: number | null;

  @ManyToOne(() => ServiceUnit, { fieldName: 'unit_id', nullable: true, deleteRule: 'restrict', lazy: true })
  unit?: Rel<ServiceUnit>;

  /** SHA-256; a key has 192 random bits, so nothing slower is needed. */
  @Property({ type: 'blob' })
  @Unique()
  hash!: Buffer;

  @Property({ type: 'timestamptz' })
  createdAt!: Date;

  @Property({ type: 'timestamptz', nullable: true })
  expiresAt!: Date | null;

  @Property({ type: 'timestamptz', nullable: true })
  revokedAt!: Date | null;
}
