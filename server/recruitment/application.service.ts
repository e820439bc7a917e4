import { AuditAction } from '../audit/audit-entry.entity.js';
import { recordAudit, requireReason } from '../audit/audit.service.js';
import { requiredUnit, unitOfFilter, withinSql } from '../hierarchy/hierarchy.service.js';
import { decodeCursor, toPage, type Page, type PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import { AppError, notFound } from '../kernel/errors.js';
import { numericKey } from '../kernel/global-id.js';
import { requireText } from '../kernel/text.js';
import { managedReachOf } from '../kernel/viewer.js';
import { networkOf } from '../access/limits.js';
import { idOf, requireManager } from '../access/manager.js';
import { managersOf, notify } from '../notification/notification.service.js';
import { ageOn, consentGap, maskPhone } from '../vault/person.rules.js';
import { ConsentMeans } from '../vault/volunteer-record.entity.js';
import { Availability } from '../volunteer/availability.entity.js';
import { holdRegister } from '../volunteer/register.js';
import { Contingent, type Volunteer } from '../volunteer/volunteer.entity.js';
import { maskName, stripInvisible } from '../volunteer/volunteer.rules.js';
import { volunteerInReach, volunteerRow } from '../volunteer/volunteer.service.js';
import { applicantOf, openApplicant, sealApplicant } from './applicant.js';
import { Application, ApplicationState } from './application.entity.js';
import type { AdmitApplicationInput, ApplicationProofInput, ApplyInput } from './application.input.js';
import {
  ApplicantView,
  ApplicationAdmitted,
  ApplicationDecided,
  ApplicationDeclined,
  ApplicationReceived,
  ApplicationStatus,
  PersonFaultReason,
  PersonRefused,
} from './application.result.js';
import { writeAvailability } from './availability.service.js';
import { codeFor, hashOfCode } from './codes.js';
import { enterKnown, knownBy, requireTeam, rowOf, today } from './enter.js';
import { applicationReceived } from './news.js';
import { areWindows, readPerson, type PersonFault } from './person.rules.js';
import { messages } from './recruitment.messages.js';

/** What was decided is forgotten so long afterwards: who was admitted stands in the register, and of others we keep nothing. */
const keptMs = 90 * 24 * 3_600_000;

export function personRefused(ctx: Context, fault: PersonFault): PersonRefused {
  return Object.assign(new PersonRefused(), {
    message: messages[ctx.locale].faults[fault],
    reason: PersonFaultReason[fault],
  });
}

/** A text of at most so many characters; BAD_USER_INPUT for more. */
export function shortText(ctx: Context, text: string | null | undefined, longest: number): string {
  const told = requireText(stripInvisible((text ?? '').replace(/\s+/g, ' ')).trim(), ctx.locale);
  if ([...told].length > longest) throw new AppError('BAD_USER_INPUT', messages[ctx.locale].tooLong);
  return told;
}

/** Takes an application, from anybody. Throws RATE_LIMITED where too many come from one network. */
export async function apply(ctx: Context, input: ApplyInput): Promise<ApplicationReceived | PersonRefused> {
  await ctx.limits.count('applications', ctx.address, ctx.locale);
  const person = readPerson(input, today(ctx));
  if (Array.isArray(person)) return personRefused(ctx, person[0]!);
  if (person.phone === null) return personRefused(ctx, 'PHONE_MISSING');
  const availability = (input.availability ?? []).map(({ weekday, fromMinute, untilMinute }) => ({
    weekday,
    fromMinute,
    untilMinute,
  }));
  if (!areWindows(availability)) throw new AppError('BAD_USER_INPUT', messages[ctx.locale].badAvailability);
  const unit = await unitOfFilter(ctx, input.unit);
  const offers = shortText(ctx, input.offers, 300);
  const key = input.key.toLowerCase().replace(/[{}]/g, '');
  const secret = codeFor(ctx.signer, 'application secret', key);
  const reference = `BM-${codeFor(ctx.signer, 'application', key).slice(0, 8)}`;
  const { name, phone, birthDate, guardian } = person;
  await ctx.db.transaction(async (client) => {
    const now = ctx.clock();
    const keys = await ctx.vault.hold(client);
    const applicant = { name, phone, birthDate, guardian, offers, availability };
    const { rowCount } = await client.query(
      `insert into application (key, reference, secret_hash, state, contingent, unit_id, sealed, key_version, created_at)
       values ($1, $2, $3, 'SUBMITTED', $4, $5, $6, $7, $8) on conflict (key) do nothing`,
      [
        key,
        reference,
        hashOfCode(secret),
        person.contingent,
        unit?.id ?? null,
        sealApplicant(keys[0]!, key, applicant),
        keys[0]!.version,
        now,
      ],
    );
    if (!rowCount) return;
    await client.query('delete from application where decided_at < $1', [new Date(now.getTime() - keptMs)]);
    const managers = await managersOf(ctx, client, unit?.id ?? null);
    await notify(ctx, client, applicationReceived, managers, { unit: unit?.id ?? null });
  });
  return Object.assign(new ApplicationReceived(), { reference, secret });
}

/** The application that somebody proves to be theirs; null for anything else. Throws RATE_LIMITED for whoever guesses. */
async function proven(ctx: Context, { reference, secret }: ApplicationProofInput): Promise<Application | null> {
  const [row] = await ctx.db.query<Application>(
    `select ${columns(ctx)}
     from application a where a.secret_hash = $1 and a.reference = upper($2)`,
    [hashOfCode(secret), requireText(reference.trim(), ctx.locale)],
  );
  if (!row) await ctx.limits.count('applicationSecrets', networkOf(ctx.address), ctx.locale);
  return row ? Object.assign(new Application(), row) : null;
}

/** How far an application has come, for whoever sent it; null for everybody else. */
export async function applicationStatus(ctx: Context, proof: ApplicationProofInput): Promise<ApplicationStatus | null> {
  const application = await proven(ctx, proof);
  if (!application) return null;
  const volunteer = application.volunteerId === null ? null : await volunteerRow(ctx).load(application.volunteerId);
  const unitId = volunteer?.teamId ?? application.unitId;
  const accounts = await ctx.db.query('select from account where volunteer_id = $1', [application.volunteerId]);
  return Object.assign(new ApplicationStatus(), {
    state: application.state,
    createdAt: application.createdAt,
    decidedAt: application.decidedAt,
    reason: application.reason,
    unit: unitId === null ? null : await requiredUnit(ctx, unitId),
    volunteerNumber: volunteer?.number ?? null,
    canClaim: volunteer !== null && accounts.length === 0,
  });
}

/** Takes an application back, with all that it says. Tells whether there was one that had not been decided. */
export async function withdrawApplication(ctx: Context, proof: ApplicationProofInput): Promise<boolean> {
  const application = await proven(ctx, proof);
  if (!application) return false;
  const gone = await ctx.db.query("delete from application where id = $1 and state = 'SUBMITTED' returning id", [
    application.id,
  ]);
  return gone.length > 0;
}

const columns = ({ db }: Context) => db.columns(Application, 'a');

/** Applications for units of the viewer's; those for nowhere in particular are for whoever acts everywhere. */
const inReach = (parameter: string) =>
  `(${parameter}::int is null or (a.unit_id is not null and ${withinSql('a.unit_id', parameter)}))`;

export async function listApplications(
  ctx: Context,
  args: PageArgs,
  { state, within }: { state?: ApplicationState | null; within?: string | null },
): Promise<Page<Application>> {
  const reach = requireManager(ctx);
  const unit = await unitOfFilter(ctx, within);
  const place = decodeCursor(args.after);
  const after = place === undefined ? 0 : /^\d{1,9}$/.test(place) ? Number(place) : 999_999_999;
  const where = `${inReach('$1')} and ${inReach('$2')} and ($3::text is null or a.state = $3)`;
  const values = [idOf(reach), unit?.id ?? null, state ?? null];
  const rows = await ctx.db.query<Application>(
    `select ${columns(ctx)} from application a where ${where} and a.id > $4 order by a.id limit $5`,
    [...values, after, args.first + 1],
  );
  return toPage(
    rows.map((row) => Object.assign(new Application(), row)),
    args,
    ({ id }) => id,
    async () =>
      (
        await ctx.db.query<{ count: number }>(`select count(*)::int as count from application a where ${where}`, values)
      )[0]!.count,
  );
}

export async function visibleApplication(ctx: Context, id: number): Promise<Application | null> {
  const reach = managedReachOf(ctx.viewer);
  if (reach === 'nowhere') return null;
  const [row] = await ctx.db.query<Application>(
    `select ${columns(ctx)} from application a where a.id = $2 and ${inReach('$1')}`,
    [idOf(reach), id],
  );
  return row ? Object.assign(new Application(), row) : null;
}

async function requireApplication(ctx: Context, id: string): Promise<Application> {
  requireManager(ctx);
  const key = numericKey(id, 'Application');
  const application = key === undefined ? null : await visibleApplication(ctx, key);
  if (!application) throw notFound(ctx.locale);
  return application;
}

/** The applicant, as a reviewer sees them. */
export async function applicantView(ctx: Context, application: Application): Promise<ApplicantView> {
  const { name, phone, birthDate, guardian, offers, availability } = await applicantOf(ctx, application);
  return Object.assign(new ApplicantView(), {
    name: stripInvisible(name),
    phone: phone && maskPhone(phone),
    age: birthDate && ageOn(today(ctx), birthDate),
    guardian: guardian && maskName(guardian),
    offers,
    availability: availability.map((window) => Object.assign(new Availability(), window)),
  });
}

/** Whoever of the register, as far as the viewer sees it, has the applicant's phone and name. */
export async function knownVolunteer(ctx: Context, application: Application): Promise<Volunteer | null> {
  if (application.volunteerId !== null) return volunteerInReach(ctx, application.volunteerId);
  const applicant = await applicantOf(ctx, application);
  const known = await ctx.db.transaction(async (client) => {
    const keys = await ctx.vault.hold(client);
    return (await knownBy(client, keys, [applicant]))[0];
  });
  return known ? volunteerInReach(ctx, known.id) : null;
}

/**
 * Makes the applicant a volunteer of a team, with a number. Whoever is in the register already, by phone and name, stays who
 * they are. Done again it answers the same.
 */
export async function admitApplication(ctx: Context, input: AdmitApplicationInput) {
  const { id } = await requireApplication(ctx, input.application);
  const team = await requireTeam(ctx, input.team);
  return ctx.db.transaction(async (client) => {
    await holdRegister(client);
    const application = await lockApplication(ctx, id, client);
    if (application.state === ApplicationState.DECLINED) return decided(ctx, application);
    if (application.state === ApplicationState.ADMITTED) {
      const volunteer = await rowOf(ctx, client, application.volunteerId!);
      return Object.assign(new ApplicationAdmitted(), { application, volunteer, isNew: false });
    }
    const keys = await ctx.vault.hold(client);
    const held = keys.find(({ version }) => version === application.keyVersion)!;
    const { name, phone, birthDate, guardian, availability } = openApplicant(application, held);
    const { contingent } = application;
    const isStudent = contingent === Contingent.STUDENT;
    const gap = consentGap({ birthDate, isStudent, hasGuardianConsent: guardian !== null, today: today(ctx) });
    if (gap) return personRefused(ctx, gap);

    const [known] = await knownBy(client, keys, [{ name, phone }]);
    const isHere = known !== undefined && (await volunteerInReach(ctx, known.id)) !== null;
    const person = { name, contingent, phone, birthDate, guardian, idNumber: null };
    const consent = ConsentMeans.ONLINE;
    const volunteerId = isHere
      ? known.id
      : (await enterKnown(ctx, client, keys, [{ ...person, teamId: team.id, consent }]))[0]!.id;
    if (!isHere) await writeAvailability(client, volunteerId, availability);
    const now = ctx.clock();
    await client.query("update application set state = 'ADMITTED', decided_at = $2, volunteer_id = $3 where id = $1", [
      id,
      now,
      volunteerId,
    ]);
    const volunteer = await rowOf(ctx, client, volunteerId);
    await recordAudit(ctx, client, {
      action: AuditAction.APPLICATION_ADMITTED,
      target: { type: 'Volunteer', id: volunteerId, name: volunteer.number },
      unitId: team.id,
      details: { application: application.reference, new: !isHere },
    });
    const admitted = Object.assign(application, { state: ApplicationState.ADMITTED, decidedAt: now, volunteerId });
    return Object.assign(new ApplicationAdmitted(), { application: admitted, volunteer, isNew: !isHere });
  });
}

/** Declines an application; the applicant reads the reason. Done again it changes nothing. */
export async function declineApplication(ctx: Context, id: string, reason: string) {
  const { id: key } = await requireApplication(ctx, id);
  const why = requireReason(ctx, reason);
  return ctx.db.transaction(async (client) => {
    const application = await lockApplication(ctx, key, client);
    if (application.state === ApplicationState.ADMITTED) return decided(ctx, application);
    if (application.state === ApplicationState.SUBMITTED) {
      const now = ctx.clock();
      await client.query("update application set state = 'DECLINED', decided_at = $2, reason = $3 where id = $1", [
        key,
        now,
        why,
      ]);
      Object.assign(application, { state: ApplicationState.DECLINED, decidedAt: now, reason: why });
      await recordAudit(ctx, client, {
        action: AuditAction.APPLICATION_DECLINED,
        target: { type: 'Application', id: key, name: application.reference },
        unitId: application.unitId,
        reason: why,
      });
    }
    return Object.assign(new ApplicationDeclined(), { application });
  });
}

async function lockApplication(
  ctx: Context,
  id: number,
  client: Parameters<typeof recordAudit>[1],
): Promise<Application> {
  const { rows } = await client.query<Application>(
    `select ${columns(ctx)} from application a where a.id = $1 for update`,
    [id],
  );
  if (!rows[0]) throw notFound(ctx.locale);
  return Object.assign(new Application(), rows[0]);
}

function decided(ctx: Context, application: Application): ApplicationDecided {
  return Object.assign(new ApplicationDecided(), { message: messages[ctx.locale].decided, application });
}
