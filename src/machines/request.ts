/**
 * One materialization request: waits, is handed to a worker, comes back restored or not, at most so many times. Knows
 * no clock and no store: deadlines, cancellations and losses arrive as events that carry their error. Every final state
 * but `materialized` has an `error`. There is one of these per request, so it keeps to plain assignments on transitions:
 * no entry or exit actions, no `after`, no children.
 */
import { assertEvent, setup } from 'xstate';
import type { HeliosError } from '../protocol/errors.js';

/** Workers that a request is given to before it fails, when the caller doesn't say. */
export const MAX_ATTEMPTS = 3;

export interface RequestInput {
  readonly id?: string;
  /** How a person would name what is asked for: a head's name, or type and root. */
  readonly object: string;
  readonly type: string;
  /** 0 to 1. */
  readonly priority: number;
  /** 0 to 1. */
  readonly urgency: number;
  /** At least 1; `MAX_ATTEMPTS` when absent. */
  readonly maxAttempts?: number;
}

export interface RequestContext extends RequestInput {
  readonly maxAttempts: number;
  /** Times that a worker was given the request; never above `maxAttempts`. */
  readonly attempt: number;
  /** Who has it, or had it last. */
  readonly worker: string | null;
  readonly result: unknown;
  /** Why it ended without a result. */
  readonly error: HeliosError | null;
  /** What the caller said when it cancelled. */
  readonly reason: string | null;
}

export type RequestEvent =
  | { readonly type: 'ENQUEUE' }
  /** It can't be served at all: bad arguments, an unknown name, a closed Helios. */
  | { readonly type: 'REFUSE'; readonly error: HeliosError }
  | { readonly type: 'START'; readonly worker: string }
  | { readonly type: 'RESTORED'; readonly result: unknown }
  | { readonly type: 'FAIL'; readonly error: HeliosError }
  /** The worker is gone. `error` is what the request fails with when no attempt is left. */
  | { readonly type: 'LOST'; readonly worker: string; readonly error: HeliosError }
  | { readonly type: 'CANCEL'; readonly error: HeliosError; readonly reason?: string }
  | { readonly type: 'EXPIRE'; readonly error: HeliosError };

export type RequestOutput =
  | { readonly state: 'materialized'; readonly result: unknown }
  | { readonly state: 'failed' | 'cancelled' | 'expired'; readonly error: HeliosError | null };

const chart = setup({
  types: {} as { context: RequestContext; events: RequestEvent; input: RequestInput; output: RequestOutput },
  guards: {
    mayTryAgain: ({ context, event }) => {
      assertEvent(event, 'FAIL');
      return event.error.retryable && context.attempt < context.maxAttempts;
    },
    isItsWorker: ({ context, event }) => {
      assertEvent(event, 'LOST');
      return event.worker === context.worker;
    },
    isItsWorkerAndMayTryAgain: ({ context, event }) => {
      assertEvent(event, 'LOST');
      return event.worker === context.worker && context.attempt < context.maxAttempts;
    },
  },
});

const begin = chart.assign(({ context, event }) => {
  assertEvent(event, 'START');
  return { attempt: context.attempt + 1, worker: event.worker };
});
const keepResult = chart.assign(({ event }) => {
  assertEvent(event, 'RESTORED');
  return { result: event.result };
});
const keepError = chart.assign(({ event }) => {
  assertEvent(event, ['REFUSE', 'FAIL', 'LOST', 'EXPIRE']);
  return { error: event.error };
});
const keepReason = chart.assign(({ event }) => {
  assertEvent(event, 'CANCEL');
  return { error: event.error, reason: event.reason ?? null };
});

export const requestMachine = chart.createMachine({
  id: 'request',
  // The spread comes behind what it can't know: V8 then makes the record at once, in a fiftieth of the time.
  context: ({ input }) => ({
    attempt: 0,
    worker: null,
    result: null,
    error: null,
    reason: null,
    ...input,
    maxAttempts: Math.max(1, input.maxAttempts ?? MAX_ATTEMPTS),
  }),
  initial: 'pending',
  states: {
    pending: {
      description: 'Made, not yet in the queue.',
      on: {
        ENQUEUE: { target: 'queued' },
        REFUSE: { target: 'failed', actions: keepError },
        CANCEL: { target: 'cancelled', actions: keepReason },
        EXPIRE: { target: 'expired', actions: keepError },
      },
    },
    queued: {
      description: 'Waits for a worker.',
      on: {
        START: { target: 'restoring', actions: begin },
        REFUSE: { target: 'failed', actions: keepError },
        CANCEL: { target: 'cancelled', actions: keepReason },
        EXPIRE: { target: 'expired', actions: keepError },
      },
    },
    restoring: {
      description: 'A worker has it.',
      on: {
        RESTORED: { target: 'materialized', actions: keepResult },
        FAIL: [
          { guard: 'mayTryAgain', target: 'queued' },
          { target: 'failed', actions: keepError },
        ],
        LOST: [
          { guard: 'isItsWorkerAndMayTryAgain', target: 'queued' },
          { guard: 'isItsWorker', target: 'failed', actions: keepError },
        ],
        CANCEL: { target: 'cancelled', actions: keepReason },
        EXPIRE: { target: 'expired', actions: keepError },
      },
    },
    materialized: { type: 'final', output: ({ context }) => ({ state: 'materialized', result: context.result }) },
    failed: { type: 'final', output: ({ context }) => ({ state: 'failed', error: context.error }) },
    cancelled: { type: 'final', output: ({ context }) => ({ state: 'cancelled', error: context.error }) },
    expired: { type: 'final', output: ({ context }) => ({ state: 'expired', error: context.error }) },
  },
  // The final state's own output, which XState hands on untyped.
  output: ({ event }) => event.output as RequestOutput,
});
