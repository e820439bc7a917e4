import { reached } from '#lib/load.ts';
import { request } from '#lib/request.ts';
import { messagesOf } from '#messages/index.ts';
import type { PageServerLoad } from './$types';
import { volunteer, volunteers } from './volunteers.graphql.ts';

const contingents = ['IN_SERVICE_MEMBER', 'RETIRED_MEMBER', 'RESIDENT', 'STUDENT'] as const;

/** Whoever is looked at stands in the address: a link leads to them, and going back closes them. */
export const load: PageServerLoad = async ({ fetch, url, locals, parent }) => {
  await parent();
  const { locale } = locals;
  const search = url.searchParams.get('search')?.trim() ?? '';
  const contingent = contingents.find((it) => it === url.searchParams.get('contingent')) ?? null;
  const id = url.searchParams.get('volunteer');
  const variables = { after: url.searchParams.get('after'), search: search || null, contingent };
  const [list, one] = await reached(
    Promise.all([
      request(fetch, volunteers, variables, { locale }),
      id === null ? null : request(fetch, volunteer, { id }, { locale }),
    ]),
    messagesOf(locale),
  );
  const member = one?.node && 'number' in one.node ? one.node : null;
  return { search, contingent, contingents, volunteers: list.volunteers, member };
};
