import { afterEach, describe, expect, test } from 'vitest';
import { POISON_KILLS } from '../../src/actors/durables.js';
import type { Delivery, Journal } from '../../src/bus/index.js';
import { durableId, HeliosError, type OutcomeMessage } from '../../src/protocol/index.js';
import { hashOf } from '../../src/store/index.js';
import {
  openSupervising,
  type PlayedWorker,
  pass,
  type Supervising,
  type SupervisingOptions,
  settle,
  subjects,
  WAITS,
} from './supervising.js';

let it: Supervising;
let beginning: Promise<string>;

function open(options: SupervisingOptions = {}): Supervising {
  it = openSupervising(options);
  beginning = it.journal.events.latest();
  return it;
}

afterEach(async () => {
  it.supervisor.stop(new HeliosError('CLOSED', 'Over.'));
  await it.bus.close();
  await it.journal.close();
  expect(it.errors).toEqual([]);
});

const { beatMs, ackWaitMs } = WAITS;

/** All terminal events so far. */
async function events(): Promise<OutcomeMessage[]> {
  const found: OutcomeMessage[] = [];
  const abort = new AbortController();
  const after = await beginning;
  const read = async () => {
    for await (const { event } of it.journal.events.read({ after, signal: abort.signal })) found.push(event);
  };
  const reading = read();
  await settle();
  abort.abort();
  await reading;
  return found;
}

const left = () => it.journal.requests.size();

async function beats(count: number, ...workers: readonly PlayedWorker[]): Promise<void> {
  for (let beat = 0; beat < count; beat++) {
    for (const worker of workers) worker.beat(9);
    await pass(it.clock, beatMs);
  }
}

/** A journal whose parts can't be reached while `isAway`. */
function unreliable() {
  const state = { isAway: false, refused: 0 };
  const gate = <A extends unknown[], R>(work: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      if (!state.isAway) return work(...args);
      state.refused++;
      throw new HeliosError('UNAVAILABLE', 'The journal is away.');
    };
  };
  const wrap = (journal: Journal): Journal => ({
    ...journal,
    outcomes: { ...journal.outcomes, create: gate(journal.outcomes.create), get: gate(journal.outcomes.get) },
    events: { ...journal.events, append: gate(journal.events.append) },
    records: {
      ...journal.records,
      get: gate(journal.records.get),
      put: gate(journal.records.put),
      delete: gate(journal.records.delete),
    },
  });
  return { state, wrap };
}

