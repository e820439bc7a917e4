import type { Logger } from 'pino';
import { Bell } from '../kernel/live/bell.js';

/** The NOTIFY channel; its payload names a recipient. */
export const inboxBell = 'notification';

/** Who on this node waits for news. Whoever is rung looks into the database: the bell itself carries nothing. */
export class Inbox {
  private readonly waiting = new Map<string, Set<() => void>>();
  private readonly bell: Bell;

  constructor(url: string, log: Logger) {
    this.bell = new Bell(url, inboxBell, (recipient) => this.ring(recipient), log);
  }

  open(): Promise<void> {
    return this.bell.open();
  }

  /** `rung` resolves when the bell of one of `keys` has rung since it resolved last, and when `signal` aborts. */
  join(keys: readonly string[], signal: AbortSignal): { rung: () => Promise<void>; leave: () => void } {
    let wake = () => {};
    let pending = false;
    const ring = () => {
      pending = true;
      wake();
    };
    for (const key of keys) this.waiting.set(key, (this.waiting.get(key) ?? new Set()).add(ring));
    signal.addEventListener('abort', ring);
    return {
      async rung() {
        if (!pending) await new Promise<void>((resolve) => (wake = resolve));
        pending = false;
      },
      leave: () => {
        signal.removeEventListener('abort', ring);
        for (const key of keys) {
          const others = this.waiting.get(key);
          others?.delete(ring);
          if (others?.size === 0) this.waiting.delete(key);
        }
      },
    };
  }

  /** Null after a new connection: anything may have been missed. */
  private ring(recipient: string | null): void {
    const rung = recipient === null ? [...this.waiting.values()] : [this.waiting.get(recipient) ?? []];
    for (const waiting of rung) for (const ring of waiting) ring();
  }

  close(): Promise<void> {
    return this.bell.close();
  }
}
