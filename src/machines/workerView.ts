/**
 * A worker as its supervisor sees it, out of its heartbeats alone: alive, suspect when beats stay out, gone when they
 * stay out for too long, stuck when it beats but its main loop makes no progress with work in hand. What is measured
 * are the beats' own times; whoever watches the clock sends MISSED. Gone is final: one that comes back is a new worker.
 */
import { assertEvent, setup } from 'xstate';

/** Beats that may stay out in a row before a worker counts as gone. */
export const MISSED_UNTIL_GONE = 3;
/** Milliseconds without progress, with work in hand, after which a beating worker counts as stuck. */
export const STUCK_AFTER_MS = 30_000;

export interface WorkerViewInput {
  readonly worker: string;
  readonly missedUntilGone?: number;
  readonly stuckAfterMs?: number;
}

export interface WorkerViewContext {
  readonly worker: string;
  readonly missedUntilGone: number;
  readonly stuckAfterMs: number;
  /** Beats missed in a row. */
  readonly missed: number;
  /** The main loop's counter in the last beat, and the time at which it was last seen to move or to have no work. */
  readonly progress: number | null;
  readonly progressAt: number | null;
}

export type WorkerViewEvent =
  /** `at` in milliseconds, `progress` counts turns of the main loop, `running` is the work in hand. */
  | { readonly type: 'BEAT'; readonly at: number; readonly progress: number; readonly running: number }
  /** A beat was due and did not come, or nobody was there to take what was sent. */
  | { readonly type: 'MISSED' }
  /** It said goodbye, or its connection broke. */
  | { readonly type: 'GONE' };

type Beat = Extract<WorkerViewEvent, { type: 'BEAT' }>;

const chart = setup({
  types: {} as { context: WorkerViewContext; events: WorkerViewEvent; input: WorkerViewInput },
  guards: {
    isStuck: ({ context, event }) => {
      assertEvent(event, 'BEAT');
      const { progressAt, stuckAfterMs } = context;
      return !moves(context, event) && progressAt !== null && event.at - progressAt >= stuckAfterMs;
    },
    makesProgress: ({ context, event }) => {
      assertEvent(event, 'BEAT');
      return moves(context, event);
    },
    isOneTooMany: ({ context }) => context.missed + 1 >= context.missedUntilGone,
  },
});

const hear = chart.assign(({ context, event }) => {
  assertEvent(event, 'BEAT');
  return moves(context, event) ? { missed: 0, progress: event.progress, progressAt: event.at } : { missed: 0 };
});
const miss = chart.assign(({ context }) => ({ missed: context.missed + 1 }));

export const workerViewMachine = chart.createMachine({
  id: 'workerView',
  context: ({ input }) => ({
    worker: input.worker,
    missedUntilGone: input.missedUntilGone ?? MISSED_UNTIL_GONE,
    stuckAfterMs: input.stuckAfterMs ?? STUCK_AFTER_MS,
    missed: 0,
    progress: null,
    progressAt: null,
  }),
  initial: 'alive',
  states: {
    alive: {
      on: {
        BEAT: [{ guard: 'isStuck', target: 'stuck' }, { actions: hear }],
        MISSED: [
          { guard: 'isOneTooMany', target: 'gone', actions: miss },
          { target: 'suspect', actions: miss },
        ],
        GONE: { target: 'gone' },
      },
    },
    suspect: {
      on: {
        BEAT: [
          { guard: 'isStuck', target: 'stuck', actions: hear },
          { target: 'alive', actions: hear },
        ],
        MISSED: [{ guard: 'isOneTooMany', target: 'gone', actions: miss }, { actions: miss }],
        GONE: { target: 'gone' },
      },
    },
    stuck: {
      on: {
        BEAT: { guard: 'makesProgress', target: 'alive', actions: hear },
        MISSED: [
          { guard: 'isOneTooMany', target: 'gone', actions: miss },
          { target: 'suspect', actions: miss },
        ],
        GONE: { target: 'gone' },
      },
    },
    gone: { type: 'final' },
  },
});

/** A worker without work in hand need not progress: its clock for being stuck starts when work comes. */
function moves(context: WorkerViewContext, beat: Beat): boolean {
  return beat.running === 0 || beat.progress !== context.progress;
}
