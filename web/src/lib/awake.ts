/** Keeps the screen on while the page is open, where the browser lets a page do so. Returns how to stop. */
export function stayAwake(): () => void {
  let lock: WakeLockSentinel | undefined;
  let stopped = false;

  async function acquire() {
    if (document.visibilityState !== 'visible' || stopped) return;
    // Low battery, or no https: then the device's own settings decide.
    lock = await navigator.wakeLock?.request('screen').catch(() => undefined);
    if (stopped) void lock?.release();
  }

  void acquire();
  // A lock is lost whenever the page is hidden.
  document.addEventListener('visibilitychange', acquire);
  return () => {
    stopped = true;
    document.removeEventListener('visibilitychange', acquire);
    void lock?.release();
  };
}
