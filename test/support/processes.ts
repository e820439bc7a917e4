import { readFileSync } from 'node:fs';

/** Whether a process runs. One that has ended and waits for its parent to notice is still listed, but does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ');
  } catch {
    return false;
  }
}
