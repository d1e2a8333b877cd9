/**
 * One request as its caller sees it. It is a statechart actor of its own (`request.actor`); this file sends it what
 * happens: the answers of workers, its deadline, its cancellation. Makes no promise that nobody reads and no timer of
 * its own; sending, hearing and deadlines are the business of all requests together (requests.ts).
 */
import type { ActorRefFrom, AnyActorRef, SnapshotFrom } from 'xstate';
import type { RequestEvent, requestMachine } from '../machines/index.js';
import { HeliosError } from '../protocol/errors.js';
import { type AnswerMessage, fromErrorForm, type RequestMessage } from '../protocol/index.js';
import type { Root, Version } from '../state/index.js';
import { type Heard, isProgress } from './answer.js';
import type { Timer } from './clock.js';
import { type RequestActor, RequestChart } from './requestChart.js';
import type { Wave } from './waves.js';

export type RequestState = 'pending' | 'queued' | 'restoring' | 'materialized' | 'failed' | 'cancelled' | 'expired';

export interface Timings {
  /** Microseconds that the request spent otherwise: in the queue, on its way there and back. */
  readonly queueUs: number;
  /** Microseconds from the start of the restoration to its end, also of one that was joined under way. */
  readonly restoreUs: number;
  readonly totalUs: number;
}

export interface Materialized<L> {
  readonly value: L;
  readonly root: Root;
  /** The version that the name pointed at, when it was asked for by name. */
  readonly version?: Version;
  readonly mode: 'whole' | 'view' | 'paths';
  /** The furthest level that had to be asked. */
  readonly source: 'object' | 'component' | 'block' | 'local' | 'remote';
  readonly worker: string;
  /** How often the request was given to a worker. */
  readonly attempt: number;
  readonly timings: Timings;
}

export interface MaterializeRequest<L> {
  readonly id: string;
  readonly state: RequestState;
  /** The statechart actor, an ordinary XState actor: subscribe to it, inspect it. */
  readonly actor: ActorRefFrom<typeof requestMachine>;
  /** Made when it is first read. Rejects with a HeliosError unless the request ends in `materialized`. */
  readonly result: Promise<Materialized<L>>;
  /** Ends the request, unless it has ended. Others who wait for the same restoration go on waiting. */
  cancel(reason?: string): void;
}

/** What a caller asks for, checked and put into a message; or why it can't be asked for. */
export interface Ask {
  readonly message: RequestMessage | null;
  readonly error: HeliosError | null;
  readonly signal: AbortSignal | undefined;
  /** Makes of a restored value of a type what the caller gets: runs the type's `hydrate`. */
  readonly live: (value: unknown, type: string) => unknown;
  /** Called once when the request has ended. */
  readonly release: (() => void) | null;
}

/** Who looks on at requests. */
export interface RequestTap {
  /**
   * Null while nobody does; else told of each request as it begins, and given its actor, not yet started, if it asks:
   * most are not looked at, and need none.
   */
  readonly onRequest: ((snapshot: SnapshotFrom<typeof requestMachine>, actor: () => RequestActor) => void) | null;
  /** Shows an actor for as long as it lives. */
  watch?(actor: AnyActorRef): void;
}

/** A value that this process has: frozen, and all that the root names. */
export interface Known {
  readonly root: string;
  readonly value: unknown;
}

/** What a request needs of those that it is one of. */
export interface Asking {
  /** Told of each request's actor before it starts, while somebody looks on; null where nobody can. */
  readonly tap: RequestTap | null;
  now(): number;
  /** Sends it to the supervisors. */
  send(request: Request): void;
  /** Sends it again after a while, by `again`. */
  publishLater(request: Request, attempt: number, retryAfterMs: number | undefined): Timer;
  /** It has ended: nobody waits for it any longer. */
  end(request: Request, isWorkToStop: boolean): void;
}

/** Stands for the message of a request whose arguments make none; it is never sent. */
const UNREADABLE: RequestMessage = { object: '', priority: 0, urgency: 0, weight: 0, timeoutMs: 0 };

/** One request. Its actor has the state; this holds what the actor must not: promise, deadline, the way back. */
export class Request implements MaterializeRequest<unknown> {
  readonly message: RequestMessage;
  readonly signal: AbortSignal | undefined;
  /** Milliseconds of the clock. */
  readonly deadlineAt: number;
  private readonly chart: RequestChart;
  /** That it was sent in. */
  wave: Wave | null = null;
  private promise: Promise<Materialized<unknown>> | null = null;
  private settle: (() => void) | null = null;
  private isFinished = false;
  private retry: Timer | null = null;
  /** Attempts of earlier askings: whoever answers counts from one for each. */
  private attemptsBefore = 0;

  constructor(
    private readonly requests: Asking,
    private readonly ask: Ask,
    readonly id: string,
    private readonly askedAt: number,
    /** Kept here until the answer, which may count on it. */
    readonly known?: Known,
  ) {
    const message = ask.message ?? UNREADABLE;
    this.message = message;
    this.signal = ask.signal;
    this.deadlineAt = askedAt + message.timeoutMs;
    this.chart = new RequestChart({
      id,
      object: message.object ?? `${message.type} ${message.root}`,
      type: message.type ?? '_',
      priority: message.priority,
      urgency: message.urgency,
    });
    const onRequest = requests.tap?.onRequest;
    if (onRequest != null) this.chart.showTo(onRequest);
    if (ask.error !== null) this.send({ type: 'REFUSE', error: ask.error });
    else if (ask.signal?.aborted === true) this.cancel(reasonOf(ask.signal));
    else this.chart.send({ type: 'ENQUEUE' });
  }

