import { reached } from '#lib/load.ts';
import { request } from '#lib/request.ts';
import { messagesOf } from '#messages/index.ts';
import type { PageServerLoad } from './$types';
import { accounts } from './people.graphql.ts';

export const load: PageServerLoad = async ({ fetch, url, locals, parent }) => {
  await parent();
  const { locale } = locals;
  const search = url.searchParams.get('search')?.trim() ?? '';
  const variables = { after: url.searchParams.get('after'), search: search || null };
  const answer = await reached(request(fetch, accounts, variables, { locale }), messagesOf(locale));
  return { search, accounts: answer.accounts };
};
