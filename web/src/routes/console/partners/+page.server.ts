import { reached } from '#lib/load.ts';
import { request } from '#lib/request.ts';
import { messagesOf } from '#messages/index.ts';
import type { PageServerLoad } from './$types';
import { partners } from './partners.graphql.ts';

export const load: PageServerLoad = async ({ fetch, url, locals, parent }) => {
  await parent();
  const variables = { after: url.searchParams.get('after') };
  return await reached(request(fetch, partners, variables, { locale: locals.locale }), messagesOf(locals.locale));
};