describe('a durable request', () => {
  test('is told of as queued, given to a worker that commits it, and taken out when that is done', async () => {
    open();
    const actors: string[] = [];
    it.supervisor.stop(new HeliosError('CLOSED', 'Over.'));
    const supervisor = it.another({
      tap: { onRequest: (_, actor) => actor().subscribe(({ value }) => actors.push(value)) },
    });
    await it.submit('a', { type: 'agent', includeValue: true, priority: 0.7 });
    const worker = it.worker('w', 9);
    await settle();
    expect(it.lives).toMatchObject([{ id: 'a', state: 'queued', object: 'a', type: 'agent', attempt: 0 }]);
    const [work] = worker.work;
    expect(work).toMatchObject({ durable: { id: 'a', type: 'agent', includeValue: true }, attempt: 1 });
    expect(work?.request).toEqual({
      ...{ id: 'a', object: 'a', type: 'agent', priority: 0.7, urgency: 0.5, weight: 1, timeoutMs: 30_000 },
    });
    expect([supervisor.held, await left()]).toEqual([1, 1]);
    await worker.commit('a');
    await settle();
    expect([supervisor.held, await left()]).toEqual([0, 0]);
    expect(actors).toEqual(['pending', 'queued', 'restoring', 'materialized']);
    supervisor.stop(new HeliosError('CLOSED', 'Over.'));
  });

  test('waits in the journal as long as no worker is there', async () => {
    open();
    await it.submit('a');
    await pass(it.clock, 500);
    expect(it.supervisor.held).toBe(0);
    it.worker('w', 9);
    await settle();
    expect(it.supervisor.held).toBe(1);
  });

  test('without a priority has that of its lane, and takes its type from its subject', async () => {
    open();
    await it.journal.requests.submit('urgent', 'agent', { object: 'a' }, { traceparent: 'no' });
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    await it.journal.requests.submit('background', undefined, { object: 'b' }, { traceparent });
    const worker = it.worker('w', 9);
    await settle();
    expect(worker.work.map(({ request }) => request)).toMatchObject([
      { object: 'a', type: 'agent', priority: 0.95 },
      { object: 'b', priority: 0.15, traceparent },
    ]);
    expect(worker.work[0]?.request).not.toHaveProperty('traceparent');
  });

  test('has the id of its key, else its own, else one of its place', async () => {
    open();
    const { requests } = it.journal;
    await requests.submit('normal', undefined, { object: 'a', idempotencyKey: 'k', id: 'mine' });
    await requests.submit('normal', undefined, { object: 'b', id: 'mine' }, { key: 'header' });
    await requests.submit('normal', undefined, { object: 'c', id: 'mine' });
    const { sequence } = await requests.submit('normal', undefined, { object: 'd' });
    const worker = it.worker('w', 9);
    await settle();
    const of = { prefix: subjects.prefix, idempotencyKey: undefined, id: undefined, sequence };
    const idOf = (more: object) => durableId({ ...of, streamCreated: requests.created, ...more }, hashOf);
    expect(worker.work.map(({ request, durable }) => [request.object, durable?.id])).toEqual([
      ['a', idOf({ idempotencyKey: 'k' })],
      ['b', idOf({ idempotencyKey: 'header' })],
      ['c', 'mine'],
      ['d', idOf({})],
    ]);
    expect(worker.work[0]?.request).not.toHaveProperty('idempotencyKey');
  });

  test('that comes twice with one id is one request, and both are taken out', async () => {
    open();
    await it.submit('a');
    await it.submit('a');
    const worker = it.worker('w', 9);
    await settle();
    expect(worker.work).toHaveLength(1);
    await worker.commit('a');
    await settle();
    expect(await left()).toBe(0);
  });

  test('that is none has the outcome INVALID_REQUEST at its id, whatever is wrong with it', async () => {
    open();
    const { requests } = it.journal;
    const bad: [string, unknown, string?][] = [
      ['both', { id: 'both', object: 'a', root: 'f'.repeat(64) }],
      ['name', { id: 'name', object: '' }],
      ['type', { id: 'type', object: 'a', type: 'other' }, 'agent'],
      ['token', { id: 'token', object: 'a' }, 'No'],
      ['key', { id: 'x', idempotencyKey: 'key', objekt: 1 }],
    ];
    for (const [, body, type] of bad) await requests.submit('normal', type, body);
    const { sequence } = await requests.submit('normal', undefined, 7);
    it.worker('w', 9);
    await settle();
    const of = { prefix: subjects.prefix, streamCreated: requests.created, sequence };
    const ids = ['both', 'name', 'type', 'token'];
    ids.push(durableId({ ...of, idempotencyKey: 'key', id: undefined }, hashOf));
    ids.push(durableId({ ...of, idempotencyKey: undefined, id: undefined }, hashOf));
    for (const id of ids) expect(await it.outcome(id), id).toMatchObject({ error: { code: 'INVALID_REQUEST' } });
    expect((await events()).map(({ id }) => id).sort()).toEqual(ids.sort());
    expect([await left(), it.supervisor.held, it.supervisor.refused]).toEqual([0, 0, ids.length]);
  });

  test('that could not be decoded has the outcome that says so', async () => {
    const fault = new HeliosError('TOO_LARGE', 'Too deep.');
    const broken = new HeliosError('INTERNAL', 'Odd.');
    const faults = [fault, broken];
    const wrap = (journal: Journal): Journal => ({
      ...journal,
      requests: {
        ...journal.requests,
        pull: (lane, count, waitMs, onDelivery) =>
          journal.requests.pull(lane, count, waitMs, (delivery: Delivery) => {
            const next = faults.shift();
            onDelivery(next === undefined ? delivery : { ...delivery, body: undefined, fault: next });
          }),
      },
    });
    open({ wrap });
    await it.journal.requests.submit('normal', undefined, {}, { key: 'a' });
    await it.journal.requests.submit('normal', undefined, {}, { key: 'b' });
    it.worker('w', 9);
    await settle();
    expect((await events()).map((event) => 'error' in event && event.error.code)).toEqual([
      'TOO_LARGE',
      'INVALID_REQUEST',
    ]);
  });

  test('expires when its time is over by the keeper of the journal, and when its time comes while it waits', async () => {
    open();
    await it.submit('late', { ttlMs: 200 });
    await it.submit('waits', { ttlMs: 1_000 });
    await it.submit('runs', { ttlMs: 1_000 });
    await pass(it.clock, 300);
    const worker = it.worker('w', 1);
    await settle();
    expect(await it.outcome('late')).toMatchObject({ state: 'expired', error: { code: 'DEADLINE_EXCEEDED' } });
    expect(worker.objects).toEqual(['waits']);
    expect(worker.work[0]?.timeoutMs).toBe(700);
    await beats(9, worker);
    expect(await it.outcome('waits')).toMatchObject({ state: 'expired', worker: 'w', attempt: 1 });
    expect(await it.outcome('runs')).toMatchObject({ state: 'expired' });
    expect((await events()).map(({ id }) => id).sort()).toEqual(['late', 'runs', 'waits']);
    expect(await left()).toBe(0);
    expect(it.supervisor.dispatched).toBe(0);
    // Late word of the worker changes nothing.
    worker.report('waits', 'done');
  });

  test('of a type that nobody knows has the outcome UNKNOWN_TYPE', async () => {
    open();
    const worker = it.worker('w', 9);
    await beats(3, worker);
    await it.submit('a', { type: 'rare' });
    await settle();
    expect(await it.outcome('a')).toMatchObject({ state: 'failed', error: { code: 'UNKNOWN_TYPE' }, type: 'rare' });
    await it.submit('b');
    await settle();
    worker.report('b', 'busy', { type: 'rare' });
    await settle();
    expect(await it.outcome('b')).toMatchObject({ error: { code: 'UNKNOWN_TYPE' }, type: 'rare' });
  });
});

