import { InvalidArgumentError, type Command } from 'commander';
import type { Context } from '../kernel/context.js';
import { CommandError, exitCodes, refused, type CommandLine } from '../kernel/command-line.js';
import { toGlobalId } from '../kernel/global-id.js';
import { unitById } from '../hierarchy/hierarchy.service.js';
import type { Account } from './account.entity.js';
import { AccountCreated, AccountDisabled, GrantEnded, RoleGranted, type OneTimePassword } from './account.result.js';
import { normaliseLogin } from './account.rules.js';
import { createAccount, disableAccount, enableAccount, listAccounts, resetPassword } from './account.service.js';
import { GrantRole, type Grant } from './grant.entity.js';
import { endGrant, grantRole, grantsOf } from './grant.service.js';
import { unitIdOf } from './key.commands.js';

export function accountCommands(program: Command, line: CommandLine): void {
  const accounts = line.group(program, 'accounts', { 'zh-CN': '账号与角色', en: 'accounts and roles' });
  const reason = line.say({ 'zh-CN': '理由，记入审计日志', en: 'why, for the audit log' });
  const role = 'leader, coordinator, administrator';
  const unit = line.say({
    'zh-CN': '单位代码，如 S01；不填则为全部',
    en: 'code of the unit, such as S01; everywhere without',
  });

  interface CreateOptions {
    name: string;
    administrator?: true;
    role?: GrantRole;
    unit?: string;
  }
  accounts
    .command('create <login>')
    .description(
      line.say({
        'zh-CN': '新建账号，生成一次性密码（只显示这一次）',
        en: 'makes an account with a one-time password, which is shown this once',
      }),
    )
    .requiredOption('--name <name>', line.say({ 'zh-CN': '姓名', en: 'whose it is' }))
    .option('--administrator', line.say({ 'zh-CN': '即 --role administrator', en: 'the same as --role administrator' }))
    .option('--role <role>', role, toRole)
    .option('--unit <code>', unit)
    .action(
      line.does(async (ctx, login: string, options: CreateOptions) => {
        const result = await createAccount(ctx, {
          login,
          name: options.name,
          role: options.administrator ? GrantRole.ADMINISTRATOR : options.role,
          unit: options.unit === undefined ? null : await unitIdOf(ctx, options.unit),
        });
        if (!(result instanceof AccountCreated)) return refused(result);
        return passwordTold(line, result.oneTimePassword);
      }),
    );

  accounts
    .command('list')
    .description(line.say({ 'zh-CN': '列出账号及其角色', en: 'lists accounts and their roles' }))
    .option(
      '--unit <code>',
      line.say({ 'zh-CN': '只列这个单位及其下级的', en: 'only of this unit and everything below it' }),
    )
    .option('--search <text>', line.say({ 'zh-CN': '在账号名和姓名里查找', en: 'looks into logins and names' }))
    .action(
      line.does(async (ctx, options: { unit?: string; search?: string }) => {
        const within = options.unit === undefined ? null : await unitIdOf(ctx, options.unit);
        const { nodes } = await listAccounts(ctx, { first: 10_000 }, within, options.search);
        const data = await Promise.all(nodes.map((account) => toData(ctx, account)));
        return {
          data,
          table: {
            columns: [
              { 'zh-CN': '账号', en: 'login' },
              { 'zh-CN': '姓名', en: 'name' },
              { 'zh-CN': '角色（编号）', en: 'roles (grant)' },
              { 'zh-CN': '上次登录', en: 'last sign-in' },
              { 'zh-CN': '停用于', en: 'disabled' },
            ],
            rows: nodes.map((account, i) => [
              account.login,
              account.name,
              data[i]!.grants.map((it) => `${it.role}${it.unit ? ` ${it.unit}` : ''} (${it.id})`).join(', ') || '–',
              line.moment(account.lastSignInAt),
              line.moment(account.disabledAt),
            ]),
          },
        };
      }),
    );

  accounts
    .command('reset-password <login>')
    .description(
      line.say({
        'zh-CN': '生成新的一次性密码，并结束所有登录',
        en: 'gives a new one-time password, and ends all sessions',
      }),
    )
    .action(
      line.does(async (ctx, login: string) => {
        const account = await accountByLogin(ctx, login);
        return passwordTold(line, await resetPassword(ctx, account.nodeId));
      }),
    );

  accounts
    .command('disable <login>')
    .description(line.say({ 'zh-CN': '停用账号，并结束所有登录', en: 'lets nobody in by it, and ends all sessions' }))
    .requiredOption('--reason <text>', reason)
    .action(
      line.does(async (ctx, login: string, options: { reason: string }) => {
        const account = await accountByLogin(ctx, login);
        const result = await disableAccount(ctx, account.nodeId, options.reason);
        if (!(result instanceof AccountDisabled)) return refused(result);
        return {
          data: await toData(ctx, result.account),
          text: { 'zh-CN': `✔ 账号 ${account.login} 已停用。`, en: `✔ The account ${account.login} is disabled.` },
        };
      }),
    );

  accounts
    .command('enable <login>')
    .description(line.say({ 'zh-CN': '重新启用账号', en: 'lets a disabled account be used again' }))
    .action(
      line.does(async (ctx, login: string) => {
        const account = await enableAccount(ctx, (await accountByLogin(ctx, login)).nodeId);
        return {
          data: await toData(ctx, account),
          text: { 'zh-CN': `✔ 账号 ${account.login} 可以使用。`, en: `✔ The account ${account.login} can be used.` },
        };
      }),
    );

  interface GrantOptions {
    role: GrantRole;
    unit?: string;
    from?: Date;
    until?: Date;
  }
  accounts
    .command('grant <login>')
    .description(line.say({ 'zh-CN': '授予角色', en: 'gives an account a role' }))
    .requiredOption('--role <role>', role, toRole)
    .option('--unit <code>', unit)
    .option('--from <date>', line.say({ 'zh-CN': '从何时起', en: 'from when on' }), line.toDate)
    .option('--until <date>', line.say({ 'zh-CN': '到何时为止', en: 'until when' }), line.toDate)
    .action(
      line.does(async (ctx, login: string, options: GrantOptions) => {
        const account = await accountByLogin(ctx, login);
        const result = await grantRole(ctx, {
          account: account.nodeId,
          role: options.role,
          unit: options.unit === undefined ? null : await unitIdOf(ctx, options.unit),
          startsAt: options.from,
          endsAt: options.until,
        });
        if (!(result instanceof RoleGranted)) return refused(result);
        return {
          data: await grantData(ctx, result.grant),
          text: {
            'zh-CN': `✔ 已授予 ${account.login} 角色 ${options.role}（编号 ${result.grant.id}）。`,
            en: `✔ ${account.login} is ${options.role} now (grant ${result.grant.id}).`,
          },
        };
      }),
    );

  accounts
    .command('end-grant <grant>')
    .description(
      line.say({ 'zh-CN': '收回角色；编号见 accounts list', en: 'takes a role back; its number is in accounts list' }),
    )
    .requiredOption('--reason <text>', reason)
    .action(
      line.does(async (ctx, grant: string, options: { reason: string }) => {
        const result = await endGrant(ctx, toGlobalId('Grant', grant), options.reason);
        if (!(result instanceof GrantEnded)) return refused(result);
        return {
          data: await grantData(ctx, result.grant),
          text: { 'zh-CN': '✔ 角色已收回。', en: '✔ The role has ended.' },
        };
      }),
    );
}

