/**
 * Work that waits for a worker, by what it needs of one: what only workers that are full could take keeps nobody else
 * from the others. Within each need, and between those that can be served, the order is that of `WaitingQueue`.
 */

import type { Item } from './item.js';
import { WaitingQueue, worthAt } from './queue.js';
import type { Need } from './roster.js';

interface Line {
  readonly need: Need;
  readonly queue: WaitingQueue<Item>;
}

/** Needs whose lines are kept when they are empty, for the next of the kind: making one costs more than using it. */
const EMPTY_LINES_MAX = 64;

export class Backlog {
  private readonly lines = new Map<string, Line>();
  private count = 0;
  /** Of all that waits, as it is reckoned. */
  private sum = 0;

  get size(): number {
    return this.count;
  }

  get bytes(): number {
    return this.sum;
  }

  add(item: Item): void {
    let line = this.lines.get(item.need.key);
    if (line === undefined) {
      line = { need: item.need, queue: new WaitingQueue<Item>() };
      this.lines.set(item.need.key, line);
    }
    line.queue.add(item);
    this.count++;
    this.sum += item.bytes;
  }

  delete(item: Item): boolean {
    const line = this.lines.get(item.need.key);
    if (line?.queue.delete(item) !== true) return false;
    this.count--;
    this.sum -= item.bytes;
    if (line.queue.size === 0 && this.lines.size > EMPTY_LINES_MAX) this.lines.delete(item.need.key);
    return true;
  }

  /** What is worth most at a time among what needs none of these; it stays. */
  best(now: number, without: ReadonlySet<string>): Item | undefined {
    let best: Item | undefined;
    let bestWorth = -1;
    for (const [key, { queue }] of this.lines) {
      if (queue.size === 0 || without.has(key)) continue;
      const oldest = queue.best(now);
      if (oldest === undefined) continue;
      if (this.lines.size === 1) return oldest;
      const worth = worthAt(oldest, now);
      if (worth <= bestWorth) continue;
      best = oldest;
      bestWorth = worth;
    }
    return best;
  }

  /** What is needed by something that waits. */
  needs(): Need[] {
    return [...this.lines.values()].filter(({ queue }) => queue.size > 0).map(({ need }) => need);
  }

  /** Takes out all that has this need. */
  takeAll(key: string): Item[] {
    const line = this.lines.get(key);
    if (line === undefined) return [];
    const items = line.queue.clear();
    this.count -= items.length;
    for (const { bytes } of items) this.sum -= bytes;
    if (this.lines.size > EMPTY_LINES_MAX) this.lines.delete(key);
    return items;
  }
}
