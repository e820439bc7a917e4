import { reached } from '#lib/load.ts';
import { request } from '#lib/request.ts';
import { messagesOf } from '#messages/index.ts';
import { accessKeys } from '../keys/keys.graphql.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ fetch, url, locals, parent }) => {
  await parent();
  const variables = { role: 'DISPLAY' as const, after: url.searchParams.get('after') };
  return await reached(request(fetch, accessKeys, variables, { locale: locals.locale }), messagesOf(locals.locale));
};
