import { error, redirect } from '@sveltejs/kit';
import { resolve } from '$app/paths';
import { messagesOf } from '#messages/index.ts';
import type { LayoutServerLoad } from './$types';

/** The API decides what everybody may do; this only leads whoever cannot do anything here to where they can. */
export const load: LayoutServerLoad = async ({ parent, url, locals }) => {
  const { viewer } = await parent();
  if (!viewer) redirect(303, `${resolve('/sign-in')}?next=${encodeURIComponent(url.pathname)}`);
  if (viewer.account?.mustChangePassword) redirect(303, resolve('/me'));
  if (!viewer.mayRun) error(403, messagesOf(locals.locale).console.notYours);
  return { isAdministrator: viewer.role === 'ADMINISTRATOR', viewer };
};
