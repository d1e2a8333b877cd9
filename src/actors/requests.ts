/**
 * All requests of one process: sends them to the supervisors, hands each what comes back for it, and ends it when its
 * time is up or its signal aborts. One inbox, one timer and one listener a signal, however many there are.
 */
import type { Bus, BusMessage, Subscription } from '../bus/index.js';
import { HeliosError } from '../protocol/errors.js';
import { brief, type CancelMessage, type RequestMessage, type Subjects } from '../protocol/index.js';
import { type Heard, readAnswer } from './answer.js';
import type { Clock, Timer } from './clock.js';
import { Deadlines } from './deadlines.js';
import { deepFreeze } from './deepFreeze.js';
import { type Ask, type Asking, type Known, Request, type RequestTap, reasonOf } from './request.js';
import { Waves } from './waves.js';

export interface RequestsOptions {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly nextId: () => string;
  readonly random: () => number;
  /** Who looks on. */
  readonly tap?: RequestTap;
  /** Keeps values that came over a wire, by what they were asked for, so that they need not come again. */
  readonly known?: KnownValues;
}

export interface KnownValues {
  get(key: string): Known | undefined;
  /** @param bytes that it takes in memory, about */
  set(key: string, known: Known, bytes: number): void;
}

/** Milliseconds before the first retry; doubled for each further one. */
const RETRY_MS = 20;

export class Requests implements Asking {
  readonly tap: RequestTap | null;
  private readonly open = new Map<string, Request>();
  private readonly deadlines: Deadlines<Request>;
  private readonly inbox: string;
  private readonly subscription: Subscription;
  private readonly waves: Waves<Request> | null;
  private idle: (() => void) | null = null;
  /** One listener for each signal, however many requests hang on it. */
  private readonly bySignal = new Map<AbortSignal, Signalled>();

  constructor(readonly options: RequestsOptions) {
    this.tap = options.tap ?? null;
    this.inbox = options.bus.inbox();
    this.waves = options.bus.kind === 'nats' ? new Waves(options.clock, (request) => this.publish(request)) : null;
    this.subscription = options.bus.subscribe(`${this.inbox}.*`, (message) => this.hear(message));
    this.deadlines = new Deadlines(options.clock, (request) => request.expire());
  }

  now(): number {
    return this.options.clock.now();
  }

  /** Requests that have not ended. */
  get size(): number {
    return this.open.size;
  }

  ask(id: string, ask: Ask): Request {
    const known = this.knownOf(ask);
    const request = new Request(this, ask, id, this.options.clock.now(), known);
    if (request.isOver) return request;
    this.open.set(request.id, request);
    this.deadlines.add(request);
    if (ask.signal !== undefined) this.watch(ask.signal, request);
    this.send(request);
    return request;
  }

  /** Sends a request to the supervisors, over a wire in company where there is much to send. */
  send(request: Request): void {
    if (this.waves === null) this.publish(request);
    else this.waves.send(request);
  }

  private publish(request: Request): void {
    if (request.isOver) return;
    const { bus, subjects } = this.options;
    const { message, known } = request;
    // In one process messages are handed over as they are, and nobody fills anything in.
    const sent = bus.kind === 'nats' ? brief(message, known?.root) : message;
    try {
      bus.publish(subjects.call(message.type), sent, { reply: `${this.inbox}.${request.id}`, coalesce: true });
    } catch (error) {
      request.send({ type: 'REFUSE', error: HeliosError.from(error) });
    }
  }

  /** Sends it again after a while, unless it has ended by then. */
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

  /** The request has ended: nobody waits for it any longer. */
  end(request: Request, isWorkToStop: boolean): void {
    if (!this.open.delete(request.id)) return;
    if (this.open.size === 0) this.idle?.();
    this.deadlines.delete(request);
    this.waves?.hear(request);
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
    const message: CancelMessage = { id, answerTo: `${this.inbox}.${id}` };
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
    this.waves?.hear(request);
    let answer: Heard;
    try {
      answer = readAnswer(this.options.bus, message);
    } catch (error) {
      return request.refuse(HeliosError.from(error));
    }
    if ('value' in answer && this.options.bus.kind === 'nats') {
      const bytes = deepFreeze(answer.value);
      const { root, value, isStored } = answer;
      if (isStored === true && bytes !== undefined)
        this.options.known?.set(keyOf(request.message), { root, value }, bytes);
    }
    request.hear(answer);
  }

  private knownOf({ message }: Ask): Known | undefined {
    const { known } = this.options;
    return known === undefined || message === null || message.paths !== undefined
      ? undefined
      : known.get(keyOf(message));
  }
}

/** What a value is kept by: it says of which root it is, and whoever is asked goes by that. */
function keyOf({ object, root }: RequestMessage): string {
  return object ?? root ?? '';
}

interface Signalled {
  readonly requests: Set<Request>;
  readonly listener: () => void;
}
