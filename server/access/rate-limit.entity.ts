import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';

/** Attempts that are counted over all nodes together, as `rate-limiter-flexible` writes them: see `limits.ts`. */
@Entity()
export class RateLimit {
  /** What is counted, and of whom: hashed where it was typed by somebody. */
  @PrimaryKey({ type: 'string', length: 255 })
  key!: string;

  @Property({ type: 'integer', default: 0 })
  points!: number;

  /** In milliseconds; the count starts anew then. */
  @Property({ type: 'bigint', nullable: true })
  expire!: string | null;
}
