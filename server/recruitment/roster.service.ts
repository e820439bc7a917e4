import type pg from 'pg';
import { AuditAction } from '../audit/audit-entry.entity.js';
import { recordAudit } from '../audit/audit.service.js';
import { requireManager } from '../access/manager.js';
import { decodeCursor, type PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import { AppError, notFound } from '../kernel/errors.js';
import { numericKey } from '../kernel/global-id.js';
import { stripInvisible } from '../volunteer/volunteer.rules.js';
import { holdRegister } from '../volunteer/register.js';
import type { VersionedKey } from '../vault/vault.js';
import { shortText } from './application.service.js';
import { enterKnown, requireTeam } from './enter.js';
import { messages } from './recruitment.messages.js';
import { examine, type Examined, type RowFault } from './roster.examine.js';
import { RosterImport, RosterState } from './roster-import.entity.js';
import { rosterMessages, type RosterFault } from './roster.messages.js';
import {
  RosterBegun,
  RosterLine,
  RosterNotReady,
  RosterOutcome,
  RosterPreviewed,
  RosterUnreadable,
} from './roster.result.js';
import { readHeading, readRow, type RosterEntry } from './roster.rules.js';
import { readCells, Unreadable } from './sheet.js';

/** A file lies here no longer, whatever became of it. */
const keptMs = 24 * 3_600_000;
/** An import that has said nothing for so long has died with its node. */
const deadMs = 30_000;
const partCharacters = 240 * 1024;
const mostParts = 46;
/** People who are entered by one statement. */
const batchSize = 500;

/** Who may go on with an import: whoever began it, by the same account or key. */
const ownerOf = ({ viewer: { accountId, keyId } }: Context) =>
  accountId === null ? `key ${keyId}` : `account ${accountId}`;

async function own(ctx: Context, id: string): Promise<RosterImport> {
  requireManager(ctx);
  const key = numericKey(id, 'RosterImport');
  const roster = key === undefined ? null : await visibleRoster(ctx, key);
  if (!roster) throw notFound(ctx.locale);
  return roster;
}

/** An import of the viewer's, or null. One whose node has died can be begun again. */
export async function visibleRoster(ctx: Context, id: number): Promise<RosterImport | null> {
  const [row] = await ctx.db.query<RosterImport>(
    `select ${ctx.db.columns(RosterImport, 'r')} from roster_import r where r.id = $1 and r.owner = $2`,
    [id, ownerOf(ctx)],
  );
  if (!row) return null;
  const dead = row.state === RosterState.IMPORTING && ctx.clock().getTime() - row.touchedAt.getTime() > deadMs;
  return Object.assign(new RosterImport(), row, dead ? { state: RosterState.PREVIEWED, done: 0 } : {});
}

/** Begins an import: a file that will come in parts. `team` is for rows that name none. */
export async function beginRoster(ctx: Context, fileName: string, team: string | null): Promise<RosterImport> {
  requireManager(ctx);
  const name = shortText(ctx, fileName, 200);
  const teamId = team === null ? null : (await requireTeam(ctx, team)).id;
  const id = await ctx.db.transaction(async (client) => {
    const now = ctx.clock();
    const [newest] = await ctx.vault.hold(client);
    await client.query('delete from roster_import where created_at < $1', [new Date(now.getTime() - keptMs)]);
    const { rows } = await client.query<{ id: number }>(
      `insert into roster_import (owner, file_name, team_id, state, key_version, touched_at, created_at)
       values ($1, $2, $3, 'UPLOADING', $4, $5, $5) returning id`,
      [ownerOf(ctx), name, teamId, newest!.version, now],
    );
    return rows[0]!.id;
  });
  return (await visibleRoster(ctx, id))!;
}

const placeOf = (what: string, roster: { id: number; keyVersion: number }, index: number) =>
  `roster ${what} ${roster.id} ${index} ${roster.keyVersion}`;

/** Takes one part of the file, in base64; the same part again replaces it. */
export async function addRosterPart(ctx: Context, id: string, part: number, data: string): Promise<RosterImport> {
  const roster = await own(ctx, id);
  const isBase64 = /^[A-Za-z0-9+/]*={0,2}$/.test(data);
  if (!isBase64 || data.length > partCharacters || part < 0 || part >= mostParts) {
    throw new AppError('BAD_USER_INPUT', rosterMessages[ctx.locale].partTooLarge);
  }
  const key = await ctx.vault.key(roster.keyVersion);
  await ctx.db.query(
    `insert into roster_part (import_id, part, sealed) select $1, $2, $3
     where exists (select from roster_import where id = $1 and state in ('UPLOADING', 'PREVIEWED'))
     on conflict (import_id, part) do update set sealed = excluded.sealed`,
    [roster.id, part, key.seal(placeOf('part', roster, part), data)],
  );
  return roster;
}

/** Reads the file and tells what would become of each row. Nothing is entered. */
export async function previewRoster(ctx: Context, id: string, parts: number) {
  const roster = await own(ctx, id);
  const text = rosterMessages[ctx.locale].unreadable;
  const refuse = (fault: keyof typeof text) => Object.assign(new RosterUnreadable(), { message: text[fault] });
  const key = await ctx.vault.key(roster.keyVersion);
  const stored = await ctx.db.query<{ part: number; sealed: Buffer }>(
    'select part, sealed from roster_part where import_id = $1 order by part',
    [roster.id],
  );
  if (stored.length !== parts || stored.some(({ part }, i) => part !== i)) return refuse('INCOMPLETE');
  const bytes = Buffer.concat(
    stored.map(({ part, sealed }) => Buffer.from(key.open(placeOf('part', roster, part), sealed), 'base64')),
  );
  let cells: string[][];
  try {
    cells = await readCells(bytes);
  } catch (error) {
    if (error instanceof Unreadable) return refuse(error.fault);
    throw error;
  }
  const places = cells[0] && readHeading(cells[0]);
  if (!places) return refuse('NO_HEADING');
  const rows = cells.flatMap((row, i) =>
    i > 0 && row.some((cell) => cell.trim() !== '') ? [{ row: i + 1, entry: readRow(places, row.map(storable)) }] : [],
  );
  if (rows.length === 0) return refuse('NO_ROWS');
  await ctx.db.transaction(async (client) => {
    const examined = await examine(ctx, client, await ctx.vault.hold(client), rows, roster.teamId);
    await client.query("select from roster_import where id = $1 and state in ('UPLOADING', 'PREVIEWED') for update", [
      roster.id,
    ]);
    await client.query('delete from roster_row where import_id = $1', [roster.id]);
    await keepRows(client, roster, key, examined);
    // What the rows say is all that is needed from here on.
    await client.query('delete from roster_part where import_id = $1', [roster.id]);
    await tellCounts(client, roster.id, examined, ctx.clock());
  }, 60_000);
  return Object.assign(new RosterPreviewed(), { roster: (await visibleRoster(ctx, roster.id))! });
}

/** PostgreSQL knows no NUL, and half a surrogate pair is no character. */
const storable = (cell: string) => cell.replaceAll('\0', '').toWellFormed();

async function keepRows(
  client: pg.ClientBase,
  roster: RosterImport,
  key: VersionedKey['key'],
  examined: readonly Examined[],
): Promise<void> {
  await client.query(
    `insert into roster_row (import_id, row, outcome, faults, sealed)
     select $1, * from unnest($2::int[], $3::text[], $4::jsonb[], $5::bytea[])`,
    [
      roster.id,
      examined.map(({ row }) => row),
      examined.map(({ outcome }) => outcome),
      examined.map((it) => JSON.stringify(it.outcome === 'WRONG' ? it.faults : [])),
      examined.map(({ row, entry }) => key.seal(placeOf('row', roster, row), JSON.stringify(entry))),
    ],
  );
}

async function tellCounts(client: pg.ClientBase, id: number, examined: readonly Examined[], now: Date): Promise<void> {
  const count = (outcome: Examined['outcome']) => examined.filter((it) => it.outcome === outcome).length;
  await client.query(
    `update roster_import set state = 'PREVIEWED', total = $2, fresh = $3, known = $4, wrong = $5, done = 0, touched_at = $6
     where id = $1`,
    [id, examined.length, count('NEW'), count('KNOWN'), count('WRONG'), now],
  );
}

/** Rows of an import with what would become of them, in their order; `outcome` narrows to some. */
export async function rosterLines(
  ctx: Context,
  roster: RosterImport,
  args: PageArgs,
  outcome: RosterOutcome | null,
): Promise<RosterLine[]> {
  const place = decodeCursor(args.after);
  const key = await ctx.vault.key(roster.keyVersion);
  const rows = await ctx.db.query<{ row: number; outcome: RosterOutcome; faults: RowFault[]; sealed: Buffer }>(
    `select row, outcome, faults, sealed from roster_row
     where import_id = $1 and ($2::text is null or outcome = $2) and row > $3 order by row limit $4`,
    [roster.id, outcome, /^\d{1,9}$/.test(place ?? '') ? Number(place) : 0, args.first],
  );
  return rows.map(({ row, outcome, faults, sealed }) => {
    const entry = JSON.parse(key.open(placeOf('row', roster, row), sealed)) as RosterEntry;
    return Object.assign(new RosterLine(), {
      row,
      outcome,
      name: stripInvisible(entry.name),
      number: entry.number,
      contingent: entry.contingentKnown ? entry.contingent : null,
      team: entry.team,
      problems: faults.map((fault) => problemOf(ctx, fault)),
    });
  });
}

function problemOf({ locale }: Context, { code, row }: RowFault): string {
  const { faults } = messages[locale];
  return code in faults
    ? faults[code as keyof typeof faults]
    : rosterMessages[locale].rows[code as RosterFault](row ?? 0);
}

/**
 * Enters all people of an import, or nobody: in one transaction, after looking at every row once more. It goes on by itself;
 * how far it is stands in the import. Done again, or with the same file, it adds nobody.
 */
export async function importRoster(ctx: Context, id: string): Promise<RosterBegun | RosterNotReady> {
  const roster = await own(ctx, id);
  if (roster.state === RosterState.DONE) return Object.assign(new RosterBegun(), { roster });
  const notReady = (it: RosterImport) =>
    Object.assign(new RosterNotReady(), { message: rosterMessages[ctx.locale].notReady(it.wrong), roster: it });
  if (roster.state === RosterState.UPLOADING || roster.wrong > 0) return notReady(roster);
  const now = ctx.clock();
  const [begun] = await ctx.db.query(
    `update roster_import set state = 'IMPORTING', done = 0, touched_at = $2
     where id = $1 and (state = 'PREVIEWED' or (state = 'IMPORTING' and touched_at < $3)) returning id`,
    [roster.id, now, new Date(now.getTime() - deadMs)],
  );
  if (begun) {
    void enter(ctx, roster).catch(async (error: unknown) => {
      ctx.log.error({ err: error, roster: roster.id }, 'a roster could not be imported');
      await ctx.db.query("update roster_import set state = 'PREVIEWED', done = 0 where id = $1", [roster.id]);
    });
  }
  return Object.assign(new RosterBegun(), { roster: (await visibleRoster(ctx, roster.id))! });
}

async function enter(ctx: Context, roster: RosterImport): Promise<void> {
  const tell = (done: number) =>
    ctx.db.query('update roster_import set done = $2, touched_at = $3 where id = $1', [roster.id, done, ctx.clock()]);
  const counts = await ctx.db.transaction(async (client) => {
    await client.query('set local idle_in_transaction_session_timeout = 0');
    await holdRegister(client);
    const keys = await ctx.vault.hold(client);
    const held = keys.find(({ version }) => version === roster.keyVersion)!;
    const { rows } = await client.query<{ row: number; sealed: Buffer }>(
      'select row, sealed from roster_row where import_id = $1 order by row',
      [roster.id],
    );
    const entries = rows.map(({ row, sealed }) => ({
      row,
      entry: JSON.parse(held.key.open(placeOf('row', roster, row), sealed)) as RosterEntry,
    }));
    const examined = await examine(ctx, client, keys, entries, roster.teamId);
    if (examined.some(({ outcome }) => outcome === 'WRONG')) return examined;
    const fresh = examined.flatMap((it) => (it.outcome === 'NEW' ? [it.person] : []));
    for (let at = 0; at < fresh.length; at += batchSize) {
      await enterKnown(ctx, client, keys, fresh.slice(at, at + batchSize));
      await tell(Math.min(at + batchSize, fresh.length) + examined.length - fresh.length);
    }
    await recordAudit(ctx, client, {
      action: AuditAction.ROSTER_IMPORTED,
      target: { type: 'RosterImport', id: roster.id },
      unitId: roster.teamId,
      details: { rows: examined.length, new: fresh.length },
    });
    return undefined;
  }, 5 * 60_000);
  if (counts) {
    // Somebody else has changed the register since it was looked at: the rows say so now.
    await ctx.db.transaction(async (client) => {
      await client.query('delete from roster_row where import_id = $1', [roster.id]);
      await keepRows(client, roster, await ctx.vault.key(roster.keyVersion), counts);
      await tellCounts(client, roster.id, counts, ctx.clock());
    }, 60_000);
    return;
  }
  await ctx.db.transaction(async (client) => {
    await client.query("update roster_import set state = 'DONE', done = total, touched_at = $2 where id = $1", [
      roster.id,
      ctx.clock(),
    ]);
    await client.query('delete from roster_row where import_id = $1', [roster.id]);
  });
}
