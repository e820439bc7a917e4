import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { closeCodes, limits } from '../../server/kernel/http/limits.js';
import { connect, expectAdmitted, expectAlive, post, type Answer, type Client } from './client.js';
import { useWorld, World } from './world.js';

const ticks = 'subscription { ticks }';

describe('streams', () => {
  const world = useWorld();

  test('each delivery gets a context of its own', async () => {
    const client = await (await connect(world)).init();
    client.subscribe('1', 'subscription { contexts }');
    await world.streamCount(1);
    const serials: unknown[] = [];
    for (let i = 0; i < 3; i += 1) {
      world.emit(i);
      serials.push(((await client.next()).payload as Answer).data?.contexts);
    }
    expect(new Set(serials).size).toBe(3);
    client.send({ type: 'complete', id: '1' });
    await world.streamCount(0);
  });

  test('a source is ended when the client completes or goes, though no event comes', async () => {
    const client = await (await connect(world)).init();
    client.subscribe('1', ticks);
    client.subscribe('2', ticks);
    await world.streamCount(2);
    client.send({ type: 'complete', id: '1' });
    await world.streamCount(1);
    client.webSocket.terminate();
    await world.streamCount(0);
    expect(world.streams.size).toBe(0);
  });

  test('a refusal to subscribe carries its code', async () => {
    const client = await (await connect(world)).init();
    client.subscribe('1', 'subscription { gone }');
    expect(await client.next()).toMatchObject({
      id: '1',
      payload: { errors: [{ message: '游标已过期', extensions: { code: 'CURSOR_EXPIRED' } }] },
    });
    await client.next();
    await expectAlive(client);
  });

  test('a source that fails ends its stream, masked and logged; the socket lives on', async () => {
    const client = await (await connect(world)).init();
    client.subscribe('1', ticks);
    await world.streamCount(1);
    world.emit(new Error('password=secret'));
    const { type, payload } = await client.next();
    expect(type).toBe('error');
    expect(JSON.stringify(payload)).not.toContain('secret');
    expect(payload).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: expect.any(String) } }]);
    expect(world.log.at(-1)).toMatchObject({ level: 50, err: { message: 'password=secret' } });
    await expectAlive(client);
  });

  test('a subscribe function of one’s own sees the socket and the stream', async () => {
    const own = await new World().open({
      subscribe: ({ connection, streamId, caller }) => {
        connection.send(
          JSON.stringify({ type: 'next', id: streamId, payload: { data: { ticks: caller.viewer.keyId } } }),
        );
        return { data: {} };
      },
    });
    const client = await (await connect(own)).init({ authorization: 'Bearer wall' });
    client.subscribe('mine', ticks);
    expect(await client.next()).toEqual({ type: 'next', id: 'mine', payload: { data: { ticks: 2 } } });
    await own.door.close();
  });
});

describe('sockets that do not keep up', () => {
  test('the numbers that were promised', () => {
    expect(limits).toMatchObject({ bufferedBytes: 256 * 1024, stalledMs: 30_000 });
    expect(limits.pingMs + limits.sweepMs).toBeLessThan(25_000);
    expect(closeCodes.tooSlow).toBe(4410);
  });

  /** Subscribes, stops reading, and lets the server write until the system's own buffers are full. */
  async function stalledReader(world: World): Promise<Client> {
    const client = await (await connect(world)).init();
    client.subscribe('1', 'subscription { text }');
    await world.streamCount(1);
    client.webSocket.pause();
    world.emit('x'.repeat(16 * 1024 * 1024));
    return client;
  }

  test('more than 256 KB unsent: 4410, and the bystander notices nothing', async () => {
    const world = await new World().open({ limits: { sweepMs: 20 } });
    const bystander = await (await connect(world)).init();
    const client = await stalledReader(world);
    await world.streamCount(0); // cut off: the stream ends before the reader has noticed
    await expectAlive(bystander);
    client.webSocket.resume();
    expect(await client.closed).toEqual({ code: 4410, reason: 'Too slow: reconnect and resume with your cursor' });
    await world.door.close();
  });

  test('nothing taken for 30 seconds: 4410', async () => {
    const bufferedBytes = Number.MAX_SAFE_INTEGER;
    const world = await new World().open({ limits: { sweepMs: 20, stalledMs: 60, bufferedBytes } });
    const client = await stalledReader(world);
    await world.streamCount(0);
    client.webSocket.resume();
    expect((await client.closed).code).toBe(4410);
    await world.door.close();
  });

  test('a socket that was cut off and never reads again is let go', async () => {
    const world = await new World().open({ limits: { sweepMs: 20, goodbyeMs: 20, sockets: 1 } });
    await stalledReader(world);
    await world.streamCount(0);
    await expectAdmitted(world);
    await world.door.close();
  });

  test('a socket that answers no ping is dead', async () => {
    const world = await new World().open({ limits: { sweepMs: 20, pingMs: 40 } });
    const client = await connect(world, { autoPong: false });
    expect((await client.closed).code).toBe(1006);
    await world.door.close();
  });

  test('one that answers lives', async () => {
    const world = await new World().open({ limits: { sweepMs: 20, pingMs: 40 } });
    const client = await (await connect(world)).init();
    for (let i = 0; i < 3; i += 1) await once(client.webSocket, 'ping');
    await expectAlive(client);
    await world.door.close();
  });
});

