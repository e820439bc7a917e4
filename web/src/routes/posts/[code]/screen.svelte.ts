import { clockSkew } from '#lib/clock.ts';
import { followFeed, type FeedState } from '#lib/feed.ts';
import type { ResultOf } from '#lib/graphql.ts';
import { forgetKey, keepKey, keptKey } from '#lib/key.ts';
import type { Locale } from '#lib/locale.ts';
import { isWithoutRight, noSuchField, request, textOf } from '#lib/request.ts';
import { followPost, followPostTally, postFeed, rotatingCode } from './post.graphql.ts';

/** After a failure, the code is asked for again this soon; a code is taken for a minute after it left the screen. */
const retryMs = 2000;

export interface ShownCode {
  code: string;
  /** On this device's clock. */
  shownAt: number;
  refreshAt: number;
  expiresAt: number;
}

export type CheckIn = NonNullable<ResultOf<typeof postFeed>['communityEvent']>['checkIns']['nodes'][number];
type Tally = ResultOf<typeof followPostTally>['scoreboard']['tally'];

/** The screen of one post: its code, as long as a key allows it, and who has come. */
export class PostScreen {
  /** What lets the code be seen: a key, kept by this tab alone until it is closed, or else who is signed in. */
  access = $state.raw<{ key?: string } | null>(null);
  shown = $state.raw<ShownCode | null>(null);
  /** Why the last key was not taken, in the reader's words; the API's own where it has some. */
  refused = $state.raw<{ message: string } | 'no right' | null>(null);
  /** The last attempt to get a code failed for the network. */
  cutOff = $state.raw(false);
  tally = $state.raw<Tally>();
  newest = $state.raw<CheckIn | null>(null);
  feed = $state.raw<FeedState>('connecting');

  #code: string;
  #locale: Locale;
  #skewMs = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(code: string, locale: Locale, tally: Tally) {
    this.#code = code;
    this.#locale = locale;
    this.tally = tally;
  }

  open(
    post: { id: string },
    event: { id: string; code: string } | null,
    serverNow: number,
    signedIn: boolean,
  ): () => void {
    this.#skewMs = clockSkew(serverNow);
    const key = keptKey();
    this.access = key ? { key } : signedIn ? {} : null;
    void this.#refresh();
    const feed = event && this.#follow(post, event);
    const wake = () => {
      if (document.visibilityState !== 'visible') return;
      feed?.wake();
      // A tablet that slept shows an old code.
      if (this.access && (!this.shown || this.shown.refreshAt <= Date.now())) void this.#refresh();
    };
    addEventListener('online', wake);
    document.addEventListener('visibilitychange', wake);
    return () => {
      this.#closed = true;
      clearTimeout(this.#timer);
      removeEventListener('online', wake);
      document.removeEventListener('visibilitychange', wake);
      feed?.close();
    };
  }

  useKey(key: string): void {
    this.refused = null;
    this.access = { key };
    void this.#refresh();
  }

  forgetKey(): void {
    clearTimeout(this.#timer);
    forgetKey();
    this.access = null;
    this.shown = null;
    this.cutOff = false;
  }

  async #refresh(): Promise<void> {
    clearTimeout(this.#timer);
    const access = this.access;
    if (!access) return;
    let waitMs = retryMs;
    try {
      const options = { locale: this.#locale, ...access };
      const { serviceUnit } = await request(fetch, rotatingCode, { code: this.#code }, options);
      if (this.#closed || this.access !== access) return;
      const code = serviceUnit?.__typename === 'GridPost' ? serviceUnit.rotatingCode : null;
      if (!code) return this.#refuse('no right');
      if (access.key) keepKey(access.key);
      this.cutOff = false;
      const refreshAt = Date.parse(code.refreshAt) - this.#skewMs;
      this.shown = {
        code: code.code,
        shownAt: Date.now(),
        refreshAt,
        expiresAt: Date.parse(code.expiresAt) - this.#skewMs,
      };
      // Neither before the next code is there, nor never when this clock is behind.
      waitMs = Math.min(Math.max(refreshAt - Date.now(), 500), 30_000);
    } catch (problem) {
      if (this.#closed || this.access !== access) return;
      if (isWithoutRight(problem)) {
        return this.#refuse(problem.code === noSuchField ? 'no right' : { message: problem.message });
      }
      this.cutOff = true;
    }
    this.#timer = setTimeout(() => void this.#refresh(), waitMs);
  }

  #refuse(reason: NonNullable<PostScreen['refused']>): void {
    this.forgetKey();
    this.refused = reason;
  }

  #follow(post: { id: string }, event: { id: string; code: string }) {
    interface Snapshot {
      cursor: string;
      sequence: number;
      newest: CheckIn | null;
    }
    return followFeed<Snapshot, CheckIn, { tally: Tally }>({
      url: new URL('/graphql', location.href.replace(/^http/, 'ws')).href,
      event: event.id,
      // The screen hangs at the post, whoever has unlocked it.
      key: null,
      within: post.id,
      checkIns: textOf(followPost),
      scoreboard: textOf(followPostTally),
      takeSnapshot: async () => {
        const variables = { code: event.code, within: post.id };
        const { communityEvent } = await request(fetch, postFeed, variables, { locale: this.#locale, asPublic: true });
        if (!communityEvent) throw new Error(`the event ${event.code} is gone`);
        const [newest = null] = communityEvent.checkIns.nodes;
        return { cursor: communityEvent.cursor, sequence: newest?.sequence ?? 0, newest };
      },
      onSnapshot: ({ newest }) => (this.newest = newest),
      onCheckIns: (checkIns) => (this.newest = checkIns.at(-1) ?? null),
      onScoreboard: ({ tally }) => (this.tally = tally),
      onState: (state) => (this.feed = state),
    });
  }
}
