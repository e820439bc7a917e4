import { InvalidArgumentError, type Command } from 'commander';
import { exitCodes, toNumber, type CommandLine, type Words } from '../kernel/command-line.js';
import { AuditAction, type AuditEntry } from './audit-entry.entity.js';
import { listAudit, verifyAudit } from './audit.service.js';
import type { ChainFault } from './chain.js';

const faults: Record<ChainFault, Words> = {
  MISSING: { 'zh-CN': '从这里起有记录缺失', en: 'entries are missing from here on' },
  MISPLACED: { 'zh-CN': '不接在前一条之后', en: 'does not follow the entry before it' },
  ALTERED: { 'zh-CN': '内容被改动过', en: 'was altered' },
  TRUNCATED: { 'zh-CN': '从这里起末尾的记录缺失', en: 'the log once went on from here' },
  UNCOUNTED: { 'zh-CN': '末尾的记录不是系统写入的', en: 'the end of the log is not what was written last' },
};

export function auditCommands(program: Command, line: CommandLine): void {
  const audit = line.group(program, 'audit', { 'zh-CN': '审计日志', en: 'the audit log' });

  audit
    .command('verify')
    .description(
      line.say({
        'zh-CN': '逐条核对整个日志：有没有被改动、删除、调换或伪造的记录',
        en: 'follows the whole log and finds what was altered, removed, moved or forged',
      }),
    )
    .action(
      line.does(async (ctx) => {
        const { rows, faults: count, findings } = await verifyAudit(ctx.db);
        const data = { isIntact: count === 0, entries: rows, faults: count, findings };
        if (count === 0) {
          const text = {
            'zh-CN': `✔ ${rows} 条记录完好无缺。`,
            en: `✔ ${rows} entries, all of them as they were written.`,
          };
          return { data, text };
        }
        return {
          data,
          table: {
            columns: [
              { 'zh-CN': '序号', en: 'entry' },
              { 'zh-CN': '问题', en: 'fault' },
            ],
            rows: findings.map(({ fault, sequence }) => [String(sequence), line.say(faults[fault])]),
          },
          text: {
            'zh-CN': `✘ ${rows} 条记录里有 ${count} 处问题。请保留数据库现状，并对照备份调查。`,
            en: `✘ ${count} faults in ${rows} entries. Keep the database as it is, and compare it with a backup.`,
          },
          exitCode: exitCodes.faultsFound,
        };
      }),
    );

  interface ListOptions {
    first: number;
    action?: AuditAction;
    from?: Date;
    to?: Date;
  }
  audit
    .command('list')
    .description(line.say({ 'zh-CN': '列出记录，最新的在前', en: 'lists entries, the newest first' }))
    .option('--first <n>', line.say({ 'zh-CN': '多少条', en: 'how many' }), toNumber, 50)
    .option(
      '--action <action>',
      line.say({ 'zh-CN': '只列这种操作，如 KEY_ISSUED', en: 'only these, such as KEY_ISSUED' }),
      toAction,
    )
    .option('--from <date>', line.say({ 'zh-CN': '从何时起', en: 'from when on' }), line.toDate)
    .option('--to <date>', line.say({ 'zh-CN': '到何时为止', en: 'until when' }), line.toDate)
    .action(
      line.does(async (ctx, { first, ...filter }: ListOptions) => {
        const { nodes } = await listAudit(ctx, { first }, filter);
        return {
          data: nodes.map(toData),
          table: {
            columns: [
              { 'zh-CN': '序号', en: 'entry' },
              { 'zh-CN': '时间', en: 'at' },
              { 'zh-CN': '操作', en: 'action' },
              { 'zh-CN': '操作者', en: 'actor' },
              { 'zh-CN': '对象', en: 'target' },
              { 'zh-CN': '理由', en: 'reason' },
            ],
            rows: nodes.map((entry) => [
              String(entry.sequence),
              line.moment(entry.at),
              entry.action,
              actorName(entry),
              entry.targetType ? `${entry.targetType} ${entry.targetName ?? `#${entry.targetId}`}` : '–',
              entry.reason ?? '–',
            ]),
          },
        };
      }),
    );
}

function toData({ hash, previousHash, ...entry }: AuditEntry): object {
  return { ...entry, hash: hash.toString('hex'), previousHash: previousHash.toString('hex') };
}

function actorName({ actorRole, actorName: name, accountId }: AuditEntry): string {
  return accountId === null ? (name ?? actorRole) : `Account #${accountId}`;
}

function toAction(text: string): AuditAction {
  const action = text.toUpperCase().replaceAll('-', '_');
  if (!Object.hasOwn(AuditAction, action)) throw new InvalidArgumentError(Object.keys(AuditAction).join(', '));
  return action as AuditAction;
}
