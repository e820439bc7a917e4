import { randomUUID } from 'node:crypto';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { getIntrospectionQuery } from 'graphql';
import { toGlobalId } from '../../server/kernel/global-id.js';
import { limits } from '../../server/kernel/http/limits.js';
import type { Asked, Client } from './client.js';
import type { Place, Who } from './place.js';
import { doubling, times } from './shapes.js';

/**
 * An operation that somebody should not get through, on both transports unless told. What it asks for is called `answer`.
 * `told` is an error's code, the type or the reason of a refusal, or `absent` where the answer reads as if there were nothing.
 */
export interface Operation {
  what: string;
  as?: Who;
  asked: string | Asked | ((place: Place) => string | Asked);
  told: string;
  only?: 'POST' | 'socket';
  /** Of the reply over HTTP; 200 unless told. */
  status?: number;
  /** What a socket is closed with before it comes to asking. */
  closed?: number;
  /** Tables that may have more rows than before: it is meant to be counted, or written down. */
  writes?: ('audit_entry' | 'check_in_key' | 'rate_limit')[];
}

/** A request that no client of ours would send: what `fetch` is given, or bytes as they go over the wire. */
export interface Request {
  what: string;
  path?: string | ((place: Place) => string);
  sent: RequestInit | string | ((place: Place) => RequestInit);
  status: number;
  code?: string;
}

/** Something that goes over a socket, or that asks to become one. */
export interface Frames {
  what: string;
  connect?: { path?: string; protocols?: string | string[]; origin?: string };
  /** Before it, `connection_init` was answered, unless told. */
  raw?: boolean;
  play?: (client: Client, place: Place) => void;
  /** Close code; or the code of an error, after which the socket lives on. */
  told: number | string;
  /** What the upgrade is refused with. */
  status?: number;
}

const { stringify } = JSON;
const nested = (depth: number) =>
  `{ serviceUnit(code: "W01") ${'{ ancestors '.repeat(depth - 2)}{ id }${' }'.repeat(depth - 2)} }`;
const pages = (teams: number) =>
  `{ cultureSchools(first: 100) { nodes { stations(first: 100) { nodes { teams(first: ${teams}) { nodes { id } } } } } } }`;
const persistedQuery = { version: 1, sha256Hash: '0'.repeat(64) };

