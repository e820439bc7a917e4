import type { Locale } from '#lib/locale.ts';
import type { Messages } from '#messages/zh-CN.ts';

interface SignedInViewer {
  role: string;
  name: string | null;
  account: { mustChangePassword: boolean } | null;
  unit: { id: string; code: string; name: string } | null;
  /** Coordinators and administrators: there is a console for them. */
  mayRun: boolean;
}

declare global {
  namespace App {
    interface Locals {
      locale: Locale;
    }
    interface PageData {
      locale: Locale;
      /** From the layout; pages add their own. */
      t?: Messages;
      /** Who is signed in; null for everybody else. */
      viewer?: SignedInViewer | null;
    }
    interface Error {
      message: string;
      /** What to look for in the server's log. */
      id?: string;
    }
  }
}

export {};
