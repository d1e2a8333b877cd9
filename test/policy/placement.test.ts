import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { affinity, type Candidate, placed, placementHash } from '../../src/policy/index.js';

const worker = (name: string, free = 1): Candidate => ({ name, seed: placementHash(name), free });
const objects = Array.from({ length: 6_000 }, (_, index) => placementHash(`agents/${index}`));

/** How many objects each worker gets. */
function shares(workers: readonly Candidate[]): Map<string, number> {
  const counts = new Map(workers.map(({ name }) => [name, 0]));
  for (const object of objects) {
    const { name = '' } = placed(object, workers) ?? {};
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** The candidates of an object, best first. */
function ranked(object: number, workers: readonly Candidate[]): Candidate[] {
  return workers.toSorted((a, b) => affinity(object, b.seed) - affinity(object, a.seed));
}

describe('placement', () => {
  test('gives an object to the same worker each time, whatever the order of the workers', () => {
    const workers = ['a', 'b', 'c', 'd'].map((name) => worker(name));
    for (const object of objects.slice(0, 100)) {
      const chosen = placed(object, workers);
      expect(chosen).toBe(ranked(object, workers)[0]);
      expect(placed(object, workers.toReversed())).toBe(chosen);
    }
  });

  test.each([[2], [3], [7]])('shares many objects fairly among %i workers whose names are alike', (count) => {
    const workers = Array.from({ length: count }, (_, index) => worker(`worker-${index}`));
    for (const share of shares(workers).values()) {
      expect(share).toBeGreaterThan((objects.length / count) * 0.85);
      expect(share).toBeLessThan((objects.length / count) * 1.15);
    }
  });

  test('moves only the objects of a worker that goes, and shares those among the others', () => {
    const workers = ['a', 'b', 'c', 'd'].map((name) => worker(name));
    const left = workers.slice(0, 3);
    const moved = new Map<string, number>();
    for (const object of objects) {
      const before = placed(object, workers)?.name;
      const after = placed(object, left)?.name;
      if (before === 'd') moved.set(after ?? '', (moved.get(after ?? '') ?? 0) + 1);
      else expect(after).toBe(before);
    }
    expect([...moved.keys()].sort()).toEqual(['a', 'b', 'c']);
    for (const count of moved.values()) expect(count).toBeGreaterThan(objects.length / 4 / 3 / 1.5);
  });

  test('goes to the second candidate when the first is full, then to whoever has most room', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    for (const object of objects.slice(0, 50)) {
      const order = ranked(
        object,
        names.map((name) => worker(name)),
      ).map(({ name }) => name);
      const rooms = (free: readonly number[]) => order.map((name, index) => worker(name, free[index]));
      const chosen = (...free: number[]) =>
        placed(
          object,
          rooms(free).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
        );
      expect(chosen(1, 9, 9, 9, 9)?.name).toBe(order[0]);
      expect(chosen(0, 1, 9, 9, 9)?.name).toBe(order[1]);
      expect(chosen(0, 0, 1, 3, 2)?.name).toBe(order[3]);
      expect(chosen(0, -3, 0, 0, 0)).toBeUndefined();
    }
    expect(placed(1, [])).toBeUndefined();
  });

  test('stands by name where two numbers are the same, so that all who place agree', () => {
    const twins = [
      { name: 'b', seed: 7, free: 1 },
      { name: 'a', seed: 7, free: 1 },
      { name: 'c', seed: 7, free: 1 },
    ];
    expect(placed(1, twins)?.name).toBe('a');
    expect(placed(1, twins.toReversed())?.name).toBe('a');
    expect(
      placed(
        1,
        twins.map((twin) => (twin.name === 'a' ? { ...twin, free: 0 } : twin)),
      )?.name,
    ).toBe('b');
  });

  test('numbers are whole, from 0 to 2^32 - 1, for every text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), fc.string(), (object, name) => {
        for (const number of [placementHash(object), affinity(placementHash(object), placementHash(name))]) {
          expect(Number.isInteger(number) && number >= 0 && number < 2 ** 32).toBe(true);
        }
      }),
    );
  });
});
