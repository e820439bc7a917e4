import type { IncomingMessage } from 'node:http';
import { isEncrypted } from './cookies.js';
import { Fault } from './faults.js';

/** Which websites' pages may call the API: the server's own, by the Host header, and those of the configuration. */
export interface Origins {
  /** Throws for a foreign origin; answers the headers that let an allowed page read the reply. */
  check(request: IncomingMessage): readonly string[];
  /**
   * Whether a session's cookie counts. Browsers add it by themselves, so it says who asks only when one of the server's own
   * pages does: not another website's, not even an allowed one. Throws when another website tries to change something.
   */
  trustsCookie(request: IncomingMessage): boolean;
}

const none: readonly string[] = [];

export function createOrigins(allowedOrigins: readonly string[]): Origins {
  const allowed = new Set(allowedOrigins.map((origin) => origin.replace(/\/$/, '').toLowerCase()));
  return {
    check({ headers: { origin, host } }) {
      if (origin === undefined) return none; // no browser, or a page's own GET
      if (allowed.has(origin.toLowerCase())) {
        return [
          ...['access-control-allow-origin', origin, 'vary', 'origin'],
          ...['access-control-expose-headers', 'x-request-id, retry-after'],
        ];
      }
      if (isOwn(origin, host)) return none;
      throw new Fault('foreignOrigin');
    },

    trustsCookie(request) {
      const { origin, host, 'sec-fetch-site': site } = request.headers;
      // Old browsers do not tell where a request comes from; all of them name the origin of a POST.
      const bySite = site === undefined || site === 'same-origin' || site === 'none';
      const byOrigin =
        origin === undefined || (isOwn(origin, host) && (origin.startsWith('https:') || !isEncrypted(request)));
      if (bySite && byOrigin) return true;
      if (request.method === 'POST' && !(origin && allowed.has(origin.toLowerCase()))) throw new Fault('foreignOrigin');
      return false;
    },
  };
}

/** What OPTIONS is answered with, besides the headers of {@link Origins.check}. */
export const preflightHeaders: readonly string[] = [
  ...['access-control-allow-methods', 'GET, POST'],
  ...['access-control-allow-headers', 'authorization, content-type, accept-language, x-request-id'],
  ...['access-control-max-age', '7200'],
  ...['allow', 'GET, POST, OPTIONS'],
];

/** A proxy may have taken https off, so the scheme is not compared; it decides which port goes without saying. */
function isOwn(origin: string, host: string | undefined): boolean {
  if (!host) return false;
  const [scheme = '', authority] = origin.split('://');
  if (authority === host) return true;
  return URL.canParse(origin) && URL.canParse(`${scheme}://${host}`)
    ? new URL(origin).host === new URL(`${scheme}://${host}`).host
    : false;
}
