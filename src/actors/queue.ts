/**
 * Requests that wait, by what they are worth. Worth is kept in bands, first come first served within a band; which band
 * is next is decided by the worth of its oldest request now, so that waiting counts and nothing starves.
 */
import { effectivePriority, type Worth } from '../policy/index.js';

const BANDS = 32;

export interface Waiting extends Worth {
  /** When it came, in milliseconds of the clock. */
  readonly since: number;
}

export class WaitingQueue<T extends Waiting> {
  private readonly bands: Set<T>[] = Array.from({ length: BANDS }, () => new Set());
  private count = 0;

  get size(): number {
    return this.count;
  }

  add(item: T): void {
    this.bandOf(item).add(item);
    this.count++;
  }

  /** Takes an item out, wherever it stands. */
  delete(item: T): boolean {
    if (!this.bandOf(item).delete(item)) return false;
    this.count--;
    return true;
  }

  /** The request that is worth most at a time; it stays in the queue. */
  best(now: number): T | undefined {
    let best: T | undefined;
    let bestWorth = -1;
    for (let band = BANDS - 1; band >= 0; band--) {
      const items = this.bands[band];
      if (items === undefined || items.size === 0) continue;
      const oldest = first(items);
      if (oldest === undefined) continue;
      if (best === undefined && items.size === this.count) return oldest;
      const worth = worthAt(oldest, now);
      if (worth <= bestWorth) continue;
      best = oldest;
      bestWorth = worth;
    }
    return best;
  }

  /** Takes everything out. */
  clear(): T[] {
    const items = this.bands.flatMap((band) => [...band]);
    for (const band of this.bands) band.clear();
    this.count = 0;
    return items;
  }

  private bandOf(item: T): Set<T> {
    const band = Math.min(BANDS - 1, Math.floor(effectivePriority(item) * BANDS));
    return this.bands[band] as Set<T>;
  }
}

/** What a request is worth after the time it has waited, 0 to 1. */
export function worthAt(item: Waiting, now: number): number {
  const { priority, urgency, weight } = item;
  return effectivePriority({ priority, urgency, weight, ageMs: now - item.since });
}

function first<T>(items: Set<T>): T | undefined {
  for (const item of items) return item;
  return undefined;
}
