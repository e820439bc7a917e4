import { addAccounts } from '../../seeds/builders.js';
import { ViewerRole } from '../../server/kernel/viewer.js';
import type { TestApp } from './app.js';
import { signedIn } from './browser-session.js';

/** The headers by which somebody in each role asks; a volunteer by a session, since no key is theirs. */
export async function headersOfEveryRole(app: TestApp): Promise<Record<ViewerRole, Record<string, string>>> {
  const [volunteer] = app.world.volunteers;
  const login = { login: 'every-role', password: 'four lilac petals in a row' };
  await addAccounts(app.sql, [{ ...login, volunteer: volunteer!.code }]);
  // Somebody with an office, too, so that there is a grant to be seen.
  const office = { login: 'in-office', password: login.password };
  await addAccounts(app.sql, [{ ...office, grants: [{ role: 'COORDINATOR', unitCode: app.world.schools[0]!.code }] }]);
  const browser = await signedIn(app, login.login, login.password);
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
  return {
    PUBLIC: {},
    DISPLAY: bearer(app.keys.wall),
    PARTNER: bearer(app.keys.partner),
    VOLUNTEER: { cookie: browser.cookie!, origin: app.url },
    LEADER: bearer(app.keys.leader),
    COORDINATOR: bearer(app.keys.coordinator),
    ADMINISTRATOR: bearer(app.keys.admin),
  };
}
