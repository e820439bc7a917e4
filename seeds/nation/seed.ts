import type { Seed } from '../../server/app.js';
import { emptyTally } from '../../server/feed/tally.entity.js';
import { wholeEvent, type PostPath } from '../../server/feed/tally.rules.js';
import { searchKeys } from '../../server/volunteer/search.js';
import { addEvent } from '../builders.js';
import { issueDemoKeys } from '../demo.js';
import { createRandom, type Random } from '../random.js';
import { syntheticName, tierWeights } from '../shengbei/people.js';
import { volunteerDay } from '../shengbei/volunteer-day.js';
import { copyInto, withoutIndexes } from './copy.js';
import { EventLog, type Stage } from './log.js';
import { places, type Places } from './places.js';

export interface NationOptions {
  /** Two digits: only what lies in one province. */
  province?: string;
  /** Rows of all logs together; ten million for the whole nation unless told, and for a part of it as many a post. */
  checkIns?: number;
  /** The last one is today's. */
  events: number;
  volunteersPerTeam: number;
  /** What it is at, how much of it is done, and how much there is. */
  progress?: (step: Step, done: number, all: number) => void;
}

export type Step = 'units' | 'volunteers' | 'check-ins' | 'indexes';

/** A post's code on its screen has room for so many: `server/check-in/codes.ts`. */
const unitIdLimit = 2 ** 20;
/** Told this often. */
const stride = 10_000;

const tables = ['service_unit', 'volunteer', 'volunteer_search', 'check_in', 'check_in_key', 'presence', 'unit_tally'];

/**
 * Fills an empty database with a nation: units, people, events with their logs, and a key for each kind of user. One
 * transaction: all of it, or nothing. The logs are decided, and the tallies folded, by the product's own rules.
 */
export function nation(options: NationOptions): Seed {
  return async (context) => {
    const { client, now, timeZone, log } = context;
    const { events, progress = () => undefined } = options;
    const random = createRandom(12345);
    const land = await places(options.province);
    const checkIns = options.checkIns ?? Math.round((land.levels[3]!.length * 10_000_000) / 620_573);
    const ids = idsOf(land);
    // A lot is sorted and joined here, by a few hands.
    await client.query("set local maintenance_work_mem = '512MB'; set local work_mem = '256MB'");
    const work = async () => {
      await copyInto(client, ...unitRows(land, ids, (done, all) => progress('units', done, all)));
      const people = land.levels[2]!.length * options.volunteersPerTeam;
      const names: string[] = [];
      await copyInto(
        client,
        ...volunteerRows(land, ids, people, random, names, (done) => progress('volunteers', done, people)),
      );
      await copyInto(client, ...searchRows(names));
      for (const table of ['service_unit', 'volunteer']) {
        await client.query(`select setval(pg_get_serial_sequence('${table}', 'id'), (select max(id) from ${table}))`);
      }
      const stage = stageOf(land, ids, people);
      let written = 0;
      for (let back = events - 1; back >= 0; back--) {
        const length = Math.floor((checkIns - written) / (back + 1));
        const event = eventOf(now, timeZone, back);
        const { id } = await addEvent(client, event);
        const told = (done: number) => progress('check-ins', written + done, checkIns);
        await writeEvent(client, id, new EventLog(stage, event, now, length, random), told);
        written += length;
      }
      await client.query(
        `insert into brand (station_id, station_level, name, since)
         select id, level, (array['和谐大院', '亲情驿站', '幸福暖吧', '红色讲堂', '绿色家园'])[1 + id % 5], $1
         from service_unit where level = 2`,
        [now],
      );
    };
    await withoutIndexes(client, tables, work, (done, all) => progress('indexes', done, all));
    const keysFile = await issueDemoKeys(context);
    log.info({ units: land.levels.map(({ length }) => length), checkIns, keysFile }, 'seeded a nation');
  };
}

