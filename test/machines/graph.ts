/**
 * Draws the graph of everything a machine can come to, with `xstate/graph`, and finds traps in it: states from which no
 * final state can be reached. A walk says which events are tried and what makes two snapshots the same state, so that
 * counters and clocks don't make the graph endless. Never runs an actor.
 */
import type { ActorLogic, AnyMachineSnapshot, EventObject } from 'xstate';
import { adjacencyMapToArray, getAdjacencyMap } from 'xstate/graph';

export interface Walk<Snapshot, Event, Input> {
  readonly input: Input;
  readonly events: (snapshot: Snapshot) => readonly Event[];
  /** What of a snapshot beside its value decides what can happen next. */
  readonly key: (snapshot: Snapshot) => unknown;
}

export interface Edge {
  readonly from: State;
  readonly event: string;
  readonly to: State;
}

export interface State {
  readonly name: string;
  /** Name and what the walk's key adds to it. */
  readonly key: string;
  readonly isFinal: boolean;
}

export interface Graph {
  readonly edges: readonly Edge[];
}

/** More states than this mean that the walk's key doesn't tell same from same. */
const STATES_MAX = 5_000;

export function explore<Snapshot extends AnyMachineSnapshot, Event extends EventObject, Input>(
  machine: ActorLogic<Snapshot, Event, Input>,
  walk: Walk<NoInfer<Snapshot>, NoInfer<Event>, NoInfer<Input>>,
): Graph {
  const keyOf = (snapshot: Snapshot) => JSON.stringify([snapshot.value, walk.key(snapshot)]);
  const stateOf = (snapshot: Snapshot): State => ({
    name: String(snapshot.value),
    key: keyOf(snapshot),
    isFinal: snapshot.status === 'done',
  });
  const map = getAdjacencyMap(machine, {
    input: walk.input,
    events: walk.events,
    serializeState: keyOf,
    serializeEvent: (event) => JSON.stringify(event, (_, value) => (typeof value === 'bigint' ? `${value}n` : value)),
    limit: STATES_MAX,
  });
  const edges = adjacencyMapToArray(map).map(({ state, event, nextState }) => ({
    from: stateOf(state),
    event: event.type,
    to: stateOf(nextState),
  }));
  return { edges };
}

/** One line for each way from one named state to another: `pending ENQUEUE queued`, in alphabetical order. */
export function drawn(graph: Graph): string[] {
  const moves = graph.edges.filter(({ from, to }) => from.name !== to.name);
  return [...new Set(moves.map(({ from, event, to }) => `${from.name} ${event} ${to.name}`))].sort();
}

/** The names of states that were reached. */
export function reached(graph: Graph): Set<string> {
  return new Set(graph.edges.flatMap(({ from, to }) => [from.name, to.name]));
}

/** States, by key, from which nothing leads to a state that `isGoal`: to a final one, when it isn't given. */
export function traps(graph: Graph, isGoal: (state: State) => boolean = ({ isFinal }) => isFinal): string[] {
  const all = new Map<string, State>();
  const sources = new Map<string, Set<string>>();
  for (const { from, to } of graph.edges) {
    all.set(from.key, from).set(to.key, to);
    sources.set(to.key, (sources.get(to.key) ?? new Set()).add(from.key));
  }
  const safe = new Set([...all.values()].filter(isGoal).map(({ key }) => key));
  // A Set's iteration also visits what is added on the way.
  for (const key of safe) for (const source of sources.get(key) ?? []) safe.add(source);
  return [...all.keys()].filter((key) => !safe.has(key));
}
