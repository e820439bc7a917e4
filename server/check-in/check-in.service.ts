import { createHash } from 'node:crypto';
import type { Signer } from '../access/signing.js';
import type { Context } from '../kernel/context.js';
import { AppError, forbidden, notFound, rateLimited, unauthenticated } from '../kernel/errors.js';
import { numericKey } from '../kernel/global-id.js';
import type { Locale } from '../kernel/locale.js';
import { isText } from '../kernel/text.js';
import { reachOf, ViewerRole } from '../kernel/viewer.js';
import { requiredUnit } from '../hierarchy/hierarchy.service.js';
import { CheckInDirection, CheckInMethod, type CheckIn } from '../feed/check-in.entity.js';
import { checkInByPlace } from '../feed/feed.service.js';
import { UnknownFeed, type FeedWriter } from '../feed/writer.js';
import { volunteerInReach } from '../volunteer/volunteer.service.js';
import { messages } from './check-in.messages.js';
import { replay, type Outcome, type Place, type StoredKey } from './check-in.record.js';
import type { Scan } from './check-in.rules.js';
import { readPass, readPostCode, type Rejection } from './codes.js';
import type { CheckInInput } from './check-in.input.js';
import {
  AlreadyCheckedIn,
  CheckInClosed,
  CheckInRecorded,
  CheckOutRecorded,
  NotCheckedIn,
  PassRejected,
  VolunteerSuspended,
} from './check-in.result.js';

declare module '../kernel/context.js' {
  interface Context {
    readonly signer: Signer;
    readonly checkInWriter: FeedWriter<Scan, Outcome>;
  }
}

/** The longest note, in characters as people count them. */
const noteLength = 200;

/**
 * Checks somebody in: at a post whose code they scanned, or where somebody with the right to vouches. Answered means
 * committed; the same key again gets the same answer. Throws UNAUTHENTICATED or FORBIDDEN for ids without the right to
 * vouch, NOT_FOUND, BAD_USER_INPUT, and IDEMPOTENCY_MISMATCH for a key that was used with another body.
 */
export async function checkIn(ctx: Context, input: CheckInInput) {
  const outcome = await record(ctx, input, CheckInDirection.IN);
  return outcome.kind === 'recorded'
    ? Object.assign(new CheckInRecorded(), { checkIn: await rowOf(ctx, outcome), replayed: outcome.replayed })
    : refusal(ctx, outcome);
}

/** Checks somebody out, wherever they are. As `checkIn`; a check-out before its check-in is kept for review. */
export async function checkOut(ctx: Context, input: CheckInInput) {
  const outcome = await record(ctx, input, CheckInDirection.OUT);
  if (outcome.kind !== 'recorded') return refusal(ctx, outcome);
  const row = await rowOf(ctx, outcome);
  return Object.assign(new CheckOutRecorded(), { checkIn: row, minutes: row.minutes, replayed: outcome.replayed });
}

type Rejected = { kind: 'rejected'; reason: Rejection };