describe('a failure', () => {
  test('that may pass is tried again after a while, so often and no more', async () => {
    open();
    await it.submit('a');
    const worker = it.worker('w', 9);
    await settle();
    const error = new HeliosError('NOT_LOCAL', 'Not here.');
    for (const attempt of [1, 2]) {
      worker.report('a', 'failed', { error });
      await settle();
      expect(worker.work).toHaveLength(attempt);
      expect(it.supervisor.queued).toBe(1);
      await pass(it.clock, WAITS.retryMs * 2 ** attempt);
      expect(worker.work).toHaveLength(attempt + 1);
      expect(worker.work.at(-1)?.attempt).toBe(attempt + 1);
    }
    expect(it.lives.map(({ attempt }) => attempt)).toEqual([0, 1, 2]);
    worker.report('a', 'failed', { error });
    await settle();
    expect(await it.outcome('a')).toMatchObject({
      state: 'failed',
      worker: 'w',
      attempt: 3,
      error: { code: 'NOT_LOCAL' },
    });
    expect(it.supervisor.retried).toBe(2);
    expect(await left()).toBe(0);
  });

  test('waits as long as it says itself', async () => {
    open();
    await it.submit('a');
    const worker = it.worker('w', 9);
    await settle();
    worker.report('a', 'failed', { error: new HeliosError('OVERLOADED', 'Later.', { retryAfterMs: 200 }) });
    await pass(it.clock, 150);
    worker.beat(9);
    expect(worker.work).toHaveLength(1);
    await pass(it.clock, 100);
    expect(worker.work).toHaveLength(2);
  });

  test('that does not pass is its outcome, as is one that nobody explained', async () => {
    open();
    const worker = it.worker('w', 9);
    await it.submit('a');
    await it.submit('b');
    await settle();
    const details = { text: 'x'.repeat(10) };
    worker.report('a', 'failed', { error: new HeliosError('CORRUPT_BLOCK', 'y'.repeat(5_000), { details }) });
    worker.report('b', 'failed');
    await settle();
    const a = await it.outcome('a');
    expect(a).toMatchObject({ state: 'failed', attempt: 1, error: { code: 'CORRUPT_BLOCK', details } });
    expect(a !== undefined && 'error' in a && a.error.message.length).toBe(4_096);
    expect(await it.outcome('b')).toMatchObject({ error: { code: 'INTERNAL' } });
    expect(await events()).toHaveLength(2);
  });

  test('of a worker that was closed is no failure of the request', async () => {
    open();
    const worker = it.worker('w', 9);
    await it.submit('a');
    await settle();
    for (let time = 0; time < 5; time++) {
      worker.report('a', 'failed', { error: new HeliosError('CLOSED', 'Closed.') });
      await pass(it.clock, 100);
      worker.beat(9);
    }
    expect(worker.work).toHaveLength(6);
  });

  test('is committed without its details where the journal takes less', async () => {
    const wrap = (journal: Journal): Journal => ({
      ...journal,
      outcomes: {
        ...journal.outcomes,
        create: async (outcome) => {
          if (JSON.stringify(outcome).length > 1_000) throw new HeliosError('TOO_LARGE', 'Too large.');
          return journal.outcomes.create(outcome);
        },
      },
    });
    open({ wrap });
    const worker = it.worker('w', 9);
    await it.submit('a');
    await settle();
    worker.report('a', 'failed', { error: new HeliosError('INTERNAL', 'Bad.', { details: { x: 'x'.repeat(2_000) } }) });
    await settle();
    expect(await it.outcome('a')).toMatchObject({ error: { code: 'INTERNAL', message: 'Bad.' } });
    expect(await left()).toBe(0);
  });
});

