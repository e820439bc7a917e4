import { reached } from '#lib/load.ts';
import { request } from '#lib/request.ts';
import { messagesOf } from '#messages/index.ts';
import type { PageServerLoad } from './$types';
import { accessKeys } from './keys.graphql.ts';

/** Devices act as leaders do, at the unit that they stand in. */
export const load: PageServerLoad = async ({ fetch, url, locals, parent }) => {
  await parent();
  const variables = { role: 'LEADER' as const, after: url.searchParams.get('after') };
  return await reached(request(fetch, accessKeys, variables, { locale: locals.locale }), messagesOf(locals.locale));
};
