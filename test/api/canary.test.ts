import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { WebSocket } from 'ws';
import { addAccounts, addVolunteers } from '../../seeds/builders.js';
import { toGlobalId } from '../../server/kernel/global-id.js';
import { ViewerRole } from '../../server/kernel/viewer.js';
import { buildPartnerSchema, buildSchema } from '../../server/schema.js';
import { checkIn, checkOut, scan, startTestApp, type Recorded, type TestApp } from '../support/app.js';
import { everyField, type Question, type Samples } from '../support/every-field.js';
import { startServer, type RunningServer } from '../support/server.js';
import { idNumberOf, reveal, setPersonalData } from './person.js';

const numbers = Array.from({ length: 8 }, (_, i) => ({
  phone: `1429876${String(1_111 * (i + 1))}`,
  idNumber: idNumberOf('1987-06-05', 701 + i),
}));

/**
 * What must reach nobody who may not see these people: in the name behind its first character, the number, the notes, the
 * login; phone and ID numbers, whole, masked, or the part that tells a birthday.
 */
const canaries: [name: string, pattern: RegExp][] = [
  ['a name', /金丝雀/],
  ['a volunteer number', /CANARY-NUMBER/],
  ['a note', /canary-note/],
  ['a login', /canary\.login/],
  ['a phone number', /1429876\d{4}/],
  ['a masked phone number', /142\*{2,}\d{4}/],
  ['an ID number', /\d{6}19870605\d{3}[\dX]/],
  ['a masked ID number', /00\*{2,}/],
  ['a birthday', /1987-?06-?05/],
];

/** In a process of its own, with a log that keeps nothing back. */
let server: RunningServer;
let app: TestApp;
let people: { id: number; globalId: string }[];
let samples: Samples;
const keys: Record<string, string> = {};

beforeAll(async () => {
  app = await startTestApp({ world: { schools: 1, stations: 2, teams: 1, posts: 1, volunteers: 2 } });
  const { world } = app;
  const starting = startServer(app.databaseUrl, inject('runFolder'));
  // All of the first station. Half of them agreed to stand on screens, masked: by their first character.
  people = await addVolunteers(
    app.sql,
    numbers.map((_, i) => ({
      number: `CANARY-NUMBER-${i}`,
      name: `${i % 2 ? '李' : '王'}金丝雀${i}`,
      contingent: 'RESIDENT' as const,
      teamCode: world.teams[0]!.code,
      screenConsent: i % 2 === 0,
    })),
  );
  const guardianConsent = { guardian: '赵金丝雀', means: 'PHONE' };
  for (const [i, { globalId: volunteer }] of people.entries()) {
    const entered = await setPersonalData(app, { volunteer, ...numbers[i], ...(i ? {} : { guardianConsent }) });
    if (entered.__typename !== 'PersonalDataSet') throw new Error(`not entered: ${JSON.stringify(entered)}`);
    await arrive(i);
  }
  await checkOut(app, { ...scan(world, 0, null), volunteer: people[0]!.globalId, note: 'canary-note on leaving' });
  await addAccounts(app.sql, [
    {
      ...{
        login: 'canary.login',
        name: '王金丝雀0',
        password: 'four lilac petals in a row',
        volunteer: 'CANARY-NUMBER-0',
      },
      grants: [{ role: 'LEADER', unitCode: world.teams[0]!.code }],
    },
  ]);
  const idsOf = async (type: string, table: string) =>
    (await app.sql.query<{ id: number }>(`select id from ${table}`)).rows.map(({ id }) => toGlobalId(type, id));
  samples = {
    arguments: {
      first: 100,
      event: world.event.globalId,
      volunteer: people[0]!.globalId,
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
      Account: await idsOf('Account', 'account'),
      Grant: await idsOf('Grant', 'role_grant'),
      AuditEntry: [toGlobalId('AuditEntry', 1)],
    },
  };
  keys.partner = await app.keyFor(ViewerRole.PARTNER, world.stations[0]!.id);
  keys.contractor = await app.keyFor(ViewerRole.PARTNER, world.schools[0]!.id);
  keys.display = await app.keyFor(ViewerRole.DISPLAY, world.stations[0]!.id);
  keys.neighbour = await app.keyFor(ViewerRole.COORDINATOR, world.stations[1]!.id);
  server = await starting;
});
afterAll(async () => {
  await server?.stop();
  await app?.close();
});

