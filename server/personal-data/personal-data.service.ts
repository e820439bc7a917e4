import { AuditAction } from '../audit/audit-entry.entity.js';
import { recordAudit } from '../audit/audit.service.js';
import type { Context } from '../kernel/context.js';
import { AppError } from '../kernel/errors.js';
import { defineLoader } from '../kernel/loaders.js';
import { isText } from '../kernel/text.js';
import { Contingent, type Volunteer } from '../volunteer/volunteer.entity.js';
import { maskName, stripInvisible } from '../volunteer/volunteer.rules.js';
import { volunteerInReach, volunteerRow } from '../volunteer/volunteer.service.js';
import { refusedReason, requirePerson, withPerson } from './hold.js';
import {
  PersonalDataField,
  type GuardianConsentInput,
  type RevealPersonalDataInput,
  type SetPersonalDataInput,
} from './personal-data.input.js';
import { messages } from './personal-data.messages.js';
import {
  GuardianConsent,
  PersonalData,
  PersonalDataRefusalReason,
  PersonalDataRefused,
  PersonalDataRevealed,
  PersonalDataSet,
} from './personal-data.result.js';
import {
  ageGroupOn,
  birthDateOf,
  consentGap,
  dayIn,
  maskIdNumber,
  maskPhone,
  readDate,
  readIdNumber,
  readPhone,
} from '../vault/person.rules.js';
import {
  emptyRecord,
  isIdNumberTaken,
  lockRecord,
  openRecord,
  writeRecords,
  type PlainRecord,
} from '../vault/sealed.js';
import { VolunteerRecord } from '../vault/volunteer-record.entity.js';

/** People's records as they are stored; null where nothing is recorded. */
const sealedRecord = defineLoader(async (db, ids: readonly number[]) => {
  const rows = await db.query<VolunteerRecord>(
    `select ${db.columns(VolunteerRecord, 'r')} from volunteer_record r where r.volunteer_id = any($1)`,
    [ids],
    'volunteer-records',
  );
  const byId = new Map(rows.map((row) => [row.volunteerId, row]));
  return ids.map((id) => byId.get(id) ?? null);
});

/** What is known of a person besides the name, masked; null when nothing is. For whoever has the person in hand. */
export async function maskedData(ctx: Context, volunteer: Volunteer): Promise<PersonalData | null> {
  const row = await sealedRecord(ctx).load(volunteer.id);
  if (!row) return null;
  const record = openRecord(row, await ctx.vault.key(row.keyVersion));
  const { phone, idNumber, birthDate, guardianName, guardianMeans, guardianConsentAt } = record;
  return Object.assign(new PersonalData(), {
    phone: phone && maskPhone(phone),
    idNumber: idNumber && maskIdNumber(idNumber),
    isMinor: birthDate && ageGroupOn(today(ctx), birthDate) !== 'ADULT',
    guardianConsent:
      guardianName &&
      Object.assign(new GuardianConsent(), {
        guardian: maskName(guardianName),
        means: guardianMeans,
        givenAt: guardianConsentAt,
      }),
    screenConsentAt: record.screenConsentAt,
  });
}

/**
 * Keeps a person's phone, ID number and date of birth, encrypted. Refused when a value is none, an ID number is somebody
 * else's, or the age asks for a consent that is not there; then nothing is stored.
 */
export async function setPersonalData(ctx: Context, input: SetPersonalDataInput) {
  const { id } = await requirePerson(ctx, input.volunteer);
  try {
    return await withPerson(ctx, id, async (client, volunteer) => {
      const keys = await ctx.vault.hold(client);
      const before = (await lockRecord(ctx.db, client, keys, id)) ?? emptyRecord;
      const record = changed(ctx, before, input);
      const refused = typeof record === 'string' ? record : gapOf(ctx, volunteer, record);
      if (refused) return refusal(ctx, refused);
      await writeRecords(client, keys, [{ volunteerId: id, record: record as PlainRecord }]);
      const { volunteer: _, ...told } = input;
      const fields = Object.entries(told).flatMap(([field, value]) => (value === undefined ? [] : [field]));
      await recordAudit(ctx, client, {
        ...aboutPerson(AuditAction.PERSONAL_DATA_SET, volunteer),
        details: { fields: fields.sort() },
      });
      return Object.assign(new PersonalDataSet(), { volunteer });
    });
  } catch (error) {
    if (isIdNumberTaken(error)) return refusal(ctx, 'ID_NUMBER_TAKEN');
    throw error;
  } finally {
    forget(ctx, id);
  }
}

