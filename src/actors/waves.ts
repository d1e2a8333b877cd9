/**
 * Sends requests in waves: those of one turn go at once, and as long as nothing came back of the last two waves, the next
 * ones wait together. So few requests are never delayed, and many travel in few, large messages: each message costs
 * every process on its way more than a request in it does. What waits goes after a moment in any case, since an answer
 * may take its time.
 */
import type { Clock, Timer } from './clock.js';

/** Waves under way of which nothing has come back, at most: one is answered while the other travels. */
const WAVES_MAX = 2;
/** Milliseconds that a request waits for others, at most. */
const WAVE_WAIT_MS = 2;

export interface Wave {
  isHeard: boolean;
}

export class Waves<Item extends { wave: Wave | null }> {
  private readonly waiting: Item[] = [];
  /** That of this turn. */
  private current: Wave | null = null;
  private unheard = 0;
  private timer: Timer | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly publish: (item: Item) => void,
  ) {}

  /** Sends it now, or soon with others. */
  send(item: Item): void {
    if (this.current !== null || this.unheard < WAVES_MAX) return this.sendNow(item);
    this.waiting.push(item);
    this.timer ??= this.clock.after(WAVE_WAIT_MS, () => this.release(), true);
  }

  /** Something has come back for it, or nobody waits any more for what will. */
  hear(item: Item): void {
    const { wave } = item;
    if (wave === null || wave.isHeard) return;
    wave.isHeard = true;
    this.unheard--;
    if (this.waiting.length > 0) this.release();
  }

  private sendNow(item: Item): void {
    if (this.current === null) {
      this.current = { isHeard: false };
      this.unheard++;
      // Behind the microtasks of this turn, as the bus does that puts them into one message.
      queueMicrotask(this.endTurn);
    }
    item.wave = this.current;
    this.publish(item);
  }

  private readonly endTurn = (): void => {
    process.nextTick(this.endWave);
  };

  private readonly endWave = (): void => {
    this.current = null;
  };

  private release(): void {
    this.timer?.cancel();
    this.timer = null;
    for (const item of this.waiting.splice(0)) this.sendNow(item);
  }
}
