import { describe, expect, test } from 'vitest';
import { publicViewer, ViewerRole } from '../../server/kernel/viewer.js';
import { answerOf, connect, post } from './client.js';
import { useWorld } from './world.js';

const token = 'a-token-of-some-length_1';
const partnersPage = 'https://partner.example';

const world = useWorld({
  trustedProxies: 1,
  authenticate: ({ authorization, cookie }) => {
    if (authorization !== undefined) return { ...publicViewer, role: ViewerRole.PARTNER };
    return cookie === token ? { ...publicViewer, role: ViewerRole.LEADER } : publicViewer;
  },
});

const own = () => `http://127.0.0.1:${world.port}`;
const plain = `baihua=${token}`;
const secure = `__Host-baihua=${token}`;

type Headers = Record<string, string>;

describe('who the cookie says is asking', () => {
  test.each<[string, Headers, string | number]>([
    ['no cookie', {}, 'PUBLIC'],
    ['a program', { cookie: plain }, 'LEADER'],
    ['among others', { cookie: `locale=en; ${plain}; other=1` }, 'LEADER'],
    ['another name', { cookie: `x${plain}` }, 'PUBLIC'],
    ['not a token', { cookie: 'baihua=short' }, 'PUBLIC'],
    ['one of our pages', { cookie: plain, origin: '{own}', 'sec-fetch-site': 'same-origin' }, 'LEADER'],
    ['one of our pages, in an old browser', { cookie: plain, origin: '{own}' }, 'LEADER'],
    ['by https, which a proxy took off', { cookie: secure, 'x-forwarded-proto': 'https' }, 'LEADER'],
    ['by https, which no proxy tells about', { cookie: secure }, 'LEADER'],
    ['by https, a name that a sibling host could have set', { cookie: plain, 'x-forwarded-proto': 'https' }, 'PUBLIC'],
    ['another website', { cookie: plain, origin: 'https://evil.example' }, 403],
    ['another website that hides its name', { cookie: plain, 'sec-fetch-site': 'cross-site' }, 403],
    ['a sibling host', { cookie: plain, 'sec-fetch-site': 'same-site' }, 403],
    ['a sandboxed page', { cookie: plain, origin: 'null' }, 403],
    ['our page, changed on its way over http', { cookie: secure, origin: '{own}', 'x-forwarded-proto': 'https' }, 403],
    ['an allowed website: it brings keys, not cookies', { cookie: plain, origin: partnersPage }, 'PUBLIC'],
    ['a key wins over the cookie', { cookie: plain, authorization: 'Bearer partner' }, 'PARTNER'],
    [
      'a key wins, wherever it comes from',
      { cookie: plain, authorization: 'Bearer partner', 'sec-fetch-site': 'cross-site', origin: partnersPage },
      'PARTNER',
    ],
  ])('%s', async (_, headers, expected) => {
    const sent = Object.fromEntries(Object.entries(headers).map(([k, v]) => [k, v.replace('{own}', own())]));
    const response = await post(world, { query: '{ whoAmI }' }, sent);
    const answer = await answerOf(response);
    if (typeof expected === 'number') {
      expect(response.status).toBe(expected);
      expect(answer.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    } else {
      expect(answer.data).toEqual({ whoAmI: expected });
    }
  });

  test('a link from another website reads as the public', async () => {
    const url = `${world.url}?query=${encodeURIComponent('{ whoAmI }')}`;
    const ask = async (headers: Headers) => answerOf(await fetch(url, { headers: { cookie: plain, ...headers } }));
    expect((await ask({ 'sec-fetch-site': 'cross-site' })).data).toEqual({ whoAmI: 'PUBLIC' });
    expect((await ask({ 'sec-fetch-site': 'none' })).data).toEqual({ whoAmI: 'LEADER' });
  });

  test('a socket takes the cookie of its upgrade, unless it shows a key', async () => {
    const whoAmI = async (headers: Headers, init?: Record<string, unknown>) => {
      const client = await (await connect(world, { headers })).init(init);
      client.subscribe('1', '{ whoAmI }');
      return (await client.next()).payload;
    };
    expect(await whoAmI({ cookie: plain, origin: own() })).toEqual({ data: { whoAmI: 'LEADER' } });
    expect(await whoAmI({ cookie: plain }, { authorization: 'Bearer partner' })).toMatchObject({
      data: { whoAmI: 'PARTNER' },
    });
    expect(await whoAmI({ cookie: plain, origin: partnersPage })).toEqual({ data: { whoAmI: 'PUBLIC' } });
    expect(await whoAmI({ cookie: plain, 'sec-fetch-site': 'cross-site' })).toEqual({ data: { whoAmI: 'PUBLIC' } });
    expect(
      (await (await connect(world, { headers: { cookie: plain, origin: 'https://evil.example' } })).upgraded).status,
    ).toBe(403);
  });
});

describe('the cookie that a mutation sets', () => {
  const sessions = 'mutation { rename(name: "session") }';

  test('over http and over https', async () => {
    const overHttp = await post(world, { query: sessions });
    expect(overHttp.headers.getSetCookie()).toEqual([
      `baihua=${token}; Path=/; Expires=Tue, 01 Dec 2026 00:00:00 GMT; HttpOnly; SameSite=Lax`,
    ]);
    const overHttps = await post(world, { query: sessions }, { 'x-forwarded-proto': 'https' });
    expect(overHttps.headers.getSetCookie()).toEqual([
      `__Host-baihua=${token}; Path=/; Expires=Tue, 01 Dec 2026 00:00:00 GMT; HttpOnly; SameSite=Lax; Secure`,
    ]);
  });

  test('and takes away', async () => {
    const response = await post(world, { query: 'mutation { rename(name: "no session") }' });
    expect(response.headers.getSetCookie()).toEqual(['baihua=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax']);
    expect((await post(world, { query: 'mutation { rename(name: "x") }' })).headers.getSetCookie()).toEqual([]);
  });

  test('not on a socket, which has no reply to carry it', async () => {
    const client = await (await connect(world)).init();
    client.subscribe('1', sessions);
    expect((await client.next()).payload).toEqual({ data: { rename: 'no reply can carry it' } });
  });
});

test.each<[string, string | undefined, string]>([
  ['nothing, without a proxy', undefined, '127.0.0.1'],
  ['the last hop, which the proxy itself added', '6.6.6.6, 203.0.113.7', '203.0.113.7'],
  ['IPv6', '2001:db8::7', '2001:db8::7'],
  ['IPv4 in IPv6', '::ffff:203.0.113.7', '203.0.113.7'],
])('the client’s address is %s', async (_, forwarded, address) => {
  const headers: Headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  expect((await answerOf(await post(world, { query: '{ where }' }, headers))).data).toEqual({ where: address });
});
