import { redirect } from '@sveltejs/kit';
import { resolve } from '$app/paths';
import { reached } from '#lib/load.ts';
import { request } from '#lib/request.ts';
import { messagesOf } from '#messages/index.ts';
import type { PageServerLoad } from './$types';
import { schools, unitBelow } from './posts.graphql.ts';

interface Unit {
  code: string;
  name: string;
}

/** The way down to a post, a level at a time; `code` may be typed off a sign, so case and spaces do not matter. */
export const load: PageServerLoad = async ({ fetch, url, locals }) => {
  const t = messagesOf(locals.locale);
  const options = { locale: locals.locale };
  const code = (url.searchParams.get('code') ?? '').trim().toUpperCase();

  if (code) {
    const { serviceUnit: unit } = await reached(request(fetch, unitBelow, { code }, options), t);
    if (unit?.__typename === 'GridPost') redirect(303, resolve('/posts/[code]', { code: unit.code }));
    if (unit) {
      const below: Unit[] =
        unit.__typename === 'CultureSchool'
          ? unit.stations.nodes
          : unit.__typename === 'ServiceStation'
            ? unit.teams.nodes
            : unit.posts.nodes;
      const level = { CultureSchool: 'SERVICE_STATION', ServiceStation: 'VOLUNTEER_TEAM', VolunteerTeam: 'GRID_POST' }[
        unit.__typename
      ] as 'SERVICE_STATION' | 'VOLUNTEER_TEAM' | 'GRID_POST';
      return { path: [...unit.ancestors, { code: unit.code, name: unit.name }], level, units: below };
    }
  }

  const { cultureSchools } = await reached(request(fetch, schools, {}, options), t);
  const units: Unit[] = cultureSchools.nodes;
  return { path: [] as Unit[], level: 'CULTURE_SCHOOL' as const, units, unknown: code || undefined };
};
