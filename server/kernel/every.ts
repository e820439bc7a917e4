import type { Logger } from 'pino';

/**
 * Does `work` again and again, `pauseMs` after it has ended, also when it fails. Answers how to stop it: that waits for what is
 * under way.
 */
export function every(pauseMs: number, work: () => Promise<unknown>, log: Logger, name: string): () => Promise<void> {
  let closed = false;
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout;
  const next = () => {
    timer = setTimeout(() => {
      running = work()
        .then(() => undefined)
        .catch((error: unknown) => log.warn({ err: error, name }, 'regular work failed; it is tried again'))
        .finally(() => {
          if (!closed) next();
        });
    }, pauseMs);
  };
  next();
  return async () => {
    closed = true;
    clearTimeout(timer);
    await running;
  };
}
