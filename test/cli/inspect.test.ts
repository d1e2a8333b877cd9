import { createWebSocketReceiver, type StatelyInspectionEvent } from '@statelyai/inspect';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createActor } from 'xstate';
import { systemClock } from '../../src/actors/index.js';
import { connectNats, createNatsBus } from '../../src/bus/index.js';
import { Interrupt } from '../../src/cli/io.js';
import { run } from '../../src/cli/run.js';
import { createInspectTap } from '../../src/inspect/index.js';
import { workerMachine } from '../../src/machines/index.js';
import { checkMessage, createSubjects, inspectControlMessage } from '../../src/protocol/index.js';
import { type NatsServer, startNatsServer } from '../natsServer.js';
import { folderWith, helios, ioFor } from './terminal.js';

let server: NatsServer;
beforeAll(async () => {
  server = await startNatsServer({ jetStream: false });
});
afterAll(() => server.stop());

async function connect(prefix?: string) {
  const link = await connectNats({ servers: server.url });
  const bus = createNatsBus({ link, onError: () => {} });
  onTestFinished(async () => {
    await bus.close();
    await link.close();
  });
  return { bus, subjects: createSubjects(prefix) };
}

/** Runs it until the test ends it. */
function start(...argv: string[]) {
  const ending = new AbortController();
  const io = ioFor(folderWith(), { signal: ending.signal });
  const code = run(['inspect', '--port', '0', ...argv], io);
  const end = () => {
    ending.abort(new Interrupt('SIGINT'));
    return code;
  };
  onTestFinished(async () => void (await end()));
  return { io, end };
}

describe('helios inspect', () => {
  it('says where its page is, shows what lives under the prefix, and ends when it is told to', async () => {
    const { bus, subjects } = await connect('tenant.a');
    const tap = createInspectTap({
      ...{ bus, subjects, process: 'w1', clock: systemClock, wallClock: Date.now, random: Math.random },
    });
    onTestFinished(() => tap.close());
    tap.watch(createActor(workerMachine, { input: { worker: 'w1' }, id: 'worker:w1' }).start());
    const { io, end } = start('--nats', server.url, '--prefix', 'tenant.a');
    await vi.waitFor(() => expect(io.stdout.text).toContain('Ctrl-C ends it.'), 10_000);
    const [, page = '', stream = ''] = /at (http:\S+) .*: (ws:[^)]+)\)/.exec(io.stdout.text) ?? [];
    const response = await fetch(page);
    expect(await response.text()).toContain('Helios inspector');
    const events: StatelyInspectionEvent[] = [];
    createWebSocketReceiver({ server: stream }).subscribe((event) => events.push(event));
    await vi.waitFor(() => expect(events.map((event) => Object(event).name)).toContain('worker:w1'), 10_000);
    expect(await end()).toBe(130);
    await expect(fetch(page)).rejects.toThrow();
    expect(io.stderr.text).toBe('');
  });

  it('passes on what shall be shown', async () => {
    const { bus, subjects } = await connect();
    const asked: unknown[] = [];
    bus.subscribe(subjects.inspectControl, ({ body }) => asked.push(checkMessage(inspectControlMessage, body)));
    await bus.flush();
    const filter = ['--type', 'agent', '--id', 'agents/7', '--failed', '--sample', '0.25'];
    const { io } = start('--nats', server.url, '--json', '--budget', '50', ...filter);
    await vi.waitFor(() => expect(io.stdout.text).not.toBe(''), 10_000);
    const { stream } = JSON.parse(io.stdout.text);
    createWebSocketReceiver({ server: stream });
    await vi.waitFor(() => expect(asked).not.toEqual([]), 10_000);
    expect(asked[0]).toMatchObject({
      ...{ type: 'watch', budget: 50 },
      filter: { type: 'agent', id: 'agents/7', failed: true, sample: 0.25 },
    });
  });

  it('refuses what it does not understand, and says what it needs', async () => {
    const folder = folderWith();
    for (const wrong of [
      ['--sample', '2'],
      ['--sample', ''],
      ['--port', '99999'],
      ['--budget', '0'],
    ]) {
      const { code, stderr } = await helios(folder, ['inspect', '--nats', server.url, ...wrong]);
      expect([code, stderr]).toEqual([2, expect.stringContaining(wrong[0] ?? '')]);
    }
    const nowhere = await helios(folder, ['inspect']);
    expect(nowhere.code).toBe(1);
    expect(nowhere.stderr).toContain('--nats');
    const nobody = await helios(folder, ['inspect', '--nats', 'nats://127.0.0.1:1']);
    expect([nobody.code, nobody.stderr]).toEqual([1, expect.stringContaining('UNAVAILABLE')]);
  });

  it('does not start when it was ended before', async () => {
    const signal = AbortSignal.abort(new Interrupt('SIGINT'));
    expect(await run(['inspect', '--nats', server.url, '--port', '0'], ioFor(folderWith(), { signal }))).toBe(130);
  });
});
