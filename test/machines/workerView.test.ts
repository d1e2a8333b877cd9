import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  MISSED_UNTIL_GONE,
  STUCK_AFTER_MS,
  type WorkerViewEvent,
  workerViewMachine,
} from '../../src/machines/index.js';
import { stepped } from './step.js';

const MISSED: WorkerViewEvent = { type: 'MISSED' };
const beat = (at: number, progress: number, running = 1): WorkerViewEvent => ({ type: 'BEAT', at, progress, running });

function view(...events: WorkerViewEvent[]) {
  return stepped(workerViewMachine, { worker: 'w1' }, ...events).getSnapshot();
}

test('a worker that beats and gets on is alive', () => {
  expect(view(beat(0, 1), beat(STUCK_AFTER_MS, 2), beat(2 * STUCK_AFTER_MS, 3)).value).toBe('alive');
});

test('a missed beat makes it suspect, the next beat alive again, with a clean record', () => {
  const { value, context } = view(beat(0, 1), MISSED);
  expect(value).toBe('suspect');
  expect(context.missed).toBe(1);
  expect(view(beat(0, 1), MISSED, beat(1, 2))).toMatchObject({ value: 'alive', context: { missed: 0 } });
});

test('as many missed beats in a row as the limit says make it gone, and then it stays gone', () => {
  const missed = Array.from({ length: MISSED_UNTIL_GONE }, () => MISSED);
  expect(view(...missed.slice(1)).value).toBe('suspect');
  expect(view(...missed, beat(1, 1))).toMatchObject({ value: 'gone', status: 'done' });
  expect(view(...missed.slice(1), beat(1, 1), ...missed.slice(1)).value).toBe('suspect');
});

test('with a limit of one, the first missed beat is enough, from wherever it was', () => {
  const strict = { worker: 'w1', missedUntilGone: 1, stuckAfterMs: 10 };
  const alive = stepped(workerViewMachine, strict);
  alive.send(MISSED);
  expect(alive.getSnapshot()).toMatchObject({ value: 'gone', context: { missed: 1 } });
  const stuck = stepped(workerViewMachine, strict);
  stuck.send(beat(0, 1));
  stuck.send(beat(10, 1));
  expect(stuck.getSnapshot().value).toBe('stuck');
  stuck.send(MISSED);
  expect(stuck.getSnapshot()).toMatchObject({ value: 'gone', context: { missed: 1 } });
});

test.each([
  ['alive', []],
  ['suspect', [MISSED]],
  ['stuck', [beat(0, 1), beat(STUCK_AFTER_MS, 1)]],
] satisfies [string, WorkerViewEvent[]][])('a worker that is %s can say goodbye', (state, before) => {
  expect(view(...before).value).toBe(state);
  expect(view(...before, { type: 'GONE' }).value).toBe('gone');
});

test('a worker that beats without progress, with work in hand, is stuck after the limit and not before', () => {
  expect(view(beat(0, 1), beat(STUCK_AFTER_MS - 1, 1)).value).toBe('alive');
  expect(view(beat(0, 1), beat(STUCK_AFTER_MS, 1)).value).toBe('stuck');
  expect(view(beat(0, 1), MISSED, beat(STUCK_AFTER_MS, 1)).value).toBe('stuck');
});

test('a worker without work in hand may stand still; its time begins with the work', () => {
  expect(view(beat(0, 1, 0), beat(STUCK_AFTER_MS, 1, 0), beat(STUCK_AFTER_MS + 5, 1)).value).toBe('alive');
  expect(view(beat(0, 1, 0), beat(STUCK_AFTER_MS, 1, 0), beat(2 * STUCK_AFTER_MS, 1)).value).toBe('stuck');
});

test('a stuck worker is alive again when it gets on or has no more work, and suspect when it falls silent', () => {
  const stuck = [beat(0, 1), beat(STUCK_AFTER_MS, 1)];
  expect(view(...stuck, beat(STUCK_AFTER_MS + 1, 1)).value).toBe('stuck');
  expect(view(...stuck, beat(STUCK_AFTER_MS + 1, 2)).value).toBe('alive');
  expect(view(...stuck, beat(STUCK_AFTER_MS + 1, 1, 0)).value).toBe('alive');
  expect(view(...stuck, MISSED)).toMatchObject({ value: 'suspect', context: { missed: 1 } });
});

test('whatever happens, it is gone exactly when it said so or missed too much, and gone is for good', () => {
  const anyEvent = fc.oneof(
    fc.record({
      type: fc.constant('BEAT' as const),
      at: fc.integer({ min: 0, max: 100_000 }),
      progress: fc.integer({ min: 0, max: 3 }),
      running: fc.integer({ min: 0, max: 2 }),
    }),
    fc.constant(MISSED),
    fc.constant<WorkerViewEvent>({ type: 'GONE' }),
  );
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 30 }), (events) => {
      const actor = stepped(workerViewMachine, { worker: 'w1' });
      let missedInARow = 0;
      for (const event of events) {
        const before = actor.getSnapshot();
        actor.send(event);
        const after = actor.getSnapshot();
        if (before.status === 'done') {
          expect(after).toBe(before);
          continue;
        }
        missedInARow = event.type === 'MISSED' ? missedInARow + 1 : 0;
        expect(after.value === 'gone').toBe(event.type === 'GONE' || missedInARow === MISSED_UNTIL_GONE);
        if (event.type !== 'GONE') expect(after.context.missed).toBe(missedInARow);
        if (event.type === 'BEAT') expect(after.value).not.toBe('suspect');
        if (event.type === 'BEAT' && event.running === 0) expect(after.value).toBe('alive');
      }
    }),
  );
});
