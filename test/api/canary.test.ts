import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { addVolunteers } from '../../seeds/builders.js';
import { toGlobalId } from '../../server/kernel/global-id.js';
import { ViewerRole } from '../../server/kernel/viewer.js';
import { buildPartnerSchema, buildSchema } from '../../server/schema.js';
import { checkIn, checkOut, scan, startTestApp, type Recorded, type TestApp } from '../support/app.js';
import { everyField, type Question, type Samples } from '../support/every-field.js';

/** What must reach nobody who may not see these people: in the name behind its first character, the number and the notes. */
const canaries = ['金丝雀', 'CANARY-NUMBER', 'canary-note'];

const log: string[] = [];
let app: TestApp;
let people: { id: number; globalId: string }[];
let samples: Samples;

beforeAll(async () => {
  app = await startTestApp({
    world: { schools: 1, stations: 2, teams: 1, posts: 1, volunteers: 2 },
    log: pino({ level: 'trace' }, { write: (line: string) => void log.push(line) }),
  });
  const { world } = app;
  // All of the first station. Half of them agreed to stand on screens, masked: by their first character.
  people = await addVolunteers(
    app.sql,
    Array.from({ length: 8 }, (_, i) => ({
      number: `CANARY-NUMBER-${i}`,
      name: `${i % 2 ? '李' : '王'}金丝雀${i}`,
      contingent: 'RESIDENT' as const,
      teamCode: world.teams[0]!.code,
      screenConsent: i % 2 === 0,
    })),
  );
  for (let i = 0; i < people.length; i++) await arrive(i);
  await checkOut(app, { ...scan(world, 0, null), volunteer: people[0]!.globalId, note: 'canary-note on leaving' });
  const accounts = await app.sql.query<{ id: number }>('select id from account');
  samples = {
    arguments: {
      first: 100,
      event: world.event.globalId,
      'Query.communityEvent(code)': world.event.code,
      'Query.serviceUnit(code)': world.stations[0]!.code,
      'Query.node(id)': people[0]!.globalId,
      within: world.teams[0]!.globalId,
      unit: world.teams[0]!.globalId,
    },
    nodes: {
      CultureSchool: [world.schools[0]!.globalId],
      ServiceStation: world.stations.map(({ globalId }) => globalId),
      VolunteerTeam: world.teams.map(({ globalId }) => globalId),
      GridPost: world.posts.map(({ globalId }) => globalId),
      CommunityEvent: [world.event.globalId],
      CheckIn: Array.from({ length: 9 }, (_, i) => toGlobalId('CheckIn', `${world.event.id}.${i + 1}`)),
      Volunteer: people.map(({ globalId }) => globalId),
      Account: accounts.rows.map(({ id }) => toGlobalId('Account', id)),
      AuditEntry: [toGlobalId('AuditEntry', 1)],
    },
  };
});
afterAll(() => app.close());

async function arrive(person: number): Promise<Recorded> {
  const answer = await checkIn(app, {
    ...scan(app.world, 0, 0),
    volunteer: people[person]!.globalId,
    note: `canary-note ${person}`,
  });
  expect(answer.__typename).toBe('CheckInRecorded');
  return answer as Recorded;
}

const identities: [string, () => Promise<string>, 'partner' | 'contract'][] = [
  ['a partner', () => app.keyFor(ViewerRole.PARTNER, app.world.stations[0]!.id), 'partner'],
  // It may ask for what is not in its schema, too.
  ['a partner who asks by the contract', () => app.keyFor(ViewerRole.PARTNER, app.world.schools[0]!.id), 'contract'],
  ['a display', () => app.keyFor(ViewerRole.DISPLAY, app.world.stations[0]!.id), 'contract'],
  ["another station's coordinator", () => app.keyFor(ViewerRole.COORDINATOR, app.world.stations[1]!.id), 'contract'],
];

const schemas = { contract: buildSchema(), partner: buildPartnerSchema(buildSchema()) };

function expectNoCanary(text: string, where: string): void {
  for (const canary of canaries)
    expect(text.includes(canary), `${canary} in ${where}: ${text.slice(0, 2_000)}`).toBe(false);
}

/** Everything that one HTTP reply is made of. */
async function replyTo(key: string, { text }: Question, locale: string): Promise<string> {
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, 'accept-language': locale },
    body: JSON.stringify({ query: text }),
  });
  return `${JSON.stringify([...response.headers])} ${await response.text()}`;
}

test('the canaries sing where they may', async () => {
  const { questions } = everyField(schemas.contract, samples);
  const all = await Promise.all(
    questions.filter(({ operation }) => operation === 'query').map((it) => replyTo(app.keys.admin, it, 'en')),
  );
  for (const canary of canaries) expect(all.join()).toContain(canary);
});

test.each(identities)('%s hears none in any field, error, extension or header', async (_, keyOf, which) => {
  const key = await keyOf();
  const { questions } = everyField(schemas[which], samples);
  expect(questions.length).toBeGreaterThan(50);
  const left = questions.filter(({ operation }) => operation !== 'subscription');
  let data = 0;
  const walk = async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      const reply = await replyTo(key, next, left.length % 2 ? 'en' : 'zh-CN');
      if (reply.includes('"data":{')) data++;
      expectNoCanary(reply, next.text);
    }
  };
  await Promise.all(Array.from({ length: 8 }, walk));
  expect(data, 'operations that were answered').toBeGreaterThan(which === 'partner' ? 50 : 20);
});

test.each(identities)('%s hears none in any frame, nor when the socket is closed', async (_, keyOf, which) => {
  const key = await keyOf();
  const subscriptions = everyField(schemas[which], samples).questions.filter((it) => it.operation === 'subscription');
  expect(subscriptions.length).toBeGreaterThan(0);
  const said: string[] = [];
  const socket = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const streams = new Map<string, number>();
  let heard = () => {};
  const closed = new Promise<string>((resolve) =>
    socket.on('close', (code, reason) => resolve(`${code} ${String(reason)}`)),
  );
  await new Promise<void>((resolve) => {
    socket.on('open', () =>
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } })),
    );
    socket.on('message', (message) => {
      const text = String(message);
      said.push(text);
      const { type, id } = JSON.parse(text) as { type: string; id: string };
      if (type === 'connection_ack') resolve();
      if (type === 'ping') socket.send('{"type":"pong"}');
      if (id) streams.set(id, (streams.get(id) ?? 0) + 1);
      heard();
    });
  });
  const everyStream = new Promise<void>((resolve) => {
    heard = () => streams.size === subscriptions.length && resolve();
  });
  subscriptions.forEach(({ text }, i) =>
    socket.send(JSON.stringify({ type: 'subscribe', id: String(i), payload: { query: text } })),
  );
  // Until each has said something, somebody comes and goes: a stream without news of its own waits for that.
  const done = { yet: false };
  void everyStream.then(() => (done.yet = true));
  while (!done.yet) {
    await checkOut(app, { ...scan(app.world, 0, null), volunteer: people[1]!.globalId, note: 'canary-note' });
    await arrive(1);
  }
  await app.sql.query('update access_key set revoked_at = now() where id = (select max(id) from access_key)');
  expectNoCanary(said.join('\n'), 'frames');
  expectNoCanary(await closed, 'the close reason');
});

test('none stands in the log', () => {
  expect(log.length).toBeGreaterThan(0);
  expectNoCanary(log.join('\n'), 'the log');
});
