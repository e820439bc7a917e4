import type pg from 'pg';
import { checkInWindow } from '../event/event.rules.js';
import { appendToFeed, BatchConflict, recordset } from '../feed/append.js';
import { CheckIn } from '../feed/check-in.entity.js';
import type { PostPath } from '../feed/tally.rules.js';
import { UnknownFeed } from '../feed/writer.js';
import type { Clock } from '../kernel/clock.js';
import { decide, nowhere, type Scan, type Whereabouts } from './check-in.rules.js';

/** What became of one scan. `replayed` when its key had been answered before. */
export type Outcome =
  | { kind: 'recorded'; place: Place; row?: CheckIn; replayed: boolean }
  | { kind: 'already'; place: Place }
  | { kind: 'closed'; opensAt: Date; closesAt: Date }
  | { kind: 'suspended' }
  | { kind: 'absent' }
  | { kind: 'no-post' }
  | { kind: 'mismatch' };

export interface Place {
  eventId: number;
  sequence: number;
}

export interface StoredKey extends Place {
  key: string;
  bodyHash: string;
  outcome: 'RECORDED' | 'ALREADY_CHECKED_IN';
}

interface Facts {
  event: { epoch: string; sequence: number; startsAt: string; endsAt: string } | null;
  keys: StoredKey[] | null;
  presences:
    | (PostPath & {
        volunteerId: number;
        since: string | null;
        inSequence: number | null;
        pendingOutAt: string | null;
      })[]
    | null;
  visits: (PostPath & { volunteerId: number })[] | null;
  posts: PostPath[] | null;
  volunteers: number[] | null;
  suspensions: { volunteerId: number; since: string }[] | null;
}

/**
 * Everything that the rules need to know about a batch, and where the feed stands, at one moment. Whoever erases a person
 * moves all feeds, so what was decided before that is not stored.
 */
const readFacts = `select
  (select row_to_json(x) from (
    select epoch, sequence, starts_at as "startsAt", ends_at as "endsAt"
    from feed join community_event on id = event_id where event_id = $1) x) as event,
  (select json_agg(x) from (
    select key, encode(body_hash, 'hex') as "bodyHash", outcome, event_id as "eventId", sequence
    from check_in_key where key = any($2)) x) as keys,
  (select json_agg(x) from (
    select volunteer_id as "volunteerId", post_id as "postId", team_id as "teamId", station_id as "stationId",
      school_id as "schoolId", since, in_sequence as "inSequence", pending_out_at as "pendingOutAt"
    from presence where event_id = $1 and volunteer_id = any($3)) x) as presences,
  (select json_agg(x) from (
    select volunteer_id as "volunteerId", post_id as "postId", team_id as "teamId", station_id as "stationId",
      school_id as "schoolId"
    from check_in where event_id = $1 and volunteer_id = any($3) and direction = 'IN'
    group by 1, 2, 3, 4, 5 order by max(sequence)) x) as visits,
  (select json_agg(x) from (
    select p.id as "postId", t.id as "teamId", s.id as "stationId", s.parent_id as "schoolId"
    from service_unit p join service_unit t on t.id = p.parent_id join service_unit s on s.id = t.parent_id
    where p.level = 4 and p.id = any($4)) x) as posts,
  (select json_agg(id) from volunteer where id = any($3) and erased_at is null) as volunteers,
  (select json_agg(x) from (
    select volunteer_id as "volunteerId", since from suspension where volunteer_id = any($3) and until is null) x) as suspensions`;

/** Where people are, and the keys: what is stored beside the rows. A key that is there already fails all of it. */
const companions = `whereabouts as (
    insert into presence select p.* from head, json_populate_recordset(null::presence, $15) p
    on conflict (event_id, volunteer_id) do update set post_id = excluded.post_id, team_id = excluded.team_id,
      station_id = excluded.station_id, school_id = excluded.school_id, since = excluded.since,
      in_sequence = excluded.in_sequence, pending_out_at = excluded.pending_out_at
  ), keys as (
    insert into check_in_key (key, body_hash, outcome, event_id, sequence)
    select key, decode(body_hash, 'hex'), outcome, k.event_id, sequence
    from head, json_to_recordset($16) as k (key uuid, body_hash text, outcome text, event_id int, sequence int)
    order by key
  )`;

/**
 * Decides and stores a batch of scans for one event. The rules decide one scan after the other, each in the circumstances
 * that the ones before it have left.
 */
