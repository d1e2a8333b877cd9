/** Workers that don't belong: of another store, of another version, without a type, or with a clock that is off. */
import { join } from 'node:path';
import { connect, headers, type NatsConnection, type Subscription } from 'nats';
import { decodeTime } from 'ulid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Client, Helios } from '../../src/index.js';
import { WIRE_VERSION } from '../../src/protocol/index.js';
import { folderWith, save } from '../cli/terminal.js';
import { type HeliosProcess, type ProcessOptions, startProcess, startUp, startWorker } from '../cluster.js';
import { eachServed } from './eachServed.js';
import { saveOld, WAITING_CONFIG } from './objects.js';

const SHORT_WAITS = ['--wait', 'beatMs=100', '--wait', 'ackWaitMs=300'];

const served = eachServed();
let nc: NatsConnection;
let folder: string;

beforeEach(async () => {
  nc = await connect({ servers: served.server.url });
  folder = folderWith();
  await save(folder, 'agents/7', { hp: 10 });
});
afterEach(async () => {
  await nc.close();
});

const reach = () => ['--nats', served.server.url, ...SHORT_WAITS];
const storeOf = (of: string) => join(of, '.helios');

async function up(args: readonly string[] = [], options: ProcessOptions = {}): Promise<HeliosProcess> {
  const started = await startUp([...reach(), '--store', storeOf(folder), ...args], options);
  served.processes.push(started);
  return started;
}

async function worker(args: readonly string[] = [], options: ProcessOptions = {}): Promise<HeliosProcess> {
  const started = await startWorker([...reach(), '--store', storeOf(folder), ...args], options);
  served.processes.push(started);
  return started;
}

/** Its first message. Others have had it by then, too. */
async function firstOf(subscription: Subscription): Promise<void> {
  await nc.flush();
  for await (const _ of subscription) return;
}

async function asClient(work: (client: Client) => Promise<void>): Promise<void> {
  const client = await Helios.connect({ nats: served.server.url });
  await work(client);
  await client.close();
}

describe('a worker of another store', () => {
  let other: string;
  beforeEach(async () => {
    other = folderWith();
    await save(other, 'agents/7', { hp: -1 });
  });

  it('does not start, and says whose store the prefix serves, and how to give it over', async () => {
    await up(['--workers', '1']);
    const stranger = startProcess(['worker', '--json', ...reach(), '--store', storeOf(other)]);
    expect(await stranger.ended).toBe(1);
    expect(stranger.facts).toEqual([]);
    expect(stranger.complaints()).toMatch(
      /^INVALID_REQUEST: The workers under helios\.v1 serve the store (\w+), and this directory is the store (?!\1)\w+\. .* delete the key store of the bucket HELIOS_POLICY\.\n$/,
    );
    await asClient(async (client) => {
      expect((await client.request('agents/7').result).value).toEqual({ hp: 10 });
    });
  });

  it('ends the helios up that wanted it, with the same words', async () => {
    const claimed = await Helios.connect({ nats: served.server.url });
    await (await nc.jetstream().views.kv('HELIOS_POLICY')).put('store', '{"id":"theirs","wire":1}');
    await claimed.close();
    const stranger = startProcess(['up', '--json', ...reach(), '--store', storeOf(other), '--workers', '2']);
    expect(await stranger.ended).toBe(1);
    expect(stranger.complaints().trim().split('\n').at(-1)).toMatch(
      /^INVALID_REQUEST: A worker did not start: The workers under helios\.v1 serve the store/,
    );
  });

  it('starts when the prefix was given over as it says', async () => {
    await (await worker()).end('SIGTERM');
    await (await nc.jetstream().views.kv('HELIOS_POLICY')).delete('store');
    await up(['--workers', '1', '--store', storeOf(other)]);
    await asClient(async (client) => {
      expect((await client.request('agents/7').result).value).toEqual({ hp: -1 });
    });
  });
});

