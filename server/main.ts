import { createApp, type App } from './app.js';
import { readConfig } from './kernel/config.js';

/** What watches over processes often kills them ten seconds after it asked. Whatever was acknowledged is on disk by then. */
const patienceMs = 9_500;
/** npm and shells pass signals on to whoever heard them anyway: again this soon means the same. */
const echoMs = 1_000;

const tooSlow = `数据库没有答复，未能从容停止。已确认的签到都已保存。
The database does not answer, so this is not a clean stop. Everything that was acknowledged is stored.`;

let app: App | undefined;
let askedAt: number | undefined;
// A person at the terminal wants it over; a deploy wants nobody to notice.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => void stop());
process.on('SIGTERM', () => void stop({ drain: true }));

try {
  app = await createApp(readConfig(process.env));
  if (askedAt !== undefined) await app.close();
  else console.log(greeting(app.url));
} catch (error) {
  fail(error);
}

async function stop(options: { drain?: boolean } = {}): Promise<void> {
  const now = performance.now();
  if (askedAt !== undefined) {
    if (!options.drain || now - askedAt > echoMs) void app?.close();
    return;
  }
  askedAt = now;
  // Before the port is open there is nothing to stop yet: starting ends by itself first, then stops.
  if (!app) return;
  // Our own database is stopped with the care it needs; one that lives elsewhere may have gone silent.
  if (process.env.DATABASE_URL) setTimeout(() => fail(new Error(tooSlow)), patienceMs).unref();
  try {
    await app.close(options);
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
