import type { Logger } from 'pino';
import type { Clock } from './clock.js';
import type { Database } from './database/database.js';
import type { Caller } from './http/caller.js';

/** What a service gets first: who asks, in which language, and the means to answer. One for each operation. */
export interface Context extends Caller {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Logger;
  /** The community's own: times in messages are told in it. */
  readonly timeZone: string;
  /** Shared by all that is told in one turn of a subscription's deliveries: they share their look-ups, too (`loaders.ts`). */
  readonly moment?: object;
}