async function record(ctx: Context, input: CheckInInput, direction: CheckInDirection): Promise<Outcome | Rejected> {
  const eventId = numericKey(input.event, 'CommunityEvent');
  if (eventId === undefined) throw notFound(ctx.locale);
  checkShape(input, direction, ctx.locale);
  mayVouch(ctx, input);

  // The database knows a UUID in capitals or in braces as the same; so does everything here.
  const key = input.key.toLowerCase().replace(/[{}]/g, '');
  const bodyHash = hashOf(input, direction);
  const now = ctx.clock();
  const told = input.at && input.at < now ? input.at : now;
  const post = input.postCode ? readCode(ctx.signer, input.postCode, told, now) : postOf(ctx, input.post);
  const person = input.pass ? readPass(ctx.signer, input.pass, eventId, told) : await personOf(ctx, input.volunteer);
  const guesser = input.postCode && input.pass && typeof person !== 'string' ? String(person.volunteerId) : undefined;
  const waitMs = guesser === undefined ? 0 : await ctx.limits.waitMs('postCodesOfVolunteer', guesser);
  const rejected = typeof post === 'string' ? post : typeof person === 'string' ? person : undefined;
  if (rejected || waitMs > 0) {
    // Sent again after its code has run out, a scan still gets its first answer.
    const stored = await storedKey(ctx, key);
    if (stored) return replay(stored, { bodyHash });
    if (waitMs > 0) throw rateLimited(ctx.locale, waitMs);
    const { viewer, address, limits, locale } = ctx;
    const { keyId, sessionId } = viewer;
    const who = keyId !== null ? `key ${keyId}` : sessionId !== null ? `session ${sessionId}` : address;
    // Codes that nobody signed are guesses. What is valid is taken from everybody, however many guesses came from there; but a
    // post's code is short, so whoever guesses those, with a pass that is right, is not heard for a while.
    if (person === 'PASS_INVALID') await limits.count('passes', who, locale);
    if (post === 'PASS_INVALID') await limits.count('postCodes', who, locale);
    if (post === 'PASS_INVALID' && guesser) await limits.countShort('postCodesOfVolunteer', guesser, locale);
    return { kind: 'rejected', reason: rejected! };
  }
  const reach = reachOf(ctx.viewer);
  const scan: Scan = {
    key,
    bodyHash,
    direction,
    method: input.method,
    postId: (post as PostTold | null)?.postId ?? null,
    volunteerId: (person as { volunteerId: number }).volunteerId,
    at: input.at ?? null,
    clockBehind: (post as PostTold | null)?.clockBehind ?? false,
    note: input.note ?? null,
    recordedBy: ctx.viewer.keyId,
    // Whoever reaches nothing has come with signed codes alone, and those are good at every post.
    scopeId: typeof reach === 'string' ? null : reach,
  };
  return ctx.checkInWriter.append(eventId, scan).catch((error: unknown) => {
    throw error instanceof UnknownFeed ? notFound(ctx.locale) : error;
  });
}

function checkShape(input: CheckInInput, direction: CheckInDirection, locale: Locale): void {
  const text = messages[locale];
  const bad = (message: string) => new AppError('BAD_USER_INPUT', message);
  if (input.postCode && input.post) throw bad(text.postTwice);
  if (!input.postCode && !input.post && direction === CheckInDirection.IN) throw bad(text.postMissing);
  if (input.pass && input.volunteer) throw bad(text.volunteerTwice);
  if (!input.pass && !input.volunteer) throw bad(text.volunteerMissing);
  if (input.method === CheckInMethod.POST_CODE && !input.postCode && direction === CheckInDirection.IN) {
    throw bad(text.codeForPostCode);
  }
  if (input.method === CheckInMethod.VOLUNTEER_PASS && !input.pass) throw bad(text.passForVolunteerPass);
  // Neither the database nor ISO 8601 goes on beyond these, and no device means it.
  if (input.at && (input.at.getUTCFullYear() < 1 || input.at.getUTCFullYear() > 9999)) throw bad(text.impossibleTime);
  if (input.note) {
    if ([...input.note].length > noteLength) throw bad(text.noteTooLong);
    if (!isText(input.note)) throw bad(text.invisibleText);
  }
}

/** Signed codes speak for themselves; an id has to be vouched for, and nobody else says that a leader did. */
function mayVouch({ viewer, locale }: Context, input: CheckInInput): void {
  if (reachOf(viewer) !== 'nowhere') return;
  const vouches = input.method === CheckInMethod.LEADER || input.method === CheckInMethod.KIOSK;
  if (!input.post && !input.volunteer && !vouches) return;
  throw viewer.role === ViewerRole.PUBLIC ? unauthenticated(locale) : forbidden(locale);
}

interface PostTold {
  postId: number;
  clockBehind: boolean;
}

/**
 * A code that was on the screen when the device says so: perhaps sent late. Or one that is there now: a device whose
 * clock is behind is no forger, but its time is not believed.
 */
