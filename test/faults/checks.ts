import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { toGlobalId } from '../../server/kernel/global-id.js';
import { expectedOf, type Wall } from '../support/wall.js';
import type { Entry } from './clients.js';
import type { Findings } from './findings.js';
import type { Postgres } from './postgres.js';

interface StoredKey {
  key: string;
  outcome: 'RECORDED' | 'ALREADY_CHECKED_IN';
  sequence: number;
  direction: 'IN' | 'OUT';
  volunteerId: number;
  postId: number;
}

/** Acknowledged within stored within attempted, each once; the log without a gap. Answers how long it is. */
export async function checkLog(
  postgres: Postgres,
  eventId: number,
  entries: readonly Entry[],
  findings: Findings,
  /** What was acknowledged earlier may have gone with a restore. */
  acknowledgedFrom = 0,
): Promise<number> {
  const stored = await postgres.query<StoredKey>(
    `select k.key, k.outcome, k.sequence, c.direction, c.volunteer_id as "volunteerId", c.post_id as "postId"
     from check_in_key k left join check_in c on c.event_id = k.event_id and c.sequence = k.sequence
     where k.event_id = $1`,
    [eventId],
  );
  const byKey = new Map(stored.map((row) => [row.key, row]));
  if (byKey.size !== stored.length) findings.violation('a key is stored twice', `${stored.length} rows`);

  for (const [i, { scan, acknowledged, attempts }] of entries.entries()) {
    const row = byKey.get(scan.key);
    const what = () => JSON.stringify({ scan, acknowledged, attempts, stored: row ?? null });
    if (!row) {
      if (acknowledged && i >= acknowledgedFrom) findings.violation('acknowledged, but not stored', what());
      continue;
    }
    const [volunteer, post] = [toGlobalId('Volunteer', row.volunteerId), toGlobalId('GridPost', row.postId)];
    if (volunteer !== scan.volunteer) findings.violation('stored for somebody else', what());
    // Whoever is checked out leaves where they are, whatever the scan says.
    const elsewhere = scan.direction === 'IN' && post !== scan.post;
    if (row.outcome === 'RECORDED' && (elsewhere || row.direction !== scan.direction)) {
      findings.violation('stored as something else', what());
    }
    if (acknowledged && i >= acknowledgedFrom) {
      const { as, sequence } = acknowledged;
      if (sequence !== row.sequence) findings.violation('acknowledged under another number', what());
      if ((as === 'AlreadyCheckedIn') !== (row.outcome === 'ALREADY_CHECKED_IN')) {
        findings.violation('acknowledged as something else', what());
      }
    }
  }
  const attempted = new Set(entries.map(({ scan }) => scan.key));
  for (const row of stored) {
    if (!attempted.has(row.key)) findings.violation('stored, but never attempted', JSON.stringify(row));
  }

  const rows = await postgres.query<{ sequence: number; keys: number }>(
    `select c.sequence, count(k.key)::int as keys from check_in c
     left join check_in_key k on k.event_id = c.event_id and k.sequence = c.sequence and k.outcome = 'RECORDED'
     where c.event_id = $1 group by c.sequence order by c.sequence`,
    [eventId],
  );
  for (const [i, { sequence, keys }] of rows.entries()) {
    if (sequence !== i + 1) {
      findings.violation('a gap in the log', `${sequence} in the place of ${i + 1}`);
      break;
    }
    if (keys !== 1) findings.violation('a row with several keys, or none', `${sequence}: ${keys}`);
  }
  const [head] = await postgres.query<{ sequence: number }>('select sequence from feed where event_id = $1', [eventId]);
  if (head!.sequence !== rows.length) findings.violation('the head is wrong', `${head!.sequence} of ${rows.length}`);
  return rows.length;
}

export interface Counts {
  checkIns: number;
  people: number;
  onSite: number;
  minutes: number;
}

type Tallies = Map<string, Counts>;

/** From the log and from where people are, by other means than the tallies that are kept; the event's own under ''. */
const recount = `
  with entered as (
    select unit_id, count(*)::int as check_ins, count(distinct volunteer_id)::int as people
    from check_in cross join lateral unnest(array[0, post_id, team_id, station_id, school_id]) as unit_id
    where event_id = $1 and direction = 'IN' group by unit_id
  ), stayed as (
    select unit_id, sum(minutes)::int as minutes
    from check_in cross join lateral unnest(case when left_post_id is null
      -- The check-out had come first: the check-in has the minutes.
      then array[0, post_id, team_id, station_id, school_id]
      else array[0, left_post_id, left_team_id, left_station_id, left_school_id] end) as unit_id
    where event_id = $1 and minutes is not null group by unit_id
  ), present as (
    select unit_id, count(*)::int as on_site
    from presence cross join lateral unnest(array[0, post_id, team_id, station_id, school_id]) as unit_id
    where event_id = $1 and post_id is not null group by unit_id
  )
  select code, coalesce(check_ins, 0) as "checkIns", coalesce(people, 0) as people, coalesce(on_site, 0) as "onSite",
    coalesce(minutes, 0) as minutes
  from (select 0 as unit_id, '' as code union all select id, code from service_unit) units
  left join entered using (unit_id) left join stayed using (unit_id) left join present using (unit_id)`;

