import { createInspector, type StatelyInspectionEvent } from '@statelyai/inspect';
import { describe, expect, it } from 'vitest';
import { type AnyStateMachine, createActor, createMachine, fromPromise } from 'xstate';
import { DEFINITION_LENGTH_MAX, Definitions } from '../../src/inspect/definition.js';
import {
  compileMachine,
  pressureMachine,
  requestMachine,
  supervisorMachine,
  thresholdMachine,
  workerMachine,
  workerViewMachine,
} from '../../src/machines/index.js';
import { initialPolicy } from '../../src/policy/index.js';

const memory = { heapLimitBytes: 1e9, memoryBytes: 1e6 };
const machines: [string, AnyStateMachine, unknown][] = [
  ['request', requestMachine, { object: 'a', type: 'record', priority: 0.5, urgency: 0.5 }],
  ['supervisor', supervisorMachine, undefined],
  ['worker', workerMachine, { worker: 'w' }],
  ['workerView', workerViewMachine, { worker: 'w' }],
  ['pressure', pressureMachine, {}],
  ['threshold', thresholdMachine, { policy: initialPolicy(memory), memory }],
];
const stateNames = (machine: { readonly states: object }) => Object.keys(machine.states);

describe.each(machines)('the machine %s', (name, machine, input) => {
  it("can be written down whole, as Stately's tools read it", () => {
    for (const written of [machine.definition, machine]) {
      const read = JSON.parse(JSON.stringify(written));
      expect(read).toMatchObject({ id: name, key: name });
      expect(stateNames(read)).toEqual(stateNames(machine));
    }
  });

  it('is drawn from a definition that XState takes for a machine of the same states and events', () => {
    const actor = createActor(machine, { input });
    const { key, text } = new Definitions().of(actor);
    expect(key).toBe(name);
    const read = createMachine(JSON.parse(text));
    expect(stateNames(read)).toEqual(stateNames(machine));
    expect(read.events).toEqual(machine.events);
  });

  it('goes into the inspector of @statelyai/inspect as it is', () => {
    const sent: StatelyInspectionEvent[] = [];
    const inspector = createInspector({ send: (event) => sent.push(event) });
    inspector.actor(createActor(machine, { input }));
    expect(sent).toMatchObject([{ type: '@xstate.actor', name }]);
    const { definition } = Object(sent[0]);
    expect(stateNames(createMachine(JSON.parse(definition))).toSorted()).toEqual(stateNames(machine).toSorted());
  });

  it('is drawn the same when it is compiled', () => {
    let compiled: AnyStateMachine;
    try {
      compiled = compileMachine(machine);
    } catch {
      return; // one that can't be
    }
    const definitions = new Definitions();
    const plain = definitions.of(createActor(machine, { input }));
    expect(definitions.of(createActor(compiled, { input }))).toBe(plain);
  });
});

describe('definitions', () => {
  it('are told once, and again when that is asked for', () => {
    const definitions = new Definitions();
    expect(definitions.take()).toBeUndefined();
    const { text } = definitions.of(createActor(workerMachine, { input: { worker: 'w' } }));
    expect(definitions.take()).toEqual({ worker: text });
    definitions.of(createActor(workerMachine, { input: { worker: 'v' } }));
    expect(definitions.take()).toBeUndefined();
    definitions.tellAgain();
    expect(definitions.take()).toEqual({ worker: text });
  });

  it('of two machines with one id have two keys', () => {
    const definitions = new Definitions();
    const [one, other] = ['a', 'b'].map((initial) => createMachine({ id: 'm', initial, states: { a: {}, b: {} } }));
    const keys = [one, other, one].map((machine) => definitions.of(createActor(machine ?? supervisorMachine)).key);
    expect(keys).toEqual(['m', 'm~2', 'm']);
  });

  it('name what they cannot show', () => {
    const odd = createMachine({
      id: 'odd',
      context: { big: 1n, call: () => 1 },
      initial: 'a',
      states: { a: { entry: function ring() {} } },
    });
    const { text } = new Definitions().of(createActor(odd));
    expect(JSON.parse(text)).toMatchObject({
      context: { big: '1', call: { type: 'call' } },
      states: { a: { entry: { type: 'ring' } } },
    });
  });

  it('are an id alone for what is no machine, refers to itself, or is far too large', () => {
    const definitions = new Definitions();
    const circle: { self?: unknown } = {};
    circle.self = circle;
    const self = createMachine({ id: 'self', context: circle });
    const large = createMachine({ id: 'large', description: 'x'.repeat(DEFINITION_LENGTH_MAX) });
    expect(definitions.of(createActor(fromPromise(async () => 1))).text).toBe('{"id":"actor"}');
    expect(definitions.of(createActor(self)).text).toBe('{"id":"self"}');
    expect(definitions.of(createActor(large)).text).toBe('{"id":"large"}');
  });
});
