import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Session, type Profiler } from 'node:inspector/promises';

/** What a process costs, by the operating system's accounting. */
export interface Memory {
  /** What V8 and what it holds outside its heap keep after a collection, in bytes. */
  kept: number;
  /** What the system has given to the process, in bytes; it is slow to give back. */
  resident: number;
}

type Question = { id: number; ask: 'cpu' | 'memory' | 'profile' | 'profiled' } | { id: number; message: unknown };

interface Pending {
  resolve: (answer: never) => void;
  reject: (error: Error) => void;
}

const running = new Set<Worker>();

/** Another process of the benchmark, asked over its channel. */
export class Worker {
  private readonly pending = new Map<number, Pending>();
  private questions = 0;

  private constructor(private readonly child: ChildProcess) {
    running.add(this);
    child.on('message', ({ id, answer }: { id: number; answer: never }) => {
      this.pending.get(id)?.resolve(answer);
      this.pending.delete(id);
    });
    child.on('exit', (code, signal) => {
      running.delete(this);
      const error = new Error(`a process of the benchmark ended with ${code ?? signal}`);
      for (const { reject } of this.pending.values()) reject(error);
    });
  }

  /** Starts `script` beside this file; resolves with what it answers to `message`. */
  static async start<T>(script: string, message: unknown): Promise<[Worker, T]> {
    const child = fork(new URL(script, import.meta.url), {
      execArgv: ['--expose-gc', '--enable-source-maps', '--import', '@oxc-node/core/register'],
      env: { ...process.env, NODE_ENV: 'production', GRAPHILE_ENV: 'production' },
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const worker = new Worker(child);
    return [worker, await worker.ask<T>(message)];
  }

  static async stopAll(): Promise<void> {
    await Promise.all([...running].map((worker) => worker.stop()));
  }

  ask<T>(message: unknown): Promise<T> {
    return this.send<T>({ message });
  }

  /** Microseconds of processor time that it has used so far. */
  cpuUs(): Promise<number> {
    return this.send({ ask: 'cpu' });
  }

  memory(): Promise<Memory> {
    return this.send({ ask: 'memory' });
  }

  /** Samples what it does until the function that this resolves with is called. */
  async profile(): Promise<() => Promise<Profiler.Profile>> {
    await this.send({ ask: 'profile' });
    return () => this.send({ ask: 'profiled' });
  }

  private send<T>(question: object): Promise<T> {
    const id = ++this.questions;
    return new Promise<T>((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
      this.child.send({ id, ...question }, (error) => error && reject(error));
    });
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.pending.clear();
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }
}

/** In a worker: answers each message with what `answer` makes of it. */
export function serve(answer: (message: never) => Promise<unknown>): void {
  let session: Session | undefined;

  const reply = async (question: Question): Promise<unknown> => {
    if ('message' in question) return answer(question.message as never);
    if (question.ask === 'cpu') {
      const { user, system } = process.cpuUsage();
      return user + system;
    }
    if (question.ask === 'memory') {
      // Garbage is no cost: what V8 has not given back yet says nothing.
      globalThis.gc?.();
      globalThis.gc?.();
      const { heapUsed, external, rss } = process.memoryUsage();
      return { kept: heapUsed + external, resident: rss } satisfies Memory;
    }
    if (question.ask === 'profile') {
      session = new Session();
      session.connect();
      await session.post('Profiler.enable');
      await session.post('Profiler.setSamplingInterval', { interval: 500 });
      return session.post('Profiler.start');
    }
    const { profile } = await session!.post('Profiler.stop');
    session!.disconnect();
    return withSources(profile);
  };

  process.on('message', (question: Question) => {
    reply(question).then(
      (result) => process.send!({ id: question.id, answer: result ?? null }),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
  process.on('disconnect', () => process.exit());
}

/** Names the places of the sources, not of what was compiled from them. */
async function withSources(profile: Profiler.Profile): Promise<Profiler.Profile> {
  const { findSourceMap } = await import('node:module');
  const { fileURLToPath } = await import('node:url');
  for (const { callFrame } of profile.nodes) {
    if (!callFrame.url.endsWith('.ts')) continue;
    const entry = findSourceMap(fileURLToPath(callFrame.url))?.findEntry(callFrame.lineNumber, callFrame.columnNumber);
    if (entry && 'originalLine' in entry) callFrame.lineNumber = entry.originalLine;
  }
  return profile;
}
