import type pg from 'pg';
import { openAccounts } from './accounts.js';
import { book, type BookContext } from './book.js';
import { TransferKind } from './ledger.entity.js';
import { TimeAccountKind } from './time-account.entity.js';

/** So many at a time are locked, hashed and written in one statement. */
const bookingsAtATime = 10_000;

/**
 * Takes certified minutes over from the books that a community kept before: once for each person, however often it is done.
 * No operation of the API does this: hours that somebody types in are no evidence.
 */
export async function carryOver(
  ctx: BookContext,
  client: pg.ClientBase,
  people: readonly { volunteerId: number; minutes: number }[],
): Promise<void> {
  for (let start = 0; start < people.length; start += bookingsAtATime) {
    const part = people.slice(start, start + bookingsAtATime);
    const ids = part.map(({ volunteerId }) => volunteerId);
    const stations = await stationsOf(client, ids);
    const accounts = await openAccounts(
      client,
      [
        ...ids.map((volunteerId) => ({ kind: TimeAccountKind.VOLUNTEER as const, volunteerId })),
        ...stations.map((unitId) => ({ kind: TimeAccountKind.ISSUANCE as const, unitId })),
      ],
      ctx.clock(),
    );
    await book(
      ctx,
      client,
      part.map(({ volunteerId, minutes }, i) => ({
        key: `carried-over:${volunteerId}`,
        kind: TransferKind.CARRIED_OVER,
        fromId: accounts[ids.length + i]!,
        toId: accounts[i]!,
        minutes,
      })),
    );
  }
}

/** Where time comes from for each of these people: the issuance of their station. */
export async function issuancesOf(
  client: Pick<pg.ClientBase, 'query'>,
  volunteerIds: readonly number[],
  now: Date,
): Promise<number[]> {
  const stations = await stationsOf(client, volunteerIds);
  return openAccounts(
    client,
    stations.map((unitId) => ({ kind: TimeAccountKind.ISSUANCE, unitId })),
    now,
  );
}

async function stationsOf(
  client: Pick<pg.ClientBase, 'query'>,
  volunteerIds: readonly number[],
): Promise<(number | null)[]> {
  const { rows } = await client.query<{ unitId: number | null }>({
    name: 'stations-of-volunteers',
    text: `select t.parent_id as "unitId" from unnest($1::int[]) with ordinality as o (id, place)
      join volunteer v on v.id = o.id left join service_unit t on t.id = v.team_id order by o.place`,
    values: [volunteerIds],
  });
  return rows.map(({ unitId }) => unitId);
}
