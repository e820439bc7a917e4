import { error } from '@sveltejs/kit';
import { findPresentEvent } from '#lib/event.ts';
import { reached } from '#lib/load.ts';
import { request } from '#lib/request.ts';
import { messagesOf } from '#messages/index.ts';
import type { PageServerLoad } from './$types';
import { postTeam } from './passes.graphql.ts';

export const load: PageServerLoad = async ({ fetch, params, locals }) => {
  const t = messagesOf(locals.locale);
  const { locale } = locals;
  const event = await reached(findPresentEvent(fetch, locale), t);
  const variables = { code: params.code.toUpperCase() };
  const { serviceUnit: post } = await reached(request(fetch, postTeam, variables, { locale }), t);
  if (post?.__typename !== 'GridPost') error(404, t.errors.noUnit(params.code));
  return { post, event: event && { id: event.id, title: event.title } };
};
