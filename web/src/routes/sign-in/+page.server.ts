import { redirect } from '@sveltejs/kit';
import { resolve } from '$app/paths';
import type { PageServerLoad } from './$types';

/** Whoever has signed in goes on to where they wanted to be, which is a page of ours and nothing else. */
export const load: PageServerLoad = async ({ url, parent }) => {
  const { viewer } = await parent();
  if (!viewer) return;
  const next = url.searchParams.get('next') ?? '';
  const isOurs = /^\/(?![/\\])/.test(next);
  redirect(303, isOurs && !viewer.account?.mustChangePassword ? next : resolve('/me'));
};
