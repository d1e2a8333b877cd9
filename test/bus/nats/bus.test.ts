import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BusMessage, connectNats, createNatsBus } from '../../../src/bus/index.js';
import { BUFFERED_BYTES_MAX, UNCONFIRMED_BYTES_MAX } from '../../../src/bus/nats/outgoing.js';
import { busContract } from '../../contract/bus.js';
import { type NatsServer, startNatsServer } from '../../natsServer.js';
import { list, openBus, openForeign, serve } from './ends.js';

let shared: NatsServer;
beforeAll(async () => {
  shared = await startNatsServer({ jetStream: false });
});
afterAll(() => shared.stop());

busContract('nats', async ({ onError }) => {
  const links = await Promise.all([1, 2].map(() => connectNats({ servers: shared.url })));
  const [here, there] = links.map((link) => createNatsBus({ link, onError }));
  if (here === undefined || there === undefined) throw new Error('two links make two buses');
  return {
    here,
    there,
    stop: async () => {
      for (const link of links) await link.close();
    },
  };
});

const UNAVAILABLE = expect.objectContaining({ code: 'UNAVAILABLE' });
const CLOSED = expect.objectContaining({ code: 'CLOSED' });

describe('a bus over NATS whose server goes away', () => {
  it('keeps its subscriptions and what is published meanwhile, in order', async () => {
    const server = await serve();
    const { bus, states } = await openBus(server.url);
    const heard = list<unknown>();
    bus.subscribe('a', ({ body }) => heard.add(body));
    bus.subscribe('batch.*', ({ body }) => heard.add(body), { queue: 'q' });
    await bus.flush();
    await server.kill();
    await states.until('disconnected');
    bus.publish('a', 1);
    bus.publish('a', 2, { headers: { x: 'y' }, reply: 'b' });
    bus.publish('batch.x', { id: 'x' }, { coalesce: true });
    // Several attempts to reconnect, each of which makes nats.js forget what it has to send.
    await new Promise((resolve) => setTimeout(resolve, 100));
    bus.publish('batch.y', 3);
    bus.subscribe('late', ({ body }) => heard.add(body));
    bus.publish('late', 4);
    const flushed = bus.flush();
    await server.restart();
    await flushed;
    bus.publish('a', 'end');
    await heard.until('end');
    expect(heard.items).toEqual([1, 2, { id: 'x' }, 3, 4, 'end']);
  });

  it(`keeps no more than ${BUFFERED_BYTES_MAX} bytes of it, and says which are not taken`, async () => {
    const server = await serve();
    const { bus, states, errors } = await openBus(server.url);
    const heard = list<unknown>();
    bus.subscribe('>', ({ body }) => heard.add(Reflect.get(Object(body), 'id')));
    await bus.flush();
    await server.kill();
    await states.until('disconnected');
    const filling = new Uint8Array(100_000);
    const taken: string[] = [];
    for (let number = 0; number < 20; number++) {
      const id = String(number);
      try {
        bus.publish(`a.${id}`, { id, filling }, { coalesce: number % 2 === 0 });
        taken.push(id);
      } catch (error) {
        expect(error).toMatchObject({
          code: 'UNAVAILABLE',
          retryable: true,
          details: { bytesMax: BUFFERED_BYTES_MAX },
        });
      }
    }
    expect(taken).toHaveLength(Math.floor(BUFFERED_BYTES_MAX / 100_000));
    await server.restart();
    await states.until('reconnected');
    await heard.until(taken.length);
    bus.publish('a.end', { id: 'end' });
    await heard.until('end');
    expect(heard.items).toEqual([...taken, 'end']);
    expect(errors).toEqual([]);
  });

  it('answers a request after its return, or ends it by its deadline', async () => {
    const server = await serve();
    const { bus, states } = await openBus(server.url);
    bus.subscribe('double', ({ body, reply }) => bus.publish(reply ?? '', Number(body) * 2));
    await bus.flush();
    await server.kill();
    await states.until('disconnected');
    const late = bus.request('double', 1, { timeoutMs: 20 });
    await expect(late).rejects.toThrow(expect.objectContaining({ code: 'DEADLINE_EXCEEDED' }));
    const answer = bus.request('double', 21, { timeoutMs: 20_000 });
    await server.restart();
    expect((await answer).body).toBe(42);
  });

  it('fails flush when it does not return in time, and closes at once', async () => {
    const server = await serve();
    const { bus, states } = await openBus(server.url, { flushTimeoutMs: 50 });
    await server.kill();
    await states.until('disconnected');
    bus.publish('a', 1);
    bus.publish('a.b', { id: 'b' }, { coalesce: true });
    await expect(bus.flush()).rejects.toThrow(UNAVAILABLE);
    const request = bus.request('a', 2, { timeoutMs: 60_000 }).catch((error: unknown) => error);
    await bus.close();
    expect(await request).toMatchObject({ code: 'CLOSED' });
    // Kept for a return that comes too late: said, not hidden.
    expect(bus.counters.lost).toBe(3);
  });

  it('tells what it had kept and the server that came back does not take', async () => {
    const server = await serve();
    const { bus, states, errors } = await openBus(server.url);
    const heard = list<unknown>();
    bus.subscribe('a', ({ body }) => heard.add(body));
    await bus.flush();
    await server.kill();
    await states.until('disconnected');
    bus.publish('a', 'x'.repeat(5_000));
    bus.publish('a', 'short');
    const smaller = await startNatsServer({ jetStream: false, port: server.port, config: 'max_payload: 1024' });
    try {
      await heard.until('short');
      expect(errors).toMatchObject([{ error: { code: 'TOO_LARGE' }, message: { subject: 'a', body: undefined } }]);
      expect(bus.counters.lost).toBe(1);
    } finally {
      await bus.close();
      await smaller.stop();
    }
  });
});

