import { InvalidArgumentError, type Command } from 'commander';
import type { Context } from '../kernel/context.js';
import { CommandError, exitCodes, refused, type CommandLine } from '../kernel/command-line.js';
import { toGlobalId } from '../kernel/global-id.js';
import { ViewerRole } from '../kernel/viewer.js';
import { unitByCode, unitById } from '../hierarchy/hierarchy.service.js';
import { partnerByCode } from '../partner/partner.commands.js';
import { partnerById } from '../partner/partner.service.js';
import type { AccessKey } from './access-key.entity.js';
import { KeyIssued, KeyRotated } from './key.result.js';
import { issueKey, listKeys, revokeKey, rotateKey } from './key.service.js';

export function keyCommands(program: Command, line: CommandLine): void {
  const keys = line.group(program, 'keys', { 'zh-CN': '访问密钥', en: 'access keys' });
  const reason = line.say({ 'zh-CN': '理由，记入审计日志', en: 'why, for the audit log' });
  const role = line.say({
    'zh-CN': 'display 大屏、leader 组长设备、partner 合作单位、coordinator、administrator',
    en: 'display, leader, partner, coordinator, administrator',
  });
  const unit = line.say({ 'zh-CN': '单位代码，如 S01', en: 'code of the unit, such as S01' });

  interface IssueOptions {
    name: string;
    role: ViewerRole;
    unit?: string;
    partner?: string;
    expires?: Date;
  }
  keys
    .command('issue')
    .description(line.say({ 'zh-CN': '发放一个密钥；密钥只显示这一次', en: 'issues a key, which is shown this once' }))
    .requiredOption('--name <name>', line.say({ 'zh-CN': '给谁或什么设备用', en: 'who or what it is for' }))
    .requiredOption('--role <role>', role, toKeyRole)
    .option('--unit <code>', unit)
    .option('--partner <code>', line.say({ 'zh-CN': '合作单位代码', en: 'code of the partner organisation' }))
    .option(
      '--expires <date>',
      line.say({ 'zh-CN': '何时到期，如 2027-12-31', en: 'when it ends, such as 2027-12-31' }),
      line.toDate,
    )
    .action(
      line.does(async (ctx, options: IssueOptions) => {
        const result = await issueKey(ctx, {
          name: options.name,
          role: options.role,
          unit: options.unit === undefined ? null : await unitIdOf(ctx, options.unit),
          partner: options.partner === undefined ? null : (await partnerByCode(ctx, options.partner)).nodeId,
          expiresAt: options.expires,
        });
        if (!(result instanceof KeyIssued)) return refused(result);
        return {
          data: { key: result.key, accessKey: await toData(ctx, result.accessKey) },
          text: {
            'zh-CN': `✔ 已发放密钥 ${result.accessKey.id}。请现在保存，它不会再显示：\n\n  ${result.key}\n`,
            en: `✔ Key ${result.accessKey.id} is issued. Store it now, it is not shown again:\n\n  ${result.key}\n`,
          },
        };
      }),
    );

  keys
    .command('list')
    .description(line.say({ 'zh-CN': '列出密钥，最新的在前', en: 'lists keys, the newest first' }))
    .option('--unit <code>', unit)
    .option('--role <role>', role, toKeyRole)
    .action(
      line.does(async (ctx, options: { unit?: string; role?: ViewerRole }) => {
        const within = options.unit === undefined ? null : await unitIdOf(ctx, options.unit);
        const { nodes } = await listKeys(ctx, { first: 10_000 }, { within, role: options.role });
        const data = await Promise.all(nodes.map((key) => toData(ctx, key)));
        return {
          data,
          table: {
            columns: [
              { 'zh-CN': '编号', en: 'key' },
              { 'zh-CN': '名称', en: 'name' },
              { 'zh-CN': '角色', en: 'role' },
              { 'zh-CN': '单位', en: 'unit' },
              { 'zh-CN': '末四位', en: 'ends in' },
              { 'zh-CN': '上次使用', en: 'last used' },
              { 'zh-CN': '到期', en: 'expires' },
              { 'zh-CN': '撤销', en: 'revoked' },
            ],
            rows: nodes.map((key, i) => [
              String(key.id),
              key.name,
              key.role,
              data[i]!.unit ?? data[i]!.partner ?? '–',
              key.hint ?? '–',
              ...[key.lastUsedAt, key.expiresAt, key.revokedAt].map((date) => line.moment(date)),
            ]),
          },
        };
      }),
    );

  keys
    .command('rotate <key>')
    .description(
      line.say({ 'zh-CN': '更换密钥；旧的还能用一周', en: 'replaces a key; the old one works for another week' }),
    )
    .option('--old-ends <date>', line.say({ 'zh-CN': '旧密钥何时停用', en: 'when the old one ends' }), line.toDate)
    .action(
      line.does(async (ctx, key: string, options: { oldEnds?: Date }) => {
        const result = await rotateKey(ctx, toKeyId(key), options.oldEnds);
        if (!(result instanceof KeyRotated)) return refused(result);
        const until = line.moment(result.replaced.expiresAt);
        return {
          data: {
            key: result.key,
            accessKey: await toData(ctx, result.accessKey),
            replaced: await toData(ctx, result.replaced),
          },
          text: {
            'zh-CN': `✔ 旧密钥用到 ${until}。请现在保存新密钥，它不会再显示：\n\n  ${result.key}\n`,
            en: `✔ The old key works until ${until}. Store the new one now, it is not shown again:\n\n  ${result.key}\n`,
          },
        };
      }),
    );

  keys
    .command('revoke <key>')
    .description(line.say({ 'zh-CN': '立即撤销密钥', en: 'ends a key at once' }))
    .requiredOption('--reason <text>', reason)
    .action(
      line.does(async (ctx, key: string, options: { reason: string }) => {
        const revoked = await revokeKey(ctx, toKeyId(key), options.reason);
        return {
          data: await toData(ctx, revoked),
          text: {
            'zh-CN': `✔ 「${revoked.name}」的密钥已撤销，五秒内处处失效。`,
            en: `✔ The key for ${revoked.name} is revoked, everywhere within five seconds.`,
          },
        };
      }),
    );
}

/** A unit as signs and people name it. */
export async function unitIdOf(ctx: Context, code: string): Promise<string> {
  const unit = await unitByCode(ctx).load(code);
  if (unit) return unit.nodeId;
  const words = { 'zh-CN': `没有代码为 ${code} 的单位。`, en: `There is no unit with the code ${code}.` };
  throw new CommandError(words, exitCodes.notFound);
}

function toKeyRole(text: string): ViewerRole {
  const role = text.toUpperCase() as ViewerRole;
  const roles: ViewerRole[] = Object.values(ViewerRole).filter((it) => it !== 'PUBLIC' && it !== 'VOLUNTEER');
  if (!roles.includes(role)) throw new InvalidArgumentError(roles.join(', ').toLowerCase());
  return role;
}

/** Keys go by their number in the list. */
function toKeyId(text: string): string {
  return toGlobalId('AccessKey', text.replace(/^#/, ''));
}

async function toData(ctx: Context, key: AccessKey) {
  const { id, name, role, hint, createdAt, expiresAt, lastUsedAt, revokedAt } = key;
  const unit = key.unitId === null ? null : (await unitById(ctx).load(key.unitId))!.code;
  const partner = key.partnerId === null ? null : (await partnerById(ctx).load(key.partnerId))!.code;
  return { id, name, role, unit, partner, hint, createdAt, expiresAt, lastUsedAt, revokedAt };
}
