/**
 * What outlives the message that brought it: durable requests that wait for their turn, the one outcome of each, events
 * in order, and small records that are changed by compare-and-set. Over NATS these are JetStream's streams and buckets;
 * embedded they live in memory and end with the process. Decides nothing: who may take what and when is the actors'.
 */
import type { HeliosError } from '../protocol/errors.js';
import type { DeadMessage, Lane, OutcomeMessage } from '../protocol/index.js';
import type { Subscription } from './bus.js';

export interface Journal {
  readonly kind: 'embedded' | 'nats';
  readonly requests: RequestQueue;
  readonly outcomes: Outcomes;
  readonly events: Events;
  readonly records: Records;
  readonly dead: DeadLetters;
  /** The time of whoever keeps the journal, in milliseconds since 1970: the one clock that deadlines are held to. */
  now(): number;
  /** Ends what waits. Pulls end, iterables of events end. */
  close(): Promise<void>;
}

/** How much a journal keeps, and how long: what it does beyond that, each part says. Sizes in bytes, times in milliseconds. */
export interface JournalBounds {
  /** Requests that wait or are held; one more is refused (`OVERLOADED`). */
  readonly requestBytes: number;
  /** Outcomes. Over NATS one more is refused (`OVERLOADED`): only so is an outcome of the last `keepMs` never made twice. */
  readonly outcomeBytes: number;
  /** Events; the oldest make room. */
  readonly eventBytes: number;
  /** Records, those that are kept for ever and the others each; over NATS one more is refused (`OVERLOADED`). */
  readonly recordBytes: number;
  /** Dead letters; the oldest make room. */
  readonly deadBytes: number;
  /** For which requests, outcomes, events and records about one thing are kept. */
  readonly keepMs: number;
  /** For which dead letters are kept. */
  readonly deadKeepMs: number;
  /** For which a key, or an event, is known as one that came before. */
  readonly duplicateWindowMs: number;
}

/** All methods that wait throw HeliosError `UNAVAILABLE` when the journal can't be reached in time, `CLOSED`. */
export interface RequestQueue {
  /** When the queue was made, as its keeper says: a part of the ids of requests that bring none. */
  readonly created: string;
  /**
   * Puts a request in. One with the same `key` as another within the keeper's window is not put in again. After
   * `UNAVAILABLE` it may be in or not: again with the same key, or with an `id` of its own in it, it is one request.
   * @throws HeliosError `OVERLOADED` when the queue is full, `TOO_LARGE`
   */
  submit(
    lane: Lane,
    type: string | undefined,
    request: unknown,
    options?: { readonly key?: string; readonly isJson?: boolean; readonly traceparent?: string },
  ): Promise<{ readonly sequence: number; readonly isDuplicate: boolean }>;
  /**
   * Asks for up to `count` requests of a lane, oldest first, that come within `waitMs`. Each is somebody's for
   * `ackWaitMs`, then anybody's again, unless it is acknowledged or said to be worked on. After so many deliveries
   * without an end it is given out no more. What `onDelivery` throws is nobody's but its own: an uncaught exception.
   */
  pull(lane: Lane, count: number, waitMs: number, onDelivery: (delivery: Delivery) => void): Pull;
  /** Milliseconds for which a delivery is its receiver's. */
  readonly ackWaitMs: number;
  /** Requests that nobody has taken out yet, delivered ones included. */
  size(): Promise<number>;
}

export interface Pull {
  /** How many of those asked for may still come. */
  readonly outstanding: number;
  /** Resolves when nothing more comes: all have come, the time is up, `stop`, or the connection was lost. Never rejects. */
  readonly ended: Promise<void>;
  /** Asks for no more. What is on its way may still come. */
  stop(): void;
}

export interface Delivery {
  readonly subject: string;
  /** Not checked: anybody may put something in. */
  readonly body: unknown;
  /** Why it could not be decoded. */
  readonly fault?: HeliosError;
  /** The key that it was put in with, as a header. */
  readonly key?: string;
  readonly traceparent?: string;
  readonly isJson: boolean;
  /** Its place in the queue, its own for ever. */
  readonly sequence: number;
  /** How often it was given out, this time included. */
  readonly delivered: number;
  /** When it was put in, by the keeper's clock, in milliseconds since 1970. */
  readonly at: number;
  /** Done with: takes it out. Sent and forgotten, as are the others: one that is lost leads to another delivery. */
  ack(): void;
  /** Gives it back, for anybody after that many milliseconds. */
  nak(delayMs: number): void;
  /** Still at it: `ackWaitMs` from now. */
  working(): void;
}

export interface Outcomes {
  /** Creates the outcome of `outcome.id` if there is none: the commit point. Returns whether it did. */
  create(outcome: OutcomeMessage): Promise<boolean>;
  get(id: string): Promise<OutcomeMessage | undefined>;
  /** Calls back once: when the outcome of this id is created, or soon when it is there. Waits as long as it takes. */
  watch(id: string, onOutcome: (outcome: OutcomeMessage) => void): Subscription;
}

export interface JournalEvent {
  readonly event: OutcomeMessage;
  /** Its place: reading goes on behind it. */
  readonly cursor: string;
}

export interface Events {
  /** Appends the terminal event of a request. The same one again within the keeper's window is not appended twice. */
  append(event: OutcomeMessage): Promise<void>;
  /**
   * Events in order: those behind `after`, else those that come from now on; without end, until the signal aborts (which
   * ends it without an error) or the journal closes. What a subject can tell apart (state, type, id) is filtered there.
   * `started` is called when nothing that happens from now on will be missed.
   * @throws HeliosError `INVALID_REQUEST` for a cursor that is none; `STALE_REFERENCE` when what follows it is gone
   */
  read(options: {
    readonly after?: string;
    readonly state?: string;
    readonly type?: string;
    readonly id?: string;
    readonly signal?: AbortSignal;
    readonly started?: () => void;
  }): AsyncIterable<JournalEvent>;
  /** The cursor of the newest event; of the place before the first one when there is none. */
  latest(): Promise<string>;
}

export interface JournalRecord {
  /** Plain data as JSON has it. */
  readonly value: unknown;
  /** Rises with every change of a record; those of different keys tell nothing of each other. */
  readonly revision: number;
}

/**
 * Keys are letters, digits, `_`, `-`, `.` and `=`, no dot at an end or beside another. A key without a dot, such as
 * `policy`, is kept for ever; one with a dot, such as `kill.<id>`, is about one thing among many and kept for as long as
 * requests are, from when it was last written.
 * @throws HeliosError `INVALID_REQUEST` for other keys
 */
export interface Records {
  get(key: string): Promise<JournalRecord | undefined>;
  /**
   * Writes if the record's revision is still `expected` (0: there is none).
   * @returns the new revision, or `undefined` when somebody else was first
   */
  put(key: string, value: unknown, expected: number): Promise<number | undefined>;
  delete(key: string): Promise<void>;
  /** Calls back with the record as it is, if it is there, and with each change of it; `undefined` when it is deleted. */
  watch(key: string, onChange: (record: JournalRecord | undefined) => void): Subscription;
}

export interface DeadLetters {
  /** Keeps it, in place of an earlier one of the same id. */
  add(letter: DeadMessage): Promise<void>;
  get(id: string): Promise<DeadMessage | undefined>;
  /** Those that are there, oldest first; what is added meanwhile may be among them. */
  list(): AsyncIterable<DeadMessage>;
  /** Returns whether it was there. */
  remove(id: string): Promise<boolean>;
}