describe('a bus over NATS with a server that has stopped reading', () => {
  it(`sends no more than ${UNCONFIRMED_BYTES_MAX} bytes on credit, and goes on when it reads again`, async () => {
    const server = await serve();
    const { bus } = await openBus(server.url);
    const body = new Uint8Array(1_000_000);
    server.freeze();
    let sent = 0;
    const send = () => {
      for (; sent < 100; sent++) bus.publish('a', body);
    };
    expect(send).toThrow(expect.objectContaining({ code: 'OVERLOADED', retryable: true }));
    expect(sent).toBe(Math.floor(UNCONFIRMED_BYTES_MAX / 1_000_000));
    server.thaw();
    await bus.flush();
    bus.publish('a', body);
    await bus.flush();
  });
});

describe('messages too large for the server', () => {
  it('are refused by publish with both figures, alone and in batches, also while it is away', async () => {
    const server = await serve({ config: 'max_payload: 4096' });
    const { bus, states } = await openBus(server.url);
    const heard = list<unknown>();
    bus.subscribe('a.>', ({ body }) => heard.add(body));
    const large = { id: '1', text: 'x'.repeat(4_100) };
    const refusal = expect.objectContaining({
      code: 'TOO_LARGE',
      message: expect.stringMatching(/41\d\d bytes .*4096/),
      details: { subject: 'a.1', bytes: expect.any(Number), bytesMax: 4_096 },
    });
    const attempts = () => {
      expect(() => bus.publish('a.1', large)).toThrow(refusal);
      expect(() => bus.publish('a.1', large, { coalesce: true })).toThrow(refusal);
      expect(() => bus.publish('a.1', 'x'.repeat(4_000), { headers: { Long: 'y'.repeat(110) } })).toThrow(refusal);
    };
    attempts();
    await server.kill();
    await states.until('disconnected');
    attempts();
    await server.restart();
    await states.until('reconnected');
    // Just below: the largest that fits is taken, its headers counted to the byte.
    bus.publish('a.1', 'x'.repeat(4_096 - 3));
    const headers = { Name: 'ü' };
    const block = Buffer.byteLength('NATS/1.0\r\nName: ü\r\n\r\n');
    bus.publish('a.1', 'x'.repeat(4_096 - 3 - block), { headers });
    expect(() => bus.publish('a.1', 'x'.repeat(4_096 - 2 - block), { headers })).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE', details: { subject: 'a.1', bytes: 4_097, bytesMax: 4_096 } }),
    );
    for (const id of ['1', '2', '3'])
      bus.publish('a.x', { id, text: 'x'.repeat(2_000) }, { reply: `r.${id}`, coalesce: true });
    await heard.until(5);
    await expect(bus.request('a.1', large, { timeoutMs: 60_000 })).rejects.toThrow(
      expect.objectContaining({ code: 'TOO_LARGE' }),
    );
  });
});

