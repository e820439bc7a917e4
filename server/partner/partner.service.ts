import { AuditAction } from '../audit/audit-entry.entity.js';
import { recordAudit, requireReason } from '../audit/audit.service.js';
import { decodeCursor, toPage, type Page, type PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import type { Database } from '../kernel/database/database.js';
import { AppError, notFound } from '../kernel/errors.js';
import { numericKey } from '../kernel/global-id.js';
import { defineLoader } from '../kernel/loaders.js';
import type { Catalogue } from '../kernel/locale.js';
import { requireText } from '../kernel/text.js';
import { isAdministrator, requireAdministrator } from '../kernel/viewer.js';
import { PartnerOrganisation } from './partner-organisation.entity.js';
import type { RegisterPartnerInput } from './partner.input.js';
import { PartnerCodeTaken, PartnerRegistered } from './partner.result.js';

const messages: Catalogue<{ badCode: string; badName: string; badContact: string; codeTaken: string }> = {
  'zh-CN': {
    badCode: '代码须为 2 至 40 个小写字母、数字或连字符，并以字母或数字开头。',
    badName: '单位名称须为 1 至 100 个字。请修改后再提交。',
    badContact: '联系方式最多 200 个字。请缩短后再提交。',
    codeTaken: '这个代码已被另一个合作单位使用。请换一个。',
  },
  en: {
    badCode: 'A code has 2 to 40 small letters, digits or hyphens, and begins with a letter or a digit.',
    badName: 'A name has 1 to 100 characters. Change it and send again.',
    badContact: 'A contact has at most 200 characters. Shorten it and send again.',
    codeTaken: 'Another partner organisation has this code. Choose another one.',
  },
};

const toPartner = (row: PartnerOrganisation) => Object.assign(new PartnerOrganisation(), row);

/** The row, whoever asks: for use inside the server. */
export const partnerById = defineLoader(async (db: Database, ids: readonly number[]) => {
  const rows = await db.query<PartnerOrganisation>(
    `select ${db.columns(PartnerOrganisation, 'p')} from partner_organisation p where p.id = any($1)`,
    [ids],
    'partners-by-id',
  );
  const byId = new Map(rows.map((row) => [row.id, toPartner(row)]));
  return ids.map((id) => byId.get(id) ?? null);
});

/** A partner by key, or null when there is none that the viewer may see: administrators see all. */
export async function visiblePartner(ctx: Context, id: number): Promise<PartnerOrganisation | null> {
  return isAdministrator(ctx.viewer) ? partnerById(ctx).load(id) : null;
}

/** A partner that a client names by its global id; NOT_FOUND for anything else. For administrators. */
export async function requirePartner(ctx: Context, id: string): Promise<PartnerOrganisation> {
  requireAdministrator(ctx);
  const key = numericKey(id, 'PartnerOrganisation');
  const partner = key === undefined ? null : await partnerById(ctx).load(key);
  if (!partner) throw notFound(ctx.locale);
  return partner;
}

/** All of them, by code. For administrators. */
export async function listPartners(ctx: Context, args: PageArgs): Promise<Page<PartnerOrganisation>> {
  requireAdministrator(ctx);
  const rows = await ctx.db.query<PartnerOrganisation>(
    `select ${ctx.db.columns(PartnerOrganisation, 'p')} from partner_organisation p
     where $1::text is null or p.code > $1 order by p.code limit $2`,
    [decodeCursor(args.after), args.first + 1],
  );
  return toPage(
    rows.map(toPartner),
    args,
    (partner) => partner.code,
    async () =>
      (await ctx.db.query<{ count: number }>('select count(*)::int as count from partner_organisation'))[0]!.count,
  );
}

/** Enters a partner. It sees nothing before it has a key. */
export async function registerPartner(
  ctx: Context,
  input: RegisterPartnerInput,
): Promise<PartnerRegistered | PartnerCodeTaken> {
  requireAdministrator(ctx);
  const text = messages[ctx.locale];
  const bad = (message: string) => new AppError('BAD_USER_INPUT', message);
  const code = input.code.trim();
  if (!/^[a-z0-9][a-z0-9-]{1,39}$/.test(code)) throw bad(text.badCode);
  const name = requireText(input.name.trim(), ctx.locale);
  if (name === '' || [...name].length > 100) throw bad(text.badName);
  const contact = requireText(input.contact?.trim() ?? '', ctx.locale) || null;
  if (contact && [...contact].length > 200) throw bad(text.badContact);

  const partner = await ctx.db.transaction(async (client) => {
    const { rows } = await client.query<PartnerOrganisation>(
      `insert into partner_organisation as p (code, name, contact, created_at) values ($1, $2, $3, $4)
       on conflict (code) do nothing returning ${ctx.db.columns(PartnerOrganisation, 'p')}`,
      [code, name, contact, ctx.clock()],
    );
    if (!rows[0]) return undefined;
    const target = { type: 'PartnerOrganisation', id: rows[0].id, name };
    await recordAudit(ctx, client, { action: AuditAction.PARTNER_REGISTERED, target, details: { code } });
    return toPartner(rows[0]);
  });
  return partner
    ? Object.assign(new PartnerRegistered(), { partner })
    : Object.assign(new PartnerCodeTaken(), { message: text.codeTaken });
}

/** Refuses a partner's keys from now on, and ends what they follow live within seconds. Suspended already is as good. */
export function suspendPartner(ctx: Context, id: string, reason: string): Promise<PartnerOrganisation> {
  return change(ctx, id, AuditAction.PARTNER_SUSPENDED, requireReason(ctx, reason));
}

/** Takes a suspended partner's keys again. */
export function resumePartner(ctx: Context, id: string): Promise<PartnerOrganisation> {
  return change(ctx, id, AuditAction.PARTNER_RESUMED);
}

async function change(
  ctx: Context,
  id: string,
  action: AuditAction.PARTNER_SUSPENDED | AuditAction.PARTNER_RESUMED,
  reason?: string,
): Promise<PartnerOrganisation> {
  const before = await requirePartner(ctx, id);
  const suspends = action === AuditAction.PARTNER_SUSPENDED;
  const changed = await ctx.db.transaction(async (client) => {
    const { rows } = await client.query<PartnerOrganisation>(
      `update partner_organisation p set suspended_at = $2 where p.id = $1 and (p.suspended_at is null) = $3
       returning ${ctx.db.columns(PartnerOrganisation, 'p')}`,
      [before.id, suspends ? ctx.clock() : null, suspends],
    );
    if (!rows[0]) return undefined;
    await recordAudit(ctx, client, {
      action,
      target: { type: 'PartnerOrganisation', id: before.id, name: before.name },
      reason,
    });
    return toPartner(rows[0]);
  });
  partnerById(ctx).clear(before.id);
  ctx.authenticator.forget((viewer) => viewer.partnerId === before.id);
  return changed ?? (await partnerById(ctx).load(before.id))!;
}
