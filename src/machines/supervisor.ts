/**
 * A supervisor's own life and its three figures: how many requests wait, how many are with workers, how many are done.
 * It elects nothing and holds no request: the queue does, and each request is an actor of its own. Events carry counts,
 * so that one event can tell of a whole turn's worth. A count that can't be true (more done than given out) is refused.
 */
import { assertEvent, setup } from 'xstate';
import type { HeliosError } from '../protocol/errors.js';

export interface SupervisorContext {
  /** Requests that wait now. */
  readonly queued: number;
  /** Requests that are with workers now. */
  readonly dispatched: number;
  /** Requests that have ended, in whatever way, since the start. */
  readonly done: number;
  /** Why it stopped, when that was not on request. */
  readonly error: HeliosError | null;
}

export type SupervisorEvent =
  | { readonly type: 'READY' }
  /** Requests came in. Refused unless running. */
  | { readonly type: 'QUEUED'; readonly count: number }
  /** Went from the queue to workers. */
  | { readonly type: 'DISPATCHED'; readonly count: number }
  /** Came back from workers into the queue, for another attempt. */
  | { readonly type: 'REQUEUED'; readonly count: number }
  /** Ended while at no worker: cancelled, expired, refused, given back, passed on. */
  | { readonly type: 'DROPPED'; readonly count: number }
  /** Ended at workers, with or without success. */
  | { readonly type: 'DONE'; readonly count: number }
  /** Take nothing more, stop when all is done. */
  | { readonly type: 'DRAIN' }
  | { readonly type: 'STOP' }
  | { readonly type: 'FAIL'; readonly error: HeliosError };

const chart = setup({
  types: {} as { context: SupervisorContext; events: SupervisorEvent },
  guards: {
    isCount: ({ event }) => countOf(event) > 0,
    areQueued: ({ context, event }) => countOf(event) > 0 && countOf(event) <= context.queued,
    areDispatched: ({ context, event }) => countOf(event) > 0 && countOf(event) <= context.dispatched,
    areTheLastQueued: ({ context, event }) => countOf(event) === context.queued && context.dispatched === 0,
    areTheLastDispatched: ({ context, event }) => countOf(event) === context.dispatched && context.queued === 0,
    isIdle: ({ context }) => context.queued === 0 && context.dispatched === 0,
  },
});

const queue = chart.assign(({ context, event }) => ({ queued: context.queued + countOf(event) }));
const dispatch = chart.assign(({ context, event }) => ({
  queued: context.queued - countOf(event),
  dispatched: context.dispatched + countOf(event),
}));
const requeue = chart.assign(({ context, event }) => ({
  queued: context.queued + countOf(event),
  dispatched: context.dispatched - countOf(event),
}));
const drop = chart.assign(({ context, event }) => ({
  queued: context.queued - countOf(event),
  done: context.done + countOf(event),
}));
const finish = chart.assign(({ context, event }) => ({
  dispatched: context.dispatched - countOf(event),
  done: context.done + countOf(event),
}));
const keepError = chart.assign(({ event }) => {
  assertEvent(event, 'FAIL');
  return { error: event.error };
});

export const supervisorMachine = chart.createMachine({
  id: 'supervisor',
  context: { queued: 0, dispatched: 0, done: 0, error: null },
  initial: 'starting',
  states: {
    starting: {
      on: {
        READY: { target: 'running' },
        DRAIN: { target: 'stopped' },
        STOP: { target: 'stopped' },
        FAIL: { target: 'stopped', actions: keepError },
      },
    },
    running: {
      on: {
        QUEUED: { guard: 'isCount', actions: queue },
        DISPATCHED: { guard: 'areQueued', actions: dispatch },
        REQUEUED: { guard: 'areDispatched', actions: requeue },
        DROPPED: { guard: 'areQueued', actions: drop },
        DONE: { guard: 'areDispatched', actions: finish },
        DRAIN: [{ guard: 'isIdle', target: 'stopped' }, { target: 'draining' }],
        STOP: { target: 'stopped' },
        FAIL: { target: 'stopped', actions: keepError },
      },
    },
    draining: {
      on: {
        DISPATCHED: { guard: 'areQueued', actions: dispatch },
        REQUEUED: { guard: 'areDispatched', actions: requeue },
        DROPPED: [
          { guard: 'areTheLastQueued', target: 'stopped', actions: drop },
          { guard: 'areQueued', actions: drop },
        ],
        DONE: [
          { guard: 'areTheLastDispatched', target: 'stopped', actions: finish },
          { guard: 'areDispatched', actions: finish },
        ],
        STOP: { target: 'stopped' },
        FAIL: { target: 'stopped', actions: keepError },
      },
    },
    stopped: { type: 'final' },
  },
});

function countOf(event: SupervisorEvent): number {
  assertEvent(event, ['QUEUED', 'DISPATCHED', 'REQUEUED', 'DROPPED', 'DONE']);
  return event.count;
}
