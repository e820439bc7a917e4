import type pg from 'pg';
import type { GrantRole } from '../server/access/grant.entity.js';
import { hashPassword } from '../server/access/passwords.js';
import type { GridPostKind, ServiceLevel } from '../server/hierarchy/service-unit.entity.js';
import { toGlobalId } from '../server/kernel/global-id.js';
import { indexPeople } from '../server/volunteer/search.js';
import type { Contingent, Tier } from '../server/volunteer/volunteer.entity.js';

/**
 * Writes units, people and events, many in one statement: what the seeds fill a database with, and what tests build
 * their worlds from. `sql` is a client in whatever transaction the caller has, or a pool.
 */
export type Sql = Pick<pg.ClientBase, 'query'>;

/** A row that was written: its key, and its id in the API. */
export interface Built {
  id: number;
  globalId: string;
  code: string;
}

export interface NewUnit {
  code: string;
  name: string;
  /** Code of the unit above; none for a school. */
  parentCode?: string;
  /** For a post, and only for a post. */
  kind?: `${GridPostKind}`;
}

export interface NewVolunteer {
  number: string;
  name: string;
  contingent: `${Contingent}`;
  tier?: `${Tier}` | null;
  teamCode?: string;
  screenConsent?: boolean;
}

export interface NewEvent {
  code: string;
  title: string;
  theme?: string;
  edition?: number;
  startsAt: Date;
  endsAt: Date;
}

/** In the order of the hierarchy. */
const typeNames: Record<`${ServiceLevel}`, string> = {
  CULTURE_SCHOOL: 'CultureSchool',
  SERVICE_STATION: 'ServiceStation',
  VOLUNTEER_TEAM: 'VolunteerTeam',
  GRID_POST: 'GridPost',
};

export interface NewAccount {
  login: string;
  password: string;
  name?: string;
  /** Number of the volunteer who uses it. */
  volunteer?: string;
  grants?: { role: `${GrantRole}`; unitCode?: string; startsAt?: Date; endsAt?: Date }[];
}

async function insertAll(sql: Sql, type: string, statement: string, rows: readonly object[]): Promise<Built[]> {
  const result = await sql.query<{ id: number; code: string }>(statement, [JSON.stringify(rows)]);
  const built = new Map(result.rows.map(({ id, code }) => [code, { id, code, globalId: toGlobalId(type, id) }]));
  return [...built.values()].toSorted((a, b) => a.id - b.id);
}

/** Units of one level, in the order given; those above them have to be there. */
export async function addUnits(sql: Sql, level: `${ServiceLevel}`, units: readonly NewUnit[]): Promise<Built[]> {
  const number = Object.keys(typeNames).indexOf(level) + 1;
  const built = await insertAll(
    sql,
    typeNames[level],
    `insert into service_unit (level, code, name, parent_id, parent_level, kind)
     select ${number}, r.code, r.name, p.id, p.level, r.kind
     from rows from (jsonb_to_recordset($1) as (code text, name text, "parentCode" text, kind text))
       with ordinality as r (code, name, parent_code, kind, place)
     left join service_unit p on p.code = r.parent_code
     order by r.place returning id, code`,
    units,
  );
  if (built.length !== units.length) throw new Error(`${units.length - built.length} units were not written`);
  return built;
}

/** Volunteers in the order given; `code` of what is built is the volunteer number. */
export async function addVolunteers(sql: Sql, volunteers: readonly NewVolunteer[]): Promise<Built[]> {
  const built = await insertAll(
    sql,
    'Volunteer',
    `insert into volunteer (number, name, contingent, tier, team_id, team_level, screen_consent)
     select r.number, r.name, r.contingent, r.tier, t.id, t.level, coalesce(r.consent, true)
     from rows from (jsonb_to_recordset($1) as (number text, name text, contingent text, tier text, "teamCode" text,
       "screenConsent" boolean)) with ordinality as r (number, name, contingent, tier, team_code, consent, place)
     left join service_unit t on t.code = r.team_code
     order by r.place returning id, number as code`,
    volunteers,
  );
  const names = new Map(volunteers.map(({ number, name }) => [number, name]));
  await indexPeople(
    sql,
    built.map(({ id, code }) => ({ id, number: code, name: names.get(code)! })),
  );
  return built;
}

