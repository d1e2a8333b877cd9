import { once } from 'node:events';
import { connect } from 'node:net';
import { createWebSocketReceiver, type StatelyInspectionEvent } from '@statelyai/inspect';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createActor, createMachine } from 'xstate';
import { systemClock } from '../../src/actors/index.js';
import { createEmbeddedBus } from '../../src/bus/index.js';
import { createInspectTap, type InspectHubOptions, startInspectHub } from '../../src/inspect/index.js';
import { VIEWER_BUFFER_BYTES_MAX, VIEWERS_MAX } from '../../src/inspect/viewers.js';
import { requestMachine, workerMachine } from '../../src/machines/index.js';
import { createSubjects, type HeliosError, type InspectControlMessage } from '../../src/protocol/index.js';
import { createManualClock } from '../../src/testing/index.js';

const subjects = createSubjects();

async function open(options: Partial<InspectHubOptions> = {}) {
  const bus = createEmbeddedBus({ onError: (error) => errors.push(error), random: Math.random });
  const errors: unknown[] = [];
  const said: InspectControlMessage[] = [];
  bus.subscribe(subjects.inspectControl, ({ body }) => said.push(body as InspectControlMessage));
  const hub = await startInspectHub({
    ...{ bus, subjects, clock: systemClock, wallClock: Date.now, random: Math.random, port: 0 },
    onError: (error: HeliosError) => errors.push(error),
    ...options,
  });
  onTestFinished(() => hub.close());
  const tap = (process: string) =>
    createInspectTap({ bus, subjects, process, clock: systemClock, wallClock: Date.now, random: Math.random });
  return { bus, hub, errors, said, tap, stream: hub.url.replace('http', 'ws') };
}

/** What the receiver of @statelyai/inspect gets. */
function receive(server: string) {
  const events: StatelyInspectionEvent[] = [];
  createWebSocketReceiver({ server }).subscribe((event) => events.push(event));
  return events;
}

/** A worker with its tap. */
function show(tap: ReturnType<typeof createInspectTap>, worker: string) {
  const actor = createActor(workerMachine, { input: { worker }, id: `worker:${worker}` }).start();
  tap.watch(actor);
  return actor;
}

/** The session id of an actor by its name. */
const find = (events: readonly StatelyInspectionEvent[], name: string) =>
  events.find((event) => event.type === '@xstate.actor' && event.name === name);

