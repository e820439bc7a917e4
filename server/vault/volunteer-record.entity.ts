import { Check, Entity, Index, ManyToOne, OneToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { PrimaryKeyProp, type Rel } from '@mikro-orm/core';
import { registerEnumType } from 'type-graphql';
import { Volunteer } from '../volunteer/volunteer.entity.js';
import { DataKeyVersion } from './data-key-version.entity.js';

export enum ConsentMeans {
  IN_PERSON = 'IN_PERSON',
  PAPER = 'PAPER',
  PHONE = 'PHONE',
  ONLINE = 'ONLINE',
}

registerEnumType(ConsentMeans, {
  name: 'ConsentMeans',
  description: 'How a consent was given.',
  valuesConfig: {
    IN_PERSON: { description: '当面' },
    PAPER: { description: '书面: a signed form is kept' },
    PHONE: { description: '电话' },
    ONLINE: { description: '线上, such as in a chat' },
  },
});

/**
 * What is known of a person that nobody else needs: apart from `Volunteer`, so that checking in reads none of it. Each
 * value is encrypted for its own row and column (`sealed.ts`).
 */
@Entity()
@Index({ properties: ['keyVersion'] })
@Check({
  name: 'volunteer_record_guardian_check',
  expression: 'num_nonnulls(guardian_name, guardian_means, guardian_consent_at) in (0, 3)',
})
@Check({
  name: 'volunteer_record_guardian_means_check',
  expression: "guardian_means in ('IN_PERSON', 'PAPER', 'PHONE', 'ONLINE')",
})
export class VolunteerRecord {
  @Property({ type: 'integer', persist: false })
  volunteerId!: number;

  @OneToOne(() => Volunteer, { primary: true, fieldName: 'volunteer_id', deleteRule: 'restrict', lazy: true })
  volunteer?: Rel<Volunteer>;

  /** The key that all of the row is encrypted with. */
  @Property({ type: 'integer', persist: false })
  keyVersion!: number;

  @ManyToOne(() => DataKeyVersion, { fieldName: 'key_version', deleteRule: 'restrict', lazy: true })
  key?: Rel<DataKeyVersion>;

  @Property({ type: 'blob', nullable: true })
  phone!: Buffer | null;

  @Property({ type: 'blob', nullable: true })
  idNumber!: Buffer | null;

  @Property({ type: 'blob', nullable: true })
  birthDate!: Buffer | null;

  /** Who consented for a minor, by what means, and when. */
  @Property({ type: 'blob', nullable: true })
  guardianName!: Buffer | null;

  @Property({ type: 'text', nullable: true })
  guardianMeans!: ConsentMeans | null;

  @Property({ type: 'timestamptz', nullable: true })
  guardianConsentAt!: Date | null;

  /** Since when the masked name may stand on screens; whether it may is `Volunteer.screenConsent`. */
  @Property({ type: 'timestamptz', nullable: true })
  screenConsentAt!: Date | null;
}

/**
 * Finds a person by a number without telling the number: one row for each kind and each key in use, so that looking up
 * and the constraint on ID numbers hold through a rotation.
 */
@Entity()
@Check({ name: 'volunteer_index_kind_check', expression: "kind in ('PHONE', 'ID_NUMBER')" })
@Index({ properties: ['hash'] })
@Index({
  name: 'volunteer_index_one_id_number',
  expression:
    'create unique index "volunteer_index_one_id_number" on "volunteer_index" ("hash") where (kind = \'ID_NUMBER\'::text)',
})
export class VolunteerIndex {
  @Property({ type: 'integer', persist: false })
  volunteerId!: number;

  @ManyToOne(() => VolunteerRecord, { primary: true, fieldName: 'volunteer_id', deleteRule: 'cascade', lazy: true })
  record?: Rel<VolunteerRecord>;

  @PrimaryKey({ type: 'text' })
  kind!: 'PHONE' | 'ID_NUMBER';

  @Property({ type: 'integer', persist: false })
  keyVersion!: number;

  @ManyToOne(() => DataKeyVersion, { primary: true, fieldName: 'key_version', deleteRule: 'restrict', lazy: true })
  key?: Rel<DataKeyVersion>;

  [PrimaryKeyProp]?: ['record', 'kind', 'key'];

  @Property({ type: 'blob' })
  hash!: Buffer;
}