/** The current brand of each of these stations. */
export async function addBrands(
  sql: Sql,
  brands: readonly { stationCode: string; name: string; description: string; since: Date }[],
): Promise<void> {
  await sql.query(
    `insert into brand (station_id, station_level, name, description, since)
     select s.id, s.level, r.name, r.description, r.since
     from jsonb_to_recordset($1) as r ("stationCode" text, name text, description text, since timestamptz)
     join service_unit s on s.code = r."stationCode" order by s.code`,
    [JSON.stringify(brands)],
  );
}

/** An event with its empty feed. */
export async function addEvent(sql: Sql, event: NewEvent): Promise<Built> {
  const { rows } = await sql.query<{ id: number }>(
    `with event as (
       insert into community_event (code, title, theme, edition, starts_at, ends_at)
       values ($1, $2, $3, $4, $5, $6) returning id
     ), feed as (insert into feed (event_id) select id from event)
     select id from event`,
    [event.code, event.title, event.theme ?? null, event.edition ?? null, event.startsAt, event.endsAt],
  );
  const { id } = rows[0]!;
  return { id, code: event.code, globalId: toGlobalId('CommunityEvent', id) };
}

/** Hashing is slow on purpose, and tests give many accounts the same password. */
const hashes = new Map<string, Promise<string>>();

function hashOnce(password: string): Promise<string> {
  let hash = hashes.get(password);
  if (!hash) hashes.set(password, (hash = hashPassword(password)));
  return hash;
}

/** Accounts whose owners have chosen their passwords, with grants from `now` on, in the order given. */
export async function addAccounts(
  sql: Sql,
  accounts: readonly NewAccount[],
  now = new Date(),
): Promise<(Built & { grants: string[] })[]> {
  const rows = await Promise.all(
    accounts.map(async ({ password, grants = [], ...account }) => ({
      ...account,
      name: account.name ?? account.login,
      passwordHash: await hashOnce(password),
      grants: grants.map((grant) => ({ startsAt: now, ...grant })),
    })),
  );
  const built = await insertAll(
    sql,
    'Account',
    `insert into account (login, name, password_hash, volunteer_id, created_at)
     select r.login, r.name, r.hash, v.id, '${now.toISOString()}'
     from rows from (jsonb_to_recordset($1) as (login text, name text, "passwordHash" text, volunteer text))
       with ordinality as r (login, name, hash, volunteer, place)
     left join volunteer v on v.number = r.volunteer
     order by r.place returning id, login as code`,
    rows,
  );
  const { rows: grants } = await sql.query<{ id: number; accountId: number }>(
    `insert into role_grant (account_id, role, unit_id, starts_at, ends_at)
     select a.id, g.role, u.id, g."startsAt", g."endsAt"
     from jsonb_to_recordset($1) as r (login text, grants jsonb)
     join account a on a.login = r.login
     cross join jsonb_to_recordset(r.grants) as g (role text, "unitCode" text, "startsAt" timestamptz, "endsAt" timestamptz)
     left join service_unit u on u.code = g."unitCode"
     returning id, account_id as "accountId"`,
    [JSON.stringify(rows)],
  );
  return built.map((account) => ({
    ...account,
    grants: grants.filter(({ accountId }) => accountId === account.id).map(({ id }) => toGlobalId('Grant', id)),
  }));
}

/** The catalogue of skills, or a part of it. */
export function addSkills(sql: Sql, skills: readonly { code: string; name: string }[]): Promise<Built[]> {
  return insertAll(
    sql,
    'Skill',
    `insert into skill (code, name)
     select r.code, r.name from rows from (jsonb_to_recordset($1) as (code text, name text)) with ordinality as r (code, name, place)
     order by r.place returning id, code`,
    skills,
  );
}

/** What people have: by volunteer number and the skill's code. */
export async function addVolunteerSkills(
  sql: Sql,
  skills: readonly { volunteer: string; skill: string }[],
): Promise<void> {
  await sql.query(
    `insert into volunteer_skill (volunteer_id, skill_id)
     select v.id, s.id from jsonb_to_recordset($1) as r (volunteer text, skill text)
     join volunteer v on v.number = r.volunteer join skill s on s.code = r.skill`,
    [JSON.stringify(skills)],
  );
}

export interface NewShift {
  eventCode: string;
  postCode: string;
  startsAt: Date;
  endsAt: Date;
  capacity?: number;
  title?: string;
  /** Codes of what it needs. */
  skills?: string[];
}

