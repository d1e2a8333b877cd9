/**
 * Durable requests as their askers see them: put into the journal, waited for by their one outcome, cancelled by making
 * that outcome. The id is known before anything is sent, so that what is sent twice is one request. Restores nothing and
 * holds nothing that must survive: whoever has the id may wait elsewhere.
 */
import type { Bus, Journal, Subscription } from '../bus/index.js';
import { HeliosError } from '../protocol/errors.js';
import {
  type CancelMessage,
  checkMessage,
  type DurableMessage,
  durableId,
  durableMessage,
  laneOf,
  type OutcomeMessage,
  type Subjects,
} from '../protocol/index.js';
import type { Clock } from './clock.js';
import { type TerminalEvent, terminalEvent } from './event.js';
import { reasonOf } from './request.js';
import { DEFAULT_WAITS, type Waits } from './waits.js';

/** A durable request that was accepted: it has, or will have, exactly one outcome. */
export interface Submission {
  /** With an idempotency key the same for everybody who uses it. */
  readonly id: string;
  /** A request of the same idempotency key was there already, not long ago; this one is that one. */
  readonly duplicate: boolean;
  /**
   * What became of it, as soon as that is known.
   * @throws HeliosError `CANCELLED` by the signal, which leaves the request as it is; `DEADLINE_EXCEEDED` when nobody
   *   has served it or said so long after its time was up; `CLOSED`
   */
  outcome(options?: { readonly signal?: AbortSignal }): Promise<TerminalEvent>;
  /** Makes its outcome `cancelled`, unless it has one. @throws HeliosError `UNAVAILABLE`, `CLOSED` */
  cancel(): Promise<void>;
}

export interface SubmissionsOptions {
  readonly journal: Journal;
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly nextId: () => string;
  /** BLAKE3 in hex. */
  readonly hash: (bytes: Uint8Array) => string;
  readonly waits?: Pick<Waits, 'retryMs' | 'ackWaitMs'>;
}

/** Times that something is said to a journal that can't be reached, each of which takes as long as the journal tries. */
const JOURNAL_TRIES = 3;
/** Outcomes that one process waits for, at most. */
const OUTCOME_WAITS_MAX = 65_536;
/** Milliseconds for which the newest place among the events is not asked for again. */
const PLACE_MS = 1_000;

export class Submissions {
  private readonly waiting = new Set<(error: HeliosError) => void>();
  private place: { readonly cursor: string; readonly at: number } | null = null;
  private error: HeliosError | null = null;

  constructor(readonly options: SubmissionsOptions) {}

  /**
   * @param asked a request with the options of durable ones, not yet checked
   * @param signal gives up trying; what the journal has by then it keeps
   * @throws HeliosError `INVALID_REQUEST` · `OVERLOADED`, `TOO_LARGE`, `UNAVAILABLE` as the journal says · `CANCELLED`, `CLOSED`
   */
  async submit(asked: object, signal?: AbortSignal): Promise<Submission> {
    const { journal, subjects, nextId, hash } = this.options;
    const checked = checkMessage(durableMessage, asked);
    const { idempotencyKey } = checked;
    // What was checked is a record of its own.
    const message =
      idempotencyKey === undefined && checked.id === undefined ? Object.assign(checked, { id: nextId() }) : checked;
    const { id: own, type, priority, traceparent } = message;
    const id = durableId({ prefix: subjects.prefix, idempotencyKey, id: own, streamCreated: '', sequence: 0 }, hash);
    const { cursor, isDuplicate } = await this.persistently(signal, async () => {
      const cursor = await this.findPlace();
      const put = await journal.requests.submit(laneOf(priority), type, message, {
        ...(idempotencyKey === undefined ? {} : { key: idempotencyKey }),
        ...(traceparent === undefined ? {} : { traceparent }),
      });
      return { cursor, isDuplicate: put.isDuplicate };
    });
    return new Submitted(this, message, id, isDuplicate, cursor);
  }

  /** @internal Resolves with the outcome of an id. `untilMs`: milliseconds from now. */
  outcome(id: string, untilMs: number, signal: AbortSignal | undefined): Promise<OutcomeMessage> {
    const { journal, clock } = this.options;
    return new Promise((resolve, reject) => {
      if (this.error !== null) throw this.error;
      if (signal !== undefined && !(signal instanceof AbortSignal)) throw noSignal();
      if (signal?.aborted === true) throw givenUp(signal);
      if (this.waiting.size >= OUTCOME_WAITS_MAX) throw tooMany();
      let watch: Subscription | null = null;
      const release = () => {
        this.waiting.delete(fail);
        timer.cancel();
        watch?.unsubscribe();
        signal?.removeEventListener('abort', onAbort);
      };
      const fail = (error: HeliosError) => {
        release();
        reject(error);
      };
      const onAbort = () => signal !== undefined && fail(givenUp(signal));
      const timer = clock.after(Math.max(0, untilMs), () => fail(noOutcome(id)), true);
      this.waiting.add(fail);
      signal?.addEventListener('abort', onAbort, { once: true });
      try {
        watch = journal.outcomes.watch(id, (outcome) => {
          release();
          resolve(outcome);
        });
      } catch (error) {
        fail(HeliosError.from(error));
      }
    });
  }

