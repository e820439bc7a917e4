import pino from 'pino';
import { afterAll } from 'vitest';
import { openDatabase } from '../../server/app.js';
import type { Context } from '../../server/kernel/context.js';
import type { Database } from '../../server/kernel/database/database.js';
import { restrict } from '../../server/kernel/database/restricted.js';
import { publicViewer, ViewerRole } from '../../server/kernel/viewer.js';
import { carryOver } from '../../server/ledger/carry-over.js';
import { verifyLedger } from '../../server/ledger/verify.js';
import { addAccounts } from '../../seeds/builders.js';
import type { TestApp } from './app.js';
import { signedIn, type Browser } from './browser-session.js';

const quiet = pino({ level: 'silent' });
export const password = 'four lilac petals in a row';

/** A second set of hands on the application's database, as the role that the application is. */
export async function applicationDatabase(app: TestApp): Promise<Database> {
  const db = await openDatabase(app.databaseUrl, quiet);
  afterAll(() => db.close());
  if (!(await restrict(db, quiet))) throw new Error('the tests need a user that may make roles');
  return db;
}

/** What services that book need, in the hands of an administrator. */
export const bookContext = (db: Database): Context =>
  ({
    db,
    clock: () => new Date(),
    log: quiet,
    timeZone: 'Asia/Shanghai',
    viewer: { ...publicViewer, role: ViewerRole.ADMINISTRATOR },
    locale: 'zh-CN',
    requestId: 'test',
    address: '',
    userAgent: null,
  }) as unknown as Context;

/** Gives people of the world certified minutes, by their places in it. */
export async function giveMinutes(app: TestApp, db: Database, minutes: Record<number, number>): Promise<void> {
  const people = Object.entries(minutes).map(([place, amount]) => ({
    volunteerId: app.world.volunteers[Number(place)]!.id,
    minutes: amount,
  }));
  await db.transaction((client) => carryOver(bookContext(db), client, people));
}

/** A volunteer of the world, signed in. */
export async function volunteerOf(app: TestApp, place: number): Promise<Browser> {
  const { code } = app.world.volunteers[place]!;
  const login = `v-${code.toLowerCase()}`;
  await addAccounts(app.sql, [{ login, password, volunteer: code }]);
  return signedIn(app, login, password, { 'x-forwarded-for': `198.51.100.${place + 1}` });
}

/** All that must hold of a ledger at any moment. */
export async function findings(db: Database): Promise<string[]> {
  const { findings: found } = await verifyLedger(db);
  return found.map(({ fault, account, sequence, transfer }) =>
    [fault, account, sequence, transfer].filter(Boolean).join(' '),
  );
}
