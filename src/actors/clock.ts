/** Time as the actors see it, so that tests and simulations can give them another. */
export interface Clock {
  /** Milliseconds of a steady clock, with fractions. */
  now(): number;
  /** Calls back once after that many milliseconds, and keeps the process alive meanwhile if `isAwaited`. */
  after(ms: number, callback: () => void, isAwaited: boolean): Timer;
  /** Calls back in the next microtask. */
  soon(callback: () => void): void;
  /** Calls back after what the event loop has waiting. */
  later(callback: () => void): void;
}

export interface Timer {
  cancel(): void;
  /** Whether somebody waits for this timer: only then does it keep the process alive. */
  await(isAwaited: boolean): void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, callback, isAwaited) => {
    const timer = setTimeout(callback, ms);
    if (!isAwaited) timer.unref();
    return {
      cancel: () => clearTimeout(timer),
      await: (isNow) => {
        if (isNow) timer.ref();
        else timer.unref();
      },
    };
  },
  soon: queueMicrotask,
  later: (callback) => {
    setImmediate(callback);
  },
};