describe('closing the door', () => {
  test('1001, and no new socket', async () => {
    const world = await new World().open();
    const client = await (await connect(world)).init();
    client.subscribe('1', ticks);
    await world.streamCount(1);
    const gate = post(world, { query: '{ gate }' });
    await world.gateReached.promise;
    const closed = world.door.close();
    expect((await client.closed).code).toBe(closeCodes.goingAway);
    await world.streamCount(0);
    world.gate.resolve();
    await gate;
    await closed;
  });

  test('a drain is promised to end within ten seconds, and to spread its sockets over five', () => {
    expect(limits.spreadMs).toBe(5_000);
    expect(limits.spreadMs + limits.drainMs).toBeLessThan(9_500);
  });

  test('with a spread, sockets are told one after the other, and requests are answered meanwhile', async () => {
    const world = await new World().open();
    const clients: Client[] = [];
    const closedAt: number[] = [];
    for (let i = 0; i < 10; i += 1) {
      const client = await (await connect(world)).init();
      void client.closed.then(({ code }) => closedAt.push(code === 1001 ? performance.now() : NaN));
      clients.push(client);
    }
    const startedAt = performance.now();
    const closed = world.door.close({ spreadMs: 1_000 });
    await clients[0]!.closed;
    await expectAlive(clients[9]!);
    const answer = await post(world, { query: '{ hello }' });
    expect(await answer.json()).toEqual({ data: { hello: '你好 百花' } });
    expect(answer.headers.get('connection')).toBe('close');
    expect((await fetch(world.url.replace('graphql', 'health/ready'))).status).toBe(503);
    const { status, body, headers } = await (await connect(world)).upgraded;
    expect([status, headers['retry-after']]).toEqual([503, '1']);
    expect(JSON.parse(body)).toMatchObject({ errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }] });
    await closed;
    for (const client of clients) await client.closed;
    expect(closedAt.every((time, i) => time - startedAt >= (i + 1) * 100 - 5)).toBe(true);
    expect(closedAt).toHaveLength(10);
    await expect(fetch(world.url)).rejects.toThrow('fetch failed');
  });

  test('asked again, it hurries', async () => {
    const world = await new World().open();
    const client = await (await connect(world)).init();
    const closed = world.door.close({ spreadMs: 3_600_000 });
    await expectAlive(client);
    void world.door.close();
    expect((await client.closed).code).toBe(closeCodes.goingAway);
    await closed;
  });

  test('a socket gets the answers that it waits for, complete, before it is told to go', async () => {
    const world = await new World().open();
    const [idle, busy] = [await (await connect(world)).init(), await (await connect(world)).init()];
    busy.subscribe('s', ticks);
    busy.subscribe('1', '{ gate }');
    busy.subscribe('2', 'mutation { rename(name: "百花") }');
    await world.gateReached.promise;
    await world.streamCount(1);
    expect([await busy.next(), await busy.next()]).toMatchObject([
      { id: '2', payload: { data: { rename: '百花' } } },
      { id: '2', type: 'complete' },
    ]);
    const closed = world.door.close();
    expect((await idle.closed).code).toBe(closeCodes.goingAway);
    world.emit(7);
    expect(await busy.next()).toMatchObject({ id: 's', payload: { data: { ticks: 7 } } });
    world.gate.resolve();
    expect(await busy.next()).toEqual({ id: '1', type: 'next', payload: { data: { gate: 'open' } } });
    expect(await busy.next()).toEqual({ id: '1', type: 'complete' });
    expect((await busy.closed).code).toBe(closeCodes.goingAway);
    await closed;
    expect(world.streams.size).toBe(0);
  });

  test('what does not end in time is left behind', async () => {
    const world = await new World().open({ limits: { drainMs: 20 } });
    const client = await (await connect(world)).init();
    client.subscribe('1', '{ gate }');
    await world.gateReached.promise;
    await world.door.close();
    expect((await client.closed).code).toBe(1006);
    world.gate.resolve();
  });
});