describe('cancelling', () => {
  const cancelled = (id: string): OutcomeMessage => ({
    ...{ id, type: '_', object: id, at: '2026-01-01T00:00:00.000Z', state: 'cancelled' },
    error: new HeliosError('CANCELLED', 'Not wanted.'),
  });

  test('takes out what waits here, when its outcome says so', async () => {
    open();
    const worker = it.worker('w', 1);
    await it.submit('a');
    await it.submit('b');
    await it.submit('c');
    await settle();
    await it.journal.outcomes.create(cancelled('b'));
    it.bus.publish(subjects.cancel('b'), { id: 'b' });
    // Of this one there is no outcome: anybody may say so.
    it.bus.publish(subjects.cancel('c'), { id: 'c' });
    await settle();
    expect(await left()).toBe(2);
    expect((await events()).map(({ id, state }) => [id, state])).toEqual([['b', 'cancelled']]);
    await worker.commit('a');
    await settle();
    await worker.commit('c');
    await settle();
    expect([worker.objects, it.supervisor.held]).toEqual([['a', 'c'], 0]);
  });

  test('leaves what a worker has to the worker', async () => {
    open();
    const worker = it.worker('w', 1);
    await it.submit('a');
    await settle();
    await it.journal.outcomes.create(cancelled('a'));
    it.bus.publish(subjects.cancel('a'), { id: 'a' });
    await settle();
    expect(it.supervisor.dispatched).toBe(1);
    worker.report('a', 'done');
    await settle();
    expect(await left()).toBe(0);
  });

  test('is remembered for what has not come yet', async () => {
    open();
    await it.journal.outcomes.create(cancelled('a'));
    it.bus.publish(subjects.cancel('a'), { id: 'a' });
    await it.submit('a');
    const worker = it.worker('w', 1);
    await settle();
    expect([worker.objects, it.lives, await left()]).toEqual([[], [], 0]);
    expect(await events()).toMatchObject([{ id: 'a', state: 'cancelled' }]);
  });

  test('is remembered of so many, the newest', async () => {
    open();
    await it.journal.outcomes.create(cancelled('first'));
    await it.journal.outcomes.create(cancelled('last'));
    it.bus.publish(subjects.cancel('first'), { id: 'first' });
    for (let id = 0; id < 9_999; id++) it.bus.publish(subjects.cancel(`x${id}`), { id: `x${id}` });
    it.bus.publish(subjects.cancel('last'), { id: 'last' });
    await it.submit('first');
    await it.submit('last');
    const worker = it.worker('w', 9);
    await settle();
    // A worker finds the other's outcome where it commits its own.
    expect(worker.objects).toEqual(['first']);
  });

  test('goes unheard while the journal is away', async () => {
    const { state, wrap } = unreliable();
    open({ wrap });
    const worker = it.worker('w', 1);
    await it.submit('a');
    await it.submit('b');
    await settle();
    state.isAway = true;
    it.bus.publish(subjects.cancel('b'), { id: 'b' });
    for (let beat = 0; beat < 2 * (ackWaitMs / beatMs); beat++) {
      worker.beat(0);
      await pass(it.clock, beatMs);
    }
    expect(it.warnings).toMatchObject([{ code: 'UNAVAILABLE' }]);
    expect(it.supervisor.held).toBe(2);
  });
});

