import { randomInt } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import type { Context } from '../kernel/context.js';
import { unavailable } from '../kernel/errors.js';
import { normalisePassword, passwordLength } from './account.rules.js';

/** Argon2id, which is the default, as OWASP advises: 19 MiB and two passes, some 30 ms on one core. */
const options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** At a time. They run on the threads that files and compression need, too. */
const atOnce = 2;
/** Waiting for their turn, some two seconds' worth; beyond that nobody is helped by waiting. */
const waiting = 60;

let running = 0;
const queue: (() => void)[] = [];

/** Too many passwords are being tried: try again in a few seconds. */
class Overloaded extends Error {}

/** What works with passwords, or SERVICE_UNAVAILABLE when too many others do. */
export function unlessOverloaded<T>({ locale, requestId }: Context, work: () => Promise<T>): Promise<T> {
  return work().catch((error: unknown) => {
    throw error instanceof Overloaded ? unavailable(locale, requestId) : error;
  });
}

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= atOnce) {
    if (queue.length >= waiting) throw new Overloaded('too many passwords at once');
    await new Promise<void>((resolve) => queue.push(resolve));
  } else {
    running += 1;
  }
  try {
    return await work();
  } finally {
    // Whoever is next takes this one's place.
    const next = queue.shift();
    if (next) next();
    else running -= 1;
  }
}

export function hashPassword(password: string): Promise<string> {
  return inTurn(() => hash(normalisePassword(password), options));
}

/** What is compared where there is no such login, so that it takes the same time as where there is. */
let nobodys: Promise<string> | undefined;

/** Whether the password is that of the hash; without a hash it is not, after the same work. */
export async function isPassword(password: string, passwordHash: string | undefined): Promise<boolean> {
  // Nothing longer was ever set; hashing megabytes would be somebody else's time.
  const fits = password.length <= passwordLength.most * 2;
  const compared = passwordHash ?? (await (nobodys ??= hash(oneTimePassword(), options)));
  const equal = await inTurn(() => verify(compared, fits ? normalisePassword(password) : ''));
  return equal && fits && passwordHash !== undefined;
}

/** No 0, 1, i, l, o: it is read from a screen or a slip of paper. */
const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';

/** Four groups of four, 79 bits: typed once, then replaced. */
export function oneTimePassword(): string {
  const group = () => Array.from({ length: 4 }, () => alphabet[randomInt(alphabet.length)]).join('');
  return [group(), group(), group(), group()].join('-');
}
