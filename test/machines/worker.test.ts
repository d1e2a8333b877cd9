import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type WorkerEvent, workerMachine } from '../../src/machines/index.js';
import { HeliosError } from '../../src/protocol/errors.js';
import { stepped } from './step.js';

const full = new HeliosError('STORE_FULL', 'No room is left on the disk.');
const READY: WorkerEvent = { type: 'READY' };
const ACCEPT: WorkerEvent = { type: 'ACCEPT', count: 1 };
const DONE: WorkerEvent = { type: 'FINISH', finished: 1, failed: 0 };
const DRAIN: WorkerEvent = { type: 'DRAIN' };

function worker(...events: WorkerEvent[]) {
  return stepped(workerMachine, { worker: 'w1' }, ...events).getSnapshot();
}

test('a worker that is ready accepts work and tells what became of it', () => {
  const { value, context } = worker(READY, ACCEPT, ACCEPT, ACCEPT, DONE, { type: 'FINISH', finished: 0, failed: 1 });
  expect(value).toBe('ready');
  expect(context).toEqual({ worker: 'w1', running: 1, accepted: 3, finished: 1, failed: 1, error: null });
});

test('work is refused before it is ready, while it drains and after it has stopped', () => {
  for (const snapshot of [worker(), worker(READY, ACCEPT, DRAIN), worker({ type: 'STOP' })]) {
    expect(snapshot.can(ACCEPT)).toBe(false);
  }
  expect(worker(READY).can(ACCEPT)).toBe(true);
  expect(worker(ACCEPT, READY).context.accepted).toBe(0);
  expect(worker(READY, ACCEPT, DRAIN, ACCEPT).context).toMatchObject({ accepted: 1, running: 1 });
});

test('one event tells of a whole turn, and one that counts more than runs, or nothing, is refused', () => {
  const many = worker(READY, { type: 'ACCEPT', count: 5 }, { type: 'FINISH', finished: 2, failed: 1 });
  expect(many.context).toMatchObject({ running: 2, accepted: 5, finished: 2, failed: 1 });
  expect(many.can({ type: 'FINISH', finished: 2, failed: 1 })).toBe(false);
  expect(many.can({ type: 'FINISH', finished: 0, failed: 0 })).toBe(false);
  expect(many.can({ type: 'ACCEPT', count: 0 })).toBe(false);
  expect(many.can({ type: 'FINISH', finished: 1, failed: 1 })).toBe(true);
});

test('an end that no work began for changes nothing', () => {
  expect(worker(READY, DONE).context).toMatchObject({ running: 0, finished: 0 });
});

test('draining ends when the last piece of work does, however that goes', () => {
  expect(worker(READY, ACCEPT, ACCEPT, DRAIN, DONE).value).toBe('draining');
  const { value, context } = worker(READY, ACCEPT, ACCEPT, DRAIN, DONE, { type: 'FINISH', finished: 0, failed: 1 });
  expect(value).toBe('stopped');
  expect(context).toMatchObject({ running: 0, finished: 1, failed: 1 });
});

test('a worker with nothing to do stops at once when it is drained', () => {
  expect(worker(DRAIN).value).toBe('stopped');
  expect(worker(READY, DRAIN).value).toBe('stopped');
});

test.each([
  ['starting', []],
  ['ready', [READY, ACCEPT]],
  ['draining', [READY, ACCEPT, DRAIN]],
] satisfies [string, WorkerEvent[]][])('it can be stopped, and can fail, while %s', (_, before) => {
  expect(worker(...before, { type: 'STOP' })).toMatchObject({ value: 'stopped', context: { error: null } });
  expect(worker(...before, { type: 'FAIL', error: full })).toMatchObject({
    value: 'stopped',
    context: { error: full },
  });
});

test('whatever happens, every piece of work is running, finished or failed, and none is so twice', () => {
  const anyEvent = fc.constantFrom<WorkerEvent[]>(
    READY,
    ACCEPT,
    { type: 'ACCEPT', count: 3 },
    { type: 'FINISH', finished: 1, failed: 2 },
    DONE,
    { type: 'FINISH', finished: 0, failed: 1 },
    DRAIN,
    { type: 'STOP' },
    { type: 'FAIL', error: full },
  );
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 40 }), (events) => {
      const actor = stepped(workerMachine, { worker: 'w1' });
      for (const event of events) {
        const before = actor.getSnapshot();
        actor.send(event);
        const { value, context, status } = actor.getSnapshot();
        expect(context.running).toBeGreaterThanOrEqual(0);
        expect(context.accepted).toBe(context.running + context.finished + context.failed);
        if (value === 'starting') expect(context.accepted).toBe(0);
        if (value === 'draining') expect(context.running).toBeGreaterThan(0);
        if (before.value !== 'ready') expect(context.accepted).toBe(before.context.accepted);
        if (status === 'done') expect(value).toBe('stopped');
        if (before.status === 'done') expect(actor.getSnapshot()).toBe(before);
      }
    }),
  );
});