/** Keys of units by level and place: one after the other, from the schools down. */
function idsOf({ levels }: Places): (level: number, place: number) => number {
  const offsets = levels.map((_, level) => 1 + levels.slice(0, level).reduce((sum, { length }) => sum + length, 0));
  if (levels.reduce((sum, { length }) => sum + length, 0) >= unitIdLimit) {
    throw new RangeError(`There are more units than a post's code can tell apart: ${unitIdLimit}.`);
  }
  return (level, place) => offsets[level]! + place;
}

type Ids = ReturnType<typeof idsOf>;
type Told = (done: number, all: number) => void;
type Copy = [table: string, columns: string[], rows: Parameters<typeof copyInto>[3]];

function unitRows({ levels }: Places, ids: Ids, told: Told): Copy {
  const all = levels.reduce((sum, { length }) => sum + length, 0);
  function* rows() {
    for (const [level, units] of levels.entries()) {
      for (const [place, { code, name, parent, kind }] of units.entries()) {
        const above = level === 0 ? [null, null] : [ids(level - 1, parent), level];
        const id = ids(level, place);
        yield [id, level + 1, code, name, ...above, kind];
        if (id % stride === 0 || id === all) told(id, all);
      }
    }
  }
  return ['service_unit', ['id', 'level', 'code', 'name', 'parent_id', 'parent_level', 'kind'], rows()];
}

const contingents = { RESIDENT: 45, IN_SERVICE_MEMBER: 33, RETIRED_MEMBER: 14, STUDENT: 8 };

/** The first come to the first places of all teams, the next to the second: a number says nothing about the team. */
function volunteerRows(
  { levels }: Places,
  ids: Ids,
  people: number,
  random: Random,
  /** Gets the name of everybody. */
  names: string[],
  told: (done: number) => void,
): Copy {
  const teams = levels[2]!.length;
  function* rows() {
    for (let person = 0; person < people; person++) {
      const contingent = random.weighted(contingents);
      const tier = random.weighted(tierWeights[contingent]);
      const name = syntheticName(random);
      names.push(name);
      yield [
        person + 1,
        numberOf(person),
        name,
        contingent,
        tier === 'NONE' ? null : tier,
        ids(2, person % teams),
        3,
        random.chance(0.9),
      ];
      if ((person + 1) % stride === 0 || person + 1 === people) told(person + 1);
    }
  }
  const columns = ['id', 'number', 'name', 'contingent', 'tier', 'team_id', 'team_level', 'screen_consent'];
  return ['volunteer', columns, rows()];
}

const numberOf = (person: number) => `CN-${String(person + 1).padStart(7, '0')}`;

/** By what they are found, as a node would make it, which takes its time: many have the same name. */
function searchRows(names: readonly string[]): Copy {
  const known = new Map<string, string[]>();
  function* rows() {
    for (const [person, name] of names.entries()) {
      let keys = known.get(name);
      if (!keys) known.set(name, (keys = searchKeys({ name, number: '' })));
      const all = [...keys, ...searchKeys({ name: '', number: numberOf(person) })];
      yield [person + 1, all.map((key) => `'${key}'`).join(' ')];
    }
  }
  return ['volunteer_search', ['volunteer_id', 'keys'], rows()];
}

function stageOf({ levels }: Places, ids: Ids, people: number): Stage {
  const [, stations, teams, posts] = levels as [never, Places['levels'][0], Places['levels'][0], Places['levels'][0]];
  const paths = posts.map(({ parent: team }, post): PostPath => {
    const station = teams[team]!.parent;
    return {
      postId: ids(3, post),
      teamId: ids(2, team),
      stationId: ids(1, station),
      schoolId: ids(0, stations[station]!.parent),
    };
  });
  const ranges = teams.map((): [number, number] => [posts.length, 0]);
  for (const [post, { parent }] of posts.entries()) {
    const range = ranges[parent]!;
    range[0] = Math.min(range[0], post);
    range[1] = post + 1;
  }
  return {
    posts: paths,
    volunteers: people,
    ownPosts: (person) => ranges[person % teams.length]!,
    volunteerId: (person) => person + 1,
  };
}

