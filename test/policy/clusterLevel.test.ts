import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clusterLevel, LEVELS, type Level, severity } from '../../src/policy/index.js';

function levelOf(levels: readonly Level[]): Level | undefined {
  const counts = { normal: 0, elevated: 0, high: 0, critical: 0 };
  for (const level of levels) counts[level]++;
  return clusterLevel(counts);
}

describe('the level of a cluster', () => {
  test('is that of its only worker, and none of none', () => {
    expect(LEVELS.map((level) => levelOf([level]))).toEqual(LEVELS);
    expect(levelOf([])).toBeUndefined();
  });

  test('is the worse one of two', () => {
    expect(levelOf(['normal', 'critical'])).toBe('critical');
    expect(levelOf(['high', 'elevated'])).toBe('high');
  });

  test('is not that of one overloaded worker among three, and is that of two', () => {
    expect(levelOf(['normal', 'critical', 'normal'])).toBe('normal');
    expect(levelOf(['high', 'critical', 'normal'])).toBe('high');
  });

  test('is the upper median', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...LEVELS), { minLength: 1, maxLength: 12 }), (levels) => {
        const sorted = levels.toSorted((a, b) => severity(a) - severity(b));
        expect(levelOf(levels)).toBe(sorted[Math.floor(levels.length / 2)]);
      }),
    );
  });
});
