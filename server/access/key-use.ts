import type { Logger } from 'pino';
import type { Clock } from '../kernel/clock.js';
import type { Database } from '../kernel/database/database.js';
import type { Viewer } from '../kernel/viewer.js';

/** How precisely it is known when a key was last used; it is written no more often, however often it is shown. */
const writeMs = 60_000;

/** Notes which keys are used and writes that down once a minute, in one statement, off the path of any request. */
export class KeyUse {
  private readonly used = new Set<number>();
  private readonly timer: NodeJS.Timeout;

  /** `socketViewers` are in use as long as their sockets are open, though they show their keys only once. */
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly log: Logger,
    private readonly socketViewers: () => Iterable<Viewer>,
  ) {
    this.timer = setInterval(() => void this.write(), writeMs).unref();
  }

  note({ keyId }: Viewer): void {
    if (keyId !== null) this.used.add(keyId);
  }

  async write(): Promise<void> {
    for (const viewer of this.socketViewers()) this.note(viewer);
    if (this.used.size === 0) return;
    const ids = [...this.used];
    this.used.clear();
    try {
      // Other nodes may have written a moment ago. In one order, so that no two nodes wait for each other.
      await this.db.query(
        `update access_key k set last_used_at = $2 from (
           select id from access_key where id = any($1)
             and (last_used_at is null or last_used_at < $2::timestamptz - ${writeMs} * interval '1 millisecond')
           order by id for no key update
         ) used where k.id = used.id`,
        [ids, this.clock()],
      );
    } catch (error) {
      this.log.warn({ err: error }, 'could not note when keys were last used');
    }
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.write();
  }
}
