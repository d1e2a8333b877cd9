/**
 * A simulated process: a name, a clock of its own that no other can be compared with, its share of chance, and its end.
 * When it has crashed nothing of it happens any more: timers, microtasks and answers that were on their way to it are
 * dropped. Code that is running when it crashes runs on to its next await, and nobody sees what it does. One that is
 * paused knows nothing of it, and goes on as if no time had passed but by its clock.
 */
import type { Chance } from './chance.js';
import type { VirtualTime } from './time.js';

export interface SimulatedClock {
  /** Milliseconds of this process's clock. Each look takes a little time, so that what is measured by it ends. */
  now(): number;
  after(ms: number, callback: () => void, isAwaited: boolean): { cancel(): void; await(isAwaited: boolean): void };
  soon(callback: () => void): void;
  later(callback: () => void): void;
}

export interface SimulatedProcess {
  readonly name: string;
  readonly clock: SimulatedClock;
  readonly chance: Chance;
  readonly isAlive: boolean;
  /** Calls back when it crashes, at once if it has. */
  onCrash(callback: () => void): void;
  /** Calls back, as soon as it is not paused, unless it has crashed by then: for whatever comes to it. */
  ifAlive(callback: () => void): void;
}

/** Milliseconds that one look at the clock takes. */
const LOOK_MS = 0.001;
/** Milliseconds by which clocks of processes differ, at most. */
const CLOCK_OFFSET_MS = 1_000_000;

export interface Living {
  readonly process: SimulatedProcess;
  /** Nothing of it happens for so long; then all that has come up meanwhile does, in order. */
  pause(ms: number): void;
  crash(): void;
}

/** @param failed takes what a callback throws, which nobody else would hear of */
export function createProcess(
  name: string,
  time: VirtualTime,
  chance: Chance,
  failed: (error: unknown) => void,
): Living {
  const offsetMs = chance.between(0, CLOCK_OFFSET_MS);
  let isAlive = true;
  let pausedUntil = 0;
  /** What has come up while it was paused. */
  const comingUp: (() => void)[] = [];
  const onCrash: (() => void)[] = [];
  const ifAlive = (callback: () => void) => {
    if (!isAlive) return;
    if (time.now < pausedUntil) {
      comingUp.push(callback);
      return;
    }
    try {
      callback();
    } catch (error) {
      failed(error);
    }
  };
  /** Each as an event of its own, before any that comes later; one pause may have been made longer by another. */
  const goOn = () => {
    if (time.now < pausedUntil) return;
    for (const callback of comingUp.splice(0)) time.at(time.now, () => ifAlive(callback));
  };
  const clock: SimulatedClock = {
    now() {
      time.spend(LOOK_MS);
      return offsetMs + time.now;
    },
    after(ms, callback) {
      let isOver = false;
      const takeBack = time.at(time.now + ms, () => ifAlive(() => isOver || callback()));
      const cancel = () => {
        // It may have come up while the process was paused.
        isOver = true;
        takeBack();
      };
      return { cancel, await: () => {} };
    },
    soon: (callback) => queueMicrotask(() => ifAlive(callback)),
    later: (callback) => void time.at(time.now, () => ifAlive(callback)),
  };
  const process: SimulatedProcess = {
    name,
    clock,
    chance,
    get isAlive() {
      return isAlive;
    },
    onCrash(callback) {
      if (isAlive) onCrash.push(callback);
      else callback();
    },
    ifAlive,
  };
  return {
    process,
    pause(ms) {
      pausedUntil = Math.max(pausedUntil, time.now + ms);
      time.at(pausedUntil, goOn);
    },
    crash() {
      isAlive = false;
      for (const callback of onCrash.splice(0)) callback();
    },
  };
}
