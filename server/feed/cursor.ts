import { GraphQLScalarType, Kind } from 'graphql';
import { AppError } from '../kernel/errors.js';
import type { Catalogue, Locale } from '../kernel/locale.js';

/** A place in one event's feed. */
export interface Cursor {
  readonly epoch: string;
  readonly sequence: number;
}

function serialize(value: unknown): string {
  const { epoch, sequence } = value as Cursor;
  return Buffer.from(`${epoch}:${sequence}`).toString('base64url');
}

function parse(value: unknown): Cursor {
  const match =
    typeof value === 'string' ? /^([0-9a-f]{8}):(\d{1,9})$/.exec(Buffer.from(value, 'base64url').toString()) : null;
  if (!match) throw new AppError('BAD_USER_INPUT', 'Not a cursor of this API: hand back what you were given.');
  return { epoch: match[1]!, sequence: Number(match[2]) };
}

export const CursorScalar = new GraphQLScalarType<Cursor, string>({
  name: 'Cursor',
  description: "Opaque position in an event's feed: epoch and sequence. Compare with nothing; hand it back as `after`.",
  serialize,
  parseValue: parse,
  parseLiteral: (node) => parse(node.kind === Kind.STRING ? node.value : undefined),
});

const messages: Catalogue<{ expired: string }> = {
  'zh-CN': { expired: '这个位置已经失效（数据已恢复或更换）。请重新读取当前数据，再从新的位置继续。' },
  en: {
    expired:
      'This position no longer exists (history was restored or replaced). Read a fresh snapshot and go on from its cursor.',
  },
};

/** The client holds a place in a history that is not this one, or that is not kept any longer. */
export const cursorExpired = (locale: Locale) => new AppError('CURSOR_EXPIRED', messages[locale].expired);
