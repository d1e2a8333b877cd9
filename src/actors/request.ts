/**
 * Requests as their callers see them. Each is a statechart actor of its own (`request.actor`); this file sends it what
 * happens: the answers of workers, deadlines, cancellations. Makes no promise that nobody reads and no timer of its own.
 */
import { type ActorRefFrom, createActor } from 'xstate';
import type { Bus, BusMessage, Subscription } from '../bus/index.js';
import { compileMachine, type RequestEvent, requestMachine } from '../machines/index.js';
import { HeliosError } from '../protocol/errors.js';
import {
  type AnswerMessage,
  type CancelMessage,
  fromErrorForm,
  type RequestMessage,
  type Subjects,
} from '../protocol/index.js';
import type { Root, Version } from '../state/index.js';
import { type Heard, isProgress, readAnswer } from './answer.js';
import type { Clock, Timer } from './clock.js';
import { Deadlines } from './deadlines.js';

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

export interface RequestsOptions {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly nextId: () => string;
  readonly random: () => number;
}

/** There is an actor of it for every request: see `compileMachine` for what that would cost uncompiled. */
const compiledRequest = compileMachine(requestMachine);

/** Milliseconds before the first retry; doubled for each further one. */
const RETRY_MS = 20;

export class Requests {
  private readonly open = new Map<string, Request>();
  private readonly deadlines: Deadlines<Request>;
  private readonly inbox: string;
  private readonly subscription: Subscription;
  private idle: (() => void) | null = null;
  /** One listener for each signal, however many requests hang on it. */
  private readonly bySignal = new Map<AbortSignal, Signalled>();

  constructor(readonly options: RequestsOptions) {
    this.inbox = options.bus.inbox();
    this.subscription = options.bus.subscribe(`${this.inbox}.*`, (message) => this.hear(message));
    this.deadlines = new Deadlines(options.clock, (request) => request.expire());
  }

  /** Requests that have not ended. */
  get size(): number {
    return this.open.size;
  }

  ask(id: string, ask: Ask): Request {
    const request = new Request(this, ask, id, this.options.clock.now());
    if (request.isOver) return request;
    this.open.set(request.id, request);
    this.deadlines.add(request);
    if (ask.signal !== undefined) this.watch(ask.signal, request);
    this.publish(request);
    return request;
  }

  /** @internal Sends a request to the supervisors. */
  publish(request: Request): void {
    const { bus, subjects } = this.options;
    const { message } = request;
    try {
      bus.publish(subjects.call(message.type), message, { reply: `${this.inbox}.${request.id}`, coalesce: true });
    } catch (error) {
      request.send({ type: 'REFUSE', error: HeliosError.from(error) });
    }
  }

  /** @internal Sends it again after a while, unless it has ended by then. */
  publishLater(request: Request, attempt: number, retryAfterMs: number | undefined): Timer {
    const { clock, random } = this.options;
    const delayMs = retryAfterMs ?? RETRY_MS * 2 ** (attempt - 1) * (0.5 + random());
    const leftMs = Math.max(0, request.deadlineAt - clock.now());
    return clock.after(Math.min(delayMs, leftMs), () => request.again(), true);
  }

  /** Calls back once when no request is open any more. */
  whenIdle(callback: () => void): void {
    if (this.open.size === 0) callback();
    else this.idle = callback;
  }

  /** @internal The request has ended: nobody waits for it any longer. */
  end(request: Request, isWorkToStop: boolean): void {
    if (!this.open.delete(request.id)) return;
    if (this.open.size === 0) this.idle?.();
    this.deadlines.delete(request);
    const { signal } = request;
    if (signal !== undefined) {
      const signalled = this.bySignal.get(signal);
      signalled?.requests.delete(request);
      if (signalled?.requests.size === 0) {
        signal.removeEventListener('abort', signalled.listener);
        this.bySignal.delete(signal);
      }
    }
    if (isWorkToStop) this.stopWork(request.id);
  }

  private stopWork(id: string): void {
    const message: CancelMessage = { id };
    try {
      this.options.bus.publish(this.options.subjects.cancel(id), message);
    } catch {
      // No way to say it: then the work goes on, and nobody waits for its answer.
    }
  }

  /** Ends every open request with this error. */
  close(error: HeliosError): void {
    for (const request of [...this.open.values()]) request.send({ type: 'FAIL', error }, { type: 'REFUSE', error });
    this.subscription.unsubscribe();
    this.deadlines.close();
  }

  private watch(signal: AbortSignal, request: Request): void {
    const signalled = this.bySignal.get(signal);
    if (signalled !== undefined) {
      signalled.requests.add(request);
      return;
    }
    const requests = new Set([request]);
    const listener = () => {
      for (const one of [...requests]) one.cancel(reasonOf(signal));
    };
    this.bySignal.set(signal, { requests, listener });
    signal.addEventListener('abort', listener, { once: true });
  }

