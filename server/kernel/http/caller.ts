import type { Locale } from '../locale.js';
import type { Viewer } from '../viewer.js';

/** Who asks, in which language, and by which number the log knows the request. */
export interface Caller {
  readonly viewer: Viewer;
  readonly locale: Locale;
  readonly requestId: string;
}
