/**
 * Counts what becomes of materializations, by type, in bounded memory: counters, and a histogram of how long
 * restorations took. Whoever restores holds a type's cell and counts in its fields; this never measures time itself.
 */
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

export interface TypeStats {
  /** Objects, views apart, that were built out of blocks. */
  readonly restored: number;
  /** Objects that were there already. */
  readonly cached: number;
  readonly failed: number;
  /** Bytes of the blocks that the restored ones were built of, as stored. */
  readonly bytes: number;
  /** Microseconds that restorations took since the start, to about 1 %; 0 before the first. */
  readonly p50Us: number;
  readonly p95Us: number;
  readonly p99Us: number;
}

/** One type's counters: to be counted up in place, which costs nothing to speak of. */
export interface TypeCell {
  restored: number;
  cached: number;
  failed: number;
  bytes: number;
  /** Durations in nanoseconds; made with the first one, about 28 KB. */
  durations: RecordableHistogram | null;
}

/** Types with a cell of their own; later ones share one. All histograms together take 7 MB at most. */
export const TYPES_MAX = 256;
/** The name of the cell that they share. No type can be called so. */
export const OTHER_TYPES = '_other';
/** Longer restorations count as this long: a minute. */
const LONGEST_NS = 60_000_000_000;

export class TypeMetrics {
  private readonly cells = new Map<string, TypeCell>();

  /** The counters of a type: hold on to them. */
  cell(type: string): TypeCell {
    const known = this.cells.get(type);
    if (known !== undefined) return known;
    const name = this.cells.size < TYPES_MAX ? type : OTHER_TYPES;
    const cell = this.cells.get(name) ?? { restored: 0, cached: 0, failed: 0, bytes: 0, durations: null };
    this.cells.set(name, cell);
    return cell;
  }

  /** Counts one object built out of `bytes` bytes of blocks in `durationNs`. */
  recordRestored(cell: TypeCell, durationNs: number, bytes: number): void {
    cell.restored++;
    cell.bytes += bytes;
    cell.durations ??= createHistogram({ lowest: 1, highest: LONGEST_NS, figures: 2 });
    cell.durations.record(Math.min(Math.max(Math.round(durationNs), 1), LONGEST_NS));
  }

  /** What was counted so far, by type. */
  snapshot(): Readonly<Record<string, TypeStats>> {
    return Object.fromEntries([...this.cells].map(([type, cell]) => [type, statsOf(cell)]));
  }
}

function statsOf({ restored, cached, failed, bytes, durations }: TypeCell): TypeStats {
  const us = (percent: number) => (durations === null ? 0 : durations.percentile(percent) / 1_000);
  return { restored, cached, failed, bytes, p50Us: us(50), p95Us: us(95), p99Us: us(99) };
}
