import { findPresentEvent } from '#lib/event.ts';
import { reached } from '#lib/load.ts';
import { messagesOf } from '#messages/index.ts';
import type { PageServerLoad } from './$types';

/** A paired display opens the wall of the event that is on. */
export const load: PageServerLoad = async ({ fetch, locals }) => ({
  event: await reached(findPresentEvent(fetch, locals.locale), messagesOf(locals.locale)),
});
