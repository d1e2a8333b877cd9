/** Workers that don't belong: of another store, of another version, without a type, or with a clock that is off. */
import { join } from 'node:path';
import { connect, type NatsConnection } from 'nats';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Client, Helios } from '../../src/index.js';
import { WIRE_VERSION } from '../../src/protocol/index.js';
import { folderWith, helios, save } from '../cli/terminal.js';
import { buildOnce, type HeliosProcess, type ProcessOptions, startProcess, startUp, startWorker } from '../cluster.js';
import { type NatsServer, startNatsServer } from '../natsServer.js';
import { saveOld, WAITING_CONFIG } from './objects.js';

const SHORT_WAITS = ['--wait', 'beatMs=100', '--wait', 'ackWaitMs=300'];

let server: NatsServer;
let nc: NatsConnection;
let folder: string;
let processes: HeliosProcess[];

beforeAll(buildOnce);
beforeEach(async () => {
  processes = [];
  server = await startNatsServer();
  nc = await connect({ servers: server.url });
  folder = folderWith();
  await save(folder, 'agents/7', { hp: 10 });
});
afterEach(async () => {
  for (const one of processes) await one.end('SIGKILL');
  await nc.close();
  await server.stop();
});

const reach = () => ['--nats', server.url, ...SHORT_WAITS];
const storeOf = (of: string) => join(of, '.helios');

async function up(args: readonly string[] = [], options: ProcessOptions = {}): Promise<HeliosProcess> {
  const started = await startUp([...reach(), '--store', storeOf(folder), ...args], options);
  processes.push(started);
  return started;
}

async function worker(args: readonly string[] = [], options: ProcessOptions = {}): Promise<HeliosProcess> {
  const started = await startWorker([...reach(), '--store', storeOf(folder), ...args], options);
  processes.push(started);
  return started;
}

async function asClient(work: (client: Client) => Promise<void>): Promise<void> {
  const client = await Helios.connect({ nats: server.url });
  await work(client);
  await client.close();
}

const idOf = async (dir: string): Promise<string> => {
  const { stdout } = await helios(dir, ['stats', '--json']);
  return JSON.parse(stdout).id;
};

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
    // Under another prefix it may.
    const own = ['--prefix', 'other.v1', '--workers', '1', '--store', storeOf(other)];
    await up(own);
    const asked = ['materialize', 'agents/7', '--nats', server.url, '--prefix', 'other.v1'];
    expect(JSON.parse((await helios(other, asked)).stdout)).toEqual({ hp: -1 });
  });

  it('ends the helios up that wanted it, with the same words', async () => {
    await (await worker()).end('SIGTERM');
    const stranger = startProcess(['up', '--json', ...reach(), '--store', storeOf(other), '--workers', '2']);
    expect(await stranger.ended).toBe(1);
    expect(stranger.complaints().trim().split('\n').at(-1)).toMatch(
      /^INVALID_REQUEST: The workers under helios\.v1 serve/,
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
