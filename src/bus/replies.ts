/**
 * Answers that somebody waits for: one inbox for all requests of a bus, told apart by the last token, and listened to
 * from the first request on. Holds a request until it is answered, its time is up, it is cancelled, or the bus closes;
 * sends nothing.
 */
import { HeliosError } from '../protocol/errors.js';
import { describe, MAX_PENDING_REQUESTS, MAX_TIMEOUT_MS } from '../protocol/index.js';
import type { BusMessage } from './bus.js';

export interface Replies {
  /**
   * Sends by `send`, which is given the subject to answer to, and resolves with the first answer.
   * @throws HeliosError what `send` throws, `UNAVAILABLE`, `DEADLINE_EXCEEDED`, `CANCELLED`, `OVERLOADED`, `CLOSED`
   */
  await(subject: string, options: WaitOptions, send: (reply: string) => void): Promise<BusMessage>;
  /** Every request that waits fails with this error. */
  close(error: HeliosError): void;
}

interface WaitOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

interface Waiting {
  readonly subject: string;
  readonly resolve: (message: BusMessage) => void;
  readonly reject: (error: HeliosError) => void;
  /** Takes back timer and listener. */
  release: () => void;
}

/** Calls back once after that many milliseconds; returns what takes it back. */
export type After = (ms: number, callback: () => void) => () => void;

const afterReally: After = (ms, callback) => {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
};

export interface RepliesOptions {
  /** The subject under which answers arrive, one token more for each request. */
  readonly inbox: string;
  readonly subscribe: (subject: string, handler: (message: BusMessage) => void) => unknown;
  /** An answer has come that nobody waits for (any more). */
  readonly onLate?: () => void;
  /** Time as those who wait know it. */
  readonly after?: After;
}

export function createReplies({ inbox, subscribe, onLate, after = afterReally }: RepliesOptions): Replies {
  const waiting = new Map<string, Waiting>();
  let count = 0;
  let isListening = false;

  function listen(): void {
    if (isListening) return;
    subscribe(`${inbox}.*`, settle);
    isListening = true;
  }

  function settle(message: BusMessage): void {
    const request = take(message.subject);
    if (request === undefined) onLate?.();
    else if (message.headers?.Status === '503') request.reject(nobody(request.subject));
    else request.resolve(message);
  }

  function take(reply: string): Waiting | undefined {
    const request = waiting.get(reply);
    waiting.delete(reply);
    request?.release();
    return request;
  }

  /** After sending, because the answer may have come by then: such a request needs neither timer nor listener. */
  function watch(reply: string, request: Waiting, { timeoutMs, signal }: WaitOptions): void {
    const onTimeout = () => take(reply)?.reject(tooLate(request.subject, timeoutMs));
    const onAbort = () => take(reply)?.reject(cancelled(request.subject, signal));
    const takeBack = after(timeoutMs, onTimeout);
    signal?.addEventListener('abort', onAbort, { once: true });
    request.release = () => {
      takeBack();
      signal?.removeEventListener('abort', onAbort);
    };
    // A handler of this very message may have aborted, before anybody listened.
    if (signal?.aborted === true) onAbort();
  }

  return {
    await(subject, options, send) {
      return new Promise((resolve, reject) => {
        listen();
        checkTimeout(options.timeoutMs);
        if (options.signal?.aborted === true) throw cancelled(subject, options.signal);
        if (waiting.size >= MAX_PENDING_REQUESTS) throw tooMany();
        const reply = `${inbox}.${(count++).toString(36)}`;
        const request: Waiting = { subject, resolve, reject, release: () => {} };
        waiting.set(reply, request);
        try {
          send(reply);
        } catch (error) {
          waiting.delete(reply);
          throw error;
        }
        if (waiting.has(reply)) watch(reply, request, options);
      });
    },
    close(error) {
      for (const reply of [...waiting.keys()]) take(reply)?.reject(error);
    },
  };
}

function checkTimeout(timeoutMs: number): void {
  if (typeof timeoutMs === 'number' && timeoutMs > 0 && timeoutMs <= MAX_TIMEOUT_MS) return;
  const message = `timeoutMs is above 0 and at most ${MAX_TIMEOUT_MS} (a day); got ${describe(timeoutMs)}.`;
  throw new HeliosError('INVALID_REQUEST', message);
}

function nobody(subject: string): HeliosError {
  return new HeliosError('UNAVAILABLE', `Nobody listens on ${subject}. Start whoever answers there, then try again.`, {
    details: { subject },
  });
}

function tooLate(subject: string, timeoutMs: number): HeliosError {
  const message = `No answer from ${subject} within ${timeoutMs} ms. Whoever answers there may be busy or gone.`;
  return new HeliosError('DEADLINE_EXCEEDED', message, { details: { subject, timeoutMs } });
}

function cancelled(subject: string, signal: AbortSignal | undefined): HeliosError {
  return new HeliosError('CANCELLED', `The request to ${subject} was cancelled by its signal.`, {
    details: { subject },
    cause: signal?.reason,
  });
}

function tooMany(): HeliosError {
  const message = `${MAX_PENDING_REQUESTS} requests wait for an answer on this bus, the most it holds. Try again later.`;
  return new HeliosError('OVERLOADED', message);
}
