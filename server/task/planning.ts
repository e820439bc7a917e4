import type pg from 'pg';
import { AuditAction } from '../audit/audit-entry.entity.js';
import { recordAudit } from '../audit/audit.service.js';
import type { Context } from '../kernel/context.js';
import { notFound } from '../kernel/errors.js';
import { Shift } from '../event/shift.entity.js';
import { Assignment, type AssignmentState } from './assignment.entity.js';
import { moveBoards } from './board.log.js';

/** What one change of the plan works with, while nobody else changes these shifts or the time of these people. */
export interface Planning {
  client: pg.ClientBase;
  shifts: ReadonlyMap<number, Shift>;
  /** Shifts that boards have to look at again. */
  touched: Set<number>;
  /** What was done to assignments, for the audit log. */
  acts: { assignment: Assignment; from: AssignmentState | null }[];
}

/**
 * Runs `work` in one transaction that holds the shifts, then the people, each in the order of their keys: so two who plan for
 * the same person, or the same place, do it one after the other, and never wait for each other in a circle. Then tells the
 * boards and the audit log.
 */
export function planning<T>(
  ctx: Context,
  shiftIds: readonly number[],
  volunteerIds: readonly number[],
  work: (plan: Planning) => Promise<T>,
): Promise<T> {
  return ctx.db.transaction(async (client) => {
    const { rows } = await client.query<Shift>({
      name: 'planning-shifts',
      text: `select ${ctx.db.columns(Shift, 's')} from shift s where s.id = any($1) order by s.id for no key update`,
      values: [shiftIds],
    });
    if (volunteerIds.length > 0) {
      const { rows: people } = await client.query({
        name: 'planning-people',
        text: 'select from volunteer where id = any($1) and erased_at is null order by id for no key update',
        values: [volunteerIds],
      });
      if (people.length !== new Set(volunteerIds).size) throw notFound(ctx.locale);
    }
    const shifts = new Map(rows.map((row) => [row.id, Object.assign(new Shift(), row)]));
    const plan: Planning = { client, shifts, touched: new Set(), acts: [] };
    const result = await work(plan);
    await moveBoards(client, [...plan.touched]);
    for (const { assignment, from } of plan.acts) {
      await recordAudit(ctx, client, {
        action: AuditAction.ASSIGNMENT_CHANGED,
        target: { type: 'Assignment', id: assignment.id },
        unitId: shifts.get(assignment.shiftId)?.postId ?? null,
        details: { from, to: assignment.state, shift: assignment.shiftId, volunteer: assignment.volunteerId },
      });
    }
    return result;
  });
}

/** An assignment as it is now, held; NOT_FOUND when it has gone to a shift that is not held, as whoever reads it again will see. */
export async function held(ctx: Context, client: pg.ClientBase, { id }: Assignment): Promise<Assignment> {
  const { rows } = await client.query<Assignment>({
    name: 'planning-assignment',
    text: `select ${ctx.db.columns(Assignment, 'a')} from assignment a where a.id = $1 for no key update`,
    values: [id],
  });
  if (!rows[0]) throw notFound(ctx.locale);
  return Object.assign(new Assignment(), rows[0]);
}
