import { deepStrictEqual } from 'node:assert';
import { expect, test, vi } from 'vitest';
import { waitFor } from 'xstate';
import { z } from 'zod';
import { defineType, HeliosError, type MaterializeRequest } from '../../src/index.js';
import { createManualClock } from '../../src/testing/index.js';
import { createFarStore } from '../farStore.js';
import { openHouse } from './house.js';

const Agent = defineType({ name: 'agent', schema: z.object({ hp: z.number() }) });

/** The states that a subscriber sees from now on. */
function seen(request: MaterializeRequest<unknown>): string[] {
  const states: string[] = [];
  request.actor.subscribe((snapshot) => states.push(snapshot.value));
  return states;
}

test('a request is queued when it returns, and its actor goes through restoring to materialized, cached or not', async () => {
  const { helios } = openHouse({ types: [Agent] });
  await helios.create(Agent, { hp: 7 }).save('agents/7');
  for (const expected of [{ source: 'local' }, { source: 'object' }]) {
    const request = helios.request(Agent, 'agents/7', { priority: 0.8 });
    expect(request.state).toBe('queued');
    const states = seen(request);
    const result = await request.result;
    expect(states).toEqual(['restoring', 'materialized']);
    expect(result).toMatchObject({ value: { hp: 7 }, mode: 'whole', attempt: 1, ...expected });
    expect(result.version).toMatchObject({ name: 'agents/7', version: 1, type: 'agent' });
    expect(result.timings.totalUs).toBeGreaterThan(0);
    expect(result.timings.queueUs + result.timings.restoreUs).toBeCloseTo(result.timings.totalUs, 0);
  }
  await helios.close();
});

test('one that is cancelled while it is queued never touches the store', async () => {
  const far = createFarStore();
  const { helios } = openHouse({ store: far.store });
  await helios.create('record', { a: 1 }).save('one');
  far.reads.length = 0;
  far.names.length = 0;
  const request = helios.request('one');
  const states = seen(request);
  request.cancel('not needed');
  expect(request.state).toBe('cancelled');
  await expect(request.result).rejects.toMatchObject({ code: 'CANCELLED' });
  await new Promise((resolve) => setImmediate(resolve));
  expect(states).toEqual(['cancelled']);
  expect([far.reads, far.names, far.fetches]).toEqual([[], [], []]);
  await helios.request('one').result;
  expect(far.names).toEqual(['one']);
  expect(request.actor.getSnapshot().context.reason).toBe('not needed');
  request.cancel();
  expect(request.state).toBe('cancelled');
  await helios.close();
});

test('the actor is an ordinary XState actor: it can be waited for, and makes no promise of its own', async () => {
  const { helios } = openHouse();
  await helios.create('list', [1, 2, 3]).save('numbers');
  const request = helios.request('numbers');
  const snapshot = await waitFor(request.actor, ({ status }) => status === 'done');
  expect(snapshot.output).toMatchObject({ state: 'materialized' });
  expect(request.result).toBe(request.result);
  expect((await request.result).value).toEqual([1, 2, 3]);
  await helios.close();
});

test('what was never awaited rejects nobody', async () => {
  const { helios } = openHouse();
  const rejected = vi.fn();
  process.once('unhandledRejection', rejected);
  const request = helios.request('nobody');
  await waitFor(request.actor, ({ status }) => status === 'done');
  await new Promise((resolve) => setImmediate(resolve));
  expect(rejected).not.toHaveBeenCalled();
  process.removeListener('unhandledRejection', rejected);
  await helios.close();
});

test('whatever is wrong arrives by the result, never as a throw', async () => {
  const { helios } = openHouse({ types: [Agent] });
  await helios.create(Agent, { hp: 1 }).save('agents/1');
  const ask = helios.request.bind(helios) as (...args: unknown[]) => MaterializeRequest<unknown>;
  const Other = defineType({ name: 'other', schema: z.object({}) });
  const gone = new AbortController();
  gone.abort(new Error('too late'));
  const root = helios.create('record', {}).root;
  const cases: [string, unknown[], string][] = [
    ['no arguments', [], 'INVALID_REQUEST'],
    ['a name that is not there', ['agents/l'], 'UNKNOWN_OBJECT'],
    ['a name that no head may have', ['a\u0000b'], 'INVALID_REQUEST'],
    ['another type than the object has', [Other, 'agents/1'], 'INVALID_REQUEST'],
    ['an unknown type', [{ root, type: 'nobody' }], 'UNKNOWN_TYPE'],
    ['a root that is none', [{ root: 'xyz', type: 'record' }], 'INVALID_REQUEST'],
    ['a root that nobody has', [{ root: '0'.repeat(64), type: 'record' }], 'MISSING_BLOCK'],
    ['a priority out of range', ['agents/1', { priority: 2 }], 'INVALID_REQUEST'],
    ['an urgency that is no number', ['agents/1', { urgency: Number.NaN }], 'INVALID_REQUEST'],
    ['a timeout of nothing', ['agents/1', { timeoutMs: 0 }], 'INVALID_REQUEST'],
    ['a path of bad syntax', ['agents/1', { paths: ['a['] }], 'INVALID_REQUEST'],
    ['a path to nothing', ['agents/1', { paths: ['hq'] }], 'UNKNOWN_PATH'],
    ['an aborted signal', ['agents/1', { signal: gone.signal }], 'CANCELLED'],
  ];
  for (const [what, args, code] of cases) {
    const error: unknown = await ask(...args).result.catch((reason: unknown) => reason);
    expect(HeliosError.is(error) ? error.code : error, what).toBe(code);
  }
  await expect(ask('agents/l').result).rejects.toThrow('Did you mean "agents/1"?');
  await expect(ask('agents/1', { paths: ['hq'] }).result).rejects.toThrow('hp');
  await helios.close();
});

