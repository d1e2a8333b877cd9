/** From every state that a machine can come to, a final one can be reached; and the drawing is what the docs say. */
import { describe, expect, test } from 'vitest';
import { setup } from 'xstate';
import {
  pressureMachine,
  requestMachine,
  supervisorMachine,
  thresholdMachine,
  workerMachine,
  workerViewMachine,
} from '../../src/machines/index.js';
import { drawn, explore, reached, traps } from './graph.js';
import { walks } from './walks.js';

const graphs = {
  request: explore(requestMachine, walks.request),
  worker: explore(workerMachine, walks.worker),
  workerView: explore(workerViewMachine, walks.workerView),
  supervisor: explore(supervisorMachine, walks.supervisor),
  pressure: explore(pressureMachine, walks.pressure),
  threshold: explore(thresholdMachine, walks.threshold),
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
