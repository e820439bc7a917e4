import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { endWithParent } from './processes.js';
import { until } from './until.js';

/** The server in a process of its own, on a database that is there, as `npm start` runs it in production. */
export interface RunningServer {
  readonly url: string;
  /** All that it has written so far, to either stream. */
  readonly lines: readonly string[];
  stop(): Promise<void>;
}

export async function startServer(databaseUrl: string, dataDir: string): Promise<RunningServer> {
  const program = [...endWithParent, '--import', '@oxc-node/core/register', 'server/main.ts'];
  const child = spawn(process.execPath, program, {
    env: {
      ...{ PATH: process.env.PATH, HOME: process.env.HOME, NODE_ENV: 'production', LOG_LEVEL: 'trace' },
      ...{ PORT: '0', HOST: '127.0.0.1', TRUST_PROXY: '1', DATABASE_URL: databaseUrl, DATA_DIR: dataDir },
    },
    stdio: 'pipe',
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) createInterface(stream).on('line', (line) => lines.push(line));
  const ended = once(child, 'close');
  const greeted = () => lines.map((line) => /http:\/\/localhost:(\d+)\/graphql/.exec(line)?.[1]).find(Boolean);
  const port = await until(
    () => {
      if (child.exitCode !== null) throw new Error(`the server ended while it started:\n${lines.join('\n')}`);
      return greeted();
    },
    'the server to start',
    60_000,
  );
  return {
    url: `http://127.0.0.1:${port}`,
    lines,
    async stop() {
      child.kill('SIGINT');
      await ended;
    },
  };
}
