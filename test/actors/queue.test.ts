import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WaitingQueue, worthAt } from '../../src/actors/queue.js';

interface Item {
  readonly priority: number;
  readonly urgency: number;
  readonly since: number;
}

const share = fc.double({ min: 0, max: 1, noNaN: true });
const anyItem = fc.record({ priority: share, urgency: share, since: fc.integer({ min: 0, max: 20_000 }) });

test('the best is worth as much as any that waits, to a band', () => {
  fc.assert(
    fc.property(fc.array(anyItem, { minLength: 1, maxLength: 40 }), (items) => {
      const queue = new WaitingQueue<Item>();
      for (const item of items.sort((a, b) => a.since - b.since)) queue.add(item);
      const now = 20_000;
      const best = queue.best(now);
      const most = Math.max(...items.map((item) => worthAt(item, now)));
      expect(best).toBeDefined();
      if (best !== undefined) expect(worthAt(best, now)).toBeGreaterThanOrEqual(most - 1 / 16);
    }),
  );
});

test('all that was added comes out once', () => {
  fc.assert(
    fc.property(fc.array(anyItem, { maxLength: 40 }), (items) => {
      const queue = new WaitingQueue<Item>();
      for (const item of items) queue.add(item);
      const out = new Set<Item>();
      for (let best = queue.best(1e6); best !== undefined; best = queue.best(1e6)) {
        expect(queue.delete(best)).toBe(true);
        expect(queue.delete(best)).toBe(false);
        out.add(best);
      }
      expect(out).toEqual(new Set(items));
      expect(queue.size).toBe(0);
    }),
  );
});

test('a request of little worth is served before newer ones of more, once it has waited long enough', () => {
  const queue = new WaitingQueue<Item>();
  const old = { priority: 0.1, urgency: 0.5, since: 0 };
  queue.add(old);
  const rival = (since: number) => ({ priority: 0.6, urgency: 0.5, since });
  const early = rival(100);
  queue.add(early);
  expect(queue.best(100)).toBe(early);
  queue.delete(early);
  queue.add(rival(60_000));
  expect(queue.best(60_000)).toBe(old);
  expect(queue.clear()).toHaveLength(2);
  expect(queue.best(0)).toBe(undefined);
});
