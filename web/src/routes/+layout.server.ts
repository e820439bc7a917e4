import { reached } from '#lib/load.ts';
import { request } from '#lib/request.ts';
import { signedIn } from '#lib/viewer.graphql.ts';
import { messagesOf } from '#messages/index.ts';
import type { LayoutServerLoad } from './$types';

/** Who is signed in. Whoever has no session, which is nearly everybody, costs no question. */
export const load: LayoutServerLoad = async ({ locals, cookies, fetch, url }) => {
  const { locale } = locals;
  const hasSession = cookies.getAll().some(({ name }) => /^(__Host-)?baihua$/.test(name));
  if (!hasSession || url.pathname.startsWith('/wall/')) return { locale, viewer: null };
  const { viewer } = await reached(request(fetch, signedIn, {}, { locale }), messagesOf(locale));
  if (!viewer.account) return { locale, viewer: null };
  return { locale, viewer: { ...viewer, mayRun: viewer.role === 'COORDINATOR' || viewer.role === 'ADMINISTRATOR' } };
};
