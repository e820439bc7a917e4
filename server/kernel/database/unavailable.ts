/** SQLSTATE classes 08 (connection), 53 (resources) and 57P (shutdown), a transaction's own timeouts, and what sockets say. */
const codes =
  /^(08...|53...|57P0.|25P0[34]|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOENT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;
/** What `pg` and its pool say. */
const messages =
  /^(timeout e|Query read timeout|Connection terminated|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end)/;

/** Whether the database cannot be reached or takes no more connections, as said by PostgreSQL, `pg` or the ORM. */
export function isUnavailable(error: unknown): boolean {
  for (let cause = error, steps = 0; cause instanceof Error && steps < 5; cause = cause.cause, steps += 1) {
    const { code } = cause as { code?: unknown };
    if (typeof code === 'string' && codes.test(code)) return true;
    if (messages.test(cause.message)) return true;
    if (cause instanceof AggregateError && cause.errors.some(isUnavailable)) return true;
  }
  return false;
}
