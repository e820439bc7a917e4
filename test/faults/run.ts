/**
 * The proof of what the project promises about check-ins and walls, under faults:
 *
 *     npm run faults -- --seed 7 --check-ins 10000 --nodes 3 --walls 50 --report faults.json
 */
import 'reflect-metadata';
import { randomInt } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { prove, type Proof, type ProofOptions } from './prove.js';
import { faults as kinds } from './schedule.js';

interface Options extends Omit<ProofOptions, 'folder' | 'built' | 'kinds' | 'awaySeconds' | 'tell'> {
  away: number;
  report?: string;
}

const number = (least: number) => (text: string) => {
  const value = Number(text);
  if (!(value >= least) || !Number.isInteger(value)) {
    throw new InvalidArgumentError(`应为不小于 ${least} 的整数 · must be a whole number of at least ${least}.`);
  }
  return value;
};

const program = new Command('faults')
  .description(
    '在各种故障下签到，核对承诺：一次不多，一次不少。\nChecks in under faults of every kind, then compares what was promised with what is there.',
  )
  .option('--seed <n>', '随机种子 · the same seed plans the same scans and faults', number(0), randomInt(1_000_000))
  .option('--check-ins <n>', '至少多少次签到 · how many scans, at least', number(100), 10_000)
  .option('--nodes <n>', '节点数 · nodes', number(2), 3)
  .option('--walls <n>', '大屏数 · walls', number(3), 50)
  .option('--away <seconds>', '大屏离开多久 · how long walls go away', number(1), 60)
  .option('--report <file>', '写出全部尝试与结果 · write every attempt and the result to a JSON file');

const say = (text: string) => process.stdout.write(`${text}\n`);

function showSummary(proof: Proof): void {
  say(
    '\n故障 faults                                     次数 times   重试 retries   大屏重连 walls back   最慢追上 slowest catch-up',
  );
  for (const [kind, { name }] of Object.entries(kinds)) {
    const seen = proof.faults.filter(({ fault }) => fault === kind);
    const sum = (count: 'retries' | 'wallReconnects') => seen.reduce((total, happened) => total + happened[count], 0);
    const slowest = Math.max(0, ...seen.map(({ caughtUpMs }) => caughtUpMs));
    say(`${seen.length}× ${name}: ${sum('retries')} · ${sum('wallReconnects')} · ${(slowest / 1_000).toFixed(1)} s`);
    for (const { note } of seen) if (note && kind.startsWith('deploy')) say(`     ${note}`);
  }
  const { latencyMs, logged, network, walls } = proof;
  say(`
扫码 scans ${proof.entries.length} · 已确认 acknowledged ${proof.acknowledged}，其中重发后才知道 of them known by a replay ${proof.replayed}
记录 log ${logged[0]} → 恢复后 after the restore ${logged[1]}
确认用时 acknowledged in p50 ${latencyMs.p50} ms · p95 ${latencyMs.p95} ms · p99 ${latencyMs.p99} ms · 最长 longest ${latencyMs.longest} ms
大屏重连 walls came back ${walls.reconnects} 次 times · 从快照重新开始 started over ${walls.expiries}
网络 network ${JSON.stringify(network)}
未答复 unanswered ${JSON.stringify(proof.failures)}
大屏断开 walls ended by ${JSON.stringify(walls.endings)}
节点警告 warnings of nodes ${JSON.stringify(proof.warnings)}
停机用时 drains ${proof.drainsMs.map((ms) => `${(ms / 1_000).toFixed(1)} s`).join(' ')}
用时 took ${proof.seconds} s`);
}

const { away, report, ...options } = program.parse().opts<Options>();
const again = `npm run faults -- --seed ${options.seed} --check-ins ${options.checkIns} --nodes ${options.nodes} --walls ${options.walls} --away ${away}`;
say(`${again}\n`);
const folder = await mkdtemp(join(tmpdir(), 'baihua-faults-'));
let violations = ['它没有完成 it did not end'];
let file = report && resolve(report);
try {
  const proof = await prove({ ...options, awaySeconds: away, folder, built: true, tell: say });
  showSummary(proof);
  violations = proof.violations;
  if (violations.length > 0) file ??= join(folder, 'report.json');
  if (file) await writeFile(file, JSON.stringify({ again, options: { ...options, away }, ...proof }, null, 1));
} catch (error) {
  say((error as Error).stack ?? String(error));
}
if (file) say(`报告 report: ${file}`);
if (violations.length === 0) {
  await rm(folder, { recursive: true, force: true });
  say('✔ 承诺成立 every promise held');
} else {
  say(`\n✘ ${violations.length} 处违背承诺 promises were broken:`);
  for (const violation of violations) say(`  ${violation}`);
  say(`节点日志 logs of the nodes: ${folder}\n重演 to replay: ${again}`);
}
// Whatever has not been closed on the way is nothing to wait for.
process.exit(violations.length === 0 ? 0 : 1);