/** Volunteer Day of this year, moved to today, or of so many years ago, on its own day. */
function eventOf(now: Date, timeZone: string, yearsBack: number) {
  const theirNow = yearsBack === 0 ? now : new Date(Date.UTC(now.getUTCFullYear() - yearsBack, 5, 16, 4));
  const today = volunteerDay(theirNow, timeZone);
  const edition = today.edition - yearsBack;
  return { ...today, edition, code: today.code.replace(String(today.edition), String(edition)) };
}

const logColumns = [
  'event_id',
  'sequence',
  'volunteer_id',
  'post_id',
  'team_id',
  'station_id',
  'school_id',
  'direction',
  'method',
  'at',
  'recorded_at',
  'review',
  'first_levels',
  'arrives',
  'ends_sequence',
  'left_post_id',
  'left_team_id',
  'left_station_id',
  'left_school_id',
  'minutes',
];

async function writeEvent(
  client: Parameters<typeof copyInto>[0],
  eventId: number,
  log: EventLog,
  told: (done: number) => void,
): Promise<void> {
  let length = 0;
  function* rows() {
    for (const row of log.rows()) {
      yield [
        eventId,
        row.sequence,
        row.volunteerId,
        row.postId,
        row.teamId,
        row.stationId,
        row.schoolId,
        row.direction,
        'POST_CODE',
        row.at.toISOString(),
        row.recordedAt.toISOString(),
        row.review,
        row.firstLevels,
        row.arrives,
        row.endsSequence,
        row.leftPostId,
        row.leftTeamId,
        row.leftStationId,
        row.leftSchoolId,
        row.minutes,
      ];
      length = row.sequence;
      if (length % stride === 0) told(length);
    }
    told(length);
  }
  await copyInto(client, 'check_in', logColumns, rows());

  function* presences() {
    for (const [volunteerId, { stay, pendingOutAt }] of log.whereabouts) {
      const path = stay ? [stay.postId, stay.teamId, stay.stationId, stay.schoolId] : [null, null, null, null];
      const since = stay ? stay.since.toISOString() : null;
      yield [eventId, volunteerId, ...path, since, stay?.inSequence ?? null, pendingOutAt?.toISOString() ?? null];
    }
  }
  const path = ['post_id', 'team_id', 'station_id', 'school_id'];
  const presenceColumns = ['event_id', 'volunteer_id', ...path, 'since', 'in_sequence', 'pending_out_at'];
  await copyInto(client, 'presence', presenceColumns, presences());

  const tallyColumns = ['check_ins', 'people', 'on_site', 'minutes'];
  function* tallies() {
    for (const [unitId, { checkIns, people, onSite, minutes }] of log.tallies) {
      if (unitId !== wholeEvent) yield [eventId, unitId, checkIns, people, onSite, minutes];
    }
  }
  await copyInto(client, 'unit_tally', ['event_id', 'unit_id', ...tallyColumns], tallies());

  const { checkIns, people, onSite, minutes } = log.tallies.get(wholeEvent) ?? emptyTally;
  await client.query(
    'update feed set sequence = $2, check_ins = $3, people = $4, on_site = $5, minutes = $6 where event_id = $1',
    [eventId, length, checkIns, people, onSite, minutes],
  );
  // Nobody asks for the stays of this history: what comes behind it is booked, and none of it.
  await client.query('insert into attendance_book (event_id, sequence) values ($1, $2)', [eventId, length]);
  // Every scan had a key of its own, made by a client that exists as little as the people do.
  await client.query(
    `insert into check_in_key (key, body_hash, outcome, event_id, sequence)
     select md5('nation ' || event_id || '.' || sequence)::uuid, sha256(convert_to(event_id || '.' || sequence, 'UTF8')),
       'RECORDED', event_id, sequence
     from check_in where event_id = $1`,
    [eventId],
  );
}
