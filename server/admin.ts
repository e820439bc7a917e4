/**
 * `npm run admin -- …`: what administrators do at the machine itself, above all making the first of them. It works on the
 * database that the server would use, whether the server runs or not, by the same services, and stands in the audit log.
 */
import { randomUUID } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { Command, CommanderError } from 'commander';
import pino from 'pino';
import { openDatabase, createServices } from './app.js';
import { commands } from './features.js';
import { systemClock } from './kernel/clock.js';
import { CommandError, CommandLine, exitCodes, localeOfEnvironment, type Outcome } from './kernel/command-line.js';
import { readConfig, type Config } from './kernel/config.js';
import type { Context } from './kernel/context.js';
import { withStartLock, type Database } from './kernel/database/database.js';
import { dataKeySource } from './kernel/data-key.js';
import { restrict } from './kernel/database/restricted.js';
import { joinEmbeddedPostgres } from './kernel/database/embedded.js';
import { DatabaseStartError } from './kernel/database/embedded-programs.js';
import { publicViewer, ViewerRole } from './kernel/viewer.js';
import { Vault } from './vault/vault.js';

const { env } = process;
const locale = localeOfEnvironment(env);
const out = (text: string) => void process.stdout.write(text);
const err = (text: string) => void process.stderr.write(text);
// Whatever goes wrong is told once, by the command that it went wrong in.
const log = pino({ level: 'fatal' }, pino.destination(2));

const config = readConfig({ ...env, PORT: undefined });
const line = new CommandLine(locale, inContext, config.timeZone, { out, err });

const program = new Command('npm run admin --')
  .usage(line.say({ 'zh-CN': '<命令> [选项]', en: '<command> [options]' }, ' | '))
  .description(
    line.say(
      {
        'zh-CN': '管理百花：服务运行或停止时都可用；所做的事记入审计日志。',
        en: 'Administers Baihua, whether the server runs or not. What is done stands in the audit log.',
      },
      '\n',
    ),
  )
  .option('--json', line.say({ 'zh-CN': '以 JSON 答复，供程序使用', en: 'answers JSON, for programs' }))
  .helpOption('-h, --help', line.say({ 'zh-CN': '显示用法', en: 'shows how to use it' }))
  .helpCommand(false)
  .addHelpText(
    'after',
    `\n${line.say(
      {
        'zh-CN': `退出码：0 完成，1 故障，2 用法或输入有误，3 没有找到，4 被拒绝，5 日志核对出问题，6 数据库不可用
示例：
  npm run admin -- accounts create li.wei --name 李伟 --administrator
  npm run admin -- keys issue --role display --name 西门大屏 --unit S01
  npm run --silent admin -- audit verify --json`,
        en: `Exit codes: 0 done, 1 failed, 2 wrong use or input, 3 not found, 4 refused, 5 faults in the log, 6 no database
Examples:
  npm run admin -- accounts create li.wei --name 'Li Wei' --administrator
  npm run admin -- keys issue --role display --name 'West gate' --unit S01
  npm run --silent admin -- audit verify --json`,
      },
      '\n\n',
    )}\n`,
  )
  .exitOverride()
  .configureOutput({ writeOut: out, writeErr: err, outputError: () => undefined });
for (const add of commands) add(program, line);

try {
  await program.parseAsync();
} catch (error) {
  // Help was asked for, and shown; without any command it is shown, too, as no command is a mistake.
  if (error instanceof CommanderError && error.exitCode === 0) process.exitCode = exitCodes.done;
  else if (error instanceof CommanderError && error.code === 'commander.help') process.exitCode = exitCodes.wrongUse;
  else line.fail(error, process.argv.includes('--json'));
}

/** Opens the database that the server would use, does the work as the administrator at the machine, and closes it again. */
async function inContext(work: (ctx: Context) => Promise<Outcome>): Promise<Outcome> {
  const postgres = config.databaseUrl
    ? { url: config.databaseUrl, isShared: true, stop: () => Promise.resolve() }
    : await joinEmbeddedPostgres({ dataDir: config.dataDir, log: { info: say, warn: say, error: say } }).catch(
        asCommandError,
      );
  try {
    const db = await openDatabase(postgres.url, log);
    try {
      await bringUpToDate(db, postgres);
      return await work(await contextOf(db, config));
    } finally {
      await db.close();
    }
  } finally {
    await postgres.stop();
  }
}

function say(...said: unknown[]): void {
  const text = said.find((it) => typeof it === 'string');
  if (text !== undefined) err(`${text as string}\n`);
}

function asCommandError(error: unknown): never {
  if (!(error instanceof DatabaseStartError)) throw error;
  // Chinese and English, as it came.
  throw new CommandError({ 'zh-CN': error.message, en: error.message }, exitCodes.unavailable);
}

/** A database that nobody else uses gets this version's schema; one that a server may be working with is left alone. */
async function bringUpToDate(db: Database, { url, isShared }: { url: string; isShared: boolean }): Promise<void> {
  // The migrator would make a database of that name where there is none: here that is a slip of the pen.
  await db.query('select 1');
  const { migrator } = db.orm;
  if ((await migrator.getPending()).length === 0) return void (await restrict(db, log));
  if (isShared && (await migrator.getExecuted()).length > 0) {
    throw new CommandError(
      {
        'zh-CN': '数据库还不是这个版本的。请先用这个版本重新启动百花（npm start），再运行本命令。',
        en: 'The database is of an older version. Start Baihua anew in this version (npm start), then run this again.',
      },
      exitCodes.unavailable,
    );
  }
  await withStartLock(url, () => migrator.up());
  await restrict(db, log);
}

/** Whoever may run commands here owns the data: an administrator, whom the audit log knows by the system's user. */
async function contextOf(db: Database, config: Config): Promise<Context> {
  const viewer = { ...publicViewer, role: ViewerRole.ADMINISTRATOR, name: `npm run admin (${user()}@${hostname()})` };
  const vault = new Vault(db, dataKeySource(config));
  const caller = { viewer, locale: locale ?? 'zh-CN', requestId: randomUUID(), address: '', userAgent: null };
  return { ...(await createServices(db, { clock: systemClock, log, vault, timeZone: config.timeZone })), ...caller };
}

function user(): string {
  try {
    return userInfo().username;
  } catch {
    // In a container a number may be all that there is.
    return String(process.getuid?.());
  }
}
