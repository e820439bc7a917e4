import { GraphQLError } from 'graphql';
import type { Catalogue, Locale } from './locale.js';

/** The codes that callers can rely on, in `extensions.code`. */
export type ErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'BAD_USER_INPUT'
  | 'RATE_LIMITED'
  | 'THROTTLED'
  | 'CONFLICT'
  | 'IDEMPOTENCY_MISMATCH'
  | 'CURSOR_EXPIRED'
  | 'SERVICE_UNAVAILABLE'
  | 'GRAPHQL_PARSE_FAILED'
  | 'GRAPHQL_VALIDATION_FAILED'
  | 'DOCUMENT_TOO_LARGE'
  | 'REQUEST_TOO_LARGE'
  | 'PERSISTED_QUERY_NOT_SUPPORTED'
  | 'INTERNAL_SERVER_ERROR';

/**
 * A fault of the caller or of the system that the caller is told about. Anything else that is thrown is masked.
 * A foreseen "no" that a person can act on is a `Refusal` in the mutation's result instead.
 */
export class AppError extends GraphQLError {
  constructor(code: ErrorCode, message: string, extensions: Record<string, unknown> = {}) {
    super(message, { extensions: { ...extensions, code } });
  }
}

const messages: Catalogue<{
  unauthenticated: string;
  forbidden: string;
  notFound: string;
  internal: string;
  unavailable: string;
  rateLimited: (seconds: number) => string;
}> = {
  'zh-CN': {
    unauthenticated: '请先登录，或在请求中附上有效的访问密钥。没有账号或密钥请联系管理员。',
    forbidden: '您没有这项操作的权限。如确有需要，请联系管理员。',
    notFound: '没有找到，或者您无权查看。请核对后再试。',
    internal: '系统出了点问题，我们已记录。请稍后重试；若仍不行，请把编号告诉管理员。',
    unavailable: '系统暂时繁忙，请几秒后重试。您的数据没有丢失。',
    rateLimited: (seconds) =>
      `尝试次数过多，请在 ${seconds < 90 ? `${seconds} 秒` : `${Math.ceil(seconds / 60)} 分钟`}后再试。`,
  },
  en: {
    unauthenticated: 'Sign in, or send a valid access key. If you have neither, ask an administrator.',
    forbidden: 'You may not do this. If you need to, ask an administrator.',
    notFound: 'Not found, or not yours to see. Check it and try again.',
    internal:
      'Something went wrong on our side and was logged. Try again; if it persists, give an administrator the request id.',
    unavailable: 'The system is busy. Try again in a few seconds; nothing of yours was lost.',
    rateLimited: (seconds) =>
      `Too many attempts. Try again in ${seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`}.`,
  },
};

export const unauthenticated = (locale: Locale) => new AppError('UNAUTHENTICATED', messages[locale].unauthenticated);
export const forbidden = (locale: Locale) => new AppError('FORBIDDEN', messages[locale].forbidden);
/** Also for what exists but is out of the viewer's sight: both read the same. */
export const notFound = (locale: Locale) => new AppError('NOT_FOUND', messages[locale].notFound);
export const internalError = (locale: Locale, requestId: string) =>
  new AppError('INTERNAL_SERVER_ERROR', messages[locale].internal, { requestId });
export const unavailable = (locale: Locale, requestId: string) =>
  new AppError('SERVICE_UNAVAILABLE', messages[locale].unavailable, { requestId });
/** Too much of something; `waitMs` says when it is worth trying again. Over HTTP it is told as `Retry-After`, too. */
export const rateLimited = (locale: Locale, waitMs: number) => {
  const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new AppError('RATE_LIMITED', messages[locale].rateLimited(retryAfterSeconds), { retryAfterSeconds });
};
