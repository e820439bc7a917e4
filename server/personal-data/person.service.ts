import type pg from 'pg';
import { eraseAccountOf } from '../access/account.service.js';
import { lastAdministrator } from '../access/last-administrator.js';
import { hashPassword, oneTimePassword, unlessOverloaded } from '../access/passwords.js';
import { AuditAction } from '../audit/audit-entry.entity.js';
import { recordAudit } from '../audit/audit.service.js';
import type { Context } from '../kernel/context.js';
import { notFound } from '../kernel/errors.js';
import { numericKey } from '../kernel/global-id.js';
import { maySeePerson, volunteerRow } from '../volunteer/volunteer.service.js';
import type { Volunteer } from '../volunteer/volunteer.entity.js';
import { refusedReason, requirePerson, withPerson, withPersonOffScreens } from './hold.js';
import { aboutPerson, forget } from './personal-data.service.js';
import { VolunteerErased, VolunteerExported } from './personal-data.result.js';
import { applicantOf } from '../recruitment/applicant.js';
import { Application } from '../recruitment/application.entity.js';
import { lockRecord } from '../vault/sealed.js';

/** What stands in place of a number that is no longer anybody's. */
const tombstoneOf = (id: number) => `ERASED-${id}`;

/** What goes with a person who is erased: nothing that was counted refers to it. */
const ofThePerson = [
  'volunteer_search',
  'suspension',
  'availability',
  'team_change',
  'report_in',
  'walk_in',
  'application',
];

/** Everything that is kept about one person, in clear, for handing it to them. */
export async function exportVolunteer(ctx: Context, id: string, reason: string) {
  const person = await requirePerson(ctx, id);
  const refused = refusedReason(ctx, reason);
  if (refused) return refused;
  return withPerson(ctx, person.id, async (client, volunteer) => {
    const keys = await ctx.vault.hold(client);
    const document = {
      exportedAt: ctx.clock(),
      volunteer: await registered(client, volunteer),
      personalData: await lockRecord(ctx.db, client, keys, volunteer.id),
      checkIns: await checkInsOf(client, volunteer.id),
      stays: await staysOf(client, volunteer.id),
      attendance: await attendanceOf(client, volunteer.id),
      assignments: await assignmentsOf(client, volunteer.id),
      account: await accountOf(client, volunteer.id),
      timeAccount: await timeAccountOf(client, volunteer.id),
      redemptions: await redemptionsOf(client, volunteer.id),
      certifiedDays: await certifiedDaysOf(client, volunteer.id),
      service: await serviceOf(ctx, client, volunteer.id),
      notifications: await notificationsOf(client, volunteer.id),
      auditLog: await auditOf(client, volunteer.id),
    };
    await recordAudit(ctx, client, { ...aboutPerson(AuditAction.PERSON_EXPORTED, volunteer), reason });
    return Object.assign(new VolunteerExported(), { document });
  });
}

/**
 * Makes a person unrecognisable for good: the name, the number, the record, the notes beside their check-ins, their passes
 * and their account. Check-ins, stays and tallies keep their numbers, as nobody's in particular. Screens begin anew within
 * seconds. Done again, it tells when it was done.
 */
