import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { aWorld } from '../../seeds/builders.js';
import { launchBrowser } from '../support/browser.js';
import { startTestApp, type TestApp } from '../support/app.js';

/** Built by `npm test` before the tests run. */
const webHandler = join(process.cwd(), 'build', 'web', 'handler.js');

/** The whole application with a small world, its pages included, and a browser to look at them. */
export interface Site extends TestApp {
  readonly browser: Browser;
  /** A page in a session of its own. What the browser complains about ends up in `complaints`. */
  visit(path: string, options?: BrowserContextOptions & Visit): Promise<Page>;
  /** What the application's clock is ahead of the machine's. */
  readonly time: { aheadMs: number };
  readonly complaints: string[];
  /** What somebody holds who stands before a post: their own pass, and the code on the post's screen. */
  codesOf(volunteer: number, post: number): Promise<{ pass: string; postCode: string }>;
}

interface Visit {
  origin?: string;
  /** Whether to listen to the browser's complaints; not where a test gives it reason to complain. */
  watch?: boolean;
  /** Whether the page's clock is the test's. */
  clock?: boolean;
}

export async function openSite(world: Parameters<typeof aWorld>[1]): Promise<Site> {
  const time = { aheadMs: 0 };
  const clock = () => new Date(Date.now() + time.aheadMs);
  const [app, browser] = await Promise.all([startTestApp({ world, webHandler, clock }), launchBrowser()]);
  const complaints: string[] = [];
  return {
    ...app,
    browser,
    complaints,
    time,
    async visit(path, { origin = app.url, watch = true, clock = false, ...options } = {}) {
      const context = await browser.newContext({ locale: 'zh-CN', reducedMotion: 'reduce', ...options });
      await context.addInitScript(recordCheckIns);
      const page = await context.newPage();
      if (clock) await page.clock.install();
      if (watch) {
        page.on('console', (message) => {
          if (['error', 'warning'].includes(message.type())) complaints.push(`${path}: ${message.text()}`);
        });
        page.on('pageerror', (error) => complaints.push(`${path}: ${error.message}`));
        page.on('request', (request) => {
          const url = new URL(request.url());
          const isOwn = url.origin === origin || ['data:', 'blob:'].includes(url.protocol);
          if (!isOwn) complaints.push(`${path}: loads ${request.url()}`);
        });
      }
      await page.goto(origin + path, { waitUntil: 'load' });
      return page;
    },
    async codesOf(volunteer, post) {
      const { data } = await app.ask(
        `query ($v: ID!, $p: ID!, $e: ID!) {
          person: node(id: $v) { ... on Volunteer { pass(event: $e) } }
          post: node(id: $p) { ... on GridPost { rotatingCode { code } } } }`,
        {
          v: app.world.volunteers[volunteer]!.globalId,
          p: app.world.posts[post]!.globalId,
          e: app.world.event.globalId,
        },
        { as: 'admin' },
      );
      return { pass: data!.person.pass, postCode: data!.post.rotatingCode.code };
    },
    async close() {
      await browser.close();
      await app.close();
    },
  };
}

declare global {
  /** In the browser: the sequences that the wall told of, in the order in which it did. */
  var seenSequences: number[];
}

function recordCheckIns() {
  globalThis.seenSequences = [];
  const { document } = globalThis as unknown as {
    document: { addEventListener(name: string, listener: (event: { detail: number[] }) => void): void };
  };
  document.addEventListener('check-ins', (event) => globalThis.seenSequences.push(...event.detail));
}

/** A cable between a browser and the application, to be pulled. */
export class Cable {
  #server: Server;
  #ends = new Set<Socket>();
  #target: number;
  /** While it is down, connections are refused as soon as they come. */
  down = false;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((near) => this.#join(near));
  }

  static async to(url: string): Promise<Cable> {
    const cable = new Cable(Number(new URL(url).port));
    cable.#server.listen(0, '127.0.0.1');
    await once(cable.#server, 'listening');
    return cable;
  }

  get origin(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Everything that runs over it now is lost; what comes next gets through, unless it is `down`. */
  cut(): void {
    for (const end of this.#ends) end.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(near: Socket): void {
    if (this.down) return void near.destroy();
    const far = connect(this.#target, '127.0.0.1');
    for (const [end, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#ends.add(end);
      end.on('error', () => other.destroy());
      end.on('close', () => {
        this.#ends.delete(end);
        other.destroy();
      });
      end.pipe(other);
    }
  }
}
