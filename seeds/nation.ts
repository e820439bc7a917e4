/**
 * A nation on an empty database: the hierarchy at the size of China's administrative divisions, and ten million check-ins.
 *
 *     npm run nation                                  # an embedded database of its own, in .data-nation
 *     npm run nation -- --url postgresql://…/nation   # an empty one elsewhere
 *
 * Stopped, it leaves nothing behind and can be started again.
 */
import 'reflect-metadata';
import { SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError } from 'commander';
import pg from 'pg';
import { createApp } from '../server/app.js';
import { readConfig } from '../server/kernel/config.js';
import { nation, type Step } from './nation/seed.js';

interface Options {
  url?: string;
  dataDir: string;
  province?: string;
  checkIns?: number;
  events: number;
  volunteers: number;
}

const atLeast = (least: number) => (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) {
    throw new InvalidArgumentError(`应为不小于 ${least} 的整数 · must be a whole number of at least ${least}.`);
  }
  return value;
};

const options = new Command('nation')
  .description(
    '全国规模：以公开的行政区划为四级组织，并生成签到记录。\nA nation: the public administrative divisions as the four levels, with generated check-ins.',
  )
  .option('--url <url>', '空的 PostgreSQL · an empty PostgreSQL (default: an embedded one in the data folder)')
  .option('--data-dir <folder>', '内置数据库与密钥的目录 · where database and keys go', '.data-nation')
  .option('--province <code>', '只取一个省，如 64 · only one province, by two digits')
  .option(
    '--check-ins <n>',
    '签到记录条数 · rows of all logs together (default: 10 million, fewer for a province)',
    atLeast(0),
  )
  .option('--events <n>', '活动场数，最后一场是今天 · how many events; the last is today', atLeast(1), 5)
  .option('--volunteers <n>', '每队志愿者人数 · volunteers in each team', atLeast(1), 30)
  .parse()
  .opts<Options>();

const say = (chinese: string, english: string) => process.stdout.write(`${chinese}\n  ${english}\n`);

const steps: Record<Step, string> = {
  units: '组织 units',
  volunteers: '志愿者 volunteers',
  'check-ins': '签到 check-ins',
  indexes: '索引 indexes',
};

const bar = new SingleBar({
  format: '{bar} {percentage}%  {step} {value}/{total}  {duration_formatted}',
  hideCursor: true,
  noTTYOutput: true,
  notTTYSchedule: 5_000,
});
const began = performance.now();
let step: Step | undefined;
let seeded = false;

const config = readConfig({
  ...process.env,
  PORT: '0',
  HOST: '127.0.0.1',
  LOG_LEVEL: 'warn',
  DATABASE_URL: options.url,
  DATA_DIR: options.dataDir,
});
try {
  say('正在准备数据库……', 'Preparing the database …');
  const fill = nation({
    ...options,
    volunteersPerTeam: options.volunteers,
    progress(now, done, all) {
      if (now !== step) bar.start(all, 0, { step: steps[(step = now)] });
      bar.update(done);
    },
  });
  // As a node starts: its database, the schema's latest version, and what fills an empty one.
  const app = await createApp(config, {
    seed: async (context) => {
      await fill(context);
      seeded = true;
    },
  });
  bar.stop();
  if (seeded) {
    say('正在整理……', 'Tidying up …');
    const client = new pg.Client({ connectionString: app.databaseUrl });
    await client.connect();
    await client.query('vacuum (analyze)');
    await client.end();
    const seconds = Math.round((performance.now() - began) / 1000);
    say(`完成，用时 ${seconds} 秒。启动：`, `Done in ${seconds} s. To start:`);
    const environment = options.url ? `DATABASE_URL='${options.url}' ` : '';
    process.stdout.write(`\n  ${environment}DATA_DIR=${options.dataDir} npm start\n\n`);
  } else {
    say(
      '数据库里已有组织，未作改动。请换一个空的数据库或目录。',
      'There are units in it already: nothing was changed. Choose an empty one.',
    );
    process.exitCode = 1;
  }
  await app.close();
} catch (error) {
  bar.stop();
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
process.exit();
