import { GraphQLError } from 'graphql';
import type { Logger } from 'pino';
import { isUnavailable } from '../database/unavailable.js';
import { AppError, internalError, unavailable, type ErrorCode } from '../errors.js';
import type { Caller } from './caller.js';
import { Fault, faultText } from './faults.js';

/** What graphql itself found wrong with a document or its variables. */
export class RefusedDocument extends Error {
  constructor(
    readonly fault: 'unparsable' | 'invalid' | 'badVariables',
    readonly errors: readonly GraphQLError[],
  ) {
    super(fault);
  }
}

/**
 * The one place where errors get their final form: a code and the request id on each, a caller's mistake in the
 * caller's language, everything unexpected logged and masked.
 */
export interface Presenter {
  /** For whatever was thrown before or around an execution. */
  thrown(error: unknown, caller: Caller): readonly GraphQLError[];
  /** For the errors of an execution's result. */
  executed(errors: readonly GraphQLError[], caller: Caller): readonly GraphQLError[];
}

export function createPresenter(log: Logger): Presenter {
  const unexpected = (cause: unknown, { locale, requestId }: Caller): AppError => {
    if (isUnavailable(cause)) {
      log.warn({ requestId, err: cause }, 'a resource is unavailable');
      return unavailable(locale, requestId);
    }
    log.error({ requestId, err: cause }, 'an unexpected error');
    return internalError(locale, requestId);
  };

  const mistake = (fault: RefusedDocument['fault'], error: GraphQLError, caller: Caller): GraphQLError => {
    const { kind } = new Fault(fault);
    return restate(error, faultText(fault, error.message, caller.locale), {
      code: kind.code,
      requestId: caller.requestId,
    });
  };

  const executed = (error: GraphQLError, caller: Caller): GraphQLError => {
    const cause = error.originalError ?? error;
    if (cause instanceof AppError) {
      return restate(error, cause.message, { ...cause.extensions, requestId: caller.requestId });
    }
    if (cause instanceof Fault) {
      const { message, extensions } = cause.toError(caller);
      return restate(error, message, extensions);
    }
    // Without a path: variables that did not fit. With nodes of its own: arguments that did not.
    if (!error.path || (cause instanceof GraphQLError && cause.nodes)) return mistake('badVariables', error, caller);
    // What type-graphql's validation throws; its other extensions quote the input in full.
    if (cause instanceof GraphQLError && cause.extensions.code === ('BAD_USER_INPUT' satisfies ErrorCode)) {
      return mistake('badVariables', error, caller);
    }
    const { message, extensions } = unexpected(cause, caller);
    return restate(error, message, extensions);
  };

  return {
    thrown(error, caller) {
      if (error instanceof Fault) return [error.toError(caller)];
      if (error instanceof RefusedDocument) return error.errors.map((each) => mistake(error.fault, each, caller));
      if (error instanceof AppError) {
        return [restate(error, error.message, { ...error.extensions, requestId: caller.requestId })];
      }
      return [unexpected(error, caller)];
    },
    executed: (errors, caller) => errors.map((error) => executed(error, caller)),
  };
}

/** The same place in the document and the result, other words; nothing of the original leaks. */
function restate(error: GraphQLError, message: string, extensions: Record<string, unknown>): GraphQLError {
  const { nodes, source, positions, path } = error;
  return new GraphQLError(message, { nodes, source, positions, path, extensions });
}
