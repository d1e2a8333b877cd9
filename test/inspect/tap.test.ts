import { describe, expect, it } from 'vitest';
import { createActor, createMachine, setup } from 'xstate';
import { STEPS_A_BATCH_MAX } from '../../src/inspect/lasting.js';
import { NOT_SHOWN } from '../../src/inspect/outline.js';
import { HISTORY_MAX, REQUESTS_MAX } from '../../src/inspect/requests.js';
import { TAP_VIEWERS_MAX } from '../../src/inspect/tap.js';
import { EVENTS_A_MESSAGE_MAX } from '../../src/inspect/telling.js';
import { workerMachine } from '../../src/machines/index.js';
import { checkMessage, HeliosError, inspectDataMessage } from '../../src/protocol/index.js';
import { kinds, tapped, wellDone } from './watching.js';

function worker(name = 'w1') {
  const actor = createActor(workerMachine, { input: { worker: name }, id: `worker:${name}` });
  actor.start();
  actor.send({ type: 'READY' });
  return actor;
}
const failed = new HeliosError('UNKNOWN_OBJECT', 'There is none.');

describe('a tap that nobody watches', () => {
  it('observes nothing, sends nothing and hears of no request', () => {
    const { tap, request, next, messages } = tapped();
    const actor = worker();
    const inspected: unknown[] = [];
    const inspect = actor.system.inspect;
    actor.system.inspect = (observer) => {
      inspected.push(observer);
      return inspect(observer);
    };
    tap.watch(actor);
    actor.send({ type: 'ACCEPT', count: 1 });
    expect(tap.onRequest).toBeNull();
    request('a').send(...wellDone());
    expect(next(60_000)).toEqual([]);
    expect([messages, inspected]).toEqual([[], []]);
  });

  it('lets an actor go that has ended', () => {
    const { tap, watch, next } = tapped();
    const actor = worker();
    tap.watch(actor);
    actor.send({ type: 'STOP' });
    tap.watch(actor);
    watch();
    expect(next()).toEqual([]);
  });
});