export async function recordBatch(
  client: pg.ClientBase,
  eventId: number,
  scans: readonly Scan[],
  clock: Clock,
): Promise<Outcome[]> {
  const { rows: answer } = await client.query<Facts>({
    name: 'read-facts',
    text: readFacts,
    values: [
      eventId,
      scans.map((scan) => scan.key),
      scans.map((scan) => scan.volunteerId),
      scans.map((scan) => scan.postId).filter((id) => id !== null),
    ],
  });
  // Not before: what other nodes have numbered before us was not recorded after us.
  const now = clock();
  const facts = answer[0]!;
  if (!facts.event) throw new UnknownFeed(`event ${eventId} has no feed`);
  const { epoch, sequence: known, startsAt, endsAt } = facts.event;
  const window = checkInWindow({ startsAt: new Date(startsAt), endsAt: new Date(endsAt) });
  const keys = new Map((facts.keys ?? []).map((stored) => [stored.key, stored]));
  const posts = new Map((facts.posts ?? []).map((path) => [path.postId, path]));
  const volunteers = new Set(facts.volunteers);
  const suspended = new Map((facts.suspensions ?? []).map((it) => [it.volunteerId, new Date(it.since)]));
  const people = readWhereabouts(facts);

  const rows: CheckIn[] = [];
  const freshKeys: StoredKey[] = [];
  const moved = new Set<number>();
  const fresh = new Map<number, CheckIn>();

  const outcomes = scans.map((scan): Outcome => {
    const stored = keys.get(scan.key);
    if (stored) return replay(stored, scan, fresh.get(stored.sequence));

    const whereabouts = people.get(scan.volunteerId) ?? nowhere;
    const decision = decide(scan, {
      window,
      post: scan.postId === null ? undefined : posts.get(scan.postId),
      volunteerExists: volunteers.has(scan.volunteerId),
      suspendedSince: suspended.get(scan.volunteerId),
      whereabouts,
      now,
    });
    if (decision.kind === 'closed') return { kind: 'closed', ...window };
    if (decision.kind === 'absent' || decision.kind === 'no-post' || decision.kind === 'suspended') return decision;

    const keep = (outcome: StoredKey['outcome'], sequence: number) => {
      const key = { key: scan.key, bodyHash: scan.bodyHash, outcome, eventId, sequence };
      keys.set(scan.key, key);
      freshKeys.push(key);
      return { eventId, sequence };
    };
    if (decision.kind === 'already') return { kind: 'already', place: keep('ALREADY_CHECKED_IN', decision.sequence) };

    const sequence = known + rows.length + 1;
    const { volunteerId, method, note, recordedBy } = scan;
    const row = Object.assign(new CheckIn(), decision.effect, {
      eventId,
      sequence,
      volunteerId,
      method,
      note,
      recordedBy,
      recordedAt: now,
    });
    rows.push(row);
    fresh.set(sequence, row);
    people.set(volunteerId, decision.whereabouts(sequence));
    moved.add(volunteerId);
    return { kind: 'recorded', place: keep('RECORDED', sequence), row, replayed: false };
  });

  if (freshKeys.length > 0) {
    const presences = [...moved].map((volunteerId) => presenceOf(eventId, volunteerId, people.get(volunteerId)!));
    const also = { parts: companions, values: [recordset(presences), recordset(freshKeys)] };
    await appendToFeed(client, { eventId, epoch, sequence: known }, rows, also).catch((error: unknown) => {
      const { constraint } = error as { constraint?: string };
      throw constraint === 'check_in_key_pkey'
        ? new BatchConflict('another event took a key', { cause: error })
        : error;
    });
  }
  return outcomes;
}

/** What a key that was answered before gets now. */
export function replay(stored: StoredKey, scan: Pick<Scan, 'bodyHash'>, row?: CheckIn): Outcome {
  if (stored.bodyHash !== scan.bodyHash) return { kind: 'mismatch' };
  const place = { eventId: stored.eventId, sequence: stored.sequence };
  return stored.outcome === 'RECORDED' ? { kind: 'recorded', place, row, replayed: true } : { kind: 'already', place };
}

function readWhereabouts(facts: Facts): Map<number, Whereabouts> {
  const people = new Map<number, Whereabouts>();
  for (const visit of facts.visits ?? []) {
    const known = people.get(visit.volunteerId);
    if (known) known.visits.push(visit);
    else people.set(visit.volunteerId, { stay: null, pendingOutAt: null, visits: [visit] });
  }
  for (const { volunteerId, since, inSequence, pendingOutAt, ...path } of facts.presences ?? []) {
    people.set(volunteerId, {
      stay: since === null || inSequence === null ? null : { ...path, since: new Date(since), inSequence },
      pendingOutAt: pendingOutAt === null ? null : new Date(pendingOutAt),
      visits: people.get(volunteerId)?.visits ?? [],
    });
  }
  return people;
}

function presenceOf(eventId: number, volunteerId: number, { stay, pendingOutAt }: Whereabouts) {
  return { eventId, volunteerId, ...stay, pendingOutAt };
}
