import { error } from '@sveltejs/kit';
import { reached } from '#lib/load.ts';
import { messagesOf } from '#messages/index.ts';
import type { PageServerLoad } from './$types';
import { isScene } from './scenes.ts';
import { takeSnapshot, type Snapshot } from './snapshot.ts';

/**
 * Everybody is shown the same, so those who come within a second share one snapshot: a square full of people who open
 * the wall at once costs the API no more than a few screens do. What has happened since comes by the feed.
 */
const sharedMs = 1000;
const shared = new Map<string, Promise<Snapshot | null>>();

export const load: PageServerLoad = async ({ fetch, params, locals, url }) => {
  const t = messagesOf(locals.locale);
  let snapshot = shared.get(params.event);
  if (!snapshot) {
    snapshot = takeSnapshot(fetch, params.event, locals.locale);
    shared.set(params.event, snapshot);
    setTimeout(() => shared.delete(params.event), sharedMs);
  }
  const found = await reached(snapshot, t);
  if (!found) error(404, t.errors.noEvent(params.event));
  const scene = url.searchParams.get('scene');
  return {
    snapshot: found,
    /** `?scene=` stays on one. */
    scene: isScene(scene) ? scene : null,
    /** Dark for LED walls, unless `?theme=light` says that the sun shines. */
    theme: url.searchParams.get('theme') === 'light' ? ('light' as const) : ('dark' as const),
  };
};
