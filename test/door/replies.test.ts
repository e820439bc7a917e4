import { describe, expect, test } from 'vitest';
import { answerOf, expectRefused, post } from './client.js';
import { useWorld, World } from './world.js';

const hello = { query: '{ hello }' };

describe('origins', () => {
  const world = useWorld();
  const own = () => world.url.replace('/graphql', '');

  test.each(['https://evil.example', 'null', 'http://127.0.0.1:1', 'nonsense'])('%s: 403', async (origin) => {
    const before = world.resolved;
    const response = await post(world, hello, { origin });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    await expectRefused(response, 403, 'FORBIDDEN');
    expect(world.resolved).toBe(before);
  });

  test("the server's own, also over https", async () => {
    expect((await post(world, hello, { origin: own() })).status).toBe(200);
    expect((await post(world, hello, { origin: own().replace('http:', 'https:') })).status).toBe(200);
  });

  test('an allowed one may read the reply, by name and not by wildcard', async () => {
    const response = await post(world, hello, { origin: 'https://partner.example' });
    expect(await answerOf(response)).toEqual({ data: { hello: '你好 百花' } });
    expect(response.headers.get('access-control-allow-origin')).toBe('https://partner.example');
    expect(response.headers.get('vary')).toBe('origin');
  });

  test('an allowed one may also read refusals', async () => {
    const response = await post(world, 'x', { origin: 'https://partner.example' });
    expect(response.headers.get('access-control-allow-origin')).toBe('https://partner.example');
    await expectRefused(response, 400);
  });

  test('a preflight is answered to an allowed origin only', async () => {
    const preflight = (origin: string) =>
      fetch(world.url, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } });
    const allowed = await preflight('https://partner.example');
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-headers')).toContain('authorization');
    await expectRefused(await preflight('https://evil.example'), 403, 'FORBIDDEN');
  });
});

describe('who asks, and what comes with every reply', () => {
  const world = useWorld();

  test('an unknown key: 401', async () => {
    await expectRefused(await post(world, hello, { authorization: 'Bearer guess' }), 401, 'UNAUTHENTICATED');
  });

  test('keys that cannot be looked up now: 503', async () => {
    const response = await post(world, hello, { authorization: 'Bearer offline' });
    await expectRefused(response, 503, 'SERVICE_UNAVAILABLE');
  });

  test("a sane request id is kept, another's is replaced", async () => {
    const sane = await post(world, hello, { 'x-request-id': 'proxy-1.2:3' });
    expect(sane.headers.get('x-request-id')).toBe('proxy-1.2:3');
    const insane = await post(world, hello, { 'x-request-id': '"><script>' });
    expect(insane.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('security headers', async () => {
    const { headers } = await post(world, hello);
    expect(headers.get('content-security-policy')).toBe("default-src 'none';frame-ancestors 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-powered-by')).toBeNull();
  });

  test('no stack, path or source in any refusal', async () => {
    const texts = await Promise.all(
      [post(world, '{'), post(world, { query: '{' }), post(world, { query: '{ broken }' })].map(async (r) =>
        (await r).text(),
      ),
    );
    for (const text of texts) expect(text).not.toMatch(/\bat \w|\.ts|\.js|node_modules|secret/);
  });

  test('paths: the API, and nothing else without pages', async () => {
    await expectRefused(await fetch(world.url.replace('/graphql', '/graphqlx')), 404, 'NOT_FOUND');
  });
});

describe('health and pages', () => {
  const world = useWorld({
    pages: (request, response) => response.end(`page ${request.url}`),
  });
  const get = (path: string) => fetch(world.url.replace('/graphql', path));

  test('live as long as the process runs, ready when it can serve', async () => {
    expect((await get('/health/live')).status).toBe(200);
    expect((await get('/health/ready')).status).toBe(200);
    world.ready = async () => false;
    expect((await get('/health/ready')).status).toBe(503);
    world.ready = () => Promise.reject(new Error('no database'));
    expect((await get('/health/ready')).status).toBe(503);
    expect((await get('/health/live')).status).toBe(200);
  });

  test('everything else is a page, with headers but without a policy of ours', async () => {
    const response = await get('/wall/volunteer-day-8');
    expect(await response.text()).toBe('page /wall/volunteer-day-8');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('x-frame-options')).toBe('SAMEORIGIN');
    expect(response.headers.get('content-security-policy')).toBeNull();
    expect(response.headers.get('x-request-id')).toEqual(expect.any(String));
  });
});

describe('closing', () => {
  test('what is in flight is answered, then the port is shut', async () => {
    const world = await new World().open();
    const executing = post(world, { query: '{ gate }' });
    await world.gateReached.promise;
    const { url } = world;
    const closed = world.door.close();
    await expect(fetch(url)).rejects.toThrow('fetch failed');
    world.gate.resolve();
    expect(await answerOf(await executing)).toEqual({ data: { gate: 'open' } });
    await closed;
  });
});
