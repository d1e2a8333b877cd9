/** A compiled machine is the machine: whatever one of them does is compared with what the other one does. */
import fc from 'fast-check';
import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  type Actor,
  type ActorOptions,
  type ActorRefFrom,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  assign,
  createActor,
  createMachine,
  type EventFromLogic,
  fromCallback,
  type InspectionEvent,
  isMachineSnapshot,
  type SnapshotFrom,
  setup,
  toPromise,
  transition,
  waitFor,
} from 'xstate';
import {
  compileMachine,
  pressureMachine,
  type RequestEvent,
  type RequestInput,
  requestMachine,
  supervisorMachine,
  thresholdMachine,
  workerMachine,
  workerViewMachine,
} from '../../src/machines/index.js';
import { HeliosError } from '../../src/protocol/errors.js';
import { explore } from './graph.js';
import { type WalkThrough, walks } from './walks.js';

const input: RequestInput = { id: 'r1', object: 'agents/7', type: 'agent', priority: 0.8, urgency: 0.5 };
const ENQUEUE: RequestEvent = { type: 'ENQUEUE' };
const START: RequestEvent = { type: 'START', worker: 'w1' };
const RESTORED: RequestEvent = { type: 'RESTORED', result: { hp: 10 } };

const counterMachine = machineOfAllThatCompiles();

const cases: readonly { name: string; machine: AnyStateMachine; walk: WalkThrough<AnyStateMachine> }[] = [
  { name: 'request', machine: requestMachine, walk: walks.request },
  { name: 'worker', machine: workerMachine, walk: walks.worker },
  { name: 'workerView', machine: workerViewMachine, walk: walks.workerView },
  { name: 'supervisor', machine: supervisorMachine, walk: walks.supervisor },
  { name: 'pressure', machine: pressureMachine, walk: walks.pressure },
  { name: 'threshold', machine: thresholdMachine, walk: walks.threshold },
  {
    name: 'a machine of all that compiles',
    machine: counterMachine,
    walk: {
      input: 3,
      events: (): EventFromLogic<typeof counterMachine>[] => [
        { type: 'ADD', by: 1 },
        { type: 'ADD', by: 2 },
        { type: 'SET' },
        { type: 'STAY' },
        { type: 'AGAIN' },
        { type: 'REST' },
        { type: 'WAKE' },
        { type: 'END' },
        { type: 'BREAK' },
      ],
      key: ({ context }) => context.count,
    },
  },
];

describe.each(cases)('$name, compiled', ({ machine, walk }) => {
  test('does what the machine does, and never asks it, on every event in every state that it can come to', () => {
    const events = (snapshot: AnyMachineSnapshot) => [...walk.events(snapshot), { type: 'UNHEARD_OF' }];
    expect(explore(twin(machine), { ...walk, events }).edges.length).toBeGreaterThan(10);
  });

  test('does what the machine does on its way from state to state, whatever happens', () => {
    const odd = [{ type: 'UNHEARD_OF' }, { type: 'xstate.done.actor.nobody' }];
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 60 }), (choices) => {
        const slow = watched(machine, { input: walk.input });
        const fast = watched(compileMachine(machine), { input: walk.input });
        for (const choice of choices) {
          const snapshot = slow.actor.getSnapshot();
          if (snapshot.status !== 'active') break;
          const events = [...walk.events(snapshot), ...odd];
          const event = events[choice % events.length];
          expect(fast.actor.getSnapshot().can(event)).toBe(snapshot.can(event));
          slow.actor.send(event);
          fast.actor.send(event);
          expect(shown(fast.actor.getSnapshot())).toStrictEqual(shown(slow.actor.getSnapshot()));
        }
        expect(fast.seen).toStrictEqual(slow.seen);
      }),
    );
  });

  test('shows its definition where inspectors look for it', () => {
    const logic = compileMachine(machine);
    expect(logic.config).toBe(machine.config);
    expect(JSON.stringify(logic)).toBe(JSON.stringify(machine));
  });
});

