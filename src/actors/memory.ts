/**
 * Reads what this machine tells about memory: heap, what the last major collection left, the share of time spent
 * collecting, resident memory against the container's limit, and for how long somebody waited for memory. Every figure
 * but the heap's is optional.
 */
import { readFileSync } from 'node:fs';
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { MemoryReading, MemorySettings } from '../policy/index.js';

export interface MemoryReader {
  /** What memory is like now. `gcShare` is that of the time since the reading before. */
  read(): MemoryReading;
  close(): void;
}

/** Bytes of a page, in which Linux counts: 4 KiB nearly everywhere, and where it is more the figure is too low. */
const PAGE_BYTES = 4096;
/** Milliseconds below which a period is too short to tell a share from: it goes on into the next reading. */
const PERIOD_MS_MIN = 50;

/** Where Linux tells of memory stalls (PSI): of this container, where it has such files, else of the machine. */
const STALLS = ['/sys/fs/cgroup/memory.pressure', '/proc/pressure/memory'];

export function openMemoryReader(now: () => number = () => performance.now(), stalls = STALLS): MemoryReader {
  const stallsFile = stalls.find((file) => readStalls(file) !== undefined);
  let liveBytes: number | undefined;
  let gcMs = 0;
  let since = now();
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      gcMs += entry.duration;
      if ('detail' in entry && isMajor(entry.detail)) liveBytes = process.memoryUsage().heapUsed;
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  return {
    read: () => {
      const { heap_size_limit: heapLimitBytes, used_heap_size: heapUsedBytes } = getHeapStatistics();
      const periodMs = now() - since;
      const gcShare = periodMs >= PERIOD_MS_MIN ? Math.min(1, gcMs / periodMs) : undefined;
      if (gcShare !== undefined) {
        gcMs = 0;
        since = now();
      }
      if (liveBytes !== undefined && liveBytes > heapUsedBytes) liveBytes = heapUsedBytes;
      const memoryLimitBytes = process.constrainedMemory();
      return {
        heapUsedBytes,
        heapLimitBytes,
        liveBytes,
        gcShare,
        rssBytes: unmappedBytes(),
        memoryLimitBytes,
        psiSome: stallsFile === undefined ? undefined : readStalls(stallsFile),
      };
    },
    close: () => observer.disconnect(),
  };
}

/** What there is to share out, as it was when the process started. @param memoryBytes what the user grants, in bytes */
export function memorySettings(memoryBytes: number | undefined): MemorySettings {
  const heapLimitBytes = getHeapStatistics().heap_size_limit;
  return { heapLimitBytes, memoryLimitBytes: process.constrainedMemory(), memoryBytes };
}

/** Resident memory without the pages of mapped files, such as the store's, which the system drops when it needs room. */
function unmappedBytes(): number {
  try {
    const [, resident = '', shared = ''] = readFileSync('/proc/self/statm', 'latin1').split(' ');
    return (Number(resident) - Number(shared)) * PAGE_BYTES;
  } catch {
    // Not Linux: with all that is resident, which is more.
    return process.memoryUsage.rss();
  }
}

/** Share of the last ten seconds in which some task waited for memory; `undefined` where it can't be told. */
function readStalls(file: string): number | undefined {
  try {
    const percent = /^some avg10=(\d+(?:\.\d+)?)/m.exec(readFileSync(file, 'latin1'))?.[1];
    return percent === undefined ? undefined : Number(percent) / 100;
  } catch {
    // Not Linux, an older one, or one that doesn't measure it.
    return undefined;
  }
}

function isMajor(detail: unknown): boolean {
  if (typeof detail !== 'object' || detail === null || !('kind' in detail)) return false;
  return detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR;
}