function passwordTold(line: CommandLine, { account, password, expiresAt }: OneTimePassword) {
  const until = line.moment(expiresAt);
  return {
    data: { login: account.login, oneTimePassword: password, expiresAt },
    text: {
      'zh-CN': `✔ 账号 ${account.login} 的一次性密码，只显示这一次；${until} 前登录并改成自己的：\n\n  ${password}\n`,
      en: `✔ The one-time password of ${account.login}, shown this once; sign in before ${until} and choose another:\n\n  ${password}\n`,
    },
  };
}

/** An account as people at the terminal name it. */
async function accountByLogin(ctx: Context, login: string): Promise<Account> {
  const wanted = normaliseLogin(login);
  const { nodes } = await listAccounts(ctx, { first: 10_000 }, null, wanted);
  const account = nodes.find((it) => it.login === wanted);
  if (account) return account;
  const words = { 'zh-CN': `没有账号 ${wanted}。`, en: `There is no account ${wanted}.` };
  throw new CommandError(words, exitCodes.notFound);
}

function toRole(text: string): GrantRole {
  const role = text.toUpperCase();
  if (!Object.hasOwn(GrantRole, role)) throw new InvalidArgumentError('leader, coordinator, administrator');
  return role as GrantRole;
}

async function toData(ctx: Context, account: Account) {
  const { login, name, createdAt, disabledAt, lastSignInAt, mustChangePassword } = account;
  const grants = await Promise.all((await grantsOf(ctx, account.id)).map((grant) => grantData(ctx, grant)));
  return { login, name, grants, createdAt, disabledAt, lastSignInAt, mustChangePassword };
}

async function grantData(ctx: Context, { id, role, unitId, startsAt, endsAt }: Grant) {
  const unit = unitId === null ? null : (await unitById(ctx).load(unitId))!.code;
  return { id, role, unit, startsAt, endsAt };
}
