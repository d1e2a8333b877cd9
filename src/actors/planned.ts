/** Work that is asked for often and done once for all who asked: planned at most once until it has run. */
import type { Clock } from './clock.js';

/** When a statechart is told of counts: after whatever is waited for. */
export function together(clock: Clock, togetherMs: number): Clock['later'] {
  if (togetherMs === 0) return clock.later;
  return (callback) => void clock.after(togetherMs, callback, false);
}

export class Planned {
  private isPlanned = false;

  constructor(private readonly work: () => void) {}

  /** Plans the work for the clock's `soon` or `later`, unless it is planned already. */
  plan(when: Clock['later']): void {
    if (this.isPlanned) return;
    this.isPlanned = true;
    when(this.run);
  }

  /** Does it now; a plan that comes due afterwards does it again. */
  readonly run = (): void => {
    this.isPlanned = false;
    this.work();
  };
}