  private hear(message: BusMessage): void {
    const id = message.subject.slice(this.inbox.length + 1);
    const request = this.open.get(id);
    if (request === undefined) return;
    let answer: Heard;
    try {
      answer = readAnswer(this.options.bus, message);
    } catch (error) {
      return request.refuse(HeliosError.from(error));
    }
    request.hear(answer);
  }
}

interface Signalled {
  readonly requests: Set<Request>;
  readonly listener: () => void;
}

/** Stands for the message of a request whose arguments make none; it is never sent. */
const UNREADABLE: RequestMessage = { object: '', priority: 0, urgency: 0, weight: 0, timeoutMs: 0 };

/** One request. Its actor has the state; this holds what the actor must not: promise, deadline, the way back. */
export class Request implements MaterializeRequest<unknown> {
  readonly actor: ActorRefFrom<typeof requestMachine>;
  readonly message: RequestMessage;
  readonly signal: AbortSignal | undefined;
  /** Milliseconds of the clock. */
  readonly deadlineAt: number;
  private promise: Promise<Materialized<unknown>> | null = null;
  private settle: (() => void) | null = null;
  private isFinished = false;
  private retry: Timer | null = null;
  /** Attempts of earlier askings: whoever answers counts from one for each. */
  private attemptsBefore = 0;

  constructor(
    private readonly requests: Requests,
    private readonly ask: Ask,
    readonly id: string,
    private readonly askedAt: number,
  ) {
    const message = ask.message ?? UNREADABLE;
    this.message = message;
    this.signal = ask.signal;
    this.deadlineAt = askedAt + message.timeoutMs;
    this.actor = createActor(compiledRequest, {
      id: `request:${id}`,
      input: {
        id,
        object: message.object ?? `${message.type} ${message.root}`,
        type: message.type ?? '_',
        priority: message.priority,
        urgency: message.urgency,
      },
    });
    this.actor.start();
    if (ask.error !== null) this.send({ type: 'REFUSE', error: ask.error });
    else if (ask.signal?.aborted === true) this.cancel(reasonOf(ask.signal));
    else this.actor.send({ type: 'ENQUEUE' });
  }

  get state(): RequestState {
    return this.actor.getSnapshot().value;
  }

  get isOver(): boolean {
    return this.actor.getSnapshot().status !== 'active';
  }

  get result(): Promise<Materialized<unknown>> {
    this.promise ??= new Promise((resolve, reject) => {
      const settle = () => {
        const { value, context } = this.actor.getSnapshot();
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
    this.actor.send({ type: 'CANCEL', error, ...(reason === undefined ? {} : { reason }) });
    this.finish(true);
  }

  /** @internal */
  expire(): void {
    if (this.isOver) return;
    const { timeoutMs, object } = this.message;
    const what = object === undefined ? 'The request' : `The request for "${object}"`;
    const text = `${what} had ${timeoutMs} ms and was still ${this.state}. Give it more time, or a higher priority.`;
    this.actor.send({ type: 'EXPIRE', error: new HeliosError('DEADLINE_EXCEEDED', text) });
    this.finish(true);
  }

  /** @internal Sends the first event that the state takes, and ends the request if it ended its actor. */
  send(...events: RequestEvent[]): void {
    for (const event of events) {
      if (!this.isOver) this.actor.send(event);
    }
    if (this.isOver) this.finish(false);
  }

  /** @internal An answer, or progress. */
  hear(answer: Heard): void {
    if (isProgress(answer)) {
      if (answer.state === 'restoring' && answer.worker !== undefined) this.begin(answer.worker);
    } else if ('value' in answer) {
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
    if (!this.isOver) this.requests.publish(this);
  }

  /** @internal Ends it where it is, with this error. */
  refuse(error: HeliosError): void {
    if (this.state === 'queued') this.send({ type: 'REFUSE', error });
    // That nobody is there is old news when a worker has it.
    else if (!error.retryable) this.send({ type: 'FAIL', error });
  }

  /** A worker has it. Another than before means that the one before was lost, and the request given out once more. */
  private begin(worker: string): void {
    const { value, context } = this.actor.getSnapshot();
    if (value === 'restoring') {
      if (context.worker === null || context.worker === worker || context.attempt >= context.maxAttempts) return;
      this.actor.send({ type: 'LOST', worker: context.worker, error: lost(context.worker) });
    }
    this.actor.send({ type: 'START', worker });
  }

  private restored(answer: Extract<AnswerMessage, { readonly value: unknown }>): void {
    const { value, root, version, mode, source, worker } = answer;
    const { restoreUs } = answer.timings;
    try {
      const totalUs = (this.requests.options.clock.now() - this.askedAt) * 1000;
      const live = this.ask.live(value, version?.type ?? this.message.type ?? '');
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

  private fail(error: HeliosError): void {
    if (this.state === 'queued') return this.send({ type: 'REFUSE', error });
    this.send({ type: 'FAIL', error });
    const { value, context } = this.actor.getSnapshot();
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

function reasonOf(signal: AbortSignal): string {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason.message : String(reason);
}
