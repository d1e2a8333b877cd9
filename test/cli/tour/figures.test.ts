import { describe, expect, it } from 'vitest';
import { latenciesOf, latencyText, spread, timed } from '../../../src/cli/tour/figures.js';
import { placesIn } from '../../../src/cli/tour/places.js';

const upTo = (count: number) => Array.from({ length: count }, (_, index) => count - index);

describe('latencies', () => {
  it('are nearest-rank percentiles of the raw samples', () => {
    expect(latenciesOf(upTo(100))).toEqual({ samples: 100, p50Us: 50, p95Us: 95, p99Us: 99 });
    expect(latenciesOf(upTo(1_000))).toMatchObject({ p50Us: 500, p95Us: 950, p99Us: 990 });
  });

  it('leave out what too few samples tell nothing about', () => {
    expect(latenciesOf(upTo(99))).toMatchObject({ p95Us: 95, p99Us: null });
    expect(latenciesOf([3, 1, 2])).toEqual({ samples: 3, p50Us: 2, p95Us: null, p99Us: null });
    expect(latenciesOf([])).toEqual({ samples: 0, p50Us: null, p95Us: null, p99Us: null });
  });

  it('read well at any size', () => {
    expect([null, 0.254, 1.26, 9.99, 45.4, 1_800].map(latencyText)).toEqual([
      ...['–', '0.25 µs', '1.3 µs', '10.0 µs', '45 µs', '1.8 ms'],
    ]);
  });

  it('come with what the work gave', () => {
    const { value, us } = timed(() => 'done');
    expect(value).toBe('done');
    expect(us).toBeGreaterThanOrEqual(0);
  });
});

describe('a spread', () => {
  it('takes evenly, in order, and all where there are no more', () => {
    expect(spread([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 4)).toEqual([0, 2, 5, 7]);
    expect(spread([1, 2], 4)).toEqual([1, 2]);
  });
});

describe('places in a document', () => {
  it('are what lies so deep, by keys and by indexes', () => {
    const document = { a: { '10': 1, 'x.y': null }, list: [{ deep: 2 }], flat: 3 };
    expect(placesIn(document, 2)).toEqual([
      { path: ['a', '10'], value: 1 },
      { path: ['a', 'x.y'], value: null },
      { path: ['list', 0], value: { deep: 2 } },
    ]);
    expect(placesIn(document, 0)).toEqual([{ path: [], value: document }]);
  });
});
