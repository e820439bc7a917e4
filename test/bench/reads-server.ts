import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { toGlobalId } from '../../server/kernel/global-id.js';
import { maskName } from '../../server/volunteer/volunteer.rules.js';
import { serve } from './worker.js';

/**
 * Other ways to answer what is read most, on the same database. `postgraphile` makes its API from the tables. The limits
 * know no GraphQL, no rights and no errors, and answer two fixed addresses with the bytes of our API: `flat` reads flat rows
 * and puts the answer together by hand, `json` has PostgreSQL make it in one statement.
 */
export type ReadPeer = 'postgraphile' | 'flat' | 'json';

export interface ReadPeerInput {
  mode: ReadPeer;
  databaseUrl: string;
}

/** As many connections as the product has. */
const connections = 12;

async function startPostGraphile(databaseUrl: string): Promise<string> {
  const [{ postgraphile }, { PostGraphileAmberPreset }, { makePgService }, { grafserv }] = await Promise.all([
    import('postgraphile'),
    import('postgraphile/presets/amber'),
    import('postgraphile/adaptors/pg'),
    import('postgraphile/grafserv/node'),
  ]);
  const instance = postgraphile({
    extends: [PostGraphileAmberPreset],
    pgServices: [
      makePgService({ connectionString: databaseUrl, schemas: ['public'], poolConfig: { max: connections } }),
    ],
    grafserv: { watch: false, graphiql: false },
    grafast: { explain: false },
  });
  const server = http.createServer();
  await instance.createServ(grafserv).addTo(server);
  return listen(server);
}