export async function eraseVolunteer(ctx: Context, id: string, reason: string) {
  const key = numericKey(id, 'Volunteer');
  const person = key === undefined ? null : await volunteerRow(ctx).load(key);
  if (!person || !(await maySeePerson(ctx, person))) throw notFound(ctx.locale);
  const refused = refusedReason(ctx, reason);
  if (refused) return refused;
  let accountId: number | null = null;
  // Made before anything is held: it takes its time.
  const passwordHash = await unlessOverloaded(ctx, () => hashPassword(oneTimePassword()));
  const erased = await withPersonOffScreens(ctx, person.id, 'all', async (client, volunteer, renewScreens) => {
    const tombstone = tombstoneOf(volunteer.id);
    const erasedAt = volunteer.erasedAt ?? ctx.clock();
    if (!volunteer.erasedAt) {
      await renewScreens();
      // Time stays where it is, as nobody's; who belonged to whom goes.
      await client.query('delete from family_member where volunteer_id = $1', [volunteer.id]);
      await client.query('delete from volunteer_record where volunteer_id = $1', [volunteer.id]);
      for (const table of ofThePerson)
        await client.query(`delete from ${table} where volunteer_id = $1`, [volunteer.id]);
      await client.query(
        'delete from notification where volunteer_id = $1 or account_id = (select id from account where volunteer_id = $1)',
        [volunteer.id],
      );
      await client.query('update check_in set note = null where volunteer_id = $1 and note is not null', [
        volunteer.id,
      ]);
      await client.query(
        `with assignments as (
           update assignment set remark = null, version = version + 1,
             state = case when state in ('WAITLISTED', 'OFFERED', 'ACCEPTED') then 'RELEASED' else state end
           where volunteer_id = $1
         ), skills as (
           delete from volunteer_skill where volunteer_id = $1
         ), words as (
           update attendance set content = '' where volunteer_id = $1 and content is not null
         )
         update attendance_change c set reason = null from attendance a
         where a.id = c.attendance_id and a.volunteer_id = $1`,
        [volunteer.id],
      );
      await client.query(
        `update volunteer set name = '', number = $2, screen_consent = false, erased_at = $3 where id = $1`,
        [volunteer.id, tombstone, erasedAt],
      );
      accountId = await eraseAccountOf(ctx, client, volunteer.id, passwordHash);
      const act = aboutPerson(AuditAction.PERSON_ERASED, volunteer);
      await recordAudit(ctx, client, { ...act, reason, details: { account: accountId } });
    }
    return Object.assign(new VolunteerErased(), { tombstone, erasedAt });
  }).catch((error: unknown) => lastAdministrator(ctx, error));
  if (accountId !== null) ctx.authenticator.forget((viewer) => viewer.accountId === accountId);
  forget(ctx, person.id);
  return erased;
}

async function registered(client: pg.ClientBase, { id, number, name, contingent, tier, screenConsent }: Volunteer) {
  const { rows } = await client.query<{ code: string; name: string }>(
    'select t.code, t.name from volunteer v join service_unit t on t.id = v.team_id where v.id = $1',
    [id],
  );
  const { rows: skills } = await client.query<object>(
    `select s.code, s.name, v.until from volunteer_skill v join skill s on s.id = v.skill_id where v.volunteer_id = $1
     order by s.code`,
    [id],
  );
  return { number, name, contingent, tier, screenConsent, team: rows[0] ?? null, skills };
}

async function checkInsOf(client: pg.ClientBase, id: number) {
  const { rows } = await client.query<object>(
    `select e.code as event, e.title, c.sequence, c.direction, c.method, c.at, c.recorded_at as "recordedAt",
       p.code as "postCode", p.name as post, c.note, c.review
     from check_in c join community_event e on e.id = c.event_id join service_unit p on p.id = c.post_id
     where c.volunteer_id = $1 order by e.starts_at, c.event_id, c.sequence`,
    [id],
  );
  return rows;
}

/** Each with its whole minutes, as they were counted; null for those that are kept for review. */
async function staysOf(client: pg.ClientBase, id: number) {
  const { rows } = await client.query<object>(
    `select e.code as event, p.code as "postCode", p.name as post, i.at as since, c.at as until, c.minutes
     from check_in c join check_in i on i.event_id = c.event_id and i.sequence = c.ends_sequence
     join community_event e on e.id = c.event_id join service_unit p on p.id = i.post_id
     where c.volunteer_id = $1 order by e.starts_at, c.event_id, c.sequence`,
    [id],
  );
  return rows;
}

/** What counts of it and what does not, with what people changed and why. */
async function attendanceOf(client: pg.ClientBase, id: number) {
  const { rows } = await client.query<object>(
    `select e.code as event, p.code as "postCode", p.name as post, a.in_at as since, a.out_at as until, a.minutes, a.grade, a.state,
       a.flags, a.content, a.published_until as "publishedUntil",
       (select json_agg(json_build_object('at', c.at, 'reason', c.reason, 'oldState', c.old_state, 'newState', c.new_state,
          'oldSince', c.old_in_at, 'oldUntil', c.old_out_at, 'newSince', c.new_in_at, 'newUntil', c.new_out_at) order by c.id)
        from attendance_change c where c.attendance_id = a.id) as changes
     from attendance a join service_unit p on p.id = a.post_id left join community_event e on e.id = a.event_id
     where a.volunteer_id = $1 order by a.id`,
    [id],
  );
  return rows;
}

async function assignmentsOf(client: pg.ClientBase, id: number) {
  const { rows } = await client.query<object>(
    `select e.code as event, p.code as "postCode", p.name as post, a.starts_at as since, a.ends_at as until, a.state, a.stars, a.remark
     from assignment a join shift s on s.id = a.shift_id join service_unit p on p.id = s.post_id
     join community_event e on e.id = a.event_id where a.volunteer_id = $1 order by a.starts_at, a.id`,
    [id],
  );
  return rows;
}

