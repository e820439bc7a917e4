import type pg from 'pg';
import type { Logger } from 'pino';
import { checkInWindow, closesAfterEndMs } from '../event/event.rules.js';
import { recordset } from '../feed/append.js';
import { CheckIn } from '../feed/check-in.entity.js';
import type { Clock } from '../kernel/clock.js';
import type { Database } from '../kernel/database/database.js';
import { Attendance } from './attendance.entity.js';
import { bookRows, type Stay } from './attendance.rules.js';

/** Under load, what was recorded within this time is booked together. */
const pauseMs = 200;
/** Without a bell: what has become due with time, and what a lost bell has missed. */
const lookMs = 30_000;
/** What becomes due with time is looked for this often, as long as anything goes on. */
const dueMs = 2_000;
/** Whoever has not checked out so long after their shift has forgotten it. */
const forgottenAfterMs = 2 * 3_600_000;
/** Whoever checks in this long before a shift at the post has come for it. */
const earlyMs = 2 * 3_600_000;
/** Rows of a log that one transaction books. */
const batchSize = 500;

/** The NOTIFY channel that rings when stays have changed; it carries nothing. */
export const attendanceBell = 'attendance';

/** What the bookkeeper writes; the rest of a stay is for people to write. */
const booked = `event_id, volunteer_id, post_id, team_id, station_id, school_id, in_at, out_at, minutes, grade, state, flags,
  in_sequence, out_sequence`;
const bookedTypes = `event_id int, volunteer_id int, post_id int, team_id int, station_id int, school_id int, in_at timestamptz,
  out_at timestamptz, minutes int, grade text, state text, flags text[], in_sequence int, out_sequence int`;

/**
 * Books the logs of all events into stays. Each event's book is a row that whoever books holds locked, and that says how far
 * it goes: so each row is booked once, by any node, whatever crashes. Recording a check-in knows nothing of it.
 */