describe('a compiled request', () => {
  const compiled = compileMachine(requestMachine);

  test('is typed as the machine is', () => {
    const actor = createActor(compiled, { input });
    expectTypeOf(actor).toExtend<ActorRefFrom<typeof requestMachine>>();
    expectTypeOf<ActorRefFrom<typeof compiled>>().toEqualTypeOf<ActorRefFrom<typeof requestMachine>>();
    expectTypeOf<SnapshotFrom<typeof compiled>>().toEqualTypeOf<SnapshotFrom<typeof requestMachine>>();
    // @ts-expect-error Without an input there is no request.
    expect(createActor(compiled).getSnapshot().value).toBe('pending');
    // @ts-expect-error No such event.
    actor.send({ type: 'UNHEARD_OF' });
  });

  test('is waited for, and promised, as any actor is', async () => {
    const actor = createActor(compiled, { input }).start();
    const output = toPromise(actor);
    const restoring = waitFor(actor, (snapshot) => snapshot.matches('restoring'));
    for (const event of [ENQUEUE, START, RESTORED]) actor.send(event);
    expect((await restoring).context).toMatchObject({ attempt: 1, worker: 'w1' });
    expect(await output).toEqual({ state: 'materialized', result: { hp: 10 } });
  });

  test.each([
    { from: 'compiled', before: compiled, to: 'compiled', after: compiled },
    { from: 'compiled', before: compiled, to: 'plain', after: requestMachine },
    { from: 'plain', before: requestMachine, to: 'compiled', after: compiled },
  ])('persisted by a $from actor goes on in a $to one', ({ before, after }) => {
    const first = createActor(before, { input }).start();
    first.send(ENQUEUE);
    first.send(START);
    const snapshot = JSON.parse(JSON.stringify(first.getPersistedSnapshot()));
    const second = createActor(after, { input, snapshot }).start();
    expect(shown(second.getSnapshot())).toStrictEqual(shown(first.getSnapshot()));
    for (const actor of [first, second]) actor.send(RESTORED);
    expect(shown(second.getSnapshot())).toStrictEqual(shown(first.getSnapshot()));
    expect(second.getPersistedSnapshot()).toStrictEqual(first.getPersistedSnapshot());
    const third = createActor(after, { input, snapshot: second.getPersistedSnapshot() }).start();
    expect(third.getSnapshot().output).toEqual({ state: 'materialized', result: { hp: 10 } });
  });

  test('does not share what it hands out with other requests', () => {
    const { children, historyValue } = createActor(compiled, { input }).getSnapshot();
    expect(Object.isFrozen(children) && Object.isFrozen(historyValue)).toBe(true);
  });

  test('takes other implementations as the machine does', () => {
    const patient = compileMachine(compiled.provide({ guards: { mayTryAgain: () => true } }));
    const actor = createActor(patient, { input }).start();
    const hopeless = new HeliosError('CORRUPT_BLOCK', 'The block is damaged.');
    for (const event of [ENQUEUE, START, { type: 'FAIL', error: hopeless } as const]) actor.send(event);
    expect(actor.getSnapshot().value).toBe('queued');
  });
});

