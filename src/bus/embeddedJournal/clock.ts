/** The time that the embedded journal lives in, given to it: a clock of the actors is one. */
export interface JournalClock {
  /** Milliseconds of a steady clock, with fractions. */
  now(): number;
  /** Calls back once after that many milliseconds; keeps the process alive meanwhile only if `isAwaited`. */
  after(ms: number, callback: () => void, isAwaited: boolean): { cancel(): void };
  /** Calls back when what runs now is done. */
  soon(callback: () => void): void;
}

/** Calls somebody's function so that what it throws harms nobody here: it becomes an uncaught exception. */
export function callApart(clock: JournalClock, callback: () => void): void {
  try {
    callback();
  } catch (error) {
    clock.soon(() => {
      throw error;
    });
  }
}
