/**
 * A worker as it sees itself: takes work while it is ready, finishes what it has when it is drained. Counts, does none
 * of the work; events carry counts, so that one can tell of a whole turn's worth. `accepted` is always `finished + failed + running`; what still runs when a worker stops was abandoned.
 */
import { assertEvent, setup } from 'xstate';
import type { HeliosError } from '../protocol/errors.js';

export interface WorkerContext {
  /** Its name. */
  readonly worker: string;
  readonly running: number;
  readonly accepted: number;
  readonly finished: number;
  readonly failed: number;
  /** Why it stopped, when that was not on request. */
  readonly error: HeliosError | null;
}

export type WorkerEvent =
  | { readonly type: 'READY' }
  /** Work has come, so much of it. Refused (changes nothing, `snapshot.can` says false) unless ready. */
  | { readonly type: 'ACCEPT'; readonly count: number }
  /** Work has ended, so much of it well and so much not. Refused when that is nothing, or more than runs. */
  | { readonly type: 'FINISH'; readonly finished: number; readonly failed: number }
  /** Take nothing more, stop when nothing runs. */
  | { readonly type: 'DRAIN' }
  | { readonly type: 'STOP' }
  | { readonly type: 'FAIL'; readonly error: HeliosError };

const chart = setup({
  types: {} as { context: WorkerContext; events: WorkerEvent; input: { readonly worker: string } },
  guards: {
    isIdle: ({ context }) => context.running === 0,
    isCount: ({ event }) => event.type === 'ACCEPT' && event.count > 0,
    areRunning: ({ context, event }) => endedIn(event) > 0 && endedIn(event) <= context.running,
    areTheLast: ({ context, event }) => endedIn(event) > 0 && endedIn(event) === context.running,
  },
});

const accept = chart.assign(({ context, event }) => {
  assertEvent(event, 'ACCEPT');
  return { running: context.running + event.count, accepted: context.accepted + event.count };
});
const finish = chart.assign(({ context, event }) => {
  assertEvent(event, 'FINISH');
  return {
    running: context.running - endedIn(event),
    finished: context.finished + event.finished,
    failed: context.failed + event.failed,
  };
});
const keepError = chart.assign(({ event }) => {
  assertEvent(event, 'FAIL');
  return { error: event.error };
});

export const workerMachine = chart.createMachine({
  id: 'worker',
  context: ({ input }) => ({
    worker: input.worker,
    running: 0,
    accepted: 0,
    finished: 0,
    failed: 0,
    error: null,
  }),
  initial: 'starting',
  states: {
    starting: {
      on: {
        READY: { target: 'ready' },
        DRAIN: { target: 'stopped' },
        STOP: { target: 'stopped' },
        FAIL: { target: 'stopped', actions: keepError },
      },
    },
    ready: {
      on: {
        ACCEPT: { guard: 'isCount', actions: accept },
        FINISH: { guard: 'areRunning', actions: finish },
        DRAIN: [{ guard: 'isIdle', target: 'stopped' }, { target: 'draining' }],
        STOP: { target: 'stopped' },
        FAIL: { target: 'stopped', actions: keepError },
      },
    },
    draining: {
      on: {
        FINISH: [
          { guard: 'areTheLast', target: 'stopped', actions: finish },
          { guard: 'areRunning', actions: finish },
        ],
        STOP: { target: 'stopped' },
        FAIL: { target: 'stopped', actions: keepError },
      },
    },
    stopped: { type: 'final' },
  },
});

function endedIn(event: WorkerEvent): number {
  return event.type === 'FINISH' ? event.finished + event.failed : 0;
}