  /** @internal Creates the outcome `cancelled`; when it loses to another one, the request has ended, which is as good. */
  async cancel(outcome: OutcomeMessage): Promise<void> {
    const { journal, bus, subjects } = this.options;
    const { id } = outcome;
    await this.persistently(undefined, async () => {
      if (!(await journal.outcomes.create(outcome))) {
        // Perhaps it was this very one, by a try that nobody heard back from.
        const found = await journal.outcomes.get(id);
        if (found?.state !== 'cancelled') return;
      }
      const message: CancelMessage = { id };
      bus.publish(subjects.cancel(id), message);
      await journal.events.append(outcome);
    });
  }

  /** Whoever waits waits no longer, and nothing is submitted any more. */
  close(error: HeliosError): void {
    this.error = error;
    for (const fail of [...this.waiting]) fail(error);
  }

  /** A place among the events that lies before all that a request submitted now will lead to. */
  private async findPlace(): Promise<string> {
    const { journal, clock } = this.options;
    const at = clock.now();
    if (this.place === null || at - this.place.at > PLACE_MS) {
      this.place = { cursor: await journal.events.latest(), at };
    }
    return this.place.cursor;
  }

  /** Does it, a few times over while the journal can't be reached. */
  private async persistently<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    const { retryMs } = this.options.waits ?? DEFAULT_WAITS;
    for (let tries = 1; ; tries++) {
      if (this.error !== null) throw this.error;
      if (signal?.aborted === true) throw givenUp(signal);
      try {
        return await work();
      } catch (error) {
        if (!HeliosError.is(error, 'UNAVAILABLE') || tries >= JOURNAL_TRIES) throw error;
      }
      await this.pause(retryMs * 2 ** (tries - 1));
    }
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        this.waiting.delete(end);
        timer.cancel();
        resolve();
      };
      const timer = this.options.clock.after(ms, end, true);
      this.waiting.add(end);
    });
  }
}

class Submitted implements Submission {
  /** Milliseconds of the clock. */
  private readonly patientUntil: number;

  constructor(
    private readonly submissions: Submissions,
    private readonly message: DurableMessage,
    readonly id: string,
    readonly duplicate: boolean,
    private readonly cursor: string,
  ) {
    const { clock, waits = DEFAULT_WAITS } = submissions.options;
    // Who has it when its time is up may be gone: the next one gets it after this wait, and then says so.
    this.patientUntil = clock.now() + message.ttlMs + 2 * waits.ackWaitMs;
  }

  async outcome({ signal }: { readonly signal?: AbortSignal } = {}): Promise<TerminalEvent> {
    const leftMs = this.patientUntil - this.submissions.options.clock.now();
    return terminalEvent(await this.submissions.outcome(this.id, leftMs, signal), this.cursor);
  }

  async cancel(): Promise<void> {
    const { object, root, type = '_' } = this.message;
    await this.submissions.cancel({
      ...{ id: this.id, type, object: object ?? root ?? '', state: 'cancelled' },
      at: new Date(this.submissions.options.journal.now()).toISOString(),
      error: { code: 'CANCELLED', message: 'The request was cancelled by whoever submitted it.', retryable: false },
    });
  }
}

function givenUp(signal: AbortSignal): HeliosError {
  const text = `Nobody waits any longer: ${reasonOf(signal)}. What was submitted goes on; cancel() ends it.`;
  return new HeliosError('CANCELLED', text);
}

function noOutcome(id: string): HeliosError {
  const text = `The request ${id} has no outcome although its time is up. Does a supervisor run, on the same prefix?`;
  return new HeliosError('DEADLINE_EXCEEDED', text, { details: { id } });
}

function noSignal(): HeliosError {
  return new HeliosError('INVALID_REQUEST', 'signal is an AbortSignal, such as that of an AbortController.');
}

function tooMany(): HeliosError {
  const text = `This process waits for ${OUTCOME_WAITS_MAX} outcomes, the most it does. Wait for some of them first.`;
  return new HeliosError('OVERLOADED', text);
}
