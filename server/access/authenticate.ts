import type { Clock } from '../kernel/clock.js';
import type { Database } from '../kernel/database/database.js';
import { unauthenticated } from '../kernel/errors.js';
import type { Credentials } from '../kernel/http/caller.js';
import type { Locale } from '../kernel/locale.js';
import { publicViewer, type Viewer } from '../kernel/viewer.js';
import { keyViewer } from './access.service.js';
import type { Limits } from './limits.js';
import { sessionViewer } from './session.service.js';

/**
 * How long a credential is believed without asking again. With the two seconds after which open sockets are looked at
 * (`watch.ts`) it keeps the promise that what is taken back ends within five.
 */
const believedMs = 2_000;
const believedCredentials = 1_000;

declare module '../kernel/context.js' {
  interface Context {
    readonly authenticator: Authenticator;
  }
}

export interface Authenticator {
  /**
   * Tells who shows these credentials: the public without any, and so for the cookie of a session that ended; UNAUTHENTICATED
   * for a key that is not valid, RATE_LIMITED when too many such came from there.
   */
  authenticate(credentials: Credentials, locale: Locale): Promise<Viewer>;
  /** Asks anew about these viewers, since something about them has changed just now. */
  forget(isConcerned: (viewer: Viewer) => boolean): void;
}

export function createAuthenticator(db: Database, clock: Clock, limits: Limits): Authenticator {
  const believed = new Map<string, { viewer: Viewer; until: number }>();

  const believe = (credential: string, viewer: Viewer, now: number): Viewer => {
    if (believed.size >= believedCredentials) believed.delete(believed.keys().next().value!);
    believed.set(credential, { viewer, until: now + believedMs });
    return viewer;
  };

  return {
    async authenticate({ authorization, cookie, address }, locale) {
      // No header is spelt like that.
      const credential = authorization ?? (cookie === undefined ? undefined : `cookie ${cookie}`);
      if (credential === undefined) return publicViewer;
      const now = clock();
      const known = believed.get(credential);
      if (known && known.until > now.getTime()) return known.viewer;
      believed.delete(credential);

      if (authorization === undefined) {
        const viewer = await sessionViewer(db, cookie!, now);
        return viewer ? believe(credential, viewer, now.getTime()) : publicViewer;
      }
      const key = /^Bearer ([\w-]{8,128})$/i.exec(authorization)?.[1];
      const viewer = key && (await keyViewer(db, key, now));
      if (viewer) return believe(credential, viewer, now.getTime());
      await limits.count('keys', address, locale);
      throw unauthenticated(locale);
    },

    forget(isConcerned) {
      for (const [credential, { viewer }] of believed) if (isConcerned(viewer)) believed.delete(credential);
    },
  };
}
