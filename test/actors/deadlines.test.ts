import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Deadlines, TICK_MS } from '../../src/actors/deadlines.js';
import { createManualClock } from '../../src/testing/index.js';

test('a deadline is met within a tick after its time, never before, and not when it was taken out', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ inMs: fc.integer({ min: 0, max: 5_000 }), isTakenOut: fc.boolean() }), { maxLength: 50 }),
      fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 30 }),
      (items, steps) => {
        const clock = createManualClock(12_345);
        const met = new Map<object, number>();
        const deadlines = new Deadlines<{ deadlineAt: number }>(clock, (item) => met.set(item, clock.now()));
        const added = items.map(({ inMs, isTakenOut }) => ({ deadlineAt: clock.now() + inMs, isTakenOut }));
        for (const item of added) deadlines.add(item);
        for (const item of added) if (item.isTakenOut) deadlines.delete(item);
        for (const step of steps) clock.advance(step);
        clock.advance(5_000 + 2 * TICK_MS);
        for (const item of added) {
          const at = met.get(item);
          if (item.isTakenOut) expect(at).toBe(undefined);
          else expect(at).toBeGreaterThanOrEqual(item.deadlineAt);
          if (at !== undefined) expect(at - item.deadlineAt).toBeLessThanOrEqual(TICK_MS);
        }
        deadlines.close();
      },
    ),
  );
});

test('after a long quiet time the next deadline is met like the first', () => {
  const clock = createManualClock();
  const met: object[] = [];
  const deadlines = new Deadlines<{ deadlineAt: number }>(clock, (item) => met.push(item));
  const first = { deadlineAt: 100 };
  deadlines.add(first);
  deadlines.delete(first);
  deadlines.delete(first);
  clock.advance(100_000);
  const second = { deadlineAt: clock.now() + 100 };
  deadlines.add(second);
  clock.advance(90);
  expect(met).toEqual([]);
  clock.advance(100);
  expect(met).toEqual([second]);
  deadlines.close();
});

test('a deadline that has passed before it was added is met at the next tick', () => {
  const clock = createManualClock(1_000);
  const met: object[] = [];
  const deadlines = new Deadlines<{ deadlineAt: number }>(clock, (item) => met.push(item));
  const late = { deadlineAt: 900 };
  deadlines.add(late);
  clock.advance(TICK_MS);
  expect(met).toEqual([late]);
  const running = { deadlineAt: 5_000 };
  deadlines.add(running);
  clock.advance(500);
  const lateToo = { deadlineAt: 1_200 };
  deadlines.add(lateToo);
  clock.advance(TICK_MS);
  expect(met).toEqual([late, lateToo]);
  deadlines.close();
});
