/**
 * The day, played: as many phones as there are people scan their way through Volunteer Day over plain HTTP, and at the
 * end everything that they were told is compared with what the API says.
 *
 *     npm run volunteer-day -- --url http://localhost:4000 --people 2000 --rate 50
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError } from 'commander';
import { Api } from './volunteer-day/api.js';
import { playDay, type PlayOptions, type PlayResult, type Progress } from './volunteer-day/play.js';

interface Options extends PlayOptions {
  url: string;
  connections: number;
  patience: number;
  key?: string;
  duration?: number;
  report?: string;
}

const number = (least: number, whole: boolean) => (text: string) => {
  const value = Number(text);
  if (!(value >= least) || !Number.isFinite(value) || (whole && !Number.isInteger(value))) {
    throw new InvalidArgumentError(`应为不小于 ${least} 的${whole ? '整数' : '数'} · must be at least ${least}.`);
  }
  return value;
};

const program = new Command('volunteer-day')
  .description(
    '演练志愿者日：像两千部手机一样签到，最后与接口核对。\nPlays Volunteer Day as thousands of phones would, then compares with the API.',
  )
  .option('--url <url>', '服务地址 · where the server is', 'http://localhost:4000')
  .option('--people <n>', '参加人数 · how many people take part', number(1, true), 2000)
  .option('--rate <n>', '平均每秒到达人数 · arrivals a second, on average', number(0.1, false), 50)
  .option('--event <code>', '活动代码 · the event', 'volunteer-day-8')
  .option('--seed <n>', '随机种子 · the same seed plays the same day', number(0, true), 1)
  .option('--key <key>', '可代签的密钥 · a key that may vouch (default: from DATA_DIR/demo-keys.json)')
  .option('--duration <seconds>', '到时不再开始新的扫码 · start nothing new after this', number(0.1, false))
  .option('--connections <n>', '同时连接数 · connections kept open', number(1, true), 128)
  .option('--patience <seconds>', '无应答时坚持多久 · how long to go on while nothing answers', number(1, false), 120)
  .option('--report <file>', '把发出与确认的写进文件 · write what was sent and acknowledged to a JSON file');

const say = (chinese: string, english: string) => process.stdout.write(`${chinese}\n  ${english}\n`);

async function demoKey(): Promise<string> {
  const file = join(process.env.DATA_DIR || '.data', 'demo-keys.json');
  const text = await readFile(file, 'utf8').catch(() => '{}');
  const keys = JSON.parse(text) as { leader?: string; coordinator?: string };
  const key = keys.leader ?? keys.coordinator;
  if (!key) throw new Error(`读不到 ${file}，请用 --key · no key in ${file}: pass one with --key`);
  return key;
}

function showProgress(api: Api, rate: number): Progress & { end(): void } {
  const bar = new SingleBar({
    format: '{bar} {value}/{total} · 在场 on site {onSite} · 重试 retries {retries} · {duration_formatted}',
    hideCursor: true,
    noTTYOutput: true,
    notTTYSchedule: 5_000,
  });
  return {
    reading: () => say('正在读取岗位、志愿者和已有记录……', 'Reading posts, volunteers and what was recorded before …'),
    starting({ event, people, acts }) {
      say(
        `“${event.title}”：${people} 人，平均每秒到达 ${rate} 人，共 ${acts} 次扫码（Ctrl-C：提前结束并核对）`,
        `${event.code}: ${people} people, ${rate} arrivals a second, ${acts} scans (Ctrl-C: end early and compare)`,
      );
      bar.start(acts, 0, { onSite: 0, retries: 0 });
    },
    acted: (onSite) => bar.increment(1, { onSite, retries: api.stats.retries }),
    comparing() {
      bar.stop();
      say('正在核对……', 'Comparing …');
    },
    end: () => bar.stop(),
  };
}

function summarise({ scans, seconds, refusals, differences, tallies }: PlayResult, { stats }: Api): void {
  const rows = scans.filter((scan) => scan.outcome !== 'ALREADY_CHECKED_IN');
  const ins = rows.filter((scan) => scan.direction === 'IN').length;
  const outs = rows.length - ins;
  const kept = rows.filter((scan) => scan.outcome === 'KEPT_FOR_REVIEW').length;
  const rate = (rows.length / seconds).toFixed(1);
  const latencies = stats.latenciesMs.toSorted((a, b) => a - b);
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => {
    const value = latencies[Math.floor(latencies.length * share)];
    return value === undefined ? '–' : `${value.toFixed(1)} ms`;
  });
  say(
    `用时 ${seconds.toFixed(1)} 秒：签到 ${ins} 次，签退 ${outs} 次（待核 ${kept}），每秒 ${rate} 条`,
    `${seconds.toFixed(1)} s: ${ins} check-ins and moves, ${outs} check-outs (${kept} kept for review), ${rate} rows/s`,
  );
  say(
    `应答时间 p50 ${p50}，p95 ${p95}，p99 ${p99}；请求 ${stats.requests} 次，重试 ${stats.retries} 次，服务内部错误 ${stats.serverFaults} 次`,
    `answers p50 ${p50}, p95 ${p95}, p99 ${p99}; ${stats.requests} requests, ${stats.retries} retries, ${stats.serverFaults} internal errors`,
  );
  say(
    `未受理：已签到 ${refusals.alreadyCheckedIn}，动态码过期 ${refusals.expiredCodes}，编号挪用 ${refusals.idempotencyMismatch}`,
    `refused: ${refusals.alreadyCheckedIn} already in, ${refusals.expiredCodes} expired codes, ${refusals.idempotencyMismatch} reused keys`,
  );
  if (differences.length === 0) {
    const counted = Object.keys(tallies).length - 1;
    say(
      `核对一致：活动、四级 ${counted} 个单位、${rows.length} 条记录`,
      `All agrees: the event, ${counted} units of the four levels, ${rows.length} rows`,
    );
    return;
  }
  say(`有 ${differences.length} 处不一致：`, `${differences.length} differences:`);
  for (const difference of differences.slice(0, 40)) process.stdout.write(`  - ${difference}\n`);
  if (differences.length > 40) say('  其余见 --report 的文件', '  the rest stands in the file of --report');
}

/** Tells whether everything agreed. */
async function run(options: Options): Promise<boolean> {
  const key = options.key ?? (await demoKey());
  const api = new Api(options.url, { connections: options.connections, patienceMs: options.patience * 1000 });
  const progress = showProgress(api, options.rate);
  const stopped = new AbortController();
  process.once('SIGINT', () => stopped.abort());
  let deadline: NodeJS.Timeout | undefined;
  try {
    const result = await playDay(api, key, options, stopped.signal, {
      ...progress,
      starting(play) {
        progress.starting(play);
        if (options.duration) deadline = setTimeout(() => stopped.abort(), options.duration * 1000);
      },
    });
    summarise(result, api);
    if (options.report) {
      const { latenciesMs: _, ...stats } = api.stats;
      await writeFile(
        options.report,
        JSON.stringify({ url: options.url, seed: options.seed, ...stats, ...result }, null, 1),
      );
    }
    return result.differences.length === 0;
  } finally {
    clearTimeout(deadline);
    progress.end();
    await api.close();
  }
}

try {
  process.exitCode = (await run(program.parse().opts<Options>())) ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
