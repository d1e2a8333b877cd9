/**
 * Restorations under way, one for each thing that is asked for: whoever asks for the same joins it, and whoever leaves
 * harms nobody else; when the last one has left, the restoration ends. Runs nothing itself. However a flight ends, its
 * reservation is released here, once.
 */
import type { Restored, Step } from '../restore/index.js';
import type { Reservation } from './reservations.js';

export interface Flight<W> {
  readonly key: string;
  readonly steps: Generator<Step, Restored>;
  /** By the ids of their work. */
  readonly waiters: Map<string, W>;
  readonly reservation: Reservation;
  /** Ends what it is waiting for, when it waits for blocks from elsewhere. */
  abort: AbortController | null;
  /** When its first step was taken, in milliseconds of the clock. */
  startedAt: number | null;
  /** It did not end in its first turn. */
  isLong: boolean;
  /** Blocks that were fetched for it: none is missing twice. `null` before the first. */
  fetched: Set<string> | null;
}

export class Flights<W> {
  /** Restorations begun, and requests that found one to join, since the start. */
  begun = 0;
  joined = 0;

  private readonly byKey = new Map<string, Flight<W>>();

  get size(): number {
    return this.byKey.size;
  }

  /** Whether it has neither landed nor been left by everybody. */
  has(flight: Flight<W>): boolean {
    return this.byKey.get(flight.key) === flight;
  }

  /** The flight for a key, if one is under way. */
  get(key: string): Flight<W> | undefined {
    return this.byKey.get(key);
  }

  /** One more waits for it. */
  join(flight: Flight<W>, id: string, waiter: W): void {
    flight.waiters.set(id, waiter);
    this.joined++;
  }

  begin(key: string, id: string, waiter: W, steps: Generator<Step, Restored>, reservation: Reservation): Flight<W> {
    const waiters = new Map([[id, waiter]]);
    // One record, without spreads: they would cost a request microseconds.
    const flight: Flight<W> = {
      key,
      steps,
      waiters,
      reservation,
      abort: null,
      startedAt: null,
      isLong: false,
      fetched: null,
    };
    this.byKey.set(key, flight);
    this.begun++;
    return flight;
  }

  /** Takes a waiter off; says whether it was the last one, which ends the flight. */
  leave(flight: Flight<W>, id: string): boolean {
    if (!flight.waiters.delete(id) || flight.waiters.size > 0) return false;
    this.land(flight);
    flight.abort?.abort();
    flight.steps.return({ value: undefined, level: 0, bytes: 0, hasBytes: false });
    return true;
  }

  /** Ends a flight; its waiters are the caller's to answer. */
  land(flight: Flight<W>): void {
    if (!this.has(flight)) return;
    this.byKey.delete(flight.key);
    flight.reservation.release();
  }

  all(): readonly Flight<W>[] {
    return [...this.byKey.values()];
  }
}
