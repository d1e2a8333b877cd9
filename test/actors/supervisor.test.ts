import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { QUEUE_MAX, SupervisorActor } from '../../src/actors/supervisor.js';
import { CREDITS, WorkerActor } from '../../src/actors/worker.js';
import { type Bus, createEmbeddedBus } from '../../src/bus/index.js';
import { createSubjects, type HeartbeatMessage, HeliosError, type WorkMessage } from '../../src/protocol/index.js';
import { TypeMetrics } from '../../src/restore/index.js';
import { createManualClock } from '../../src/testing/index.js';

const subjects = createSubjects();
const clock = createManualClock();
const settle = () => new Promise((resolve) => setImmediate(resolve));

let bus: Bus;
let supervisor: SupervisorActor;
let answers: { readonly id: string; readonly state?: string; readonly error?: HeliosError }[];
let errors: unknown[];

beforeEach(() => {
  errors = [];
  answers = [];
  bus = createEmbeddedBus({ onError: (error) => errors.push(error), random: Math.random });
  bus.subscribe('asker', ({ body }) => answers.push(body as (typeof answers)[number]));
  supervisor = new SupervisorActor({ bus, subjects, clock, situation: () => ({ threshold: 0, score: 0, trend: 0 }) });
});

afterEach(async () => {
  await bus.close();
  expect(errors).toEqual([]);
});

function call(id: string, priority = 0.5): void {
  const request = { id, object: 'it', priority, urgency: 0.5, weight: 1, timeoutMs: 1_000 };
  bus.publish(subjects.call(), request, { reply: 'asker' });
}

/** A worker that a test plays itself. */
function playWorker(name: string, count: number) {
  const work: WorkMessage[] = [];
  const reports: string[] = [];
  bus.subscribe(subjects.work(name), ({ body, reply = '' }) => {
    work.push(body as WorkMessage);
    reports.push(reply);
  });
  const beat = (credits: number) => {
    const message: HeartbeatMessage = {
      worker: name,
      state: 'ready',
      beat: 1,
      progress: 0,
      inHand: 0,
      types: [],
      credits: { count: credits, bytes: 0 },
    };
    bus.publish(subjects.heartbeat(name), message);
  };
  const report = (id: string, state: 'busy' | 'done') =>
    bus.publish(reports[0] ?? '', { id, worker: name, state, attempt: 1 });
  beat(count);
  return { work, beat, report };
}

describe('a supervisor', () => {
  test('keeps requests until a worker is there, and gives it no more than it has credits for', async () => {
    call('a');
    call('b');
    call('c');
    await settle();
    expect(supervisor.queued).toBe(3);
    const worker = playWorker('w', 2);
    await settle();
    expect(worker.work.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(worker.work[0]).toMatchObject({ answerTo: 'asker', attempt: 1, timeoutMs: 1_000 });
    expect([supervisor.queued, supervisor.dispatched]).toEqual([1, 2]);
    worker.report('a', 'done');
    await settle();
    expect(worker.work.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    worker.report('a', 'done');
    worker.report('b', 'done');
    worker.report('c', 'done');
    await settle();
    expect([supervisor.queued, supervisor.dispatched]).toEqual([0, 0]);
    expect(supervisor.actor.getSnapshot().context).toMatchObject({ queued: 0, dispatched: 0, done: 3 });
  });

  test('takes work back from a worker that is busy, and gives it to another or to the same one later', async () => {
    const full = playWorker('full', 5);
    call('a');
    await settle();
    full.report('a', 'busy');
    await settle();
    expect(supervisor.queued).toBe(1);
    expect(supervisor.actor.getSnapshot().context).toMatchObject({ queued: 1, dispatched: 0, done: 0 });
    const free = playWorker('free', 1);
    await settle();
    expect(free.work).toMatchObject([{ id: 'a', attempt: 2 }]);
    full.report('a', 'done');
    expect(supervisor.dispatched).toBe(1);
    call('b');
    await settle();
    expect(supervisor.queued).toBe(1);
    full.beat(5);
    await settle();
    expect(full.work.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  test('drops what was cancelled while it waited, and hears no reports of what it does not know', async () => {
    call('a');
    bus.publish(subjects.cancel('a'), { id: 'a' });
    bus.publish(subjects.cancel('unknown'), { id: 'unknown' });
    const worker = playWorker('w', 5);
    await settle();
    expect(worker.work).toEqual([]);
    expect(supervisor.actor.getSnapshot().context).toMatchObject({ queued: 0, dispatched: 0, done: 1 });
    call('b');
    await settle();
    worker.report('unknown', 'done');
    expect(supervisor.dispatched).toBe(1);
  });

  test('does not take a call that nobody waits for', async () => {
    bus.publish(subjects.call(), { id: 'a', object: 'it', priority: 1, urgency: 1, weight: 1, timeoutMs: 1 });
    expect(supervisor.queued).toBe(0);
  });

  test('refuses what is more than it can keep, and says when to come again', () => {
    for (let id = 0; id < QUEUE_MAX; id++) call(`r${id}`);
    call('one too many');
    expect(answers).toHaveLength(1);
    expect(answers[0]?.error).toMatchObject({ code: 'OVERLOADED', retryable: true, retryAfterMs: 1_000 });
  });

  test('answers those who wait when it stops', async () => {
    call('a');
    supervisor.stop(new HeliosError('CLOSED', 'Over.'));
    expect(answers).toMatchObject([{ id: 'a', state: 'failed', error: { code: 'CLOSED' } }]);
    expect(supervisor.actor.getSnapshot()).toMatchObject({ value: 'stopped', context: { queued: 0, done: 1 } });
  });
});

test('a worker that does not take work any more is busy', async () => {
  const blocks = {
    get: () => undefined,
    has: () => false,
    fetch: async () => {},
    put: async () => {},
    size: { blocks: 0, bytes: 0 },
  };
  const find = () => {
    throw new Error('never');
  };
  const worker = new WorkerActor({
    name: 'w',
    bus,
    subjects,
    clock,
    blocks,
    find,
    types: [],
    metrics: new TypeMetrics(),
  });
  const statuses: unknown[] = [];
  bus.subscribe('reports', ({ body }) => statuses.push(body));
  const give = () =>
    bus.publish(
      subjects.work('w'),
      { id: 'a', request: {}, attempt: 1, answerTo: 'asker', timeoutMs: 1 },
      { reply: 'reports' },
    );
  give();
  expect(answers.at(-1)).toMatchObject({ id: 'a', state: 'failed', error: { code: 'INTERNAL' } });
  expect(statuses).toEqual([{ id: 'a', worker: 'w', state: 'done' }]);
  await settle();
  expect(worker.actor.getSnapshot().context).toMatchObject({ accepted: 1, failed: 1, running: 0 });
  worker.actor.send({ type: 'DRAIN' });
  give();
  expect(statuses.at(-1)).toEqual({ id: 'a', worker: 'w', state: 'busy' });
  expect(CREDITS).toBeGreaterThan(0);
  worker.stop(new HeliosError('CLOSED', 'Over.'));
});
