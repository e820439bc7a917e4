import { randomUUID } from 'node:crypto';
import { type Api, ApiError, Unanswered } from './api.js';
import type { DayEvent, Tablets, Unit } from './community.js';
import { checkInDocument, checkOutDocument, type Answer, type VolunteerNode } from './documents.js';
import type { DayModel, Outcome } from './model.js';
import type { Act } from './plan.js';

/** What one scan came to: what was sent, under which key, and what the server acknowledged. */
export interface Scan {
  key: string;
  operation: 'checkIn' | 'checkOut';
  volunteer: string;
  post: string;
  method: Act['via'];
  trouble: Act['trouble'];
  attempts: number;
  outcome: Outcome;
  replayed: boolean | null;
  checkIn: string;
  sequence: number;
  postId: string;
  direction: 'IN' | 'OUT';
  answeredAt: string;
}

export interface Cast {
  event: DayEvent;
  posts: readonly Unit[];
  people: readonly VolunteerNode[];
  /** The check-in of the stay in which somebody is when the play begins. */
  stays: Map<string, string>;
}

interface Attempt {
  key: string;
  input: object;
  authorization: string | undefined;
}

type Recorded = Exclude<Answer, { __typename: 'CheckInClosed' | 'PassRejected' }>;

/** Plays acts against the API, one person after the other's own, and compares every answer with what had to come. */
export class Player {
  readonly scans: Scan[] = [];
  /** Answers that did not agree with the model, in words. */
  readonly differences: string[] = [];
  readonly refusals = { alreadyCheckedIn: 0, expiredCodes: 0, idempotencyMismatch: 0 };
  readonly #postById: ReadonlyMap<string, Unit>;

  constructor(
    private readonly api: Api,
    private readonly key: string,
    private readonly tablets: Tablets,
    private readonly model: DayModel,
    private readonly cast: Cast,
  ) {
    this.#postById = new Map(cast.posts.map((post) => [post.id, post]));
  }

  /**
   * Starts every act when its time has come and its person is free; ends when all are acknowledged. Once `stopped` is
   * aborted no further act starts. `onDone` is told after each one.
   */
  async play(acts: readonly Act[], stopped: AbortSignal, onDone: () => void): Promise<void> {
    const startedAt = performance.now();
    const lanes = new Map<number, Promise<void>>();
    const failure = new AbortController();
    const over = AbortSignal.any([stopped, failure.signal]);
    for (const act of acts) {
      await untilTime(startedAt + act.atMs, over);
      if (over.aborted) break;
      const lane = lanes.get(act.person) ?? Promise.resolve();
      lanes.set(
        act.person,
        lane
          .then(async () => {
            if (over.aborted) return;
            await this.#perform(act);
            onDone();
          })
          .catch((error: unknown) => failure.abort(error)),
      );
    }
    await Promise.all(lanes.values());
    failure.signal.throwIfAborted();
  }

  async #perform(act: Act): Promise<void> {
    const person = this.cast.people[act.person]!;
    const planned = this.cast.posts[act.post]!;
    const present = this.model.whereIs(person.id);
    const post = act.direction === 'OUT' && present ? this.#postById.get(present)! : planned;
    const document = act.direction === 'IN' ? checkInDocument : checkOutDocument;

