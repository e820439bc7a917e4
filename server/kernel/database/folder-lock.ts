import { createHash } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Another process holds the folder. */
export class FolderInUse extends Error {
  /** The other process, when it is alert enough to say. */
  readonly pid: number | undefined;

  constructor(pid: number | undefined) {
    super('The folder is in use.');
    this.pid = pid;
  }
}

export interface FolderLock {
  release(): Promise<void>;
}

/**
 * Holds a folder for this process until `release`, or until the process ends in whatever way; throws `FolderInUse`.
 *
 * The lock is a listening socket inside the folder: the kernel closes it with the process, so that nothing stale can
 * lock anybody out, and it is seen from another container that mounts the same folder, where process ids mean nothing.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  let path = join(folder, 'owner.sock');
  // The kernel takes 107 bytes at most.
  if (Buffer.byteLength(path) > 100) path = shortPath(folder);
  for (;;) {
    try {
      const server = await listen(path);
      return { release: () => new Promise((resolve) => server.close(() => resolve())) };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EADDRINUSE') await removeStale(path);
      // Some network and shared file systems have no sockets.
      else if (path !== shortPath(folder) && code !== 'EACCES') path = shortPath(folder);
      else throw error;
    }
  }
}

function shortPath(folder: string): string {
  return join(tmpdir(), `baihua-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}.sock`);
}

async function removeStale(path: string): Promise<void> {
  await refuseIfHeld(path);
  const aside = `${path}.${process.pid}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    // Somebody else may have taken the lock between the two lines above: then this is theirs, and goes back.
    await refuseIfHeld(aside);
  } catch (error) {
    await rename(aside, path);
    throw error;
  }
  await rm(aside, { force: true });
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.end(String(process.pid));
    });
    server.once('error', reject);
    server.listen(path, () => resolve(server));
    // The lock alone keeps no process alive.
    server.unref();
  });
}

function refuseIfHeld(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let connected = false;
    let said = '';
    // A holder that is too busy to answer still holds.
    socket.setTimeout(1000, () => socket.destroy());
    socket.setEncoding('utf8');
    socket.on('connect', () => (connected = true));
    socket.on('data', (text: string) => (said += text));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (connected) return;
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve();
      else reject(error);
    });
    socket.on('close', () => {
      if (connected) reject(new FolderInUse(/^\d+$/.test(said) ? Number(said) : undefined));
    });
  });
}