async function arrive(person: number): Promise<Recorded> {
  const answer = await checkIn(app, {
    ...scan(app.world, 0, 0),
    volunteer: people[person]!.globalId,
    note: `canary-note ${person}`,
  });
  expect(answer.__typename).toBe('CheckInRecorded');
  return answer as Recorded;
}

const schemas = { contract: buildSchema(), partner: buildPartnerSchema(buildSchema()) };

const identities: [who: string, key: string, schema: keyof typeof schemas][] = [
  ['a partner', 'partner', 'partner'],
  // It may ask for what is not in its schema, too.
  ['a partner who asks by the contract', 'contractor', 'contract'],
  ['a display', 'display', 'contract'],
  ["another station's coordinator", 'neighbour', 'contract'],
];

function expectNoCanary(text: string, where: string): void {
  for (const [name, pattern] of canaries) {
    expect(pattern.exec(text)?.[0], `${name} in ${where}: ${text.slice(0, 2_000)}`).toBeUndefined();
  }
}

/** Everything that one HTTP reply of the running server is made of. */
async function replyTo(key: string | null, query: string, locale = 'en', variables?: object): Promise<string> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'accept-language': locale,
      ...(key && { authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify({ query, variables }),
  });
  return `${JSON.stringify([...response.headers])} ${await response.text()}`;
}

/** Runs through all of them, a few at a time. */
async function eachOf(questions: readonly Question[], look: (question: Question, i: number) => Promise<void>) {
  const left = [...questions.entries()];
  const one = async () => {
    for (let next = left.shift(); next; next = left.shift()) await look(next[1], next[0]);
  };
  await Promise.all(Array.from({ length: 8 }, one));
}

test('the canaries sing where they may', async () => {
  const { questions } = everyField(schemas.contract, samples);
  const heard: string[] = [];
  await eachOf(
    questions.filter(({ operation }) => operation === 'query'),
    async ({ text }) => void heard.push(await replyTo(app.keys.admin, text)),
  );
  const { phone, idNumber, birthDate, guardian } = await reveal(app, { volunteer: people[0]!.globalId });
  const all = [...heard, phone, idNumber, birthDate, guardian].join();
  for (const [name, pattern] of canaries) expect(pattern.test(all), `${name} sings`).toBe(true);
});

test.each(identities)('%s hears none in any field, error, extension or header', async (_, key, which) => {
  const { questions } = everyField(schemas[which], samples);
  expect(questions.length).toBeGreaterThan(50);
  let data = 0;
  await eachOf(
    questions.filter(({ operation }) => operation !== 'subscription'),
    async ({ text }, i) => {
      const reply = await replyTo(keys[key]!, text, i % 2 ? 'en' : 'zh-CN');
      if (reply.includes('"data":{')) data++;
      expectNoCanary(reply, text);
    },
  );
  expect(data, 'operations that were answered').toBeGreaterThan(which === 'partner' ? 50 : 20);
});

/** What leads to a person by more than a field: each is tried on a canary, with what somebody may know or guess. */
const attempts: [query: string, variables: () => object][] = [
  [
    'query ($phone: String) { findVolunteers(phone: $phone) { number displayName } }',
    () => ({ phone: numbers[1]!.phone }),
  ],
  [
    'query ($id: String) { findVolunteers(idNumber: $id) { number displayName } }',
    () => ({ id: numbers[1]!.idNumber }),
  ],
  ['query ($id: String) { findVolunteers(idNumber: $id) { number } }', () => ({ id: `${numbers[1]!.idNumber}0` })],
  ['{ accounts(first: 9, search: "金丝雀") { nodes { name login } } }', () => ({})],
  ...[
    'revealPersonalData(input: { volunteer: $id, fields: [PHONE, ID_NUMBER, BIRTH_DATE, GUARDIAN], reason: $why })',
    'exportVolunteer(volunteer: $id, reason: $why)',
    'eraseVolunteer(volunteer: $id, reason: $why)',
    'withdrawGuardianConsent(volunteer: $id, reason: $why)',
  ].map((call): [string, () => object] => [
    `mutation ($id: ID!, $why: String!) { ${call} { __typename ... on Refusal { message } } }`,
    () => ({ id: people[0]!.globalId, why: '核对王金丝雀0的报名信息' }),
  ]),
  [
    'mutation ($input: SetPersonalDataInput!) { setPersonalData(input: $input) { __typename ... on Refusal { message } } }',
    () => ({ input: { volunteer: people[2]!.globalId, ...numbers[3] } }),
  ],
  // Of the wrong form: the API quotes what it was sent, and the log must not.
  [
    'mutation ($input: SetScreenConsentInput!) { setScreenConsent(input: $input) { __typename } }',
    () => ({ input: { volunteer: people[0]!.globalId, consents: true, phone: 1 } }),
  ],
];

