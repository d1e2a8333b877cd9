/** Doing again what failed for a passing reason, with growing pauses, for so long and no longer. */
import { HeliosError } from '../protocol/errors.js';
import type { Clock } from './clock.js';
import type { Waits } from './waits.js';

export interface Insistence {
  readonly clock: Clock;
  readonly waits: Pick<Waits, 'retryMs' | 'retryMaxMs'>;
  readonly random: () => number;
  /** Milliseconds for which it is tried again. */
  readonly forMs: number;
  /** Nobody cares any more. */
  readonly isOver: () => boolean;
}

/** @throws HeliosError the last failure, when it doesn't pass, or nobody cares, or the time is up */
export async function insist<T>(work: () => Promise<T>, how: Insistence): Promise<T> {
  const { clock, forMs, isOver } = how;
  const until = clock.now() + forMs;
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      const pauseMs = backoffMs(tries, how);
      const failure = HeliosError.from(error);
      if (!failure.retryable || isOver() || clock.now() + pauseMs > until) throw failure;
      await new Promise<void>((resolve) => clock.after(pauseMs, resolve, false));
      if (isOver()) throw failure;
    }
  }
}

/** Milliseconds before the next try: doubled each time up to a bound, and never the same for all. */
export function backoffMs(tries: number, { waits, random }: Pick<Insistence, 'waits' | 'random'>): number {
  const { retryMs, retryMaxMs } = waits;
  return Math.min(retryMaxMs, retryMs * 2 ** (tries - 1)) * (0.5 + random() / 2);
}
