import type pg from 'pg';
import type { Database } from '../kernel/database/database.js';

/** The NOTIFY channel that rings when a board has moved; the payload is the event's key. */
export const boardBell = 'board';

/** A place in everything that moves a board: the event's feed, the changes to its shifts and people, and time itself. */
export interface BoardPlace {
  readonly epoch: string;
  readonly feed: number;
  readonly board: number;
  /** Milliseconds: people become late, and offers expire, although nothing happens. */
  readonly time: number;
}

/**
 * Tells the boards of these shifts' events that the shifts are to be looked at again; `visited` are events whose board
 * somebody looks at. To be called at the end of a transaction, as from here on nobody else moves these boards.
 */
export async function moveBoards(client: pg.ClientBase, shiftIds: readonly number[]): Promise<void> {
  if (shiftIds.length === 0) return;
  await client.query({
    name: 'board-move',
    text: `with touched as (
        select s.event_id, s.id as shift_id, row_number() over (partition by s.event_id order by s.id) as place,
          count(*) over (partition by s.event_id) as size
        from shift s where s.id = any($1)
      ), heads as (
        insert into board (event_id, sequence)
        select event_id, size from (select distinct event_id, size from touched order by event_id) t
        on conflict (event_id) do update set sequence = board.sequence + excluded.sequence
        returning event_id, sequence
      ), log as (
        insert into board_change (event_id, sequence, shift_id)
        select t.event_id, h.sequence - t.size + t.place, t.shift_id from touched t join heads h on h.event_id = t.event_id
      )
      select pg_notify('${boardBell}', event_id::text) from heads`,
    values: [shiftIds],
  });
}

/** Tells an event's board that something changed which is no shift, such as who looks at it. */
export async function stirBoard(client: pg.ClientBase, eventId: number): Promise<void> {
  await client.query({
    name: 'board-stir',
    text: `with head as (
        insert into board (event_id, sequence) values ($1, 1)
        on conflict (event_id) do update set sequence = board.sequence + 1 returning event_id, sequence
      ), log as (
        insert into board_change (event_id, sequence, shift_id) select event_id, sequence, null from head
      )
      select pg_notify('${boardBell}', event_id::text) from head`,
    values: [eventId],
  });
}

/** Where an event's board is now; undefined when the event has no feed. */
export async function readBoardHead(db: Database, eventId: number, time: number): Promise<BoardPlace | undefined> {
  const [row] = await db.query<{ epoch: string; feed: number; board: number }>(
    `select f.epoch, f.sequence as feed, coalesce(b.sequence, 0) as board
     from feed f left join board b on b.event_id = f.event_id where f.event_id = $1`,
    [eventId],
    'board-head',
    3_000,
  );
  return row && { ...row, time };
}

export interface BoardChanges {
  /** Shifts to be looked at again, in the order of their start. */
  shiftIds: number[];
  /** Whether something changed that is no shift. */
  stirred: boolean;
}

/**
 * What is to be looked at again between two places, at these posts, or anywhere: shifts that were changed, those at whose
 * post somebody came or went, those of whoever did, and those for which a moment has come.
 */
export async function readBoardChanges(
  db: Database,
  eventId: number,
  postIds: readonly number[] | null,
  from: BoardPlace,
  to: BoardPlace,
  moments: { lateMs: number; missingMs: number },
): Promise<BoardChanges> {
  const rows = await db.query<{ id: number | null }>(
    `with moved as (
       select volunteer_id, post_id, left_post_id from check_in where event_id = $1 and sequence > $2 and sequence <= $3
     ), changed as (
       select shift_id from board_change where event_id = $1 and sequence > $4 and sequence <= $5
     )
     select * from (
       select s.id, s.starts_at from shift s where s.event_id = $1 and ($8::int[] is null or s.post_id = any($8)) and (
         s.id in (select shift_id from changed)
         or s.post_id in (select post_id from moved union select left_post_id from moved)
         or s.id in (select a.shift_id from moved m join assignment a on a.volunteer_id = m.volunteer_id and a.event_id = $1)
         or (s.starts_at > $6 and s.starts_at <= $7)
         or (s.starts_at > $6 - make_interval(secs => $9) and s.starts_at <= $7 - make_interval(secs => $9))
         or (s.starts_at > $6 - make_interval(secs => $10) and s.starts_at <= $7 - make_interval(secs => $10))
         or (s.ends_at > $6 and s.ends_at <= $7))
       union all
       select null, null where exists (select from changed where shift_id is null)
     ) found order by starts_at, id`,
    [
      ...[eventId, from.feed, to.feed, from.board, to.board, new Date(from.time), new Date(to.time), postIds],
      ...[moments.lateMs / 1000, moments.missingMs / 1000],
    ],
    'board-changes',
    3_000,
  );
  return {
    shiftIds: rows.map(({ id }) => id).filter((id) => id !== null),
    stirred: rows.some(({ id }) => id === null),
  };
}

/** All shifts of an event, at these posts or anywhere, that take place, in the order of their start. */
export async function readBoardShifts(
  db: Database,
  eventId: number,
  postIds: readonly number[] | null,
): Promise<number[]> {
  const rows = await db.query<{ id: number }>(
    `select s.id from shift s where s.event_id = $1 and ($2::int[] is null or s.post_id = any($2)) and s.cancelled_at is null
     order by s.starts_at, s.id`,
    [eventId, postIds],
    'board-shifts',
    3_000,
  );
  return rows.map(({ id }) => id);
}
