/**
 * The server's time, as far as it can be known from here: a small record is stored and read back, and what the server
 * wrote on it lies between sending and answer. In between a steady clock counts. No wall clock of this machine enters.
 */
import { HeliosError } from '../../../protocol/errors.js';

export interface ServerClockOptions {
  /** Stores a record. */
  readonly store: () => Promise<void>;
  /** When the server stored it, in milliseconds since 1970. */
  readonly readBack: () => Promise<number>;
  /** Milliseconds of a steady clock. */
  readonly steady: () => number;
  /** Between two looks; what goes wrong with one is told, and the next one follows. */
  readonly everyMs: number;
  readonly onFault: (error: HeliosError) => void;
}

export interface ServerClock {
  /** Milliseconds since 1970. */
  now(): number;
  close(): void;
}

/** Looks in one go: the quickest is the most exact. */
const LOOKS = 3;

/** @throws HeliosError as `store` and `readBack` do the first time */
export async function openServerClock(options: ServerClockOptions): Promise<ServerClock> {
  const { steady, everyMs, onFault } = options;
  let offset = await measure(options);
  const timer = setInterval(() => {
    measure(options).then(
      (measured) => {
        offset = measured;
      },
      (error: unknown) => onFault(HeliosError.from(error)),
    );
  }, everyMs).unref();
  return { now: () => offset + steady(), close: () => clearInterval(timer) };
}

/** What the steady clock lacks to the server's, half the time of an answer about right. */
async function measure({ store, readBack, steady }: ServerClockOptions): Promise<number> {
  let best = { spanMs: Number.POSITIVE_INFINITY, offset: 0 };
  for (let looks = 0; looks < LOOKS; looks++) {
    const before = steady();
    await store();
    const after = steady();
    const storedAt = await readBack();
    const spanMs = after - before;
    if (spanMs < best.spanMs) best = { spanMs, offset: storedAt - (before + after) / 2 };
  }
  return best.offset;
}