describe('what a compiled machine leaves to the machine', () => {
  const damage = new Error('no such thing');
  /** Throws when it is looked at. */
  const unreadable = <Type extends RequestEvent['type']>(type: Type) => ({
    type,
    get error(): HeliosError {
      throw damage;
    },
    get worker(): string {
      throw damage;
    },
  });

  test.each<{ of: string; events: RequestEvent[] }>([
    { of: 'a guard', events: [ENQUEUE, START, unreadable('FAIL')] },
    { of: 'the second of two guards', events: [ENQUEUE, START, unreadable('LOST')] },
    { of: 'an assignment', events: [ENQUEUE, unreadable('START')] },
  ])('errors of $of', ({ events }) => {
    const slow = watched(requestMachine, { input }, ...events);
    const fast = watched(compileMachine(requestMachine), { input }, ...events);
    expect(fast.seen).toStrictEqual(slow.seen);
    expect(shown(fast.actor.getSnapshot())).toStrictEqual(shown(slow.actor.getSnapshot()));
    expect(fast.actor.getSnapshot().status).toBe('error');
  });

  test('errors of what makes the first context', () => {
    const machine = setup({}).createMachine({
      id: 'unborn',
      context: () => {
        throw damage;
      },
      initial: 'never',
      states: { never: {} },
    });
    const fast = watched(compileMachine(machine), {}).actor.getSnapshot();
    expect(shown(fast)).toStrictEqual(shown(watched(machine, {}).actor.getSnapshot()));
    expect(fast).toMatchObject({ status: 'error', error: damage });
  });

  test.each([{ type: 'xstate.stop' }, { type: 'xstate.error.actor.nobody', error: damage }])(
    "XState's own event $type",
    (event) => {
      const slow = watched(counterMachine, { input: 1 }, event);
      const fast = watched(compileMachine(counterMachine), { input: 1 }, event);
      expect(fast.seen).toStrictEqual(slow.seen);
      expect(shown(fast.actor.getSnapshot())).toStrictEqual(shown(slow.actor.getSnapshot()));
      expect(fast.actor.getSnapshot().status).not.toBe('active');
    },
  );

  test('steps on from a snapshot that has stopped', () => {
    const { actor } = watched(counterMachine, { input: 1 }, { type: 'xstate.stop' });
    const event = { type: 'ADD', by: 1 } as const;
    const [slow] = transition(counterMachine, actor.getSnapshot(), event);
    const [fast] = transition(compileMachine(counterMachine), actor.getSnapshot(), event);
    expect(shown(fast)).toStrictEqual(shown(slow));
  });

  test('an assignment that spawns, and the child until the end', () => {
    const life: string[] = [];
    const child = fromCallback(() => {
      life.push('born');
      return () => life.push('gone');
    });
    const chart = setup({ types: {} as { events: { type: 'BEAR' | 'END' } }, actors: { child } });
    const machine = chart.createMachine({
      id: 'parent',
      context: {},
      initial: 'alone',
      states: {
        alone: { on: { BEAR: { target: 'two', actions: chart.assign(({ spawn }) => ({ it: spawn('child') })) } } },
        two: { on: { END: 'end' } },
        end: { type: 'final' },
      },
    });
    const actor = createActor(compileMachine(machine)).start();
    actor.send({ type: 'BEAR' });
    expect(Object.keys(actor.getSnapshot().children)).toHaveLength(1);
    actor.send({ type: 'END' });
    expect(actor.getSnapshot().status).toBe('done');
    expect(life).toEqual(['born', 'gone']);
  });
});

test('a compiled machine may have no context, and a guard by another name', () => {
  const machine = createMachine(
    { id: 'plain', initial: 'a', states: { a: { on: { GO: { guard: 'isOpen', target: 'b' } } }, b: {} } },
    { guards: { isOpen: 'isUnlocked', isUnlocked: () => true } },
  );
  const fast = watched(compileMachine(machine), {}, { type: 'GO' });
  expect(fast.seen).toStrictEqual(watched(machine, {}, { type: 'GO' }).seen);
  expect(fast.actor.getSnapshot()).toMatchObject({ value: 'b', context: {} });
});

test('a compiled machine may be over as soon as it begins', () => {
  const machine = setup({ types: {} as { input: number; context: { of: number } } }).createMachine({
    id: 'short',
    context: ({ input }) => ({ of: input }),
    initial: 'over',
    states: { over: { type: 'final', output: ({ context }) => context.of } },
    output: ({ event }) => event.output,
  });
  const fast = watched(compileMachine(machine), { input: 7 });
  expect(fast.seen).toStrictEqual(watched(machine, { input: 7 }).seen);
  expect(fast.actor.getSnapshot().output).toBe(7);
});

/** A snapshot as people see it, and what of it they don't: the machine, the nodes, the order of its properties. */
function shown(snapshot: AnyMachineSnapshot): object {
  const { machine, _nodes, ...seen } = snapshot;
  return { ...seen, machine: machine.id, nodes: _nodes.map(({ id }) => id), properties: Object.keys(snapshot) };
}

interface Watched {
  readonly actor: Actor<AnyStateMachine>;
  readonly seen: readonly unknown[];
}

/** A started actor that was sent these events, and everything that its subscriber and its inspector hear of it. */
function watched(
  logic: AnyStateMachine,
  options: ActorOptions<AnyStateMachine>,
  ...events: readonly EventFromLogic<AnyStateMachine>[]
): Watched {
  const seen: unknown[] = [];
  const actor = createActor(logic, { ...options, inspect: (event) => seen.push(told(event)) });
  actor.subscribe({
    next: (snapshot) => seen.push(shown(snapshot)),
    error: (error) => seen.push(error),
    complete: () => seen.push('complete'),
  });
  actor.start();
  for (const event of events) actor.send(event);
  return { actor, seen };
}

