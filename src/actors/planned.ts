/** Work that is asked for often and done once for all who asked: planned at most once until it has run. */
import type { Clock } from './clock.js';

/**
 * Milliseconds until a statechart hears in one what has come and gone: told once a turn, it took a call that is alone
 * longer than all else at its hop. Nothing but who looks on depends on it.
 */
const TELLING_MS = 5;

/** When a statechart is told of counts: after whatever is waited for. */
export function inAWhile(clock: Clock): Clock['later'] {
  return (callback) => void clock.after(TELLING_MS, callback, false);
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
