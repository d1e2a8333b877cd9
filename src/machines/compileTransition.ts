/**
 * One transition of a machine as two kinds of plain functions: its guard, and the assignments that make the next
 * context. Names and parameters are looked up here, once. Whatever isn't an assignment is refused: nothing here acts.
 */
import type { AnyActorScope, AnyEventObject, AnyStateMachine, AnyTransitionDefinition } from 'xstate';
import { HeliosError } from '../protocol/errors.js';

export type Context = Readonly<Record<string, unknown>>;

export type Guard = (context: Context, event: AnyEventObject) => unknown;

/** The properties that change. */
export type Assignment = (context: Context, event: AnyEventObject, scope: AnyActorScope) => object | undefined;

export interface CompiledTransition<State> {
  readonly guard: Guard | null;
  readonly assignments: readonly Assignment[];
  /** Null: it stays where it is. */
  readonly target: State | null;
  /** As XState's inspection events name it. */
  readonly definitions: AnyTransitionDefinition[];
}

/** @throws HeliosError `INVALID_REQUEST` when it has a guard or an action that can't be compiled. */
export function compileTransition<State>(
  machine: AnyStateMachine,
  definition: AnyTransitionDefinition,
  states: ReadonlyMap<string, State>,
): CompiledTransition<State> {
  const where = `"${definition.eventType}" in "${definition.source.key}"`;
  const assignments = definition.actions.map((action) => {
    const assignment = compileAssignment(machine, action);
    return assignment ?? refuse(machine, `an action that is unknown, or no assign(…), on ${where}`);
  });
  const guard = compileGuard(machine, definition.guard);
  if (guard === undefined) refuse(machine, `a guard that is unknown, or made by and, or, not or stateIn, on ${where}`);
  return { guard, assignments, target: compileTarget(machine, definition, states, where), definitions: [definition] };
}

export function refuse(machine: AnyStateMachine, what: string): never {
  throw new HeliosError(
    'INVALID_REQUEST',
    `Only flat machines without other actions than assign(…) can be compiled, but "${machine.id}" has ${what}. Give the machine itself to createActor.`,
  );
}

/** Called by an assignment, it makes the machine itself do the whole transition: see `compileMachine`. */
export function spawn(): never {
  throw new Error('Compiled assignments leave spawning to the machine.');
}

/** A state without entry and exit actions that is its own target stays where it is, `reenter` or not. */
function compileTarget<State>(
  machine: AnyStateMachine,
  { source, target: targets = [] }: AnyTransitionDefinition,
  states: ReadonlyMap<string, State>,
  where: string,
): State | null {
  const [target] = targets;
  if (target === undefined || target === source) return null;
  const state = target.parent === machine.root ? states.get(target.key) : undefined;
  return state ?? refuse(machine, `a target that is none of its states on ${where}`);
}

/** Undefined: it can't be compiled. */
function compileGuard(machine: AnyStateMachine, guard: unknown): Guard | null | undefined {
  if (!guard) return null;
  const { run, paramsOf } = resolve(guard, machine.implementations.guards);
  if (typeof run === 'string' || (typeof run === 'object' && run !== null)) return compileGuard(machine, run);
  if (typeof run !== 'function' || 'check' in run) return undefined;
  return (context, event) => run({ context, event }, paramsOf(context, event));
}

function compileAssignment(machine: AnyStateMachine, action: unknown): Assignment | undefined {
  const { run, paramsOf } = resolve(action, machine.implementations.actions);
  if (typeof run !== 'function' || !('assignment' in run && 'type' in run && run.type === 'xstate.assign')) {
    return undefined;
  }
  const { assignment } = run;
  const argumentsOf = (context: Context, event: AnyEventObject, { self, system }: AnyActorScope) => ({
    context,
    event,
    spawn,
    self,
    system,
  });
  if (typeof assignment === 'function') {
    return (context, event, scope) => assignment(argumentsOf(context, event, scope), paramsOf(context, event));
  }
  const properties = Object.entries(Object(assignment));
  return (context, event, scope) => {
    const given = argumentsOf(context, event, scope);
    const params = paramsOf(context, event);
    const made = (value: unknown): unknown => (typeof value === 'function' ? value(given, params) : value);
    return Object.fromEntries(properties.map(([key, value]) => [key, made(value)]));
  };
}

interface Resolved {
  /** Undefined when the machine knows nothing under the name. */
  readonly run: unknown;
  readonly paramsOf: (context: Context, event: AnyEventObject) => unknown;
}

const noParams = () => undefined;

/** What a guard or an action stands for: itself, or what the machine knows under its name. */
function resolve(reference: unknown, known: Readonly<Record<string, unknown>> | undefined): Resolved {
  if (typeof reference === 'function') return { run: reference, paramsOf: noParams };
  if (typeof reference !== 'object' || reference === null)
    return { run: known?.[String(reference)], paramsOf: noParams };
  const run = 'type' in reference ? known?.[String(reference.type)] : undefined;
  const params = 'params' in reference ? reference.params : undefined;
  if (typeof params !== 'function') return { run, paramsOf: () => params };
  return { run, paramsOf: (context, event) => params({ context, event }) };
}
