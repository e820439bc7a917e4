import type pg from 'pg';
import { unitPath } from '../hierarchy/hierarchy.service.js';
import type { Context } from '../kernel/context.js';
import { defineLoader } from '../kernel/loaders.js';
import { reachOf } from '../kernel/viewer.js';
import { visibleVolunteer, volunteerRow } from '../volunteer/volunteer.service.js';
import type { LedgerTransfer } from './ledger.entity.js';
import { transferRow } from './statement.js';
import { FamilyMember, TimeAccount, TimeAccountKind } from './time-account.entity.js';

export const toAccount = (row: TimeAccount) => Object.assign(new TimeAccount(), row);

/** The row, whoever asks: for use inside the server. */
export const accountById = defineLoader(async (db, ids: readonly number[]) => {
  const rows = await db.query<TimeAccount>(
    `select ${db.columns(TimeAccount, 'a')} from time_account a where a.id = any($1)`,
    [ids],
    'time-accounts-by-id',
  );
  const byId = new Map(rows.map((row) => [row.id, toAccount(row)]));
  return ids.map((id) => byId.get(id) ?? null);
});

export const accountOfVolunteer = defineLoader(async (db, ids: readonly number[]) => {
  const rows = await db.query<TimeAccount>(
    `select ${db.columns(TimeAccount, 'a')} from time_account a where a.volunteer_id = any($1)`,
    [ids],
    'time-accounts-of-volunteers',
  );
  const byPerson = new Map(rows.map((row) => [row.volunteerId!, toAccount(row)]));
  return ids.map((id) => byPerson.get(id) ?? null);
});

/** The family that each of these people belongs to, by its account. */
export const familyOf = defineLoader(async (db, ids: readonly number[]) => {
  const rows = await db.query<FamilyMember>(
    `select ${db.columns(FamilyMember, 'm')} from family_member m where m.volunteer_id = any($1)`,
    [ids],
    'families-of',
  );
  const byPerson = new Map(rows.map((row) => [row.volunteerId, row.accountId]));
  return ids.map((id) => byPerson.get(id) ?? null);
});

/** The station that somebody serves at; null for those without a team. */
export async function stationOf(ctx: Context, volunteerId: number): Promise<number | null> {
  const volunteer = await volunteerRow(ctx).load(volunteerId);
  if (!volunteer?.teamId) return null;
  return (await unitPath(ctx).load(volunteer.teamId))[1] ?? null;
}

type Owner =
  | { kind: TimeAccountKind.VOLUNTEER; volunteerId: number }
  | { kind: TimeAccountKind.DONATION_POOL | TimeAccountKind.ISSUANCE | TimeAccountKind.REWARDS; unitId: number | null };

/** The keys of accounts, in the order of their owners; those that nobody needed before are opened. */
export async function openAccounts(
  client: Pick<pg.ClientBase, 'query'>,
  owners: readonly Owner[],
  now: Date,
): Promise<number[]> {
  const values = [
    owners.map(({ kind }) => kind),
    owners.map((it) => ('volunteerId' in it ? it.volunteerId : null)),
    owners.map((it) => ('unitId' in it ? it.unitId : null)),
  ];
  const found = async () => {
    const { rows } = await client.query<{ id: number | null }>({
      name: 'time-accounts-of-owners',
      text: `select a.id from unnest($1::text[], $2::int[], $3::int[]) with ordinality as o (kind, volunteer_id, unit_id, place)
        left join time_account a on a.kind = o.kind and case when o.kind = 'VOLUNTEER' then a.volunteer_id = o.volunteer_id
          else coalesce(a.unit_id, 0) = coalesce(o.unit_id, 0) end order by o.place`,
      values,
    });
    return rows.map(({ id }) => id);
  };
  let ids = await found();
  if (ids.includes(null)) {
    await client.query({
      name: 'open-time-accounts',
      text: `insert into time_account (kind, volunteer_id, unit_id, opened_at)
        select distinct o.kind, o.volunteer_id, o.unit_id, $4::timestamptz
        from unnest($1::text[], $2::int[], $3::int[]) as o (kind, volunteer_id, unit_id)
        order by 1, 2, 3 on conflict do nothing`,
      values: [...values, now],
    });
    ids = await found();
  }
  return ids as number[];
}

/**
 * An account by its key, or null when the viewer may not see it: one's own, one's family's, those of people whom one's
 * office shows, and the stations' for all who may see people, pools for every volunteer.
 */
export async function visibleTimeAccount(ctx: Context, id: number): Promise<TimeAccount | null> {
  const account = await accountById(ctx).load(id);
  return account && (await maySeeAccount(ctx, account)) ? account : null;
}

export async function maySeeAccount(ctx: Context, { id, kind, volunteerId }: TimeAccount): Promise<boolean> {
  const { viewer } = ctx;
  switch (kind) {
    case TimeAccountKind.VOLUNTEER:
      return (await visibleVolunteer(ctx, volunteerId!)) !== null;
    case TimeAccountKind.FAMILY:
      if (reachOf(viewer) === 'everywhere') return true;
      return viewer.volunteerId !== null && (await familyOf(ctx).load(viewer.volunteerId)) === id;
    case TimeAccountKind.DONATION_POOL:
      return viewer.volunteerId !== null || reachOf(viewer) !== 'nowhere';
    default:
      return reachOf(viewer) !== 'nowhere';
  }
}

/** A transfer by its key, or null when the viewer may see neither of its accounts. */
export async function visibleTransfer(ctx: Context, id: number): Promise<LedgerTransfer | null> {
  const transfer = await transferRow(ctx).load(id);
  if (!transfer) return null;
  const accounts = await accountById(ctx).loadMany([transfer.fromId, transfer.toId]);
  for (const account of accounts)
    if (account instanceof TimeAccount && (await maySeeAccount(ctx, account))) return transfer;
  return null;
}

/** Whether the viewer spends from it: the own account, or the family's. */
export async function maySpendFrom(ctx: Context, { id, kind, volunteerId }: TimeAccount): Promise<boolean> {
  const own = ctx.viewer.volunteerId;
  if (own === null) return false;
  if (kind === TimeAccountKind.VOLUNTEER) return volunteerId === own;
  return kind === TimeAccountKind.FAMILY && (await familyOf(ctx).load(own)) === id;
}
