import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AGE_HALFWAY_MS, effectivePriority } from '../../src/policy/index.js';

test('a plain request is worth the priority that it came with', () => {
  for (const priority of [0, 0.1, 0.5, 0.9, 1]) expect(effectivePriority({ priority, urgency: 0.5 })).toBe(priority);
});

test('urgency lifts and lowers a little', () => {
  expect(effectivePriority({ priority: 0.5, urgency: 1 })).toBeCloseTo(0.6);
  expect(effectivePriority({ priority: 0.5, urgency: 0 })).toBeCloseTo(0.4);
});

test('an unlikely branch counts for half of a certain one, and for no less', () => {
  expect(effectivePriority({ priority: 0.8, urgency: 0.5, weight: 0 })).toBeCloseTo(0.4);
  expect(effectivePriority({ priority: 0.8, urgency: 0.5, weight: 0.5 })).toBeCloseTo(0.6);
  expect(effectivePriority({ priority: 0.8, urgency: 0.5, weight: 1 })).toBe(0.8);
});

test('waiting closes half of the gap to 1 in the half-way time', () => {
  expect(effectivePriority({ priority: 0.2, urgency: 0.5, ageMs: AGE_HALFWAY_MS })).toBeCloseTo(0.6);
  expect(effectivePriority({ priority: 0.2, urgency: 0.5, ageMs: Number.POSITIVE_INFINITY })).toBe(1);
});

const share = fc.double({ min: 0, max: 1, noNaN: true });
const age = fc.double({ min: 0, max: 1e9, noNaN: true });
const worth = fc.record({ priority: share, urgency: share, weight: share, ageMs: age });

test('nothing starves: after the documented time a request passes any fixed priority below 1', () => {
  const fixed = fc.double({ min: 0, max: 0.999, noNaN: true });
  fc.assert(
    fc.property(worth, fixed, ({ ageMs: _, ...request }, priority) => {
      const base = effectivePriority(request);
      const waitMs = (AGE_HALFWAY_MS * Math.max(0, priority - base)) / (1 - priority);
      expect(effectivePriority({ ...request, ageMs: waitMs * 1.001 + 1 })).toBeGreaterThan(
        Math.min(priority, 1 - 1e-12),
      );
    }),
  );
});

test('the worth is from 0 to 1, and never falls when priority, urgency, weight or age rises', () => {
  fc.assert(
    fc.property(
      worth,
      worth,
      fc.constantFrom('priority' as const, 'urgency' as const, 'weight' as const, 'ageMs' as const),
      (one, other, field) => {
        const lower = { ...one, [field]: Math.min(one[field], other[field]) };
        const higher = { ...one, [field]: Math.max(one[field], other[field]) };
        expect(effectivePriority(lower)).toBeLessThanOrEqual(effectivePriority(higher));
        expect(effectivePriority(lower)).toBeGreaterThanOrEqual(0);
        expect(effectivePriority(higher)).toBeLessThanOrEqual(1);
      },
    ),
  );
});

test('figures out of range count as the nearest in range', () => {
  expect(effectivePriority({ priority: 7, urgency: 0.5 })).toBe(1);
  expect(effectivePriority({ priority: -7, urgency: 0.5 })).toBe(0);
  expect(effectivePriority({ priority: Number.NaN, urgency: Number.NaN, weight: Number.NaN, ageMs: Number.NaN })).toBe(
    0,
  );
  expect(effectivePriority({ priority: 0.5, urgency: 0.5, ageMs: -1 })).toBe(0.5);
});
