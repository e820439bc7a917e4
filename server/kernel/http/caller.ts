import type { Locale } from '../locale.js';
import type { Viewer } from '../viewer.js';
import type { Charge } from './budget.js';

/** Who asks, in which language, from where, and by which number the log knows the request. */
export interface Caller {
  readonly viewer: Viewer;
  readonly locale: Locale;
  readonly requestId: string;
  /** The client's IP address, as far as the proxies in front can be believed. */
  readonly address: string;
  /** What the client calls itself; null when it says nothing. */
  readonly userAgent: string | null;
  /** What the operation costs; absent for those who have no budget. */
  readonly charge?: Charge;
  /** Lets the reply carry the session's cookie, or take it away. Absent where no reply can carry one, as on a socket. */
  readonly setSession?: (session: { token: string; expiresAt: Date } | null) => void;
}

/** What somebody shows to say who they are. */
export interface Credentials {
  /** The Authorization header, as it came. It wins over the cookie, also when it is wrong. */
  readonly authorization?: string;
  /** The session's token, from the cookie; only when the request is one of the server's own pages. */
  readonly cookie?: string;
  readonly address: string;
}
