import type { Command } from 'commander';
import { exitCodes, type CommandLine, type Words } from '../kernel/command-line.js';
import { verifyLedger, type LedgerFault } from './verify.js';

const faults: Record<LedgerFault, Words> = {
  MISSING: { 'zh-CN': '从这里起有分录缺失', en: 'entries are missing from here on' },
  MISPLACED: { 'zh-CN': '不接在前一条之后', en: 'does not follow the entry before it' },
  ALTERED: { 'zh-CN': '分录或其凭证被改动过', en: 'the entry or its transfer was altered' },
  UNBALANCED: { 'zh-CN': '借贷不平', en: 'does not sum to zero' },
  TRUNCATED: { 'zh-CN': '从这里起末尾的分录缺失', en: 'the account once went on from here' },
  MISCOUNTED: { 'zh-CN': '账户余额与分录不符', en: 'what is kept is not what the entries come to' },
};

export function ledgerCommands(program: Command, line: CommandLine): void {
  const ledger = line.group(program, 'ledger', { 'zh-CN': '时间银行账本', en: "the time bank's ledger" });

  ledger
    .command('verify')
    .description(
      line.say({
        'zh-CN': '逐条核对整个账本：余额、借贷平衡、有没有被改动或缺失的分录',
        en: 'follows the whole ledger: balances, sums, and what was altered or removed',
      }),
    )
    .action(
      line.does(async (ctx) => {
        const report = await verifyLedger(ctx.db);
        const { accounts, entries, faults: count, findings } = report;
        const data = { isIntact: count === 0, ...report };
        if (count === 0) {
          return {
            data,
            text: {
              'zh-CN': `✔ ${accounts} 个账户、${entries} 条分录，完好且平衡。`,
              en: `✔ ${accounts} accounts, ${entries} entries, all as they were booked, and in balance.`,
            },
          };
        }
        return {
          data,
          table: {
            columns: [
              { 'zh-CN': '账户', en: 'account' },
              { 'zh-CN': '序号', en: 'entry' },
              { 'zh-CN': '凭证', en: 'transfer' },
              { 'zh-CN': '问题', en: 'fault' },
            ],
            rows: findings.map(({ account, sequence, transfer, fault }) => [
              ...[account, sequence, transfer].map((it) => String(it ?? '–')),
              line.say(faults[fault]),
            ]),
          },
          text: {
            'zh-CN': `✘ ${entries} 条分录里有 ${count} 处问题。请保留数据库现状，并对照备份调查。`,
            en: `✘ ${count} faults in ${entries} entries. Keep the database as it is, and compare it with a backup.`,
          },
          exitCode: exitCodes.faultsFound,
        };
      }),
    );
}
