/** A process that can be looked at: an embedded bus, a clock that the test moves, and what is shown on the bus. */
import { onTestFinished } from 'vitest';
import { createActor } from 'xstate';
import { createEmbeddedBus } from '../../src/bus/index.js';
import { createInspectTap } from '../../src/inspect/index.js';
import { compileMachine, type RequestEvent, requestMachine } from '../../src/machines/index.js';
import {
  createSubjects,
  type HeliosError,
  type InspectControlMessage,
  type InspectDataMessage,
  type InspectEvent,
} from '../../src/protocol/index.js';
import { createManualClock } from '../../src/testing/index.js';

const compiled = compileMachine(requestMachine);
type Watch = Extract<InspectControlMessage, { type: 'watch' }>;

export function tapped(process = 'w1') {
  const clock = createManualClock(1_000);
  const subjects = createSubjects();
  const thrown: unknown[] = [];
  const bus = createEmbeddedBus({ onError: (error) => thrown.push(error), random: Math.random });
  const errors: HeliosError[] = [];
  const tap = createInspectTap({
    ...{ bus, subjects, process, clock, random: () => 0.5, wallClock: () => clock.now() + 1e12 },
    onError: (error) => errors.push(error),
  });
  const messages: InspectDataMessage[] = [];
  bus.subscribe(subjects.inspectDatas, ({ body }) => messages.push(body as InspectDataMessage));
  onTestFinished(() => {
    tap.close();
    if (thrown.length > 0) throw thrown[0];
  });

  const say = (message: unknown) => bus.publish(subjects.inspectControl, message);
  return {
    ...{ tap, clock, bus, subjects, errors, messages, say },
    watch(options: Partial<Omit<Watch, 'filter'>> & { readonly filter?: Partial<Watch['filter']> } = {}) {
      const { filter, ...others } = options;
      say({
        ...{ type: 'watch', viewer: 'v1', leaseMs: 5_000, budget: 1_000 },
        ...others,
        filter: { failed: false, sample: 0, ...filter },
      });
    },
    /** Lets a batch pass; what it brought. */
    next(ms = 60): InspectEvent[] {
      const before = messages.length;
      clock.advance(ms);
      return messages.slice(before).flatMap(({ events }) => events);
    },
    request(id: string, { type = 'record', object = `of/${id}` } = {}) {
      const actor = createActor(compiled, {
        id: `request:${id}`,
        input: { id, object, type, priority: 0.5, urgency: 0.5 },
      });
      tap.onRequest?.(actor.getSnapshot(), () => actor);
      actor.start();
      return { actor, send: (...events: RequestEvent[]) => events.forEach((event) => void actor.send(event)) };
    },
  };
}

/** The steps of a request that ends well, or badly. */
export const wellDone = (result: unknown = { value: 1, root: 'r' }): RequestEvent[] => [
  { type: 'ENQUEUE' },
  { type: 'START', worker: 'w1' },
  { type: 'RESTORED', result },
];

export const kinds = (events: readonly { readonly type: string }[]) =>
  events.map(({ type }) => type.replace('@xstate.', ''));
