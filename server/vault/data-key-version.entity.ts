import { Entity, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';

/**
 * A data key that this database knows. Only its fingerprint is here: by it a node finds out whether it has the key. More
 * than one is in use only while a rotation goes on.
 */
@Entity()
export class DataKeyVersion {
  @PrimaryKey({ type: 'integer', autoincrement: false })
  version!: number;

  @Property({ type: 'text' })
  @Unique()
  fingerprint!: string;

  @Property({ type: 'timestamptz' })
  createdAt!: Date;

  /** Since when nothing is encrypted with it any more; null while it is in use. */
  @Property({ type: 'timestamptz', nullable: true })
  retiredAt!: Date | null;
}
