import { error, redirect } from '@sveltejs/kit';
import { resolve } from '$app/paths';
import { reached } from '#lib/load.ts';
import { request } from '#lib/request.ts';
import { messagesOf } from '#messages/index.ts';
import type { PageServerLoad } from './$types';
import { reportIns } from './report-in.graphql.ts';

export const load: PageServerLoad = async ({ fetch, locals, parent, url }) => {
  const { viewer } = await parent();
  const t = messagesOf(locals.locale);
  if (!viewer) redirect(303, `${resolve('/sign-in')}?next=${encodeURIComponent(url.pathname)}`);
  if (!['LEADER', 'COORDINATOR', 'ADMINISTRATOR'].includes(viewer.role)) error(403, t.recruitment.walkIn.notYours);
  const variables = { after: url.searchParams.get('after') };
  const { reportIns: list } = await reached(request(fetch, reportIns, variables, { locale: locals.locale }), t);
  const today = new Date(Date.now() + 8 * 3_600_000);
  // The quarter that has ended is the one to tell about.
  const quarter = Math.floor(today.getUTCMonth() / 3);
  const last =
    quarter === 0 ? { year: today.getUTCFullYear() - 1, quarter: 4 } : { year: today.getUTCFullYear(), quarter };
  return { reportIns: list, last };
};
