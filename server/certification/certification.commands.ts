import type { Command } from 'commander';
import type { CommandLine } from '../kernel/command-line.js';
import { certifyAll } from './certification.service.js';

export function certificationCommands(program: Command, line: CommandLine): void {
  const certification = line.group(program, 'certification', { 'zh-CN': '时长认证', en: 'certifying hours' });

  certification
    .command('run')
    .description(
      line.say({
        'zh-CN': '认证所有已确认而未入账的服务；可随时中断，再次运行会接着做',
        en: 'certifies all confirmed service that waits; can be stopped, and goes on when run again',
      }),
    )
    .action(
      line.does(async (ctx) => {
        const done = await certifyAll(ctx, ({ stays }) =>
          line.note({ 'zh-CN': `已处理 ${stays} 段服务……`, en: `${stays} stays …` }),
        );
        return {
          data: done,
          text: {
            'zh-CN': `✔ 处理了 ${done.stays} 段服务，更新了 ${done.days} 个服务日。`,
            en: `✔ ${done.stays} stays looked at, ${done.days} days booked.`,
          },
        };
      }),
    );
}