test('a request that waits longer than its timeout expires, and its work is given up', async () => {
  const far = createFarStore();
  const clock = createManualClock();
  const { helios } = openHouse({ store: far.store, clock });
  await helios.create('record', { a: 1 }).save('one');
  far.forget();
  far.hold();
  const fetched = far.fetched();
  const patient = helios.request('one', { timeoutMs: 60_000 });
  const request = helios.request('one', { timeoutMs: 500 });
  await fetched;
  clock.advance(499);
  expect(request.state).toBe('restoring');
  clock.advance(100);
  expect(request.state).toBe('expired');
  await expect(request.result).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED', retryable: true });
  expect(patient.state).toBe('restoring');
  far.release();
  deepStrictEqual((await patient.result).value, { a: 1 });
  await helios.close();
});

test('one signal cancels all requests that hang on it, with one listener', async () => {
  const far = createFarStore();
  const { helios } = openHouse({ store: far.store });
  await helios.create('record', { a: 1 }).save('one');
  far.forget();
  far.hold();
  const abort = new AbortController();
  const listen = vi.spyOn(abort.signal, 'addEventListener');
  const leave = vi.spyOn(abort.signal, 'removeEventListener');
  const requests = [1, 2, 3].map(() => helios.request('one', { signal: abort.signal }));
  const other = helios.request('one');
  expect(listen).toHaveBeenCalledTimes(1);
  abort.abort('stop');
  expect(requests.map((request) => request.state)).toEqual(['cancelled', 'cancelled', 'cancelled']);
  expect(leave).toHaveBeenCalledTimes(1);
  far.release();
  deepStrictEqual((await other.result).value, { a: 1 });
  await helios.close();
});

test('a state that was never saved can be asked for where it was made', async () => {
  const { helios } = openHouse({ types: [Agent] });
  const made = helios.create(Agent, { hp: 3 }).edit((draft) => {
    draft.hp = 4;
  });
  const result = await helios.request(Agent, made).result;
  expect(result.value).toEqual({ hp: 4 });
  expect(result.version).toBeUndefined();
  await helios.close();
});

test('requests are served by worth: priority, urgency, and the weight of the branch', async () => {
  const { helios } = openHouse();
  const served: string[] = [];
  const base = helios.create('record', { a: 1 });
  const ask = (label: string, request: MaterializeRequest<unknown>) => {
    request.actor.subscribe(({ value }) => {
      if (value === 'restoring') served.push(label);
    });
    return request.result;
  };
  await base.save('base');
  await Promise.all([
    ask('unlikely', helios.request(base.branch({ weight: 0.1 }), { priority: 0.9 })),
    ask('low', helios.request('base', { priority: 0.1 })),
    ask('urgent', helios.request('base', { priority: 0.5, urgency: 1 })),
    ask('high', helios.request('base', { priority: 0.9 })),
  ]);
  expect(served).toEqual(['high', 'urgent', 'unlikely', 'low']);
  await helios.close();
});

test('closing lets open requests end, ends the rest with CLOSED, and refuses new ones', async () => {
  const far = createFarStore();
  const { helios } = openHouse({ store: far.store });
  await helios.create('record', { a: 1 }).save('one');
  const quick = helios.request('one');
  const closing = helios.close();
  await closing;
  deepStrictEqual((await quick.result).value, { a: 1 });
  await expect(helios.request('one').result).rejects.toMatchObject({ code: 'CLOSED' });

  const other = openHouse({ store: createFarStore().store });
  await other.helios.create('record', { a: 2 }).save('two');
  const second = createFarStore();
  const slow = openHouse({ store: second.store });
  await slow.helios.create('record', { a: 3 }).save('three');
  second.forget();
  second.hold();
  const stuck = slow.helios.request('three');
  await slow.helios.close({ drainMs: 1 });
  await expect(stuck.result).rejects.toMatchObject({ code: 'CLOSED' });
  await slow.helios.close();
  await other.helios.close();
});
