/**
 * The pressure level, out of samples of the score. Rises at once to critical, after a short hold to the levels below,
 * several at a time if need be; falls one level at a time, each after the score has been calm for a while: the gap
 * between enter and exit and the holds keep it from fluttering. Time is what samples carry; it measures nothing itself.
 */
import { assertEvent, assign, setup } from 'xstate';
import { LEVEL_SETTINGS, type Level, type LevelSettings } from '../policy/index.js';

type Raised = Exclude<Level, 'normal'>;

export interface PressureContext {
  readonly settings: LevelSettings;
  /** The last sample; `at` is null before the first. */
  readonly score: number;
  readonly trend: number;
  readonly at: number | null;
  /** Since when the score has been at or above these levels' enter scores without a break. Critical doesn't wait. */
  readonly reachedAt: { readonly elevated: number | null; readonly high: number | null };
  /** Since when, on this level, it has been below the level's exit score without a break. */
  readonly calmSince: number | null;
}

export type PressureEvent =
  /** `score` 0 to 1, `trend` in 1/s, `at` in milliseconds of a steady clock. */
  | { readonly type: 'SAMPLE'; readonly score: number; readonly trend: number; readonly at: number }
  | { readonly type: 'STOP' };

type Sample = Extract<PressureEvent, { type: 'SAMPLE' }>;

const chart = setup({
  types: {} as { context: PressureContext; events: PressureEvent; input: { readonly settings?: LevelSettings } },
  guards: {
    isUnreadable: ({ event }) => {
      assertEvent(event, 'SAMPLE');
      return ![event.score, event.trend, event.at].every(Number.isFinite);
    },
    rises: ({ context, event }, { to }: { readonly to: Raised }) => {
      assertEvent(event, 'SAMPLE');
      return rises(context, event, to);
    },
    isCalm: ({ context, event }, { on }: { readonly on: Raised }) => {
      assertEvent(event, 'SAMPLE');
      return isCalm(context, event, on);
    },
  },
  actions: {
    /** Stays on a level. */
    observe: assign(({ context, event }, { on }: { readonly on: Level }) => {
      assertEvent(event, 'SAMPLE');
      return observed(context, event, on, context.calmSince);
    }),
    /** Comes to a level: the time of calm begins anew. */
    enter: assign(({ context, event }, { on }: { readonly on: Level }) => {
      assertEvent(event, 'SAMPLE');
      return observed(context, event, on, null);
    }),
  },
});

export const pressureMachine = chart.createMachine({
  id: 'pressure',
  context: ({ input }) => ({
    settings: input.settings ?? LEVEL_SETTINGS,
    score: 0,
    trend: 0,
    at: null,
    reachedAt: { elevated: null, high: null },
    calmSince: null,
  }),
  initial: 'normal',
  states: {
    normal: {
      on: {
        SAMPLE: [
          { guard: 'isUnreadable' },
          {
            guard: { type: 'rises', params: { to: 'critical' } },
            target: 'critical',
            actions: { type: 'enter', params: { on: 'critical' } },
          },
          {
            guard: { type: 'rises', params: { to: 'high' } },
            target: 'high',
            actions: { type: 'enter', params: { on: 'high' } },
          },
          {
            guard: { type: 'rises', params: { to: 'elevated' } },
            target: 'elevated',
            actions: { type: 'enter', params: { on: 'elevated' } },
          },
          { actions: { type: 'observe', params: { on: 'normal' } } },
        ],
        STOP: { target: 'stopped' },
      },
    },
    elevated: {
      on: {
        SAMPLE: [
          { guard: 'isUnreadable' },
          {
            guard: { type: 'rises', params: { to: 'critical' } },
            target: 'critical',
            actions: { type: 'enter', params: { on: 'critical' } },
          },
          {
            guard: { type: 'rises', params: { to: 'high' } },
            target: 'high',
            actions: { type: 'enter', params: { on: 'high' } },
          },
          {
            guard: { type: 'isCalm', params: { on: 'elevated' } },
            target: 'normal',
            actions: { type: 'enter', params: { on: 'normal' } },
          },
          { actions: { type: 'observe', params: { on: 'elevated' } } },
        ],
        STOP: { target: 'stopped' },
      },
    },
    high: {
      on: {
        SAMPLE: [
          { guard: 'isUnreadable' },
          {
            guard: { type: 'rises', params: { to: 'critical' } },
            target: 'critical',
            actions: { type: 'enter', params: { on: 'critical' } },
          },
          {
            guard: { type: 'isCalm', params: { on: 'high' } },
            target: 'elevated',
            actions: { type: 'enter', params: { on: 'elevated' } },
          },
          { actions: { type: 'observe', params: { on: 'high' } } },
        ],
        STOP: { target: 'stopped' },
      },
    },
    critical: {
      on: {
        SAMPLE: [
          { guard: 'isUnreadable' },
          {
            guard: { type: 'isCalm', params: { on: 'critical' } },
            target: 'high',
            actions: { type: 'enter', params: { on: 'high' } },
          },
          { actions: { type: 'observe', params: { on: 'critical' } } },
        ],
        STOP: { target: 'stopped' },
      },
    },
    stopped: { type: 'final' },
  },
});

function rises({ settings, reachedAt }: PressureContext, { score, at }: Sample, to: Raised): boolean {
  if (score < settings.enter[to]) return false;
  return to === 'critical' || at - (reachedAt[to] ?? at) >= settings.tightenAfterMs;
}

function isCalm({ settings, calmSince }: PressureContext, { score, trend, at }: Sample, on: Raised): boolean {
  if (score >= settings.exit[on] || trend > settings.risingAbove) return false;
  return at - (calmSince ?? at) >= settings.relaxAfterMs;
}

function observed(context: PressureContext, sample: Sample, on: Level, calmSince: number | null) {
  const { settings, reachedAt } = context;
  const { score, trend, at } = sample;
  const since = (holds: boolean, before: number | null) => (holds ? (before ?? at) : null);
  return {
    score,
    trend,
    at,
    reachedAt: {
      elevated: since(score >= settings.enter.elevated, reachedAt.elevated),
      high: since(score >= settings.enter.high, reachedAt.high),
    },
    calmSince: on === 'normal' ? null : since(score < settings.exit[on], calmSince),
  };
}