describe('what is held', () => {
  test('stays with its supervisor, however long it takes', async () => {
    open();
    const worker = it.worker('w', 1);
    await it.submit('a');
    await it.submit('b');
    await settle();
    for (let beat = 0; beat < 25; beat++) {
      worker.beat(0);
      await pass(it.clock, beatMs);
    }
    expect(worker.work).toHaveLength(1);
    expect(it.supervisor.held).toBe(2);
    await worker.commit('a');
    await settle();
    await worker.commit('b');
    await settle();
    expect(await left()).toBe(0);
  });

  test('that was given out before is looked up first: it may have its outcome', async () => {
    open();
    it.supervisor.stop(new HeliosError('CLOSED', 'Over.'));
    const taken: Delivery[] = [];
    for (const id of ['a', 'b']) await it.submit(id);
    it.journal.requests.pull('normal', 2, 100, (delivery) => taken.push(delivery));
    await settle();
    expect(taken).toHaveLength(2);
    const outcome: OutcomeMessage = {
      ...{ id: 'a', type: '_', object: 'a', at: '2026-01-01T00:00:00.000Z', state: 'failed' },
      error: new HeliosError('CORRUPT_BLOCK', 'Bad.'),
    };
    await it.journal.outcomes.create(outcome);
    const supervisor = it.another();
    const worker = it.worker('w', 9);
    for (let beat = 0; beat < 11; beat++) {
      worker.beat(9);
      await pass(it.clock, beatMs);
    }
    expect(await events()).toMatchObject([{ id: 'a', state: 'failed' }]);
    expect(worker.objects).toEqual(['b']);
    expect(await left()).toBe(1);
    supervisor.stop(new HeliosError('CLOSED', 'Over.'));
  });

  test('is let go of, too, when it can not be looked up', async () => {
    const { state, wrap } = unreliable();
    open({ wrap });
    await it.submit('a');
    it.journal.requests.pull('normal', 1, 100, (delivery) => delivery.nak(0));
    await settle();
    state.isAway = true;
    const worker = it.worker('w', 9);
    await settle();
    expect([it.supervisor.held, worker.work.length]).toEqual([1, 0]);
    await beats(ackWaitMs / beatMs + 1, worker);
    expect(it.warnings.length).toBeGreaterThan(0);
    state.isAway = false;
    await beats(ackWaitMs / beatMs + 2, worker);
    expect(worker.objects).toEqual(['a']);
  });

  test('is done also when nobody can be told how far it is', async () => {
    open();
    it.supervisor.stop(new HeliosError('CLOSED', 'Over.'));
    const publish: typeof it.bus.publish = (subject, ...rest) => {
      if (subject.includes('.live.')) throw new HeliosError('INTERNAL', 'No.');
      it.bus.publish(subject, ...rest);
    };
    const supervisor = it.another({ bus: { ...it.bus, publish } });
    await it.submit('a');
    const worker = it.worker('w', 9);
    await settle();
    await worker.commit('a');
    await settle();
    expect([await left(), it.warnings.length]).toEqual([0, 1]);
    supervisor.stop(new HeliosError('CLOSED', 'Over.'));
  });

  test('is let go of when the journal stays away, and comes again', async () => {
    const { state, wrap } = unreliable();
    open({ wrap });
    const worker = it.worker('w', 9);
    await it.submit('a');
    await settle();
    state.isAway = true;
    worker.report('a', 'failed', { error: new HeliosError('CORRUPT_BLOCK', 'Bad.') });
    await settle();
    expect(it.supervisor.held).toBe(1);
    await beats(ackWaitMs / beatMs + 1, worker);
    expect(state.refused).toBeGreaterThan(3);
    expect(it.supervisor.held).toBe(0);
    expect(it.warnings.at(-1)).toMatchObject({ code: 'UNAVAILABLE' });
    expect([it.supervisor.queued, it.supervisor.dispatched]).toEqual([0, 0]);
    await beats(ackWaitMs / beatMs + 2, worker);
    state.isAway = false;
    await beats(2 * (ackWaitMs / beatMs), worker);
    expect(worker.work.length).toBe(2);
    worker.report('a', 'failed', { error: new HeliosError('CORRUPT_BLOCK', 'Bad.') });
    await settle();
    expect(await it.outcome('a')).toMatchObject({ error: { code: 'CORRUPT_BLOCK' } });
    expect(await left()).toBe(0);
  });

  test('has its failure committed as soon as the journal is back', async () => {
    const { state, wrap } = unreliable();
    open({ wrap });
    const worker = it.worker('w', 9);
    await it.submit('a');
    await settle();
    state.isAway = true;
    worker.report('a', 'failed', { error: new HeliosError('CORRUPT_BLOCK', 'Bad.') });
    await beats(2, worker);
    state.isAway = false;
    await beats(2, worker);
    expect(await it.outcome('a')).toMatchObject({ error: { code: 'CORRUPT_BLOCK' } });
    expect(await left()).toBe(0);
    expect(worker.work).toHaveLength(1);
  });
});

