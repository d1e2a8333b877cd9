/**
 * Restorations under way, one for each thing that is asked for: whoever asks for the same joins it, and whoever leaves
 * harms nobody else; when the last one has left, the restoration ends. Runs nothing itself.
 */
import type { Restored, Step } from '../restore/index.js';

export interface Flight<W> {
  readonly key: string;
  readonly steps: Generator<Step, Restored>;
  readonly waiters: Map<string, W>;
  /** Ends what it is waiting for, when it waits for blocks from elsewhere. */
  abort: AbortController | null;
  /** When its first step was taken, in milliseconds of the clock. */
  startedAt: number | null;
}

export class Flights<W> {
  /** Restorations begun, and requests that found one to join, since the start. */
  begun = 0;
  joined = 0;

  private readonly byKey = new Map<string, Flight<W>>();
  private readonly byRequest = new Map<string, Flight<W>>();

  get size(): number {
    return this.byKey.size;
  }

  /** The flight for a key, if one is under way, with the waiter on board. */
  join(key: string, id: string, waiter: W): Flight<W> | undefined {
    const flight = this.byKey.get(key);
    if (flight === undefined) return undefined;
    flight.waiters.set(id, waiter);
    this.byRequest.set(id, flight);
    this.joined++;
    return flight;
  }

  begin(key: string, id: string, waiter: W, steps: Generator<Step, Restored>): Flight<W> {
    const flight: Flight<W> = { key, steps, waiters: new Map([[id, waiter]]), abort: null, startedAt: null };
    this.byKey.set(key, flight);
    this.byRequest.set(id, flight);
    this.begun++;
    return flight;
  }

  /** Takes a waiter off; gives the flight if it was the last one, which ends it. */
  leave(id: string): { readonly waiter: W; readonly ended: Flight<W> | null } | undefined {
    const flight = this.byRequest.get(id);
    const waiter = flight?.waiters.get(id);
    if (flight === undefined || waiter === undefined) return undefined;
    flight.waiters.delete(id);
    this.byRequest.delete(id);
    if (flight.waiters.size > 0) return { waiter, ended: null };
    this.land(flight);
    flight.abort?.abort();
    flight.steps.return({ value: undefined, level: 0, bytes: 0, hasBytes: false });
    return { waiter, ended: flight };
  }

  /** Ends a flight; its waiters are the caller's to answer. */
  land(flight: Flight<W>): void {
    if (this.byKey.get(flight.key) === flight) this.byKey.delete(flight.key);
    for (const id of flight.waiters.keys()) this.byRequest.delete(id);
  }

  all(): readonly Flight<W>[] {
    return [...this.byKey.values()];
  }
}
