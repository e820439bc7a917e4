import { reached } from '#lib/load.ts';
import { request } from '#lib/request.ts';
import { messagesOf } from '#messages/index.ts';
import type { PageServerLoad } from './$types';
import { applications } from './applications.graphql.ts';

const states = ['SUBMITTED', 'ADMITTED', 'DECLINED'] as const;

export const load: PageServerLoad = async ({ fetch, url, locals, parent }) => {
  await parent();
  const { locale } = locals;
  const state = states.find((it) => it === url.searchParams.get('state')) ?? 'SUBMITTED';
  const variables = { after: url.searchParams.get('after'), state };
  const answer = await reached(request(fetch, applications, variables, { locale }), messagesOf(locale));
  return { state, states, applications: answer.applications };
};