/** Shows a person's data in clear, in this reply only. Nothing is shown that the audit log does not tell of. */
export async function revealPersonalData(ctx: Context, input: RevealPersonalDataInput) {
  const { id } = await requirePerson(ctx, input.volunteer);
  const refused = refusedReason(ctx, input.reason);
  if (refused) return refused;
  return withPerson(ctx, id, async (client, volunteer) => {
    const keys = await ctx.vault.hold(client);
    const record = (await lockRecord(ctx.db, client, keys, id)) ?? emptyRecord;
    const asked = (field: PersonalDataField, value: string | null) => (input.fields.includes(field) ? value : null);
    await recordAudit(ctx, client, {
      ...aboutPerson(AuditAction.PERSONAL_DATA_REVEALED, volunteer),
      reason: input.reason,
      details: { fields: [...new Set(input.fields)].sort() },
    });
    return Object.assign(new PersonalDataRevealed(), {
      phone: asked(PersonalDataField.PHONE, record.phone),
      idNumber: asked(PersonalDataField.ID_NUMBER, record.idNumber),
      birthDate: asked(PersonalDataField.BIRTH_DATE, record.birthDate),
      guardian: asked(PersonalDataField.GUARDIAN, record.guardianName),
    });
  });
}

/** The people of exactly this phone or ID number whom the viewer's office shows them. */
export async function findVolunteers(
  ctx: Context,
  { phone, idNumber }: { phone?: string | null; idNumber?: string | null },
): Promise<Volunteer[]> {
  const [kind, number] = phone ? (['PHONE', readPhone(phone)] as const) : ['ID_NUMBER', readIdNumber(idNumber ?? '')];
  if (!number || (phone && idNumber)) throw new AppError('BAD_USER_INPUT', messages[ctx.locale].noNumber);
  const ids = await ctx.db.transaction(async (client) => {
    const keys = await ctx.vault.hold(client);
    const { rows } = await client.query<{ id: number }>(
      'select distinct volunteer_id as id from volunteer_index where hash = any($1) and kind = $2 order by 1 limit 100',
      [keys.map(({ key }) => key.blindIndex(kind, number)), kind],
    );
    return rows.map(({ id }) => id);
  });
  const found = await Promise.all(ids.map((id) => volunteerInReach(ctx, id)));
  return found.filter((volunteer) => volunteer !== null);
}

/** The record as it will be, or why an input is not taken. An ID number tells the date of birth by itself. */
function changed(
  ctx: Context,
  before: PlainRecord,
  input: SetPersonalDataInput,
): PlainRecord | PersonalDataRefusalReason {
  const read = (text: string | null | undefined, present: string | null, reader: (text: string) => string | null) =>
    text === undefined ? present : text === null ? null : (reader(text) ?? undefined);
  const phone = read(input.phone, before.phone, readPhone);
  if (phone === undefined) return PersonalDataRefusalReason.PHONE_INVALID;
  const idNumber = read(input.idNumber, before.idNumber, readIdNumber);
  if (idNumber === undefined) return PersonalDataRefusalReason.ID_NUMBER_INVALID;
  const told = read(input.birthDate, before.birthDate, readDate);
  if (told === undefined) return PersonalDataRefusalReason.BIRTH_DATE_INVALID;
  const birthDate = idNumber === null ? told : birthDateOf(idNumber);
  if (input.birthDate && told !== birthDate) return PersonalDataRefusalReason.BIRTH_DATE_MISMATCH;
  const guardian = input.guardianConsent ? guardianOf(ctx, input.guardianConsent) : {};
  return guardian === null
    ? PersonalDataRefusalReason.GUARDIAN_INVALID
    : { ...before, phone, idNumber, birthDate, ...guardian };
}

/** A guardian's consent as it is kept; null when it is none. */
export function guardianOf(ctx: Context, { guardian, means, givenAt }: GuardianConsentInput) {
  const name = stripInvisible(guardian).trim();
  const length = [...name].length;
  const now = ctx.clock();
  const at = givenAt ?? now;
  if (!isText(name) || length < 2 || length > 50 || at > now || at.getUTCFullYear() < 1900) return null;
  return { guardianName: name, guardianMeans: means, guardianConsentAt: at };
}

/** Why this person's data may not be kept, or a consent of theirs does not count. */
export function gapOf(ctx: Context, { contingent }: Volunteer, record: PlainRecord): PersonalDataRefusalReason | null {
  const gap = consentGap({
    birthDate: record.birthDate,
    isStudent: contingent === Contingent.STUDENT,
    hasGuardianConsent: record.guardianConsentAt !== null,
    today: today(ctx),
  });
  return gap && PersonalDataRefusalReason[gap];
}

export const today = (ctx: Context) => dayIn(ctx.timeZone, ctx.clock());

export function refusal(ctx: Context, reason: `${PersonalDataRefusalReason}`): PersonalDataRefused {
  const message = messages[ctx.locale].refusals[reason];
  return Object.assign(new PersonalDataRefused(), { message, reason: PersonalDataRefusalReason[reason] });
}

/** What the audit log says of an act that concerns a person. */
export function aboutPerson(action: AuditAction, { id, number, teamId }: Volunteer) {
  return { action, target: { type: 'Volunteer', id, name: number }, unitId: teamId };
}

/** What was loaded of a person before a change does not answer what is asked after it. */
export function forget(ctx: Context, id: number): void {
  sealedRecord(ctx).clear(id);
  volunteerRow(ctx).clear(id);
}
