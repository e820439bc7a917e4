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

const watchInput = `process.stdin.resume().on('end', () => process.kill(process.pid, 'SIGKILL'));`;

/**
 * Arguments for a Node process that shall not outlive whoever started it, even when that is killed: its input has to be
 * a pipe, and the kernel closes the other end.
 */
export const endWithParent = ['--import', `data:text/javascript,${encodeURIComponent(watchInput)}`];