export class Bookkeeper {
  private running: Promise<void> | undefined;
  private rungAgain = false;
  private lastDue = -Infinity;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly db: Database,
    private readonly log: Logger,
    private readonly clock: Clock,
  ) {}

  /** Something may be there to be booked. */
  readonly ring = (): void => {
    if (this.closed) return;
    if (this.running) {
      this.rungAgain = true;
      return;
    }
    clearTimeout(this.timer);
    const startedAt = performance.now();
    this.running = this.work().finally(() => {
      this.running = undefined;
      if (this.closed) return;
      this.timer = setTimeout(this.ring, this.rungAgain ? pauseMs : this.lastDue < startedAt ? dueMs : lookMs);
      this.rungAgain = false;
    });
  };

  private async work(): Promise<void> {
    try {
      await this.openBooks();
      while (!this.closed && (await this.bookSome()));
      if (this.closed || performance.now() - this.lastDue < dueMs) return;
      this.lastDue = performance.now();
      await this.settleDue();
    } catch (error) {
      this.log.warn({ err: error }, 'attendance could not be booked; the next look tries again');
    }
  }

  /** An event gets its book when there is something to be written into it. */
  private async openBooks(): Promise<void> {
    await this.db.query(
      `insert into attendance_book (event_id) select f.event_id from feed f where f.sequence > 0
         and not exists (select from attendance_book b where b.event_id = f.event_id) on conflict do nothing`,
      [],
      'book-open',
    );
  }

  /** Books some rows of an event that nobody else books just now; false when there is none with anything new. */
  private bookSome(): Promise<boolean> {
    return this.db.transaction(async (client) => {
      const { rows: books } = await client.query<{ eventId: number; from: number; startsAt: Date; endsAt: Date }>({
        name: 'book-book',
        text: `select b.event_id as "eventId", b.sequence as "from", e.starts_at as "startsAt", e.ends_at as "endsAt"
          from attendance_book b join feed f on f.event_id = b.event_id join community_event e on e.id = b.event_id
          where b.sequence < f.sequence order by b.event_id limit 1 for update of b skip locked`,
      });
      if (books[0]) await this.book(client, books[0]);
      return books.length > 0;
    });
  }

  private async book(
    client: pg.ClientBase,
    { eventId, from, startsAt, endsAt }: { eventId: number; from: number; startsAt: Date; endsAt: Date },
  ): Promise<void> {
    const { rows } = await client.query<CheckIn>({
      name: 'book-rows',
      text: `select ${this.db.columns(CheckIn, 'c')} from check_in c
        where c.event_id = $1 and c.sequence > $2 order by c.sequence limit $3`,
      values: [eventId, from, batchSize],
    });
    const { rows: known } = await client.query<Stay>({
      name: 'book-known',
      text: `select ${this.db.columns(Attendance, 'a')} from attendance a where a.event_id = $1 and a.in_sequence = any($2)
        union all
        select ${this.db.columns(Attendance, 'a')} from attendance a where a.id in (
          select max(w.id) from attendance w
          where w.event_id = $1 and w.in_sequence is null and w.out_sequence is not null and w.volunteer_id = any($3)
          group by w.volunteer_id)`,
      values: [
        eventId,
        rows.map((row) => row.endsSequence).filter((it) => it !== null),
        rows.map((row) => row.volunteerId),
      ],
    });
    // Whoever corrects one of them now waits, or has done so before we look.
    const { rows: held } = await client.query<Stay>({
      name: 'book-hold',
      text: `select ${this.db.columns(Attendance, 'a')} from attendance a where a.id = any($1) order by a.id for update`,
      values: [known.map((stay) => stay.id)],
    });
    const stays = bookRows(rows, held, { ...checkInWindow({ startsAt, endsAt }), endsAt });
    const fresh = stays.filter((stay) => stay.id === 0);
    const changed = stays.filter((stay) => stay.id !== 0);
    if (fresh.length > 0) {
      await client.query({
        name: 'book-begin',
        text: `insert into attendance (${booked}) select ${booked} from jsonb_to_recordset($1) as r (${bookedTypes})`,
        values: [recordset(fresh)],
      });
    }
    if (changed.length > 0) {
      await client.query({
        name: 'book-change',
        text: `update attendance a set post_id = r.post_id, team_id = r.team_id, station_id = r.station_id,
            school_id = r.school_id, in_at = r.in_at, out_at = r.out_at, minutes = r.minutes, grade = r.grade, state = r.state,
            flags = r.flags, in_sequence = r.in_sequence, out_sequence = r.out_sequence, version = a.version + 1, settled = false
          from jsonb_to_recordset($1) as r (id int, ${bookedTypes}) where a.id = r.id`,
        values: [recordset(changed)],
      });
    }
    await client.query({
      name: 'book-booked',
      text: `update attendance_book set sequence = $2 where event_id = $1`,
      values: [eventId, rows.at(-1)!.sequence],
    });
    await client.query(`select pg_notify('${attendanceBell}', '')`);
  }

  /** What nobody checked out of gets a proposal, up to the shift's or the event's end, and what was published long enough counts. */
  private async settleDue(): Promise<void> {
    const now = this.clock();
    const rows = await this.db.query<{ count: number }>(
      `with due as (
         select a.id, coalesce(s.ends_at, e.ends_at) as cap from attendance a join community_event e on e.id = a.event_id
         left join lateral (
           select s.ends_at from shift s where s.event_id = a.event_id and s.post_id = a.post_id and s.cancelled_at is null
             and s.starts_at <= a.in_at + make_interval(secs => $3) and s.ends_at > a.in_at
           order by abs(extract(epoch from s.starts_at - a.in_at)) limit 1) s on true
         where a.state = 'OPEN'
           and coalesce(s.ends_at + make_interval(secs => $4), e.ends_at + make_interval(secs => $2)) < $1
       ), forgotten as (
         update attendance a set out_at = greatest(a.in_at, d.cap),
           minutes = floor(extract(epoch from greatest(a.in_at, d.cap) - a.in_at) / 60)::int,
           state = 'PROVISIONAL', flags = array_append(a.flags, 'NO_CHECK_OUT'), version = a.version + 1, settled = false
         from due d where a.id = d.id and a.state = 'OPEN'
         returning a.id
       ), published as (
         update attendance set state = 'CONFIRMED', version = version + 1, settled = false
         where state = 'PUBLISHED' and published_until <= $1 returning id
       )
       select count(*)::int as count from (select id from forgotten union all select id from published) changed`,
      [now, closesAfterEndMs / 1000, earlyMs / 1000, forgottenAfterMs / 1000],
      'book-due',
    );
    if (rows[0]!.count > 0) await this.db.query(`select pg_notify('${attendanceBell}', '')`);
  }

  /** Resolves when what was under way is done. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await this.running;
  }
}
