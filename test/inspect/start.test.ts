import { createWebSocketReceiver, type StatelyInspectionEvent } from '@statelyai/inspect';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createActor } from 'xstate';
import { systemClock } from '../../src/actors/index.js';
import { connectNats, createNatsBus } from '../../src/bus/index.js';
import { createInspectTap, startInspector } from '../../src/inspect/index.js';
import { workerMachine } from '../../src/machines/index.js';
import { createSubjects } from '../../src/protocol/index.js';
import { startNatsServer } from '../natsServer.js';

it('over NATS the inspector shows processes of its prefix, also after the server was gone', async () => {
  const server = await startNatsServer({ jetStream: false });
  onTestFinished(() => server.stop());
  const process = async (prefix: string, name: string) => {
    const link = await connectNats({ servers: server.url });
    const bus = createNatsBus({ link, onError: () => {} });
    const subjects = createSubjects(prefix);
    const tap = createInspectTap({
      ...{ bus, subjects, process: name, clock: systemClock, wallClock: Date.now, random: Math.random },
    });
    onTestFinished(async () => {
      tap.close();
      await bus.close();
      await link.close();
    });
    const actor = createActor(workerMachine, { input: { worker: name }, id: `worker:${name}` }).start();
    tap.watch(actor);
    return actor;
  };
  const actor = await process('a', 'w1');
  await process('b', 'w2');
  const hub = await startInspector({ nats: server.url, prefix: 'a', port: 0 });
  onTestFinished(() => hub.close());
  const events: StatelyInspectionEvent[] = [];
  createWebSocketReceiver({ server: hub.url.replace('http', 'ws') }).subscribe((event) => events.push(event));
  await vi.waitFor(() => expect(events.map((event) => Object(event).name)).toContain('worker:w1'), 10_000);
  await server.kill();
  await server.restart();
  actor.send({ type: 'READY' });
  await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ snapshot: { value: 'ready' } }), 15_000);
  expect(hub.figures).toMatchObject({ viewers: 1, processes: 1, actors: 1 });
});

it('without NATS, or with a prefix that is none, the inspector says so and holds nothing', async () => {
  await expect(startInspector({ nats: 'nats://127.0.0.1:1', port: 0 })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  const server = await startNatsServer({ jetStream: false });
  onTestFinished(() => server.stop());
  await expect(startInspector({ nats: server.url, prefix: 'a..b' })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  await expect(startInspector({ nats: server.url, port: 0, budget: -1 })).rejects.toMatchObject({
    code: 'INVALID_REQUEST',
  });
});
