/**
 * The last pressure level of each worker that has lately been heard of, and the level of all of them together. One that
 * falls silent is forgotten. Bounded: of too many, the one that was silent for longest goes first.
 */
import { clusterLevel, type Level } from '../policy/index.js';

/** Workers whose levels are kept. */
export const WORKERS_HEARD_MAX = 4_096;

interface Heard {
  readonly level: Level;
  /** Milliseconds of the clock. */
  readonly at: number;
}

export class HeardLevels {
  /** In the order in which they were heard last. */
  private readonly byWorker = new Map<string, Heard>();
  private readonly counts: Record<Level, number> = { normal: 0, elevated: 0, high: 0, critical: 0 };

  /** @param forgetAfterMs without a word, after which a worker is forgotten */
  constructor(private readonly forgetAfterMs: number) {}

  get size(): number {
    return this.byWorker.size;
  }

  hear(worker: string, level: Level, at: number): void {
    this.forget(worker);
    this.byWorker.set(worker, { level, at });
    this.counts[level]++;
    for (const [silent, heard] of this.byWorker) {
      if (at - heard.at <= this.forgetAfterMs && this.byWorker.size <= WORKERS_HEARD_MAX) break;
      this.forget(silent);
    }
  }

  /** Of those that were heard of lately, as of the last time that any was; `undefined` before. */
  get level(): Level | undefined {
    return clusterLevel(this.counts);
  }

  private forget(worker: string): void {
    const heard = this.byWorker.get(worker);
    if (heard === undefined) return;
    this.byWorker.delete(worker);
    this.counts[heard.level]--;
  }
}
