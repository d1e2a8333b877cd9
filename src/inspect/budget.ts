/**
 * How much a process may show: an absolute number of events a second, whatever happens in it. What is over it is
 * dropped, and counted by whoever asked. Saves up for a quarter of a second, no longer.
 */

/** Events a second when nobody says. */
export const DEFAULT_EVENTS_PER_SECOND = 1_000;
/** Seconds of budget that a quiet time saves up. */
const SAVED_S = 0.25;
/** The part of what is saved up that requests leave to the other actors. */
const RESERVED = 0.25;
/** Events that a request has from start to end, about: it is begun only if they fit. */
const EVENTS_A_REQUEST = 12;

export class Budget {
  private perSecond = 0;
  private saved = 0;
  private at = 0;

  /** @param now milliseconds of a steady clock */
  constructor(private readonly now: () => number) {}

  /** From now on so many events a second; 0 ends it. */
  set(perSecond: number): void {
    const isStart = this.perSecond === 0;
    this.refill();
    this.perSecond = perSecond;
    this.saved = isStart ? this.most : Math.min(this.saved, this.most);
  }

  /** Whether so many events may be shown; they are then paid for. */
  take(count: number): boolean {
    this.refill();
    if (this.saved < count) return false;
    this.saved -= count;
    return true;
  }

  /** Whether a whole request may be begun. Nothing is paid yet. */
  mayBegin(): boolean {
    this.refill();
    return this.saved >= Math.min(EVENTS_A_REQUEST + this.most * RESERVED, this.most);
  }

  private get most(): number {
    return Math.max(1, this.perSecond * SAVED_S);
  }

  private refill(): void {
    const now = this.now();
    const passedMs = Math.max(0, now - this.at);
    this.at = now;
    this.saved = Math.min(this.most, this.saved + (this.perSecond * passedMs) / 1_000);
  }
}
