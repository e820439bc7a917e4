/** When nobody looks: after the night's last event, before the morning's first. */
const quietHour = 4;
const spreadMs = 20 * 60_000;
const retryMs = 60_000;

/** Loads the page anew, but not before the server answers: what is shown is better than an error page. */
export async function renew(): Promise<void> {
  const isServed = await fetch(location.href, { method: 'HEAD' }).then(
    (response) => response.ok,
    () => false,
  );
  if (isServed) location.reload();
  else setTimeout(renew, retryMs);
}

/** Renews the page once a night, which no page that runs for weeks regrets. Returns how to stop. */
export function renewNightly(): () => void {
  const next = new Date();
  next.setHours(quietHour, 0, 0, 0);
  if (next.getTime() <= Date.now()) next.setDate(next.getDate() + 1);
  // All the screens of a community do not come at once.
  const timer = setTimeout(renew, next.getTime() - Date.now() + Math.random() * spreadMs);
  return () => clearTimeout(timer);
}

const lookMs = 5_000;
const silenceMs = 3 * 60_000;
const longestWaitMs = 10 * 60_000;

/**
 * Loads the page anew when it has heard nothing for minutes, though there is a server to load it from: whatever is wrong
 * with it. `heardAt` tells when it heard something last. Returns how to stop.
 */
export function renewWhenDeaf(heardAt: () => number | undefined): () => void {
  const since = Date.now();
  const timer = setInterval(() => {
    if (Date.now() - (heardAt() ?? since) < silenceMs) return;
    clearInterval(timer);
    void renew();
  }, lookMs);
  return () => clearInterval(timer);
}

/** Loads the page anew at a quiet moment; when there is none for a while, without one. Returns how to stop. */
export function renewInQuiet(isQuiet: () => boolean): () => void {
  const since = Date.now();
  const timer = setInterval(() => {
    if (!isQuiet() && Date.now() - since < longestWaitMs) return;
    clearInterval(timer);
    void renew();
  }, lookMs);
  return () => clearInterval(timer);
}
