/** Latencies out of raw samples, and figures as text. A percentile that too few samples stand behind is not given. */
import { durationText } from '../screen/units.js';

/** In microseconds; `null` where there are too few samples to tell. */
export interface Latencies {
  readonly samples: number;
  readonly p50Us: number | null;
  readonly p95Us: number | null;
  readonly p99Us: number | null;
}

/** Samples needed before a percentile means something: then at least one or two lie beyond it. */
const SAMPLES_MIN = { p50: 1, p95: 20, p99: 100 } as const;
const TEN_US = 10;

/** Nearest-rank percentiles. */
export function latenciesOf(samplesUs: readonly number[]): Latencies {
  const sorted = Float64Array.from(samplesUs).sort();
  const at = (share: number, samplesMin: number) =>
    sorted.length < samplesMin ? null : (sorted[Math.ceil(sorted.length * share) - 1] ?? null);
  return {
    samples: sorted.length,
    p50Us: at(0.5, SAMPLES_MIN.p50),
    p95Us: at(0.95, SAMPLES_MIN.p95),
    p99Us: at(0.99, SAMPLES_MIN.p99),
  };
}

/** `0.25 µs`, `8.1 µs`, `45 µs`, `1.8 ms`; `–` for what isn't known. */
export function latencyText(us: number | null): string {
  if (us === null) return '–';
  if (us < 1) return `${us.toFixed(2)} µs`;
  return us < TEN_US ? `${us.toFixed(1)} µs` : durationText(us);
}

/** Microseconds that a piece of work took, and what it gave. */
export function timed<T>(work: () => T): { readonly value: T; readonly us: number } {
  const startedAt = performance.now();
  const value = work();
  return { value, us: (performance.now() - startedAt) * 1_000 };
}

/** So many of `items`, evenly spread over them, in their order; all of them when there are no more. */
export function spread<T>(items: readonly T[], count: number): readonly T[] {
  if (items.length <= count) return items;
  return Array.from({ length: count }, (_, index) => items[Math.floor((index * items.length) / count)]).filter(
    (item) => item !== undefined,
  );
}