async function listen(server: http.Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

// ── Without GraphQL ─────────────────────────────────────────────────────────────────────────────────────────────────

/** Each answers with the text of a body; `event` is a key, `before` a sequence. */
interface Answers {
  overview(event: number): Promise<string>;
  page(event: number, before: number): Promise<string>;
}

const pageSize = 100;
const toCursor = (sequence: number) => Buffer.from(String(sequence)).toString('base64url');

interface UnitRow {
  id: number;
  level: number;
  parent_id: number | null;
  code: string;
  name: string;
  check_ins: number | null;
  people: number | null;
  on_site: number | null;
  minutes: number | null;
}

interface PageRow {
  sequence: number;
  direction: string;
  method: string;
  at: Date;
  post_id: number;
  post_code: string;
  post_name: string;
  team_id: number;
  team_name: string;
  station_id: number;
  station_name: string;
  volunteer_name: string;
  screen_consent: boolean;
  contingent: string;
  tier: string | null;
}

const flatUnits = `select u.id, u.level, u.parent_id, u.code, u.name, t.check_ins, t.people, t.on_site, t.minutes
  from service_unit u left join unit_tally t on u.level = 4 and t.event_id = $1 and t.unit_id = u.id order by u.code`;

const flatPage = `select c.sequence, c.direction, c.method, c.at, p.id as post_id, p.code as post_code, p.name as post_name,
    t.id as team_id, t.name as team_name, s.id as station_id, s.name as station_name,
    v.name as volunteer_name, v.screen_consent, v.contingent, v.tier
  from check_in c join service_unit p on p.id = c.post_id join service_unit t on t.id = p.parent_id
    join service_unit s on s.id = t.parent_id join volunteer v on v.id = c.volunteer_id
  where c.event_id = $1 and c.sequence < $2 order by c.sequence desc limit ${pageSize + 1}`;

function flat(pool: pg.Pool): Answers {
  return {
    async overview(event) {
      const { rows } = await pool.query<UnitRow>({ name: 'units', text: flatUnits, values: [event] });
      const childrenOf = Map.groupBy(rows, (row) => row.parent_id);
      const nodes = (level: number, parent: number | null): object[] =>
        (childrenOf.get(parent) ?? []).map(({ id, code, name, check_ins, people, on_site, minutes }) => {
          if (level === 4) {
            const tally = {
              checkIns: check_ins ?? 0,
              people: people ?? 0,
              onSite: on_site ?? 0,
              minutes: minutes ?? 0,
            };
            return { code, name, tally };
          }
          return { code, name, [lists[level]!]: { nodes: nodes(level + 1, id) } };
        });
      return JSON.stringify({ data: { cultureSchools: { nodes: nodes(1, null) } } });
    },
    async page(event, before) {
      const { rows } = await pool.query<PageRow>({ name: 'page', text: flatPage, values: [event, before] });
      const hasNextPage = rows.length > pageSize;
      if (hasNextPage) rows.pop();
      const nodes = rows.map((row) => ({
        id: toGlobalId('CheckIn', `${event}.${row.sequence}`),
        sequence: row.sequence,
        direction: row.direction,
        method: row.method,
        at: row.at,
        post: {
          id: toGlobalId('GridPost', row.post_id),
          code: row.post_code,
          name: row.post_name,
          team: {
            id: toGlobalId('VolunteerTeam', row.team_id),
            name: row.team_name,
            station: { id: toGlobalId('ServiceStation', row.station_id), name: row.station_name },
          },
        },
        volunteer: {
          displayName: row.screen_consent ? maskName(row.volunteer_name) : '志愿者',
          contingent: row.contingent,
          tier: row.tier,
        },
      }));
      const pageInfo = { endCursor: rows.length > 0 ? toCursor(rows.at(-1)!.sequence) : null, hasNextPage };
      return JSON.stringify({ data: { communityEvent: { checkIns: { nodes, pageInfo } } } });
    },
  };
}

const lists = ['', 'stations', 'teams', 'posts'];

/** What is below a unit of each level, as JSON. */
function nestedNodes(level: number, where: string): string {
  const u = `u${level}`;
  const inner =
    level === 4
      ? `'tally', json_build_object('checkIns', coalesce(t.check_ins, 0), 'people', coalesce(t.people, 0),
          'onSite', coalesce(t.on_site, 0), 'minutes', coalesce(t.minutes, 0))`
      : `'${lists[level]}', ${nestedNodes(level + 1, `u${level + 1}.parent_id = ${u}.id`)}`;
  const tallies = level === 4 ? `left join unit_tally t on t.event_id = $1 and t.unit_id = ${u}.id` : '';
  return `json_build_object('nodes', (select json_agg(json_build_object('code', ${u}.code, 'name', ${u}.name, ${inner})
    order by ${u}.code) from service_unit ${u} ${tallies} where ${where}))`;
}

const jsonOverview = `select json_build_object('data', json_build_object('cultureSchools',
  ${nestedNodes(1, 'u1.level = 1')}))::text as body`;

const globalIdSql = (type: string, key: string) =>
  `translate(encode(convert_to('${type}:' || ${key}, 'UTF8'), 'base64'), E'+/=\\n', '-_')`;

const jsonPage = `with page as (
    select c.* from check_in c where c.event_id = $1 and c.sequence < $2 order by c.sequence desc limit ${pageSize}
  )
  select json_build_object('data', json_build_object('communityEvent', json_build_object('checkIns', json_build_object(
    'nodes', (select json_agg(json_build_object(
        'id', ${globalIdSql('CheckIn', "c.event_id || '.' || c.sequence")}, 'sequence', c.sequence,
        'direction', c.direction, 'method', c.method, 'at', to_char(c.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'post', json_build_object('id', ${globalIdSql('GridPost', 'p.id')}, 'code', p.code, 'name', p.name,
          'team', json_build_object('id', ${globalIdSql('VolunteerTeam', 't.id')}, 'name', t.name,
            'station', json_build_object('id', ${globalIdSql('ServiceStation', 's.id')}, 'name', s.name))),
        'volunteer', json_build_object('displayName', case when v.screen_consent then left(v.name, 1) || '*' else '志愿者' end,
          'contingent', v.contingent, 'tier', v.tier)) order by c.sequence desc)
      from page c join service_unit p on p.id = c.post_id join service_unit t on t.id = p.parent_id
        join service_unit s on s.id = t.parent_id join volunteer v on v.id = c.volunteer_id),
    'pageInfo', (select json_build_object('endCursor', rtrim(translate(encode(convert_to(min(sequence)::text, 'UTF8'),
      'base64'), '+/', '-_'), '='), 'hasNextPage', min(sequence) > 1) from page)))))::text as body`;

function json(pool: pg.Pool): Answers {
  const body = async (name: string, text: string, values: number[]) =>
    (await pool.query<{ body: string }>({ name, text, values })).rows[0]!.body;
  return {
    overview: (event) => body('overview', jsonOverview, [event]),
    page: (event, before) => body('page', jsonPage, [event, before]),
  };
}

function startPlain({ overview, page }: Answers): Promise<string> {
  const answer = async (url: URL): Promise<string> => {
    const event = Number(url.searchParams.get('event'));
    return url.pathname === '/overview' ? overview(event) : page(event, Number(url.searchParams.get('before')));
  };
  return listen(
    http.createServer((request, response) => {
      answer(new URL(request.url!, 'http://localhost')).then(
        (text) => {
          const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
          response.writeHead(200, headers).end(text);
        },
        (error: Error) => response.writeHead(500).end(error.message),
      );
    }),
  );
}

serve(async ({ mode, databaseUrl }: ReadPeerInput) => {
  if (mode === 'postgraphile') return startPostGraphile(databaseUrl);
  const pool = new pg.Pool({ connectionString: databaseUrl, max: connections });
  return startPlain(mode === 'flat' ? flat(pool) : json(pool));
});