describe('a request whose worker goes', () => {
  test('is given to another, with its attempt counted', async () => {
    open();
    const first = it.worker('first', 9);
    await it.submit('a');
    await settle();
    const second = it.worker('second', 9);
    first.beat(0, { state: 'gone' });
    await settle();
    expect(second.work).toMatchObject([{ durable: { id: 'a' }, attempt: 2 }]);
    expect(await it.journal.records.get('kill.a')).toMatchObject({ value: { workers: ['first'] } });
    await second.commit('a');
    await settle();
    expect(await it.journal.records.get('kill.a')).toBeUndefined();
    expect(await left()).toBe(0);
  });

  test('whose worker left in good order counts as no death', async () => {
    open();
    const first = it.worker('first', 9);
    await it.submit('a');
    await settle();
    const second = it.worker('second', 9);
    first.beat(0, { state: 'draining' });
    first.beat(0, { state: 'gone' });
    await settle();
    expect(second.objects).toEqual(['a']);
    expect(await it.journal.records.get('kill.a')).toBeUndefined();
  });

  test('waits until it is known whether a worker that can not be reached has gone', async () => {
    open();
    const first = it.worker('first', 9);
    await it.submit('a');
    await settle();
    first.vanish();
    await it.submit('b');
    await settle();
    expect([it.supervisor.queued, it.supervisor.dispatched]).toEqual([1, 1]);
    const second = it.worker('second', 9);
    await settle();
    expect(second.work).toMatchObject([{ durable: { id: 'b' }, attempt: 2 }]);
    expect(await it.journal.records.get('kill.b')).toBeUndefined();
    await beats(5, second);
    expect(second.objects).toEqual(['b', 'a']);
    expect(await it.journal.records.get('kill.a')).toMatchObject({ value: { workers: ['first'] } });
    expect(await it.journal.records.get('kill.b')).toBeUndefined();
  });

  test('is given up after so many deaths: outcome, dead letter, event, and it is taken out', async () => {
    open();
    await it.submit('a', { idempotencyKey: undefined, type: 'agent', paths: ['hp'] }, 'high');
    for (let death = 1; death <= POISON_KILLS; death++) {
      const worker = it.worker(`w${death}`, 9);
      await settle();
      expect(worker.work).toMatchObject([{ attempt: death }]);
      worker.beat(0, { state: 'gone' });
      await settle();
    }
    const workers = ['w1', 'w2', 'w3'];
    expect(await it.outcome('a')).toMatchObject({
      ...{ state: 'failed', attempt: 3, worker: 'w3' },
      error: { code: 'INTERNAL', details: { reason: 'poison', workers } },
    });
    expect(await it.journal.dead.get('a')).toMatchObject({
      ...{ id: 'a', reason: 'poison', workers, lane: 'high', type: 'agent' },
      request: { id: 'a', object: 'a', paths: ['hp'] },
    });
    expect(await events()).toMatchObject([{ id: 'a', state: 'failed' }]);
    expect([await left(), it.supervisor.held]).toEqual([0, 0]);
    expect(await it.journal.records.get('kill.a')).toBeUndefined();
  });

  test('counts the deaths that another supervisor has seen', async () => {
    open();
    it.supervisor.stop(new HeliosError('CLOSED', 'Over.'));
    const taken: Delivery[] = [];
    for (const id of ['a', 'b']) await it.submit(id);
    it.journal.requests.pull('normal', 2, 100, (delivery) => taken.push(delivery));
    await settle();
    for (const delivery of taken) delivery.nak(0);
    await it.journal.records.put('kill.a', { workers: ['x', 'y'] }, 0);
    await it.journal.records.put('kill.b', { workers: ['x', 'y', 'z'] }, 0);
    const supervisor = it.another();
    const worker = it.worker('w', 9);
    await settle();
    expect(worker.work).toMatchObject([{ durable: { id: 'a' }, attempt: 3 }]);
    expect(await it.journal.dead.get('b')).toMatchObject({ workers: ['x', 'y', 'z'] });
    worker.beat(0, { state: 'gone' });
    await settle();
    expect(await it.journal.dead.get('a')).toMatchObject({ workers: ['x', 'y', 'w'] });
    expect(await left()).toBe(0);
    supervisor.stop(new HeliosError('CLOSED', 'Over.'));
  });

  test('has its letter also where the supervisor that gave it up died before it had written one', async () => {
    open();
    it.supervisor.stop(new HeliosError('CLOSED', 'Over.'));
    await it.submit('a');
    it.journal.requests.pull('normal', 1, 100, (delivery) => delivery.nak(0));
    await settle();
    const workers = ['x', 'y', 'z'];
    const error = { code: 'INTERNAL', message: 'Given up.', retryable: false, details: { reason: 'poison', workers } };
    const about = { id: 'a', type: 'agent', object: 'a', at: '2026-01-31T12:00:00.000Z', state: 'failed' } as const;
    await it.journal.outcomes.create({ ...about, error: { ...error, code: 'INTERNAL' } });
    const supervisor = it.another();
    it.worker('w', 9);
    await settle();
    expect(await it.journal.dead.get('a')).toMatchObject({ reason: 'poison', workers, lane: 'normal', error });
    expect(await events()).toMatchObject([{ id: 'a', state: 'failed' }]);
    expect(await left()).toBe(0);
    supervisor.stop(new HeliosError('CLOSED', 'Over.'));
  });

  test('is with no other of its kind at one worker, so that the innocent are not found guilty', async () => {
    open();
    const first = it.worker('first', 9);
    for (const id of ['a', 'b', 'c']) await it.submit(id);
    await settle();
    expect(first.work).toHaveLength(3);
    const second = it.worker('second', 9);
    const third = it.worker('third', 9);
    first.beat(0, { state: 'gone' });
    await settle();
    expect([second.work.length, third.work.length]).toEqual([1, 1]);
    // Others go on beside them.
    await it.submit('d');
    it.call('e');
    await settle();
    expect(second.work.length + third.work.length).toBe(4);
    const [guilty] = second.objects;
    await second.commit(guilty ?? '');
    await settle();
    expect(second.work.length + third.work.length).toBe(5);
  });

  test('is given out again only when its death is counted, and not at all while that can not be', async () => {
    const { state, wrap } = unreliable();
    open({ wrap });
    const first = it.worker('first', 9);
    await it.submit('a');
    await settle();
    const second = it.worker('second', 9);
    state.isAway = true;
    first.beat(0, { state: 'gone' });
    await beats(2, second);
    expect(second.work).toEqual([]);
    state.isAway = false;
    await beats(2, second);
    expect(second.objects).toEqual(['a']);
    state.isAway = true;
    second.beat(0, { state: 'gone' });
    const third = it.worker('third', 9);
    await beats(ackWaitMs / beatMs + 1, third);
    expect(it.supervisor.held).toBe(0);
    state.isAway = false;
    await beats(ackWaitMs / beatMs + 4, third);
    expect(third.objects).toEqual(['a']);
  });

  test('has a death counted once, also when the answer to that was lost', async () => {
    let isLost = true;
    const wrap = (journal: Journal): Journal => ({
      ...journal,
      records: {
        ...journal.records,
        put: async (key, value, expected) => {
          const revision = await journal.records.put(key, value, expected);
          if (!isLost) return revision;
          isLost = false;
          throw new HeliosError('UNAVAILABLE', 'Away.');
        },
      },
    });
    open({ wrap });
    const first = it.worker('first', 9);
    await it.submit('a');
    await settle();
    const second = it.worker('second', 9);
    first.beat(0, { state: 'gone' });
    await beats(2, second);
    expect(second.objects).toEqual(['a']);
    expect(await it.journal.records.get('kill.a')).toMatchObject({ value: { workers: ['first'] } });
  });
});

