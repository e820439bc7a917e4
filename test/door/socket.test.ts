import { describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { closeCodes, limits } from '../../server/kernel/http/limits.js';
import { connect, expectAdmitted, expectAlive, type Answer } from './client.js';
import { useWorld, World } from './world.js';

const ticks = 'subscription { ticks }';

describe('the upgrade', () => {
  const world = useWorld();

  test('from a foreign origin: 403', async () => {
    const client = await connect(world, { origin: 'https://evil.example' });
    const { status, body } = await client.upgraded;
    expect(status).toBe(403);
    expect((JSON.parse(body) as Answer).errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' });
  });

  test('from an allowed origin, and from the own one', async () => {
    const allowed = await connect(world, { origin: 'https://partner.example' });
    const own = await connect(world, { origin: `http://127.0.0.1:${world.port}` });
    expect([(await allowed.upgraded).status, (await own.upgraded).status]).toEqual([101, 101]);
  });

  test('with a key in the URL: 400', async () => {
    expect((await (await connect(world, { path: '/graphql?authorization=partner' })).upgraded).status).toBe(400);
  });

  test('elsewhere: 404', async () => {
    expect((await (await connect(world, { path: '/other' })).upgraded).status).toBe(404);
  });

  test('of one socket too many: 503, until one leaves', async () => {
    const own = new World();
    await own.open({ limits: { sockets: 2 } });
    const [first] = [await connect(own), await connect(own)];
    const { status, headers } = await (await connect(own)).upgraded;
    expect([status, headers['retry-after']]).toEqual([503, '5']);
    first!.webSocket.close();
    await expectAdmitted(own);
    await own.door.close();
  });

  test('to another protocol: 4406', async () => {
    expect((await (await connect(world, { protocols: [] })).closed).code).toBe(4406);
    expect((await (await connect(world, { protocols: 'graphql-ws' })).upgraded).status).not.toBe(101);
  });
});

describe('the protocol', () => {
  const world = useWorld();

  test('no connection_init in time: 4408', async () => {
    const own = await new World().open({ limits: { connectionInitMs: 20 } });
    expect((await (await connect(own)).closed).code).toBe(4408);
    expect(limits.connectionInitMs).toBe(10_000);
    await own.door.close();
  });

  test('subscribe before it: 4401', async () => {
    const client = await connect(world);
    client.subscribe('1', ticks);
    expect((await client.closed).code).toBe(4401);
  });

  test('a second connection_init: 4429', async () => {
    const client = await (await connect(world)).init();
    client.send({ type: 'connection_init' });
    expect((await client.closed).code).toBe(4429);
  });

  test('an id that is in use: 4409', async () => {
    const client = await (await connect(world)).init();
    client.subscribe('1', ticks);
    client.subscribe('1', ticks);
    expect(await client.closed).toEqual({ code: 4409, reason: 'Subscriber for 1 already exists' });
    await world.streamCount(0);
  });

  test('even if the id is longer than a close reason may be', async () => {
    const client = await (await connect(world)).init();
    const id = '标'.repeat(200);
    client.subscribe(id, ticks);
    client.subscribe(id, ticks);
    expect((await client.closed).code).toBe(4409);
  });

  test.each([
    'nonsense',
    '[]',
    '{}',
    '{"type":"unheard of"}',
    '{"type":"subscribe","id":"","payload":{"query":"{hello}"}}',
    '{"type":"subscribe","id":"1","payload":{"query":5}}',
    '{"type":"subscribe","id":"1","payload":{"query":"{hello}","variables":[]}}',
  ])('a malformed message (%s): 4400', async (message) => {
    const client = await (await connect(world)).init();
    client.send(message);
    expect((await client.closed).code).toBe(4400);
  });

  test('a binary message: 4400', async () => {
    const client = await connect(world);
    client.webSocket.send(Buffer.from('{"type":"connection_init"}'));
    expect((await client.closed).code).toBe(closeCodes.badRequest);
  });

  test('64 KB pass, a byte more is 1009', async () => {
    const client = await (await connect(world)).init();
    client.send('{"type":"ping"}'.padEnd(limits.frameBytes));
    expect(await client.next()).toEqual({ type: 'pong' });
    client.send('{"type":"ping"}'.padEnd(limits.frameBytes + 1));
    expect((await client.closed).code).toBe(1009);
    expect(limits.frameBytes).toBe(64 * 1024);
  });

  test('invalid UTF-8: 1007', async () => {
    const client = await connect(world);
    client.webSocket.send(Buffer.from([0xc3, 0x28]), { binary: false });
    expect((await client.closed).code).toBe(1007);
  });

  test('a frame that is none closes its socket and no other', async () => {
    const bystander = await (await connect(world)).init();
    const client = await connect(world);
    const { _socket: tcp } = client.webSocket as WebSocket & { _socket: NodeJS.WritableStream };
    tcp.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
    expect((await client.closed).code).toBe(1002);
    await expectAlive(bystander);
  });

  test('a ping is answered, with what it carries', async () => {
    const client = await connect(world);
    client.send({ type: 'ping', payload: { at: 1 } });
    expect(await client.next()).toEqual({ type: 'pong', payload: { at: 1 } });
  });

  test.each(['{ hello', '{ nothing }', '{ __schema { types { name } } }'])(
    'a bad document (%s) is answered, the socket and its streams live on',
    async (query) => {
      const client = await (await connect(world)).init();
      client.subscribe('stream', ticks);
      await world.streamCount(1);
      client.subscribe('bad', query);
      expect(await client.next()).toMatchObject({ type: 'error', id: 'bad' });
      world.emit(7);
      expect(await client.next()).toEqual({ type: 'next', id: 'stream', payload: { data: { ticks: 7 } } });
      client.send({ type: 'complete', id: 'stream' });
      await world.streamCount(0);
      await expectAlive(client);
    },
  );

  test('the 101st stream is refused, the others live on', async () => {
    const client = await (await connect(world)).init();
    for (let i = 0; i < limits.streamsPerSocket; i += 1) client.subscribe(`s${i}`, ticks);
    await world.streamCount(100);
    client.subscribe('one too many', ticks);
    expect(await client.next()).toMatchObject({
      type: 'error',
      id: 'one too many',
      payload: [{ message: expect.stringContaining('100'), extensions: { code: 'RATE_LIMITED' } }],
    });
    client.send({ type: 'complete', id: 's0' });
    await world.streamCount(99);
    await expectAlive(client);
    world.emit(1);
    const ids = new Set<string | undefined>();
    while (ids.size < 99) ids.add((await client.next()).id);
    client.webSocket.terminate();
    await world.streamCount(0);
  });
});

describe('who asks', () => {
  const world = useWorld();

  test.each([{ authorization: 'Bearer guess' }, { authorization: 5 }])('a bad key (%o): 4403', async (payload) => {
    const client = await connect(world);
    client.send({ type: 'connection_init', payload });
    expect(await client.closed).toEqual({ code: 4403, reason: 'Forbidden' });
  });

  test('keys that cannot be looked up now: 1013, and clients come back', async () => {
    const client = await connect(world);
    client.send({ type: 'connection_init', payload: { authorization: 'Bearer offline' } });
    expect((await client.closed).code).toBe(closeCodes.tryAgainLater);
  });

  test("the language is the payload's, else the header's", async () => {
    const messageTo = async (locale?: string) => {
      const client = await (await connect(world)).init({ locale });
      client.subscribe('1', 'query A { hello } query B { hello }');
      return ((await client.next()).payload as Answer['errors'])?.[0]?.message;
    };
    expect(await messageTo()).toMatch(/^A document holds one operation/);
    expect(await messageTo('zh-CN')).toMatch(/^一份查询文档/);
  });

  test('operations have request ids of their own', async () => {
    const client = await (await connect(world, { headers: { 'x-request-id': 'from-proxy' } })).init();
    const ids: unknown[] = [];
    for (const id of ['1', '2']) {
      client.subscribe(id, '{');
      ids.push(((await client.next()).payload as Answer['errors'])?.[0]?.extensions.requestId);
    }
    expect(ids).toEqual(['from-proxy.1', 'from-proxy.2']);
  });

  test('a revoked key loses its sockets at once, with their streams; others keep theirs', async () => {
    const partner = await (await connect(world)).init({ authorization: 'Bearer partner' });
    const wall = await (await connect(world)).init({ authorization: 'Bearer wall' });
    partner.subscribe('1', ticks);
    wall.subscribe('1', ticks);
    await world.streamCount(2);
    world.door.closeSockets(({ keyId }) => keyId === 1);
    expect(world.streams.size).toBe(1);
    expect((await partner.closed).code).toBe(4403);
    world.emit(1);
    expect(await wall.next()).toMatchObject({ type: 'next', payload: { data: { ticks: 1 } } });
    wall.webSocket.terminate();
    await world.streamCount(0);
  });
});
