import { once } from 'node:events';
import http from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { limits } from '../../server/kernel/http/limits.js';
import { answerOf, expectRefused, post, raw } from './client.js';
import { useWorld } from './world.js';

const hello = { query: '{ hello }' };

describe('requests', () => {
  const world = useWorld();

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/graphql',
    '',
  ])('of type "%s": 415', async (type) => {
    await expectRefused(await post(world, hello, { 'content-type': type }), 415);
  });

  test('in another charset: 415', async () => {
    await expectRefused(await post(world, hello, { 'content-type': 'application/json; charset=gbk' }), 415);
  });

  test.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON; charset="UTF-8"'])(
    'of type "%s" are served',
    async (type) => {
      const response = await post(world, hello, { 'content-type': type });
      expect(await answerOf(response)).toEqual({ data: { hello: '你好 百花' } });
    },
  );

  test('invalid UTF-8: 400', async () => {
    const [before, after] = [Buffer.from('{"query":"{ hello(name: \\"'), Buffer.from('\\") }"}')];
    await expectRefused(await post(world, Buffer.concat([before, Buffer.from([0xc3, 0x28]), after])), 400);
  });

  test('rare characters come back byte for byte', async () => {
    const name = '𠮷野·阿依古丽';
    const query = 'query($name: String) { hello(name: $name) }';
    expect(await answerOf(await post(world, { query, variables: { name } }))).toEqual({
      data: { hello: `你好 ${name}` },
    });
  });

  test('256 KB pass, a byte more is 413', async () => {
    const body = JSON.stringify(hello).padEnd(limits.bodyBytes);
    expect((await post(world, body)).status).toBe(200);
    await expectRefused(await post(world, `${body} `), 413, 'REQUEST_TOO_LARGE');
  });

  test('a large body that does not say its length: 413', async () => {
    const request = http.request(world.url, { method: 'POST', headers: { 'content-type': 'application/json' } });
    request.on('error', () => undefined); // the server need not read to the end
    for (let i = 0; i < 5; i += 1) request.write(Buffer.alloc(64 * 1024, ' '));
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    expect(response.statusCode).toBe(413);
    request.destroy();
  });

  const encodings = [
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const;

  test.each(encodings)('%s is unpacked', async (encoding, compress) => {
    const response = await post(world, compress(JSON.stringify(hello)), { 'content-encoding': encoding });
    expect(await answerOf(response)).toEqual({ data: { hello: '你好 百花' } });
  });

  test.each(encodings)('a %s bomb: 413', async (encoding, compress) => {
    const bomb = compress(Buffer.alloc(10 * 1024 * 1024, ' '));
    expect(bomb.length).toBeLessThan(limits.bodyBytes);
    await expectRefused(await post(world, bomb, { 'content-encoding': encoding }), 413, 'REQUEST_TOO_LARGE');
  });

  test('damaged compression: 400', async () => {
    await expectRefused(await post(world, 'not gzip', { 'content-encoding': 'gzip' }), 400);
  });

  test.each(['zstd', 'gzip, gzip', 'constructor'])('encoding "%s": 415', async (encoding) => {
    const response = await post(world, hello, { 'content-encoding': encoding });
    expect(response.headers.get('accept-encoding')).toBe('gzip, deflate, br');
    await expectRefused(response, 415);
  });

  test.each(['{ "query"', '', 'null', '"text"', '5'])('a body that is no JSON object (%s): 400', async (body) => {
    await expectRefused(await post(world, body), 400);
  });

  test('a batch: 400', async () => {
    const { errors } = await expectRefused(await post(world, [hello, hello]), 400);
    expect(errors?.[0]?.message).toMatch(/one by one/);
  });

  test('a mutation by GET: 405', async () => {
    const before = world.resolved;
    const query = encodeURIComponent('mutation { rename(name: "x") }');
    const response = await fetch(`${world.url}?query=${query}`);
    expect(response.headers.get('allow')).toBe('POST');
    await expectRefused(response, 405);
    expect(world.resolved).toBe(before);
  });

  test('a subscription by POST', async () => {
    const response = await post(
      world,
      { query: 'subscription { ticks }' },
      { accept: 'application/graphql-response+json' },
    );
    await expectRefused(response, 400);
    expect(world.streams.size).toBe(0);
  });

  test.each(['PUT', 'DELETE', 'PATCH', 'HEAD'])('%s: 405', async (method) => {
    const response = await fetch(world.url, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toContain('POST');
  });

  test('a query by GET, with variables', async () => {
    const url = new URL(world.url);
    url.searchParams.set('query', 'query A($name: String) { hello(name: $name) }');
    url.searchParams.set('variables', JSON.stringify({ name: 'a+b 中' }));
    url.searchParams.set('operationName', 'A');
    expect(await answerOf(await fetch(url))).toEqual({ data: { hello: '你好 a+b 中' } });
  });

  test.each(['key=abc', 'access_token=abc', 'query=%7Bhello%7D&authorization=Bearer%20partner', 'query=a&query=b'])(
    'a key or a riddle in the URL (%s): 400, by GET and POST',
    async (search) => {
      await expectRefused(await fetch(`${world.url}?${search}`), 400);
      await expectRefused(await fetch(`${world.url}?${search}`, { method: 'POST', body: JSON.stringify(hello) }), 400);
    },
  );

  test('percent-encoded bytes that are no UTF-8: 400', async () => {
    await expectRefused(await fetch(`${world.url}?query=%7Bhello(name:%22%C3%28%22)%7D`), 400);
  });

  test('an answer of a type that nobody speaks: 406', async () => {
    await expectRefused(await post(world, hello, { accept: 'application/xml' }), 406);
  });

  test('the newer media type gets statuses, the older one 200', async () => {
    const wrong = { query: '{ nothing }' };
    const newer = await post(world, wrong, { accept: 'application/graphql-response+json' });
    expect(newer.headers.get('content-type')).toBe('application/graphql-response+json; charset=utf-8');
    await expectRefused(newer, 400, 'GRAPHQL_VALIDATION_FAILED');
    await expectRefused(await post(world, wrong, { accept: 'application/json' }), 200, 'GRAPHQL_VALIDATION_FAILED');
  });

  test('variables that do not fit: 400 with the newer media type', async () => {
    const asked = { query: 'query($name: String!) { hello(name: $name) }', variables: { name: [] } };
    await expectRefused(await post(world, asked, { accept: 'application/graphql-response+json' }), 400);
  });

  test('an offer to change to HTTP/2, as Java sends it, is passed over', async () => {
    const body = JSON.stringify(hello);
    const head =
      'POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: Upgrade, HTTP2-Settings, close\r\nupgrade: h2c\r\n' +
      `http2-settings: AAEAAEAA\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
    expect(await raw(world, head + body)).toMatch(/^HTTP\/1.1 200/);
  });

  test('a request that is not HTTP', async () => {
    expect(await raw(world, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1.1 400/);
  });
});

describe('half-sent requests', () => {
  const world = useWorld({ limits: { requestMs: 100, sweepMs: 20 } });

  test('are cut after 20 seconds', () => expect(limits.requestMs).toBe(20_000));

  test('in the head', async () => {
    expect(await raw(world, 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-')).toMatch(/^HTTP\/1.1 408/);
  });

  test('in the body', async () => {
    const head = 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n';
    expect(await raw(world, `${head}{"query":`)).toMatch(/^HTTP\/1.1 408/);
  });

  test('in a body that was refused already', async () => {
    const head =
      'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 900000\r\n\r\n';
    expect(await raw(world, `${head}{"query":`)).toMatch(/^HTTP\/1.1 413/);
  });
});
