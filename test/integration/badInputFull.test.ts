/** Streams that have no room any more: whoever asks is told so, and what was accepted goes on. */
import { join } from 'node:path';
import { connect, type JetStreamManager, type NatsConnection } from 'nats';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Client, Helios, HeliosError, type Submission } from '../../src/index.js';
import { folderWith, helios, save } from '../cli/terminal.js';
import { startUp } from '../cluster.js';
import { eachServed } from './eachServed.js';

const SHORT_WAITS = ['--wait', 'beatMs=100', '--wait', 'ackWaitMs=1000', '--wait', 'retryMaxMs=200'];
const ENOUGH_BYTES = 1_048_576;

const served = eachServed();
let nc: NatsConnection;
let jsm: JetStreamManager;
let client: Client;
let folder: string;

beforeEach(async () => {
  nc = await connect({ servers: served.server.url });
  jsm = await nc.jetstreamManager();
  // Whoever comes first makes the streams.
  client = await Helios.connect({ nats: served.server.url });
  folder = folderWith();
  await save(folder, 'agents/7', { hp: 10 });
});
afterEach(async () => {
  await client.close();
  await nc.close();
});

async function serve(): Promise<void> {
  const args = ['--nats', served.server.url, '--store', join(folder, '.helios'), '--workers', '1', ...SHORT_WAITS];
  served.processes.push(await startUp(args));
}

async function setRoom(stream: string, bytes: number): Promise<void> {
  await jsm.streams.update(stream, { max_bytes: bytes });
}

const errorOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a full stream of requests', () => {
  it('takes no more, which is said as OVERLOADED, and those in it are done as ever', async () => {
    await setRoom('HELIOS_REQUESTS', 4_096);
    const taken: Submission[] = [];
    let refusal: unknown;
    while (refusal === undefined) {
      refusal = await errorOf(client.submit('agents/7').then((submission) => taken.push(submission)));
    }
    expect(taken.length).toBeGreaterThan(5);
    expect(refusal).toMatchObject({
      ...{ code: 'OVERLOADED', retryable: true, details: { description: 'maximum bytes exceeded' } },
      message: expect.stringMatching(/^The journal has no room for more requests: .* Try again when some are done/),
    });
    const said = await helios(folder, ['submit', 'agents/7', '--nats', served.server.url]);
    expect(said).toMatchObject({ code: 1, stdout: '' });
    expect(said.stderr).toMatch(/^OVERLOADED: The journal has no room for more requests: /);
    // Other clients hear it from the server, by the receipt of their publish.
    const large = JSON.stringify({ object: 'agents/7', traceparent: 'x'.repeat(1_024) });
    const receipt = await nc.request('helios.v1.request.normal._', large);
    expect(receipt.json()).toMatchObject({ error: { code: 503, description: 'maximum bytes exceeded' } });
    await serve();
    for (const submission of taken) expect((await submission.outcome()).state).toBe('materialized');
    // They leave the stream when they are acknowledged, after their events: there is room again.
    const left = async () => (await jsm.streams.info('HELIOS_REQUESTS')).state.messages;
    await expect.poll(left, { timeout: 10_000 }).toBe(0);
    const next = await client.submit('agents/7');
    expect((await next.outcome()).state).toBe('materialized');
  });

  it('hinders no call', async () => {
    await setRoom('HELIOS_REQUESTS', 1);
    await serve();
    expect(HeliosError.is(await errorOf(client.submit('agents/7')), 'OVERLOADED')).toBe(true);
    expect((await client.request('agents/7').result).value).toEqual({ hp: 10 });
  });
});

describe('a full stream of outcomes', () => {
  it('makes durable requests wait for room, however often it is tried, and then they are done', async () => {
    await serve();
    await setRoom('HELIOS_OUTCOMES', 1);
    const submissions = await Promise.all(Array.from({ length: 5 }, () => client.submit('agents/7')));
    // Given out again and again meanwhile.
    const live = nc.subscribe('helios.v1.live.queued.>');
    let tries = 0;
    for await (const _ of live) if (++tries === 15) break;
    expect((await client.request('agents/7').result).value).toEqual({ hp: 10 });
    await setRoom('HELIOS_OUTCOMES', ENOUGH_BYTES);
    for (const submission of submissions) {
      expect(await submission.outcome()).toMatchObject({ id: submission.id, state: 'materialized' });
    }
  });

  it('refuses to cancel as well, in words', async () => {
    await setRoom('HELIOS_OUTCOMES', 1);
    const submission = await client.submit('agents/7');
    expect(await errorOf(submission.cancel())).toMatchObject({
      ...{ code: 'OVERLOADED', retryable: true },
      message: expect.stringMatching(/^The journal has no room for more outcomes: /),
    });
  });
});
