import { Temporal } from 'temporal-polyfill';
import type { Seed } from '../server/app.js';
import { addBrands, addEvent, addUnits, addVolunteers } from './builders.js';
import { issueDemoKeys, openDemoAccounts } from './demo.js';
import { volunteers } from './shengbei/people.js';
import { posts, schools, stations, teams } from './shengbei/places.js';
import { volunteerDay } from './shengbei/volunteer-day.js';

/**
 * The Shengbei community on an empty database, with Volunteer Day set to today, and keys and accounts for each kind of user. All
 * of it stands in the caller's transaction; what they are opened with is written to DATA_DIR/demo-keys.json and
 * demo-accounts.json before that commits, so there is never a community without them.
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
  const team = teams()[0]!;
  const [leader, volunteer] = volunteers().filter((person) => person.teamCode === team.code);
  const accountsFile = await openDemoAccounts(context, {
    stationCode: team.stationCode,
    teamCode: team.code,
    leader: leader!.number,
    volunteer: volunteer!.number,
  });
  log.info(
    { posts: posts().length, volunteers: people.length, event: event.code, keysFile, accountsFile },
    'seeded the Shengbei community',
  );
};

export default seed;
