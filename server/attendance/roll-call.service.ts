import { checkIn, checkOut } from '../check-in/check-in.service.js';
import { AlreadyCheckedIn, CheckInRecorded, CheckOutRecorded } from '../check-in/check-in.result.js';
import { CheckInMethod } from '../feed/check-in.entity.js';
import type { Context } from '../kernel/context.js';
import { AppError } from '../kernel/errors.js';
import type { RollCallEntry, RollCallInput } from './attendance.input.js';
import { messages } from './attendance.messages.js';
import { RollCall, RollCallLine, RollCallOutcome } from './attendance.result.js';

/** Checks many people in or out at one post, by a leader's word. Each line is on its own, and so is its key. */
export async function rollCall(ctx: Context, { event, post, entries }: RollCallInput): Promise<RollCall> {
  if (entries.length === 0 || entries.length > 100) throw new AppError('BAD_USER_INPUT', messages[ctx.locale].tooMany);
  const lines = await Promise.all(
    entries.map((entry) =>
      take(ctx, event, post, entry).catch((error: unknown) => {
        if (!(error instanceof AppError)) throw error;
        return { outcome: RollCallOutcome.REFUSED, checkIn: null, message: error.message };
      }),
    ),
  );
  return Object.assign(new RollCall(), {
    lines: lines.map((line, i) => Object.assign(new RollCallLine(), line, { key: entries[i]!.key })),
  });
}

async function take(ctx: Context, event: string, post: string, { key, volunteer, direction, at }: RollCallEntry) {
  const scan = { key, event, post, volunteer, at, method: CheckInMethod.LEADER };
  const answer = direction === 'IN' ? await checkIn(ctx, scan) : await checkOut(ctx, scan);
  if (answer instanceof CheckInRecorded || answer instanceof CheckOutRecorded) {
    return { outcome: RollCallOutcome.RECORDED, checkIn: answer.checkIn, message: null };
  }
  if (answer instanceof AlreadyCheckedIn) {
    return { outcome: RollCallOutcome.ALREADY, checkIn: answer.checkIn, message: answer.message };
  }
  return { outcome: RollCallOutcome.REFUSED, checkIn: null, message: answer.message };
}
