import { createApp } from './app.js';
import { readConfig } from './kernel/config.js';

const app = await createApp(readConfig(process.env));
console.log(`
  百花 Baihua
  大屏  wall       ${app.url}/wall/volunteer-day-8
  签到  check in   ${app.url}/check-in
  岗位  posts      ${app.url}/posts
  接口  API        ${app.url}/graphql

  Ctrl-C 停止 stops everything.
`);

let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stopping) return;
    stopping = true;
    void app.close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
}
