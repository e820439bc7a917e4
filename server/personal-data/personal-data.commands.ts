import { writeFile } from 'node:fs/promises';
import { type Command } from 'commander';
import type { Context } from '../kernel/context.js';
import { CommandError, exitCodes, refused, type CommandLine } from '../kernel/command-line.js';
import { DataKeyError } from '../kernel/data-key.js';
import { toGlobalId } from '../kernel/global-id.js';
import { eraseVolunteer, exportVolunteer } from './person.service.js';
import { VolunteerErased, VolunteerExported } from './personal-data.result.js';
import { rotateDataKey } from './rotation.js';

export function personalDataCommands(program: Command, line: CommandLine): void {
  const reason = line.say({ 'zh-CN': '理由，记入审计日志', en: 'why, for the audit log' });
  const number = line.say({ 'zh-CN': '志愿者编号，如 SB-000123', en: 'volunteer number, such as SB-000123' });

  const people = line.group(program, 'people', { 'zh-CN': '志愿者的个人信息', en: "volunteers' personal data" });
  people
    .command('export')
    .argument('<number>', number)
    .requiredOption('--reason <text>', reason)
    .option('--out <file>', line.say({ 'zh-CN': '写入文件（仅本人可读）', en: 'into a file that only you can read' }))
    .description(line.say({ 'zh-CN': '导出一个人的全部信息', en: "exports all of one person's data" }))
    .action(
      line.does(async (ctx, code: string, options: { reason: string; out?: string }) => {
        const result = await exportVolunteer(ctx, await personOf(ctx, code), options.reason);
        if (!(result instanceof VolunteerExported)) return refused(result);
        const json = `${JSON.stringify(result.document, null, 2)}\n`;
        if (options.out === undefined) return { data: result.document, text: { 'zh-CN': json, en: json } };
        await writeFile(options.out, json, { mode: 0o600, flag: 'wx' });
        return {
          data: { file: options.out },
          text: { 'zh-CN': `✔ 已写入 ${options.out}。`, en: `✔ Written to ${options.out}.` },
        };
      }),
    );
  people
    .command('erase')
    .argument('<number>', number)
    .requiredOption('--reason <text>', reason)
    .description(
      line.say({
        'zh-CN': '注销一个人：姓名、编号和个人信息都删除，时长和人次保留；不能撤销',
        en: 'erases a person: name, number and data go, hours and counts stay; this cannot be undone',
      }),
    )
    .action(
      line.does(async (ctx, code: string, options: { reason: string }) => {
        const result = await eraseVolunteer(ctx, await personOf(ctx, code), options.reason);
        if (!(result instanceof VolunteerErased)) return refused(result);
        const { tombstone, erasedAt } = result;
        return {
          data: { tombstone, erasedAt },
          text: {
            'zh-CN': `✔ 已注销，记录中以 ${tombstone} 代替。`,
            en: `✔ Erased; ${tombstone} stands in the records instead.`,
          },
        };
      }),
    );

  line
    .group(program, 'data-key', { 'zh-CN': '加密个人信息的密钥', en: 'the key that encrypts personal data' })
    .command('rotate')
    .description(
      line.say({
        'zh-CN': '换用新密钥，分批重新加密全部个人信息；服务可以照常运行',
        en: 'encrypts all personal data anew with a new key, in batches, while the server runs',
      }),
    )
    .action(
      line.does(async (ctx) => {
        const { version, records } = await rotateDataKey(ctx).catch(toCommandError);
        return {
          data: { version, records },
          text: {
            'zh-CN': `✔ 已换用第 ${version} 个密钥，重新加密了 ${records} 人的信息。旧的备份仍需旧密钥，请妥善保管。`,
            en: `✔ Key ${version} is in use; ${records} records were encrypted anew. Older backups need the older key: keep it.`,
          },
        };
      }),
    );
}

/** The id of whoever has a number; somebody erased is found by what stands in its place. */
async function personOf(ctx: Context, number: string): Promise<string> {
  const [row] = await ctx.db.query<{ id: number }>('select id from volunteer where number = $1', [number]);
  if (row) return toGlobalId('Volunteer', row.id);
  throw new CommandError(
    { 'zh-CN': `没有编号为 ${number} 的志愿者。`, en: `There is no volunteer with the number ${number}.` },
    exitCodes.notFound,
  );
}

function toCommandError(error: unknown): never {
  if (!(error instanceof DataKeyError)) throw error;
  const [chinese = '', english = chinese] = error.message.split('\n');
  throw new CommandError({ 'zh-CN': chinese, en: english }, exitCodes.refused);
}