  get actor(): ActorRefFrom<typeof requestMachine> {
    return this.chart.actor;
  }

  get state(): RequestState {
    return this.chart.snapshot.value;
  }

  get isOver(): boolean {
    return this.chart.isOver;
  }

  get result(): Promise<Materialized<unknown>> {
    this.promise ??= new Promise((resolve, reject) => {
      const settle = () => {
        const { value, context } = this.chart.snapshot;
        if (value === 'materialized') resolve(context.result as Materialized<unknown>);
        else reject(context.error);
      };
      if (this.isOver) settle();
      else this.settle = settle;
    });
    return this.promise;
  }

  cancel(reason?: string): void {
    if (this.isOver) return;
    const text = `The request was cancelled${reason === undefined ? '' : `: ${reason}`}.`;
    const error = new HeliosError('CANCELLED', text);
    this.chart.send({ type: 'CANCEL', error, ...(reason === undefined ? {} : { reason }) });
    this.finish(true);
  }

  /** @internal */
  expire(): void {
    if (this.isOver) return;
    const { timeoutMs, object } = this.message;
    const what = object === undefined ? 'The request' : `The request for "${object}"`;
    const text = `${what} had ${timeoutMs} ms and was still ${this.state}. Give it more time, or a higher priority.`;
    this.chart.send({ type: 'EXPIRE', error: new HeliosError('DEADLINE_EXCEEDED', text) });
    this.finish(true);
  }

  /** @internal Sends the first event that the state takes, and ends the request if it ended its actor. */
  send(...events: RequestEvent[]): void {
    for (const event of events) {
      if (!this.isOver) this.chart.send(event);
    }
    if (this.isOver) this.finish(false);
  }

  /** @internal An answer, or progress. */
  hear(answer: Heard): void {
    if (isProgress(answer)) {
      if (answer.state === 'restoring' && answer.worker !== undefined) this.begin(answer.worker);
    } else if ('timings' in answer) {
      this.begin(answer.worker);
      this.restored(answer);
    } else {
      // Late word of an attempt that is being made again.
      if (this.retry !== null) return;
      if (answer.worker !== undefined) this.begin(answer.worker);
      if (this.state === 'restoring') this.attemptsBefore += answer.attempt ?? 1;
      this.fail(fromErrorForm(answer.error));
    }
  }

  /** @internal Asks once more, after a failure that may pass. */
  again(): void {
    this.retry = null;
    if (!this.isOver) this.requests.send(this);
  }

  /** @internal Ends it where it is, with this error. */
  refuse(error: HeliosError): void {
    if (this.state === 'queued') this.send({ type: 'REFUSE', error });
    // That nobody is there is old news when a worker has it.
    else if (!error.retryable) this.send({ type: 'FAIL', error });
  }

  /** A worker has it. Another than before means that the one before was lost, and the request given out once more. */
  private begin(worker: string): void {
    const { value, context } = this.chart.snapshot;
    if (value === 'restoring') {
      if (context.worker === null || context.worker === worker || context.attempt >= context.maxAttempts) return;
      this.chart.send({ type: 'LOST', worker: context.worker, error: lost(context.worker) });
    }
    this.chart.send({ type: 'START', worker });
  }

  private restored(answer: Extract<AnswerMessage, { readonly root: unknown }>): void {
    const { root, version, mode, source, worker } = answer;
    const { restoreUs } = answer.timings;
    try {
      const totalUs = (this.requests.now() - this.askedAt) * 1000;
      const live = this.ask.live(this.valueIn(answer), version?.type ?? this.message.type ?? '');
      const result: Materialized<unknown> = {
        value: live,
        root: root as Root,
        ...(version === undefined ? {} : { version: version as Version }),
        mode,
        source,
        worker,
        attempt: this.attemptsBefore + answer.attempt,
        timings: { queueUs: Math.max(0, totalUs - restoreUs), restoreUs, totalUs },
      };
      this.send({ type: 'RESTORED', result });
    } catch (error) {
      this.fail(HeliosError.from(error));
    }
  }

  private valueIn(answer: Extract<AnswerMessage, { readonly root: unknown }>): unknown {
    if ('value' in answer) return answer.value;
    if (this.known?.root === answer.root) return this.known.value;
    const text = `The answer has no value, as if that of root ${answer.root} were known here, and it is not. Who answers may be none of Helios.`;
    throw new HeliosError('INTERNAL', text, { details: { root: answer.root } });
  }

  private fail(error: HeliosError): void {
    if (this.state === 'queued') return this.send({ type: 'REFUSE', error });
    this.send({ type: 'FAIL', error });
    const { value, context } = this.chart.snapshot;
    if (value === 'queued') this.retry = this.requests.publishLater(this, context.attempt, error.retryAfterMs);
  }

  private finish(isWorkToStop: boolean): void {
    if (this.isFinished) return;
    this.isFinished = true;
    this.retry?.cancel();
    this.requests.end(this, isWorkToStop);
    this.ask.release?.();
    this.settle?.();
    this.settle = null;
  }
}

function lost(worker: string): HeliosError {
  return new HeliosError('UNAVAILABLE', `The worker ${worker} went away before it was done.`, { details: { worker } });
}

/** Why a signal was aborted, in words. */
export function reasonOf(signal: AbortSignal): string {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason.message : String(reason);
}
