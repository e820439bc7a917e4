import { randomUUID } from 'node:crypto';
import { addAccounts, addEvent, addVolunteers } from '../../seeds/builders.js';
import { insertKey } from '../../server/access/access.service.js';
import { loadSigner } from '../../server/access/signing.js';
import { makePass, postCodeAt } from '../../server/check-in/codes.js';
import { numericKey, toGlobalId } from '../../server/kernel/global-id.js';
import { ViewerRole } from '../../server/kernel/viewer.js';
import { signedIn } from '../support/browser-session.js';
import { checkIn, scan, startTestApp } from '../support/app.js';

/** Who a hostile caller can be: a key's name, or a volunteer who has signed in. */
export type Who = keyof Place['headers'];

const minuteMs = 60_000;

/**
 * The product with what a hostile caller may have got hold of: ids of the station where they have no business, codes that are
 * over or another event's, keys that were taken back. `theirs` is the first station; `neighbour` coordinates the second.
 */
export async function openPlace() {
  const app = await startTestApp({ world: { stations: 2, teams: 1, posts: 1, volunteers: 2 } });
  const { world, sql } = app;
  const now = new Date();
  const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });
  const keyOf = async (grant: Partial<Parameters<typeof insertKey>[1]>) =>
    insertKey(sql, { role: ViewerRole.LEADER, name: 'taken back', ...grant }, now);

  const revoked = await keyOf({});
  await sql.query('update access_key set revoked_at = now() where id = $1', [revoked.id]);
  const expired = await keyOf({ expiresAt: new Date(now.getTime() - minuteMs) });
  const { rows: partners } = await sql.query<{ id: number }>(
    `insert into partner_organisation (code, name, created_at, suspended_at) values ('gone', 'Gone', now(), now()) returning id`,
  );
  const suspended = await keyOf({ role: ViewerRole.PARTNER, partnerId: partners[0]!.id });
  const neighbour = await keyOf({ role: ViewerRole.COORDINATOR, unitId: world.stations[1]!.id });
  const theirKey = await keyOf({ role: ViewerRole.DISPLAY, unitId: world.stations[0]!.id });

  const password = 'four lilac petals in a row';
  const [theirAccount] = await addAccounts(sql, [
    { login: 'their.coordinator', password, grants: [{ role: 'COORDINATOR', unitCode: world.stations[0]!.code }] },
  ]);
  await addAccounts(sql, [{ login: 'neighbour', password, volunteer: world.volunteers[2]!.code }]);
  const theirBrowser = await signedIn(app, 'their.coordinator', password, { 'x-forwarded-for': '203.0.113.1' });
  const browser = await signedIn(app, 'neighbour', password, { 'x-forwarded-for': '203.0.113.2' });
  const theirSession = (await theirBrowser.ask('{ viewer { session { id } } }')).data!.viewer.session.id as string;

  const other = await addEvent(sql, {
    code: 'other',
    title: 'Another',
    startsAt: now,
    endsAt: new Date(now.getTime() + 60 * minuteMs),
  });
  const [erased] = await addVolunteers(sql, [
    { number: 'GONE', name: '', contingent: 'RESIDENT', teamCode: world.teams[0]!.code },
  ]);
  await sql.query('update volunteer set erased_at = now() where id = $1', [erased!.id]);
  // Somebody who has checked in, and may be scanned again.
  const recorded = scan(world, 0, 0);
  await checkIn(app, recorded);

  const db = { query: async (text: string, values: unknown[]) => (await sql.query(text, values)).rows };
  const signer = await loadSigner(db as never);
  const [later, earlier] = [new Date(now.getTime() + 60 * minuteMs), new Date(now.getTime() - 60 * minuteMs)];
  const { id: person, globalId: volunteer } = world.volunteers[1]!;
  const post = world.posts[0]!;
  const port = Number(new URL(app.url).port);
  const origin = `http://127.0.0.1:${port}`;

  return {
    app,
    url: `${origin}/graphql`,
    port,
    event: world.event.globalId,
    recorded,
    volunteer,
    post: post.globalId,
    station: world.stations[0]!.globalId,
    postCodeOf: post.code,
    theirKey: toGlobalId('AccessKey', theirKey.id),
    theirAccount: theirAccount!.globalId,
    theirGrant: theirAccount!.grants[0]!,
    theirSession,
    partner: toGlobalId('PartnerOrganisation', partners[0]!.id),
    cookie: browser.cookie!,
    codes: {
      postCode: postCodeAt(signer, post.id, now).code,
      oldPostCode: postCodeAt(signer, post.id, earlier).code,
      pass: makePass(signer, person, world.event.id, later),
      oldPass: makePass(signer, person, world.event.id, earlier),
      otherPass: makePass(signer, person, other.id, later),
      erasedPass: makePass(signer, erased!.id, world.event.id, later),
      foreignPass: makePass(signer, numericKey(recorded.volunteer, 'Volunteer')!, world.event.id, later),
    },
    headers: {
      nobody: {},
      wall: bearer(app.keys.wall),
      partner: bearer(app.keys.partner),
      leader: bearer(app.keys.leader),
      admin: bearer(app.keys.admin),
      neighbour: bearer(neighbour.key),
      volunteer: { cookie: browser.cookie!, origin },
      revoked: bearer(revoked.key),
      expired: bearer(expired.key),
      suspended: bearer(suspended.key),
      madeUp: bearer(`bh_${randomUUID().replaceAll('-', '')}`),
      basic: { authorization: `Basic ${Buffer.from('admin:admin').toString('base64')}` },
      quoted: bearer(`x' or '1'='1`),
    } satisfies Record<string, Record<string, string>>,
  };
}

export type Place = Awaited<ReturnType<typeof openPlace>>;