function told(event: InspectionEvent): unknown {
  if (event.type === '@xstate.actor' || event.type === '@xstate.action') return event.type;
  if (event.type === '@xstate.event') return [event.type, event.event];
  const transitions = event.type === '@xstate.microstep' ? event._transitions.map((one) => one.toJSON()) : null;
  const snapshot = isMachineSnapshot(event.snapshot) ? shown(event.snapshot) : event.snapshot;
  return { type: event.type, event: event.event, snapshot, transitions };
}

/** Takes each step twice, by the machine and compiled, and goes on from the compiled one's snapshot. */
function twin(machine: AnyStateMachine): AnyStateMachine {
  const asked = () => {
    throw new Error('The machine was asked.');
  };
  const silent: AnyStateMachine = derived(machine, { getInitialSnapshot: asked, transition: asked });
  const compiled = compileMachine(silent);
  return derived(machine, {
    getInitialSnapshot: (scope, input) => {
      const snapshot = compiled.getInitialSnapshot(scope, input);
      expect(shown(snapshot)).toStrictEqual(shown(machine.getInitialSnapshot(scope, input)));
      return snapshot;
    },
    transition: (before, event, scope) => {
      // Actors take no events when they have ended; `explore` tries them.
      if (before.status !== 'active') return before;
      const slow = machine.transition(before, event, scope);
      const fast = compiled.transition(before, event, scope);
      expect(shown(fast)).toStrictEqual(shown(slow));
      expect(fast.machine).toBe(silent);
      expect(fast === before).toBe(slow === before);
      return fast;
    },
  });
}

function derived(
  machine: AnyStateMachine,
  changes: Pick<AnyStateMachine, 'getInitialSnapshot' | 'transition'>,
): AnyStateMachine {
  return Object.assign(Object.create(machine), changes);
}

function machineOfAllThatCompiles() {
  type Count = { readonly count: number; readonly last?: string };
  type Event =
    | { readonly type: 'ADD'; readonly by: number }
    | { readonly type: 'SET' | 'STAY' | 'AGAIN' | 'REST' | 'WAKE' | 'END' | 'BREAK' };
  const chart = setup({
    types: {} as {
      context: Count;
      events: Event;
      input: number;
      output: { event: unknown; last: number };
      tags: 'idle';
    },
    guards: {
      isBelow: ({ context }, { limit }: { readonly limit: number }) => context.count < limit,
      isSmall: ({ event }) => event.type === 'ADD' && event.by === 1,
    },
    actions: {
      add: assign(({ context }, { by }: { readonly by: number }) => ({ count: context.count + by })),
      note: assign({ last: ({ event }) => event.type }),
      mark: assign({ last: (_, { as }: { readonly as: string }) => as }),
    },
  });
  return chart.createMachine({
    id: 'counter',
    context: ({ input }) => ({ count: input }),
    initial: 'counting',
    states: {
      counting: {
        meta: { of: 'numbers' },
        on: {
          ADD: [
            {
              guard: { type: 'isBelow', params: { limit: 4 } },
              actions: { type: 'add', params: ({ event }) => ({ by: event.by }) },
            },
            {
              guard: { type: 'isBelow', params: ({ event }) => ({ limit: 4 + event.by }) },
              target: 'counting',
              actions: ['note', { type: 'add', params: { by: 10 } }],
            },
            { guard: 'isSmall', target: 'resting', actions: 'note' },
          ],
          SET: { actions: [chart.assign({ count: 1 }), { type: 'mark', params: { as: 'set' } }] },
          STAY: { target: 'counting' },
          AGAIN: { target: 'counting', reenter: true, actions: chart.assign(() => ({})) },
          REST: { target: '#bed', guard: ({ context }) => context.count > 1 },
          END: { target: 'ended' },
          BREAK: { target: 'broken', actions: { type: 'note' } },
        },
      },
      resting: { id: 'bed', tags: ['idle'], on: { WAKE: 'counting', REST: {}, END: { target: 'ended' } } },
      ended: { type: 'final', output: 'a constant' },
      broken: { type: 'final' },
    },
    output: ({ event, context }) => ({ event, last: context.count }),
  });
}
