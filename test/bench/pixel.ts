import { launchBrowser } from '../support/browser.js';
import { atRate, checkInClient } from './http-client.js';
import type { ProductInput } from './product-server.js';
import { Worker } from './worker.js';
import { createBenchWorld, dropBenchWorld, medians, quantile, type BenchWorld, type Run } from './world.js';

export interface PixelResult {
  /** From sending a check-in until the frame that shows it is on the screen. */
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  /** The same from its reply. */
  fromReplyP95Ms: number;
  /** Frames that took longer than 50 ms, of all. */
  slowFrames: number;
  frames: number;
}

export interface PixelLoad {
  perSecond: number;
  seconds: number;
}

interface Shown {
  /** The newest row's sequence, and when the frame that first showed it was on the screen. */
  seen: [sequence: number, at: number][];
  slow: number;
  frames: number;
}

/** Runs in the page: follows the wall's newest row, frame by frame. Text, as the types here are those of Node. */
const watch = `{
  const state = (globalThis.baihuaSeen = { seen: [], slow: 0, frames: 0 });
  let last = performance.now();
  const look = (now) => {
    state.frames++;
    if (now - last > 50) state.slow++;
    last = now;
    const newest = Number(document.querySelector('[data-sequence]')?.getAttribute('data-sequence') ?? 0);
    // A frame is painted after its callbacks: when the next one begins, it is on the screen.
    if (newest > (state.seen.at(-1)?.[0] ?? 0)) {
      requestAnimationFrame(() => state.seen.push([newest, performance.timeOrigin + performance.now()]));
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}`;

/** As the browser tells it: both from the same clock of the machine. */
const now = () => Date.now();

/** Checks people in at a steady rate while a browser shows the wall: server, browser and phones in processes of their own. */
export async function pixel(run: Run, load: PixelLoad): Promise<PixelResult> {
  const { postgresUrl, repeats, say, profile } = run;
  const world = await createBenchWorld(postgresUrl);
  const input = { databaseUrl: world.databaseUrl, pages: true } satisfies ProductInput;
  const [server, url] = await Worker.start<string>('./product-server.ts', input);
  const results: PixelResult[] = [];
  try {
    for (let repeat = 1; repeat <= repeats; repeat++) {
      const result = await profile(server, 'pixel', () => watchOnce(url, world, load));
      results.push(result);
      const { p50Ms, p95Ms, p99Ms, slowFrames, frames } = result;
      say(
        `${repeat}/${repeats}: p50 ${p50Ms.toFixed(0)}, p95 ${p95Ms.toFixed(0)}, p99 ${p99Ms.toFixed(0)} ms; ${slowFrames} of ${frames} frames over 50 ms`,
      );
    }
  } finally {
    await server.stop();
  }
  await dropBenchWorld(postgresUrl, world);
  return medians(results, () => '')[0]!;
}

async function watchOnce(url: string, world: BenchWorld, load: PixelLoad): Promise<PixelResult> {
  const browser = await launchBrowser();
  const client = checkInClient(url, world);
  try {
    const page = await browser.newPage({ viewport: { width: 1920, height: 1080 }, bypassCSP: true });
    await page.goto(`${url}/wall/${world.eventCode}`, { waitUntil: 'networkidle' });
    // The first ones compile the way, here and there.
    await atRate({ ...load, seconds: 2 }, async () => void (await client.checkIn()));
    await page.evaluate(watch);
    const times = new Map<number, { sentAt: number; repliedAt: number }>();
    await atRate(load, async () => {
      const sentAt = now();
      times.set(await client.checkIn(), { sentAt, repliedAt: now() });
    });
    await page.waitForFunction(`(baihuaSeen.seen.at(-1)?.[0] ?? 0) >= ${Math.max(...times.keys())}`);
    const { seen, slow, frames } = await page.evaluate<Shown>('baihuaSeen');
    const shown = [...times].map(([sequence, { sentAt, repliedAt }]) => {
      const shownAt = seen.find(([newest]) => newest >= sequence)![1];
      return { fromSent: shownAt - sentAt, fromReply: Math.max(0, shownAt - repliedAt) };
    });
    const fromSent = shown.map((delays) => delays.fromSent);
    return {
      p50Ms: quantile(fromSent, 0.5),
      p95Ms: quantile(fromSent, 0.95),
      p99Ms: quantile(fromSent, 0.99),
      fromReplyP95Ms: quantile(
        shown.map((delays) => delays.fromReply),
        0.95,
      ),
      slowFrames: slow,
      frames,
    };
  } finally {
    await client.close();
    await browser.close();
  }
}