describe('a bus over NATS', () => {
  it('says whom the server lets subscribe to what', async () => {
    const { port } = await serve({
      config: 'authorization { users: [{ user: me, password: x, permissions: { publish: ">", subscribe: "a" } }] }',
    });
    const { bus, errors, states } = await openBus(`nats://me:x@127.0.0.1:${port}`);
    const refused = list<unknown>();
    bus.subscribe('forbidden', () => {});
    await states.until('refused');
    await bus.flush();
    expect(errors).toMatchObject([{ error: { code: 'INVALID_REQUEST' }, message: { subject: 'forbidden' } }]);
    bus.subscribe('a', ({ body }) => refused.add(body));
    bus.publish('a', 'goes on');
    await refused.until('goes on');
  });

  it('sends what it was given before it was closed, and leaves the connection to others', async () => {
    const { url } = await serve();
    const { bus, link } = await openBus(url);
    const foreign = await openForeign(url);
    const heard = list<string>();
    foreign.subscribe('a', { callback: (_, msg) => heard.add(msg.subject) });
    await foreign.flush();
    bus.publish('a', 1);
    await bus.close();
    await heard.until('a');
    expect(link.isUp).toBe(true);
    expect(link.connection.isClosed()).toBe(false);
  });

  it('gives nothing more to handlers once it is closed', async () => {
    const { url } = await serve();
    const { bus } = await openBus(url);
    const heard: unknown[] = [];
    bus.subscribe('a', ({ body }) => heard.push(body));
    await bus.flush();
    bus.publish('a', 1);
    await bus.close();
    expect(heard).toEqual([]);
  });

  it('refuses with CLOSED what is asked of it when its connection was closed', async () => {
    const { url } = await serve();
    const { bus, link, errors } = await openBus(url);
    const subscription = bus.subscribe('a', () => {});
    bus.publish('a.1', { id: '1' }, { coalesce: true });
    await link.close();
    // What waited for the end of the turn came too late.
    expect(errors).toMatchObject([{ error: { code: 'CLOSED' }, message: { subject: 'a.batch' } }]);
    expect(() => bus.publish('a', 1)).toThrow(CLOSED);
    expect(() => bus.publish('a.1', { id: '1' }, { coalesce: true })).toThrow(CLOSED);
    expect(() => bus.subscribe('a', () => {})).toThrow(CLOSED);
    await expect(bus.request('a', 1, { timeoutMs: 1_000 })).rejects.toThrow(CLOSED);
    await expect(bus.flush()).rejects.toThrow(CLOSED);
    subscription.unsubscribe();
    await bus.close();
  });

  it('goes on when onError throws, and tells it which message it was', async () => {
    const { url } = await serve();
    const seen: BusMessage[] = [];
    const { bus } = await openBus(url, {
      onError: (_, message) => {
        seen.push(message);
        throw new Error('from onError');
      },
    });
    const heard = list<unknown>();
    bus.subscribe('a', ({ body }) => {
      heard.add(body);
      throw new Error('from the handler');
    });
    bus.publish('a', 1);
    bus.publish('a', 2);
    await heard.until(2);
    expect(seen).toEqual([
      { subject: 'a', body: 1 },
      { subject: 'a', body: 2 },
    ]);
    expect(bus.counters.failed).toBe(2);
  });

  it('counts what happens', async () => {
    const { url } = await serve();
    const { bus } = await openBus(url);
    bus.subscribe('a', ({ reply }) => {
      bus.publish(reply ?? '', 1);
      bus.publish(reply ?? '', 2);
    });
    await bus.request('a', null, { timeoutMs: 60_000 });
    await bus.flush();
    await bus.request('nobody', null, { timeoutMs: 60_000 }).catch(() => {});
    expect(bus.counters).toEqual({
      ...{ published: 4, batched: 0, batches: 0, delivered: 4 },
      ...{ late: 1, failed: 0, faulty: 0, lost: 0 },
    });
  });
});
