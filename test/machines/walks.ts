/**
 * How the tests walk through everything that each machine can come to: what goes in, which events are tried where, and
 * what makes two snapshots the same.
 */
import type { AnyStateMachine, EventFromLogic, InputFrom, SnapshotFrom } from 'xstate';
import {
  type PressureEvent,
  pressureMachine,
  type RequestEvent,
  requestMachine,
  type SupervisorEvent,
  supervisorMachine,
  type ThresholdEvent,
  thresholdMachine,
  type WorkerEvent,
  type WorkerViewEvent,
  workerMachine,
  workerViewMachine,
} from '../../src/machines/index.js';
import { initialPolicy, LEVEL_SETTINGS, LEVELS } from '../../src/policy/index.js';
import { HeliosError } from '../../src/protocol/errors.js';
import type { Walk } from './graph.js';

export type WalkThrough<Machine extends AnyStateMachine> = Walk<
  SnapshotFrom<Machine>,
  EventFromLogic<Machine>,
  InputFrom<Machine>
>;

const hopeless = new HeliosError('CORRUPT_BLOCK', 'The block is damaged.');
const passing = new HeliosError('UNAVAILABLE', 'The worker is gone.');
const memory = { heapLimitBytes: 1_000_000 };

export const walks = {
  request: walk(requestMachine, {
    input: { object: 'agents/7', type: 'agent', priority: 0.5, urgency: 0.5, maxAttempts: 2 },
    events: (): RequestEvent[] => [
      { type: 'ENQUEUE' },
      { type: 'REFUSE', error: hopeless },
      { type: 'START', worker: 'a' },
      { type: 'START', worker: 'b' },
      { type: 'RESTORED', result: 1 },
      { type: 'FAIL', error: hopeless },
      { type: 'FAIL', error: passing },
      { type: 'LOST', worker: 'a', error: passing },
      { type: 'CANCEL', error: passing },
      { type: 'EXPIRE', error: passing },
    ],
    key: ({ context }) => [context.attempt, context.worker],
  }),
  worker: walk(workerMachine, {
    input: { worker: 'a' },
    events: ({ context }): WorkerEvent[] => [
      { type: 'READY' },
      // Two at a time are enough to see every way through.
      context.running < 2 ? { type: 'ACCEPT', count: 1 } : { type: 'READY' },
      { type: 'FINISH', finished: 1, failed: 0 },
      { type: 'FINISH', finished: 0, failed: 1 },
      { type: 'DRAIN' },
      { type: 'STOP' },
      { type: 'FAIL', error: passing },
    ],
    key: ({ context }) => context.running,
  }),
  workerView: walk(workerViewMachine, {
    input: { worker: 'a', stuckAfterMs: 20, missedUntilGone: 2 },
    events: ({ context }): WorkerViewEvent[] => {
      const at = (context.progressAt ?? 0) + 20;
      const progress = context.progress ?? 0;
      return [
        { type: 'BEAT', at, progress, running: 1 },
        { type: 'BEAT', at, progress: 1 - progress, running: 1 },
        { type: 'BEAT', at, progress, running: 0 },
        { type: 'MISSED' },
        { type: 'GONE' },
      ];
    },
    key: ({ context }) => [context.missed, context.progress],
  }),
  supervisor: walk(supervisorMachine, {
    input: undefined,
    events: ({ context }): SupervisorEvent[] => [
      { type: 'READY' },
      { type: 'QUEUED', count: Math.max(0, 2 - context.queued - context.dispatched) },
      { type: 'DISPATCHED', count: 1 },
      { type: 'REQUEUED', count: 1 },
      { type: 'DROPPED', count: 1 },
      { type: 'DONE', count: 1 },
      { type: 'DRAIN' },
      { type: 'STOP' },
      { type: 'FAIL', error: passing },
    ],
    key: ({ context }) => [context.queued, context.dispatched],
  }),
  pressure: walk(pressureMachine, {
    input: { settings: { ...LEVEL_SETTINGS, tightenAfterMs: 10, relaxAfterMs: 10 } },
    events: ({ context }): PressureEvent[] => [
      ...[0, 0.5, 0.65, 0.8, 0.9].map((score) => ({
        type: 'SAMPLE' as const,
        score,
        trend: 0,
        at: (context.at ?? 0) + 10,
      })),
      { type: 'STOP' },
    ],
    key: ({ context: { at, score, reachedAt, calmSince } }) => {
      // How long something has been so, and no longer than matters.
      const held = (since: number | null) => (since === null || at === null ? null : Math.min(10, at - since));
      return [score, held(reachedAt.elevated), held(reachedAt.high), held(calmSince)];
    },
  }),
  threshold: walk(thresholdMachine, {
    input: { policy: initialPolicy(memory), memory },
    events: ({ context }): ThresholdEvent[] => [
      ...LEVELS.map((level) => ({ type: 'PRESSURE' as const, level, score: 0, trend: 0, at: 0 })),
      { type: 'COMMITTED', epoch: context.policy.epoch + 1n },
      { type: 'COMMITTED', epoch: context.policy.epoch },
      { type: 'LOST_RACE', policy: { ...context.policy, level: 'high', epoch: context.policy.epoch + 1n } },
      { type: 'FOLLOW', policy: { ...context.policy, level: 'elevated', epoch: context.policy.epoch + 1n } },
      { type: 'STOP' },
    ],
    key: ({ context }) => [context.policy.level, context.policy.threshold, context.draft?.level, context.pending],
  }),
};

/** Types a walk as its machine's. */
function walk<Machine extends AnyStateMachine>(_: Machine, through: WalkThrough<Machine>): WalkThrough<Machine> {
  return through;
}
