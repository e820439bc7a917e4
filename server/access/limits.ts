import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import type { Database } from '../kernel/database/database.js';
import { rateLimited } from '../kernel/errors.js';
import type { Locale } from '../kernel/locale.js';
import { hashOf } from './access.service.js';

/** How many attempts that fail, in so many seconds. Whoever succeeds is not counted. */
interface Allowance {
  points: number;
  duration: number;
}

const quarter = 15 * 60;

/** Signing in. Somebody who only wants to lock another one out has to come from several networks. */
const signIns = {
  /** One account, tried from one network. */
  pair: { points: 10, duration: quarter },
  /** One account, from wherever. */
  login: { points: 50, duration: quarter },
  /** One network, whatever accounts. */
  network: { points: 100, duration: quarter },
} satisfies Record<string, Allowance>;

/**
 * What is guessed at the door. What is long and random is counted by each node for itself, to stop whoever floods it: nobody
 * finds a key of 192 bits or a pass's signature of 96 by twice as many tries. So a guess that is right is let in however many
 * were wrong before it: a hall full of people behind one address can always show what is valid.
 */
const guesses = {
  /** Access keys, by network. */
  keys: { points: 20, duration: 60 },
  /** Passes, by network or by the credential that shows them. */
  passes: { points: 60, duration: 60 },
  /** Posts' codes, by network or by the credential that shows them. */
  postCodes: { points: 60, duration: 60 },
  /** Pairings that are begun, by network; how many are open is counted in the database besides. */
  pairings: { points: 60, duration: 600 },
  /** Applications, by network: a class of pupils at a time. */
  applications: { points: 120, duration: 600 },
  /** Proofs of applications and codes of walk-ins, by network: 48 bits. */
  applicationSecrets: { points: 30, duration: 600 },
} satisfies Record<string, Allowance>;

/**
 * Codes that people type are short, so whoever guesses those is stopped, by all nodes together. Only wrong guesses are
 * counted, so what is right costs no look: a node hears that somebody is stopped by their next wrong guess there, and their
 * guesses are one more for each further node.
 */
const shortGuesses = {
  /** Posts' codes, by the volunteer who shows them. */
  postCodesOfVolunteer: { points: 20, duration: 600 },
  /** Pairing codes, by the credential that confirms them. */
  pairingCodes: { points: 10, duration: 600 },
} satisfies Record<string, Allowance>;

type ShortGuess = keyof typeof shortGuesses;
export type Guess = keyof typeof guesses;

declare module '../kernel/context.js' {
  interface Context {
    readonly limits: Limits;
  }
}

/** Attempts, as they are counted by this node and, where it matters, by all of them together. */
export class Limits {
  private readonly guesses: Record<Guess, RateLimiterMemory>;
  private readonly shortGuesses: Record<ShortGuess, RateLimiterPostgres>;
  /** Who is not heard here, and for how long, as far as this node knows. */
  private readonly stopped: Record<ShortGuess, RateLimiterMemory>;
  private readonly signIns: Record<keyof typeof signIns, RateLimiterPostgres>;

  constructor(db: Database) {
    const storeClient = {
      query: async ({ text, values, name }: { text: string; values: unknown[]; name?: string }) => {
        const rows = await db.query(text, values, name);
        return { rows, rowCount: rows.length };
      },
    };
    const inMemory = (keyPrefix: string, allowance: Allowance) => new RateLimiterMemory({ keyPrefix, ...allowance });
    const inDatabase = (keyPrefix: string, allowance: Allowance) =>
      new RateLimiterPostgres({
        storeClient,
        storeType: 'pool',
        tableName: 'rate_limit',
        tableCreated: true,
        keyPrefix,
        ...allowance,
      });
    this.guesses = mapKinds(guesses, inMemory);
    this.stopped = mapKinds(shortGuesses, inMemory);
    this.shortGuesses = mapKinds(shortGuesses, inDatabase);
    this.signIns = mapKinds(signIns, (kind, allowance) => inDatabase(`sign-in ${kind}`, allowance));
  }

  /** Counts a wrong guess by `subject`, a client's address or whatever stands for it. Throws RATE_LIMITED beyond the last one. */
  async count(kind: Guess, subject: string, locale: Locale): Promise<void> {
    await this.guesses[kind].consume(networkOf(subject)).catch((refused: unknown) => {
      throw asError(refused, locale);
    });
  }

  /** Counts a wrong guess of a short code. Throws RATE_LIMITED beyond the last one, on whatever nodes they were made. */
  async countShort(kind: ShortGuess, subject: string, locale: Locale): Promise<void> {
    const stop = ({ consumedPoints, msBeforeNext }: RateLimiterRes) =>
      consumedPoints >= shortGuesses[kind].points && this.stopped[kind].block(subject, Math.ceil(msBeforeNext / 1000));
    try {
      await stop(await this.shortGuesses[kind].consume(subject));
    } catch (refused) {
      if (refused instanceof RateLimiterRes) await stop(refused);
      throw asError(refused, locale);
    }
  }

  /** For how long `subject`, who has guessed short codes too often, is not heard; 0 for all others. */
  async waitMs(kind: ShortGuess, subject: string): Promise<number> {
    return (await this.stopped[kind].get(subject))?.msBeforeNext ?? 0;
  }

  /**
   * Counts an attempt to sign in, before it is known how it ends, so that many at once are not more than many in a row.
   * Throws RATE_LIMITED; otherwise, to be called when it went well, what takes the attempt back.
   */
  async signIn(login: string, address: string, locale: Locale): Promise<() => Promise<void>> {
    const network = networkOf(address);
    // Somebody may have typed their password there.
    const who = hashOf(login).toString('base64url');
    const keys = { pair: `${who} ${network}`, login: who, network };
    try {
      // In this order: one network that is refused counts no further against the account.
      for (const kind of ['pair', 'network', 'login'] as const) await this.signIns[kind].consume(keys[kind]);
    } catch (refused) {
      throw asError(refused, locale);
    }
    const { pair, login: ofLogin, network: ofNetwork } = this.signIns;
    return async () => {
      await Promise.all([pair.delete(keys.pair), ofLogin.delete(keys.login), ofNetwork.reward(keys.network)]);
    };
  }

  /** Lets somebody try again at once who was given a new password. */
  async forgive(login: string): Promise<void> {
    await this.signIns.login.delete(hashOf(login).toString('base64url'));
  }
}

function mapKinds<Kind extends string, Limiter>(
  allowances: Record<Kind, Allowance>,
  make: (kind: string, allowance: Allowance) => Limiter,
): Record<Kind, Limiter> {
  return Object.fromEntries(
    Object.entries<Allowance>(allowances).map(([kind, allowance]) => [kind, make(kind, allowance)]),
  ) as Record<Kind, Limiter>;
}

function asError(refused: unknown, locale: Locale): Error {
  return refused instanceof RateLimiterRes ? rateLimited(locale, refused.msBeforeNext) : (refused as Error);
}

/** The part of an address that belongs to one customer: with IPv6 each has billions of them. */
export function networkOf(address: string): string {
  if (!/^[0-9a-f:]+(%\w+)?$/i.test(address) || !address.includes(':')) return address;
  const [head = '', tail] = address.split('%')[0]!.split('::');
  const left = head ? head.split(':') : [];
  const right = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  return [...left, ...zeros, ...right]
    .slice(0, 4)
    .map((part) => Number.parseInt(part, 16).toString(16))
    .join(':');
}
