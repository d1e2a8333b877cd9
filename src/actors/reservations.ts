/**
 * Bytes that restorations will take in memory, reserved before they begin: a limit on their number alone is no limit on
 * memory. One is always let through when nothing is reserved, however big it is, so that nothing waits for ever. What is
 * reserved is an estimate; the next of its type is estimated better.
 */
import { decodedBytes, type TypeCell } from '../restore/index.js';

/** Bytes in memory that are reserved for the first object of a type, before any of it was restored. */
export const FIRST_ESTIMATE_BYTES = 65_536;

export class Reservations {
  /** Bytes that are reserved now, and by how many. */
  bytes = 0;
  size = 0;

  /** @param budgetBytes what may be reserved together now; `undefined` sets no limit */
  constructor(private readonly budgetBytes: () => number | undefined) {}

  /** What may still be reserved; `undefined` is no limit. */
  get leftBytes(): number | undefined {
    const budget = this.budgetBytes();
    return budget === undefined ? undefined : Math.max(0, Math.floor(budget - this.bytes));
  }

  /** Reserves, or gives `null` when that is more than what is left and others have reserved something. */
  take(bytes: number): Reservation | null {
    const left = this.leftBytes;
    if (left !== undefined && bytes > left && this.size > 0) return null;
    return new Reservation(this, bytes);
  }
}

export class Reservation {
  private holders = 1;

  constructor(
    private readonly all: Reservations,
    private bytes: number,
  ) {
    all.size++;
    all.bytes += bytes;
  }

  /** It turned out to be so much. */
  correct(bytes: number): void {
    if (this.holders === 0) return;
    this.all.bytes += bytes - this.bytes;
    this.bytes = bytes;
  }

  /** One more holds on to the same bytes, and releases them on its own. */
  share(): this {
    this.holders++;
    return this;
  }

  /** Each holder calls it once; with the last one the bytes are free. */
  release(): void {
    if (this.holders === 0 || --this.holders > 0) return;
    this.all.size--;
    this.all.bytes -= this.bytes;
  }
}

/** Bytes in memory that the next object of a type will take: what those before it took on average. */
export function estimatedBytes({ restored, bytes }: TypeCell): number {
  return restored === 0 ? FIRST_ESTIMATE_BYTES : decodedBytes(bytes / restored);
}
