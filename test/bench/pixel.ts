import { launchBrowser } from '../support/browser.js';
import { checkInRequest } from './http-client.js';
import { quantile, type BenchWorld } from './world.js';

export interface PixelResult {
  checkIns: number;
  ratePerSecond: number;
  /** From the reply to a check-in until the frame that shows it, in a real browser. */
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  /** Frames that took longer than 50 ms. */
  slowFrames: number;
  frames: number;
}

interface Seen {
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

/** Checks people in at a steady rate while a browser shows the wall. */
export async function pixel(
  url: string,
  world: BenchWorld,
  { ratePerSecond, seconds }: { ratePerSecond: number; seconds: number },
): Promise<PixelResult> {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1920, height: 1080 }, bypassCSP: true });
    await page.goto(`${url}/wall/${world.eventCode}`, { waitUntil: 'networkidle' });
    await page.evaluate(watch);
    const checkIn = checkInRequest(url, world);
    const replied = new Map<number, number>();
    const total = ratePerSecond * seconds;
    const began = performance.now();
    const sent: Promise<void>[] = [];
    for (let i = 0; i < total; i++) {
      const dueMs = (i * 1000) / ratePerSecond - (performance.now() - began);
      if (dueMs > 0) await new Promise((resolve) => setTimeout(resolve, dueMs));
      sent.push(
        checkIn().then((sequence) => {
          replied.set(sequence, performance.timeOrigin + performance.now());
        }),
      );
    }
    await Promise.all(sent);
    const last = Math.max(...replied.keys());
    await page.waitForFunction(`(baihuaSeen.seen.at(-1)?.[0] ?? 0) >= ${last}`);
    const { seen, slow, frames } = await page.evaluate<Seen>('baihuaSeen');
    const delays = [...replied].map(([sequence, at]) => {
      const shown = seen.find(([newest]) => newest >= sequence)!;
      return Math.max(0, shown[1] - at);
    });
    return {
      checkIns: total,
      ratePerSecond,
      p50Ms: quantile(delays, 0.5),
      p95Ms: quantile(delays, 0.95),
      p99Ms: quantile(delays, 0.99),
      slowFrames: slow,
      frames,
    };
  } finally {
    await browser.close();
  }
}