/** Shifts in the order given; `code` of what is built is its place in that order. */
export function addShifts(sql: Sql, shifts: readonly NewShift[]): Promise<Built[]> {
  return insertAll(
    sql,
    'Shift',
    `with rows as (
       select e.id as event_id, p.id as post_id, r.*
       from rows from (jsonb_to_recordset($1) as ("eventCode" text, "postCode" text, "startsAt" timestamptz, "endsAt" timestamptz,
         capacity int, title text, skills text[])) with ordinality
         as r (event_code, post_code, starts_at, ends_at, capacity, title, skills, place)
       join community_event e on e.code = r.event_code join service_unit p on p.code = r.post_code
     ), made as (
       insert into shift (event_id, post_id, post_level, starts_at, ends_at, capacity, title, skill_ids)
       select event_id, post_id, 4, starts_at, ends_at, coalesce(capacity, 1), title,
         coalesce((select array_agg(s.id order by s.id) from skill s where s.code = any(r.skills)), '{}')
       from rows r order by place returning id
     )
     select id, row_number() over (order by id)::text as code from made`,
    shifts,
  );
}

/** People who have accepted a place at a shift: by the shift's key and the volunteer number. */
export async function addAssignments(
  sql: Sql,
  assignments: readonly { shiftId: number; volunteer: string }[],
  now = new Date(),
): Promise<void> {
  await sql.query(
    `insert into assignment (shift_id, event_id, volunteer_id, starts_at, ends_at, state, changed_at)
     select s.id, s.event_id, v.id, s.starts_at, s.ends_at, 'ACCEPTED', $2
     from rows from (jsonb_to_recordset($1) as ("shiftId" int, volunteer text)) with ordinality as r (shift_id, volunteer, place)
     join shift s on s.id = r.shift_id join volunteer v on v.number = r.volunteer order by r.place`,
    [JSON.stringify(assignments), now],
  );
}

export interface World {
  event: Built;
  schools: Built[];
  stations: Built[];
  teams: Built[];
  posts: Built[];
  volunteers: Built[];
}

/**
 * A small world for a test, in milliseconds: so many schools, in each so many stations, and so on down to the posts and
 * the people of each team, with an event that goes on `now`. Codes read as those of the seeds do, so a post's code begins
 * with its team's; with a `prefix` of its own a second world fits into the same database.
 */
export async function aWorld(
  sql: Sql,
  {
    schools = 1,
    stations = 1,
    teams = 1,
    posts = 2,
    volunteers = 3,
    prefix = 'W',
    now = new Date(),
  }: Partial<Record<Exclude<keyof World, 'event'>, number>> & { prefix?: string; now?: Date } = {},
): Promise<World> {
  const below = (parents: readonly Built[], count: number, mark: (index: number) => string): NewUnit[] =>
    parents.flatMap((parent) =>
      Array.from({ length: count }, (_, index) => {
        const code = parent.code + mark(index);
        return { code, name: code, parentCode: parent.code };
      }),
    );
  const twoDigits = (index: number) => String(index + 1).padStart(2, '0');
  const letter = (index: number) => `-${String.fromCharCode(65 + index)}`;

  const schoolCodes = Array.from({ length: schools }, (_, index) => `${prefix}${twoDigits(index)}`);
  const builtSchools = await addUnits(
    sql,
    'CULTURE_SCHOOL',
    schoolCodes.map((code) => ({ code, name: code })),
  );
  const builtStations = await addUnits(sql, 'SERVICE_STATION', below(builtSchools, stations, letter));
  const builtTeams = await addUnits(sql, 'VOLUNTEER_TEAM', below(builtStations, teams, twoDigits));
  const newPosts = below(builtTeams, posts, (index) => `-${twoDigits(index)}`);
  const builtPosts = await addUnits(
    sql,
    'GRID_POST',
    newPosts.map((post) => ({ ...post, kind: 'SERVICE_POST' })),
  );
  const builtVolunteers = await addVolunteers(
    sql,
    builtTeams.flatMap((team) =>
      Array.from({ length: volunteers }, (_, index) => {
        const number = `${team.code}-V${twoDigits(index)}`;
        return { number, name: `测试${number}`, contingent: 'RESIDENT' as const, teamCode: team.code };
      }),
    ),
  );
  const hourMs = 3_600_000;
  const event = await addEvent(sql, {
    code: `${prefix.toLowerCase()}-day`,
    title: '测试活动',
    startsAt: new Date(now.getTime() - hourMs),
    endsAt: new Date(now.getTime() + 8 * hourMs),
  });
  return {
    event,
    schools: builtSchools,
    stations: builtStations,
    teams: builtTeams,
    posts: builtPosts,
    volunteers: builtVolunteers,
  };
}
