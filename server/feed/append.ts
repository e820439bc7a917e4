import type pg from 'pg';
import type { CheckIn } from './check-in.entity.js';
import { feedBell } from './hub.js';
import { emptyTally, type Tally } from './tally.entity.js';
import { addTally, foldRow, wholeEvent } from './tally.rules.js';

/** Where a feed stood when it was read. */
export interface Head {
  eventId: number;
  epoch: string;
  sequence: number;
}

/** What a batch was decided on has changed before it could be stored: nothing of it is, and it is decided again. */
export class BatchConflict extends Error {}

/**
 * Each part selects from `head`, which is empty when the feed has moved since it was read. The first one locks the feed;
 * nobody else moves its tallies then, so a unit without one gets its first here.
 */
const appendRows = `head as (
    update feed set sequence = sequence + $4, check_ins = check_ins + $5, people = people + $6, on_site = on_site + $7,
      minutes = minutes + $8
    where event_id = $1 and epoch = $2 and sequence = $3
    returning event_id
  ), log as (
    insert into check_in select r.* from head, json_populate_recordset(null::check_in, $9) r
  ), changes as (
    select * from head, unnest($10::int[], $11::int[], $12::int[], $13::int[], $14::int[])
      as c (unit_id, check_ins, people, on_site, minutes)
  ), moved as (
    update unit_tally t set check_ins = t.check_ins + c.check_ins, people = t.people + c.people,
      on_site = t.on_site + c.on_site, minutes = t.minutes + c.minutes
    from changes c where t.event_id = c.event_id and t.unit_id = c.unit_id
  ), begun as (
    insert into unit_tally (event_id, unit_id, check_ins, people, on_site, minutes)
    select c.* from changes c
    where not exists (select from unit_tally t where t.event_id = c.event_id and t.unit_id = c.unit_id)
  )`;

/** Further parts of the statement, for what has to be stored in the same moment; their values from `$15` on. */
export interface Companions {
  parts: string;
  values: unknown[];
}

/**
 * Stores rows behind `head`, with their companions, moves the tallies and the head, and rings the bell: one statement, so
 * all of it or nothing, and only if the feed still stands where it was read; otherwise throws BatchConflict. So numbers
 * come without a gap and in the order of commits, and no lock waits for this node.
 */
export async function appendToFeed(
  client: pg.ClientBase,
  { eventId, epoch, sequence }: Head,
  rows: readonly CheckIn[],
  also: Companions,
): Promise<void> {
  const changes = new Map<number, Tally>([[wholeEvent, { ...emptyTally }]]);
  for (const row of rows) {
    foldRow(row, (unitId, delta) => {
      let sum = changes.get(unitId);
      if (!sum) changes.set(unitId, (sum = { ...emptyTally }));
      addTally(sum, delta);
    });
  }
  const event = changes.get(wholeEvent)!;
  changes.delete(wholeEvent);
  const units = [...changes];
  const { rowCount } = await client.query({
    name: 'append',
    text: `with ${appendRows}, ${also.parts} select pg_notify('${feedBell}', event_id::text) from head`,
    values: [
      eventId,
      epoch,
      sequence,
      rows.length,
      event.checkIns,
      event.people,
      event.onSite,
      event.minutes,
      recordset(rows),
      units.map(([id]) => id),
      units.map(([, t]) => t.checkIns),
      units.map(([, t]) => t.people),
      units.map(([, t]) => t.onSite),
      units.map(([, t]) => t.minutes),
      ...also.values,
    ],
  });
  if (rowCount === 0) throw new BatchConflict('the feed has moved meanwhile');
}

const columnNames = new Map<string, string>();

/** Rows under their columns' names, as `json_populate_recordset` reads them; what is left out is null. */
export function recordset(rows: readonly object[]): string {
  return JSON.stringify(
    rows.map((row) => {
      const columns: Record<string, unknown> = {};
      for (const [name, value] of Object.entries(row)) {
        if (value === null) continue;
        let column = columnNames.get(name);
        if (!column) columnNames.set(name, (column = name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)));
        columns[column] = value;
      }
      return columns;
    }),
  );
}
