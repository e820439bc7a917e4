import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SeedContext } from '../server/app.js';
import { ViewerRole } from '../server/kernel/viewer.js';

/**
 * One key for each kind of user. None is bound to a unit, so that whoever tries the system can vouch at any post. The file
 * is replaced whole and readable by its owner alone, whatever stood there before.
 */
export async function issueDemoKeys({ dataDir, issueKey }: SeedContext): Promise<string> {
  const keys = {
    admin: await issueKey({ role: ViewerRole.ADMINISTRATOR, name: '演示：管理员' }),
    coordinator: await issueKey({ role: ViewerRole.COORDINATOR, name: '演示：协调员' }),
    leader: await issueKey({ role: ViewerRole.LEADER, name: '演示：组长' }),
    wall: await issueKey({ role: ViewerRole.DISPLAY, name: '演示：大屏' }),
    partner: await issueKey({ role: ViewerRole.PARTNER, name: '演示：合作单位' }),
  };
  const file = join(dataDir, 'demo-keys.json');
  const next = `${file}.${process.pid}`;
  await mkdir(dataDir, { recursive: true });
  await writeFile(next, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600 });
  await chmod(next, 0o600);
  await rename(next, file);
  return file;
}
