import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Check, Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import type { Database } from '../kernel/database/database.js';

/** The installation's secret: one row, made at the first start and shared by all nodes on this database. */
@Entity()
@Check({ name: 'signing_secret_one_row', expression: 'id = 1' })
export class SigningSecret {
  @PrimaryKey({ type: 'smallint', autoincrement: false })
  id!: number;

  @Property({ type: 'blob' })
  secret!: Buffer;
}

/**
 * Signs what people carry: posts' rotating codes and volunteers' passes. HMAC rather than a token library, since a code
 * has to be short enough to be typed by hand, and both kinds are checked on the hottest path there is.
 */
export class Signer {
  constructor(private readonly secret: Buffer) {}

  /** `purpose` keeps one kind of code from passing for another. */
  mac(purpose: string, payload: string, bytes: number): Buffer {
    return createHmac('sha256', this.secret).update(`${purpose}\0${payload}`).digest().subarray(0, bytes);
  }

  matches(purpose: string, payload: string, mac: Buffer): boolean {
    return timingSafeEqual(this.mac(purpose, payload, mac.length), mac);
  }
}

export async function loadSigner(db: Database): Promise<Signer> {
  await db.query('insert into signing_secret (id, secret) values (1, $1) on conflict do nothing', [randomBytes(32)]);
  const [row] = await db.query<{ secret: Buffer }>('select secret from signing_secret where id = 1');
  return new Signer(row!.secret);
}
