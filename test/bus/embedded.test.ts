import { describe, expect, it } from 'vitest';
import { type BusMessage, createEmbeddedBus, type EmbeddedBusOptions } from '../../src/bus/index.js';
import { MAX_PENDING_REQUESTS } from '../../src/protocol/limits.js';
import { busContract } from '../contract/bus.js';

function open(options: Partial<EmbeddedBusOptions> = {}) {
  const errors: unknown[] = [];
  const bus = createEmbeddedBus({ onError: (error) => errors.push(error), random: Math.random, ...options });
  return { bus, errors };
}

busContract('embedded', async ({ onError }) => {
  const bus = createEmbeddedBus({ onError, random: Math.random });
  return { here: bus, there: bus };
});

describe('the embedded bus', () => {
  it('hands messages over while they are published, by reference', () => {
    const { bus } = open();
    const heard: unknown[] = [];
    bus.subscribe('a', ({ body }) => heard.push(body));
    const body = { deep: { inside: true } };
    bus.publish('a', body);
    expect(heard[0]).toBe(body);
  });

  it('serves plain subscribers in the order in which they came', () => {
    const { bus } = open();
    const heard: string[] = [];
    for (const pattern of ['>', 'a.b', 'a.*', '*.b', 'a.b']) bus.subscribe(pattern, () => heard.push(pattern));
    bus.publish('a.b', null);
    expect(heard).toEqual(['>', 'a.b', 'a.*', '*.b', 'a.b']);
  });

  it('lets everybody have a message before what a handler publishes follows', () => {
    const { bus } = open();
    const heard: string[] = [];
    bus.subscribe('a', () => {
      bus.publish('b', 1);
      bus.publish('b', 2);
      heard.push('first a');
    });
    bus.subscribe('a', () => heard.push('second a'));
    bus.subscribe('b', ({ body }) => {
      if (body === 1) bus.publish('c', null);
      heard.push(`b ${body}`);
    });
    bus.subscribe('c', () => heard.push('c'));
    bus.publish('a', null);
    expect(heard).toEqual(['first a', 'second a', 'b 1', 'b 2', 'c']);
  });

  it('needs no deep stack for a long exchange', () => {
    const { bus, errors } = open();
    let count = 0;
    bus.subscribe('ping', () => bus.publish('pong', null));
    bus.subscribe('pong', () => count++ < 200_000 && bus.publish('ping', null));
    bus.publish('ping', null);
    expect(count).toBe(200_001);
    expect(errors).toEqual([]);
  });

  it('refuses with OVERLOADED what exceeds its queue, and delivers the rest', () => {
    const { bus, errors } = open({ queueLimit: 10 });
    const heard: unknown[] = [];
    bus.subscribe('a', () => {
      for (let number = 0; number < 20; number++) bus.publish('b', number);
    });
    bus.subscribe('b', ({ body }) => heard.push(body));
    bus.publish('a', null);
    expect(errors).toEqual([expect.objectContaining({ code: 'OVERLOADED', retryable: true })]);
    expect(heard).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    bus.publish('b', 'after');
    expect(heard.at(-1)).toBe('after');
  });

  it('counts what is still to be handed over against its queue', () => {
    const { bus, errors } = open({ queueLimit: 3 });
    const heard: unknown[] = [];
    bus.subscribe('a', () => {
      for (const body of [1, 2, 3]) bus.publish('b', body);
    });
    bus.subscribe('b', ({ body }) => {
      heard.push(body);
      if (body === 1) bus.publish('b', 4);
      if (body === 1) bus.publish('b', 5);
    });
    bus.publish('a', null);
    expect(heard).toEqual([1, 2, 3, 4]);
    expect(errors).toHaveLength(1);
  });

  it('gives nothing to one who subscribed after a message was published, though it is still to come', () => {
    const { bus } = open();
    const heard: unknown[] = [];
    bus.subscribe('a', () => {
      bus.publish('b', 'before');
      bus.subscribe('b', ({ body }) => heard.push(body));
      bus.publish('b', 'after');
    });
    bus.publish('a', null);
    expect(heard).toEqual(['after']);
  });

  it('gives nothing to one who left while a message was on its way', () => {
    const { bus } = open();
    const heard: string[] = [];
    const late = { unsubscribe: () => {} };
    bus.subscribe('a', () => late.unsubscribe());
    Object.assign(
      late,
      bus.subscribe('a', () => heard.push('late')),
    );
    bus.publish('a', null);
    expect(heard).toEqual([]);
  });

  it('passes a message to another member when the one whose turn it is has left meanwhile', () => {
    const { bus } = open({ random: () => 0 });
    const heard: string[] = [];
    const members = ['x', 'y'].map((name) => bus.subscribe('work', () => heard.push(name), { queue: 'q' }));
    bus.subscribe('go', () => {
      bus.publish('work', null);
      members[0]?.unsubscribe();
    });
    bus.publish('go', null);
    expect(heard).toEqual(['y']);
  });

  it('says no responders when everybody left while the request was on its way', async () => {
    const { bus } = open();
    const only = bus.subscribe('work', () => {}, { queue: 'q' });
    let outcome: Promise<BusMessage> | undefined;
    bus.subscribe('go', () => {
      outcome = bus.request('work', null, { timeoutMs: 60_000 });
      only.unsubscribe();
    });
    bus.publish('go', null);
    await expect(outcome).rejects.toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }));
  });

  it('turns queue groups strictly, from a chance beginning', () => {
    const { bus } = open({ random: () => 0.5 });
    const heard: string[] = [];
    for (const name of ['x', 'y', 'z']) bus.subscribe('work', () => heard.push(name), { queue: 'q' });
    for (let count = 0; count < 6; count++) bus.publish('work', null);
    expect(heard.join('')).toBe('yzxyzx');
  });

  it('turns queue groups strictly also among subjects that are used once', () => {
    const { bus } = open({ random: () => 0 });
    const heard: string[] = [];
    for (const name of ['x', 'y']) bus.subscribe('work.*', () => heard.push(name), { queue: 'q' });
    for (let count = 0; count < 4; count++) bus.publish(`work.${count}`, null);
    expect(heard.join('')).toBe('xyxy');
  });

  it('resolves flush at once outside of handlers, and inside of one after what was published before', async () => {
    const { bus } = open();
    await bus.flush();
    const heard: string[] = [];
    let flushed: Promise<void> | undefined;
    bus.subscribe('a', () => {
      bus.publish('b', 1);
      flushed = bus.flush().then(() => void heard.push('flushed'));
      heard.push('a');
    });
    bus.subscribe('b', () => heard.push('b'));
    bus.publish('a', null);
    await flushed;
    expect(heard).toEqual(['a', 'b', 'flushed']);
  });

  it('drops what still waits when a handler closes it, and fails a flush that waits', async () => {
    const { bus, errors } = open();
    const heard: string[] = [];
    const outcomes: Promise<unknown>[] = [];
    bus.subscribe('a', () => {
      bus.publish('b', null);
      outcomes.push(bus.flush());
      bus.publish('c', null, { reply: 'd' });
    });
    bus.subscribe('b', () => {
      heard.push('b');
      outcomes.push(bus.flush(), bus.close());
    });
    bus.subscribe('c', () => heard.push('c'));
    bus.publish('a', null);
    const settled = await Promise.allSettled(outcomes);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
    expect(heard).toEqual(['b']);
    expect(errors).toEqual([]);
  });

  it('says nothing of responders once a handler has closed it', () => {
    const { bus } = open();
    const heard: unknown[] = [];
    bus.subscribe('inbox', () => heard.push('503'));
    bus.subscribe('go', () => {
      bus.publish('nobody', null, { reply: 'inbox' });
      void bus.close();
    });
    bus.publish('go', null);
    expect(heard).toEqual([]);
  });

  it('goes on when onError throws', () => {
    const { bus } = open({
      onError: () => {
        throw new Error('from onError');
      },
    });
    const heard: unknown[] = [];
    bus.subscribe('a', () => {
      throw new Error('from the handler');
    });
    bus.subscribe('a', ({ body }) => heard.push(body));
    bus.publish('a', 1);
    bus.publish('a', 2);
    expect(heard).toEqual([1, 2]);
    expect(bus.counters.failed).toBe(2);
  });

  it('tells onError which message it was', () => {
    const seen: BusMessage[] = [];
    const { bus } = open({ onError: (_, message) => seen.push(message) });
    bus.subscribe('a', () => {
      throw new Error('x');
    });
    bus.publish('a', 7);
    expect(seen).toEqual([{ subject: 'a', body: 7 }]);
  });

  it('fails a request that a handler of its own message cancels', async () => {
    const { bus } = open();
    const controller = new AbortController();
    bus.subscribe('a', () => controller.abort('changed my mind'));
    await expect(bus.request('a', null, { timeoutMs: 60_000, signal: controller.signal })).rejects.toThrow(
      expect.objectContaining({ code: 'CANCELLED', cause: 'changed my mind' }),
    );
  });

  it('keeps no timer and no listener of a request that was answered at once', async () => {
    const { bus } = open();
    bus.subscribe('a', ({ reply }) => bus.publish(reply ?? '', 'x'));
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    await bus.request('a', null, { timeoutMs: 60_000 });
    expect(timers()).toBe(before);
  });

  it('holds a bounded number of requests', async () => {
    const { bus } = open();
    bus.subscribe('silent', () => {});
    const outcomes = Array.from({ length: MAX_PENDING_REQUESTS }, () =>
      bus.request('silent', null, { timeoutMs: 60_000 }),
    );
    await expect(bus.request('silent', null, { timeoutMs: 60_000 })).rejects.toThrow(
      expect.objectContaining({ code: 'OVERLOADED' }),
    );
    await bus.close();
    expect((await Promise.allSettled(outcomes)).every(({ status }) => status === 'rejected')).toBe(true);
  });

  it('counts what happens', async () => {
    const { bus } = open();
    bus.subscribe('a', ({ reply }) => {
      if (reply === undefined) return;
      bus.publish(reply, 1);
      bus.publish(reply, 2);
    });
    bus.publish('a', null);
    bus.publish('nobody', null);
    await bus.request('a', null, { timeoutMs: 60_000 });
    await bus.request('nobody', null, { timeoutMs: 60_000 }).catch(() => {});
    // Published: a, nobody, a and its two answers, nobody and its want of responders.
    expect(bus.counters).toEqual({ published: 7, delivered: 5, unheard: 2, late: 1, failed: 0 });
  });

  it('makes inboxes from its source of chance, so that two buses differ', () => {
    expect(open({ random: () => 0 }).bus.inbox()).toBe(`_INBOX.${'0'.repeat(22)}-0`);
    expect(open().bus.inbox()).not.toBe(open().bus.inbox());
  });
});
