import { createApp, type App } from './app.js';
import { readConfig } from './kernel/config.js';

let app: App | undefined;
let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop());

try {
  app = await createApp(readConfig(process.env));
  if (stopping) await app.close();
  else console.log(greeting(app.url));
} catch (error) {
  fail(error);
}

async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  // Before the port is open there is nothing to stop yet: starting ends by itself first, then stops.
  if (!app) return;
  try {
    await app.close();
    process.exit(0);
  } catch (error) {
    fail(error);
  }
}

/** What went wrong, for the person at the terminal; a stack only when it is none of the foreseen faults. */
function fail(error: unknown): never {
  const { code, port, message, stack } = error as Error & { code?: string; port?: number };
  if (code === 'EADDRINUSE') {
    console.error(`端口 ${port} 已被占用。请用 PORT=… 换一个端口，或停掉占用它的程序。
Port ${port} is taken. Choose another one with PORT=…, or stop the program that has it.`);
  } else if (code && /^(ECONN|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|28|3D000|57P03|53300)/.test(code)) {
    console.error(`连不上 DATABASE_URL 指定的数据库（${message || code}）。请检查地址、账号和数据库是否已启动。
The database of DATABASE_URL cannot be used (${message || code}). Check the address, the account, and that it runs.`);
  } else {
    const foreseen = error instanceof Error && error.constructor !== TypeError && !code;
    console.error(foreseen ? message : stack);
  }
  process.exit(1);
}

function greeting(url: string): string {
  return `
  百花 Baihua
  大屏  wall       ${url}/wall/volunteer-day-8
  签到  check in   ${url}/check-in
  岗位  posts      ${url}/posts
  接口  API        ${url}/graphql

  Ctrl-C 停止 stops everything.
`;
}
