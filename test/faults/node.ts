import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { endWithParent } from '../support/processes.js';
import { until } from '../support/until.js';
import type { Findings } from './findings.js';
import type { Proxy } from './proxy.js';

const root = resolve(import.meta.dirname, '../..');

export interface NodeOptions {
  /** PostgreSQL itself; a node gets there by way of its proxy. */
  databaseUrl: string;
  dataDir: string;
  /** Where the logs go. */
  folder: string;
  /** Runs what `npm run build` made; otherwise the sources themselves. */
  built: boolean;
  findings: Findings;
}

/** One process of the application. */
class Process {
  /** Where it answers; unknown until it does. */
  port: number | undefined;
  /** Whether it was told to end. */
  told = false;
  readonly ended: Promise<unknown>;
  private readonly child: ChildProcess;
  /** What it wrote that is no line of the log. */
  private said = '';

  constructor(
    private readonly name: string,
    private readonly options: NodeOptions,
    database: Proxy,
    private readonly warnings: Map<string, number>,
    log: WriteStream,
  ) {
    const { databaseUrl, dataDir, built, findings } = options;
    const [program, seed] = built
      ? [['--enable-source-maps', 'build/server/main.js'], 'build/seeds/shengbei.js']
      : [['--import', '@oxc-node/core/register', 'server/main.ts'], 'seeds/shengbei.ts'];
    const url = new URL(databaseUrl);
    url.port = String(database.port);
    this.child = spawn(process.execPath, [...endWithParent, ...program], {
      cwd: root,
      env: {
        PATH: process.env.PATH,
        PORT: '0',
        HOST: '127.0.0.1',
        DATABASE_URL: url.href,
        DATA_DIR: dataDir,
        SEED_MODULE: join(root, seed),
        LOG_LEVEL: 'info',
        // One JSON object a line.
        NODE_ENV: 'production',
      },
      stdio: 'pipe',
    });
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      if (!this.told) findings.violation('a node ended by itself', `${name} with ${code ?? signal}:\n${this.said}`);
    });
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      createInterface(stream).on('line', (line) => {
        log.write(`${name} ${line}\n`);
        this.hear(line);
      });
    }
  }

  /** A node may warn of what it got over; an error is something that nobody foresaw. */
  private hear(line: string): void {
    this.port ??= Number(/http:\/\/localhost:(\d+)\/graphql/.exec(line)?.[1]) || undefined;
    let entry: { level?: number; msg?: string; err?: { stack?: string; message?: string } } = {};
    try {
      entry = JSON.parse(line) as typeof entry;
    } catch {
      this.said += `${line}\n`;
      if (/\bwarning\b/i.test(line)) this.options.findings.violation('a warning of Node', `${this.name}: ${line}`);
    }
    if (!entry.level || entry.level < 40) return;
    if (entry.level === 40) this.warnings.set(entry.msg!, (this.warnings.get(entry.msg!) ?? 0) + 1);
    else {
      const { stack, message } = entry.err ?? {};
      this.options.findings.violation('an error in a node', `${this.name}: ${entry.msg}\n${stack ?? message ?? ''}`);
    }
  }

  async ready(): Promise<void> {
    await until(
      async () => {
        if (!this.alive) throw new Error(`${this.name} ended while it started:\n${this.said}`);
        if (!this.port) return false;
        const answer = await fetch(`http://127.0.0.1:${this.port}/health/ready`).catch(() => undefined);
        return answer?.status === 200;
      },
      `${this.name} to be ready`,
      120_000,
    );
  }

  get pid(): number {
    return this.child.pid!;
  }

  get alive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  get exitCode(): number | null {
    return this.child.exitCode;
  }

  signal(signal: NodeJS.Signals): void {
    this.told = true;
    this.child.kill(signal);
  }

  async end(): Promise<void> {
    if (this.alive) await this.ended;
  }
}

/** A place in the installation: two proxies that stay, and between them one process after the other. */
export class Node {
  readonly warnings = new Map<string, number>();
  /** How long each drain took, in milliseconds. */
  readonly drains: number[] = [];
  private readonly log: WriteStream;
  private process: Process | undefined;
  /** All that there ever were. */
  private readonly processes: Process[] = [];
  private over = false;

  constructor(
    readonly index: number,
    /** Between clients and the process. */
    readonly proxy: Proxy,
    /** Between the process and PostgreSQL. */
    readonly database: Proxy,
    private readonly options: NodeOptions,
  ) {
    this.log = createWriteStream(join(options.folder, `node-${index}.log`));
  }

  async start(): Promise<void> {
    const process = this.spawn();
    await process.ready();
    this.takeOver(process);
  }

  private spawn(): Process {
    const name = `node ${this.index}.${this.processes.length + 1}`;
    const process = new Process(name, this.options, this.database, this.warnings, this.log);
    this.processes.push(process);
    return process;
  }

  private takeOver(process: Process): void {
    this.process = process;
    this.proxy.target = process.port!;
    // As a supervisor would: one crash shall not hide what else there is to find.
    void process.ended.then(async () => {
      while (!process.told && !this.over && this.process === process) {
        await this.start().catch(() => this.options.findings.violation('a node did not start', `node ${this.index}`));
      }
    });
  }

  get pid(): number | undefined {
    return this.process?.pid;
  }

  async kill(): Promise<void> {
    this.process!.signal('SIGKILL');
    await this.process!.end();
  }

  /**
   * A deploy: the new process is there before the old one is told to go, or, `inPlace`, only when it is gone. `drain` is
   * given the old one's port and what stops it; new connections go to the new one from that moment, or when it is ready.
   */
  async deploy(
    { inPlace }: { inPlace: boolean },
    drain: (port: number, stop: () => Promise<number>) => Promise<void>,
  ): Promise<void> {
    const old = this.process!;
    const next = inPlace ? undefined : this.spawn();
    await next?.ready();
    await drain(old.port!, () => {
      if (next) this.takeOver(next);
      return this.stop(old, 'SIGTERM');
    });
    if (!next) await this.start();
  }

  private async stop(process: Process, signal: NodeJS.Signals): Promise<number> {
    const askedAt = performance.now();
    process.signal(signal);
    await process.end();
    const tookMs = performance.now() - askedAt;
    this.drains.push(tookMs);
    const { findings } = this.options;
    if (process.exitCode !== 0) findings.violation('a drain', `node ${this.index} ended with ${process.exitCode}`);
    if (tookMs > 10_000) findings.violation('a drain', `node ${this.index} took ${Math.round(tookMs)} ms`);
    return tookMs;
  }

  /** Ends for good, as Ctrl-C does: within seconds, whether or not a drain had begun. */
  async quit({ whileDraining }: { whileDraining: boolean }): Promise<void> {
    const { process } = this;
    if (!process?.alive) return;
    const askedAt = performance.now();
    process.signal(whileDraining ? 'SIGTERM' : 'SIGINT');
    if (whileDraining) {
      await until(async () => {
        const answer = await fetch(`http://127.0.0.1:${process.port}/health/ready`);
        return answer.status === 503;
      }, 'a draining node to say so');
      process.signal('SIGINT');
    }
    await process.end();
    const tookMs = performance.now() - askedAt;
    if (process.exitCode !== 0 || tookMs > 4_500) {
      this.options.findings.violation(
        'Ctrl-C',
        `node ${this.index}: ${process.exitCode} after ${Math.round(tookMs)} ms`,
      );
    }
  }

  /** Whatever happened before. */
  async destroy(): Promise<void> {
    this.over = true;
    for (const process of this.processes) {
      process.signal('SIGKILL');
      await process.end();
    }
    this.log.end();
  }
}
