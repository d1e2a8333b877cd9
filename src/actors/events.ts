/**
 * Readings of events: terminal ones out of the journal, which keeps them, together with live ones off the bus, in the
 * order in which they arrive. A slow reader loses the oldest live ones; it never loses a terminal one, since the next
 * is only asked for when the last was taken.
 */
import type { Bus, BusMessage, Events as JournalEvents, Subscription } from '../bus/index.js';
import { HeliosError } from '../protocol/errors.js';
import {
  describe,
  ID_PATTERN,
  liveMessage,
  type OutcomeMessage,
  type Subjects,
  TYPE_NAME_PATTERN,
} from '../protocol/index.js';
import { type HeliosEvent, PROGRESS_STATES, progressEvent, TERMINAL_STATES, terminalEvent } from './event.js';
import { received } from './received.js';

/** Live events that wait for a reader, at most; then the oldest are dropped. */
export const LIVE_WAITING_MAX = 1_024;

/** Which events, by what they say. All when nothing is named. */
export interface EventFilter {
  readonly state?: string;
  readonly type?: string;
  readonly id?: string;
  /** The cursor of an event: what follows it, and then what comes. Without it, what comes from now on. */
  readonly after?: string;
  /** Ends the reading, without an error. */
  readonly signal?: AbortSignal;
}

export interface EventsOptions {
  readonly events: JournalEvents;
  readonly bus: Bus;
  readonly subjects: Subjects;
}

export class Events {
  private readonly readings = new Set<Reading>();
  private error: HeliosError | null = null;

  constructor(private readonly options: EventsOptions) {}

  /**
   * Hears from this moment on, not only from the first `next`. What is wrong with the filter, or keeps the journal from
   * being read, is thrown by `next`: HeliosError `INVALID_REQUEST`, `STALE_REFERENCE`, `UNAVAILABLE`, `CLOSED`.
   */
  read(filter: EventFilter): AsyncIterableIterator<HeliosEvent> {
    const reading = new Reading(this.options, filter, () => this.readings.delete(reading));
    this.readings.add(reading);
    reading.begin(this.error);
    return reading;
  }

  /** Ends all readings, without an error; later ones end with this one. */
  close(error: HeliosError): void {
    this.error = error;
    for (const reading of [...this.readings]) reading.end();
  }
}

type Arrival =
  | { readonly kind: 'live'; readonly message: Parameters<typeof progressEvent>[0] }
  | { readonly kind: 'terminal'; readonly message: OutcomeMessage; readonly cursor: string };

class Reading implements AsyncIterableIterator<HeliosEvent> {
  private readonly arrived: Arrival[] = [];
  private liveWaiting = 0;
  private readonly wakes: (() => void)[] = [];
  private readonly abort = new AbortController();
  /** The reader's own, once it was checked. */
  private signal: AbortSignal | null = null;
  private subscription: Subscription | null = null;
  private source: AsyncIterator<{ readonly event: OutcomeMessage; readonly cursor: string }> | null = null;
  /** Of the newest terminal event given to the reader, else where the reading began; unknown at first. */
  private cursor: string | null = null;
  private isOver = false;
  private error: HeliosError | null = null;

  constructor(
    private readonly options: EventsOptions,
    private readonly filter: EventFilter,
    private readonly onEnd: () => void,
  ) {}

  begin(refusal: HeliosError | null): void {
    try {
      if (refusal !== null) throw refusal;
      checkFilter(this.filter);
      const { state, signal } = this.filter;
      if (signal?.aborted === true) return this.end();
      this.signal = signal ?? null;
      this.signal?.addEventListener('abort', this.end, { once: true });
      if (state === undefined || PROGRESS_STATES.includes(state)) this.hearLive();
      void this.follow(state === undefined || TERMINAL_STATES.includes(state));
    } catch (error) {
      this.fail(error);
    }
  }

