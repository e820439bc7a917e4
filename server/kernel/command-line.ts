import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { GraphQLError } from 'graphql';
import { Temporal } from 'temporal-polyfill';
import type { Context } from './context.js';
import type { ErrorCode } from './errors.js';
import type { Locale } from './locale.js';
import { Refusal } from './refusal.js';

/** A text for the person at the terminal. */
export type Words = Record<Locale, string>;

/** What a command ends with; a script can tell from it what happened. */
export const exitCodes = {
  done: 0,
  failed: 1,
  wrongUse: 2,
  notFound: 3,
  refused: 4,
  faultsFound: 5,
  unavailable: 6,
} as const;

/** What a command answers: `data` for programs, with `--json`; for people a table, a text, or both. */
export interface Outcome {
  data: unknown;
  table?: { columns: Words[]; rows: string[][] };
  text?: Words;
  /** Done unless told. */
  exitCode?: number;
}

/** Told to the person at the terminal as it is, and never with a stack. */
export class CommandError extends Error {
  constructor(
    readonly words: Words,
    readonly exitCode: number,
  ) {
    super(words.en);
  }
}

/** A foreseen "no" of a service is an outcome, too. */
export function refused(refusal: Refusal): Outcome {
  const { message } = refusal;
  const data = { refused: refusal.constructor.name, message };
  return { data, text: { 'zh-CN': message, en: message }, exitCode: exitCodes.refused };
}

/** Chinese, English, or both, one after the other: as the environment asks for. */
export function localeOfEnvironment(env: NodeJS.ProcessEnv): Locale | undefined {
  const name = env.LC_ALL || env.LC_MESSAGES || env.LANG || '';
  if (/^zh/i.test(name)) return 'zh-CN';
  return /^en/i.test(name) ? 'en' : undefined;
}

/** What the features' commands are made with: texts, and what surrounds the work of each. */
export class CommandLine {
  constructor(
    private readonly locale: Locale | undefined,
    /** Gives `work` a context with everything behind it, and tidies up. */
    private readonly inContext: (work: (ctx: Context) => Promise<Outcome>) => Promise<Outcome>,
    private readonly timeZone: string,
    private readonly streams: { out: (text: string) => void; err: (text: string) => void },
  ) {}

  /** A text in the language of whoever reads it. */
  say(words: Words, separator = ' · '): string {
    return this.locale ? words[this.locale] : [...new Set(Object.values(words))].join(separator);
  }

  /** A group of commands, such as `accounts`. */
  group(program: Command, name: string, words: Words): Command {
    return program.command(name).helpCommand(false).description(this.say(words));
  }

  /** An option that is a moment: 2027-01-31 is the first one of that day where the community is. */
  readonly toDate = (text: string): Date => {
    try {
      const instant = /^\d{4}-\d\d-\d\d$/.test(text)
        ? Temporal.PlainDate.from(text).toZonedDateTime(this.timeZone).toInstant()
        : Temporal.Instant.from(text);
      return new Date(instant.epochMilliseconds);
    } catch {
      throw new InvalidArgumentError('2027-01-31, 2027-01-31T18:00+08:00');
    }
  };

  /** A moment, for a cell of a table. */
  moment(date: Date | null): string {
    if (!date) return '–';
    const zoned = Temporal.Instant.fromEpochMilliseconds(date.getTime()).toZonedDateTimeISO(this.timeZone);
    return `${zoned.toPlainDate().toString()} ${zoned.toPlainTime().toString({ smallestUnit: 'minute' })}`;
  }

  /** Makes an action of work: runs it, prints what comes out, sets the exit code. */
  does<Arguments extends unknown[]>(
    work: (ctx: Context, ...args: Arguments) => Promise<Outcome>,
  ): (...args: [...Arguments, Command]) => Promise<void> {
    return async (...args) => {
      const command = args.at(-1) as Command;
      const { json = false } = command.optsWithGlobals<{ json?: boolean }>();
      try {
        const outcome = await this.inContext((ctx) => work(ctx, ...(args.slice(0, -1) as Arguments)));
        process.exitCode = outcome.exitCode ?? exitCodes.done;
        this.print(outcome, json);
      } catch (error) {
        this.fail(error, json);
      }
    };
  }

  /** Tells how far a long work has come, beside what it answers in the end. */
  note(words: Words): void {
    this.streams.err(`${this.say(words)}\n`);
  }