const documents: Operation[] = [
  { what: 'over 1,000 tokens', asked: `{ ${times(999, () => '__typename')} }`, told: 'DOCUMENT_TOO_LARGE' },
  { what: 'over 16 K characters', asked: `#${'x'.repeat(17_000)}\n{ __typename }`, told: 'DOCUMENT_TOO_LARGE' },
  { what: '44 KB of aliases', asked: `{ ${times(3_500, (i) => `a${i}: hello`)} }`, told: 'DOCUMENT_TOO_LARGE' },
  { what: '16 levels deep', asked: nested(16), told: 'DOCUMENT_TOO_LARGE' },
  {
    what: '16 levels deep through a fragment',
    asked: `${nested(10).replace('{ id }', '{ ...Deep }')} fragment Deep on ServiceUnit ${'{ ancestors '.repeat(7)}{ id }${' }'.repeat(7)}`,
    told: 'DOCUMENT_TOO_LARGE',
  },
  { what: '31 aliases', asked: `{ ${times(31, (i) => `a${i}: __typename`)} }`, told: 'DOCUMENT_TOO_LARGE' },
  {
    what: '33 aliases by way of a fragment',
    asked: `{ a: viewer { ...A } b: viewer { ...A } c: viewer { ...A } } fragment A on Viewer { ${times(10, (i) => `r${i}: role`)} }`,
    told: 'DOCUMENT_TOO_LARGE',
  },
  {
    what: '52 directives',
    asked: `{ ${times(26, (i) => `a${i}: __typename @include(if: true) @skip(if: false)`)} }`,
    told: 'DOCUMENT_TOO_LARGE',
  },
  { what: 'the same field 60 times', asked: `{ ${times(60, () => 'viewer { role }')} }`, told: 'DOCUMENT_TOO_LARGE' },
  {
    what: 'fragments that double 30 times',
    asked: doubling((next) => `${next} ${next}`, '__typename'),
    told: 'DOCUMENT_TOO_LARGE',
  },
  { what: 'a million objects', asked: pages(100), told: 'DOCUMENT_TOO_LARGE' },
  { what: 'more than the whole budget', as: 'partner', asked: pages(10), told: 'DOCUMENT_TOO_LARGE' },
  {
    what: 'fragments in a circle',
    asked: '{ ...A } fragment A on Query { __typename ...B } fragment B on Query { __typename ...A }',
    told: 'GRAPHQL_VALIDATION_FAILED',
  },
  {
    what: 'a second operation beside the named one',
    asked: { query: 'query A { __typename } query B { __typename }', operationName: 'A' },
    told: 'GRAPHQL_VALIDATION_FAILED',
  },
  {
    what: 'an operation of another name',
    asked: { query: 'query A { __typename }', operationName: 'B' },
    told: 'GRAPHQL_VALIDATION_FAILED',
  },
  { what: 'no operation at all', asked: 'fragment A on Query { __typename }', told: 'GRAPHQL_VALIDATION_FAILED' },
  { what: 'a directive that there is not', asked: '{ __typename @stream }', told: 'GRAPHQL_VALIDATION_FAILED' },
  ...['0', '-1', '101', '1000000000'].map((first): Operation => ({
    what: `first: ${first}`,
    asked: `{ cultureSchools(first: ${first}) { nodes { id } } }`,
    told: 'BAD_USER_INPUT',
  })),
  {
    what: 'first: 0 in a variable',
    asked: { query: 'query ($n: Int!) { cultureSchools(first: $n) { nodes { id } } }', variables: { n: 0 } },
    told: 'BAD_USER_INPUT',
  },
  {
    what: 'a number that is none of 32 bits',
    asked: '{ cultureSchools(first: 99999999999) { nodes { id } } }',
    told: 'GRAPHQL_VALIDATION_FAILED',
  },
  {
    what: 'a page of no size',
    asked: '{ cultureSchools { nodes { id } } }',
    told: 'GRAPHQL_VALIDATION_FAILED',
  },
  { what: 'introspection by the public', asked: getIntrospectionQuery(), told: 'FORBIDDEN' },
  {
    what: 'introspection by a screen',
    as: 'wall',
    asked: '{ __type(name: "Volunteer") { fields { name } } }',
    told: 'FORBIDDEN',
  },
  { what: 'a misspelt field', asked: '{ viewr { role } }', told: 'GRAPHQL_VALIDATION_FAILED' },
  { what: 'a syntax error', asked: '{ viewer { role }', told: 'GRAPHQL_PARSE_FAILED' },
  { what: 'nothing at all', asked: { query: ' ' }, told: 'GRAPHQL_PARSE_FAILED' },
  { what: 'NUL in a document', asked: '{ viewer\0 { role } }', told: 'GRAPHQL_PARSE_FAILED' },
  { what: 'half a character', asked: '{ a: serviceUnit(code: "\\uD83D") { id } }', told: 'GRAPHQL_PARSE_FAILED' },
  {
    what: 'a variable that is missing',
    asked: 'query ($id: ID!) { node(id: $id) { id } }',
    told: 'BAD_USER_INPUT',
  },
  {
    what: 'a variable hidden in __proto__',
    asked: { query: 'query ($id: ID!) { node(id: $id) { id } }', variables: JSON.parse('{"__proto__":{"id":"x"}}') },
    told: 'BAD_USER_INPUT',
  },
  {
    what: 'a date that is none',
    as: 'admin',
    asked: {
      query: 'mutation ($at: DateTime) { answer: rotateKey(key: "x", oldEndsAt: $at) { __typename } }',
      variables: { at: 'yesterday' },
    },
    told: 'BAD_USER_INPUT',
  },
  {
    what: 'a persisted query, by hash alone',
    asked: { extensions: { persistedQuery } },
    told: 'PERSISTED_QUERY_NOT_SUPPORTED',
  },
  {
    what: 'a persisted query, to be registered',
    asked: { query: '{ __typename }', extensions: { persistedQuery } },
    told: 'PERSISTED_QUERY_NOT_SUPPORTED',
  },
  {
    what: 'two streams in one subscription',
    asked: ({ event }) =>
      `subscription { a: scoreboard(event: "${event}") { asOf } b: scoreboard(event: "${event}") { asOf } }`,
    told: 'GRAPHQL_VALIDATION_FAILED',
  },
  {
    what: 'a subscription by POST',
    asked: ({ event }) => `subscription { scoreboard(event: "${event}") { asOf } }`,
    told: 'BAD_USER_INPUT',
    only: 'POST',
  },
  {
    what: "what is not in a partner's schema: people",
    as: 'partner',
    asked: '{ volunteers(first: 1) { nodes { displayName } } }',
    told: 'GRAPHQL_VALIDATION_FAILED',
  },
  {
    what: "what is not in a partner's schema: changes",
    as: 'partner',
    asked: 'mutation { beginPairing { code } }',
    told: 'GRAPHQL_VALIDATION_FAILED',
  },
];

