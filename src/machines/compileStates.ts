/**
 * The states of a flat machine as a table, each with its transitions by event type and with the parts that all of its
 * snapshots share. Says what can't be compiled, and runs nothing.
 */
import type { AnyMachineSnapshot, AnyStateMachine, AnyStateNode } from 'xstate';
import { type CompiledTransition, compileTransition, refuse } from './compileTransition.js';

export interface State {
  readonly isFinal: boolean;
  /** A final state's output, or what makes it. */
  readonly output: unknown;
  /** The type of the event that a final state's output comes to the machine's output in. */
  readonly doneEvent: string;
  readonly on: Map<string, readonly CompiledTransition<State>[]>;
  /** Where snapshots of this state take everything from but context, status and output. */
  readonly snapshot: AnyMachineSnapshot;
}

export interface CompiledStates {
  readonly states: ReadonlyMap<string, State>;
  readonly initial: State;
}

/** @throws HeliosError `INVALID_REQUEST` when the machine has anything that can't be compiled. */
export function compileStates(machine: AnyStateMachine): CompiledStates {
  const { root } = machine;
  if (root.type !== 'compound') refuse(machine, 'no states of its own, or parallel ones');
  if (root.transitions.size > 0) refuse(machine, 'transitions of its own beside those of its states');
  if (acts(root) || root.initial.actions.length > 0) refuse(machine, 'actions, children or `always` of its own');
  const compiled = Object.values(root.states).map((node) => ({ node, state: compileState(machine, node) }));
  const states = new Map(compiled.map(({ node, state }) => [node.key, state]));
  for (const { node, state } of compiled) {
    for (const [type, definitions] of node.transitions) {
      const transitions = definitions.map((definition) => compileTransition(machine, definition, states));
      state.on.set(type, transitions);
    }
  }
  const initial = states.get(root.initial.target[0]?.key ?? '');
  return initial === undefined ? refuse(machine, 'no initial state') : { states, initial };
}

function compileState(machine: AnyStateMachine, node: AnyStateNode): State {
  const { key, id, type, output, transitions } = node;
  const isFinal = type === 'final';
  if (type !== 'atomic' && !isFinal) refuse(machine, `the ${type} state "${key}"`);
  if (acts(node)) refuse(machine, `entry or exit actions, children, \`after\` or \`always\` in "${key}"`);
  if (isFinal && transitions.size > 0) refuse(machine, `transitions out of the final state "${key}"`);
  const odd = [...transitions.keys()].find(
    (event) => event === '*' || event.endsWith('.*') || event.startsWith('xstate.'),
  );
  if (odd !== undefined) refuse(machine, `transitions on "${odd}" in "${key}"`);
  const snapshot = machine.resolveState({ value: key, context: {} });
  // XState lists the nodes of what has ended the other way round.
  if (isFinal) snapshot._nodes.reverse();
  Object.freeze(snapshot.children);
  Object.freeze(snapshot.historyValue);
  return { isFinal, output, doneEvent: `xstate.done.state.${id}`, on: new Map(), snapshot };
}

function acts({ entry, exit, invoke, always }: AnyStateNode): boolean {
  return entry.length > 0 || exit.length > 0 || invoke.length > 0 || always !== undefined;
}
