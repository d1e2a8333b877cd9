/**
 * Work in small steps: after a slice of time it ends the turn of the event loop, so that whoever else uses the process
 * goes on, and looks whether it is still wanted. Reads no clock of its own.
 */
import { HeliosError } from '../protocol/errors.js';

export interface SlicesOptions {
  /** Milliseconds of a steady clock. */
  readonly steady: () => number;
  /** Ends the turn of the event loop. */
  readonly pause: () => Promise<void>;
  readonly signal?: AbortSignal;
}

/** Milliseconds for which one step may keep the thread. */
const SLICE_MS = 2;

export class Slices {
  private endsAt: number;

  constructor(
    private readonly options: SlicesOptions,
    /** What it says when the signal has ended it. */
    private readonly stopped: string,
  ) {
    this.endsAt = options.steady() + SLICE_MS;
  }

  /** Whether the slice is used up. */
  get isOver(): boolean {
    return this.options.steady() >= this.endsAt;
  }

  /** Ends the turn; a new slice begins then. @throws HeliosError `CANCELLED` by the signal */
  async next(): Promise<void> {
    const { steady, pause, signal } = this.options;
    await pause();
    if (signal?.aborted === true) throw new HeliosError('CANCELLED', this.stopped, { cause: signal.reason });
    this.endsAt = steady() + SLICE_MS;
  }
}