  private print({ data, table, text, exitCode = exitCodes.done }: Outcome, json: boolean): void {
    if (json) return this.streams.out(`${JSON.stringify(data, null, 2)}\n`);
    if (table) {
      const columns = table.columns.map((words) => this.say(words, '/'));
      this.streams.out(layOut([columns, ...table.rows]));
    }
    if (!text) return;
    const isFine = exitCode === exitCodes.done;
    this.streams[isFine ? 'out' : 'err'](`${this.say(text, '\n')}\n`);
  }

  /** Tells what went wrong, without a stack where it was foreseen. */
  fail(error: unknown, json: boolean): void {
    const { code, words, exitCode, stack } = this.understand(error);
    process.exitCode = exitCode;
    if (json) this.streams.out(`${JSON.stringify({ error: { code, message: this.say(words, '\n') } }, null, 2)}\n`);
    else this.streams.err(`${this.say(words, '\n')}\n`);
    if (stack) this.streams.err(`${stack}\n`);
  }

  private understand(error: unknown): { code: string; words: Words; exitCode: number; stack?: string } {
    const same = (text: string): Words => ({ 'zh-CN': text, en: text });
    if (error instanceof CommandError) return { code: 'COMMAND', words: error.words, exitCode: error.exitCode };
    if (error instanceof CommanderError) {
      return { code: 'WRONG_USE', words: wordsForMisuse(error), exitCode: exitCodes.wrongUse };
    }
    if (error instanceof GraphQLError) {
      const code = error.extensions.code as ErrorCode;
      return { code, words: same(error.message), exitCode: exitCodeOf[code] ?? exitCodes.failed };
    }
    const { message, stack, code } = error as Error & { code?: string };
    // As a network, or PostgreSQL while it starts or stops, says that it cannot be used.
    if (code && /^(ECONN|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|28|3D000|57P0|53300)/.test(code)) {
      const words = {
        'zh-CN': `数据库连不上（${message || code}）。请检查它是否在运行，以及 DATABASE_URL 或 DATA_DIR。`,
        en: `The database cannot be used (${message || code}). Check that it runs, and DATABASE_URL or DATA_DIR.`,
      };
      return { code: 'SERVICE_UNAVAILABLE', words, exitCode: exitCodes.unavailable };
    }
    return { code: 'INTERNAL_SERVER_ERROR', words: same(message), exitCode: exitCodes.failed, stack };
  }
}

const exitCodeOf: Partial<Record<ErrorCode, number>> = {
  BAD_USER_INPUT: exitCodes.wrongUse,
  NOT_FOUND: exitCodes.notFound,
  FORBIDDEN: exitCodes.refused,
  CONFLICT: exitCodes.refused,
  RATE_LIMITED: exitCodes.refused,
  SERVICE_UNAVAILABLE: exitCodes.unavailable,
};

const misuses: Record<string, string> = {
  'commander.missingArgument': '缺少参数',
  'commander.optionMissingArgument': '选项缺少值：',
  'commander.missingMandatoryOptionValue': '缺少必需的选项',
  'commander.unknownOption': '没有这个选项：',
  'commander.unknownCommand': '没有这个命令：',
  'commander.excessArguments': '参数太多：',
  'commander.conflictingOption': '选项不能一起使用：',
  'commander.invalidArgument': '值不正确：',
};

function wordsForMisuse({ code, message }: CommanderError): Words {
  const en = message.replace(/^error: /, '');
  // The last thing in quotes is what was typed, or what is missing.
  const quoted = /^.*'(.+?)'/s.exec(en)?.[1] ?? en;
  return {
    'zh-CN': `${misuses[code] ?? '用法不正确：'}${quoted}（--help 查看用法）`,
    en: `${en} (see --help)`,
  };
}

/** A column is as wide as its widest cell; a Chinese character takes two places. */
function layOut(rows: string[][]): string {
  const widthOf = (text: string) =>
    Array.from(text).reduce(
      (sum, character) => sum + (/[\u1100-\u115f\u2e80-\uffe6]|[\u{20000}-\u{3fffd}]/u.test(character) ? 2 : 1),
      0,
    );
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => widthOf(row[column]!))));
  return rows
    .map(
      (row) =>
        row
          .map((cell, i) => cell + ' '.repeat(widths[i]! - widthOf(cell)))
          .join('  ')
          .trimEnd() + '\n',
    )
    .join('');
}

/** An option that is a whole number from 1 on. */
export function toNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('1, 2, 3 …');
  return number;
}
