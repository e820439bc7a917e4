import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { oneTimePassword } from '../server/access/passwords.js';
import type { SeedContext } from '../server/app.js';
import { ViewerRole } from '../server/kernel/viewer.js';
import { addAccounts, type NewAccount } from './builders.js';

/** One key for each kind of user. None is bound to a unit, so that whoever tries the system can vouch at any post. */
export async function issueDemoKeys({ client, dataDir, now, issueKey }: SeedContext): Promise<string> {
  const { rows } = await client.query<{ id: number }>(
    "insert into partner_organisation (code, name, created_at) values ('demo', '演示：合作单位', $1) returning id",
    [now],
  );
  const keys = {
    admin: await issueKey({ role: ViewerRole.ADMINISTRATOR, name: '演示：管理员' }),
    coordinator: await issueKey({ role: ViewerRole.COORDINATOR, name: '演示：协调员' }),
    leader: await issueKey({ role: ViewerRole.LEADER, name: '演示：组长' }),
    wall: await issueKey({ role: ViewerRole.DISPLAY, name: '演示：大屏' }),
    partner: await issueKey({ role: ViewerRole.PARTNER, name: '演示：合作单位', partnerId: rows[0]!.id }),
  };
  return writeSecrets(dataDir, 'demo-keys.json', keys);
}

/**
 * An account for each kind of person: the administrator, the coordinator of a station, the leader of one of its teams and a
 * volunteer of that team. Each of them sees something else.
 */
export async function openDemoAccounts(
  { client, dataDir, now }: SeedContext,
  place: { stationCode: string; teamCode: string; leader: string; volunteer: string },
): Promise<string> {
  const { stationCode, teamCode, leader, volunteer } = place;
  const people: Omit<NewAccount, 'password'>[] = [
    { login: 'admin', name: '演示：管理员', grants: [{ role: 'ADMINISTRATOR' }] },
    { login: 'coordinator', name: '演示：协调员', grants: [{ role: 'COORDINATOR', unitCode: stationCode }] },
    { login: 'leader', name: '演示：组长', volunteer: leader, grants: [{ role: 'LEADER', unitCode: teamCode }] },
    { login: 'volunteer', name: '演示：志愿者', volunteer },
  ];
  const accounts = people.map((person) => ({ ...person, password: oneTimePassword() }));
  await addAccounts(client, accounts, now);
  const secrets = accounts.map(({ login, password }) => [login, { login, password }]);
  return writeSecrets(dataDir, 'demo-accounts.json', Object.fromEntries(secrets) as object);
}

/** The file is replaced whole and readable by its owner alone, whatever stood there before. */
async function writeSecrets(dataDir: string, name: string, secrets: object): Promise<string> {
  const file = join(dataDir, name);
  const next = `${file}.${process.pid}`;
  await mkdir(dataDir, { recursive: true });
  await writeFile(next, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  await chmod(next, 0o600);
  await rename(next, file);
  return file;
}
