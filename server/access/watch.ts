import type { Logger } from 'pino';
import type { Clock } from '../kernel/clock.js';
import type { Database } from '../kernel/database/database.js';
import type { Door } from '../kernel/http/door.js';
import type { Viewer } from '../kernel/viewer.js';
import { keyViewers } from './access.service.js';
import { sessionViewers } from './session.service.js';

/** See `believedMs`: together they keep the promise of five seconds. */
const lookMs = 2_000;

/**
 * Looks now and then whether those who are on this node's open sockets are still who they were: a credential that ended, or
 * whose role, unit or person is another one now, loses its sockets with 4403. One statement for keys and one for sessions,
 * whatever the number of sockets, and none when only the public is there. Returns how to stop.
 */
export function watchSockets(
  db: Database,
  clock: Clock,
  door: Pick<Door, 'socketViewers' | 'closeSockets'>,
  log: Logger,
): () => Promise<void> {
  let stopped = false;
  let looking: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout;

  async function look(): Promise<void> {
    const keys = new Set<number>();
    const sessions = new Set<number>();
    for (const { keyId, sessionId } of door.socketViewers()) {
      if (keyId !== null) keys.add(keyId);
      if (sessionId !== null) sessions.add(sessionId);
    }
    const now = clock();
    const valid = new Set<string>();
    if (keys.size > 0) for (const viewer of await keyViewers(db, [...keys], now)) valid.add(standingOf(viewer));
    if (sessions.size > 0) {
      for (const viewer of await sessionViewers(db, [...sessions], now)) valid.add(standingOf(viewer));
    }
    // Who came while we asked is looked at the next time.
    door.closeSockets(
      (viewer) =>
        (keys.has(viewer.keyId ?? 0) || sessions.has(viewer.sessionId ?? 0)) && !valid.has(standingOf(viewer)),
    );
  }

  const next = () => {
    if (stopped) return;
    timer = setTimeout(() => {
      looking = look()
        // A database that does not answer says nothing about anybody.
        .catch((error: unknown) => log.warn({ err: error }, 'could not look after the credentials of open sockets'))
        .then(next);
    }, lookMs);
    timer.unref();
  };
  next();

  return async () => {
    stopped = true;
    clearTimeout(timer);
    await looking;
  };
}

/** Equal for viewers who may go on as they are. */
function standingOf({ keyId, sessionId, grantId, volunteerId, partnerId, role, unitId }: Viewer): string {
  return [keyId, sessionId, grantId, volunteerId, partnerId, role, unitId].join(' ');
}
