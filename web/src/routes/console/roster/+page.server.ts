import type { PageServerLoad } from './$types';

/** The frame leads whoever has no right to be here elsewhere. */
export const load: PageServerLoad = async ({ parent }) => {
  await parent();
};