describe('the inspector', () => {
  it('shows the actors of all processes to the receiver of @statelyai/inspect', async () => {
    const { hub, stream, tap } = await open();
    const [one, other] = [show(tap('w1'), 'w1'), show(tap('w2'), 'w2')];
    const events = receive(stream);
    await vi.waitFor(() => expect([find(events, 'worker:w1'), find(events, 'worker:w2')]).not.toContain(undefined));
    one.send({ type: 'READY' });
    other.send({ type: 'STOP' });
    const latest = (name: string) => {
      const id = find(events, name)?.sessionId;
      return events.findLast((event) => event.type === '@xstate.snapshot' && event.sessionId === id);
    };
    await vi.waitFor(() => {
      expect(latest('worker:w1')).toMatchObject({ event: { type: 'READY' }, snapshot: { value: 'ready' } });
      expect(latest('worker:w2')).toMatchObject({ snapshot: { status: 'done', value: 'stopped' } });
    });
    const ids = events.filter(({ type }) => type === '@xstate.actor').map(({ sessionId }) => sessionId);
    expect(new Set(ids).size).toBe(4); // with two processes
    expect(ids.every((id) => id.startsWith('w1.') || id.startsWith('w2.'))).toBe(true);
    const { definition = '' } = Object(find(events, 'worker:w1'));
    expect(Object.keys(createMachine(JSON.parse(definition)).states)).toEqual(Object.keys(workerMachine.states));
    for (const { _version, createdAt, rootId } of events) {
      expect(_version).toBe('0.7.2');
      expect(Number(createdAt)).toBeGreaterThan(1_500_000_000_000);
      expect(rootId).not.toBe('');
    }
    expect(hub.figures).toEqual({ viewers: 1, droppedViewers: 0, processes: 2, actors: 2 });
  });

  it('tells a late viewer of what is there already', async () => {
    const { stream, tap } = await open();
    const actor = show(tap('w1'), 'w1');
    const early = receive(stream);
    await vi.waitFor(() => expect(find(early, 'worker:w1')).toBeDefined());
    actor.send({ type: 'READY' });
    await vi.waitFor(() => expect(early.at(-1)).toMatchObject({ snapshot: { value: 'ready' } }));
    const late = receive(stream);
    await vi.waitFor(() => expect(late).toHaveLength(3));
    expect(late[1]).toMatchObject({ type: '@xstate.actor', snapshot: { value: 'ready' } });
    expect(late[2]).toMatchObject({ type: '@xstate.snapshot', snapshot: { value: 'ready' } });
  });

  it('shows requests as it was asked to', async () => {
    const { stream, tap } = await open({ id: 'agents/7' });
    const watched = tap('c1');
    const events = receive(stream);
    await vi.waitFor(() => expect(watched.onRequest).not.toBeNull());
    for (const object of ['agents/6', 'agents/7']) {
      const input = { id: object, object, type: 'agent', priority: 0.5, urgency: 0.5 };
      const actor = createActor(requestMachine, { input, id: `request:${object}` });
      watched.onRequest?.(actor.getSnapshot(), () => actor);
      actor.start();
    }
    await vi.waitFor(() => expect(find(events, 'request:agents/7')).toBeDefined());
    expect(find(events, 'request:agents/6')).toBeUndefined();
  });

  it('asks for nothing while nobody looks on, and gives its lease back when the last one has left', async () => {
    const clock = createManualClock();
    const { hub, stream, tap, said } = await open({ clock, sample: 0.5, budget: 77 });
    const watched = tap('w1');
    clock.advance(60_000);
    expect(said).toEqual([]);
    const viewer = new WebSocket(stream);
    await vi.waitFor(() => expect(said).toHaveLength(1));
    expect(said[0]).toMatchObject({ type: 'watch', filter: { sample: 0.5, failed: false }, budget: 77 });
    clock.advance(2_100);
    expect(said).toHaveLength(2);
    viewer.close();
    await vi.waitFor(() => expect(hub.figures.viewers).toBe(0));
    clock.advance(2_100);
    expect(said.at(-1)).toMatchObject({ type: 'unwatch' });
    expect(watched.onRequest).toBeNull();
    clock.advance(60_000);
    expect(said).toHaveLength(3);
  });

  it('asks a process again when something was missed', async () => {
    const clock = createManualClock();
    const { bus, stream, said } = await open({ clock });
    const events = receive(stream);
    await vi.waitFor(() => expect(said).toHaveLength(1));
    const message = { process: 'p', run: 'r', dropped: { events: 0, requests: 0 }, events: [] };
    bus.publish(subjects.inspectData('p'), { ...message, batch: 1 });
    bus.publish(subjects.inspectData('p'), { ...message, batch: 3 });
    clock.advance(2_000);
    expect(said.slice(1)).toMatchObject([{ type: 'watch' }, { type: 'watch', replay: 'r' }]);
    await vi.waitFor(() => expect(events).toHaveLength(1));
  });

  it('drops a viewer that does not read, and goes on for the others', async () => {
    const clock = createManualClock();
    const { bus, hub, stream, said, errors } = await open({ clock });
    const slow = connect(hub.port, '127.0.0.1');
    slow.write(
      `GET / HTTP/1.1\r\nHost: localhost:${hub.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    );
    await once(slow, 'data');
    slow.pause();
    const events = receive(stream);
    await vi.waitFor(() => expect(hub.figures.viewers).toBe(2));
    expect(said.length).toBeGreaterThan(0);
    const large = 'x'.repeat(60_000);
    const event = { type: '@xstate.actor', sessionId: 'p.r/1', snapshot: { status: 'active', context: { large } } };
    const dropped = { events: 0, requests: 0 };
    let batch = 0;
    // What the system itself buffers for a connection differs: until it is full, and 1 MiB more.
    for (let sent = 0; hub.figures.droppedViewers === 0 && sent < 2_000; sent++) {
      const changed = { ...event, snapshot: { ...event.snapshot, sent } };
      bus.publish(subjects.inspectData('p'), { process: 'p', run: 'r', batch: batch++, dropped, events: [changed] });
      await vi.waitFor(() => expect(events.length).toBeGreaterThanOrEqual(batch));
    }
    expect(hub.figures).toMatchObject({ viewers: 1, droppedViewers: 1 });
    expect(errors).toMatchObject([
      { code: 'OVERLOADED', message: expect.stringContaining(`${VIEWER_BUFFER_BYTES_MAX}`) },
    ]);
    slow.destroy();
  });

  it('drops a viewer that answers no ping', async () => {
    const clock = createManualClock();
    const { hub, stream } = await open({ clock });
    const silent = new WebSocket(stream, { autoPong: false });
    await once(silent, 'open');
    const closed = once(silent, 'close');
    for (let count = 0; count < 8; count++) clock.advance(2_000);
    await closed;
    expect(hub.figures).toMatchObject({ viewers: 0, droppedViewers: 1 });
  });

  it('says good-bye to its viewers', async () => {
    const { hub, stream } = await open();
    const viewer = new WebSocket(stream);
    await once(viewer, 'open');
    const closed = once(viewer, 'close');
    await hub.close();
    await hub.close();
    expect(Number((await closed)[0])).toBe(1001);
  });

  it('takes so many viewers', async () => {
    const { stream, hub } = await open();
    const viewers = Array.from({ length: VIEWERS_MAX }, () => new WebSocket(stream));
    await Promise.all(viewers.map((viewer) => once(viewer, 'open')));
    const [error] = await once(new WebSocket(stream), 'error');
    expect(error.message).toContain('503');
    viewers[0]?.close();
    await vi.waitFor(() => expect(hub.figures.viewers).toBe(VIEWERS_MAX - 1));
    await once(new WebSocket(stream), 'open');
  });

  it('goes on when there is no way to the processes, and when one of them says nonsense', async () => {
    const { bus, stream, hub, errors } = await open();
    Reflect.set(bus, 'kind', 'nats');
    const publish = bus.publish;
    bus.publish = () => {
      throw new Error('no way');
    };
    receive(stream);
    await vi.waitFor(() => expect(errors).toHaveLength(1));
    bus.publish = publish;
    bus.publish(subjects.inspectData('p'), { process: 'p', events: 'none' });
    bus.publish(subjects.inspectData('p'), {
      process: 'p',
      run: 'r',
      batch: 0,
      dropped: { events: 0, requests: 0 },
      events: [{ type: 'x' }],
    });
    expect(errors).toMatchObject([{}, { code: 'INVALID_REQUEST' }, { code: 'INVALID_REQUEST' }]);
    expect(hub.figures).toMatchObject({ viewers: 1, processes: 0 });
  });

  it('refuses what cannot be: a share above 1, a budget of nothing, a port that is taken', async () => {
    const { hub } = await open();
    await expect(open({ sample: 1.5 })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    await expect(open({ budget: 0 })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    await expect(open({ port: hub.port })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('--port'),
    });
    await expect(open({ host: '192.0.2.1' })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
