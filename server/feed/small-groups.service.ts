import type { Context } from '../kernel/context.js';
import { defineLoader } from '../kernel/loaders.js';
import { ViewerRole } from '../kernel/viewer.js';
import { unitPath } from '../hierarchy/hierarchy.service.js';
import type { Channel, Scoreboard } from './channel.js';
import { isSmall, withheldAmong } from './small-groups.rules.js';
import { emptyTally, suppressedTally, type Tally } from './tally.entity.js';
import { wholeEvent } from './tally.rules.js';
import { allTimeTally, feedHead, unitTally } from './tally.service.js';

/** Partner organisations get figures from five people up. Everybody else sees the wall, where each person is shown. */
function isToldSmallGroups(ctx: Context): boolean {
  return ctx.viewer.role !== ViewerRole.PARTNER;
}

/** An event's own tally, as far as the viewer may know it. */
export async function shownEventTally(ctx: Context, eventId: number): Promise<Tally> {
  const tally = await feedHead(ctx).load(eventId);
  return isToldSmallGroups(ctx) || !isSmall(tally.people) ? tally : suppressedTally;
}

/** A unit's tally in one event, or over all of them when there is none, as far as the viewer may know it. */
export function shownUnitTally(ctx: Context, unitId: number, eventId: number | null): Promise<Tally> {
  if (!isToldSmallGroups(ctx)) return withheldUnitTally(ctx, unitId, eventId);
  return eventId === null ? allTimeTally(ctx).load(unitId) : unitTally(ctx).load({ eventId, unitId });
}

async function withheldUnitTally(ctx: Context, unitId: number, eventId: number | null): Promise<Tally> {
  if (eventId !== null) return (await shownInEvent(ctx, eventId, unitId)) ?? suppressedTally;
  // What all events sum up to would tell of the one that is withheld.
  const tally = await allTimeTally(ctx).load(unitId);
  // Where nobody was at the unit itself, what is above it may still be withheld with everything below.
  const [school] = await unitPath(ctx).load(unitId);
  const events = await eventsOf(ctx).load(school!);
  const shown = await Promise.all(events.map((event) => shownInEvent(ctx, event, unitId)));
  return isSmall(tally.people) || shown.includes(null) ? suppressedTally : tally;
}

/** Null when it is withheld. What is above a unit is read before it, so it is never ahead: that only withholds more. */
async function shownInEvent(ctx: Context, eventId: number, unitId: number): Promise<Tally | null> {
  let parent: Tally = await feedHead(ctx).load(eventId);
  if (isSmall(parent.people)) return null;
  let parentId = 0;
  for (const id of await unitPath(ctx).load(unitId)) {
    const children = await childTallies(ctx).load({ eventId, parentId });
    if (withheldAmong(parent.people, children).has(id)) return null;
    parent = children.find((child) => child.unitId === id) ?? emptyTally;
    parentId = id;
  }
  return parent;
}

/** The tallies of the units directly below one, or of the schools below 0; none for those where nobody was. */
const childTallies = defineLoader(
  async (db, keys: readonly { eventId: number; parentId: number }[]) => {
    const rows = await db.query<Tally & { ask: number; unitId: number }>(
      `select k.ask, t.unit_id as "unitId", t.check_ins as "checkIns", t.people, t.on_site as "onSite", t.minutes
       from unnest($1::int[], $2::int[], $3::int[]) as k (ask, event_id, parent_id)
       cross join lateral (
         select u.id from service_unit u where u.parent_id = k.parent_id
         union all select u.id from service_unit u where k.parent_id = 0 and u.parent_id is null
       ) u
       join unit_tally t on t.event_id = k.event_id and t.unit_id = u.id`,
      [keys.map((_, i) => i), keys.map((k) => k.eventId), keys.map((k) => k.parentId)],
      'child-tallies',
    );
    const tallies: (Tally & { unitId: number })[][] = keys.map(() => []);
    for (const row of rows) tallies[row.ask]!.push(row);
    return tallies;
  },
  ({ eventId, parentId }) => `${eventId} ${parentId}`,
);

/** The events in which anything was counted at a unit. */
const eventsOf = defineLoader(async (db, unitIds: readonly number[]) => {
  const rows = await db.query<{ unitId: number; eventId: number }>(
    `select t.unit_id as "unitId", t.event_id as "eventId"
     from feed f join unit_tally t on t.event_id = f.event_id and t.unit_id = any($1)`,
    [unitIds],
    'events-of-unit',
  );
  return unitIds.map((id) => rows.filter(({ unitId }) => unitId === id).map(({ eventId }) => eventId));
});

const shownBoards = new WeakMap<Scoreboard, Scoreboard>();

/**
 * Makes of a unit's scoreboards what the viewer may know of them: of the same one the same, so that what is told to many
 * can be shared. What it has to know for that, besides what a scoreboard holds, are the tallies of `above`, the units above
 * this one, and of everything in their outlines.
 */
export async function scoreboardViewOf(
  ctx: Context,
  channel: Channel,
  unitId: number | null,
): Promise<{ show: (board: Scoreboard) => Scoreboard; above: number[] }> {
  if (isToldSmallGroups(ctx)) return { show: (board) => board, above: [] };
  const { outlines } = ctx.hub;
  const path = unitId === null ? [] : await unitPath(ctx).load(unitId);
  const levels = path.map((id, i) => ({ id, parentId: path[i - 1] ?? wholeEvent }));
  const peopleOf = (id: number) => ({ unitId: id, people: channel.tallyOf(id).people });
  const isWithheld = () =>
    isSmall(channel.tallyOf(wholeEvent).people) ||
    levels.some(({ id, parentId }) => {
      const siblings = outlines.below(parentId).map((unit) => peopleOf(unit.id));
      // What has been moved elsewhere would have to be judged there.
      const moved = !siblings.some((sibling) => sibling.unitId === id);
      return moved || withheldAmong(channel.tallyOf(parentId).people, siblings).has(id);
    });
  const make = (board: Scoreboard): Scoreboard => {
    const whole = isWithheld();
    const withheld = withheldAmong(
      board.tally.people,
      board.units.map(({ unit, tally }) => ({ unitId: unit.id, people: tally.people })),
    );
    return {
      ...board,
      tally: whole ? suppressedTally : board.tally,
      units: board.units.map(({ unit, tally }) => ({
        unit,
        tally: whole || withheld.has(unit.id) ? suppressedTally : tally,
      })),
    };
  };
  const show = (board: Scoreboard): Scoreboard => {
    let shown = shownBoards.get(board);
    if (!shown) shownBoards.set(board, (shown = make(board)));
    return shown;
  };
  return { show, above: [wholeEvent, ...levels.slice(1).map(({ parentId }) => parentId)] };
}
