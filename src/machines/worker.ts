/**
 * A worker as it sees itself: takes work while it is ready, finishes what it has when it is drained. Counts, does none
 * of the work. `accepted` is always `finished + failed + running`; what still runs when a worker stops was abandoned.
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
  /** Work arrives. Refused (changes nothing, `snapshot.can` says false) unless ready. */
  | { readonly type: 'ACCEPT' }
  | { readonly type: 'FINISH'; readonly ok: boolean }
  /** Take nothing more, stop when nothing runs. */
  | { readonly type: 'DRAIN' }
  | { readonly type: 'STOP' }
  | { readonly type: 'FAIL'; readonly error: HeliosError };

const chart = setup({
  types: {} as { context: WorkerContext; events: WorkerEvent; input: { readonly worker: string } },
  guards: {
    isIdle: ({ context }) => context.running === 0,
    hasWork: ({ context }) => context.running > 0,
    isLast: ({ context }) => context.running === 1,
  },
});

const accept = chart.assign(({ context }) => ({ running: context.running + 1, accepted: context.accepted + 1 }));
const finish = chart.assign(({ context, event }) => {
  assertEvent(event, 'FINISH');
  const running = context.running - 1;
  return event.ok ? { running, finished: context.finished + 1 } : { running, failed: context.failed + 1 };
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
        ACCEPT: { actions: accept },
        FINISH: { guard: 'hasWork', actions: finish },
        DRAIN: [{ guard: 'isIdle', target: 'stopped' }, { target: 'draining' }],
        STOP: { target: 'stopped' },
        FAIL: { target: 'stopped', actions: keepError },
      },
    },
    draining: {
      on: {
        FINISH: [{ guard: 'isLast', target: 'stopped', actions: finish }, { actions: finish }],
        STOP: { target: 'stopped' },
        FAIL: { target: 'stopped', actions: keepError },
      },
    },
    stopped: { type: 'final' },
  },
});
