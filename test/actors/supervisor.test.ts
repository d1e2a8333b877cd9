import { afterEach, describe, expect, test } from 'vitest';
import type { AnyActorRef } from 'xstate';
import { CALL_GRACE_MS } from '../../src/actors/calls.js';
import { HeliosError } from '../../src/protocol/index.js';
import {
  openSupervising,
  pass,
  type Supervising,
  type SupervisingOptions,
  settle,
  subjects,
  WAITS,
} from './supervising.js';

let it: Supervising;

function open(options: SupervisingOptions = {}): Supervising {
  it = openSupervising({ isWithoutJournal: true, ...options });
  return it;
}

afterEach(async () => {
  it.supervisor.stop(new HeliosError('CLOSED', 'Over.'));
  await it.bus.close();
  expect(it.errors).toEqual([]);
});

const chart = () => it.supervisor.actor.getSnapshot().context;

describe('a supervisor', () => {
  test('shows those who look on what it sees of each worker', async () => {
    const seen: AnyActorRef[] = [];
    open({ tap: { onRequest: null, watch: (actor) => seen.push(actor) } });
    it.worker('a', 1);
    it.worker('b', 1);
    await settle();
    expect(seen.map(({ id }) => id)).toEqual(it.supervisor.workers().map(({ actor }) => actor.id));
    expect(seen).toHaveLength(2);
    await pass(it.clock, WAITS.beatMs * (WAITS.missedUntilGone + 2));
    expect(seen.map((actor) => actor.getSnapshot().value)).toEqual(['gone', 'gone']);
  });

  test('keeps requests until a worker is there, and gives it no more than it has credits for', async () => {
    const { call, supervisor } = open({ kind: 'embedded' });
    for (const id of ['a', 'b', 'c']) call(id, { timeoutMs: 1_000 });
    await settle();
    expect(supervisor.queued).toBe(3);
    const worker = it.worker('w', 2);
    await settle();
    expect(worker.objects).toEqual(['a', 'b']);
    expect(worker.work[0]).toMatchObject({ answerTo: '_INBOX.asker.a', attempt: 1, timeoutMs: 1_000 });
    expect([supervisor.queued, supervisor.dispatched]).toEqual([1, 2]);
    worker.report('a', 'done');
    await settle();
    expect(worker.objects).toEqual(['a', 'b', 'c']);
    for (const id of ['a', 'b', 'c']) worker.report(id, 'done');
    await settle();
    expect([supervisor.queued, supervisor.dispatched]).toEqual([0, 0]);
    expect(chart()).toMatchObject({ queued: 0, dispatched: 0, done: 3 });
  });

  test('tells a worker how long a request has waited and what is left of its time', async () => {
    const { call, clock } = open();
    call('a', { timeoutMs: 1_000 });
    clock.advance(300);
    const worker = it.worker('w', 1);
    await settle();
    expect(worker.work[0]).toMatchObject({ timeoutMs: 700, queuedUs: 300_000 });
  });

  test('calls each attempt by an id of its own, whatever ids the askers have chosen', async () => {
    const { bus } = open();
    const request = { id: 'same', object: 'it', priority: 0.5, urgency: 0.5, weight: 1, timeoutMs: 1_000 };
    bus.publish(subjects.call(), request, { reply: '_INBOX.asker.1' });
    bus.publish(subjects.call(), request, { reply: '_INBOX.asker.2' });
    const worker = it.worker('w', 5);
    await settle();
    expect(worker.work.map(({ answerTo }) => answerTo)).toEqual(['_INBOX.asker.1', '_INBOX.asker.2']);
    expect(new Set(worker.work.map(({ id }) => id)).size).toBe(2);
    expect(worker.work.map(({ request: { id } }) => id)).toEqual(['same', 'same']);
  });

  test('takes work back from a worker that has no room, and gives it to the next; to the same one when it has room', async () => {
    const { call, supervisor } = open();
    const full = it.worker('full', 5);
    call('a');
    await settle();
    full.report('a', 'busy');
    await settle();
    expect(supervisor.queued).toBe(1);
    expect(chart()).toMatchObject({ queued: 1, dispatched: 0, done: 0 });
    const free = it.worker('free', 1);
    await settle();
    expect(free.work).toMatchObject([{ request: { id: 'a' }, attempt: 2 }]);
    // A late word about the attempt before changes nothing.
    full.report('a', 'done');
    expect(supervisor.dispatched).toBe(1);
    call('b');
    await settle();
    expect(supervisor.queued).toBe(1);
    full.beat(5);
    await settle();
    expect(full.objects).toEqual(['a', 'b']);
  });

  test('gives a full worker more again as soon as it is done with something', async () => {
    const { call } = open();
    const worker = it.worker('w', 5);
    call('a');
    call('b');
    await settle();
    worker.report('b', 'busy');
    await settle();
    expect(worker.objects).toEqual(['a', 'b']);
    worker.report('a', 'done', { credits: { count: 0, bytes: 0 } });
    await settle();
    expect(worker.objects).toEqual(['a', 'b']);
    call('c');
    worker.beat(1);
    await settle();
    worker.report('b', 'done', { credits: { count: 1, bytes: 0 } });
    await settle();
    expect(worker.objects).toEqual(['a', 'b', 'b', 'c']);
  });

  test('gives an object to the same one of several workers each time, and shares many among all', async () => {
    const { call } = open();
    const workers = ['a', 'b', 'c'].map((name) => it.worker(name, 100));
    for (let round = 0; round < 3; round++)
      for (let id = 0; id < 60; id++) call(`r${round}-${id}`, { object: `o${id}` });
    await settle();
    const owners = workers.map(({ work }) => new Set(work.map(({ request }) => request.object)));
    expect(owners.reduce((sum, { size }) => sum + size, 0)).toBe(60);
    for (const owner of owners) expect(owner.size).toBeGreaterThan(12);
  });

  test('drops what was cancelled while it waited, by the id, and by the inbox where that is named', async () => {
    const { bus, call, supervisor } = open();
    call('a');
    bus.publish(subjects.cancel('a'), { id: 'a' });
    bus.publish(subjects.cancel('unknown'), { id: 'unknown' });
    const request = { id: 'same', object: 'it', priority: 0.5, urgency: 0.5, weight: 1, timeoutMs: 1_000 };
    for (const asker of [1, 2, 3]) bus.publish(subjects.call(), request, { reply: `_INBOX.asker.${asker}` });
    bus.publish(subjects.cancel('same'), { id: 'same', answerTo: '_INBOX.asker.2' });
    expect(supervisor.queued).toBe(2);
    const worker = it.worker('w', 5);
    await settle();
    expect(worker.work.map(({ answerTo }) => answerTo)).toEqual(['_INBOX.asker.1', '_INBOX.asker.3']);
    expect(chart()).toMatchObject({ queued: 0, dispatched: 2, done: 2 });
    // What is at a worker ends there.
    bus.publish(subjects.cancel('same'), { id: 'same' });
    expect(supervisor.dispatched).toBe(2);
    bus.publish(subjects.cancel('same'), 'nonsense');
  });

  test('hears no reports of what it does not know, of another worker, of another attempt, or twice', async () => {
    const { bus, call, supervisor } = open();
    const worker = it.worker('w', 5);
    it.worker('other', 0);
    call('a');
    call('b');
    await settle();
    const [a] = worker.work;
    const reply = () => `_INBOX.unknown.${a?.id}`;
    bus.publish(reply(), {});
    worker.report('a', 'done', { id: 'unknown' });
    worker.report('a', 'done', { worker: 'other' });
    worker.report('a', 'done', { attempt: 2 });
    expect(supervisor.dispatched).toBe(2);
    worker.report('a', 'done');
    worker.report('a', 'done');
    worker.report('a', 'busy');
    worker.report('a', 'failed');
    expect([supervisor.queued, supervisor.dispatched]).toEqual([0, 1]);
  });

  test('does not take a call that nobody waits for', () => {
    const { bus, supervisor } = open();
    bus.publish(subjects.call(), { id: 'a', object: 'it', priority: 1, urgency: 1, weight: 1, timeoutMs: 1 });
    expect(supervisor.queued).toBe(0);
  });

  test('refuses what is more than it can keep, in number, and says when to come again', () => {
    const { call, answers } = open({ queueMax: 100 });
    for (let id = 0; id < 100; id++) call(`r${id}`);
    call('one-too-many');
    expect(answers).toHaveLength(1);
    expect(answers[0]).toMatchObject({ id: 'one-too-many' });
    expect(answers[0]?.error).toMatchObject({ code: 'OVERLOADED', retryable: true, retryAfterMs: 1_000 });
    expect(it.supervisor.refused).toBe(1);
  });

  test('refuses what is more than it can keep, in bytes', async () => {
    const { call, answers, supervisor } = open({ queueBytesMax: 40_000 });
    const paths = ['a'.repeat(10_000), ['b'.repeat(10), 1]];
    for (const id of ['a', 'b', 'c', 'd', 'e']) call(id, { paths });
    expect(supervisor.queued).toBe(4);
    expect(answers).toMatchObject([{ id: 'e', error: { code: 'OVERLOADED' } }]);
    it.worker('w', 1);
    await settle();
    call('f', { paths });
    expect(supervisor.queued).toBe(4);
  });

  test('holds back what the policy does not let pass, and looks again when the policy changes, and after a while', async () => {
    let threshold = 0.9;
    const { call, clock, supervisor, bus } = open({ situation: () => ({ threshold, score: 0, trend: 0 }) });
    const worker = it.worker('w', 5);
    call('a', { priority: 0.4 });
    call('b', { priority: 1, urgency: 1 });
    await settle();
    expect(worker.objects).toEqual(['b']);
    threshold = 0.3;
    supervisor.policyChanged();
    await settle();
    expect(worker.objects).toEqual(['b', 'a']);
    threshold = 0.9;
    call('c', { priority: 0.4 });
    await settle();
    threshold = 0.3;
    bus.publish(subjects.policy, {});
    await settle();
    threshold = 0.9;
    call('d', { priority: 0.4 });
    await settle();
    threshold = 0.3;
    clock.advance(100);
    await settle();
    expect(worker.objects).toEqual(['b', 'a', 'c', 'd']);
  });

  test('lets go of a call whose time is up, wherever it is, and says so', async () => {
    const { call, clock, answers, supervisor } = open();
    call('waits', { timeoutMs: 500 });
    await pass(clock, 500);
    expect(answers).toEqual([]);
    await pass(clock, CALL_GRACE_MS + 100);
    expect(answers).toMatchObject([{ id: 'waits', state: 'failed', error: { code: 'DEADLINE_EXCEEDED' } }]);
    const worker = it.worker('w', 1);
    call('runs', { timeoutMs: 500 });
    call('next', { timeoutMs: 5_000 });
    await settle();
    for (let beat = 0; beat < 10; beat++) {
      worker.beat(0);
      await pass(clock, 80);
    }
    expect(answers.at(-1)?.error?.message).toContain('still at the worker w');
    expect(worker.objects).toEqual(['runs', 'next']);
    expect([supervisor.queued, supervisor.dispatched]).toEqual([0, 1]);
  });

  test('answers those who wait when it stops, and stops once', async () => {
    const { call, answers, supervisor } = open();
    call('a');
    supervisor.stop(new HeliosError('CLOSED', 'Over.'));
    expect(answers).toMatchObject([{ id: 'a', state: 'failed', error: { code: 'CLOSED' } }]);
    supervisor.stop(new HeliosError('CLOSED', 'Over.'));
    await supervisor.drain(100);
    expect(answers).toHaveLength(1);
    expect(supervisor.actor.getSnapshot()).toMatchObject({ value: 'stopped', context: { queued: 0, done: 1 } });
  });

  test('answers what can not be sent to a worker', async () => {
    open();
    const worker = it.worker('w', 1);
    it.supervisor.stop(new HeliosError('CLOSED', 'Over.'));
    const publish = it.bus.publish;
    const bus = {
      ...it.bus,
      publish: (...[subject, body, options]: Parameters<typeof publish>) => {
        if (subject === subjects.work('w')) throw new HeliosError('TOO_LARGE', 'Too large.');
        publish(subject, body, options);
      },
    };
    const other = it.another({ bus });
    worker.beat(1);
    it.call('a');
    await settle();
    expect(it.answers).toMatchObject([{ id: 'a', error: { code: 'TOO_LARGE' } }]);
    expect([other.queued, other.dispatched]).toEqual([0, 0]);
    other.stop(new HeliosError('CLOSED', 'Over.'));
  });
});