const kept = `
  select u.code, coalesce(t.check_ins, 0) as "checkIns", coalesce(t.people, 0) as people,
    coalesce(t.on_site, 0) as "onSite", coalesce(t.minutes, 0) as minutes
  from service_unit u left join unit_tally t on t.unit_id = u.id and t.event_id = $1
  union all select '', check_ins, people, on_site, minutes from feed where event_id = $1`;

/** The tallies that are kept, against a recount; answers the recount. */
export async function checkTallies(postgres: Postgres, eventId: number, findings: Findings): Promise<Tallies> {
  const read = async (text: string): Promise<Tallies> => {
    const rows = await postgres.query<Counts & { code: string }>(text, [eventId]);
    return new Map(rows.map(({ code, ...counts }) => [code, counts]));
  };
  const [counted, stored] = [await read(recount), await read(kept)];
  for (const [code, counts] of counted) {
    const expected = JSON.stringify(counts);
    const found = JSON.stringify(stored.get(code));
    if (expected !== found) findings.violation('a tally is wrong', `${code || 'the event'}: ${found}, not ${expected}`);
  }
  return counted;
}

interface Board {
  tally: Counts;
  units: { unit: { code: string }; tally: Counts }[];
}

/** What each node has folded from the feed, by the first scoreboard that it shows. */
export async function checkScoreboards(
  urls: readonly string[],
  event: string,
  key: string,
  expected: Tallies,
  findings: Findings,
): Promise<void> {
  const counts = 'tally { checkIns people onSite minutes }';
  for (const [node, url] of urls.entries()) {
    const client = createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 5,
      shouldRetry: () => true,
      connectionParams: { authorization: `Bearer ${key}` },
    });
    const boards = client.iterate<{ scoreboard: Board }>({
      query: `subscription ($event: ID!) { scoreboard(event: $event) { ${counts} units { unit { code } ${counts} } } }`,
      variables: { event },
    });
    const { value } = (await boards.next()) as { value: { data?: { scoreboard: Board } } };
    await boards.return?.();
    await client.dispose();
    const board = value.data?.scoreboard;
    const lines = [
      ['', board?.tally] as const,
      ...(board?.units ?? []).map((line) => [line.unit.code, line.tally] as const),
    ];
    for (const [code, tally] of lines) {
      const [shown, wanted] = [JSON.stringify(tally), JSON.stringify(expected.get(code))];
      if (shown !== wanted) {
        findings.violation('a scoreboard is wrong', `node ${node}, ${code || 'the event'}: ${shown}, not ${wanted}`);
      }
    }
  }
}

/** Every wall has every sequence behind its snapshot once, in order, up to `last`, and all walls were told the same. */
export function checkWalls(walls: readonly Wall[], last: number, histories: number, findings: Findings): void {
  for (const [i, wall] of walls.entries()) {
    if (wall.histories.length !== histories) {
      findings.violation('a wall started over', `wall ${i} has ${wall.histories.length} histories, not ${histories}`);
    }
    for (const history of wall.histories) {
      const expected = expectedOf(history);
      const wrong = history.sequences.findIndex((sequence, at) => sequence !== expected[at]);
      if (wrong !== -1) {
        const around = history.sequences.slice(Math.max(0, wrong - 3), wrong + 4).join(' ');
        findings.violation('a wall has a gap or a repeat', `wall ${i}, place ${wrong}: … ${around} …`);
      }
    }
    if (wall.last !== last) findings.violation('a wall is not at the end', `wall ${i} at ${wall.last} of ${last}`);
    for (const [ending, count] of wall.endings) {
      if (/INTERNAL_SERVER_ERROR|BAD_USER_INPUT|NOT_FOUND|VALIDATION|4\d\d\d (?!Too slow)/.test(ending)) {
        findings.violation('a wall was refused', `wall ${i}: ${ending} (${count} times)`);
      }
    }
  }
}

/** What one wall was told of a row, every wall is told. */
export class Witness {
  private readonly told = new Map<string, string>();

  constructor(private readonly findings: Findings) {}

  readonly onRow = (epoch: string, sequence: number, text: string): void => {
    const place = `${epoch}:${sequence}`;
    const known = this.told.get(place);
    if (known === undefined) this.told.set(place, text);
    else if (known !== text)
      this.findings.violation('walls were told different things', `${place}: ${known} / ${text}`);
  };

  /** What was told, against the log. */
  async compare(postgres: Postgres, eventId: number): Promise<void> {
    const rows = await postgres.query<{ place: string; text: string }>(
      `select f.epoch || ':' || c.sequence as place,
         c.direction || ' ' || to_char(c.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || ' ' || u.code as text
       from check_in c join feed f using (event_id) join service_unit u on u.id = c.post_id where c.event_id = $1`,
      [eventId],
    );
    for (const { place, text } of rows) {
      const told = this.told.get(place);
      if (told !== undefined && !told.startsWith(`${text} `)) {
        this.findings.violation('walls were told something else than is stored', `${place}: ${told} / ${text}`);
      }
    }
  }
}
