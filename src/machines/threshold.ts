/**
 * Follows the pressure level with the policy: a level that asks for another policy makes a draft, and the draft becomes
 * the policy when it has been committed, under the epoch that the commit gave it: one epoch per change. Commits nothing
 * itself: whoever runs it commits `context.draft` while it is adapting, and answers COMMITTED or LOST_RACE. Levels alone
 * are compared: programs of two versions, with other thresholds for a level, don't overwrite each other for ever.
 */
import { assertEvent, setup } from 'xstate';
import { draftPolicy, type Level, type MemorySettings, type Policy, type PolicyDraft } from '../policy/index.js';

export interface ThresholdInput {
  /** What is in force at the start. */
  readonly policy: Policy;
  /** What drafts share out. */
  readonly memory: MemorySettings;
}

export interface ThresholdContext extends ThresholdInput {
  /** What is being committed, while adapting. */
  readonly draft: PolicyDraft | null;
  /** The last level heard of while adapting: looked at when the commit is through. */
  readonly pending: Level | null;
}

export type ThresholdEvent =
  /** The level decides; score (0 to 1), trend (1/s) and time (ms) tell a person who looks on where it comes from. */
  | {
      readonly type: 'PRESSURE';
      readonly level: Level;
      readonly score: number;
      readonly trend: number;
      readonly at: number;
    }
  /** The draft is the policy now. Late ones, of an epoch that has passed, change nothing. */
  | { readonly type: 'COMMITTED'; readonly epoch: bigint }
  /** Another commit came first: drop the draft, follow that policy, unless ours is newer already. */
  | { readonly type: 'LOST_RACE'; readonly policy: Policy }
  /** Somebody else has committed while nothing was to be committed here: follow that policy, if it is newer. */
  | { readonly type: 'FOLLOW'; readonly policy: Policy }
  | { readonly type: 'STOP' };

const chart = setup({
  types: {} as { context: ThresholdContext; events: ThresholdEvent; input: ThresholdInput },
  guards: {
    asksForAnother: ({ context, event }) => {
      assertEvent(event, 'PRESSURE');
      return draftOver(context.policy, event.level, context.memory) !== null;
    },
    isLate: ({ context, event }) => {
      assertEvent(event, 'COMMITTED');
      return event.epoch <= context.policy.epoch;
    },
    isNewer: ({ context, event }) => {
      assertEvent(event, 'FOLLOW');
      return event.policy.epoch > context.policy.epoch;
    },
    leavesMoreToDo: ({ context, event }) =>
      draftOver(settled(context, event), context.pending, context.memory) !== null,
  },
});

const draft = chart.assign(({ context, event }) => {
  assertEvent(event, 'PRESSURE');
  return { draft: draftPolicy(event.level, context.memory) };
});
const remember = chart.assign(({ event }) => {
  assertEvent(event, 'PRESSURE');
  return { pending: event.level };
});
const follow = chart.assign(({ event }) => {
  assertEvent(event, 'FOLLOW');
  return { policy: event.policy };
});
const settle = chart.assign(({ context, event }) => {
  const policy = settled(context, event);
  return { policy, draft: draftOver(policy, context.pending, context.memory), pending: null };
});

export const thresholdMachine = chart.createMachine({
  id: 'threshold',
  context: ({ input }) => ({ policy: input.policy, memory: input.memory, draft: null, pending: null }),
  initial: 'steady',
  states: {
    steady: {
      on: {
        PRESSURE: { guard: 'asksForAnother', target: 'adapting', actions: draft },
        FOLLOW: { guard: 'isNewer', actions: follow },
        STOP: { target: 'stopped' },
      },
    },
    adapting: {
      on: {
        PRESSURE: { actions: remember },
        COMMITTED: [
          { guard: 'isLate' },
          { guard: 'leavesMoreToDo', actions: settle },
          { target: 'steady', actions: settle },
        ],
        LOST_RACE: [
          { guard: 'leavesMoreToDo', actions: settle },
          { target: 'steady', actions: settle },
        ],
        STOP: { target: 'stopped' },
      },
    },
    stopped: { type: 'final' },
  },
});

/** What a level asks to have committed over a policy, if anything. */
function draftOver(policy: Policy, level: Level | null, memory: MemorySettings): PolicyDraft | null {
  return level === null || level === policy.level ? null : draftPolicy(level, memory);
}

/** The policy in force after the commit, or after the lost race. */
function settled({ policy, draft }: ThresholdContext, event: ThresholdEvent): Policy {
  assertEvent(event, ['COMMITTED', 'LOST_RACE']);
  if (event.type === 'LOST_RACE') return event.policy.epoch > policy.epoch ? event.policy : policy;
  return { ...policy, ...draft, epoch: event.epoch };
}