describe('a supervisor over a wire', () => {
  test('answers a call that breaks its schema, and goes on', async () => {
    const { bus, answers, headers } = open({ kind: 'nats' });
    const reply = '_INBOX.asker.x';
    bus.publish(subjects.call(), { id: 'a', objekt: 'it' }, { reply });
    bus.publish(subjects.call(), 7, { reply });
    bus.publish(subjects.call(), { id: 7, object: 'it' }, { reply });
    bus.publish(subjects.call('agent'), { object: 'it', type: 'other' }, { reply });
    bus.publish(subjects.call('No!'), { object: 'it' }, { reply });
    expect(answers.map(({ id, error }) => [id, error?.code])).toEqual([
      ['a', 'INVALID_REQUEST'],
      ['x', 'INVALID_REQUEST'],
      ['x', 'INVALID_REQUEST'],
      ['x', 'INVALID_REQUEST'],
      ['x', 'INVALID_REQUEST'],
    ]);
    expect(headers[0]).toMatchObject({ 'Nats-Service-Error-Code': '400' });
    expect(answers[0]?.error).not.toBeInstanceOf(HeliosError);
    const worker = it.worker('w', 1);
    bus.publish(subjects.call('agent'), { object: 'it' }, { reply });
    await settle();
    expect(worker.work).toMatchObject([{ request: { object: 'it', type: 'agent' } }]);
  });

  test('answers JSON in JSON, and tells workers who speaks it and who takes batches', async () => {
    const { bus, answers, headers, clock } = open({ kind: 'nats' });
    const json = { 'Content-Type': 'application/json' };
    bus.publish(subjects.call(), { object: 'a' }, { reply: '_INBOX.asker.1', headers: json });
    const worker = it.worker('w', 1);
    await settle();
    expect(worker.work[0]).toMatchObject({ isJson: true, answerTo: '_INBOX.asker.1' });
    expect(worker.work[0]).not.toHaveProperty('takesBatches');
    bus.publish(subjects.call(), { object: 'b', timeoutMs: 10 }, { reply: '_INBOX.asker.2', headers: json });
    for (let beat = 0; beat < 3; beat++) {
      worker.beat(0);
      await pass(clock, 100);
    }
    expect(answers).toMatchObject([{ id: '2', error: { code: 'DEADLINE_EXCEEDED' } }]);
    expect(headers[0]).toMatchObject({ ...json, 'Nats-Service-Error-Code': '504' });
  });

  test('drops a call that wants its answer anywhere but in an inbox, and says so', async () => {
    const { bus, supervisor, warnings } = open({ kind: 'nats' });
    const forged: unknown[] = [];
    bus.subscribe(subjects.events, ({ body }) => forged.push(body));
    bus.publish(subjects.call(), { object: 7 }, { reply: subjects.event('failed', '_', 'a') });
    bus.publish(subjects.call(), { object: 'it' }, { reply: subjects.event('failed', '_', 'a') });
    expect(supervisor.queued).toBe(0);
    expect(forged).toEqual([]);
    expect(warnings).toMatchObject([{ code: 'INVALID_REQUEST' }, { code: 'INVALID_REQUEST' }]);
  });

  test('hears of bad beats, reports and cancels, and goes on', async () => {
    const { bus, warnings, call } = open({ kind: 'nats' });
    const worker = it.worker('w', 1);
    bus.publish(subjects.heartbeat('w'), { worker: 7 });
    bus.publish(subjects.cancel('x'), {});
    call('a');
    await settle();
    worker.report('a', 'done', { attempt: -1 });
    expect(warnings).toHaveLength(3);
    worker.report('a', 'done');
    expect(it.supervisor.dispatched).toBe(0);
  });
});

