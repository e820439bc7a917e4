import type { Command } from 'commander';
import type { Context } from '../kernel/context.js';
import { CommandError, exitCodes, refused, type CommandLine } from '../kernel/command-line.js';
import type { PartnerOrganisation } from './partner-organisation.entity.js';
import { PartnerRegistered } from './partner.result.js';
import { listPartners, registerPartner, resumePartner, suspendPartner } from './partner.service.js';

export function partnerCommands(program: Command, line: CommandLine): void {
  const partners = line.group(program, 'partners', { 'zh-CN': '合作单位', en: 'partner organisations' });
  const reason = line.say({ 'zh-CN': '理由，记入审计日志', en: 'why, for the audit log' });

  partners
    .command('register <code>')
    .description(line.say({ 'zh-CN': '登记一个合作单位', en: 'enters a partner organisation' }))
    .requiredOption('--name <name>', line.say({ 'zh-CN': '单位名称', en: 'its name' }))
    .option('--contact <contact>', line.say({ 'zh-CN': '办公室的联系方式', en: 'how to reach its office' }))
    .action(
      line.does(async (ctx, code: string, options: { name: string; contact?: string }) => {
        const result = await registerPartner(ctx, { code, ...options });
        if (!(result instanceof PartnerRegistered)) return refused(result);
        const { name } = result.partner;
        return {
          data: toData(result.partner),
          text: {
            'zh-CN': `✔ 已登记「${name}」。发放密钥：keys issue --role partner --partner ${code}`,
            en: `✔ ${name} is registered. For a key: keys issue --role partner --partner ${code}`,
          },
        };
      }),
    );

  partners
    .command('list')
    .description(line.say({ 'zh-CN': '列出所有合作单位', en: 'lists all of them' }))
    .action(
      line.does(async (ctx) => {
        const found = await allPartners(ctx);
        return {
          data: found.map(toData),
          table: {
            columns: [
              { 'zh-CN': '代码', en: 'code' },
              { 'zh-CN': '名称', en: 'name' },
              { 'zh-CN': '联系方式', en: 'contact' },
              { 'zh-CN': '暂停于', en: 'suspended' },
            ],
            rows: found.map((it) => [it.code, it.name, it.contact ?? '–', line.moment(it.suspendedAt)]),
          },
        };
      }),
    );

  partners
    .command('suspend <code>')
    .description(line.say({ 'zh-CN': '暂停：立即拒绝它的所有密钥', en: 'refuses all of its keys at once' }))
    .requiredOption('--reason <text>', reason)
    .action(
      line.does(async (ctx, code: string, options: { reason: string }) => {
        const partner = await suspendPartner(ctx, (await partnerByCode(ctx, code)).nodeId, options.reason);
        return {
          data: toData(partner),
          text: { 'zh-CN': `✔ 「${partner.name}」已暂停。`, en: `✔ ${partner.name} is suspended.` },
        };
      }),
    );

  partners
    .command('resume <code>')
    .description(line.say({ 'zh-CN': '恢复：重新接受它的密钥', en: 'takes its keys again' }))
    .action(
      line.does(async (ctx, code: string) => {
        const partner = await resumePartner(ctx, (await partnerByCode(ctx, code)).nodeId);
        return {
          data: toData(partner),
          text: { 'zh-CN': `✔ 「${partner.name}」已恢复。`, en: `✔ ${partner.name} is resumed.` },
        };
      }),
    );
}

async function allPartners(ctx: Context): Promise<readonly PartnerOrganisation[]> {
  return (await listPartners(ctx, { first: 10_000 })).nodes;
}

/** A partner as people at the terminal name it. */
export async function partnerByCode(ctx: Context, code: string): Promise<PartnerOrganisation> {
  const partner = (await allPartners(ctx)).find((it) => it.code === code);
  if (partner) return partner;
  const words = { 'zh-CN': `没有代码为 ${code} 的合作单位。`, en: `There is no partner with the code ${code}.` };
  throw new CommandError(words, exitCodes.notFound);
}

function toData({ nodeId, code, name, contact, createdAt, suspendedAt }: PartnerOrganisation): object {
  return { id: nodeId, code, name, contact, createdAt, suspendedAt };
}
