/** Waiting with a limit in time. */
import type { Clock } from './clock.js';

/** Resolves when the promise is settled, however, or the time is up. */
export function atMost(clock: Clock, limitMs: number, awaited: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const limit = clock.after(limitMs, resolve, true);
    const over = () => {
      limit.cancel();
      resolve();
    };
    awaited.then(over, over);
  });
}
