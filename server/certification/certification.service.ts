import type pg from 'pg';
import { Temporal } from 'temporal-polyfill';
import type { Attendance } from '../attendance/attendance.entity.js';
import type { GridPostKind } from '../hierarchy/service-unit.entity.js';
import type { Database } from '../kernel/database/database.js';
import { defineLoader } from '../kernel/loaders.js';
import { openAccounts } from '../ledger/accounts.js';
import { book, lockAccounts, NotCovered, type BookContext, type Booking } from '../ledger/book.js';
import { issuancesOf } from '../ledger/carry-over.js';
import { LedgerTransfer, TransferKind } from '../ledger/ledger.entity.js';
import { reversalOf } from '../ledger/ledger.service.js';
import { notify } from '../notification/notification.service.js';
import { policies, policyOn } from '../ledger/policy.service.js';
import type { TimePolicy } from '../ledger/policy.entity.js';
import { TimeAccountKind } from '../ledger/time-account.entity.js';
import { Certification, CertifiedDay } from './certification.entity.js';
import { tierReached } from './certification.news.js';
import { certify, type Calendar, type Grade, type Stay, type Verdict } from './certification.rules.js';

/** So many people at a time are looked at in one transaction. */
const peopleAtATime = 200;
/** Of stays that wait, those that are looked at to find them. */
const staysAtATime = 1_000;

export interface Progress {
  stays: number;
  days: number;
}

/**
 * Certifies all stays that have changed since they were looked at, by any node, and tells how far it has come. It can be stopped
 * and begun again at any time: what was certified is settled in the same transaction.
 */
export async function certifyAll(
  ctx: BookContext,
  onProgress: (progress: Progress) => void = () => {},
): Promise<Progress> {
  const done: Progress = { stays: 0, days: 0 };
  for (;;) {
    const part = await ctx.db.transaction((client) => certifySome(ctx, client), null);
    if (!part) return done;
    done.stays += part.stays;
    done.days += part.days;
    onProgress(done);
  }
}

type Row = Pick<Attendance, 'id' | 'volunteerId' | 'inAt' | 'outAt' | 'grade' | 'state'> & { category: GridPostKind };

/** Some people's stays; null when nobody's wait, or somebody else has them all. */
async function certifySome(ctx: BookContext, client: pg.ClientBase): Promise<Progress | null> {
  const { rows: waiting } = await client.query<{ id: number; volunteerId: number; inAt: Date; outAt: Date | null }>({
    name: 'certify-waiting',
    text: `select id, volunteer_id as "volunteerId", in_at as "inAt", out_at as "outAt" from attendance
      where not settled order by id limit $1 for update skip locked`,
    values: [staysAtATime],
  });
  if (waiting.length === 0) return null;
  const people = [...new Set(waiting.map((row) => row.volunteerId))].slice(0, peopleAtATime);
  const settled = waiting.filter((row) => people.includes(row.volunteerId));
  const now = ctx.clock();
  const accounts = await openAccounts(
    client,
    people.map((volunteerId) => ({ kind: TimeAccountKind.VOLUNTEER, volunteerId })),
    now,
  );
  const issuances = await issuancesOf(client, people, now);
  // From here on nobody else certifies these people: what is read below is the last word.
  await lockAccounts(client, [...accounts, ...issuances], now);
  const calendar = calendarOf(ctx.timeZone);
  const affected = await affectedDays(client, settled, calendar);
  const rows = await confirmedStays(client, affected);
  const versions = await policies(ctx, client);
  const certifiedDays = await daysOf(client, affected);
  const openings: Booking[] = [];
  const changed: CertifiedDay[] = [];
  const verdicts: Verdict[] = [];
  for (const [i, volunteerId] of people.entries()) {
    const days = affected.get(volunteerId)!;
    const own = rows.get(volunteerId) ?? [];
    for (const [policy, daysOfPolicy] of byPolicy(versions, days)) {
      const certified = certify(own.map(toStay), policy.rules, calendar);
      verdicts.push(...certified.verdicts.filter(({ stay }) => isWithin(stay, new Set(daysOfPolicy), calendar)));
      for (const day of daysOfPolicy) {
        const before = certifiedDays.get(`${volunteerId} ${day}`);
        const minutes = certified.days.get(day) ?? 0;
        if (minutes === (before?.minutes ?? 0) && !before?.unsettled) continue;
        const next = Object.assign(new CertifiedDay(), {
          ...{ volunteerId, day, minutes, policyId: policy.id, unsettled: 0 },
          ...{ bookings: before?.bookings ?? 0, transferIds: before?.transferIds ?? [] },
        });
        changed.push(next);
        // More is booked beside what there is. Less takes all of the day back, and books what is left.
        let more = minutes - (before?.minutes ?? 0);
        if (more < 0) {
          if (!(await takeBack(ctx, client, next.transferIds))) {
            Object.assign(next, { minutes: before!.minutes, unsettled: -more });
            continue;
          }
          next.transferIds = [];
          more = minutes;
        }
        if (more === 0) continue;
        next.bookings++;
        openings.push({
          key: keyOf(next),
          kind: TransferKind.CERTIFICATION,
          category: categoryOf(own, day, calendar),
          fromId: issuances[i]!,
          toId: accounts[i]!,
          minutes: more,
        });
      }
    }
  }
  if (openings.length > 0) {
    const { transfers, risen } = await book(ctx, client, openings);
    for (const { volunteerId, tier } of risen) {
      await notify(ctx, client, tierReached, [{ volunteerId }], { tier });
    }
    const byKey = new Map(transfers.map((it) => [it.key, it.id]));
    for (const it of changed) {
      const id = byKey.get(keyOf(it));
      if (id !== undefined) it.transferIds = [...it.transferIds, id];
    }
  }
  await store(client, changed, verdicts, settled, calendar, now);
  return { stays: settled.length, days: changed.length };
}

