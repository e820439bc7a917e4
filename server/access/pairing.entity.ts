import { Check, Entity, Index, ManyToOne, OneToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import type { Rel } from '@mikro-orm/core';
import { ServiceUnit } from '../hierarchy/service-unit.entity.js';
import { AccessKey } from './access-key.entity.js';
import { Account } from './account.entity.js';

/**
 * A screen that wants to be let in: it shows a code, somebody who may confirms that, and the screen collects its key. No
 * key exists before that moment, so none has to be kept where it could be read.
 */
@Entity()
@Index({ properties: ['network', 'expiresAt'] })
@Check({ name: 'pairing_confirmed_check', expression: '(confirmed_at is null) = (name is null)' })
@Check({ name: 'pairing_collected_check', expression: 'key_id is null or confirmed_at is not null' })
export class Pairing {
  @PrimaryKey({ type: 'integer', autoincrement: true })
  id!: number;

  /** Keyed with the installation's secret: there are few enough codes to try them all against a plain hash. */
  @Property({ type: 'blob' })
  @Unique()
  codeHash!: Buffer;

  /** SHA-256 of what the screen alone knows: 256 random bits. */
  @Property({ type: 'blob' })
  @Unique()
  secretHash!: Buffer;

  /** Where the screen asked from: a network has so many open at a time. */
  @Property({ type: 'text' })
  network!: string;

  /** Until then the code can be confirmed, and, once it is, the key be collected. */
  @Property({ type: 'timestamptz' })
  expiresAt!: Date;

  @Property({ type: 'timestamptz', nullable: true })
  confirmedAt!: Date | null;

  @ManyToOne(() => Account, {
    fieldName: 'confirmed_by_account_id',
    nullable: true,
    deleteRule: 'restrict',
    lazy: true,
  })
  confirmedBy?: Rel<Account>;

  /** As it was confirmed: the key's name and unit. */
  @Property({ type: 'text', nullable: true })
  name!: string | null;

  @ManyToOne(() => ServiceUnit, { fieldName: 'unit_id', nullable: true, deleteRule: 'restrict', lazy: true })
  unit?: Rel<ServiceUnit>;

  /** The key that was collected: one at most. */
  @OneToOne(() => AccessKey, { fieldName: 'key_id', nullable: true, deleteRule: 'restrict', lazy: true })
  key?: Rel<AccessKey>;
}
