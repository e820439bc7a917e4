import { error } from '@sveltejs/kit';
import type { Messages } from '#messages/zh-CN.ts';
import { isWithoutRight, Unreachable } from './request.ts';

/**
 * For `load` functions: an API that cannot be reached is a page that says so and tries again, and what is not the reader's to
 * see is a page that says that; neither is a fault of ours.
 */
export async function reached<T>(answer: Promise<T>, t: Messages): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    if (cause instanceof Unreachable) error(503, t.errors.unreachable);
    if (isWithoutRight(cause)) error(403, cause.message);
    throw cause;
  }
}