/** The days of the stays as they are, and those that they were certified for before. */
async function affectedDays(
  client: pg.ClientBase,
  stays: readonly { id: number; volunteerId: number; inAt: Date; outAt: Date | null }[],
  calendar: Calendar,
): Promise<Map<number, Set<string>>> {
  const { rows } = await client.query<{ id: number; days: string[] }>({
    name: 'certify-before',
    text: 'select attendance_id as id, days from certification where attendance_id = any($1)',
    values: [stays.map(({ id }) => id)],
  });
  const before = new Map(rows.map(({ id, days }) => [id, days]));
  const affected = new Map<number, Set<string>>();
  for (const { id, volunteerId, inAt, outAt } of stays) {
    const days = affected.get(volunteerId) ?? new Set();
    affected.set(volunteerId, days);
    for (const day of [...(before.get(id) ?? []), ...daysBetween(inAt, outAt ?? inAt, calendar)]) days.add(day);
  }
  return affected;
}

function daysBetween(from: Date, to: Date, calendar: Calendar): string[] {
  const days = [calendar.dayOf(from)];
  // Nobody stays for weeks, whatever a wrong clock says.
  for (let at = calendar.endOfDay(from); at < to && days.length < 8; at = calendar.endOfDay(at))
    days.push(calendar.dayOf(at));
  return days;
}

/** What counts of these people around these days, by person. */
async function confirmedStays(
  client: pg.ClientBase,
  affected: ReadonlyMap<number, ReadonlySet<string>>,
): Promise<Map<number, Row[]>> {
  const all = [...affected].flatMap(([id, days]) => [...days].map((day) => ({ id, day })));
  const { rows } = await client.query<Row>({
    name: 'certify-stays',
    text: `select distinct on (a.id) a.id, a.volunteer_id as "volunteerId", a.in_at as "inAt", a.out_at as "outAt", a.grade, a.state,
        p.kind as category
      from unnest($1::int[], $2::date[]) as d (volunteer_id, day)
      join attendance a on a.volunteer_id = d.volunteer_id and a.state = 'CONFIRMED'
        and a.in_at < d.day + interval '2 days' and a.out_at > d.day - interval '1 day'
      join service_unit p on p.id = a.post_id order by a.id`,
    values: [all.map(({ id }) => id), all.map(({ day }) => day)],
  });
  return Map.groupBy(rows, (row) => row.volunteerId);
}

async function daysOf(client: pg.ClientBase, affected: ReadonlyMap<number, ReadonlySet<string>>) {
  const all = [...affected].flatMap(([id, days]) => [...days].map((day) => ({ id, day })));
  const { rows } = await client.query<CertifiedDay>({
    name: 'certify-days',
    text: `select c.volunteer_id as "volunteerId", to_char(c.day, 'YYYY-MM-DD') as day, c.minutes, c.bookings, c.unsettled,
        c.transfer_ids as "transferIds", c.policy_id as "policyId"
      from unnest($1::int[], $2::date[]) as d (volunteer_id, day)
      join certified_day c on c.volunteer_id = d.volunteer_id and c.day = d.day`,
    values: [all.map(({ id }) => id), all.map(({ day }) => day)],
  });
  return new Map(rows.map((row) => [`${row.volunteerId} ${row.day}`, row]));
}

const keyOf = ({ volunteerId, day, bookings }: CertifiedDay) => `certification:${volunteerId}:${day}:${bookings}`;

/** Takes back what a day was booked for; false when it was spent already. */
async function takeBack(ctx: BookContext, client: pg.ClientBase, transferIds: readonly number[]): Promise<boolean> {
  // Without those that somebody took back by hand.
  const { rows } = await client.query<LedgerTransfer>(
    `select ${ctx.db.columns(LedgerTransfer, 't')} from ledger_transfer t where t.id = any($1)
       and not exists (select from ledger_transfer r where r.reverses_id = t.id) order by t.id`,
    [transferIds],
  );
  try {
    const reversals = rows.map((row) => reversalOf(Object.assign(new LedgerTransfer(), row), '服务记录已更正'));
    if (reversals.length > 0) await book(ctx, client, reversals);
    return true;
  } catch (error) {
    // Nothing was written yet when it is thrown.
    if (error instanceof NotCovered) return false;
    throw error;
  }
}

