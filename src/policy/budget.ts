/**
 * How many bytes the cache of decoded objects may hold, out of how much memory there is and the pressure level. Reads
 * nothing itself. A quarter of the heap left a million agents served from a 256 MB heap with room to collect in.
 */
import type { Level } from './level.js';
import { isLimit } from './pressure.js';

/** What is known of memory when a process starts. */
export interface MemorySettings {
  /** What V8 lets the heap grow to, in bytes. */
  readonly heapLimitBytes: number;
  /** What the container lets the process use, in bytes, where it says so. */
  readonly memoryLimitBytes?: number | undefined;
  /** What the user grants the cache, in bytes: goes before any figure of ours. 0 means no cache. */
  readonly memoryBytes?: number | undefined;
}

/** Share of the memory there is that the cache takes while pressure is normal. */
const CACHE_SHARE = 0.25;
/** Where no limit at all can be read, in bytes. */
const UNKNOWN_MEMORY_BYTES = 256 * 1024 * 1024;
/** Share of the full budget that is left at each level. */
const LEFT_AT_LEVEL: Readonly<Record<Level, number>> = { normal: 1, elevated: 0.5, high: 0.25, critical: 0.0625 };

/** The cache's budget in whole bytes; never more at a more severe level. */
export function cacheBudgetBytes(memory: MemorySettings, level: Level): number {
  return Math.floor(fullBudgetBytes(memory) * LEFT_AT_LEVEL[level]);
}

function fullBudgetBytes({ heapLimitBytes, memoryLimitBytes, memoryBytes }: MemorySettings): number {
  if (memoryBytes !== undefined && memoryBytes >= 0 && memoryBytes < Number.POSITIVE_INFINITY) return memoryBytes;
  const limits = [heapLimitBytes, memoryLimitBytes].filter(isLimit);
  return (limits.length === 0 ? UNKNOWN_MEMORY_BYTES : Math.min(...limits)) * CACHE_SHARE;
}
