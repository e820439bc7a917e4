/**
 * `node --import @oxc-node/core/register test/bench/ledger.ts`: a ledger of a million entries, and a month of 50,000 stays. Prints
 * how long booking, a statement's page, a balance, certifying and verifying take in the database.
 */
import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { certifyAll } from '../../server/certification/certification.service.js';
import { openDatabase } from '../../server/app.js';
import { startEmbeddedPostgres } from '../../server/kernel/database/embedded.js';
import { restrict } from '../../server/kernel/database/restricted.js';
import type { Context } from '../../server/kernel/context.js';
import { publicViewer, ViewerRole } from '../../server/kernel/viewer.js';
import { accountById, openAccounts } from '../../server/ledger/accounts.js';
import { book } from '../../server/ledger/book.js';
import { TransferKind } from '../../server/ledger/ledger.entity.js';
import { withLedger } from '../../server/ledger/ledger.service.js';
import { balanceAt, entriesOf, statementOf } from '../../server/ledger/statement.js';
import { TimeAccountKind } from '../../server/ledger/time-account.entity.js';
import { verifyLedger } from '../../server/ledger/verify.js';
import { aWorld } from '../../seeds/builders.js';

const transfers = Number(process.env.LEDGER_TRANSFERS ?? 500_000);
const stays = Number(process.env.LEDGER_STAYS ?? 50_000);
const dataDir = await mkdtemp(join(tmpdir(), 'baihua-ledger-'));
const log = pino({ level: 'warn' });
const postgres = await startEmbeddedPostgres({ dataDir, log });
const db = await openDatabase(postgres.url, log);
const result: Record<string, unknown> = { transfers, stays };
const seconds = (since: number) => Math.round((performance.now() - since) / 10) / 100;
try {
  await db.orm.migrator.up();
  await restrict(db, log);
  const ctx = (now = new Date()): Context =>
    ({
      ...{ db, log, clock: () => now, timeZone: 'Asia/Shanghai', locale: 'en' },
      viewer: { ...publicViewer, role: ViewerRole.ADMINISTRATOR },
    }) as unknown as Context;
  const world = await db.transaction(
    (client) => aWorld(client, { schools: 2, stations: 7, teams: 8, posts: 1, volunteers: 18 }),
    null,
  );
  const people = world.volunteers;

  let since = performance.now();
  const accounts = await db.transaction((client) =>
    openAccounts(
      client,
      people.map(({ id }) => ({ kind: TimeAccountKind.VOLUNTEER, volunteerId: id })),
      new Date(),
    ),
  );
  const issuances = await db.transaction((client) =>
    openAccounts(
      client,
      world.stations.map(({ id }) => ({ kind: TimeAccountKind.ISSUANCE, unitId: id })),
      new Date(),
    ),
  );
  const begin = new Date('2020-01-01T00:00:00Z').getTime();
  for (let done = 0; done < transfers; done += 1_000) {
    // One account has a thousandth of everything, as a busy pool would.
    const bookings = Array.from({ length: 1_000 }, (_, i) => ({
      key: `bench:${done + i}`,
      kind: TransferKind.CERTIFICATION,
      fromId: issuances[(done / 1_000) % issuances.length]!,
      toId: accounts[i % 3 === 0 ? 0 : (done + i * 7) % accounts.length]!,
      minutes: 1,
    }));
    const now = new Date(begin + (done / 1_000) * 86_400_000);
    await db.transaction((client) => book(ctx(now), client, bookings), null);
  }
  result.bulkSeconds = seconds(since);
  await db.query('analyze ledger_entry', [], undefined, 60_000).catch(() => undefined);

  const medianOf = async (work: () => Promise<unknown>) => {
    const times: number[] = [];
    for (let i = 0; i < 50; i++) {
      const start = performance.now();
      await work();
      times.push(performance.now() - start);
    }
    times.sort((a, b) => a - b);
    return { p50: Math.round(times[25]! * 100) / 100, p95: Math.round(times[47]! * 100) / 100 };
  };
  const busy = (await accountById(ctx()).load(accounts[0]!))!;
  result.entriesOfBusiest = busy.entries;
  const middle = new Date(begin + (transfers / 2_000) * 86_400_000);
  result.balanceAtMs = await medianOf(() => balanceAt(ctx(), busy, middle));
  result.statementPageMs = await medianOf(async () => {
    const context = ctx();
    const statement = await statementOf(context, busy, { from: new Date(begin), to: middle });
    await entriesOf(context, statement, { first: 20 });
  });

  since = performance.now();
  const single = 5_000;
  const left = Array.from({ length: single }, (_, i) => i);
  const one = async () => {
    for (let i = left.pop(); i !== undefined; i = left.pop()) {
      const booking = {
        key: `single:${i}`,
        kind: TransferKind.CERTIFICATION,
        fromId: issuances[i % issuances.length]!,
        toId: accounts[i % accounts.length]!,
        minutes: 1,
      };
      await withLedger(ctx(), (client) => book(ctx(), client, [booking]));
    }
  };
  await Promise.all(Array.from({ length: 64 }, one));
  result.singleBookingsASecond64 = Math.round(single / seconds(since));

  await db.query(
    `insert into attendance (event_id, volunteer_id, post_id, team_id, station_id, school_id, in_at, out_at, minutes, grade, state)
     select $1, v.id, p.id, t.id, s.id, s.parent_id, b.at, b.at + interval '95 minutes', 95, 'A', 'CONFIRMED'
     from generate_series(0, $2 - 1) i
     join lateral (select id, team_id from volunteer order by id offset i % $3 limit 1) v on true
     join service_unit t on t.id = v.team_id join service_unit s on s.id = t.parent_id
     join lateral (select id from service_unit where parent_id = t.id limit 1) p on true
     cross join lateral (select timestamptz '2026-10-01' + (i / $3) * interval '25 hours' as at) b`,
    [world.event.id, stays, people.length],
    undefined,
    300_000,
  );
  since = performance.now();
  result.certified = {
    ...(await certifyAll(ctx(), ({ stays: n }) => n % 10_000 === 0 && console.error(`${n} stays …`))),
  };
  result.certifySeconds = seconds(since);

  since = performance.now();
  const { entries, faults } = await verifyLedger(db);
  result.verify = { entries, faults, seconds: seconds(since) };
} finally {
  console.log(JSON.stringify(result, null, 2));
  await db.close();
  await postgres.stop();
  await rm(dataDir, { recursive: true, force: true });
}