describe('types', () => {
  test('go to workers that know them, in a version that is new enough; names of unknown types to anybody', async () => {
    const { call, clock, answers } = open();
    const root = 'f'.repeat(64);
    const old = it.worker('old', 9, { types: ['agent@1', 'record'] });
    const young = it.worker('young', 9, { types: ['agent@3', 'agent@2'] });
    await pass(clock, 100);
    old.beat(9);
    young.beat(9);
    await pass(clock, 100);
    const byRoot = { object: undefined, root, type: 'agent' };
    call('a', { ...byRoot, schemaVersion: 2 });
    call('b', { ...byRoot, root: 'e'.repeat(64), schemaVersion: 3 });
    call('c', { object: 'c', type: 'record' });
    call('d', { ...byRoot, schemaVersion: 4 });
    await settle();
    expect(young.work.map(({ request }) => request.id)).toEqual(['a', 'b']);
    expect(old.work.map(({ request }) => request.id)).toEqual(['c']);
    expect(answers).toMatchObject([{ id: 'd', error: { code: 'UNKNOWN_TYPE' } }]);
    expect(answers[0]?.error?.message).toMatch(/agent@4.*old, young.*agent@1, agent@2, agent@3, record/);
  });

  test('wait while no worker is alive, and while those that are there may not all have been heard', async () => {
    const { call, clock, answers, supervisor } = open();
    call('a', { type: 'rare' });
    await pass(clock, 500);
    expect(supervisor.queued).toBe(1);
    const worker = it.worker('w', 9);
    await settle();
    expect(answers).toEqual([]);
    for (let beat = 0; beat < 3; beat++) {
      await pass(clock, 100);
      worker.beat(9);
    }
    await settle();
    expect(answers).toMatchObject([{ id: 'a', error: { code: 'UNKNOWN_TYPE', details: { workers: ['w'] } } }]);
    call('b', { type: 'rare' });
    expect(answers).toHaveLength(2);
    it.worker('expert', 9, { types: ['rare@1'] });
    call('c', { type: 'rare' });
    await settle();
    expect(answers).toHaveLength(2);
  });

  test('wait for a while after the last worker that knew them has gone', async () => {
    const { call, clock, answers } = open();
    const worker = it.worker('w', 9);
    const expert = it.worker('expert', 9, { types: ['rare@1'] });
    await pass(clock, 250);
    worker.beat(9);
    expert.beat(0, { state: 'gone' });
    call('a', { type: 'rare' });
    for (let beat = 0; beat < 9; beat++) {
      expect(answers).toEqual([]);
      await pass(clock, 100);
      worker.beat(9);
    }
    await settle();
    expect(answers).toMatchObject([{ id: 'a', error: { code: 'UNKNOWN_TYPE' } }]);
  });

  test('wait as long again when all workers had gone, and the first one that is back does not know them', async () => {
    const { call, clock, answers } = open();
    const expert = it.worker('expert', 9, { types: ['rare@1'] });
    await pass(clock, 250);
    expert.beat(0, { state: 'gone' });
    await pass(clock, 10_000);
    call('a', { type: 'rare', timeoutMs: 60_000 });
    const worker = it.worker('w', 9);
    for (let beat = 0; beat < 5; beat++) {
      await pass(clock, 100);
      worker.beat(9);
    }
    expect(answers).toEqual([]);
    const back = it.worker('back', 9, { types: ['rare@1'] });
    await settle();
    expect(back.objects).toEqual(['a']);
  });

  test('that a worker turns out not to know go to one that does', async () => {
    const { call, clock, answers } = open();
    const worker = it.worker('w', 9, { types: ['agent@1'] });
    await pass(clock, 200);
    worker.beat(9);
    call('a');
    await settle();
    const expert = it.worker('expert', 9, { types: ['rare@1'] });
    worker.report('a', 'busy', { type: 'rare' });
    await settle();
    expect(expert.objects).toEqual(['a']);
    // It has room for others.
    call('b', { type: 'agent' });
    await settle();
    expect(worker.objects).toEqual(['a', 'b']);
    expert.report('a', 'busy', { type: 'rare' });
    await settle();
    expect(answers).toMatchObject([{ id: 'a', error: { code: 'UNKNOWN_TYPE' } }]);
  });

  test('that only full workers know keep nobody else from the others', async () => {
    const { call } = open();
    const expert = it.worker('expert', 1, { types: ['rare@1'] });
    call('a', { type: 'rare', priority: 1 });
    call('b', { type: 'rare', priority: 1 });
    const other = it.worker('other', 9, { types: ['agent@1'] });
    call('c', { type: 'agent', priority: 0 });
    await settle();
    expect(other.objects).toEqual(['c']);
    expect(expert.objects).toEqual(['a']);
    expert.report('a', 'done');
    await settle();
    expect(expert.objects).toEqual(['a', 'b']);
  });
});

