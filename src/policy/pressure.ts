/**
 * How short memory is, from 0 to 1, out of whatever figures this machine offers: every one but the heap is optional,
 * and any of them may be nonsense (a container without a limit reports 1.8e19). Never reads them itself.
 *
 * The heap is judged by what was live after the last major collection, since most of `heapUsed` is often garbage (one
 * service dropped 427 MB in one sample). The weight of collections follows Go's limit on them, the stall share Senpai.
 */
import { unit } from './unit.js';

/** What was measured. Bytes are of memory, shares from 0 to 1. */
export interface MemoryReading {
  readonly heapUsedBytes: number;
  readonly heapLimitBytes: number;
  /** Bytes left in use by the last major collection, when one has been seen. */
  readonly liveBytes?: number | undefined;
  /** Share of the last period's wall time that went into collecting. */
  readonly gcShare?: number | undefined;
  /** Resident memory that can't be dropped: without mapped store pages, where the system can tell them apart. */
  readonly rssBytes?: number | undefined;
  /** What the container or service may use. Absent, 0 and beyond `NO_LIMIT_BYTES` mean that there is no limit. */
  readonly memoryLimitBytes?: number | undefined;
  /** PSI `some` of memory: share of time in which at least one task waited for memory. */
  readonly psiSome?: number | undefined;
}

/** Score, its parts, and how it moves. `score` = the largest of `heap + gc`, `resident` and `stall`. */
export interface Pressure {
  readonly score: number;
  /** Change of the score in a second, smoothed; negative while pressure falls. */
  readonly trend: number;
  /** `heap`, `gc`, and where they could be read `resident` and `stall`; each from 0 to 1. */
  readonly parts: Readonly<Record<string, number>>;
}

/** A limit from here on (8 PiB) is a way to say "none". */
const NO_LIMIT_BYTES = 2 ** 53;
/** How much of the heap beyond the live set counts: it may be garbage, it may be new life not yet collected over. */
const UNCOLLECTED_WEIGHT = 0.5;
/** Share of time in collections that counts as full loss: where Go's collector would rather break its memory limit. */
const GC_SHARE_FULL = 0.5;
/** Share of stalled time that counts as full pressure. Senpai steers far below it: it means real thrashing. */
const STALL_SHARE_FULL = 0.25;
/** Milliseconds in which the trend forgets all but 1/e of what it was. */
const TREND_MEMORY_MS = 5_000;

/** The score and its parts. Whatever cannot be read counts as no pressure; never throws, never gives NaN. */
export function pressureScore(reading: MemoryReading): Omit<Pressure, 'trend'> {
  const heap = heapFullness(reading);
  // Collecting a lot in an empty heap is only a high rate of allocation: it counts by how full the heap is, and it can
  // do no more than fill the rest.
  const gc = (1 - heap) * heap * unit((reading.gcShare ?? 0) / GC_SHARE_FULL);
  const parts: Record<string, number> = { heap, gc };
  let score = heap + gc;
  if (reading.rssBytes !== undefined && isLimit(reading.memoryLimitBytes)) {
    parts.resident = unit(reading.rssBytes / reading.memoryLimitBytes);
    score = Math.max(score, parts.resident);
  }
  if (reading.psiSome !== undefined) {
    parts.stall = unit(reading.psiSome / STALL_SHARE_FULL);
    score = Math.max(score, parts.stall);
  }
  return { score: unit(score), parts };
}

/** Whether a figure is a real limit in bytes, and not one of the ways to say that there is none. */
export function isLimit(bytes: number | undefined): bytes is number {
  return bytes !== undefined && bytes > 0 && bytes < NO_LIMIT_BYTES;
}

function heapFullness({ heapUsedBytes, heapLimitBytes, liveBytes }: MemoryReading): number {
  if (!isLimit(heapLimitBytes)) return 0;
  const used = unit(heapUsedBytes / heapLimitBytes);
  if (liveBytes === undefined || !(liveBytes >= 0)) return used;
  const live = Math.min(used, unit(liveBytes / heapLimitBytes));
  return live + (used - live) * UNCOLLECTED_WEIGHT;
}

/** A score with its time on some steady clock. */
export interface ScoreSample {
  readonly score: number;
  /** Milliseconds. */
  readonly at: number;
}

/**
 * The smoothed slope of the score, in 1/s, after `sample`: exponential smoothing whose weight follows the time that
 * passed, so that it doesn't matter how often one looks. Without a previous sample, or when no time has passed, nothing
 * is learned.
 */
export function trend(previous: (ScoreSample & { readonly trend: number }) | undefined, sample: ScoreSample): number {
  if (previous === undefined) return 0;
  const elapsedMs = sample.at - previous.at;
  const slope = ((sample.score - previous.score) * 1_000) / elapsedMs;
  if (!(elapsedMs > 0) || !Number.isFinite(slope)) return previous.trend;
  const weight = 1 - Math.exp(-elapsedMs / TREND_MEMORY_MS);
  return previous.trend + (slope - previous.trend) * weight;
}
