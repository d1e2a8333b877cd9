/** From every state that a machine can come to, a final one can be reached; and the drawing is what the docs say. */
import { describe, expect, test } from 'vitest';
import { setup } from 'xstate';
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
import { drawn, explore, reached, traps } from './graph.js';

const hopeless = new HeliosError('CORRUPT_BLOCK', 'The block is damaged.');
const passing = new HeliosError('UNAVAILABLE', 'The worker is gone.');
const memory = { heapLimitBytes: 1_000_000 };

const graphs = {
  request: explore(requestMachine, {
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
  worker: explore(workerMachine, {
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
  workerView: explore(workerViewMachine, {
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
  supervisor: explore(supervisorMachine, {
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
  pressure: explore(pressureMachine, {
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
  threshold: explore(thresholdMachine, {
    input: { policy: initialPolicy(memory), memory },
    events: ({ context }): ThresholdEvent[] => [
      ...LEVELS.map((level) => ({ type: 'PRESSURE' as const, level, score: 0, trend: 0, at: 0 })),
      { type: 'COMMITTED', epoch: context.policy.epoch + 1n },
      { type: 'COMMITTED', epoch: context.policy.epoch },
      { type: 'LOST_RACE', policy: { ...context.policy, level: 'high', epoch: context.policy.epoch + 1n } },
      { type: 'STOP' },
    ],
    key: ({ context }) => [context.policy.level, context.policy.threshold, context.draft?.level, context.pending],
  }),
};

const machines = {
  request: requestMachine,
  worker: workerMachine,
  workerView: workerViewMachine,
  supervisor: supervisorMachine,
  pressure: pressureMachine,
  threshold: thresholdMachine,
};

const drawings = {
  request: [
    'pending CANCEL cancelled',
    'pending ENQUEUE queued',
    'pending EXPIRE expired',
    'pending REFUSE failed',
    'queued CANCEL cancelled',
    'queued EXPIRE expired',
    'queued REFUSE failed',
    'queued START restoring',
    'restoring CANCEL cancelled',
    'restoring EXPIRE expired',
    'restoring FAIL failed',
    'restoring FAIL queued',
    'restoring LOST failed',
    'restoring LOST queued',
    'restoring RESTORED materialized',
  ],
  worker: [
    'draining FAIL stopped',
    'draining FINISH stopped',
    'draining STOP stopped',
    'ready DRAIN draining',
    'ready DRAIN stopped',
    'ready FAIL stopped',
    'ready STOP stopped',
    'starting DRAIN stopped',
    'starting FAIL stopped',
    'starting READY ready',
    'starting STOP stopped',
  ],
  workerView: [
    'alive BEAT stuck',
    'alive GONE gone',
    'alive MISSED suspect',
    'stuck BEAT alive',
    'stuck GONE gone',
    'stuck MISSED suspect',
    'suspect BEAT alive',
    'suspect BEAT stuck',
    'suspect GONE gone',
    'suspect MISSED gone',
  ],
  supervisor: [
    'draining DONE stopped',
    'draining DROPPED stopped',
    'draining FAIL stopped',
    'draining STOP stopped',
    'running DRAIN draining',
    'running DRAIN stopped',
    'running FAIL stopped',
    'running STOP stopped',
    'starting DRAIN stopped',
    'starting FAIL stopped',
    'starting READY running',
    'starting STOP stopped',
  ],
  pressure: [
    'critical SAMPLE high',
    'critical STOP stopped',
    'elevated SAMPLE critical',
    'elevated SAMPLE high',
    'elevated SAMPLE normal',
    'elevated STOP stopped',
    'high SAMPLE critical',
    'high SAMPLE elevated',
    'high STOP stopped',
    'normal SAMPLE critical',
    'normal SAMPLE elevated',
    'normal SAMPLE high',
    'normal STOP stopped',
  ],
  threshold: [
    'adapting COMMITTED steady',
    'adapting LOST_RACE steady',
    'adapting STOP stopped',
    'steady PRESSURE adapting',
    'steady STOP stopped',
  ],
};

const names = ['request', 'worker', 'workerView', 'supervisor', 'pressure', 'threshold'] as const;

describe.each(names)('%s', (name) => {
  const graph = graphs[name];

  test('can end from every state that it can come to', () => {
    expect(traps(graph)).toEqual([]);
  });

  test('comes to every state that it names', () => {
    expect([...reached(graph)].sort()).toEqual(Object.keys(machines[name].states).sort());
  });

  test('has the graph that is drawn here', () => {
    expect(drawn(graph)).toEqual(drawings[name]);
  });
});

test('from every level of pressure the way leads back to normal, as long as nobody stops it', () => {
  const caught = traps(graphs.pressure, (state) => state.name === 'normal');
  expect(caught.filter((key) => !key.startsWith('["stopped"'))).toEqual([]);
});

test('the policy comes to rest from wherever it is, as long as nobody stops it', () => {
  const caught = traps(graphs.threshold, (state) => state.name === 'steady');
  expect(caught.filter((key) => !key.startsWith('["stopped"'))).toEqual([]);
});

describe('a machine with a trap in it', () => {
  type Move = { type: 'GO' } | { type: 'END' };
  const plain = { input: undefined, key: () => null };

  test('is caught when a state has no way out', () => {
    const machine = setup({ types: {} as { events: Move } }).createMachine({
      id: 'trapped',
      initial: 'start',
      states: { start: { on: { GO: 'trap', END: 'end' } }, trap: { on: { GO: 'trap' } }, end: { type: 'final' } },
    });
    const graph = explore(machine, { ...plain, events: (): Move[] => [{ type: 'GO' }, { type: 'END' }] });
    expect(traps(graph)).toEqual(['["trap",null]']);
  });

  test('is caught when only a guard closes the way out', () => {
    type Try = { type: 'TRY' };
    const chart = setup({ types: {} as { context: { tries: number }; events: Try } });
    const machine = chart.createMachine({
      id: 'overrun',
      context: { tries: 0 },
      initial: 'trying',
      states: {
        trying: {
          on: {
            TRY: [
              { guard: ({ context }) => context.tries === 3, target: 'end' },
              { actions: chart.assign(({ context }) => ({ tries: Math.min(9, context.tries + 2) })) },
            ],
          },
        },
        end: { type: 'final' },
      },
    });
    const graph = explore(machine, {
      input: undefined,
      key: ({ context }) => context.tries,
      events: (): Try[] => [{ type: 'TRY' }],
    });
    expect(traps(graph)).toHaveLength(6);
  });
});
