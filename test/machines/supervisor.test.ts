import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type SupervisorEvent, supervisorMachine } from '../../src/machines/index.js';
import { HeliosError } from '../../src/protocol/errors.js';
import { stepped } from './step.js';

const broken = new HeliosError('INTERNAL', 'The queue is broken.');
const READY: SupervisorEvent = { type: 'READY' };
const DRAIN: SupervisorEvent = { type: 'DRAIN' };
const queued = (count: number): SupervisorEvent => ({ type: 'QUEUED', count });
const dispatched = (count: number): SupervisorEvent => ({ type: 'DISPATCHED', count });
const requeued = (count: number): SupervisorEvent => ({ type: 'REQUEUED', count });
const dropped = (count: number): SupervisorEvent => ({ type: 'DROPPED', count });
const done = (count: number): SupervisorEvent => ({ type: 'DONE', count });

function supervisor(...events: SupervisorEvent[]) {
  return stepped(supervisorMachine, undefined, ...events).getSnapshot();
}

test('requests are counted from queue to worker to end, and back when they must be tried again', () => {
  const steps: [SupervisorEvent, [number, number, number]][] = [
    [queued(10), [10, 0, 0]],
    [dispatched(4), [6, 4, 0]],
    [requeued(1), [7, 3, 0]],
    [dropped(2), [5, 3, 2]],
    [done(3), [5, 0, 5]],
  ];
  const actor = stepped(supervisorMachine, undefined);
  actor.send(READY);
  for (const [event, [waiting, out, ended]] of steps) {
    actor.send(event);
    expect(actor.getSnapshot()).toMatchObject({
      value: 'running',
      context: { queued: waiting, dispatched: out, done: ended },
    });
  }
});

test('a count that cannot be true is refused', () => {
  const busy = [READY, queued(3), dispatched(1)];
  for (const event of [
    queued(0),
    queued(-1),
    dispatched(3),
    dropped(3),
    requeued(2),
    done(2),
    done(0),
    done(Number.NaN),
  ]) {
    expect(supervisor(...busy).can(event)).toBe(false);
    expect(supervisor(...busy, event).context).toMatchObject({ queued: 2, dispatched: 1, done: 0 });
  }
});

test('nothing is taken in before it is ready, while it drains or after it has stopped', () => {
  for (const snapshot of [supervisor(), supervisor(READY, queued(1), DRAIN), supervisor({ type: 'STOP' })]) {
    expect(snapshot.can(queued(1))).toBe(false);
  }
});

test('draining goes on with what it has, retries included, and ends with the last of it', () => {
  const draining = [READY, queued(3), dispatched(1), DRAIN];
  expect(supervisor(...draining, dispatched(1), requeued(1), done(1))).toMatchObject({
    value: 'draining',
    context: { queued: 2, dispatched: 0, done: 1 },
  });
  expect(supervisor(...draining, dropped(2)).value).toBe('draining');
  expect(supervisor(...draining, dropped(1), dropped(1), done(1))).toMatchObject({
    value: 'stopped',
    context: { queued: 0, dispatched: 0, done: 3 },
  });
  expect(supervisor(...draining, done(1), dropped(2))).toMatchObject({ value: 'stopped', context: { done: 3 } });
  expect(supervisor(...draining, dropped(5)).value).toBe('draining');
});

test('a supervisor with nothing in hand stops at once when it is drained', () => {
  expect(supervisor(DRAIN).value).toBe('stopped');
  expect(supervisor(READY, queued(1), dropped(1), DRAIN).value).toBe('stopped');
});

test.each([
  ['starting', []],
  ['running', [READY, queued(1)]],
  ['draining', [READY, queued(1), DRAIN]],
] satisfies [string, SupervisorEvent[]][])('it can be stopped, and can fail, while %s', (state, before) => {
  expect(supervisor(...before).value).toBe(state);
  expect(supervisor(...before, { type: 'STOP' })).toMatchObject({ value: 'stopped', context: { error: null } });
  expect(supervisor(...before, { type: 'FAIL', error: broken })).toMatchObject({
    value: 'stopped',
    context: { error: broken },
  });
});

test('whatever happens, no figure is negative and no request is lost or made', () => {
  const count = fc.integer({ min: -1, max: 5 });
  const anyEvent = fc.oneof(
    fc.constantFrom<SupervisorEvent[]>(READY, DRAIN, { type: 'STOP' }, { type: 'FAIL', error: broken }),
    ...[queued, dispatched, requeued, dropped, done].flatMap((make) => [count.map(make), count.map(make)]),
  );
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 40 }), (events) => {
      const actor = stepped(supervisorMachine, undefined);
      actor.send(READY);
      let taken = 0;
      for (const event of events) {
        const before = actor.getSnapshot();
        if (event.type === 'QUEUED' && before.can(event)) taken += event.count;
        actor.send(event);
        const { value, context } = actor.getSnapshot();
        expect(Math.min(context.queued, context.dispatched, context.done)).toBeGreaterThanOrEqual(0);
        expect(context.queued + context.dispatched + context.done).toBe(taken);
        expect(context.done).toBeGreaterThanOrEqual(before.context.done);
        if (value === 'draining') expect(context.queued + context.dispatched).toBeGreaterThan(0);
        if (before.status === 'done') expect(actor.getSnapshot()).toBe(before);
      }
    }),
  );
});