const byId = (id: string) => `{ answer: node(id: ${stringify(id)}) { __typename id } }`;
const whoAmI = '{ answer: viewer { role } }';
const why = '看看别站的情况如何';
const typed = '{ __typename ... on Refusal { message } }';

const identities: Operation[] = [
  ...(['madeUp', 'revoked', 'expired', 'suspended', 'basic', 'quoted'] as const).map((as): Operation => ({
    what: `a key: ${as}`,
    as,
    asked: whoAmI,
    told: 'UNAUTHENTICATED',
    status: 401,
    closed: 4403,
  })),
  // Another station's objects, by id.
  { what: 'their person by id', as: 'neighbour', asked: ({ volunteer }) => byId(volunteer), told: 'absent' },
  {
    what: 'their person by id, as a volunteer',
    as: 'volunteer',
    asked: ({ volunteer }) => byId(volunteer),
    told: 'absent',
  },
  { what: 'their account by id', as: 'neighbour', asked: ({ theirAccount }) => byId(theirAccount), told: 'absent' },
  { what: 'their role by id', as: 'neighbour', asked: ({ theirGrant }) => byId(theirGrant), told: 'absent' },
  { what: 'their key by id', as: 'neighbour', asked: ({ theirKey }) => byId(theirKey), told: 'absent' },
  { what: 'their session by id', as: 'admin', asked: ({ theirSession }) => byId(theirSession), told: 'absent' },
  { what: 'a partner by id', as: 'neighbour', asked: ({ partner }) => byId(partner), told: 'absent' },
  { what: 'the audit log by id', as: 'neighbour', asked: byId(toGlobalId('AuditEntry', 1)), told: 'absent' },
  { what: 'a type that there is not, by id', asked: byId(toGlobalId('constructor', 1)), told: 'absent' },
  {
    what: 'a number too large, by id',
    as: 'admin',
    asked: byId(toGlobalId('Volunteer', '99999999999')),
    told: 'absent',
  },
  { what: 'SQL by id', as: 'admin', asked: byId("x'; drop table volunteer; --"), told: 'absent' },
  // Nested, listed and looked up.
  {
    what: 'the code of their post, nested',
    as: 'neighbour',
    asked: ({ postCodeOf }) =>
      `{ serviceUnit(code: "${postCodeOf}") { ... on GridPost { answer: rotatingCode { code } } } }`,
    told: 'absent',
  },
  {
    what: 'their people as a list',
    as: 'neighbour',
    asked: ({ station }) => `{ volunteers(first: 5, within: "${station}") { answer: nodes { id } } }`,
    told: 'absent',
  },
  {
    what: 'their keys as a list',
    as: 'neighbour',
    asked: ({ station }) => `{ accessKeys(first: 5, within: "${station}") { answer: nodes { id } } }`,
    told: 'absent',
  },
  {
    what: 'a person by a number that is nobody’s',
    as: 'neighbour',
    asked: '{ answer: findVolunteers(phone: "14200000000") { id } }',
    told: 'absent',
  },
  { what: 'the audit log', as: 'neighbour', asked: '{ answer: auditLog(first: 1) { totalCount } }', told: 'FORBIDDEN' },
  {
    what: 'people, by a screen',
    as: 'wall',
    asked: '{ answer: volunteers(first: 1) { totalCount } }',
    told: 'FORBIDDEN',
  },
  { what: 'people, by nobody', asked: '{ answer: volunteers(first: 1) { totalCount } }', told: 'UNAUTHENTICATED' },
  {
    what: 'sessions, by a key',
    as: 'leader',
    asked: '{ answer: sessions(first: 1) { totalCount } }',
    told: 'FORBIDDEN',
  },
  {
    what: 'a stream of an event that there is not',
    asked: `subscription { answer: checkIns(event: "${toGlobalId('CommunityEvent', 999)}") { cursor } }`,
    told: 'NOT_FOUND',
    only: 'socket',
  },
  {
    what: 'a stream from a made-up cursor',
    asked: ({ event }) => ({
      query: `subscription ($after: Cursor) { answer: checkIns(event: "${event}", after: $after) { cursor } }`,
      variables: { after: 'nonsense' },
    }),
    told: 'BAD_USER_INPUT',
    only: 'socket',
  },
  // Changes where one has no business.
  ...[
    [
      'disabling their account',
      ({ theirAccount }: Place) => `disableAccount(account: "${theirAccount}", reason: "${why}")`,
    ],
    ['resetting their password', ({ theirAccount }: Place) => `resetPassword(account: "${theirAccount}")`],
    ['ending their role', ({ theirGrant }: Place) => `endGrant(grant: "${theirGrant}", reason: "${why}")`],
    [
      'a role for their account',
      ({ theirAccount }: Place) => `grantRole(input: { account: "${theirAccount}", role: LEADER })`,
    ],
    [
      'a key for their station',
      ({ station }: Place) => `issueKey(input: { name: "x", role: DISPLAY, unit: "${station}" })`,
    ],
    ['revoking their key', ({ theirKey }: Place) => `revokeKey(key: "${theirKey}", reason: "${why}")`],
    ['replacing their key', ({ theirKey }: Place) => `rotateKey(key: "${theirKey}")`],
    [
      'a screen for their station',
      ({ station }: Place) => `confirmPairing(input: { code: "ABCDEFGH", name: "x", unit: "${station}" })`,
    ],
    [
      'revealing their person',
      ({ volunteer }: Place) =>
        `revealPersonalData(input: { volunteer: "${volunteer}", fields: [PHONE], reason: "${why}" })`,
    ],
    [
      'exporting their person',
      ({ volunteer }: Place) => `exportVolunteer(volunteer: "${volunteer}", reason: "${why}")`,
    ],
    ['erasing their person', ({ volunteer }: Place) => `eraseVolunteer(volunteer: "${volunteer}", reason: "${why}")`],
    [
      'writing into their person',
      ({ volunteer }: Place) => `setPersonalData(input: { volunteer: "${volunteer}", phone: "14200000001" })`,
    ],
    [
      'their person onto screens',
      ({ volunteer }: Place) => `setScreenConsent(input: { volunteer: "${volunteer}", consents: true })`,
    ],
  ].map(([what, call]): Operation => ({
    what: what as string,
    as: 'neighbour',
    asked: (place) => `mutation { answer: ${(call as (place: Place) => string)(place)} { __typename } }`,
    told: 'NOT_FOUND',
  })),
  {
    what: 'a leader for their station',
    as: 'neighbour',
    asked: ({ station }) =>
      `mutation { answer: createAccount(input: { login: "new.leader", name: "x", role: LEADER, unit: "${station}" }) ${typed} }`,
    told: 'FORBIDDEN',
  },
  {
    what: 'an administrator, by a coordinator',
    as: 'neighbour',
    asked: `mutation { answer: createAccount(input: { login: "new.admin", name: "x", role: ADMINISTRATOR }) ${typed} }`,
    told: 'FORBIDDEN',
  },
  {
    what: 'a partner, by a coordinator',
    as: 'neighbour',
    asked: `mutation { answer: registerPartner(input: { code: "mine", name: "x" }) ${typed} }`,
    told: 'FORBIDDEN',
  },
  {
    what: 'a key, by a leader',
    as: 'leader',
    asked: `mutation { answer: issueKey(input: { name: "x", role: DISPLAY }) ${typed} }`,
    told: 'FORBIDDEN',
  },
  {
    what: "acting by somebody else's role",
    as: 'volunteer',
    asked: ({ theirGrant }) => `mutation { answer: actAs(grant: "${theirGrant}") ${typed} }`,
    told: 'NOT_FOUND',
    only: 'POST',
  },
  {
    what: "ending somebody else's session",
    as: 'volunteer',
    asked: ({ theirSession }) => `mutation { answer: revokeSession(session: "${theirSession}") { id } }`,
    told: 'NOT_FOUND',
  },
  {
    what: 'a wrong password',
    asked: `mutation { answer: signIn(input: { login: "their.coordinator", password: "guess" }) ${typed} }`,
    told: 'SignInRefused',
    only: 'POST',
    writes: ['audit_entry', 'rate_limit'],
  },
  {
    what: 'a password of 200 KB',
    asked: {
      query: `mutation ($p: String!) { answer: signIn(input: { login: "their.coordinator", password: $p }) ${typed} }`,
      variables: { p: 'x'.repeat(200_000) },
    },
    told: 'SignInRefused',
    only: 'POST',
    writes: ['audit_entry', 'rate_limit'],
  },
  {
    what: 'a password over a socket',
    asked: `mutation { answer: signIn(input: { login: "their.coordinator", password: "guess" }) ${typed} }`,
    told: 'BAD_USER_INPUT',
    only: 'socket',
  },
  {
    what: 'a new password, by nobody',
    asked: `mutation { answer: changePassword(input: { current: "x", new: "y" }) ${typed} }`,
    told: 'UNAUTHENTICATED',
  },
];

