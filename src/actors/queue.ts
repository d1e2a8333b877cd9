/**
 * Requests that wait, by what they are worth. Worth is kept in bands, first come first served within a band; which band
 * is next is decided by the worth of its oldest request now, so that waiting counts and nothing starves.
 */
import { effectivePriority, type Worth } from '../policy/index.js';

const BANDS = 32;
/** Places at the front of a band that stay empty until they are cut off. */
const GAPS_MAX = 1_024;

export interface Waiting extends Worth {
  /** When it came, in milliseconds of the clock. */
  readonly since: number;
}

/** Oldest first. A Set as a queue is slow at its front after many deletions, so places are counted off in an array. */
interface Band<T> {
  items: T[];
  first: number;
}

export class WaitingQueue<T extends Waiting> {
  private readonly bands: Band<T>[] = Array.from({ length: BANDS }, () => ({ items: [], first: 0 }));
  /** What waits, with its band. What was taken out stays in the band's array until it is its turn there. */
  private readonly bandOf = new Map<T, Band<T>>();

  get size(): number {
    return this.bandOf.size;
  }

  add(item: T): void {
    const band = this.bands[Math.min(BANDS - 1, Math.floor(effectivePriority(item) * BANDS))];
    if (band === undefined || this.bandOf.has(item)) return;
    band.items.push(item);
    this.bandOf.set(item, band);
  }

  /** Takes an item out, wherever it stands. */
  delete(item: T): boolean {
    return this.bandOf.delete(item);
  }

  /** The request that is worth most at a time; it stays in the queue. */
  best(now: number): T | undefined {
    let best: T | undefined;
    let bestWorth = -1;
    for (let index = BANDS - 1; index >= 0; index--) {
      const band = this.bands[index];
      const oldest = band === undefined ? undefined : this.oldest(band);
      if (oldest === undefined) continue;
      const worth = worthAt(oldest, now);
      if (worth <= bestWorth) continue;
      best = oldest;
      bestWorth = worth;
    }
    return best;
  }

  /** Takes everything out. */
  clear(): T[] {
    const items = [...this.bandOf.keys()];
    this.bandOf.clear();
    for (const band of this.bands) this.oldest(band);
    return items;
  }

  private oldest(band: Band<T>): T | undefined {
    const { items } = band;
    for (; band.first < items.length; band.first++) {
      const item = items[band.first];
      if (item !== undefined && this.bandOf.get(item) === band) {
        if (band.first > GAPS_MAX && band.first * 2 > items.length) {
          items.splice(0, band.first);
          band.first = 0;
        }
        return item;
      }
    }
    items.length = 0;
    band.first = 0;
    return undefined;
  }
}

/** What a request is worth after the time it has waited, 0 to 1. */
export function worthAt(item: Waiting, now: number): number {
  const { priority, urgency, weight } = item;
  return effectivePriority({ priority, urgency, weight, ageMs: now - item.since });
}
