/** Machines that can't be compiled are refused at once, by what is in the way: nothing is slow, or wrong, unnoticed. */
import { describe, expect, test } from 'vitest';
import { type AnyStateMachine, and, assign, createMachine, fromPromise, log, not, raise, stateIn } from 'xstate';
import { compileMachine } from '../../src/machines/index.js';
import { HeliosError } from '../../src/protocol/errors.js';

const end = { type: 'final' } as const;
const quiet = () => undefined;
const wait = fromPromise(async () => undefined);

describe('refused', () => {
  test.each<[string, () => AnyStateMachine, string]>([
    ['no states', () => createMachine({ id: 'm' }), 'no states of its own, or parallel ones'],
    [
      'parallel states',
      () => createMachine({ id: 'm', type: 'parallel', states: { a: {}, b: {} } }),
      'no states of its own, or parallel ones',
    ],
    [
      'nested states',
      () => createMachine({ id: 'm', initial: 'a', states: { a: { initial: 'b', states: { b: {} } } } }),
      'the compound state "a"',
    ],
    [
      'history',
      () => createMachine({ id: 'm', initial: 'a', states: { a: {}, h: { type: 'history' } } }),
      'the history state "h"',
    ],
    [
      'transitions of the machine',
      () => createMachine({ id: 'm', initial: 'a', on: { GO: '.a' }, states: { a: {} } }),
      'transitions of its own',
    ],
    [
      'routes',
      () => createMachine({ id: 'm', initial: 'a', states: { a: { id: 'there', route: {} } } }),
      'transitions of its own',
    ],
    [
      'an entry action of the machine',
      () => createMachine({ id: 'm', initial: 'a', entry: quiet, states: { a: {} } }),
      'of its own',
    ],
    [
      'an action at the start',
      () => createMachine({ id: 'm', initial: { target: 'a', actions: quiet }, states: { a: {} } }),
      'of its own',
    ],
    [
      'an entry action',
      () => createMachine({ id: 'm', initial: 'a', states: { a: { entry: assign({}) } } }),
      'entry or exit actions',
    ],
    [
      'an exit action',
      () => createMachine({ id: 'm', initial: 'a', states: { a: { exit: quiet } } }),
      'entry or exit actions',
    ],
    [
      'a child',
      () => createMachine({ id: 'm', initial: 'a', states: { a: { invoke: { src: wait } } } }),
      'children, `after` or `always` in "a"',
    ],
    [
      'a delay',
      () => createMachine({ id: 'm', initial: 'a', states: { a: { after: { 5: 'b' } }, b: end } }),
      'children, `after` or `always` in "a"',
    ],
    [
      'a transition without an event',
      () => createMachine({ id: 'm', initial: 'a', states: { a: { always: 'b' }, b: end } }),
      'children, `after` or `always` in "a"',
    ],
    [
      'any event',
      () => createMachine({ id: 'm', initial: 'a', states: { a: { on: { '*': 'b' } }, b: end } }),
      'transitions on "*" in "a"',
    ],
    [
      'any event of a kind',
      () => createMachine({ id: 'm', initial: 'a', states: { a: { on: { 'GO.*': 'b' } }, b: end } }),
      'transitions on "GO.*" in "a"',
    ],
    [
      "an event of XState's own",
      () => createMachine({ id: 'm', initial: 'a', states: { a: { onDone: 'b' }, b: end } }),
      'transitions on "xstate.done.state.m.a" in "a"',
    ],
    [
      'transitions after the end',
      () => createMachine({ id: 'm', initial: 'a', states: { a: { type: 'final', on: { GO: 'a' } } } }),
      'transitions out of the final state "a"',
    ],
    [
      'the machine as a target',
      () => createMachine({ id: 'm', initial: 'a', states: { a: { on: { GO: '#m' } } } }),
      'a target that is none of its states on "GO" in "a"',
    ],
    [
      'a function as an action',
      () => createMachine({ id: 'm', initial: 'a', states: { a: { on: { GO: { actions: quiet } } } } }),
      'an action that is unknown, or no assign(…), on "GO" in "a"',
    ],
    [
      'an action of another kind beside an assignment',
      () =>
        createMachine({ id: 'm', initial: 'a', states: { a: { on: { GO: { actions: [assign({}), log('x')] } } } } }),
      'an action that is unknown, or no assign(…), on "GO" in "a"',
    ],
    [
      'a raised event',
      () => createMachine({ id: 'm', initial: 'a', states: { a: { on: { GO: { actions: raise({ type: 'B' }) } } } } }),
      'an action that is unknown, or no assign(…), on "GO" in "a"',
    ],
    [
      'an unknown action',
      () => createMachine({ id: 'm', initial: 'a', states: { a: { on: { GO: { actions: 'nowhere' } } } } }),
      'an action that is unknown, or no assign(…), on "GO" in "a"',
    ],
    [
      'an unknown guard',
      () => createMachine({ id: 'm', initial: 'a', states: { a: { on: { GO: { guard: 'nowhere' } } } } }),
      'a guard that is unknown, or made by and, or, not or stateIn, on "GO" in "a"',
    ],
    [
      'a guard made of guards',
      () => createMachine({ id: 'm', initial: 'a', states: { a: { on: { GO: { guard: and([() => true]) } } } } }),
      'a guard that is unknown, or made by and, or, not or stateIn, on "GO" in "a"',
    ],
    [
      'a named guard made of guards',
      () =>
        createMachine(
          { id: 'm', initial: 'a', states: { a: { on: { GO: { guard: 'is' } } } } },
          { guards: { is: not(stateIn('a')) } },
        ),
      'a guard that is unknown, or made by and, or, not or stateIn, on "GO" in "a"',
    ],
  ])('%s', (_, machine, what) => {
    const refusal = refused(machine());
    expect(refusal.code).toBe('INVALID_REQUEST');
    expect(refusal.message).toContain('but "m" has');
    expect(refusal.message).toContain(what);
    expect(refusal.message).toContain('Give the machine itself to createActor.');
  });
});

function refused(machine: AnyStateMachine): HeliosError {
  try {
    compileMachine(machine);
  } catch (error) {
    if (HeliosError.is(error)) return error;
    throw error;
  }
  throw new Error('It was compiled.');
}