const scanned = (
  as: Who | undefined,
  told: string,
  input: (place: Place) => object,
  more: Partial<Operation> = {},
) => ({
  as,
  told,
  asked: (place: Place): Asked => ({
    query: `mutation ($input: CheckInInput!) { answer: checkIn(input: $input) { __typename ... on PassRejected { reason } } }`,
    variables: {
      input: {
        key: randomUUID(),
        event: place.event,
        method: 'POST_CODE',
        postCode: place.codes.postCode,
        pass: place.codes.pass,
        ...input(place),
      },
    },
  }),
  ...more,
});

const codes: Operation[] = [
  {
    what: "a forged post's code",
    ...scanned(undefined, 'PASS_INVALID', () => ({ postCode: '0000-0000-0000' }), { writes: ['rate_limit'] }),
  },
  { what: 'a forged pass', ...scanned(undefined, 'PASS_INVALID', () => ({ pass: 'A'.repeat(32) })) },
  {
    what: "a post's code for a pass",
    ...scanned(undefined, 'PASS_INVALID', ({ codes: { postCode } }) => ({ pass: postCode })),
  },
  {
    what: "a post's code of an hour ago",
    ...scanned(undefined, 'PASS_EXPIRED', ({ codes: { oldPostCode } }) => ({ postCode: oldPostCode })),
  },
  {
    what: 'a pass that has expired',
    ...scanned(undefined, 'PASS_EXPIRED', ({ codes: { oldPass } }) => ({ pass: oldPass })),
  },
  {
    what: "another event's pass",
    ...scanned(undefined, 'PASS_WRONG_EVENT', ({ codes: { otherPass } }) => ({ pass: otherPass })),
  },
  {
    what: 'the pass of somebody who is erased',
    ...scanned(undefined, 'NOT_FOUND', ({ codes: { erasedPass } }) => ({ pass: erasedPass })),
  },
  {
    what: 'a screenshot, shown again under another key',
    ...scanned(undefined, 'AlreadyCheckedIn', ({ codes: { foreignPass } }) => ({ pass: foreignPass }), {
      writes: ['check_in_key'],
    }),
  },
  {
    what: 'the same key with another body',
    ...scanned(undefined, 'IDEMPOTENCY_MISMATCH', ({ recorded }) => ({ key: recorded.key })),
  },
  { what: 'a key that is no UUID', ...scanned(undefined, 'BAD_USER_INPUT', () => ({ key: '1' }), { status: 400 }) },
  { what: 'a code and an id', ...scanned('leader', 'BAD_USER_INPUT', ({ post }) => ({ post })) },
  {
    what: 'an id without the right to vouch',
    ...scanned(undefined, 'UNAUTHENTICATED', ({ volunteer }) => ({ pass: undefined, volunteer })),
  },
  {
    what: 'their person at their post',
    ...scanned('neighbour', 'NOT_FOUND', ({ volunteer, post }) => ({
      ...{ method: 'LEADER', pass: undefined, postCode: undefined, volunteer, post },
    })),
  },
  { what: 'a scan, by a screen', ...scanned('wall', 'FORBIDDEN', () => ({})) },
  {
    what: 'an event that there is not',
    ...scanned('leader', 'NOT_FOUND', ({ volunteer, post }) => ({
      ...{ method: 'LEADER', pass: undefined, postCode: undefined, volunteer, post },
      event: toGlobalId('CommunityEvent', 999),
    })),
  },
  {
    what: 'a moment before all calendars',
    ...scanned(undefined, 'BAD_USER_INPUT', () => ({ at: '0000-01-01T00:00:00Z' })),
  },
  { what: 'a note with NUL in it', ...scanned(undefined, 'BAD_USER_INPUT', () => ({ note: 'a\0b' })) },
  {
    what: 'a note of 10,000 characters',
    ...scanned(undefined, 'BAD_USER_INPUT', () => ({ note: '字'.repeat(10_000) })),
  },
  {
    what: 'a pairing code that is nobody’s',
    as: 'admin',
    asked: `mutation { answer: confirmPairing(input: { code: "AAAAAAAA", name: "x" }) ${typed} }`,
    told: 'PairingCodeRejected',
    writes: ['rate_limit'],
  },
  {
    what: 'a pairing secret that is nobody’s',
    asked: `mutation { answer: collectPairing(secret: "nobody's") ${typed} }`,
    told: 'PairingExpired',
  },
];

