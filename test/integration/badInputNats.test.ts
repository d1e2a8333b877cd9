/** A NATS that isn't there, or isn't one that Helios can use: each way in says so, at once, and lets go of what it had. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run.js';
import { Helios, type HeliosError } from '../../src/index.js';
import { folderWith, helios, ioFor } from '../cli/terminal.js';
import { type NatsServer, startNatsServer } from '../natsServer.js';

/** Nobody listens there. */
const NOWHERE = 'nats://127.0.0.1:1';

const COMMANDS: readonly string[] = [
  ...['up', 'up --workers 0', 'up --workers 0 --inspect 0', 'worker'],
  ...['submit agents/7', 'submit agents/7 --wait', 'materialize agents/7', 'watch'],
  ...['dead ls', 'dead show x', 'dead retry x', 'dead drop x'],
];

async function refusalOf(opening: Promise<AsyncDisposable>): Promise<HeliosError> {
  const error: unknown = await opening.then(
    () => new Error('opened'),
    (reason: unknown) => reason,
  );
  return error as HeliosError;
}

/** A store that nobody holds can be opened and written. */
async function expectFree(store: string): Promise<void> {
  const opened = await Helios.open({ store });
  await opened.create('record', { hp: 1 }).save('agents/7');
  await opened.close();
}

describe('without a NATS at the URL', () => {
  it.each([...COMMANDS, 'inspect'])('helios %s ends with what to do', async (line) => {
    const folder = folderWith();
    const url = 'nats://robot:secret@127.0.0.1:1';
    const { code, stdout, stderr } = await helios(folder, [...line.split(' '), '--nats', url]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^UNAVAILABLE: No NATS at nats:\/\/127\.0\.0\.1:1: .*ECONNREFUSED.* Start nats-server there/,
    );
    expect(stderr).not.toContain('secret');
    await expectFree(join(folder, '.helios'));
  });

  it('the library opens nothing, says the same, and leaves the store to others', async () => {
    const store = join(folderWith(), 'store');
    for (const open of [() => Helios.connect({ nats: NOWHERE }), () => Helios.open({ store, nats: NOWHERE })]) {
      const { code, message, retryable, details } = await refusalOf(open());
      expect({ code, retryable }).toEqual({ code: 'UNAVAILABLE', retryable: true });
      expect(message).toMatch(/^No NATS at nats:\/\/127\.0\.0\.1:1: .*Start nats-server there, or correct the URL\.$/);
      expect(details).toEqual({ url: NOWHERE });
    }
    await expectFree(store);
  });
});

describe('with a NATS that has no JetStream', () => {
  let bare: NatsServer;
  beforeAll(async () => {
    bare = await startNatsServer({ jetStream: false });
  });
  afterAll(() => bare.stop());

  it.each(COMMANDS)('helios %s ends with how to start one that has', async (line) => {
    const folder = folderWith();
    const { code, stdout, stderr } = await helios(folder, [...line.split(' '), '--nats', bare.url]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^UNAVAILABLE: NATS at nats:\S+ has no JetStream.* Start nats-server with -js/);
    await expectFree(join(folder, '.helios'));
  });

  it('the library opens nothing, says the same, and leaves the store to others', async () => {
    const store = join(folderWith(), 'store');
    for (const open of [() => Helios.connect({ nats: bare.url }), () => Helios.open({ store, nats: bare.url })]) {
      expect(await refusalOf(open())).toMatchObject({
        ...{ code: 'UNAVAILABLE', retryable: true, details: { reason: 'no-jetstream' } },
        message: expect.stringMatching(/has no JetStream.* Start nats-server with -js/),
      });
    }
    await expectFree(store);
  });

  it('the inspector, which keeps nothing, needs none', async () => {
    const abort = new AbortController();
    const io = ioFor(folderWith(), { signal: abort.signal });
    const ended = run(['inspect', '--port', '0', '--json', '--nats', bare.url], io);
    await expect.poll(() => io.stdout.text, { timeout: 20_000 }).toMatch(/"inspector":"http/);
    abort.abort();
    await ended;
    expect(io.stderr.text).toBe('');
  });
});