describe('draining', () => {
  test('gives back at once what no worker has, and waits for what workers have', async () => {
    open();
    const worker = it.worker('w', 1);
    for (const id of ['a', 'b', 'c']) await it.submit(id);
    await settle();
    let isDrained = false;
    const draining = it.supervisor.drain(5_000).then(() => {
      isDrained = true;
    });
    const other = it.another();
    await settle();
    expect([it.supervisor.held, isDrained]).toEqual([1, false]);
    const second = it.worker('second', 9);
    await settle();
    expect(second.objects.sort()).toEqual(['b', 'c']);
    await worker.commit('a');
    await draining;
    expect(it.supervisor.actor.getSnapshot().value).toBe('stopped');
    expect(await left()).toBe(2);
    other.stop(new HeliosError('CLOSED', 'Over.'));
  });

  test('gives back what failed, was lost or is not done when its time is up', async () => {
    open();
    const worker = it.worker('w', 9);
    const other = it.worker('other', 9);
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) await it.submit(id);
    await settle();
    const draining = it.supervisor.drain(500);
    const failing = worker.work.length > 1 ? worker : other;
    failing.report(failing.objects[0] ?? '', 'failed', { error: new HeliosError('NOT_LOCAL', 'Not here.') });
    await settle();
    expect(it.supervisor.held).toBe(5);
    worker.beat(0, { state: 'gone' });
    await settle();
    expect(it.supervisor.held).toBe(failing === other ? other.work.length - 1 : other.work.length);
    await pass(it.clock, 500);
    await draining;
    expect(it.supervisor.held).toBe(0);
    expect(await left()).toBe(6);
    const second = it.another();
    const third = it.worker('third', 99);
    await settle();
    expect(third.work.length).toBeGreaterThan(1);
    second.stop(new HeliosError('CLOSED', 'Over.'));
  });

  test('takes nothing that comes too late', async () => {
    open();
    it.worker('w', 9);
    await settle();
    const draining = it.supervisor.drain(500);
    await it.submit('a');
    await settle();
    await draining;
    expect(it.supervisor.held).toBe(0);
    const second = it.another();
    const worker = it.worker('second', 9);
    await settle();
    expect(worker.objects).toEqual(['a']);
    second.stop(new HeliosError('CLOSED', 'Over.'));
  });
});

test('a supervisor with a journal needs a hash', () => {
  open();
  const { bus, journal, clock } = it;
  const options = { bus, journal, clock, subjects, situation: () => ({ threshold: 0, score: 0, trend: 0 }) };
  expect(() => it.another({ ...options, hash: undefined as unknown as typeof hashOf })).toThrow('hash');
});
