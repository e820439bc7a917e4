import { request } from './request.ts';
import { unitByCode } from './unit.graphql.ts';

/** The id of the unit that somebody names by its code: null for none named, undefined where there is no such unit. */
export async function unitIdOf(code: string, locale: string): Promise<string | null | undefined> {
  const typed = code.trim().toUpperCase();
  if (typed === '') return null;
  const { serviceUnit } = await request(fetch, unitByCode, { code: typed }, { locale });
  return serviceUnit?.id;
}
