import { AuditAction } from '../audit/audit-entry.entity.js';
import { recordAudit } from '../audit/audit.service.js';
import { withinSql, unitOfFilter } from '../hierarchy/hierarchy.service.js';
import { decodeCursor, toPage, type Page, type PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import { AppError } from '../kernel/errors.js';
import { reachOf } from '../kernel/viewer.js';
import { holdRegister } from '../volunteer/register.js';
import { Contingent } from '../volunteer/volunteer.entity.js';
import { volunteerInReach, volunteerRow } from '../volunteer/volunteer.service.js';
import type { PersonRefused } from './application.result.js';
import { personRefused, shortText } from './application.service.js';
import { enterKnown, knownBy, requireTeam, rowOf, today } from './enter.js';
import { readPerson } from './person.rules.js';
import { messages } from './recruitment.messages.js';
import { ReportIn } from './report-in.entity.js';
import type { ReportInInput } from './walk-in.input.js';
import { ReportInFeedback, ReportInRecorded } from './walk-in.result.js';

const columns = ({ db }: Context) => db.columns(ReportIn, 'r');

/** What of the slips the viewer sees: those of the teams where they work with people. */
const scopeOf = (ctx: Context): number | null => {
  const reach = reachOf(ctx.viewer);
  return reach === 'everywhere' ? null : reach === 'nowhere' ? 0 : reach;
};
const inReach = (parameter: string) => `(${parameter}::int is null or ${withinSql('r.unit_id', parameter)})`;

/**
 * Writes a slip. The member becomes a volunteer of the team, unless the register knows them by phone and name. The same
 * member from the same unit again has one slip, with what they offer now.
 */
export async function reportIn(ctx: Context, input: ReportInInput): Promise<ReportInRecorded | PersonRefused> {
  const team = await requireTeam(ctx, input.team);
  const organisation = shortText(ctx, input.organisation, 80);
  const offers = shortText(ctx, input.offers, 300);
  if (organisation === '') throw new AppError('BAD_USER_INPUT', messages[ctx.locale].tooLong);
  const person = readPerson({ ...input, contingent: Contingent.IN_SERVICE_MEMBER }, today(ctx));
  if (Array.isArray(person)) return personRefused(ctx, person[0]!);
  if (person.phone === null) return personRefused(ctx, 'PHONE_MISSING');
  return ctx.db.transaction(async (client) => {
    await holdRegister(client);
    const keys = await ctx.vault.hold(client);
    const [known] = await knownBy(client, keys, [person]);
    const isHere = known !== undefined && (await volunteerInReach(ctx, known.id)) !== null;
    const volunteerId = isHere
      ? known.id
      : (await enterKnown(ctx, client, keys, [{ ...person, teamId: team.id }]))[0]!.id;
    const { rows } = await client.query<ReportIn & { isNew: boolean }>(
      `insert into report_in as r (volunteer_id, unit_id, organisation, offers, reported_at) values ($1, $2, $3, $4, $5)
       on conflict (volunteer_id, organisation) where (ended_at is null) do update set offers = excluded.offers
       returning ${columns(ctx)}, xmax = 0 as "isNew"`,
      [volunteerId, team.id, organisation, offers, ctx.clock()],
    );
    const { isNew, ...row } = rows[0]!;
    const { number } = await rowOf(ctx, client, volunteerId);
    await recordAudit(ctx, client, {
      action: AuditAction.REPORT_IN_RECORDED,
      target: { type: 'Volunteer', id: volunteerId, name: number },
      unitId: team.id,
      details: { organisation },
    });
    volunteerRow(ctx).clear(volunteerId);
    return Object.assign(new ReportInRecorded(), { reportIn: Object.assign(new ReportIn(), row), isNew });
  });
}

/** The slips of the viewer's teams, the newest first. */
export async function listReportIns(
  ctx: Context,
  args: PageArgs,
  { within, organisation }: { within?: string | null; organisation?: string | null },
): Promise<Page<ReportIn>> {
  const unit = await unitOfFilter(ctx, within);
  const place = decodeCursor(args.after);
  const before = place === undefined ? null : /^\d{1,9}$/.test(place) ? Number(place) : 0;
  const where = `${inReach('$1')} and ${inReach('$2')} and ($3::text is null or r.organisation = $3)`;
  const values = [scopeOf(ctx), unit?.id ?? null, organisation ? shortText(ctx, organisation, 80) : null];
  const rows = await ctx.db.query<ReportIn>(
    `select ${columns(ctx)} from report_in r
     where ${where} and ($4::int is null or r.id < $4) order by r.id desc limit $5`,
    [...values, before, args.first + 1],
  );
  return toPage(
    rows.map((row) => Object.assign(new ReportIn(), row)),
    args,
    ({ id }) => id,
    async () =>
      (
        await ctx.db.query<{ count: number }>(`select count(*)::int as count from report_in r where ${where}`, values)
      )[0]!.count,
  );
}

export async function visibleReportIn(ctx: Context, id: number): Promise<ReportIn | null> {
  const [row] = await ctx.db.query<ReportIn>(
    `select ${columns(ctx)} from report_in r where r.id = $2 and ${inReach('$1')}`,
    [scopeOf(ctx), id],
  );
  return row ? Object.assign(new ReportIn(), row) : null;
}

/** What a unit is told for one quarter: counted from the log of check-ins, and nobody's name in it. */
export async function reportInFeedback(
  ctx: Context,
  organisation: string,
  year: number,
  quarter: number,
): Promise<ReportInFeedback> {
  if (quarter < 1 || quarter > 4 || year < 2000 || year > 9999) {
    throw new AppError('BAD_USER_INPUT', messages[ctx.locale].badQuarter);
  }
  const unit = shortText(ctx, organisation, 80);
  const first = `${year}-${String(quarter * 3 - 2).padStart(2, '0')}-01`;
  const [row] = await ctx.db.query<{
    from: Date;
    until: Date;
    members: number;
    served: number;
    checkIns: number;
    minutes: number;
    offers: string | null;
  }>(
    `with quarter as (
       select ($3::date)::timestamp at time zone $4 as first, ($3::date + interval '3 months')::timestamp at time zone $4 as last
     ), slips as (
       select r.* from report_in r, quarter
       where r.organisation = $1 and ${inReach('$2')} and r.reported_at < last and (r.ended_at is null or r.ended_at >= first)
     ), scans as (
       select c.* from check_in c, quarter
       where c.volunteer_id in (select volunteer_id from slips) and c.at >= first and c.at < last
     )
     select first as "from", last as until,
       (select count(distinct volunteer_id)::int from slips) as members,
       (select count(distinct volunteer_id)::int from scans where direction = 'IN') as served,
       (select count(*)::int from scans where direction = 'IN') as "checkIns",
       (select coalesce(sum(minutes), 0)::int from scans) as minutes,
       (select string_agg(offers, '；' order by offers) from (
          select distinct offers from slips where offers <> '' order by 1 limit 20) o) as offers
     from quarter`,
    [unit, scopeOf(ctx), first, ctx.timeZone],
  );
  const { offers, ...facts } = row!;
  const letter = messages[ctx.locale].feedback({
    organisation: unit,
    year,
    quarter,
    members: facts.members,
    served: facts.served,
    times: facts.checkIns,
    hours: (Math.floor(facts.minutes / 6) / 10).toFixed(1),
    offers: offers ?? '',
  });
  return Object.assign(new ReportInFeedback(), { organisation: unit, ...facts, letter });
}
