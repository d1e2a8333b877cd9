/**
 * What every journal does, wherever it keeps things. Nothing here relies on how fast: what must come is awaited, what
 * must not come is looked for after something that came later.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { Delivery, Journal, JournalBounds, JournalEvent, JournalRecord } from '../../src/bus/journal.js';
import { HeliosError } from '../../src/protocol/errors.js';
import type { DeadMessage, OutcomeMessage } from '../../src/protocol/index.js';

/** Two ends of one journal: over NATS two connections, in one process the same object twice. */
export interface JournalEnds {
  readonly here: Journal;
  readonly there: Journal;
  stop?(): Promise<void>;
}

export interface JournalSettings {
  readonly ackWaitMs: number;
  readonly maxDeliver?: number;
  readonly bounds?: Partial<JournalBounds>;
}

export type MakeJournal = (settings: JournalSettings) => Promise<JournalEnds>;

/** Milliseconds in which what must come has come; a journal that is wrong takes as long to fail. */
const PATIENCE_MS = 10_000;
/** So long that it plays no part. */
const LONG_ACK_WAIT_MS = 60_000;

export function outcome(id: string, fields: Partial<OutcomeMessage> = {}): OutcomeMessage {
  const about = { id, type: 'agent', object: `agents/${id}`, at: '2026-01-31T12:00:00.000Z' };
  const timings = { queueUs: 1, restoreUs: 2, totalUs: 3 };
  const rest = { state: 'materialized' as const, root: 'ab'.repeat(32), bytes: 10, worker: 'w', attempt: 1, timings };
  return { ...about, ...rest, ...fields } as OutcomeMessage;
}

export function failure(id: string): OutcomeMessage {
  const error = { code: 'UNKNOWN_OBJECT' as const, message: 'There is none.', retryable: false };
  return { id, type: '_', object: 'agents/7', at: '2026-01-31T12:00:00.000Z', state: 'failed', error };
}

export function letter(id: string): DeadMessage {
  const error = { code: 'INTERNAL' as const, message: 'Workers died of it.', retryable: false };
  const about = { id, type: 'agent', object: 'agents/7', at: '2026-01-31T12:00:00.000Z' };
  return { ...about, reason: 'poison', error, workers: ['a', 'b', 'c'], lane: 'high', request: { object: 'agents/7' } };
}

/** Deliveries of one lane, asked for until enough have come. */
export async function take(
  journal: Journal,
  count: number,
  {
    lane = 'normal' as const,
    onDelivery = (_: Delivery) => {},
  }: { lane?: 'urgent' | 'high' | 'normal' | 'background'; onDelivery?: (delivery: Delivery) => void } = {},
): Promise<Delivery[]> {
  const deliveries: Delivery[] = [];
  while (deliveries.length < count) {
    const pull = journal.requests.pull(lane, count - deliveries.length, PATIENCE_MS, (delivery) => {
      deliveries.push(delivery);
      onDelivery(delivery);
    });
    await pull.ended;
  }
  return deliveries;
}

/** Begins to read events, and resolves when nothing is missed any more. */
export async function listen(journal: Journal, options: Omit<Parameters<Journal['events']['read']>[0], 'signal'> = {}) {
  const abort = new AbortController();
  const found: JournalEvent[] = [];
  let check = () => {};
  let started = () => {};
  const begun = new Promise<void>((resolve) => {
    started = resolve;
  });
  const done = (async () => {
    for await (const event of journal.events.read({ ...options, signal: abort.signal, started })) {
      found.push(event);
      check();
    }
  })();
  await Promise.race([begun, done]);
  return {
    found,
    ids: () => found.map(({ event }) => event.id),
    done,
    abort: () => abort.abort(),
    until: (count: number) =>
      new Promise<void>((resolve) => {
        check = () => found.length >= count && resolve();
        check();
      }),
  };
}

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (HeliosError.is(error)) return error.code;
    throw error;
  }
  return 'none';
}

