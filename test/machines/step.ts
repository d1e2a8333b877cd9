/**
 * A machine stepped by hand, without an actor: the same transitions, and no word on the console when an event comes
 * after the end, which is what many of the tests send.
 */
import {
  type AnyStateMachine,
  type EventFromLogic,
  type InputFrom,
  initialTransition,
  type SnapshotFrom,
  transition,
} from 'xstate';

export interface Stepped<Machine extends AnyStateMachine> {
  send(event: EventFromLogic<Machine>): void;
  getSnapshot(): SnapshotFrom<Machine>;
}

export function stepped<Machine extends AnyStateMachine>(
  machine: Machine,
  input: InputFrom<Machine>,
  ...events: readonly EventFromLogic<Machine>[]
): Stepped<Machine> {
  let snapshot: SnapshotFrom<Machine> = initialTransition(machine, input)[0];
  const send = (event: EventFromLogic<Machine>) => {
    snapshot = transition(machine, snapshot, event)[0];
  };
  for (const event of events) send(event);
  return { send, getSnapshot: () => snapshot };
}