async function accountOf(client: pg.ClientBase, id: number) {
  const { rows } = await client.query<object>(
    `select a.login, a.name, a.created_at as "createdAt", a.disabled_at as "disabledAt",
       a.last_sign_in_at as "lastSignInAt",
       (select json_agg(json_build_object('role', g.role, 'unit', u.code, 'startsAt', g.starts_at, 'endsAt', g.ends_at)
          order by g.id)
        from role_grant g left join service_unit u on u.id = g.unit_id where g.account_id = a.id) as roles,
       (select json_agg(json_build_object('createdAt', s.created_at, 'lastSeenAt', s.last_seen_at, 'address', s.address,
          'userAgent', s.user_agent) order by s.id)
        from session s where s.account_id = a.id) as sessions
     from account a where a.volunteer_id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

/** How they came to serve, where, and when they did not or can. */
async function serviceOf(ctx: Context, client: pg.ClientBase, id: number) {
  const all = async (statement: string) => (await client.query<object>(statement, [id])).rows;
  const { rows } = await client.query<Application>(
    `select ${ctx.db.columns(Application, 'a')} from application a where a.volunteer_id = $1 order by a.id`,
    [id],
  );
  return {
    applications: await Promise.all(
      rows.map(async (row) => {
        const { reference, state, createdAt, decidedAt } = row;
        return { reference, state, createdAt, decidedAt, applicant: await applicantOf(ctx, row) };
      }),
    ),
    walkIns: await all('select at from walk_in where volunteer_id = $1'),
    reportIns: await all(
      `select r.id, r.organisation, r.offers, r.reported_at as "reportedAt", r.ended_at as "endedAt", u.code as unit
       from report_in r join service_unit u on u.id = r.unit_id where r.volunteer_id = $1 order by r.id`,
    ),
    teamChanges: await all(
      `select c.at, c.reason, f.code as "from", t.code as "to" from team_change c
       left join service_unit f on f.id = c.from_team_id join service_unit t on t.id = c.to_team_id
       where c.volunteer_id = $1 order by c.id`,
    ),
    suspensions: await all('select since, until, reason from suspension where volunteer_id = $1 order by id'),
    availability: await all(
      `select weekday, from_minute as "fromMinute", until_minute as "untilMinute" from availability
       where volunteer_id = $1 order by 1, 2`,
    ),
  };
}

async function notificationsOf(client: pg.ClientBase, id: number) {
  const { rows } = await client.query<object>(
    `select kind, created_at as "createdAt", read_at as "readAt" from notification
     where volunteer_id = $1 or account_id = (select a.id from account a where a.volunteer_id = $1) order by id`,
    [id],
  );
  return rows;
}

/** The ledger keeps its entries for ever, as an erased person's: nothing in them tells whose they were. */
async function timeAccountOf(client: pg.ClientBase, id: number) {
  const { rows } = await client.query<object>(
    `select a.balance, a.held, a.certified, a.opened_at as "openedAt",
       (select json_agg(json_build_object('at', e.at, 'kind', t.kind, 'category', t.category, 'minutes', e.minutes,
          'balance', e.balance, 'reason', t.reason) order by e.sequence)
        from ledger_entry e join ledger_transfer t on t.id = e.transfer_id where e.account_id = a.id) as entries,
       (select f.title from family_member m join time_account f on f.id = m.account_id where m.volunteer_id = $1) as family
     from time_account a where a.volunteer_id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

async function certifiedDaysOf(client: pg.ClientBase, id: number) {
  const { rows } = await client.query<object>(
    `select to_char(day, 'YYYY-MM-DD') as day, minutes from certified_day where volunteer_id = $1 order by day`,
    [id],
  );
  return rows;
}

async function redemptionsOf(client: pg.ClientBase, id: number) {
  const { rows } = await client.query<object>(
    `select w.name as reward, r.state, r.created_at as "createdAt", r.ended_at as "endedAt"
     from redemption r join reward w on w.id = r.reward_id where r.volunteer_id = $1 order by r.id`,
    [id],
  );
  return rows;
}

/** Who acted stands there by role alone: their names are theirs. */
async function auditOf(client: pg.ClientBase, id: number) {
  const { rows } = await client.query<object>(
    `select sequence, at, action, actor_role as "actorRole", reason, details
     from audit_entry where target_type = 'Volunteer' and target_id = $1 order by sequence`,
    [String(id)],
  );
  return rows;
}