function readCode(signer: Signer, code: string, told: Date, now: Date): PostTold | Rejection {
  const byDevice = readPostCode(signer, code, told);
  if (typeof byDevice !== 'string') return { ...byDevice, clockBehind: false };
  const byUs = readPostCode(signer, code, now);
  if (typeof byUs !== 'string') return { ...byUs, clockBehind: true };
  return byDevice === 'PASS_INVALID' ? byUs : byDevice;
}

function postOf(ctx: Context, id: string | null | undefined): PostTold | null {
  if (!id) return null;
  const postId = numericKey(id, 'GridPost');
  if (postId === undefined) throw notFound(ctx.locale);
  return { postId, clockBehind: false };
}

async function personOf(ctx: Context, id: string | null | undefined): Promise<{ volunteerId: number }> {
  const volunteerId = numericKey(id ?? '', 'Volunteer');
  if (volunteerId === undefined) throw notFound(ctx.locale);
  // Whoever acts everywhere sees everybody; the writer finds out whether the person exists.
  if (reachOf(ctx.viewer) !== 'everywhere' && !(await volunteerInReach(ctx, volunteerId))) throw notFound(ctx.locale);
  return { volunteerId };
}

/** Over all that the client sent, as it was sent. */
function hashOf(input: CheckInInput, direction: CheckInDirection): string {
  const { event, postCode, pass, post, volunteer, method, at, note } = input;
  const body = [direction, event, postCode, pass, post, volunteer, method, at?.toISOString(), note];
  return createHash('sha256')
    .update(JSON.stringify(body.map((part) => part ?? null)))
    .digest('hex');
}

async function storedKey(ctx: Context, key: string): Promise<StoredKey | undefined> {
  const [row] = await ctx.db.query<StoredKey>(
    `select key, encode(body_hash, 'hex') as "bodyHash", outcome, event_id as "eventId", sequence
     from check_in_key where key = $1`,
    [key],
    'stored-key',
  );
  return row;
}

async function rowOf(ctx: Context, { place, row }: { place: Place; row?: CheckIn }): Promise<CheckIn> {
  const found = row ?? (await checkInByPlace(ctx).load(place));
  if (!found) throw new Error(`check-in ${place.eventId}.${place.sequence} is referred to but missing`);
  return found;
}

async function refusal(ctx: Context, outcome: Exclude<Outcome, { kind: 'recorded' }> | Rejected) {
  const text = messages[ctx.locale];
  switch (outcome.kind) {
    case 'mismatch':
      throw new AppError('IDEMPOTENCY_MISMATCH', text.mismatch);
    case 'absent':
      throw notFound(ctx.locale);
    case 'suspended':
      return Object.assign(new VolunteerSuspended(), { message: text.suspended });
    case 'no-post':
      return Object.assign(new NotCheckedIn(), { message: text.notCheckedIn });
    case 'closed': {
      const { opensAt, closesAt } = outcome;
      const message = text.closed(dayAndTime(ctx, opensAt), dayAndTime(ctx, closesAt));
      return Object.assign(new CheckInClosed(), { message, opensAt, closesAt });
    }
    case 'already': {
      const row = await rowOf(ctx, outcome);
      const post = await requiredUnit(ctx, row.postId);
      return Object.assign(new AlreadyCheckedIn(), {
        message: text.already(timeOf(ctx, row.at), post.name),
        checkIn: row,
      });
    }
    case 'rejected': {
      const { reason } = outcome;
      const message = {
        PASS_INVALID: text.passInvalid,
        PASS_EXPIRED: text.passExpired,
        PASS_WRONG_EVENT: text.passWrongEvent,
      }[reason];
      return Object.assign(new PassRejected(), { message, reason });
    }
  }
}

function timeOf(ctx: Context, time: Date): string {
  return time.toLocaleTimeString(ctx.locale, {
    timeZone: ctx.timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
  });
}

function dayAndTime(ctx: Context, time: Date): string {
  return time.toLocaleString(ctx.locale, {
    timeZone: ctx.timeZone,
    month: 'numeric',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
  });
}
