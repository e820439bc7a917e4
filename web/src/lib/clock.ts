/** A page may be on its way for so long without its being the clock's fault. */
const noiseMs = 10_000;

/**
 * What the server's clock is ahead of this device's, in milliseconds. `serverNow` is the server's time when it made the
 * page. Codes live for seconds: a phone or tablet whose clock is minutes wrong would always be too late or too early.
 */
export function clockSkew(serverNow: number): number {
  const skewMs = serverNow - Date.now();
  return Math.abs(skewMs) > noiseMs ? skewMs : 0;
}
