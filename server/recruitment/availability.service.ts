import type pg from 'pg';
import type { Context } from '../kernel/context.js';
import { AppError, notFound } from '../kernel/errors.js';
import { numericKey } from '../kernel/global-id.js';
import { defineLoader } from '../kernel/loaders.js';
import { Availability } from '../volunteer/availability.entity.js';
import type { Volunteer } from '../volunteer/volunteer.entity.js';
import { visibleVolunteer } from '../volunteer/volunteer.service.js';
import type { AvailabilityInput } from './application.input.js';
import { areWindows, type Window } from './person.rules.js';
import { messages } from './recruitment.messages.js';

export const availabilityOf = defineLoader(async (db, ids: readonly number[]) => {
  const rows = await db.query<Availability>(
    `select volunteer_id as "volunteerId", weekday, from_minute as "fromMinute", until_minute as "untilMinute"
     from availability where volunteer_id = any($1) order by weekday, from_minute`,
    [ids],
    'availability',
  );
  const byPerson = Map.groupBy(rows, ({ volunteerId }) => volunteerId);
  return ids.map((id) => (byPerson.get(id) ?? []).map((row) => Object.assign(new Availability(), row)));
});

/** Replaces when somebody can mostly serve: for oneself, or for people whom one's office shows. */
export async function setAvailability(ctx: Context, id: string, windows: AvailabilityInput[]): Promise<Volunteer> {
  const key = numericKey(id, 'Volunteer');
  const volunteer = key === undefined ? null : await visibleVolunteer(ctx, key);
  if (!volunteer) throw notFound(ctx.locale);
  if (!areWindows(windows)) throw new AppError('BAD_USER_INPUT', messages[ctx.locale].badAvailability);
  await ctx.db.transaction(async (client) => {
    await client.query('select from volunteer where id = $1 for no key update', [volunteer.id]);
    await writeAvailability(client, volunteer.id, windows);
  });
  availabilityOf(ctx).clear(volunteer.id);
  return volunteer;
}

export async function writeAvailability(
  client: pg.ClientBase,
  volunteerId: number,
  windows: readonly Window[],
): Promise<void> {
  await client.query('delete from availability where volunteer_id = $1', [volunteerId]);
  await client.query(
    `insert into availability (volunteer_id, weekday, from_minute, until_minute)
     select $1, * from unnest($2::int[], $3::int[], $4::int[])`,
    [
      volunteerId,
      windows.map(({ weekday }) => weekday),
      windows.map(({ fromMinute }) => fromMinute),
      windows.map(({ untilMinute }) => untilMinute),
    ],
  );
}