test.each(identities)('%s hears none by asking for somebody by what they know', async (_, key) => {
  for (const [query, variables] of attempts) {
    const reply = await replyTo(keys[key]!, query, 'zh-CN', variables());
    expect(reply, `the answer to ${query}`).toMatch(/"errors":|"data":\{"\w+":\[\]\}|"nodes":\[\]/);
    expectNoCanary(reply, query);
  }
});

test.each(identities)('%s hears none in any frame, nor when the socket is closed', async (_, key, which) => {
  const subscriptions = everyField(schemas[which], samples).questions.filter((it) => it.operation === 'subscription');
  expect(subscriptions.length).toBeGreaterThan(0);
  const said: string[] = [];
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const streams = new Map<string, number>();
  let heard = () => {};
  const closed = new Promise<string>((resolve) =>
    socket.on('close', (code, reason) => resolve(`${code} ${String(reason)}`)),
  );
  await new Promise<void>((resolve) => {
    socket.on('open', () =>
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${keys[key]}` } })),
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
  const hash = `sha256(convert_to($1, 'UTF8'))`;
  const { rowCount } = await app.sql.query(`update access_key set revoked_at = now() where hash = ${hash}`, [
    keys[key],
  ]);
  expect(rowCount).toBe(1);
  expectNoCanary(said.join('\n'), 'frames');
  expectNoCanary(await closed, 'the close reason');
});

test('none stands in the log of the running server, whatever is typed and whatever breaks', async () => {
  const { phone, idNumber } = numbers[4]!;
  const signIn = 'mutation ($input: SignInInput!) { signIn(input: $input) { __typename } }';
  for (const login of [phone, idNumber, 'canary.login', '王金丝雀0']) {
    await replyTo(null, signIn, 'en', { input: { login, password: `${phone} 金丝雀` } });
    await replyTo(`bh_${phone}`, '{ viewer { role } }');
    await replyTo(null, `{ 金丝雀 "${phone}" `);
    await replyTo(app.keys.admin, `{ findVolunteers(phone: "${phone}", canary: "${login}") { number } }`);
    await fetch(
      `${server.url}/graphql?query=${encodeURIComponent(`{ findVolunteers(phone: "${phone}") { number } }`)}`,
    );
    await fetch(`${server.url}/people/${phone}/${encodeURIComponent('金丝雀')}`);
  }

  // A fault that nobody foresaw, with everything in it that a database can say.
  await app.sql.query(`
    create function sing() returns trigger language plpgsql as $$ begin
      raise exception 'no room for 王金丝雀0 with ${phone}' using
        detail = 'Failing row contains (4, 王金丝雀0, ${idNumber}, canary-note).', errcode = tg_argv[0];
    end $$;
    create trigger sing before update on volunteer_record for each row execute function sing('check_violation')`);
  const change = 'mutation ($input: SetPersonalDataInput!) { setPersonalData(input: $input) { __typename } }';
  const input = { volunteer: people[4]!.globalId, phone: numbers[5]!.phone };
  const broken = await replyTo(app.keys.admin, change, 'en', { input });
  expect(broken).toContain('INTERNAL_SERVER_ERROR');
  expectNoCanary(broken, 'a masked error');
  await app.sql.query('drop function sing cascade');
  // And connections that are lost in the middle of something.
  await app.sql.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
     and application_name like 'baihua%'`,
  );
  await replyTo(app.keys.admin, change, 'en', { input });

  await server.stop();
  const entries = server.lines
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { level: number });
  expect(
    entries.some(({ level }) => level >= 50),
    'the fault was logged',
  ).toBe(true);
  expectNoCanary(server.lines.join('\n'), 'the log');
});
