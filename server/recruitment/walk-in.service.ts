import { isWithin, requireUnit } from '../hierarchy/hierarchy.service.js';
import { GridPost } from '../hierarchy/service-unit.entity.js';
import { AuditAction } from '../audit/audit-entry.entity.js';
import { recordAudit } from '../audit/audit.service.js';
import { openOwnAccount } from '../access/account.service.js';
import { isLogin, normaliseLogin, passwordProblem } from '../access/account.rules.js';
import { networkOf } from '../access/limits.js';
import { hashPassword, unlessOverloaded } from '../access/passwords.js';
import { CheckInMethod } from '../feed/check-in.entity.js';
import { CheckInClosed, CheckInRecorded } from '../check-in/check-in.result.js';
import { checkIn } from '../check-in/check-in.service.js';
import { checkInWindow } from '../event/event.rules.js';
import { requireEvent } from '../event/event.service.js';
import type { Context } from '../kernel/context.js';
import { constraintOf } from '../kernel/database/database.js';
import { notFound } from '../kernel/errors.js';
import { toGlobalId } from '../kernel/global-id.js';
import { reachOf } from '../kernel/viewer.js';
import { holdRegister } from '../volunteer/register.js';
import { Contingent } from '../volunteer/volunteer.entity.js';
import { volunteerInReach, volunteerRow } from '../volunteer/volunteer.service.js';
import { AccountClaimed, ClaimRefusalReason, ClaimRefused, type PersonRefused } from './application.result.js';
import { personRefused } from './application.service.js';
import { codeFor, hashOfCode } from './codes.js';
import { enterKnown, knownBy, today } from './enter.js';
import { readPerson } from './person.rules.js';
import { messages } from './recruitment.messages.js';
import type { ClaimAccountInput, WalkInInput } from './walk-in.input.js';
import { WalkInRecorded } from './walk-in.result.js';

/** How long the code on somebody's slip lets them make the record their own. */
const claimMs = 30 * 24 * 3_600_000;

/**
 * Writes somebody down who just came, and checks them in, in one go. They join the post's team. Whoever is known there by
 * phone and name is checked in as who they are. Sent again, it answers the same.
 */
export async function walkIn(
  ctx: Context,
  input: WalkInInput,
): Promise<WalkInRecorded | PersonRefused | Exclude<Awaited<ReturnType<typeof checkIn>>, CheckInRecorded>> {
  const post = await requireUnit(ctx, input.post);
  if (!(post instanceof GridPost) || !(await isWithin(ctx, post.id, reachOf(ctx.viewer)))) throw notFound(ctx.locale);
  const event = await requireEvent(ctx, input.event);
  const now = ctx.clock();
  const { opensAt, closesAt } = checkInWindow(event);
  if (now < opensAt || now > closesAt) {
    return Object.assign(new CheckInClosed(), { message: messages[ctx.locale].closed, opensAt, closesAt });
  }
  // Of a student nobody knows here whether a guardian consents, so nothing but the name is kept.
  const isStudent = input.contingent === Contingent.STUDENT;
  const person = readPerson({ ...input, contingent: isStudent ? Contingent.RESIDENT : input.contingent }, today(ctx));
  if (Array.isArray(person)) return personRefused(ctx, person[0]!);
  const phone = isStudent ? null : person.phone;
  const told = { ...person, contingent: input.contingent, phone };

  const key = input.key.toLowerCase().replace(/[{}]/g, '');
  const claimCode = codeFor(ctx.signer, 'walk-in', key);
  const { id, isNew } = await ctx.db.transaction(async (client) => {
    await holdRegister(client);
    const { rows } = await client.query<{ id: number }>('select volunteer_id as id from walk_in where key = $1', [key]);
    if (rows[0]) return { id: rows[0].id, isNew: true };
    const keys = await ctx.vault.hold(client);
    const [known] = await knownBy(client, keys, [told]);
    if (known && (await volunteerInReach(ctx, known.id))) return { id: known.id, isNew: false };
    const [entered] = await enterKnown(ctx, client, keys, [{ ...told, teamId: post.parentId }]);
    await client.query(
      'insert into walk_in (key, volunteer_id, claim_hash, claim_expires_at, at) values ($1, $2, $3, $4, $5)',
      [key, entered!.id, hashOfCode(claimCode), new Date(now.getTime() + claimMs), now],
    );
    await recordAudit(ctx, client, {
      action: AuditAction.WALK_IN_REGISTERED,
      target: { type: 'Volunteer', id: entered!.id, name: entered!.number },
      unitId: post.id,
    });
    return { id: entered!.id, isNew: true };
  });
  volunteerRow(ctx).clear(id);
  const volunteer = toGlobalId('Volunteer', id);
  const answer = await checkIn(ctx, {
    key,
    event: input.event,
    post: input.post,
    volunteer,
    method: CheckInMethod.LEADER,
  });
  if (!(answer instanceof CheckInRecorded)) return answer;
  return Object.assign(new WalkInRecorded(), {
    volunteer: await volunteerRow(ctx).load(id),
    checkIn: answer.checkIn,
    claimCode: isNew ? claimCode : null,
  });
}

/** Makes an account for whoever holds the code of a walk-in or of an application that was admitted. The code is good once. */
export async function claimAccount(ctx: Context, input: ClaimAccountInput): Promise<AccountClaimed | ClaimRefused> {
  const subject = networkOf(ctx.address);
  const refuse = (reason: ClaimRefusalReason) =>
    Object.assign(new ClaimRefused(), { message: messages[ctx.locale].claim[reason], reason });
  const login = normaliseLogin(input.login);
  if (!isLogin(login)) return refuse(ClaimRefusalReason.LOGIN_INVALID);
  if (passwordProblem(input.password, login)) return refuse(ClaimRefusalReason.PASSWORD_WEAK);
  const hash = hashOfCode(input.code);
  const now = ctx.clock();
  const find = `select v.id, v.name, v.number from (
      select volunteer_id from walk_in where claim_hash = $1 and claim_expires_at > $2
      union all select volunteer_id from application where secret_hash = $1 and state = 'ADMITTED'
    ) c join volunteer v on v.id = c.volunteer_id where v.erased_at is null`;
  const [found] = await ctx.db.query<{ id: number }>(find, [hash, now]);
  if (!found) {
    await ctx.limits.count('applicationSecrets', subject, ctx.locale);
    return refuse(ClaimRefusalReason.CODE_INVALID);
  }
  const passwordHash = await unlessOverloaded(ctx, () => hashPassword(input.password));
  try {
    return await ctx.db.transaction(async (client) => {
      const { rows } = await client.query<{ id: number; name: string; number: string }>(`${find} for update of v`, [
        hash,
        now,
      ]);
      if (!rows[0]) return refuse(ClaimRefusalReason.CODE_INVALID);
      const { id, name, number } = rows[0];
      const accountId = await openOwnAccount(client, { login, name, passwordHash, volunteerId: id }, now);
      await client.query('update walk_in set claim_hash = null where volunteer_id = $1', [id]);
      await recordAudit(ctx, client, {
        action: AuditAction.ACCOUNT_CREATED,
        target: { type: 'Account', id: accountId },
        details: { volunteer: number, claimed: true },
      });
      return Object.assign(new AccountClaimed(), { login });
    });
  } catch (error) {
    switch (constraintOf(error)) {
      case 'account_login_unique':
        return refuse(ClaimRefusalReason.LOGIN_TAKEN);
      case 'account_volunteer_id_unique':
        return refuse(ClaimRefusalReason.HAS_ACCOUNT);
      default:
        throw error;
    }
  }
}