const say = (
  what: string,
  call: string,
  text: string,
  told = 'BAD_USER_INPUT',
  more: Partial<Operation> = {},
): Operation => ({
  what,
  as: 'admin',
  asked: (place) => ({
    query: `mutation ($text: String!) { answer: ${call.replace('THEIRS', place.theirAccount).replace('PERSON', place.volunteer)} ${typed} }`,
    variables: { text },
  }),
  told,
  ...more,
});

const texts: Operation[] = [
  say('NUL in a name', 'createAccount(input: { login: "a.b", name: $text })', '李\0伟'),
  say('half of a character in a name', 'createAccount(input: { login: "a.b", name: $text })', '李\ud842'),
  say('a name of 61 characters', 'createAccount(input: { login: "a.b", name: $text })', '李'.repeat(61)),
  say('a login that is markup', 'createAccount(input: { login: $text, name: "x" })', '<script>alert(1)</script>'),
  say('a login with a blank', 'createAccount(input: { login: $text, name: "x" })', 'li wei'),
  say('a login that is taken', 'createAccount(input: { login: $text, name: "x" })', ' THEIR.COORDINATOR', 'LoginTaken'),
  say("a partner's code that is markup", 'registerPartner(input: { code: $text, name: "x" })', '<b>'),
  say('a reason of 501 characters', 'disableAccount(account: "THEIRS", reason: $text)', '因'.repeat(501)),
  say('a reason of blanks', 'disableAccount(account: "THEIRS", reason: $text)', ' \u3000 '),
  say('NUL in a reason', 'disableAccount(account: "THEIRS", reason: $text)', 'a\0'),
  say(
    "a reason with somebody's phone number",
    'exportVolunteer(volunteer: "PERSON", reason: $text)',
    '核对电话 14200000030',
    'ReasonRefused',
  ),
  say(
    'a phone number that is none',
    'setPersonalData(input: { volunteer: "PERSON", phone: $text })',
    '12345',
    'PersonalDataRefused',
  ),
  say(
    'an ID number of a wrong sum',
    'setPersonalData(input: { volunteer: "PERSON", idNumber: $text })',
    '110101199001011230',
    'PersonalDataRefused',
  ),
  {
    what: 'NUL in a search',
    as: 'admin',
    asked: {
      query: 'query ($s: String) { answer: accounts(first: 1, search: $s) { totalCount } }',
      variables: { s: 'a\0' },
    },
    told: 'BAD_USER_INPUT',
  },
  {
    what: 'SQL in a search',
    as: 'admin',
    asked: `{ accounts(first: 1, search: "%' or 1=1; --") { answer: nodes { id } } }`,
    told: 'absent',
  },
  { what: 'SQL for a code', asked: `{ answer: serviceUnit(code: "' or ''='") { id } }`, told: 'absent' },
  { what: 'NUL for a code', asked: '{ answer: serviceUnit(code: "W\\u0000") { id } }', told: 'BAD_USER_INPUT' },
];

