import type { Context } from '../kernel/context.js';
import type { NotificationParameters } from './notification.entity.js';

/** A kind of news: how it is told, and where whoever reads it goes from there. */
export interface NotificationKind<P extends NotificationParameters> {
  readonly kind: string;
  /** In the reader's language, from a feature's catalogue; names are looked up with what the reader may see. */
  readonly text: (ctx: Context, parameters: P) => string | Promise<string>;
  /** The path of a page, such as `/console/applications`; none for news with nothing to do about. */
  readonly path?: (parameters: P) => string;
}

const kinds = new Map<string, NotificationKind<NotificationParameters>>();

/** Declares a kind of news, once and for all: notifications of it are kept, so its name and parameters are a contract. */
export function defineNotification<P extends NotificationParameters>(kind: NotificationKind<P>): NotificationKind<P> {
  if (kinds.has(kind.kind)) throw new Error(`${kind.kind} is declared twice`);
  kinds.set(kind.kind, kind as unknown as NotificationKind<NotificationParameters>);
  return kind;
}

export const kindOf = (kind: string): NotificationKind<NotificationParameters> | undefined => kinds.get(kind);
