/** A clock that stands still until a test moves it: timers fire in their order, nothing waits for real time. */
import type { Clock } from '../actors/index.js';

export interface ManualClock extends Clock {
  /** Moves time on and calls back what has become due, in order. */
  advance(ms: number): void;
}

export function createManualClock(startMs = 0): ManualClock {
  let now = startMs;
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  return {
    now: () => now,
    after: (ms, callback) => {
      const timer = { at: now + ms, callback };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer), await: () => {} };
    },
    soon: queueMicrotask,
    later: (callback) => {
      setImmediate(callback);
    },
    advance: (ms) => {
      const until = now + ms;
      for (;;) {
        const due = [...timers].filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        timers.delete(due);
        now = Math.max(now, due.at);
        due.callback();
      }
      now = until;
    },
  };
}
