import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cacheBudgetBytes,
  draftPolicy,
  initialPolicy,
  LEVELS,
  type Policy,
  severity,
  tighter,
} from '../../src/policy/index.js';

const MiB = 1024 * 1024;
const memory = { heapLimitBytes: 256 * MiB };

describe('the cache budget', () => {
  test('is a quarter of the memory there is, and less with every level', () => {
    expect(LEVELS.map((level) => cacheBudgetBytes(memory, level) / MiB)).toEqual([64, 32, 16, 4]);
  });

  test('goes by the tighter of heap and container', () => {
    expect(cacheBudgetBytes({ ...memory, memoryLimitBytes: 128 * MiB }, 'normal')).toBe(32 * MiB);
    expect(cacheBudgetBytes({ ...memory, memoryLimitBytes: 4_096 * MiB }, 'normal')).toBe(64 * MiB);
    expect(cacheBudgetBytes({ ...memory, memoryLimitBytes: 1.8e19 }, 'normal')).toBe(64 * MiB);
  });

  test('goes by what the user grants before anything else, and nothing is a grant too', () => {
    expect(cacheBudgetBytes({ ...memory, memoryBytes: 10 * MiB }, 'normal')).toBe(10 * MiB);
    expect(cacheBudgetBytes({ ...memory, memoryBytes: 1_001 }, 'elevated')).toBe(500);
    for (const level of LEVELS) expect(cacheBudgetBytes({ ...memory, memoryBytes: 0 }, level)).toBe(0);
  });

  test('falls back on what can be read', () => {
    for (const memoryBytes of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
      expect(cacheBudgetBytes({ ...memory, memoryBytes }, 'normal')).toBe(64 * MiB);
    }
    for (const heapLimitBytes of [0, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(cacheBudgetBytes({ heapLimitBytes }, 'normal')).toBe(64 * MiB);
    }
  });

  test('is a whole number of bytes that never grows with the level', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e13, noNaN: true }),
        fc.option(fc.nat(), { nil: undefined }),
        (heap, grant) => {
          const budgets = LEVELS.map((level) => cacheBudgetBytes({ heapLimitBytes: heap, memoryBytes: grant }, level));
          expect(budgets.every(Number.isSafeInteger)).toBe(true);
          expect(budgets).toEqual([...budgets].sort((a, b) => b - a));
        },
      ),
    );
  });
});

describe('a policy', () => {
  test('begins at epoch 0 with everything allowed', () => {
    expect(initialPolicy(memory)).toEqual({ epoch: 0n, level: 'normal', threshold: 0, cacheBudgetBytes: 64 * MiB });
  });

  test('is drafted from the level', () => {
    expect(draftPolicy('high', memory)).toEqual({ level: 'high', threshold: 0.5, cacheBudgetBytes: 16 * MiB });
  });
});

describe('the tighter of two policies', () => {
  const anyPolicy: fc.Arbitrary<Policy> = fc.record({
    epoch: fc.bigInt({ min: 0n, max: 5n }),
    level: fc.constantFrom(...LEVELS),
    threshold: fc.double({ min: 0, max: 1, noNaN: true }),
    cacheBudgetBytes: fc.nat(),
  });

  test('takes each setting from where it is tighter', () => {
    const ours = { epoch: 3n, level: 'high', threshold: 0.1, cacheBudgetBytes: 10 } as const;
    const theirs = { epoch: 4n, level: 'elevated', threshold: 0.4, cacheBudgetBytes: 20 } as const;
    expect(tighter(ours, theirs)).toEqual({ epoch: 4n, level: 'high', threshold: 0.4, cacheBudgetBytes: 10 });
  });

  test('is tighter than either, or as tight', () => {
    fc.assert(
      fc.property(anyPolicy, anyPolicy, (a, b) => {
        const both = tighter(a, b);
        for (const one of [a, b]) {
          expect(severity(both.level)).toBeGreaterThanOrEqual(severity(one.level));
          expect(both.threshold).toBeGreaterThanOrEqual(one.threshold);
          expect(both.cacheBudgetBytes).toBeLessThanOrEqual(one.cacheBudgetBytes);
        }
      }),
    );
  });

  test('is the same in any order, in any grouping, and any number of times', () => {
    fc.assert(
      fc.property(anyPolicy, anyPolicy, anyPolicy, (a, b, c) => {
        expect(tighter(a, b)).toEqual(tighter(b, a));
        expect(tighter(a, tighter(b, c))).toEqual(tighter(tighter(a, b), c));
        expect(tighter(a, a)).toEqual(a);
      }),
    );
  });
});