    for (let scans = 1; ; scans++) {
      const attempt = await this.#scan(act, person, post, present !== undefined);
      const { answer, attempts, mustBeReplayed } = await this.#send(document, attempt, act);
      if (answer.__typename === 'CheckInClosed') throw new Error(answer.message);
      if (answer.__typename === 'PassRejected') {
        const expired = answer.reason === 'PASS_EXPIRED' && act.via === 'POST_CODE';
        if (!expired || scans === 5)
          throw new Error(`${person.number} ${post.code} ${answer.reason}: ${answer.message}`);
        // The server was away for longer than the code lived, so this scan was never recorded: scan what the post shows now.
        this.refusals.expiredCodes++;
        this.tablets.discard(post.id);
        continue;
      }
      this.#acknowledge(act, person, post, attempt, answer, attempts, mustBeReplayed);
      await this.#oneMore(document, attempt, act, answer);
      return;
    }
  }

  /** A fresh scan, with a key of its own. */
  async #scan(act: Act, person: VolunteerNode, post: Unit, present: boolean): Promise<Attempt> {
    const common = { key: randomUUID(), event: this.cast.event.id, method: act.via };
    const at = () => new Date().toISOString();
    switch (act.via) {
      case 'POST_CODE': {
        const postCode = await this.tablets.code(post.id);
        return { ...common, authorization: undefined, input: { ...common, postCode, pass: person.pass, at: at() } };
      }
      case 'VOLUNTEER_PASS': {
        // Whoever is present leaves where they are; only then the post may be left out.
        const where = act.direction === 'OUT' && present ? {} : { post: post.id };
        return { ...common, authorization: this.key, input: { ...common, pass: person.pass, ...where, at: at() } };
      }
      case 'LEADER':
      case 'KIOSK': {
        const input = { ...common, volunteer: person.id, post: post.id, at: at() };
        return { ...common, authorization: this.key, input };
      }
    }
  }

  /** Sends a scan until it is answered, with the act's trouble on the way. */
  async #send(document: string, { input, authorization }: Attempt, { trouble }: Act) {
    let attempts = 0;
    const attempt = async (signal?: AbortSignal) => {
      attempts++;
      const options = { key: authorization, signal, measured: true };
      return (await this.api.once<{ answer: Answer }>(document, { input }, options)).answer;
    };
    const quietly = (promise: Promise<Answer>) =>
      promise.catch((error: unknown) => {
        if (!(error instanceof Unanswered)) throw error;
      });

    let lost: Answer | void = undefined;
    if (trouble === 'ABORTED') lost = await quietly(attempt(AbortSignal.timeout(Math.floor(Math.random() * 12))));
    if (trouble === 'REPLY_LOST') lost = await quietly(attempt());
    if (trouble === 'SENT_AT_ONCE') {
      const others = await Promise.all([quietly(attempt()), quietly(attempt()), quietly(attempt())]);
      lost = others.find((other) => other !== undefined);
      this.#mustBeSame(others);
    }
    const answer = await this.api.untilAnswered(() => attempt());
    this.#mustBeSame([lost, answer]);
    return { answer, attempts, mustBeReplayed: lost !== undefined };
  }

  /** Compares an answer with what the model says had to come, and moves the model on. */
  #acknowledge(
    act: Act,
    person: VolunteerNode,
    post: Unit,
    { key }: Attempt,
    answer: Recorded,
    attempts: number,
    mustBeReplayed: boolean,
  ): void {
    const stays = this.cast.stays;
    const outcome = act.direction === 'IN' ? this.model.checkIn(person.id, post.id) : this.model.checkOut(person.id);
    const { checkIn } = answer;
    const replayed = answer.__typename === 'AlreadyCheckedIn' ? null : answer.replayed;
    const got: Outcome =
      answer.__typename === 'AlreadyCheckedIn'
        ? 'ALREADY_CHECKED_IN'
        : answer.__typename === 'CheckOutRecorded' && answer.minutes === null
          ? 'KEPT_FOR_REVIEW'
          : 'RECORDED';
    const what = `${person.number} ${act.direction} ${post.code} (${key})`;
    if (got !== outcome) this.differences.push(`${what}: 应为 expected ${outcome}, 实为 got ${got}`);
    if (checkIn.post.id !== post.id) this.differences.push(`${what}: 记在别的岗位 recorded at another post`);
    if (got === 'ALREADY_CHECKED_IN') {
      this.refusals.alreadyCheckedIn++;
      if (checkIn.id !== stays.get(person.id)) {
        this.differences.push(`${what}: 不是第一次的签到 not the first check-in of the stay, but ${checkIn.sequence}`);
      }
    } else if (checkIn.direction !== act.direction) {
      this.differences.push(`${what}: 方向不对 recorded as ${checkIn.direction}`);
    }
    if (replayed !== null && ((mustBeReplayed && !replayed) || (attempts === 1 && replayed))) {
      this.differences.push(`${what}: replayed = ${replayed} 于第 at attempt ${attempts}`);
    }
    if (act.direction === 'IN' && got === 'RECORDED') stays.set(person.id, checkIn.id);
    if (act.direction === 'OUT') stays.delete(person.id);
    this.scans.push({
      key,
      operation: act.direction === 'IN' ? 'checkIn' : 'checkOut',
      volunteer: person.number,
      post: post.code,
      method: act.via,
      trouble: act.trouble,
      attempts,
      outcome: got,
      replayed,
      checkIn: checkIn.id,
      sequence: checkIn.sequence,
      postId: checkIn.post.id,
      direction: checkIn.direction,
      answeredAt: new Date().toISOString(),
    });
  }

  /** What some clients do after they were answered: the same again, or the same key for something else. */
  async #oneMore(document: string, { input, authorization, key }: Attempt, act: Act, first: Answer): Promise<void> {
    const send = (again: object) =>
      this.api.untilAnswered(() =>
        this.api.once<{ answer: Answer }>(document, { input: again }, { key: authorization }),
      );
    if (act.trouble === 'SENT_AGAIN') {
      const { answer } = await send(input);
      this.#mustBeSame([first, answer]);
      if ('replayed' in answer && !answer.replayed) this.differences.push(`${key}: 重发未识别 not known as replayed`);
    }
    if (act.trouble === 'KEY_REUSED') {
      const other = { ...input, at: new Date(Date.now() - 60_000).toISOString() };
      const code = await send(other).then(
        ({ answer }) => answer.__typename,
        (error: unknown) => {
          if (error instanceof ApiError) return error.code;
          throw error;
        },
      );
      if (code === 'IDEMPOTENCY_MISMATCH') this.refusals.idempotencyMismatch++;
      else this.differences.push(`${key}: 应为 expected IDEMPOTENCY_MISMATCH, 实为 got ${code}`);
    }
  }

  /** Answers under one key are one answer. */
  #mustBeSame(answers: readonly (Answer | void)[]): void {
    const came = answers.flatMap((answer) => (answer ? [answer] : []));
    const facts = came.map((answer) =>
      'checkIn' in answer ? `${answer.__typename} ${answer.checkIn.id}` : answer.__typename,
    );
    if (new Set(facts).size > 1)
      this.differences.push(`同一编号不同答复 one key, several answers: ${facts.join(', ')}`);
  }
}

/** Waits until the clock of `performance` shows `atMs`, or until `over`. */
async function untilTime(atMs: number, over: AbortSignal): Promise<void> {
  const waitMs = atMs - performance.now();
  if (waitMs <= 0 || over.aborted) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      over.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, waitMs);
    over.addEventListener('abort', done);
  });
}