describe('a worker of another version', () => {
  const beatOf = (worker: string, wire: number) =>
    JSON.stringify({
      ...{ worker, state: 'ready', wire, beat: 1, progress: 1, inHand: 0, types: ['record@1'] },
      credits: { count: 1_000, bytes: 1e12 },
    });
  const asJson = () => {
    const hdrs = headers();
    hdrs.set('Content-Type', 'application/json');
    return { headers: hdrs };
  };

  it('does not start where the others speak another one, and says which', async () => {
    await (await worker()).end('SIGTERM');
    const bucket = await nc.jetstream().views.kv('HELIOS_POLICY');
    const { id } = (await bucket.get('store'))?.json<{ id: string }>() ?? {};
    await bucket.put('store', JSON.stringify({ id, wire: WIRE_VERSION + 1 }));
    const stranger = startProcess(['worker', '--json', ...reach(), '--store', storeOf(folder)]);
    expect(await stranger.ended).toBe(1);
    const versions = `speak version ${WIRE_VERSION + 1} of the wire, this one ${WIRE_VERSION}`;
    expect(stranger.complaints()).toMatch(
      `INVALID_REQUEST: The workers under helios.v1 ${versions}. Update them together`,
    );
  });

  it('gets nothing to do, which its supervisor logs once; what waits for another one ends by its deadline', async () => {
    const supervisor = await up(['--workers', '0', '--log-level', 'warn']);
    const given: string[] = [];
    nc.subscribe('helios.v1.work.>', { callback: (_, { subject }) => given.push(subject) });
    // They beat again and again, also when the supervisor listens a moment later than it says.
    const beat = () => {
      nc.publish('helios.v1.worker.new.heartbeat', beatOf('new', 99), asJson());
      // Of a version whose beats look otherwise.
      nc.publish('helios.v1.worker.newer.heartbeat', '{"worker":"newer","wire":100,"heart":"beats"}', asJson());
    };
    const warned = () => {
      beat();
      return [...supervisor.complaints().matchAll(/"wire":(\d+)/g)].map(([, wire]) => wire);
    };
    await expect.poll(warned, { timeout: 20_000 }).toEqual(['99', '100']);
    for (let time = 0; time < 5; time++) beat();
    expect(supervisor.complaints()).toMatch('The worker new speaks version 99 on the wire');
    await asClient(async (client) => {
      const waited = client.request('agents/7', { timeoutMs: 300 }).result;
      await expect(waited).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED', retryable: true });
      const lasting = client.request('agents/7', { timeoutMs: 60_000 }).result;
      await worker();
      expect((await lasting).value).toEqual({ hp: 10 });
    });
    expect(given.every((subject) => !subject.includes('new'))).toBe(true);
    expect(warned()).toEqual(['99', '100']);
  });
});

describe('a worker without the type', () => {
  it('gives its work to one that knows it; where none does, that is UNKNOWN_TYPE with who knows what', async () => {
    await saveOld(storeOf(folder), 'slow', { 'slow/1': { ms: 1 } });
    await up(['--workers', '0']);
    await worker(['--name', 'plain']);
    const beating = firstOf(nc.subscribe('helios.v1.worker.knowing.heartbeat'));
    const knows = await worker(['--name', 'knowing', '--config', WAITING_CONFIG]);
    await beating;
    await asClient(async (client) => {
      for (let time = 0; time < 8; time++) {
        expect(await client.request('slow/1').result).toMatchObject({ value: { ms: 1 }, worker: 'knowing' });
      }
      const submission = await client.submit('slow/1');
      expect(await submission.outcome()).toMatchObject({ state: 'materialized', worker: 'knowing' });
      await knows.end('SIGTERM');
      const error = {
        ...{ code: 'UNKNOWN_TYPE', retryable: false },
        message: expect.stringMatching(
          /^No worker that is alive knows the type slow\b.*\. Alive: plain; they know .*record@1.*\. Add it to the config/,
        ),
      };
      await expect(client.request('slow/1').result).rejects.toMatchObject(error);
      expect(await (await client.submit('slow/1')).outcome()).toMatchObject({ state: 'failed', error });
      // It still does what it can.
      expect(await client.request('agents/7').result).toMatchObject({ value: { hp: 10 }, worker: 'plain' });
    });
  });
});

describe('a clock that is an hour off', () => {
  const HOUR_MS = 3_600_000;
  const off = (ms: number): ProcessOptions => {
    const preload = new URL('children/clockOff.mjs', import.meta.url).href;
    return { env: { NODE_OPTIONS: `--import=${preload}`, CLOCK_OFF_MS: String(ms) } };
  };

  it('changes nothing: supervisor fast, worker slow, clients either', async () => {
    await Promise.all([up(['--workers', '0'], off(HOUR_MS)), worker(['--name', 'off'], off(-HOUR_MS))]);
    const asked = ['agents/7', '--nats', served.server.url, '--json'];
    const rounds = [HOUR_MS, -HOUR_MS].map(async (ms) => {
      const call = startProcess(['materialize', '--timeout', '20', ...asked], off(ms));
      const durable = startProcess(['submit', '--ttl', '60', '--wait', ...asked], off(ms));
      const called = await call.until(({ value }) => value !== undefined);
      expect(called).toMatchObject({ value: { hp: 10 }, worker: 'off' });
      const outcome = await durable.until(({ state }) => state !== undefined);
      expect(outcome).toMatchObject({ state: 'materialized', object: 'agents/7', worker: 'off' });
      // Its id has the clock of whoever asked; else times are the server's, and durations those of steady clocks.
      expect(Math.abs(decodeTime(String(outcome.id)) - Date.now() - ms)).toBeLessThan(HOUR_MS / 6);
      expect(Math.abs(Date.parse(String(outcome.at)) - Date.now())).toBeLessThan(HOUR_MS / 6);
      for (const { timings } of [called, outcome]) {
        const all = Object.values(timings ?? {});
        expect(all).toHaveLength(3);
        for (const us of all) expect(us).toSatisfy((each: number) => each >= 0 && each < 60e6);
      }
      expect([await call.ended, await durable.ended]).toEqual([0, 0]);
    });
    await Promise.all(rounds);
  });
});
