/**
 * Drives restorations: a small one ends in its first slice, a long one goes on in slices between other work, and one
 * that needs blocks from elsewhere waits without holding anybody up. Who waits for them and what they are told is the
 * worker's.
 */
import { HeliosError } from '../protocol/errors.js';
import type { Restored } from '../restore/index.js';
import type { BlockStore } from '../store/index.js';
import type { Clock } from './clock.js';
import { type Flight, Flights } from './flights.js';
import { Planned } from './planned.js';

/** Milliseconds that one turn of the event loop may be held: then it is somebody else's. */
export const TURN_MS = 2;
/** Milliseconds that one restoration among several may take of a turn. */
const SLICE_MS = 0.2;
/** Steps (blocks) between two looks at the clock. */
const STEPS_A_LOOK = 8;

export interface RestoringOptions<W> {
  readonly clock: Clock;
  readonly blocks: BlockStore;
  /** It has ended well: lands the flight. */
  readonly onRestored: (flight: Flight<W>, restored: Restored) => void;
  /** It has failed: lands the flight. */
  readonly onFailed: (flight: Flight<W>, error: HeliosError) => void;
  /** It has not ended in the turn in which it began. */
  readonly onLong: (flight: Flight<W>) => void;
  /** A turn has begun. */
  readonly onTurn: () => void;
}

export class Restoring<W> {
  readonly flights = new Flights<W>();
  /** Restorations that can go on now. */
  private readonly active = new Set<Flight<W>>();
  /** Those that shall begin when the event loop has come round. */
  private held: Flight<W>[] = [];
  /** Those that began in this turn and have not ended in their first slice. */
  private unfinished: Flight<W>[] = [];
  private readonly nextTurn = new Planned(() => {
    this.turn();
    this.plan(this.options.clock.later);
  });
  private readonly letting = new Planned(() => this.letGo());

  constructor(private readonly options: RestoringOptions<W>) {}

  /** In the next microtask: by then, all that was handed out together has come, and can share restorations. */
  start(flight: Flight<W>): void {
    this.active.add(flight);
    this.plan(this.options.clock.soon);
  }

  /** After what the event loop has waiting: by then, what was published before is on its way. */
  startLater(flight: Flight<W>): void {
    this.held.push(flight);
    this.letting.plan(this.options.clock.later);
  }

  /** Takes a waiter off its flight, which ends with the last one. */
  leave(flight: Flight<W>, id: string): void {
    if (this.flights.leave(flight, id)) this.active.delete(flight);
  }

  /** Ends a flight and gives those who waited for it. */
  land(flight: Flight<W>): readonly W[] {
    this.active.delete(flight);
    this.flights.land(flight);
    const waiters = [...flight.waiters.values()];
    flight.waiters.clear();
    return waiters;
  }

  /** Ends all of them; gives those who waited. */
  abandon(): readonly W[] {
    return this.flights.all().flatMap((flight) => {
      flight.abort?.abort();
      return this.land(flight);
    });
  }

  private letGo(): void {
    for (const flight of this.held) if (this.flights.has(flight)) this.active.add(flight);
    this.held = [];
    if (this.active.size > 0) this.nextTurn.run();
  }

  private plan(when: Clock['later']): void {
    if (this.active.size > 0) this.nextTurn.plan(when);
  }

  /** One turn: every restoration that can go on gets a slice, as long as there is time. */
  private turn(): void {
    const { clock, onTurn } = this.options;
    const until = clock.now() + TURN_MS;
    onTurn();
    while (this.active.size > 0) {
      for (const flight of this.active) {
        const now = clock.now();
        if (now >= until) return this.tellLong();
        this.active.delete(flight);
        this.run(flight, Math.min(until, this.active.size === 0 ? until : now + SLICE_MS));
      }
    }
    this.tellLong();
  }

  private tellLong(): void {
    if (this.unfinished.length === 0) return;
    const { unfinished } = this;
    this.unfinished = [];
    for (const flight of unfinished) {
      if (!this.flights.has(flight)) continue;
      flight.isLong = true;
      this.options.onLong(flight);
    }
  }

  /** Goes on with a restoration until it ends, must wait for blocks, or its time is up. */
  private run(flight: Flight<W>, until: number): void {
    const isFirst = flight.startedAt === null;
    flight.startedAt ??= this.options.clock.now();
    let restored: Restored | null;
    try {
      restored = this.advance(flight, until);
    } catch (error) {
      return this.options.onFailed(flight, HeliosError.from(error));
    }
    if (restored !== null) this.options.onRestored(flight, restored);
    else if (isFirst) this.unfinished.push(flight);
  }

  /** Steps on; gives what was restored, or `null` when there is more to do or to wait for. */
  private advance(flight: Flight<W>, until: number): Restored | null {
    for (let count = 1; ; count++) {
      const step = flight.steps.next();
      if (step.done === true) return step.value;
      if (step.value !== null) {
        this.fetch(flight, step.value);
        return null;
      }
      if (count % STEPS_A_LOOK === 0 && this.options.clock.now() >= until) {
        this.active.add(flight);
        return null;
      }
    }
  }

  /** @throws HeliosError `UNAVAILABLE` when blocks that were fetched are missing again */
  private fetch(flight: Flight<W>, hashes: readonly string[]): void {
    flight.fetched ??= new Set();
    for (const hash of hashes) {
      if (!flight.fetched.has(hash)) flight.fetched.add(hash);
      else throw missingAgain(hash);
    }
    const abort = new AbortController();
    flight.abort = abort;
    this.options.blocks.fetch(hashes, { signal: abort.signal }).then(
      () => {
        flight.abort = null;
        if (abort.signal.aborted) return;
        this.start(flight);
      },
      (error: unknown) => {
        flight.abort = null;
        if (!abort.signal.aborted) this.options.onFailed(flight, HeliosError.from(error));
      },
    );
  }
}

function missingAgain(hash: string): HeliosError {
  const text = `Block ${hash} was fetched and is missing again: the store does not keep what it brings.`;
  return new HeliosError('UNAVAILABLE', text, { details: { hashes: [hash] } });
}
