/**
 * How a worker is, in figures that another thread may read while its main loop is busy: its heartbeat thread has nothing
 * else to go by. The main loop alone writes, but for the count of beats, which outlives a thread. Each figure is eight aligned bytes, which are written at once; that two of
 * them may be of different moments is made good by the next beat.
 */
import { type HeartbeatMessage, WIRE_VERSION } from '../protocol/index.js';

export type Credits = NonNullable<HeartbeatMessage['credits']>;
export type WorkerState = HeartbeatMessage['state'];

/** What a worker without a limit says it has left. */
export const UNLIMITED_BYTES = Number.MAX_SAFE_INTEGER;

const PROGRESS = 0;
const IN_HAND = 1;
const IS_DRAINING = 2;
const CREDIT_COUNT = 3;
const CREDIT_BYTES = 4;
const BEATS = 5;
const FIGURES = 6;

export class Vitals {
  /** Brings the figures up to date: called on the main loop before they are told. */
  refresh: () => void = () => {};
  private readonly figures: Float64Array<SharedArrayBuffer>;

  /** @param shared those of another thread, to read them */
  constructor(readonly shared = new SharedArrayBuffer(FIGURES * Float64Array.BYTES_PER_ELEMENT)) {
    this.figures = new Float64Array(shared);
  }

  /** The main loop is getting on. */
  progress(): void {
    this.figures[PROGRESS] = this.at(PROGRESS) + 1;
  }

  drain(): void {
    this.figures[IS_DRAINING] = 1;
  }

  /** What is in hand, and what could still be taken. */
  note(inHand: number, count: number, bytes: number): void {
    this.figures[IN_HAND] = inHand;
    this.figures[CREDIT_COUNT] = count;
    this.figures[CREDIT_BYTES] = bytes;
  }

  get credits(): Credits {
    return { count: this.at(CREDIT_COUNT), bytes: this.at(CREDIT_BYTES) };
  }

  /** Requests that could still be taken. */
  get room(): number {
    return this.at(CREDIT_COUNT);
  }

  get inHand(): number {
    return this.at(IN_HAND);
  }

  /** The next heartbeat, which they make. */
  heartbeat(identity: WorkerIdentity, isGone = false): HeartbeatMessage {
    const { worker, store, types } = identity;
    const beat = this.at(BEATS) + 1;
    this.figures[BEATS] = beat;
    const state = this.at(IS_DRAINING) === 1 ? 'draining' : 'ready';
    return {
      worker,
      state: isGone ? 'gone' : state,
      ...(store === undefined ? {} : { store }),
      wire: WIRE_VERSION,
      beat,
      progress: this.at(PROGRESS),
      inHand: this.at(IN_HAND),
      credits: isGone ? { count: 0, bytes: 0 } : this.credits,
      types: [...types],
    };
  }

  private at(figure: number): number {
    return this.figures[figure] ?? 0;
  }
}

export interface WorkerIdentity {
  readonly worker: string;
  /** The id of its store. */
  readonly store: string | undefined;
  /** `type@version` */
  readonly types: readonly string[];
}
