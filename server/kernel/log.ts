import pg from 'pg';
import pino, { type DestinationStream, type Logger } from 'pino';

/**
 * The log of a node. Request ids and codes stand in it, never a name, a number or anything else that somebody sent: of an
 * error it says what kind it is and where it happened, and of its message what no value can hide in.
 */
export function createLog({ level, json }: { level: string; json: boolean }, destination?: DestinationStream): Logger {
  const options = { level, serializers: { err: describeError } };
  if (destination) return pino(options, destination);
  // Line by line: with pino's own way a process whose reader is gone tries for ever to write what is left, and never ends.
  if (json) return pino(options, pino.destination({ dest: 1, sync: true }));
  return pino({ ...options, transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname' } } });
}

/** An error as the log shows it, with its causes. Nothing else of it is looked at: libraries hang whole requests on errors. */
export function describeError(error: unknown, depth = 0): object {
  if (!(error instanceof Error)) return { type: typeof error };
  const { code, constraint, table, column } = error as pg.DatabaseError;
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause;
  return {
    type: error.name === 'Error' ? error.constructor.name : error.name,
    message: safeMessage(error),
    ...(typeof code === 'string' ? { code } : {}),
    ...(constraint === undefined ? {} : { constraint }),
    ...(table === undefined ? {} : { table }),
    ...(column === undefined ? {} : { column }),
    stack: framesOf(error),
    ...(inner !== undefined && depth < 3 ? { cause: describeError(inner, depth + 1) } : {}),
  };
}

/**
 * A message without what could be somebody's. PostgreSQL quotes values when they are of the wrong form (class 22) and names
 * when they are not; libraries quote what they could not read.
 */
function safeMessage(error: Error): string {
  if (error instanceof pg.DatabaseError && /^(22|P0)/.test(error.code ?? '')) return '…';
  return error.message
    .replace(/"(?![\w.$-]{1,63}")[^"]*"|'(?![\w.$-]{1,63}')[^']*'/gu, '"…"')
    .replace(/\p{Script=Han}[\p{Script=Han}·]*/gu, '…')
    .replace(/\d{6,}[Xx]?/g, '…');
}

/** Where it happened: the first line of a stack repeats the message. */
function framesOf({ stack = '' }: Error): string {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');
}