/** Only what is confirmed comes here: two people have signed it and it was published, where that is needed. */
const toStay = ({ id, inAt, outAt, grade }: Row): Stay => ({
  id: String(id),
  from: inAt,
  to: outAt,
  grade: grade as Grade,
  shift: null,
  isConfirmed: true,
  isPublished: true,
});

function byPolicy(versions: readonly TimePolicy[], days: ReadonlySet<string>): Map<TimePolicy, string[]> {
  return Map.groupBy([...days].sort(), (day) => policyOn(versions, day));
}

const isWithin = ({ from, to }: Stay, days: ReadonlySet<string>, calendar: Calendar) =>
  daysBetween(from, to ?? from, calendar).every((day) => days.has(day));

/** What was done for most of the day. */
function categoryOf(rows: readonly Row[], day: string, calendar: Calendar): GridPostKind | null {
  const ofDay = rows.filter(({ inAt, outAt }) => daysBetween(inAt, outAt!, calendar).includes(day));
  const lasted = ({ inAt, outAt }: Row) => outAt!.getTime() - inAt.getTime();
  return ofDay.toSorted((a, b) => lasted(b) - lasted(a))[0]?.category ?? null;
}

async function store(
  client: pg.ClientBase,
  days: readonly CertifiedDay[],
  verdicts: readonly Verdict[],
  settled: readonly { id: number; volunteerId: number; inAt: Date; outAt: Date | null }[],
  calendar: Calendar,
  now: Date,
): Promise<void> {
  await client.query({
    name: 'certify-store-days',
    text: `insert into certified_day (volunteer_id, day, minutes, bookings, transfer_ids, policy_id, unsettled)
      select r."volunteerId", r.day, r.minutes, r.bookings, r."transferIds", r."policyId", r.unsettled
      from jsonb_to_recordset($1) as r ("volunteerId" int, day date, minutes int, bookings int, "transferIds" int[],
        "policyId" int, unsettled int)
      on conflict (volunteer_id, day) do update set minutes = excluded.minutes, bookings = excluded.bookings,
        transfer_ids = excluded.transfer_ids, policy_id = excluded.policy_id, unsettled = excluded.unsettled`,
    values: [JSON.stringify(days)],
  });
  // What counts has its verdict; what no longer does, none but that it comes to nothing.
  const told = new Map<number, { minutes: number; findings: readonly string[]; days: string[] }>();
  for (const { id, inAt, outAt } of settled) {
    told.set(id, { minutes: 0, findings: [], days: daysBetween(inAt, outAt ?? inAt, calendar) });
  }
  for (const { stay, minutes, findings } of verdicts) {
    told.set(Number(stay.id), { minutes, findings, days: daysBetween(stay.from, stay.to!, calendar) });
  }
  const rows = [...told].map(([id, it]) => ({ id, ...it }));
  await client.query({
    name: 'certify-store-verdicts',
    text: `insert into certification (attendance_id, minutes, findings, days, at)
      select r.id, r.minutes, r.findings, r.days, $2 from jsonb_to_recordset($1)
        as r (id int, minutes int, findings text[], days text[])
      on conflict (attendance_id) do update set minutes = excluded.minutes, findings = excluded.findings,
        days = excluded.days, at = excluded.at`,
    values: [JSON.stringify(rows), now],
  });
  await client.query({
    name: 'certify-settled',
    text: 'update attendance set settled = true where id = any($1)',
    values: [settled.map(({ id }) => id)],
  });
}

/** The community's days, as the rules ask for them. */
export function calendarOf(timeZone: string): Calendar {
  const days = new Intl.DateTimeFormat('sv-SE', { timeZone });
  const ends = new Map<string, Date>();
  return {
    dayOf: (at) => days.format(at),
    endOfDay(at) {
      const day = days.format(at);
      let end = ends.get(day);
      if (!end) {
        const next = Temporal.PlainDate.from(day).add({ days: 1 }).toZonedDateTime(timeZone);
        ends.set(day, (end = new Date(next.epochMilliseconds)));
      }
      return end;
    },
  };
}

/** What each of these stays came to; null for those that were not looked at yet. */
export const certificationOf = defineLoader(async (db: Database, ids: readonly number[]) => {
  const rows = await db.query<Certification>(
    `select ${db.columns(Certification, 'c')} from certification c where c.attendance_id = any($1)`,
    [ids],
    'certifications-of',
  );
  const byId = new Map(rows.map((row) => [row.attendanceId, Object.assign(new Certification(), row)]));
  return ids.map((id) => byId.get(id) ?? null);
});
