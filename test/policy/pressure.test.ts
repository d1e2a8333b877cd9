import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type MemoryReading, pressureScore, trend } from '../../src/policy/index.js';

const heap = { heapUsedBytes: 200, heapLimitBytes: 1_000 };

describe('the score', () => {
  test('is how full the heap is when nothing else is known', () => {
    expect(pressureScore(heap)).toEqual({ score: 0.2, parts: { heap: 0.2, gc: 0 } });
  });

  test('judges the heap by what was live after the last major collection, and takes half of the rest for garbage', () => {
    expect(pressureScore({ ...heap, heapUsedBytes: 900, liveBytes: 100 }).score).toBeCloseTo(0.5);
    expect(pressureScore({ ...heap, heapUsedBytes: 900, liveBytes: 900 }).score).toBeCloseTo(0.9);
    expect(pressureScore({ ...heap, heapUsedBytes: 100, liveBytes: 900 }).score).toBeCloseTo(0.1);
    expect(pressureScore({ ...heap, liveBytes: 0 }).score).toBeCloseTo(0.1);
  });

  test('takes time spent collecting for pressure where the heap is full, not where it is empty', () => {
    const busy = (heapUsedBytes: number) => pressureScore({ ...heap, heapUsedBytes, gcShare: 0.5 });
    expect(busy(700).score).toBeCloseTo(0.91);
    expect(busy(700).parts.gc).toBeCloseTo(0.21);
    expect(busy(20).score).toBeLessThan(0.05);
    expect(busy(1_000).score).toBe(1);
  });

  test('is the worst of heap, container and stalled time', () => {
    const reading = { ...heap, rssBytes: 800, memoryLimitBytes: 1_000, psiSome: 0.125 };
    expect(pressureScore(reading)).toEqual({ score: 0.8, parts: { heap: 0.2, gc: 0, resident: 0.8, stall: 0.5 } });
    expect(pressureScore({ ...reading, psiSome: 0.25 }).score).toBe(1);
    expect(pressureScore({ ...reading, rssBytes: 2_000 }).score).toBe(1);
  });

  test('knows the ways in which systems say that there is no limit', () => {
    for (const memoryLimitBytes of [undefined, 0, 2 ** 53, 1.8e19, Number.POSITIVE_INFINITY, Number.NaN, -1]) {
      expect(pressureScore({ ...heap, rssBytes: 800, memoryLimitBytes })).toEqual(pressureScore(heap));
    }
  });

  test('takes a heap without a readable limit for an empty one', () => {
    for (const heapLimitBytes of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(pressureScore({ ...heap, heapLimitBytes }).score).toBe(0);
    }
    expect(pressureScore({ ...heap, liveBytes: Number.NaN })).toEqual(pressureScore(heap));
    expect(pressureScore({ ...heap, liveBytes: -5 })).toEqual(pressureScore(heap));
  });

  const anyFigure = fc.oneof(fc.double(), fc.double({ min: 0, max: 2e9 }), fc.constantFrom(0, 1.8e19, Number.NaN));
  const anyReading: fc.Arbitrary<MemoryReading> = fc.record(
    {
      heapUsedBytes: anyFigure,
      heapLimitBytes: anyFigure,
      liveBytes: anyFigure,
      gcShare: anyFigure,
      rssBytes: anyFigure,
      memoryLimitBytes: anyFigure,
      psiSome: anyFigure,
    },
    { requiredKeys: ['heapUsedBytes', 'heapLimitBytes'] },
  );

  test('and its parts are from 0 to 1 whatever is read', () => {
    fc.assert(
      fc.property(anyReading, (reading) => {
        const { score, parts } = pressureScore(reading);
        for (const figure of [score, ...Object.values(parts)]) {
          expect(figure).toBeGreaterThanOrEqual(0);
          expect(figure).toBeLessThanOrEqual(1);
        }
        const { heap: fullness = 0, gc = 0, resident = 0, stall = 0 } = parts;
        expect(score).toBeCloseTo(Math.max(fullness + gc, resident, stall));
      }),
    );
  });

  test('never falls when more is used, or more time is lost', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.tuple(share, share, share, share, share), share, ([used, gcShare, rss, psiSome, live], more) => {
        const scoreOf = (heapUsed: number, gc: number, resident: number, stall: number) =>
          pressureScore({
            heapUsedBytes: heapUsed * 1e9,
            heapLimitBytes: 1e9,
            liveBytes: live * 1e9,
            gcShare: gc,
            rssBytes: resident * 1e9,
            memoryLimitBytes: 1e9,
            psiSome: stall,
          }).score;
        const base = scoreOf(used, gcShare, rss, psiSome) - 1e-12;
        expect(scoreOf(used + more, gcShare, rss, psiSome)).toBeGreaterThanOrEqual(base);
        expect(scoreOf(used, gcShare + more, rss, psiSome)).toBeGreaterThanOrEqual(base);
        expect(scoreOf(used, gcShare, rss + more, psiSome)).toBeGreaterThanOrEqual(base);
        expect(scoreOf(used, gcShare, rss, psiSome + more)).toBeGreaterThanOrEqual(base);
      }),
    );
  });
});

describe('the trend', () => {
  /** Looks at `scoreAt` at each of the times, in milliseconds. */
  const trendOver = (scoreAt: (at: number) => number, times: readonly number[]) => {
    let last: { score: number; at: number; trend: number } | undefined;
    for (const at of times) last = { score: scoreAt(at), at, trend: trend(last, { score: scoreAt(at), at }) };
    return last?.trend ?? Number.NaN;
  };

  test('is 0 as long as there is nothing to compare with', () => {
    expect(trend(undefined, { score: 0.7, at: 100 })).toBe(0);
  });

  test('comes to the slope of a steady rise or fall, in 1/s', () => {
    const times = Array.from({ length: 100 }, (_, index) => index * 500);
    expect(trendOver((at) => at / 100_000, times)).toBeCloseTo(0.01, 4);
    expect(trendOver((at) => 1 - at / 100_000, times)).toBeCloseTo(-0.01, 4);
    expect(trendOver(() => 0.6, times)).toBe(0);
  });

  test('does not depend on how often one looks', () => {
    const inner = fc.uniqueArray(fc.integer({ min: 1, max: 9_999 }), { maxLength: 50 });
    fc.assert(
      fc.property(inner, (times) => {
        const looked = trendOver((at) => at / 20_000, [0, ...times.sort((a, b) => a - b), 10_000]);
        expect(looked).toBeCloseTo(
          trendOver((at) => at / 20_000, [0, 10_000]),
          9,
        );
      }),
    );
  });

  test('takes a single jump for less than it looks', () => {
    expect(trend({ score: 0.2, at: 0, trend: 0 }, { score: 0.7, at: 100 })).toBeCloseTo(0.1, 2);
  });

  test('learns nothing from a clock that stands still, jumps back, or from a score that is none', () => {
    const before = { score: 0.5, at: 1_000, trend: 0.02 };
    expect(trend(before, { score: 0.9, at: 1_000 })).toBe(0.02);
    expect(trend(before, { score: 0.9, at: 500 })).toBe(0.02);
    expect(trend(before, { score: Number.NaN, at: 2_000 })).toBe(0.02);
    expect(trend(before, { score: 0.9, at: Number.NaN })).toBe(0.02);
  });
});