describe('a tap that is watched', () => {
  it("shows an actor as @statelyai/inspect does, its ids with the process before them, and the machine's definition", () => {
    const { tap, watch, next, messages } = tapped();
    const actor = worker();
    tap.watch(actor);
    watch();
    actor.send({ type: 'ACCEPT', count: 2 });
    const events = next();
    expect(kinds(events)).toEqual(['actor', 'event', 'snapshot']);
    const sessionId = `w1.iiiiii/${actor.sessionId}`;
    const common = { sessionId, rootId: sessionId, _version: '0.7.2', createdAt: '1000000001000' };
    expect(events).toMatchObject([
      {
        ...{ type: '@xstate.actor', ...common, name: 'worker:w1', definition: 'worker' },
        snapshot: { status: 'active', value: 'ready', context: { worker: 'w1', running: 0 } },
      },
      { type: '@xstate.event', ...common, event: { type: 'ACCEPT', count: 2 } },
      {
        ...{ type: '@xstate.snapshot', ...common, event: { type: 'ACCEPT', count: 2 } },
        snapshot: { status: 'active', value: 'ready', context: { running: 2 } },
      },
    ]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(3);
    const { definitions, ...message } = { ...messages[0] };
    expect(JSON.parse(definitions?.worker ?? '')).toMatchObject({ id: 'worker', initial: 'starting' });
    expect(message).toMatchObject({ process: 'w1', batch: 0, dropped: { events: 0, requests: 0 } });
    expect(checkMessage(inspectDataMessage, messages[0])).toEqual(messages[0]);
  });

  it('gathers events for 50 ms', () => {
    const { tap, watch, next, messages } = tapped();
    const actor = worker();
    tap.watch(actor);
    watch();
    actor.send({ type: 'ACCEPT', count: 1 });
    expect(next(40)).toEqual([]);
    actor.send({ type: 'ACCEPT', count: 1 });
    expect(next(20)).toHaveLength(5);
    expect(messages).toHaveLength(1);
  });

  it('says at each renewal that it is there, though nothing happens', () => {
    const { watch, next, messages } = tapped();
    watch();
    next();
    watch();
    next(4_000);
    expect(messages).toMatchObject([
      { batch: 0, events: [] },
      { batch: 1, events: [] },
    ]);
  });

  it('shows actors that come later, children of actors, and where events come from', () => {
    const child = createMachine({ id: 'child', on: { PING: {} } });
    const parent = setup({ actors: { child } }).createMachine({
      id: 'parent',
      invoke: { src: 'child', id: 'kid' },
      on: { GO: { actions: ({ self }) => self.getSnapshot().children.kid?.send({ type: 'PING' }) } },
    });
    const { tap, watch, next } = tapped();
    watch();
    const actor = createActor(parent).start();
    tap.watch(actor);
    actor.send({ type: 'GO' });
    const events = next();
    const [root, kid] = events.filter(({ type }) => type === '@xstate.actor');
    expect(root).toMatchObject({ name: 'x:0 @ w1'.replace('x:0', actor.sessionId), definition: 'parent' });
    expect(kid).toMatchObject({ definition: 'child', parentId: root?.sessionId, rootId: root?.sessionId });
    expect(events).toContainEqual(expect.objectContaining({ sessionId: kid?.sessionId, event: { type: 'PING' } }));
  });

  it('tells whoever comes late of all actors and their definitions, and only him', () => {
    const { tap, watch, next, messages, request } = tapped();
    const actor = worker();
    tap.watch(actor);
    watch({ filter: { sample: 1 } });
    const { send } = request('a');
    send({ type: 'ENQUEUE' });
    next();
    watch({ viewer: 'late', filter: { sample: 1 } });
    const events = next();
    expect(events).toMatchObject([
      { type: '@xstate.actor', name: 'worker:w1', to: ['late'] },
      { type: '@xstate.actor', name: 'request:a', to: ['late'], snapshot: { value: 'queued' } },
    ]);
    expect(Object.keys(messages.at(-1)?.definitions ?? {})).toEqual(['worker', 'request']);
    send({ type: 'START', worker: 'w1' });
    expect(next().map(({ to }) => to)).toEqual([undefined, undefined]);
  });

  it('tells again when somebody has missed something of its run', () => {
    const { tap, watch, next } = tapped();
    tap.watch(worker());
    watch();
    next();
    watch({ replay: 'another' });
    expect(next()).toEqual([]);
    watch({ replay: 'iiiiii' });
    expect(kinds(next())).toEqual(['actor']);
    watch({ replay: '*' });
    expect(kinds(next())).toEqual(['actor']);
  });

  it('shows the end of an actor, and forgets it', () => {
    const { tap, watch, next } = tapped();
    const actor = worker();
    tap.watch(actor);
    watch();
    next();
    actor.send({ type: 'STOP' });
    expect(next().at(-1)).toMatchObject({ type: '@xstate.snapshot', snapshot: { status: 'done', value: 'stopped' } });
    watch({ viewer: 'late' });
    expect(next()).toEqual([]);
  });
});

describe('the lease', () => {
  it('ends by itself: then nothing is observed any more', () => {
    const { tap, watch, next, messages, request } = tapped();
    const actor = worker();
    tap.watch(actor);
    watch({ leaseMs: 5_000, filter: { sample: 1 } });
    const { send } = request('a');
    next(4_900);
    expect(tap.onRequest).not.toBeNull();
    watch({ leaseMs: 5_000 });
    next(4_900);
    expect(tap.onRequest).not.toBeNull();
    next(200);
    expect(tap.onRequest).toBeNull();
    const told = messages.length;
    actor.send({ type: 'ACCEPT', count: 1 });
    send({ type: 'ENQUEUE' });
    next(60_000);
    expect(messages).toHaveLength(told);
  });

  it('can be given back, each viewer its own', () => {
    const { tap, watch, say, next } = tapped();
    const actor = worker();
    tap.watch(actor);
    watch({ viewer: 'one' });
    watch({ viewer: 'other' });
    say({ type: 'unwatch', viewer: 'one' });
    say({ type: 'unwatch', viewer: 'unknown' });
    next();
    actor.send({ type: 'ACCEPT', count: 1 });
    expect(next()).toHaveLength(2);
    say({ type: 'unwatch', viewer: 'other' });
    expect(tap.onRequest).toBeNull();
  });

  it('is there for so many viewers, and the others are told of as errors', () => {
    const { watch, errors } = tapped();
    for (let viewer = 0; viewer <= TAP_VIEWERS_MAX; viewer++) watch({ viewer: `v${viewer}` });
    watch({ viewer: 'v0' });
    expect(errors).toMatchObject([{ code: 'OVERLOADED' }]);
  });

  it('ends when the process closes', () => {
    const { tap, watch, next } = tapped();
    tap.watch(worker());
    watch();
    tap.close();
    expect(tap.onRequest).toBeNull();
    watch();
    expect(next()).toEqual([]);
  });
});

describe('the budget', () => {
  it('leaves out steps of an actor that goes too fast, counts them, and always shows the latest state', () => {
    const { tap, watch, next, messages } = tapped();
    const actor = worker();
    tap.watch(actor);
    watch();
    for (let count = 0; count < 100; count++) actor.send({ type: 'ACCEPT', count: 1 });
    const events = next();
    expect(events).toHaveLength(1 + STEPS_A_BATCH_MAX * 2 + 1);
    expect(events.at(-1)).toMatchObject({ type: '@xstate.snapshot', snapshot: { context: { running: 100 } } });
    const steps = 100 - STEPS_A_BATCH_MAX;
    expect(messages[0]?.dropped).toEqual({ events: 2 * steps - 1, requests: 0 });
    expect(next()).toEqual([]);
    expect(messages).toHaveLength(1);
  });

  it('holds whatever happens, and states that it keeps back come when there is room', () => {
    const { tap, watch, next, messages } = tapped();
    const actors = Array.from({ length: 20 }, (_, index) => worker(`v${index}`));
    for (const actor of actors) tap.watch(actor);
    watch({ budget: 20, leaseMs: 60_000 });
    next();
    for (const actor of actors) actor.send({ type: 'ACCEPT', count: 7 });
    const shown: number[] = [];
    for (let second = 0; second < 3; second++) shown.push(next(1_000).length);
    expect(shown.reduce((sum, many) => sum + many)).toBeLessThanOrEqual(20 * 3 + 5);
    const latest = messages.flatMap(({ events }) => events).filter(({ type }) => type === '@xstate.snapshot');
    expect(new Set(latest.map(({ sessionId }) => sessionId)).size).toBe(20);
  });

  it('shows requests whole or not at all, and counts those it leaves out', () => {
    const { watch, next, messages, request } = tapped();
    watch({ filter: { sample: 1 }, budget: 200 });
    for (let index = 0; index < 40; index++) request(`r${index}`).send(...wellDone());
    const byActor = new Map<string, string[]>();
    for (const { sessionId, type } of next()) {
      byActor.set(sessionId, [...(byActor.get(sessionId) ?? []), type]);
    }
    expect(byActor.size).toBeGreaterThan(0);
    for (const types of byActor.values()) expect(types).toHaveLength(9);
    expect(messages.at(-1)?.dropped.requests).toBe(40 - byActor.size);
    next(1_000);
    request('later').send(...wellDone());
    expect(next()).toHaveLength(9);
  });

  it('cuts what is shown into messages, and a message that is too large into smaller ones', () => {
    const { tap, watch, next, messages, bus, errors } = tapped();
    for (let index = 0; index < 100; index++) tap.watch(worker(`v${index}`));
    watch();
    expect(next()).toHaveLength(100);
    expect(messages.map(({ events }) => events.length)).toEqual([EVENTS_A_MESSAGE_MAX, 100 - EVENTS_A_MESSAGE_MAX]);
    expect(messages.map(({ batch }) => batch)).toEqual([0, 1]);
    const publish = bus.publish;
    bus.publish = (subject, body, options) => {
      if (Number(Object(body).events?.length) > 10) throw new HeliosError('TOO_LARGE', 'The server takes less.');
      publish(subject, body, options);
    };
    watch({ replay: '*' });
    expect(next()).toHaveLength(100);
    expect(Math.max(...messages.slice(2).map(({ events }) => events.length))).toBeLessThanOrEqual(10);
    expect(messages.map(({ batch }) => batch)).toEqual(messages.map((_, index) => index));
    expect(errors).toEqual([]);
  });

  it('counts what could not be sent', () => {
    const { tap, watch, next, messages, bus, errors } = tapped();
    const actor = worker();
    tap.watch(actor);
    watch();
    const publish = bus.publish;
    bus.publish = () => {
      throw new HeliosError('UNAVAILABLE', 'No way out.');
    };
    expect(next()).toEqual([]);
    bus.publish = publish;
    actor.send({ type: 'ACCEPT', count: 1 });
    next();
    expect(errors).toMatchObject([{ code: 'UNAVAILABLE' }]);
    expect(messages).toMatchObject([{ batch: 0, dropped: { events: 1 } }]);
  });
});

describe('requests', () => {
  it('are shown from their registration to their end when they belong to the sample, without their result', () => {
    const { watch, next, request } = tapped();
    watch({ filter: { sample: 1 } });
    const result = { value: { secret: 'x' }, root: 'r', worker: 'w1', attempt: 1, live: 'secret' };
    request('a').send(...wellDone(result));
    const events = next();
    expect(kinds(events)).toEqual(['actor', ...Array(4).fill(['event', 'snapshot']).flat()]);
    expect(events[0]).toMatchObject({ name: 'request:a', definition: 'request', snapshot: { value: 'pending' } });
    expect(events.at(-1)).toMatchObject({
      event: { type: 'RESTORED', result: { value: NOT_SHOWN, root: 'r' } },
      snapshot: { status: 'done', value: 'materialized', context: { result: { value: NOT_SHOWN, worker: 'w1' } } },
    });
    expect(JSON.stringify(events)).not.toContain('secret');
  });

  it('are shown by id, by name, or by type, though it is known at the end alone', () => {
    const { watch, next, request } = tapped();
    watch({ viewer: 'id', filter: { id: 'b', sample: 1 } });
    watch({ viewer: 'name', filter: { id: 'agents/7', sample: 1 } });
    watch({ viewer: 'type', filter: { type: 'agent', sample: 1 } });
    next();
    request('a').send(...wellDone());
    request('b').send(...wellDone());
    request('c', { object: 'agents/7', type: '_' }).send(...wellDone({ value: 1, version: { type: 'agent' } }));
    request('d', { type: '_' }).send(...wellDone({ value: 1, version: { type: 'city' } }));
    const shown = next()
      .filter(({ type }) => type === '@xstate.actor')
      .map(({ name, to }) => [name, to]);
    expect(shown).toEqual([
      ['request:b', ['id']],
      ['request:c', ['name']],
      ['request:c', ['type']],
    ]);
  });

  it('that fail are shown with all that went before, when that is asked for; of the others nothing', () => {
    const { watch, next, request } = tapped();
    watch({ filter: { failed: true } });
    const [good, bad, late] = [request('a'), request('b'), request('c')];
    good.send(...wellDone());
    bad.send({ type: 'ENQUEUE' }, { type: 'START', worker: 'w1' });
    expect(next()).toEqual([]);
    bad.send({ type: 'FAIL', error: failed });
    late.send({ type: 'EXPIRE', error: failed });
    const events = next();
    const of = (name: string) => {
      const id = events.find((event) => event.name === name)?.sessionId;
      return kinds(events.filter(({ sessionId }) => sessionId === id));
    };
    expect(of('request:b')).toEqual(['actor', ...Array(4).fill(['event', 'snapshot']).flat()]);
    expect(of('request:c')).toEqual(['actor', 'event', 'snapshot', 'event', 'snapshot']);
    expect(of('request:a')).toEqual([]);
    expect(events.find(({ name }) => name === 'request:b')).toMatchObject({ snapshot: { value: 'pending' } });
  });

  it('that are retried for ever keep a short history', () => {
    const { watch, next, request } = tapped();
    watch({ filter: { failed: true } });
    const { send } = request('a');
    send({ type: 'ENQUEUE' });
    for (let count = 0; count < 100; count++) send({ type: 'ENQUEUE' });
    send({ type: 'REFUSE', error: failed });
    const events = next();
    expect(events).toHaveLength(HISTORY_MAX);
    expect(events[0]).toMatchObject({ type: '@xstate.actor' });
    expect(events.at(-1)).toMatchObject({ snapshot: { value: 'failed' } });
  });

  it('that fail when nothing may be shown any more are counted', () => {
    const { watch, next, request, messages } = tapped();
    watch({ filter: { failed: true }, budget: 20 });
    for (let index = 0; index < 3; index++) request(`r${index}`).send({ type: 'REFUSE', error: failed });
    expect(next()).toHaveLength(5);
    expect(messages.at(-1)?.dropped).toEqual({ events: 0, requests: 2 });
  });

  it('are observed up to a bound', () => {
    const { watch, next, request, messages } = tapped();
    watch({ filter: { failed: true } });
    for (let index = 0; index < REQUESTS_MAX + 3; index++) request(`r${index}`);
    next();
    expect(messages.at(-1)?.dropped.requests).toBe(3);
  });

  it('that a new viewer would not have seen stay unseen for him', () => {
    const { watch, next, request } = tapped();
    watch({ viewer: 'all', filter: { sample: 1 } });
    request('a');
    next();
    watch({ viewer: 'picky', filter: { id: 'b', sample: 1 } });
    expect(next()).toEqual([]);
    watch({ viewer: 'late', filter: { sample: 1 }, budget: 1_000 });
    expect(next()).toMatchObject([{ name: 'request:a', to: ['late'] }]);
  });
});

it('a viewer that says nonsense over a wire is not heard, and the process goes on', () => {
  const { tap, say, bus, errors, watch } = tapped();
  Reflect.set(bus, 'kind', 'nats');
  say({ type: 'watch', viewer: 'v', leaseMs: -1 });
  say({ type: 'dance' });
  say(null);
  expect(errors.map(({ code }) => code)).toEqual(Array(3).fill('INVALID_REQUEST'));
  expect(tap.onRequest).toBeNull();
  watch();
  expect(tap.onRequest).not.toBeNull();
});