/** Documents are refused before anything is executed: over HTTP that is a status of its own. */
export const operations = { documents: documents.map((it) => ({ status: 400, ...it })), identities, codes, texts };

const plain = { 'content-type': 'application/json' };
const hello = stringify({ query: '{ __typename }' });
const bomb = Buffer.alloc(10 * 1024 * 1024, ' ');
const post = (body: string | Buffer, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { ...plain, ...headers },
  body: body as string,
});
const asked = (query: string) => `?query=${encodeURIComponent(query)}`;

export const requests: Request[] = [
  ...['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/graphql'].map(
    (type): Request => ({ what: `of type ${type}`, sent: post(hello, { 'content-type': type }), status: 415 }),
  ),
  { what: 'in GBK', sent: post(hello, { 'content-type': 'application/json; charset=gbk' }), status: 415 },
  {
    what: 'with bytes that are no UTF-8',
    sent: post(Buffer.concat([Buffer.from('{"query":"{ a'), Buffer.from([0xc3, 0x28]), Buffer.from(' }"}')])),
    status: 400,
  },
  {
    what: 'of 256 KB and a byte',
    sent: post(hello.padEnd(limits.bodyBytes + 1)),
    status: 413,
    code: 'REQUEST_TOO_LARGE',
  },
  ...(
    [
      ['gzip', gzipSync],
      ['deflate', deflateSync],
      ['br', brotliCompressSync],
    ] as const
  ).map(([encoding, compress]): Request => ({
    what: `a ${encoding} bomb`,
    sent: post(compress(bomb), { 'content-encoding': encoding }),
    status: 413,
    code: 'REQUEST_TOO_LARGE',
  })),
  { what: 'with damaged compression', sent: post('not gzip', { 'content-encoding': 'gzip' }), status: 400 },
  { what: 'compressed in an unknown way', sent: post(hello, { 'content-encoding': 'zstd' }), status: 415 },
  { what: 'a batch', sent: post(`[${hello},${hello}]`), status: 400 },
  ...['', 'null', '5', '"text"', '{ "query"'].map((body): Request => ({
    what: `a body that is no JSON object: ${body || 'nothing'}`,
    sent: post(body),
    status: 400,
  })),
  { what: 'variables that are a list', sent: post('{"query":"{ __typename }","variables":[]}'), status: 400 },
  { what: 'a query that is a number', sent: post('{"query":5}'), status: 400 },
  {
    what: '200 KB of brackets',
    sent: post(`{"query":"{ __typename }","variables":${'['.repeat(1e5)}${']'.repeat(1e5)}}`),
    status: 400,
  },
  {
    what: 'a variable nested 10,000 deep',
    sent: post(
      `{"query":"query ($id: ID!) { node(id: $id) { id } }","variables":{"id":${'['.repeat(1e4)}${']'.repeat(1e4)}}}`,
    ),
    status: 200,
  },
  {
    what: 'a block string of 40,000 lines',
    sent: post(stringify({ query: `{ serviceUnit(code: """${'\n x'.repeat(40_000)}""") { id } }` })),
    status: 200,
    code: 'DOCUMENT_TOO_LARGE',
  },
  { what: 'a change by GET', path: asked('mutation { beginPairing { code } }'), sent: {}, status: 405 },
  {
    what: 'a phone number by GET',
    path: asked('{ findVolunteers(phone: "14200000000") { id } }'),
    sent: ({ headers }) => ({ headers: headers.leader }),
    status: 405,
  },
  ...['PUT', 'DELETE', 'PATCH'].map((method): Request => ({ what: `by ${method}`, sent: { method }, status: 405 })),
  ...['key=abc', 'access_token=abc', 'authorization=Bearer%20x'].map((search): Request => ({
    what: `a key in the URL: ${search}`,
    path: `?${search}`,
    sent: post(hello),
    status: 400,
  })),
  { what: 'a parameter twice', path: '?query=a&query=b', sent: {}, status: 400 },
  { what: 'a URL that is no UTF-8', path: '?query=%7Ba%C3%28%7D', sent: {}, status: 400 },
  ...['https://evil.example', 'null', 'http://127.0.0.1:1'].map((origin): Request => ({
    what: `from origin ${origin}`,
    sent: post(hello, { origin }),
    status: 403,
    code: 'FORBIDDEN',
  })),
  {
    what: "with the session's cookie, from another website",
    sent: ({ cookie }) =>
      post(stringify({ query: 'mutation { revokeOtherSessions }' }), { cookie, origin: 'https://evil.example' }),
    status: 403,
    code: 'FORBIDDEN',
  },
  {
    what: "with the session's cookie, from another website that hides its name",
    sent: ({ cookie }) =>
      post(stringify({ query: 'mutation { revokeOtherSessions }' }), { cookie, 'sec-fetch-site': 'cross-site' }),
    status: 403,
    code: 'FORBIDDEN',
  },
  { what: 'for an answer in XML', sent: post(hello, { accept: 'application/xml' }), status: 406 },
  { what: 'to another path', path: 'x', sent: post(hello), status: 404, code: 'NOT_FOUND' },
  { what: 'that is not HTTP', sent: 'nonsense\r\n\r\n', status: 400 },
  {
    what: 'with a head of 17 KB',
    sent: `GET /graphql HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(17_000)}\r\n\r\n`,
    status: 431,
  },
  {
    what: 'with two lengths',
    sent: 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    status: 400,
  },
];

