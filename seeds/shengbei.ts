import { Temporal } from 'temporal-polyfill';
import type { Seed, SeedContext } from '../server/app.js';
import { dayIn } from '../server/vault/person.rules.js';
import { emptyRecord, writeRecords } from '../server/vault/sealed.js';
import { ConsentMeans } from '../server/vault/volunteer-record.entity.js';
import { publicViewer, ViewerRole } from '../server/kernel/viewer.js';
import { carryOver } from '../server/ledger/carry-over.js';
import {
  addAssignments,
  addBrands,
  addEvent,
  addShifts,
  addSkills,
  addUnits,
  addVolunteers,
  addVolunteerSkills,
  type Built,
} from './builders.js';
import { issueDemoKeys, openDemoAccounts } from './demo.js';
import { volunteers } from './shengbei/people.js';
import { posts, schools, stations, teams } from './shengbei/places.js';
import { records } from './shengbei/records.js';
import { shifts, skills, volunteerSkills } from './shengbei/shifts.js';
import { rewards, savedMinutes } from './shengbei/time-bank.js';
import { volunteerDay, type EventSeed } from './shengbei/volunteer-day.js';

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
  await addRecords(context, people);
  await addSavings(context, people);
  const day = volunteerDay(now, timeZone);
  const event = await addEvent(client, day);
  await addPlan(context, day);
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

/** The day's shifts, who is assigned to them, and who has which skill. */
async function addPlan({ client, now }: SeedContext, { code: eventCode, startsAt }: EventSeed): Promise<void> {
  const plan = shifts();
  const at = (hours: number) => new Date(startsAt.getTime() + hours * 3_600_000);
  await addSkills(client, skills);
  await addVolunteerSkills(client, volunteerSkills(plan));
  const built = await addShifts(
    client,
    plan.map(({ postCode, from, to, capacity, skills: needed }) => ({
      ...{ eventCode, postCode, capacity, skills: needed, startsAt: at(from), endsAt: at(to) },
    })),
  );
  await addAssignments(
    client,
    plan.flatMap(({ people }, i) => people.map((volunteer) => ({ shiftId: built[i]!.id, volunteer }))),
    now,
  );
}

/** What is known of people besides their names, encrypted as it always is; they consented a month ago. */
async function addRecords({ client, vault, now, timeZone }: SeedContext, people: readonly Built[]): Promise<void> {
  const ids = new Map(people.map(({ code, id }) => [code, id]));
  const onScreens = new Set(volunteers().flatMap((it) => (it.consentsToScreens ? [it.number] : [])));
  const consentAt = new Date(now.getTime() - 30 * 24 * 3_600_000);
  await writeRecords(
    client,
    await vault.hold(client),
    records(dayIn(timeZone, now)).map(({ number, phone, idNumber, birthDate, guardian }) => ({
      volunteerId: ids.get(number)!,
      record: {
        ...emptyRecord,
        ...{ phone, idNumber, birthDate },
        ...(guardian && { guardianName: guardian, guardianMeans: ConsentMeans.PAPER, guardianConsentAt: consentAt }),
        screenConsentAt: onScreens.has(number) ? consentAt : null,
      },
    })),
  );
}

/** What people had saved before comes in by the time bank's own way; so do their tiers. And what they can spend it on. */
async function addSavings({ client, db, now, timeZone }: SeedContext, people: readonly Built[]): Promise<void> {
  const ids = new Map(people.map(({ code, id }) => [code, id]));
  const ctx = {
    db,
    timeZone,
    clock: () => now,
    viewer: { ...publicViewer, role: ViewerRole.ADMINISTRATOR, name: 'seeds' },
  };
  await carryOver(
    ctx,
    client,
    savedMinutes().map(({ number, minutes }) => ({ volunteerId: ids.get(number)!, minutes })),
  );
  await client.query(
    `insert into reward (name, description, minutes, stock, unit_id, created_at)
     select r.name, r.description, r.minutes, r.stock, u.id, $2 from jsonb_to_recordset($1)
       as r (name text, description text, minutes int, stock int, "stationCode" text)
     left join service_unit u on u.code = r."stationCode"`,
    [JSON.stringify(rewards), now],
  );
}

export default seed;