  /** Ends it without an error; what has not been taken is dropped. */
  readonly end = (): void => {
    if (this.isOver) return;
    this.isOver = true;
    this.subscription?.unsubscribe();
    this.signal?.removeEventListener('abort', this.end);
    this.abort.abort();
    // A generator that stands at an event it has given hears of no signal.
    this.source?.return?.()?.catch(() => {});
    this.arrived.length = 0;
    this.onEnd();
    this.wake();
  };

  async next(): Promise<IteratorResult<HeliosEvent, undefined>> {
    for (;;) {
      if (this.error !== null) {
        const { error } = this;
        this.error = null;
        throw error;
      }
      if (this.isOver) return { done: true, value: undefined };
      const arrival = this.cursor === null ? undefined : this.arrived.shift();
      if (arrival !== undefined) return { done: false, value: this.take(arrival) };
      await new Promise<void>((resolve) => this.wakes.push(resolve));
    }
  }

  async return(): Promise<IteratorResult<HeliosEvent, undefined>> {
    this.end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private take(arrival: Arrival): HeliosEvent {
    if (arrival.kind === 'live') {
      this.liveWaiting--;
      return progressEvent(arrival.message, this.cursor ?? '');
    }
    this.cursor = arrival.cursor;
    this.pull();
    return terminalEvent(arrival.message, arrival.cursor);
  }

  private hearLive(): void {
    const { bus, subjects } = this.options;
    const { state = '*', type = '*', id = '*' } = this.filter;
    this.subscription = bus.subscribe(subjects.live(state, type, id), (message) => this.hear(message));
  }

  private hear(message: BusMessage): void {
    const live = received(this.options.bus, liveMessage, message);
    if (this.liveWaiting >= LIVE_WAITING_MAX) {
      this.arrived.splice(
        this.arrived.findIndex(({ kind }) => kind === 'live'),
        1,
      );
    } else this.liveWaiting++;
    this.arrived.push({ kind: 'live', message: live });
    this.wake();
  }

  /** Finds out where the reading begins, and reads on from there if there is anything to be read. */
  private async follow(isTerminalWanted: boolean): Promise<void> {
    const { events } = this.options;
    const { state, type, id } = this.filter;
    try {
      const after = this.filter.after ?? (await events.latest());
      if (this.isOver) return;
      this.cursor = after;
      this.wake();
      if (!isTerminalWanted) return;
      const read = {
        ...{ after, signal: this.abort.signal },
        ...(state === undefined ? {} : { state }),
        ...(type === undefined ? {} : { type }),
        ...(id === undefined ? {} : { id }),
      };
      this.source = events.read(read)[Symbol.asyncIterator]();
      this.pull();
    } catch (error) {
      this.fail(error);
    }
  }

  private pull(): void {
    this.source?.next().then(
      ({ done, value }) => {
        if (this.isOver) return;
        // The journal was closed.
        if (done === true) return this.end();
        this.arrived.push({ kind: 'terminal', message: value.event, cursor: value.cursor });
        this.wake();
      },
      (error: unknown) => this.fail(error),
    );
  }

  private fail(error: unknown): void {
    if (this.isOver) return;
    this.error = HeliosError.from(error);
    this.end();
  }

  private wake(): void {
    for (const wake of this.wakes.splice(0)) wake();
  }
}

function checkFilter({ state, type, id, after, signal }: EventFilter): void {
  const states = [...PROGRESS_STATES, ...TERMINAL_STATES];
  if (state !== undefined && !states.includes(state)) throw wrong('state', `one of ${states.join(', ')}`, state);
  if (type !== undefined && !(typeof type === 'string' && (type === '_' || TYPE_NAME_PATTERN.test(type)))) {
    throw wrong('type', 'the name of a type', type);
  }
  if (id !== undefined && !(typeof id === 'string' && ID_PATTERN.test(id)))
    throw wrong('id', 'the id of a request', id);
  if (after !== undefined && typeof after !== 'string') throw wrong('after', 'the cursor of an event', after);
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw wrong('signal', 'an AbortSignal', signal);
}

function wrong(option: string, expected: string, found: unknown): HeliosError {
  const text = `events() takes as ${option} ${expected}; got ${describe(found)}.`;
  return new HeliosError('INVALID_REQUEST', text, { details: { option } });
}
