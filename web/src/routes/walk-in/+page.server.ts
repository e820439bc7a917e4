import { error, redirect } from '@sveltejs/kit';
import { resolve } from '$app/paths';
import { findPresentEvent } from '#lib/event.ts';
import { reached } from '#lib/load.ts';
import { messagesOf } from '#messages/index.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ fetch, locals, parent, url }) => {
  const { viewer } = await parent();
  const t = messagesOf(locals.locale);
  if (!viewer) redirect(303, `${resolve('/sign-in')}?next=${encodeURIComponent(url.pathname)}`);
  if (!['LEADER', 'COORDINATOR', 'ADMINISTRATOR'].includes(viewer.role)) error(403, t.recruitment.walkIn.notYours);
  const event = await reached(findPresentEvent(fetch, locals.locale), t);
  return { event, address: `${url.host}${resolve('/join')}` };
};