export function journalContract(name: string, make: MakeJournal): void {
  describe(`the journal contract: ${name}`, () => {
    const cleanUps: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
    });

    async function open(settings: Partial<JournalSettings> = {}) {
      const ends = await make({ ackWaitMs: LONG_ACK_WAIT_MS, ...settings });
      cleanUps.push(async () => {
        await ends.here.close();
        await ends.there.close();
        await ends.stop?.();
      });
      return ends;
    }

    describe('requests', () => {
      it('carries a request with its facts', async () => {
        const { here, there } = await open();
        const body = { object: 'agents/7', priority: 0.5, at: new Date(5), big: 10n, bytes: new Uint8Array([1, 2]) };
        const traceparent = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;
        const before = here.now();
        const { sequence, isDuplicate } = await here.requests.submit('normal', 'agent', body, {
          key: 'k 1',
          traceparent,
        });
        expect(isDuplicate).toBe(false);
        const [delivery] = await take(there, 1);
        expect(delivery).toMatchObject({ body, key: 'k 1', traceparent, isJson: false, sequence, delivered: 1 });
        expect(delivery?.fault).toBeUndefined();
        expect(delivery?.subject).toMatch(/\.request\.normal\.agent$/);
        expect(Math.abs((delivery?.at ?? 0) - before)).toBeLessThan(2_000);
      });

      it('carries a request as JSON, and one whose type nobody knows', async () => {
        const { here } = await open();
        const body = { root: 'ab'.repeat(32), list: [1, null, new Map([[1, 'x']])] };
        await here.requests.submit('high', undefined, body, { isJson: true });
        const [delivery] = await take(here, 1, { lane: 'high' });
        expect(delivery).toMatchObject({ body, isJson: true });
        expect(delivery?.key).toBeUndefined();
        expect(delivery?.traceparent).toBeUndefined();
        expect(delivery?.subject).toMatch(/\.request\.high\._$/);
      });

      it('takes a key once, whatever its letters', async () => {
        const { here, there } = await open();
        for (const key of ['plain', '=x', ' with\r\nlines ', '日本', 'é', `${'long'.repeat(256)}`]) {
          const first = await here.requests.submit('normal', 'agent', { key }, { key });
          const second = await there.requests.submit('normal', 'agent', { key }, { key });
          expect(second).toEqual({ sequence: first.sequence, isDuplicate: true });
          const [delivery] = await take(here, 1);
          expect(delivery).toMatchObject({ body: { key }, key });
          delivery?.ack();
        }
        await expect.poll(() => there.requests.size(), { timeout: PATIENCE_MS }).toBe(0);
      });

      it('takes a key again when its window is over, and makes no second outcome for that', async () => {
        const { here } = await open({ bounds: { duplicateWindowMs: 200 } });
        expect(await here.outcomes.create(outcome('a'))).toBe(true);
        await here.requests.submit('normal', 'agent', {}, { key: 'k' });
        const again = async () => (await here.requests.submit('normal', 'agent', {}, { key: 'k' })).isDuplicate;
        await expect.poll(again, { timeout: PATIENCE_MS, interval: 50 }).toBe(false);
        expect(await here.outcomes.create(outcome('a', { worker: 'other' }))).toBe(false);
      });

      it('gives out in order, lane by lane', async () => {
        const { here, there } = await open();
        for (let n = 0; n < 40; n++) await here.requests.submit(n % 2 === 0 ? 'normal' : 'urgent', 'agent', { n });
        const urgent = await take(there, 20, { lane: 'urgent' });
        expect(urgent.map(({ body }) => body)).toEqual(Array.from({ length: 20 }, (_, n) => ({ n: 2 * n + 1 })));
        const normal = await take(there, 20);
        expect(normal.map(({ body }) => body)).toEqual(Array.from({ length: 20 }, (_, n) => ({ n: 2 * n })));
      });

      it('keeps the order of a long queue that is taken out meanwhile', async () => {
        const { here } = await open();
        const all = Array.from({ length: 3_000 }, (_, n) => n);
        await Promise.all(all.map((n) => here.requests.submit('normal', 'agent', { n })));
        const deliveries = await take(here, 3_000, { onDelivery: (delivery) => delivery.ack() });
        expect(deliveries.map(({ sequence }) => sequence)).toEqual(all.map((n) => n + 1));
        expect(deliveries.map(({ body }) => body)).toEqual(all.map((n) => ({ n })));
        await expect.poll(() => here.requests.size(), { timeout: PATIENCE_MS }).toBe(0);
      });

      it('waits for what comes, and counts what may still come', async () => {
        const { here, there } = await open();
        const seen: number[] = [];
        const pull = there.requests.pull('normal', 2, PATIENCE_MS, () => seen.push(pull.outstanding));
        expect(pull.outstanding).toBe(2);
        await here.requests.submit('normal', 'agent', {});
        await here.requests.submit('normal', 'agent', {});
        await pull.ended;
        expect(seen).toEqual([1, 0]);
        expect(pull.outstanding).toBe(0);
      });

      it('ends a pull when its time is up, also one that does not wait', async () => {
        const { here } = await open();
        await here.requests.submit('normal', 'agent', {});
        for (const waitMs of [0, 50]) {
          const deliveries: Delivery[] = [];
          const pull = here.requests.pull('normal', 5, waitMs, (delivery) => deliveries.push(delivery));
          await pull.ended;
          expect(pull.outstanding).toBe(0);
          expect(deliveries).toHaveLength(waitMs === 0 ? 1 : 0);
        }
        await here.requests.pull('normal', 0, PATIENCE_MS, () => {}).ended;
      });

      it('gives each request to one of those who ask', async () => {
        const { here, there } = await open();
        const taken = [take(here, 10), take(there, 10)];
        for (let n = 0; n < 20; n++) await here.requests.submit('normal', 'agent', { n });
        const sequences = (await Promise.all(taken)).flat().map(({ sequence }) => sequence);
        expect(sequences.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
      });

      it('gives no more to a pull that was stopped, and loses nothing by it', async () => {
        const { here, there } = await open();
        const early: Delivery[] = [];
        const pull = here.requests.pull('normal', 5, PATIENCE_MS, (delivery) => early.push(delivery));
        await here.requests.submit('normal', 'agent', { n: 1 });
        await expect.poll(() => early.length, { timeout: PATIENCE_MS }).toBe(1);
        pull.stop();
        pull.stop();
        expect(pull.outstanding).toBe(0);
        await pull.ended;
        await there.requests.submit('normal', 'agent', { n: 2 });
        const [delivery] = await take(there, 1);
        expect(delivery).toMatchObject({ body: { n: 2 }, delivered: 1 });
        expect(early).toHaveLength(1);
      });

      it('takes out what is acknowledged, once and for all', async () => {
        const { here, there } = await open({ ackWaitMs: 200 });
        await here.requests.submit('normal', 'agent', { n: 1 });
        expect(await there.requests.size()).toBe(1);
        const [first] = await take(there, 1);
        first?.ack();
        await expect.poll(() => here.requests.size(), { timeout: PATIENCE_MS }).toBe(0);
        first?.nak(0);
        first?.working();
        await here.requests.submit('normal', 'agent', { n: 2 });
        const [second] = await take(here, 1);
        const [again] = await take(here, 1);
        expect([second, again].map((delivery) => delivery?.body)).toEqual([{ n: 2 }, { n: 2 }]);
        again?.ack();
      });

      it('gives out again what was not acknowledged, and counts', async () => {
        const { here, there } = await open({ ackWaitMs: 150 });
        expect(here.requests.ackWaitMs).toBe(150);
        await here.requests.submit('normal', 'agent', { n: 1 });
        const counts: number[] = [];
        for (let times = 0; times < 3; times++) {
          const [delivery] = await take(times % 2 === 0 ? here : there, 1);
          counts.push(delivery?.delivered ?? 0);
        }
        expect(counts).toEqual([1, 2, 3]);
      });

      it('gives out again what was given back: at once, or after a while', async () => {
        const { here } = await open();
        await here.requests.submit('normal', 'agent', { n: 1 });
        const [first] = await take(here, 1);
        first?.nak(0);
        const [second] = await take(here, 1);
        const start = performance.now();
        second?.nak(300);
        const [third] = await take(here, 1);
        expect(performance.now() - start).toBeGreaterThan(250);
        expect([first, second, third].map((delivery) => delivery?.delivered)).toEqual([1, 2, 3]);
      });

      it('leaves a delivery to whoever works on it', async () => {
        const { here, there } = await open({ ackWaitMs: 1_000 });
        await here.requests.submit('normal', 'agent', { n: 1 });
        const [mine] = await take(here, 1);
        const others: Delivery[] = [];
        const pull = there.requests.pull('normal', 1, PATIENCE_MS, (delivery) => others.push(delivery));
        for (let times = 0; times < 18; times++) {
          await new Promise((resolve) => setTimeout(resolve, 100));
          mine?.working();
        }
        expect(others).toHaveLength(0);
        // When it says so no more, another one has it.
        await pull.ended;
        expect(others[0]).toMatchObject({ delivered: 2 });
      });

      it('gives out no more what was given out too often, and keeps it', async () => {
        const { here } = await open({ maxDeliver: 2 });
        await here.requests.submit('normal', 'agent', { n: 1 });
        for (let times = 0; times < 2; times++) for (const delivery of await take(here, 1)) delivery.nak(0);
        await here.requests.submit('normal', 'agent', { n: 2 });
        const [next] = await take(here, 1);
        expect(next?.body).toEqual({ n: 2 });
        await here.requests.pull('normal', 1, 100, () => expect.unreachable()).ended;
        expect(await here.requests.size()).toBe(2);
      });

      it('refuses more than fits, and takes it when there is room again', async () => {
        const { here } = await open({ bounds: { requestBytes: 65_536 } });
        const body = { text: 'x'.repeat(8_192) };
        let accepted = 0;
        const fill = async () => {
          for (; accepted < 100; accepted++) await here.requests.submit('normal', 'agent', body);
        };
        expect(await refusal(fill())).toBe('OVERLOADED');
        expect(accepted).toBeGreaterThan(2);
        for (const delivery of await take(here, 2)) delivery.ack();
        await expect
          .poll(() => refusal(here.requests.submit('normal', 'agent', body)), { timeout: PATIENCE_MS })
          .toBe('none');
      });

      it('drops what is too old', async () => {
        const { here } = await open({ bounds: { keepMs: 300, duplicateWindowMs: 200 } });
        await here.requests.submit('normal', 'agent', {});
        await expect.poll(() => here.requests.size(), { timeout: PATIENCE_MS, interval: 50 }).toBe(0);
        await here.requests.pull('normal', 1, 0, () => expect.unreachable()).ended;
      });

      it('refuses what can be no request', async () => {
        const { here } = await open();
        expect(await refusal(here.requests.submit('normal', 'a b', {}))).toBe('INVALID_REQUEST');
        expect(await refusal(here.requests.submit('normal', 'a.*', {}))).toBe('INVALID_REQUEST');
        const lane: unknown = 'idle';
        expect(await refusal(here.requests.submit(lane as 'normal', 'agent', {}))).toBe('INVALID_REQUEST');
        expect(() => here.requests.pull(lane as 'normal', 1, 0, () => {})).toThrow(/A lane is one of urgent/);
      });

      it('knows when it was made', async () => {
        const { here, there } = await open();
        expect(there.requests.created).toBe(here.requests.created);
        expect(Math.abs(Date.parse(here.requests.created) - here.now())).toBeLessThan(60_000);
      });
    });

    describe('outcomes', () => {
      it('creates one for an id, and keeps it as it was', async () => {
        const { here, there } = await open();
        const value = { hp: 10n, at: new Date(5), bytes: new Uint8Array([1]), map: new Map([['a', -0]]) };
        const first = outcome('a', { value, version: 3 });
        expect(await here.outcomes.get('a')).toBeUndefined();
        expect(await here.outcomes.create(first)).toBe(true);
        expect(await there.outcomes.create(failure('a'))).toBe(false);
        expect(await here.outcomes.create(first)).toBe(false);
        expect(await there.outcomes.get('a')).toEqual(first);
        expect(await here.outcomes.create(failure('b'))).toBe(true);
        expect(await there.outcomes.get('b')).toEqual(failure('b'));
      });

      it('lets one of many win', async () => {
        const { here, there } = await open();
        const tries = Array.from({ length: 50 }, (_, attempt) =>
          (attempt % 2 === 0 ? here : there).outcomes.create(outcome('a', { attempt: attempt + 1 })),
        );
        const won = await Promise.all(tries);
        expect(won.filter(Boolean)).toHaveLength(1);
        expect(await here.outcomes.get('a')).toMatchObject({ attempt: won.indexOf(true) + 1 });
      });

      it('tells whoever waits, once, whether it was there or comes', async () => {
        const { here, there } = await open();
        const told: string[] = [];
        const early = new Promise<OutcomeMessage>((resolve) => {
          here.outcomes.watch('a', (found) => {
            told.push('early');
            resolve(found);
          });
        });
        here.outcomes.watch('a', () => told.push('gone')).unsubscribe();
        await there.outcomes.create(outcome('a'));
        expect(await early).toEqual(outcome('a'));
        await there.outcomes.create(failure('a'));
        const late = await new Promise<OutcomeMessage>((resolve) => here.outcomes.watch('a', resolve));
        expect(late).toEqual(outcome('a'));
        expect(told).toEqual(['early']);
      });

      it('tells whoever begins to wait while it is created', async () => {
        const { here, there } = await open();
        const all = Array.from({ length: 50 }, (_, n) => `id-${n}`);
        const waits = all.map(async (id, n) => {
          const created = n % 2 === 0 ? there.outcomes.create(outcome(id)) : undefined;
          const found = new Promise<OutcomeMessage>((resolve) => here.outcomes.watch(id, resolve));
          await (created ?? there.outcomes.create(outcome(id)));
          return (await found).id;
        });
        expect(await Promise.all(waits)).toEqual(all);
      });

      it('refuses ids that are none', async () => {
        const { here } = await open();
        expect(await refusal(here.outcomes.create(outcome('a b')))).toBe('INVALID_REQUEST');
        expect(await refusal(here.outcomes.get('a.b'))).toBe('INVALID_REQUEST');
        expect(await refusal(here.events.append(outcome('a.b')))).toBe('INVALID_REQUEST');
        expect(await refusal(here.dead.get(''))).toBe('INVALID_REQUEST');
        expect(await refusal(here.outcomes.get('*'))).toBe('INVALID_REQUEST');
        expect(() => here.outcomes.watch('>', () => {})).toThrow(HeliosError);
      });

      it('forgets old ones', async () => {
        const { here } = await open({ bounds: { keepMs: 300, duplicateWindowMs: 200 } });
        await here.outcomes.create(outcome('a'));
        const isThere = async () => (await here.outcomes.get('a')) !== undefined;
        await expect.poll(isThere, { timeout: PATIENCE_MS, interval: 50 }).toBe(false);
        expect(await here.outcomes.create(outcome('a'))).toBe(true);
      });
    });

    describe('events', () => {
      it('reads what comes from now on, in order', async () => {
        const { here, there } = await open();
        await here.events.append(outcome('before'));
        const reader = await listen(there);
        const all = Array.from({ length: 300 }, (_, n) => `id-${n}`);
        for (const id of all) void here.events.append(outcome(id));
        await reader.until(300);
        expect(reader.ids()).toEqual(all);
        expect(reader.found[0]?.event).toEqual(outcome('id-0'));
        reader.abort();
        await reader.done;
      });

      it('reads on behind a cursor', async () => {
        const { here, there } = await open();
        const start = await here.events.latest();
        for (const id of ['a', 'b', 'c', 'd']) await here.events.append(outcome(id));
        const all = await listen(there, { after: start });
        await all.until(4);
        expect(all.ids()).toEqual(['a', 'b', 'c', 'd']);
        const rest = await listen(here, { after: all.found[1]?.cursor ?? '' });
        await there.events.append(outcome('e'));
        await rest.until(3);
        expect(rest.ids()).toEqual(['c', 'd', 'e']);
        expect(rest.found[1]?.cursor).toBe(all.found[3]?.cursor);
        const none = await listen(here, { after: await here.events.latest() });
        await there.events.append(outcome('f'));
        await none.until(1);
        expect(none.ids()).toEqual(['f']);
        for (const reader of [all, rest, none]) reader.abort();
      });

      it('passes over what is not meant', async () => {
        const { here, there } = await open();
        const start = await here.events.latest();
        const readers = await Promise.all([
          listen(there, { after: start, state: 'failed' }),
          listen(there, { after: start, type: 'agent' }),
          listen(there, { after: start, id: 'b' }),
          listen(there, { after: start, state: 'materialized', type: 'agent', id: 'c' }),
        ]);
        await here.events.append(outcome('a'));
        await here.events.append(failure('b'));
        await here.events.append(outcome('c', { type: 'place' }));
        await here.events.append(outcome('d'));
        await Promise.all([readers[0]?.until(1), readers[1]?.until(2), readers[2]?.until(1)]);
        expect(readers.map((reader) => reader.ids())).toEqual([['b'], ['a', 'd'], ['b'], []]);
        for (const reader of readers) reader.abort();
      });

      it('appends the same event once', async () => {
        const { here, there } = await open();
        const reader = await listen(there);
        await here.events.append(outcome('a'));
        await there.events.append(outcome('a'));
        await here.events.append(outcome('b'));
        await reader.until(2);
        expect(reader.ids()).toEqual(['a', 'b']);
        reader.abort();
      });

      it('ends with its signal, also before it begins, and when its reader leaves', async () => {
        const { here } = await open();
        const waiting = await listen(here);
        waiting.abort();
        await waiting.done;
        const over: AsyncIterable<JournalEvent> = here.events.read({ signal: AbortSignal.abort() });
        for await (const _ of over) expect.unreachable();
        const start = await here.events.latest();
        await here.events.append(outcome('a'));
        await here.events.append(outcome('b'));
        for await (const { event } of here.events.read({ after: start })) {
          expect(event.id).toBe('a');
          break;
        }
      });

      it('refuses cursors that are none, of another journal, of the future, or too old', async () => {
        const { here, there } = await open({ bounds: { eventBytes: 65_536 } });
        const read = (after: string) => refusal(listen(there, { after }).then(({ done }) => done));
        for (const cursor of ['', 'x', '1', 'abc-', 'abc--1', 'abc-01', `abc-${'9'.repeat(17)}`, '../-1']) {
          expect(await read(cursor), cursor).toBe('INVALID_REQUEST');
        }
        const first = await here.events.latest();
        expect(await read('abc-0')).toBe('STALE_REFERENCE');
        expect(await read(first.replace(/-0$/, '-1'))).toBe('STALE_REFERENCE');
        const value = 'x'.repeat(8_192);
        for (let n = 0; n < 20; n++) await here.events.append(outcome(`id-${n}`, { value }));
        expect(await read(first)).toBe('STALE_REFERENCE');
        await expect(listen(there, { after: first }).then(({ done }) => done)).rejects.toThrow(/without 'after'/);
      });
    });

    describe('records', () => {
      it('writes what is as expected, and nothing else', async () => {
        const { here, there } = await open();
        expect(await here.records.get('policy')).toBeUndefined();
        const first = (await here.records.put('policy', { level: 'normal', list: [1, null] }, 0)) ?? 0;
        expect(first).toBeGreaterThan(0);
        expect(await there.records.put('policy', { level: 'high' }, 0)).toBeUndefined();
        expect(await there.records.get('policy')).toEqual({
          value: { level: 'normal', list: [1, null] },
          revision: first,
        });
        const second = (await there.records.put('policy', 'text', first)) ?? 0;
        expect(second).toBeGreaterThan(first);
        expect(await here.records.put('policy', 'late', first)).toBeUndefined();
        expect(await here.records.get('policy')).toEqual({ value: 'text', revision: second });
      });

      it('lets one of many win', async () => {
        const { here, there } = await open();
        const puts = Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? here : there).records.put('store', { n }, 0));
        const won = (await Promise.all(puts)).filter((revision) => revision !== undefined);
        expect(won).toHaveLength(1);
        expect((await here.records.get('store'))?.revision).toBe(won[0]);
      });

      it('deletes, and takes the key again', async () => {
        const { here, there } = await open();
        await here.records.delete('kill.a');
        const first = (await here.records.put('kill.a', { workers: ['x'] }, 0)) ?? 0;
        await there.records.delete('kill.a');
        await there.records.delete('kill.a');
        expect(await here.records.get('kill.a')).toBeUndefined();
        expect(await here.records.put('kill.a', 1, first)).toBeUndefined();
        const second = (await here.records.put('kill.a', { workers: ['y'] }, 0)) ?? 0;
        expect(second).toBeGreaterThan(first);
        expect(await there.records.get('kill.a')).toEqual({ value: { workers: ['y'] }, revision: second });
      });

      it('tells whoever watches what is, and each change', async () => {
        const { here, there } = await open();
        const watch = (key: string) => {
          const seen: unknown[] = [];
          const subscription = there.records.watch(key, (record: JournalRecord | undefined) =>
            seen.push(record?.value),
          );
          return { seen, subscription };
        };
        const early = watch('policy');
        const first = (await here.records.put('policy', 1, 0)) ?? 0;
        await expect.poll(() => early.seen, { timeout: PATIENCE_MS }).toEqual([1]);
        const late = watch('policy');
        await expect.poll(() => late.seen, { timeout: PATIENCE_MS }).toEqual([1]);
        await here.records.put('other', 'x', 0);
        await here.records.put('policy', 2, first);
        await expect
          .poll(() => [early.seen, late.seen], { timeout: PATIENCE_MS })
          .toEqual([
            [1, 2],
            [1, 2],
          ]);
        late.subscription.unsubscribe();
        await here.records.delete('policy');
        await expect.poll(() => early.seen, { timeout: PATIENCE_MS }).toEqual([1, 2, undefined]);
        expect(late.seen).toEqual([1, 2]);
        early.subscription.unsubscribe();
        late.subscription.unsubscribe();
      });

      it('hands out copies', async () => {
        const { here } = await open();
        const value = { list: [1] };
        await here.records.put('policy', value, 0);
        value.list.push(2);
        const found = await here.records.get('policy');
        expect(found?.value).toEqual({ list: [1] });
      });

      it('forgets those about one thing, and keeps the others', async () => {
        const { here } = await open({ bounds: { keepMs: 300, duplicateWindowMs: 200 } });
        await here.records.put('policy', 1, 0);
        await here.records.put('kill.a', 1, 0);
        const isThere = async () => (await here.records.get('kill.a')) !== undefined;
        await expect.poll(isThere, { timeout: PATIENCE_MS, interval: 50 }).toBe(false);
        expect((await here.records.get('policy'))?.value).toBe(1);
      });

      it('refuses keys that NATS would not take, and more than fits', async () => {
        const { here } = await open({ bounds: { recordBytes: 65_536 } });
        for (const key of ['', 'a b', '.a', 'a.', 'a..b', 'a*', 'é', 'x'.repeat(1_025)]) {
          expect(await refusal(here.records.put(key, 1, 0)), key).toBe('INVALID_REQUEST');
        }
        const fill = async () => {
          for (let n = 0; n < 100; n++) await here.records.put(`key-${n}`, 'x'.repeat(8_192), 0);
        };
        expect(await refusal(fill())).toBe('OVERLOADED');
      });
    });

    describe('dead letters', () => {
      it('keeps them until they are taken out', async () => {
        const { here, there } = await open();
        for (const id of ['a', 'b', 'c']) await here.dead.add(letter(id));
        await here.dead.add({ ...letter('a'), lane: 'urgent' });
        expect(await there.dead.get('a')).toEqual({ ...letter('a'), lane: 'urgent' });
        expect(await there.dead.get('x')).toBeUndefined();
        const listed = async () => {
          const ids: string[] = [];
          for await (const { id } of there.dead.list()) ids.push(id);
          return ids;
        };
        expect(await listed()).toEqual(['b', 'c', 'a']);
        expect(await there.dead.remove('b')).toBe(true);
        expect(await here.dead.remove('b')).toBe(false);
        expect(await listed()).toEqual(['c', 'a']);
      });
    });

    it('has one time for all ends, which goes on', async () => {
      const { here, there } = await open();
      expect(Math.abs(here.now() - there.now())).toBeLessThan(500);
      const before = here.now();
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(here.now()).toBeGreaterThan(before);
    });

    it('ends what waits when it is closed, and refuses what comes then', async () => {
      const { here } = await open();
      const pull = here.requests.pull('normal', 1, PATIENCE_MS, () => expect.unreachable());
      const reader = await listen(here);
      here.outcomes.watch('a', () => expect.unreachable());
      here.records.watch('policy', () => expect.unreachable());
      await here.close();
      await here.close();
      await pull.ended;
      await reader.done;
      const late = here.requests.pull('normal', 1, PATIENCE_MS, () => expect.unreachable());
      expect(late.outstanding).toBe(0);
      await late.ended;
      here.outcomes.watch('a', () => expect.unreachable()).unsubscribe();
      here.records.watch('policy', () => expect.unreachable()).unsubscribe();
      const iterate = async (iterable: AsyncIterable<unknown>) => {
        for await (const _ of iterable) expect.unreachable();
      };
      const works = [
        () => here.requests.submit('normal', 'agent', {}),
        () => here.requests.size(),
        () => here.outcomes.create(outcome('a')),
        () => here.outcomes.get('a'),
        () => here.events.append(outcome('a')),
        () => here.events.latest(),
        () => iterate(here.events.read({})),
        () => here.records.get('policy'),
        () => here.records.put('policy', 1, 0),
        () => here.records.delete('policy'),
        () => here.dead.add(letter('a')),
        () => here.dead.get('a'),
        () => here.dead.remove('a'),
        () => iterate(here.dead.list()),
      ];
      for (const work of works) expect(await refusal(work()), String(work)).toBe('CLOSED');
    });
  });
}
