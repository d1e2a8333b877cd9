/**
 * One timer for all deadlines: they are put into buckets by their tick, and a single timer walks through the buckets.
 * Machines have no timers of their own, since each would be looked at whenever any other actor ends. A deadline is met
 * up to one tick late, never early.
 */
import type { Clock, Timer } from './clock.js';

/** Milliseconds between two ticks, at most by how much a deadline is late. */
export const TICK_MS = 50;

export interface HasDeadline {
  /** Milliseconds of the clock. */
  readonly deadlineAt: number;
}

export class Deadlines<T extends HasDeadline> {
  private readonly buckets = new Map<number, Set<T>>();
  private size = 0;
  private tick: number;
  private timer: Timer | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly onDue: (item: T) => void,
  ) {
    this.tick = Math.floor(clock.now() / TICK_MS);
  }

  add(item: T): void {
    // What is due already is due at the next tick to come.
    const tick = tickOf(item);
    if (tick < this.tick) this.tick = tick;
    const bucket = this.buckets.get(tick);
    if (bucket === undefined) this.buckets.set(tick, new Set([item]));
    else bucket.add(item);
    this.size++;
    if (this.timer === null) {
      this.tick = Math.min(tick, Math.floor(this.clock.now() / TICK_MS));
      this.arm();
    } else if (this.size === 1) this.timer.await(true);
  }

  delete(item: T): void {
    const tick = tickOf(item);
    const bucket = this.buckets.get(tick);
    if (bucket?.delete(item) !== true) return;
    if (bucket.size === 0) this.buckets.delete(tick);
    this.size--;
    if (this.size === 0) this.timer?.await(false);
  }

  close(): void {
    this.timer?.cancel();
    this.timer = null;
    this.buckets.clear();
    this.size = 0;
  }

  private arm(): void {
    // At the end of a tick: from anywhere within it, a deadline would be looked at up to two ticks late.
    const leftMs = TICK_MS - (this.clock.now() % TICK_MS);
    this.timer = this.clock.after(leftMs, () => this.advance(), true);
  }

  private advance(): void {
    const now = Math.floor(this.clock.now() / TICK_MS);
    for (; this.tick < now; this.tick++) {
      const bucket = this.buckets.get(this.tick);
      if (bucket === undefined) continue;
      this.buckets.delete(this.tick);
      this.size -= bucket.size;
      for (const item of bucket) this.onDue(item);
    }
    if (this.size > 0) this.arm();
    else this.timer = null;
  }
}

/** The tick at whose end the deadline has passed. */
function tickOf(item: HasDeadline): number {
  return Math.floor(item.deadlineAt / TICK_MS);
}