const bytes =
  (...values: number[]) =>
  ({ webSocket }: Client) =>
    void (webSocket as unknown as { _socket: NodeJS.WritableStream })._socket.write(Buffer.from(values));
const scoreboard = ({ event }: Place) => `subscription { scoreboard(event: "${event}") { asOf } }`;

export const frames: Frames[] = [
  {
    what: 'a subscription before connection_init',
    raw: true,
    play: (it, place) => it.subscribe('1', scoreboard(place)),
    told: 4401,
  },
  { what: 'a second connection_init', play: (it) => it.send({ type: 'connection_init' }), told: 4429 },
  {
    what: 'an id that is in use',
    play: (it, place) => [0, 1].forEach(() => it.subscribe('1', scoreboard(place))),
    told: 4409,
  },
  ...[
    'nonsense',
    '[]',
    '{}',
    '{"type":"unheard of"}',
    '{"type":"subscribe","id":"","payload":{"query":"{ __typename }"}}',
    '{"type":"subscribe","id":"1","payload":{"query":5}}',
    '{"type":"subscribe","id":"1","payload":{"query":"{ __typename }","variables":[]}}',
    '{"type":"subscribe","id":"1"}',
  ].map((message): Frames => ({ what: `a malformed message: ${message}`, play: (it) => it.send(message), told: 4400 })),
  { what: 'a binary message', play: ({ webSocket }) => webSocket.send(Buffer.from('{"type":"ping"}')), told: 4400 },
  { what: 'a frame over 64 KB', play: (it) => it.send('{"type":"ping"}'.padEnd(limits.frameBytes + 1)), told: 1009 },
  {
    what: 'text that is no UTF-8',
    play: ({ webSocket }) => webSocket.send(Buffer.from([0xc3, 0x28]), { binary: false }),
    told: 1007,
  },
  { what: 'a frame that is none', play: bytes(0xff, 0xff, 0xff, 0xff), told: 1002 },
  { what: 'a frame without a mask', play: bytes(0x81, 0x02, 0x7b, 0x7d), told: 1002 },
  { what: 'the rest of a message that never began', play: bytes(0x80, 0x80, 0, 0, 0, 0), told: 1002 },
  { what: 'a ping of 126 bytes', play: bytes(0x89, 0xfe, 0x00, 0x7e, 0, 0, 0, 0), told: 1002 },
  {
    what: 'a key that is no text',
    raw: true,
    play: (it) => it.send({ type: 'connection_init', payload: { authorization: 5 } }),
    told: 4403,
  },
  { what: 'no protocol', connect: { protocols: [] }, raw: true, told: 4406 },
  {
    what: 'the 101st stream',
    play: (it, place) => {
      for (let i = 0; i <= limits.streamsPerSocket; i++) it.subscribe(`s${i}`, scoreboard(place));
    },
    told: 'RATE_LIMITED',
  },
  {
    what: 'a key in the URL',
    connect: { path: '/graphql?authorization=Bearer%20x' },
    raw: true,
    status: 400,
    told: 'BAD_USER_INPUT',
  },
  {
    what: 'from another website',
    connect: { origin: 'https://evil.example' },
    raw: true,
    status: 403,
    told: 'FORBIDDEN',
  },
  { what: 'to another path', connect: { path: '/graphqlx' }, raw: true, status: 404, told: 'NOT_FOUND' },
];
