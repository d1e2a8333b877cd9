/**
 * What every bus does, whatever carries it. Nothing here relies on when a message is handed over, only on its order:
 * to see that something does not arrive, a test sends a marker after it and waits for that.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { Bus, BusMessage } from '../../src/bus/bus.js';
import { HeliosError } from '../../src/protocol/errors.js';

/** Two ends of one bus: over a wire two connections, in one process the same object twice. */
export interface BusEnds {
  readonly here: Bus;
  readonly there: Bus;
  /** Ends what belongs to neither. */
  stop?(): Promise<void>;
}

export type MakeBus = (options: {
  readonly onError: (error: unknown, message: BusMessage) => void;
}) => Promise<BusEnds>;

/** Milliseconds for what must be answered; a broken bus takes as long to fail. */
const PATIENCE_MS = 5_000;

export function busContract(name: string, make: MakeBus): void {
  describe(`the bus contract: ${name}`, () => {
    const cleanUps: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const cleanUp of cleanUps.splice(0)) await cleanUp();
    });

    async function open() {
      const errors: unknown[] = [];
      const ends = await make({ onError: (error) => errors.push(error) });
      cleanUps.push(async () => {
        await ends.here.close();
        await ends.there.close();
        await ends.stop?.();
      });
      return { ...ends, errors };
    }

    /** Subscribes, and gives a way to wait for messages. */
    async function listen(
      bus: Bus,
      subject: string,
      options?: { queue?: string; onMessage?: (message: BusMessage) => void },
    ) {
      const messages: BusMessage[] = [];
      let check = () => {};
      const subscription = bus.subscribe(
        subject,
        (message) => {
          messages.push(message);
          options?.onMessage?.(message);
          check();
        },
        options?.queue === undefined ? {} : { queue: options.queue },
      );
      await bus.flush();
      return {
        messages,
        subscription,
        bodies: () => messages.map((message) => message.body),
        /** Resolves when a message has come that `isLast`. */
        until: (isLast: (message: BusMessage) => boolean) =>
          new Promise<void>((resolve) => {
            check = () => messages.some(isLast) && resolve();
            check();
          }),
      };
    }

    describe('publish and subscribe', () => {
      it('carries subject, body, reply and headers', async () => {
        const { here, there } = await open();
        const heard = await listen(there, 'a.b');
        const body = { text: 'x', list: [1, null, true], at: new Date(5), big: 10n, bytes: new Uint8Array([1, 2]) };
        here.publish('a.b', body, { reply: 'c.d', headers: { 'Content-Type': 'x' } });
        await heard.until(() => true);
        expect(heard.messages[0]).toMatchObject({ subject: 'a.b', reply: 'c.d', headers: { 'Content-Type': 'x' } });
        expect(heard.messages[0]?.body).toStrictEqual(body);
      });

      it('leaves out reply and headers that nobody gave', async () => {
        const { here, there } = await open();
        const heard = await listen(there, 'a');
        here.publish('a', 1);
        await heard.until(() => true);
        expect(heard.messages[0]?.reply).toBeUndefined();
        expect(heard.messages[0]?.headers).toBeUndefined();
      });

      it('keeps the order from one publisher to one subscriber', async () => {
        const { here, there } = await open();
        const heard = await listen(there, 'n.*');
        for (let number = 0; number < 500; number++) here.publish(`n.${number % 3}`, number);
        await heard.until(({ body }) => body === 499);
        expect(heard.bodies()).toEqual(Array.from({ length: 500 }, (_, number) => number));
      });

      it('gives every plain subscriber each message', async () => {
        const { here, there } = await open();
        const all = await Promise.all([
          listen(there, 'a.b'),
          listen(there, 'a.b'),
          listen(here, 'a.*'),
          listen(here, '>'),
        ]);
        here.publish('a.b', 'x');
        for (const heard of all) await heard.until(() => true);
        here.publish('a.b', 'end');
        for (const heard of all) await heard.until(({ body }) => body === 'end');
        for (const heard of all) expect(heard.bodies()).toEqual(['x', 'end']);
      });

      it('does nothing when nobody listens', async () => {
        const { here, errors } = await open();
        here.publish('a.b', 'x');
        await here.flush();
        expect(errors).toEqual([]);
      });

      it('gives a subscriber nothing that was published before', async () => {
        const { here, there } = await open();
        here.publish('a', 'before');
        await here.flush();
        const heard = await listen(there, 'a');
        here.publish('a', 'after');
        await heard.until(({ body }) => body === 'after');
        expect(heard.bodies()).toEqual(['after']);
      });

      it('gives an unsubscribed one nothing more, and others go on', async () => {
        const { here, there } = await open();
        const leaving = await listen(there, 'a');
        const staying = await listen(there, 'a');
        here.publish('a', 1);
        await leaving.until(() => true);
        leaving.subscription.unsubscribe();
        leaving.subscription.unsubscribe();
        await there.flush();
        here.publish('a', 2);
        await staying.until(({ body }) => body === 2);
        expect(leaving.bodies()).toEqual([1]);
        expect(leaving.subscription.subject).toBe('a');
      });

      it('lets a handler unsubscribe itself and subscribe another while messages arrive', async () => {
        const { here, there } = await open();
        const seen: unknown[] = [];
        const end = await listen(there, 'end');
        const first = there.subscribe('a', ({ body }) => {
          seen.push(['first', body]);
          first.unsubscribe();
          there.subscribe('b', (message) => seen.push(['second', message.body]));
          there.publish('ready', null);
        });
        const ready = await listen(here, 'ready');
        await there.flush();
        here.publish('a', 1);
        here.publish('a', 2);
        await ready.until(() => true);
        await there.flush();
        here.publish('b', 3);
        here.publish('end', null);
        await end.until(() => true);
        expect(seen).toEqual([
          ['first', 1],
          ['second', 3],
        ]);
      });

      it('lets handlers publish, and keeps the order of what they publish', async () => {
        const { here, there } = await open();
        const heard = await listen(here, 'out.>');
        await listen(there, 'in', {
          onMessage: ({ body }) => {
            there.publish('out.a', [body, 1]);
            there.publish('out.b', [body, 2]);
          },
        });
        here.publish('in', 'x');
        here.publish('in', 'y');
        await heard.until(({ body }) => String(body) === 'y,2');
        expect(heard.bodies()).toEqual([
          ['x', 1],
          ['x', 2],
          ['y', 1],
          ['y', 2],
        ]);
      });
    });

    describe('subjects', () => {
      it.each([
        ['a', 'a', true],
        ['a', 'a.b', false],
        ['a.b', 'a', false],
        ['*', 'a', true],
        ['*', 'a.b', false],
        ['a.*', 'a.b', true],
        ['a.*', 'a', false],
        ['a.*', 'a.b.c', false],
        ['*.b', 'a.b', true],
        ['*.b', 'a.c', false],
        ['a.*.c', 'a.b.c', true],
        ['a.*.c', 'a.b.d', false],
        ['*.*', 'a.b', true],
        ['>', 'a', true],
        ['>', 'a.b.c', true],
        ['a.>', 'a.b', true],
        ['a.>', 'a.b.c', true],
        ['a.>', 'a', false],
        ['a.>', 'b.c', false],
        ['a.*.>', 'a.b.c', true],
        ['a.*.>', 'a.b', false],
        ['A', 'a', false],
        ['_INBOX.x.*', '_INBOX.x.1', true],
      ])('%s means %s: %s', async (pattern, subject, isMeant) => {
        const { here, there } = await open();
        const heard = await listen(there, pattern);
        const marker = await listen(there, 'marker.of.the.test');
        here.publish(subject, 'x');
        here.publish('marker.of.the.test', null);
        await marker.until(() => true);
        expect(heard.bodies().includes('x')).toBe(isMeant);
      });

      it.each(['', '.', 'a.', '.a', 'a..b', 'a b', 'a\tb', 'a\nb', 'a*', 'a.>.b', 'a.b>', 'a\u007f'])(
        'refuses %j for publishing and for subscribing',
        async (subject) => {
          const { here } = await open();
          const invalid = expect.objectContaining({ code: 'INVALID_REQUEST', details: { subject } });
          expect(() => here.publish(subject, null)).toThrow(invalid);
          expect(() => here.subscribe(subject, () => {})).toThrow(invalid);
          await expect(here.request(subject, null, { timeoutMs: PATIENCE_MS })).rejects.toThrow(invalid);
        },
      );

      it.each(['*', '>', 'a.*', 'a.>', '*.b'])('refuses to publish to the wildcard %j', async (subject) => {
        const { here } = await open();
        expect(() => here.publish(subject, null)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
      });

      it('refuses a reply subject with wildcards', async () => {
        const { here } = await open();
        expect(() => here.publish('a', null, { reply: 'b.*' })).toThrow(
          expect.objectContaining({ code: 'INVALID_REQUEST' }),
        );
      });

      it('refuses a queue group without a name', async () => {
        const { here } = await open();
        for (const queue of ['', 'a b']) {
          expect(() => here.subscribe('a', () => {}, { queue })).toThrow(
            expect.objectContaining({ code: 'INVALID_REQUEST' }),
          );
        }
      });
    });

    describe('queue groups', () => {
      it('give each message to one member, and every member its share', async () => {
        const { here, there } = await open();
        const members = await Promise.all([1, 2, 3].map(() => listen(there, 'work', { queue: 'workers' })));
        const witness = await listen(there, 'work');
        for (let number = 0; number < 300; number++) here.publish('work', number);
        await witness.until(({ body }) => body === 299);
        await there.flush();
        const bodies = members.flatMap((member) => member.bodies()).map(Number);
        expect(bodies.sort((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, number) => number));
        for (const member of members) expect(member.messages.length).toBeGreaterThan(30);
      });

      it('share fairly also when each subject is used once', async () => {
        const { here, there } = await open();
        const members = await Promise.all([1, 2].map(() => listen(there, 'work.*', { queue: 'workers' })));
        const witness = await listen(there, 'work.*');
        for (let number = 0; number < 200; number++) here.publish(`work.${number}`, number);
        await witness.until(({ body }) => body === 199);
        await there.flush();
        expect(members.flatMap((member) => member.messages)).toHaveLength(200);
        for (const member of members) expect(member.messages.length).toBeGreaterThan(30);
      });

      it('are served one by one, beside plain subscribers, by whatever patterns they joined', async () => {
        const { here, there } = await open();
        const red = await Promise.all(['a.b', 'a.*', '>'].map((pattern) => listen(there, pattern, { queue: 'red' })));
        const blue = await Promise.all([1, 2].map(() => listen(there, 'a.b', { queue: 'blue' })));
        const plain = await listen(there, 'a.b');
        for (let number = 0; number < 60; number++) here.publish('a.b', number);
        await plain.until(({ body }) => body === 59);
        await there.flush();
        expect(red.flatMap((member) => member.messages)).toHaveLength(60);
        expect(blue.flatMap((member) => member.messages)).toHaveLength(60);
      });

      it('go on with the members that are left', async () => {
        const { here, there } = await open();
        const leaving = await listen(there, 'work', { queue: 'workers' });
        const staying = await listen(there, 'work', { queue: 'workers' });
        leaving.subscription.unsubscribe();
        await there.flush();
        for (let number = 0; number < 20; number++) here.publish('work', number);
        await staying.until(({ body }) => body === 19);
        expect(staying.messages).toHaveLength(20);
        expect(leaving.messages).toEqual([]);
      });
    });

    describe('requests', () => {
      it('resolve with the answer', async () => {
        const { here, there } = await open();
        await listen(there, 'double', {
          onMessage: ({ body, reply }) => there.publish(reply ?? '', Number(body) * 2, { headers: { Kind: 'answer' } }),
        });
        const answer = await here.request('double', 21, { timeoutMs: PATIENCE_MS });
        expect(answer.body).toBe(42);
        expect(answer.headers).toEqual({ Kind: 'answer' });
      });

      it('are answered out of order, each with its own', async () => {
        const { here, there } = await open();
        const waiting: BusMessage[] = [];
        await listen(there, 'late', {
          onMessage: (message) => {
            waiting.push(message);
            if (waiting.length < 20) return;
            for (const { reply, body } of waiting.reverse()) there.publish(reply ?? '', body);
          },
        });
        const requests = Array.from({ length: 20 }, (_, number) =>
          here.request('late', number, { timeoutMs: PATIENCE_MS }),
        );
        const answers = await Promise.all(requests);
        expect(answers.map(({ body }) => body)).toEqual(Array.from({ length: 20 }, (_, number) => number));
      });

      it('resolve with the first answer and ignore a second', async () => {
        const { here, there, errors } = await open();
        await listen(there, 'twice', {
          onMessage: ({ reply }) => {
            there.publish(reply ?? '', 1);
            there.publish(reply ?? '', 2);
          },
        });
        expect((await here.request('twice', null, { timeoutMs: PATIENCE_MS })).body).toBe(1);
        expect((await here.request('twice', null, { timeoutMs: PATIENCE_MS })).body).toBe(1);
        expect(errors).toEqual([]);
      });

      it('fail at once with UNAVAILABLE when nobody listens', async () => {
        const { here } = await open();
        const error = expect.objectContaining({ code: 'UNAVAILABLE', retryable: true, details: { subject: 'nobody' } });
        await expect(here.request('nobody', null, { timeoutMs: 3_600_000 })).rejects.toThrow(error);
      });

      it('fail with UNAVAILABLE when everybody has left', async () => {
        const { here, there } = await open();
        const heard = await listen(there, 'a.*', { queue: 'q' });
        heard.subscription.unsubscribe();
        await there.flush();
        await expect(here.request('a.b', null, { timeoutMs: PATIENCE_MS })).rejects.toThrow(
          expect.objectContaining({ code: 'UNAVAILABLE' }),
        );
      });

      it('fail with DEADLINE_EXCEEDED when no answer comes in time', async () => {
        const { here, there } = await open();
        await listen(there, 'silent');
        const error = expect.objectContaining({
          code: 'DEADLINE_EXCEEDED',
          details: { subject: 'silent', timeoutMs: 20 },
        });
        await expect(here.request('silent', null, { timeoutMs: 20 })).rejects.toThrow(error);
      });

      it('do not mistake a late answer for that of another request', async () => {
        const { here, there } = await open();
        let late: string | undefined;
        await listen(there, 'ask', {
          onMessage: ({ reply, body }) => {
            if (body === 'first') late = reply;
            else {
              there.publish(late ?? '', 'too late');
              there.publish(reply ?? '', 'in time');
            }
          },
        });
        await expect(here.request('ask', 'first', { timeoutMs: 20 })).rejects.toThrow();
        expect((await here.request('ask', 'second', { timeoutMs: PATIENCE_MS })).body).toBe('in time');
      });

      it('fail with CANCELLED when the signal aborts, before or while they wait', async () => {
        const { here, there } = await open();
        const heard = await listen(there, 'silent');
        const cancelled = expect.objectContaining({ code: 'CANCELLED', cause: 'reason' });
        const controller = new AbortController();
        const request = here.request('silent', 1, { timeoutMs: PATIENCE_MS, signal: controller.signal });
        await heard.until(() => true);
        controller.abort('reason');
        await expect(request).rejects.toThrow(cancelled);
        await expect(here.request('silent', 2, { timeoutMs: PATIENCE_MS, signal: controller.signal })).rejects.toThrow(
          cancelled,
        );
        here.publish('silent', 3);
        await heard.until(({ body }) => body === 3);
        expect(heard.bodies()).toEqual([1, 3]);
      });

      it.each([0, -1, Number.NaN, Infinity, 86_400_001])('refuse to wait for %s ms', async (timeoutMs) => {
        const { here } = await open();
        await expect(here.request('a', null, { timeoutMs })).rejects.toThrow(
          expect.objectContaining({ code: 'INVALID_REQUEST' }),
        );
      });

      it('reach one member of a queue group', async () => {
        const { here, there } = await open();
        for (const name of ['x', 'y']) {
          await listen(there, 'who', { queue: 'q', onMessage: ({ reply }) => there.publish(reply ?? '', name) });
        }
        const names = new Set<unknown>();
        for (let asked = 0; asked < 64; asked++)
          names.add((await here.request('who', null, { timeoutMs: PATIENCE_MS })).body);
        expect(names).toEqual(new Set(['x', 'y']));
      });
    });

    describe('no responders', () => {
      it('are told to the reply subject by a message with the header Status: 503', async () => {
        const { here } = await open();
        const inbox = here.inbox();
        const heard = await listen(here, inbox);
        here.publish('nobody', 'x', { reply: inbox });
        await heard.until(() => true);
        expect(heard.messages[0]?.headers).toEqual({ Status: '503' });
        expect(heard.messages[0]?.subject).toBe(inbox);
      });

      it('are not told when somebody listens, and not of a message without reply', async () => {
        const { here, there } = await open();
        const inbox = here.inbox();
        const heard = await listen(here, inbox);
        await listen(there, 'somebody');
        here.publish('somebody', 'x', { reply: inbox });
        here.publish('nobody', 'x');
        here.publish(inbox, 'marker');
        await heard.until(({ body }) => body === 'marker');
        expect(heard.messages).toHaveLength(1);
      });
    });

    describe('messages that may travel together', () => {
      it('arrive one by one, each with subject, body and reply of its own', async () => {
        const { here, there } = await open();
        const inbox = here.inbox();
        const answers = await listen(here, `${inbox}.*`);
        const asked = await listen(there, 'ask.*', {
          onMessage: ({ body, reply }) => {
            const id = Reflect.get(Object(body), 'id');
            there.publish(reply ?? '', { id, answer: true }, { coalesce: true });
          },
        });
        const ids = Array.from({ length: 70 }, (_, number) => `i${number}`);
        for (const id of ids) here.publish('ask.x', { id }, { reply: `${inbox}.${id}`, coalesce: true });
        await answers.until(({ subject }) => subject === `${inbox}.i69`);
        expect(asked.messages.map(({ subject, body, reply }) => ({ subject, body, reply }))).toEqual(
          ids.map((id) => ({ subject: 'ask.x', body: { id }, reply: `${inbox}.${id}` })),
        );
        expect(answers.messages).toEqual(ids.map((id) => ({ subject: `${inbox}.${id}`, body: { id, answer: true } })));
      });

      it('keep their place among others to the same subject', async () => {
        const { here, there } = await open();
        const heard = await listen(there, 'a.*');
        for (let number = 0; number < 10; number++) {
          here.publish('a.1', { id: '1', number }, { coalesce: number % 3 !== 0 });
        }
        await heard.until(({ body }) => Reflect.get(Object(body), 'number') === 9);
        expect(heard.bodies().map((body) => Reflect.get(Object(body), 'number'))).toEqual([
          0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
        ]);
      });

      it('are each told when nobody listens', async () => {
        const { here } = await open();
        const inbox = here.inbox();
        const heard = await listen(here, `${inbox}.*`);
        for (const id of ['1', '2']) here.publish('nobody', { id }, { reply: `${inbox}.${id}`, coalesce: true });
        await heard.until(({ subject }) => subject === `${inbox}.2`);
        expect(heard.messages.map(({ subject, headers }) => [subject, headers])).toEqual([
          [`${inbox}.1`, { Status: '503' }],
          [`${inbox}.2`, { Status: '503' }],
        ]);
      });
    });

    describe('inboxes', () => {
      it('are subjects under _INBOX. that nobody else uses, also with a token more', async () => {
        const { here, there } = await open();
        const inboxes = Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? here : there).inbox());
        expect(new Set(inboxes).size).toBe(50);
        for (const inbox of inboxes) expect(inbox).toMatch(/^_INBOX\.[^.*>\s]+(\.[^.*>\s]+)*$/);
        const heard = await listen(here, `${inboxes[0]}.*`);
        there.publish(`${inboxes[0]}.7`, 'x');
        await heard.until(() => true);
        expect(heard.messages[0]?.subject).toBe(`${inboxes[0]}.7`);
      });
    });

    describe('handlers that throw', () => {
      it('harm nobody else, and what they throw goes to onError', async () => {
        const { here, there, errors } = await open();
        there.subscribe('a', () => {
          throw new Error('sync');
        });
        there.subscribe('a', async () => {
          throw new Error('async');
        });
        const heard = await listen(there, 'a');
        here.publish('a', 1);
        here.publish('a', 2);
        await heard.until(({ body }) => body === 2);
        await there.flush();
        expect(errors.map((error) => (error instanceof Error ? error.message : error)).sort()).toEqual([
          'async',
          'async',
          'sync',
          'sync',
        ]);
      });
    });

    describe('a closed bus', () => {
      it('refuses everything with CLOSED', async () => {
        const { here } = await open();
        const subscription = here.subscribe('a', () => {});
        await here.close();
        const isClosed = expect.objectContaining({ code: 'CLOSED' });
        expect(() => here.publish('a', null)).toThrow(isClosed);
        expect(() => here.subscribe('a', () => {})).toThrow(isClosed);
        await expect(here.request('a', null, { timeoutMs: PATIENCE_MS })).rejects.toThrow(isClosed);
        await expect(here.flush()).rejects.toThrow(isClosed);
        subscription.unsubscribe();
        await here.close();
      });

      it('fails the requests that wait with CLOSED', async () => {
        const { here, there } = await open();
        const heard = await listen(there, 'silent');
        const outcomes = Promise.allSettled(
          [1, 2].map((body) => here.request('silent', body, { timeoutMs: PATIENCE_MS })),
        );
        await heard.until(({ body }) => body === 2);
        await here.close();
        for (const outcome of await outcomes) {
          expect(outcome.status).toBe('rejected');
          if (outcome.status === 'rejected') expect(HeliosError.is(outcome.reason, 'CLOSED')).toBe(true);
        }
      });
    });
  });
}
