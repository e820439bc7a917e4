import { invalidateAll } from '$app/navigation';
import type { Messages } from '#messages/zh-CN.ts';
import { ApiError } from './request.ts';

/** Something that a person asked a page to do: whether it is under way, and why it did not work. */
export class Deed {
  busy = $state.raw(false);
  /** In the reader's words; empty when there is nothing to say. */
  problem = $state.raw('');

  /**
   * Does it, unless it is under way already, and reads the page's data anew. `work` answers with what the API refused, if it
   * did. Resolves to whether it worked.
   */
  async run(t: Messages, work: () => Promise<{ message: string } | void>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.problem = '';
    try {
      this.problem = (await work())?.message ?? '';
      if (!this.problem) await invalidateAll();
    } catch (cause) {
      this.problem = cause instanceof ApiError ? cause.message : t.console.failed;
    } finally {
      this.busy = false;
    }
    return this.problem === '';
  }
}
