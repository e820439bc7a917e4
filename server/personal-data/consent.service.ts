import { AuditAction } from '../audit/audit-entry.entity.js';
import { recordAudit } from '../audit/audit.service.js';
import type { Context } from '../kernel/context.js';
import { forbidden, notFound } from '../kernel/errors.js';
import { numericKey } from '../kernel/global-id.js';
import { ViewerRole } from '../kernel/viewer.js';
import type { Volunteer } from '../volunteer/volunteer.entity.js';
import { refusedReason, requirePerson, withPerson, withPersonOffScreens } from './hold.js';
import type { RecordGuardianConsentInput, SetScreenConsentInput } from './personal-data.input.js';
import { ConsentRecorded, ConsentWithdrawn } from './personal-data.result.js';
import { ageGroupOn } from '../vault/person.rules.js';
import { aboutPerson, forget, gapOf, guardianOf, refusal, today } from './personal-data.service.js';
import { emptyRecord, lockRecord, writeRecords } from '../vault/sealed.js';

/** Records that a guardian consents for a volunteer from 14 to 18, in place of an earlier consent. */
export async function recordGuardianConsent(ctx: Context, input: RecordGuardianConsentInput) {
  const { id } = await requirePerson(ctx, input.volunteer);
  const guardian = guardianOf(ctx, input);
  if (!guardian) return refusal(ctx, 'GUARDIAN_INVALID');
  const answer = await withPerson(ctx, id, async (client, volunteer) => {
    const keys = await ctx.vault.hold(client);
    const record = { ...((await lockRecord(ctx.db, client, keys, id)) ?? emptyRecord), ...guardian };
    const gap = gapOf(ctx, volunteer, record);
    if (gap) return refusal(ctx, gap);
    await writeRecords(client, keys, [{ volunteerId: id, record }]);
    await recordAudit(ctx, client, {
      ...aboutPerson(AuditAction.CONSENT_RECORDED, volunteer),
      details: { consent: 'guardian', means: input.means },
    });
    return Object.assign(new ConsentRecorded(), { volunteer });
  });
  forget(ctx, id);
  return answer;
}

/**
 * Takes a guardian's consent back. Of somebody who still needs one, the phone and the ID number go with it, and so does
 * the consent to stand on screens; the date of birth stays, as by it we know that they need one.
 */
export async function withdrawGuardianConsent(ctx: Context, id: string, reason: string) {
  const person = await requirePerson(ctx, id);
  const refused = refusedReason(ctx, reason);
  if (refused) return refused;
  const answer = await withPersonOffScreens(ctx, person.id, 'attended', async (client, volunteer, renewScreens) => {
    if (volunteer.erasedAt) throw notFound(ctx.locale);
    const keys = await ctx.vault.hold(client);
    const before = await lockRecord(ctx.db, client, keys, person.id);
    const withdrawn = Object.assign(new ConsentWithdrawn(), { volunteer });
    if (!before?.guardianConsentAt) return withdrawn;
    const record = { ...before, guardianName: null, guardianMeans: null, guardianConsentAt: null };
    const needed = record.birthDate === null || ageGroupOn(today(ctx), record.birthDate) !== 'ADULT';
    if (needed) {
      Object.assign(record, { phone: null, idNumber: null, screenConsentAt: null });
      await client.query('update volunteer set screen_consent = false where id = $1', [person.id]);
      volunteer.screenConsent = false;
      await renewScreens();
    }
    await writeRecords(client, keys, [{ volunteerId: person.id, record }]);
    await recordAudit(ctx, client, {
      ...aboutPerson(AuditAction.CONSENT_WITHDRAWN, volunteer),
      reason,
      details: { consent: 'guardian' },
    });
    return withdrawn;
  });
  forget(ctx, person.id);
  return answer;
}

/** Whether somebody agrees to stand on screens, masked. Volunteers say it for themselves, or whoever keeps their data. */
export async function setScreenConsent(ctx: Context, { volunteer: globalId, consents }: SetScreenConsentInput) {
  const own = numericKey(globalId, 'Volunteer');
  const isOwn = own !== undefined && own === ctx.viewer.volunteerId;
  const { role } = ctx.viewer;
  if (!isOwn && role !== ViewerRole.COORDINATOR && role !== ViewerRole.ADMINISTRATOR) throw forbidden(ctx.locale);
  const id = isOwn ? own : (await requirePerson(ctx, globalId)).id;
  const answer = consents ? await consentToScreens(ctx, id) : await leaveScreens(ctx, id);
  forget(ctx, id);
  return answer;
}

function consentToScreens(ctx: Context, id: number) {
  return withPerson(ctx, id, async (client, volunteer) => {
    const recorded = Object.assign(new ConsentRecorded(), { volunteer });
    const keys = await ctx.vault.hold(client);
    const record = (await lockRecord(ctx.db, client, keys, id)) ?? emptyRecord;
    const gap = gapOf(ctx, volunteer, record);
    if (gap) return refusal(ctx, gap);
    if (volunteer.screenConsent && record.screenConsentAt) return recorded;
    await writeRecords(client, keys, [{ volunteerId: id, record: { ...record, screenConsentAt: ctx.clock() } }]);
    await client.query('update volunteer set screen_consent = true where id = $1', [id]);
    volunteer.screenConsent = true;
    await auditScreens(ctx, client, AuditAction.CONSENT_RECORDED, volunteer);
    return recorded;
  });
}

function leaveScreens(ctx: Context, id: number) {
  return withPersonOffScreens(ctx, id, 'attended', async (client, volunteer, renewScreens) => {
    if (volunteer.erasedAt) throw notFound(ctx.locale);
    const withdrawn = Object.assign(new ConsentWithdrawn(), { volunteer });
    if (!volunteer.screenConsent) return withdrawn;
    await client.query('update volunteer_record set screen_consent_at = null where volunteer_id = $1', [id]);
    await client.query('update volunteer set screen_consent = false where id = $1', [id]);
    volunteer.screenConsent = false;
    await renewScreens();
    await auditScreens(ctx, client, AuditAction.CONSENT_WITHDRAWN, volunteer);
    return withdrawn;
  });
}

const auditScreens = (
  ctx: Context,
  client: Parameters<typeof recordAudit>[1],
  action: AuditAction,
  volunteer: Volunteer,
) => recordAudit(ctx, client, { ...aboutPerson(action, volunteer), details: { consent: 'screen' } });
