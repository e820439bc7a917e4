import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Temporal } from 'temporal-polyfill';
import type { Seed, SeedContext } from '../server/app.js';
import { ViewerRole } from '../server/kernel/viewer.js';
import { addBrands, addEvent, addUnits, addVolunteers } from './builders.js';
import { volunteers } from './shengbei/people.js';
import { posts, schools, stations, teams } from './shengbei/places.js';
import { volunteerDay } from './shengbei/volunteer-day.js';

/**
 * The Shengbei community on an empty database, with Volunteer Day set to today and a key for each kind of user. All of it
 * stands in the caller's transaction; the keys are written to DATA_DIR/demo-keys.json before that commits, so there is
 * never a community without them.
 */
const seed: Seed = async (context) => {
  const { client, log, now, timeZone } = context;
  await addUnits(client, 'CULTURE_SCHOOL', schools());
  await addUnits(
    client,
    'SERVICE_STATION',
    stations().map(({ code, name, schoolCode }) => ({ code, name, parentCode: schoolCode })),
  );
  await addBrands(
    client,
    stations().map(({ code, brand: { name, description, since } }) => {
      const firstDay = Temporal.PlainDate.from(since).toZonedDateTime(timeZone);
      return { stationCode: code, name, description, since: new Date(firstDay.epochMilliseconds) };
    }),
  );
  await addUnits(
    client,
    'VOLUNTEER_TEAM',
    teams().map(({ code, name, stationCode }) => ({ code, name, parentCode: stationCode })),
  );
  await addUnits(
    client,
    'GRID_POST',
    posts().map(({ code, name, teamCode, kind }) => ({ code, name, parentCode: teamCode, kind })),
  );
  const people = await addVolunteers(
    client,
    volunteers().map(({ consentsToScreens, ...person }) => ({ ...person, screenConsent: consentsToScreens })),
  );
  const event = await addEvent(client, volunteerDay(now, timeZone));
  const keysFile = await issueDemoKeys(context);
  log.info(
    { posts: posts().length, volunteers: people.length, event: event.code, keysFile },
    'seeded the Shengbei community',
  );
};

/**
 * One key for each kind of user. None is bound to a unit, so that whoever tries the system can vouch at any post. The file
 * is replaced whole and readable by its owner alone, whatever stood there before.
 */
async function issueDemoKeys({ dataDir, issueKey }: SeedContext): Promise<string> {
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

export default seed;