describe('draining', () => {
  const another = (open: Supervising) => open.another();

  test('passes on calls that wait to another supervisor, with what is left of their time', async () => {
    const { call, clock, supervisor } = open();
    call('a', { timeoutMs: 1_000, type: 'agent' });
    clock.advance(400);
    const other = another(it);
    await supervisor.drain(1_000);
    expect(supervisor.actor.getSnapshot().value).toBe('stopped');
    expect([supervisor.queued, other.queued]).toEqual([0, 1]);
    const worker = it.worker('w', 1);
    await settle();
    expect(worker.work).toMatchObject([{ request: { id: 'a' }, answerTo: '_INBOX.asker.a', timeoutMs: 600 }]);
    other.stop(new HeliosError('CLOSED', 'Over.'));
  });

  test('lets the bus say that nobody is there when it was the last one', async () => {
    const { call, headers, supervisor } = open();
    call('a');
    await supervisor.drain(1_000);
    expect(headers).toEqual([{ Status: '503' }]);
  });

  test('keeps who speaks JSON or takes batches as they are', async () => {
    const { bus, supervisor } = open({ kind: 'nats' });
    const json = { 'Content-Type': 'application/json' };
    const passed: unknown[] = [];
    bus.publish(subjects.call(), { object: 'a' }, { reply: '_INBOX.asker.1', headers: json });
    const draining = supervisor.drain(1_000);
    bus.subscribe(subjects.calls, (message) => passed.push(message));
    await draining;
    expect(passed).toEqual([]);
    expect(it.headers).toEqual([{ Status: '503' }]);
  });

  test('waits for what workers have, and answers what is not done when its time is up', async () => {
    const { call, clock, supervisor, answers } = open();
    const worker = it.worker('w', 5);
    call('a');
    call('b');
    await settle();
    let isDrained = false;
    const draining = supervisor.drain(300).then(() => {
      isDrained = true;
    });
    expect(supervisor.drain(300)).toBeInstanceOf(Promise);
    worker.report('a', 'done');
    await settle();
    expect(isDrained).toBe(false);
    expect(supervisor.actor.getSnapshot().value).toBe('draining');
    await pass(clock, 300);
    await draining;
    expect(answers).toMatchObject([{ id: 'b', error: { code: 'UNAVAILABLE', retryable: true } }]);
    expect(supervisor.actor.getSnapshot()).toMatchObject({ value: 'stopped', context: { dispatched: 0, done: 2 } });
  });

  test('ends with the last of what workers have', async () => {
    const { call, supervisor, answers } = open();
    const worker = it.worker('w', 5);
    call('a');
    await settle();
    const draining = supervisor.drain(60_000);
    worker.report('a', 'done');
    await draining;
    expect(answers).toEqual([]);
    call('b');
    expect(supervisor.queued).toBe(0);
  });
});
