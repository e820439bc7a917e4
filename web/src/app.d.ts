import type { Locale } from '#lib/locale.ts';
import type { Messages } from '#messages/zh-CN.ts';

declare global {
  namespace App {
    interface Locals {
      locale: Locale;
    }
    interface PageData {
      locale: Locale;
      /** From the layout; pages add their own. */
      t?: Messages;
    }
    interface Error {
      message: string;
      /** What to look for in the server's log. */
      id?: string;
    }
  }
}

export {};
