import { redirect } from '@sveltejs/kit';
import { resolve } from '$app/paths';
import { reached } from '#lib/load.ts';
import { request } from '#lib/request.ts';
import { messagesOf } from '#messages/index.ts';
import type { PageServerLoad } from './$types';
import { timeAccount } from './account.graphql.ts';

export const load: PageServerLoad = async ({ fetch, locals, parent, url }) => {
  if (!(await parent()).viewer) redirect(303, resolve('/sign-in'));
  const { locale } = locals;
  const after = url.searchParams.get('after');
  const { viewer, rewards, timeRules } = await reached(
    request(fetch, timeAccount, { after }, { locale }),
    messagesOf(locale),
  );
  // Accounts are people's: whoever only holds an office has none.
  if (!viewer.volunteer) redirect(303, resolve('/me'));
  return { volunteer: viewer.volunteer, rewards: rewards.nodes, rules: timeRules };
};
