import { redirect } from '@sveltejs/kit';
import { resolve } from '$app/paths';
import { reached } from '#lib/load.ts';
import { request } from '#lib/request.ts';
import { messagesOf } from '#messages/index.ts';
import type { PageServerLoad } from './$types';
import { me } from './me.graphql.ts';

export const load: PageServerLoad = async ({ fetch, locals, parent }) => {
  if (!(await parent()).viewer) redirect(303, resolve('/sign-in'));
  const { locale } = locals;
  const { viewer, sessions } = await reached(request(fetch, me, {}, { locale }), messagesOf(locale));
  const { account } = viewer;
  if (!account) redirect(303, resolve('/sign-in'));
  return { me: { ...viewer, account }, sessions: sessions.nodes };
};
