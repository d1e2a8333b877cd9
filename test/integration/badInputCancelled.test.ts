/** Requests that were cancelled while nobody served, and are still in the stream: they leave it, and nobody does them. */
import { join } from 'node:path';
import { connect, headers } from 'nats';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { Helios } from '../../src/index.js';
import { folderWith, save } from '../cli/terminal.js';
import { buildOnce, startUp } from '../cluster.js';
import { startNatsServer } from '../natsServer.js';

beforeAll(buildOnce);

it('what was cancelled before anybody served is not done, and leaves the stream with its outcome as it is', async () => {
  const server = await startNatsServer();
  onTestFinished(server.stop);
  const folder = folderWith();
  await save(folder, 'agents/7', { hp: 10 });
  const client = await Helios.connect({ nats: server.url });
  const nc = await connect({ servers: server.url });
  const jsm = await nc.jetstreamManager();
  const left = async () => (await jsm.streams.info('HELIOS_REQUESTS')).state.messages;

  const [ours, wanted] = [await client.submit('agents/7'), await client.submit('agents/7')];
  await ours.cancel();
  // And as any client does it, by the outcome alone.
  const json = headers();
  json.set('Content-Type', 'application/json');
  const [id, js] = ['theirs', nc.jetstream()];
  await js.publish('helios.v1.request.normal._', JSON.stringify({ id, object: 'agents/7' }), { headers: json });
  const error = { code: 'CANCELLED', message: 'Not any more.', retryable: false };
  const outcome = { id, type: '_', object: 'agents/7', at: new Date().toISOString(), state: 'cancelled', error };
  await js.publish(`helios.v1.outcome.${id}`, JSON.stringify(outcome), { headers: json });
  expect(await left()).toBe(3);

  const told: string[] = [];
  nc.subscribe('helios.v1.live.>', { callback: (_, { subject }) => told.push(subject.split('.').at(-1) ?? '') });
  nc.subscribe('helios.v1.work.>', { callback: (_, { data }) => told.push(Buffer.from(data).toString('latin1')) });
  await nc.flush();
  const up = await startUp(['--nats', server.url, '--store', join(folder, '.helios'), '--workers', '1']);
  onTestFinished(async () => {
    await up.end('SIGKILL');
  });
  expect(await wanted.outcome()).toMatchObject({ state: 'materialized' });
  await expect.poll(left, { timeout: 20_000 }).toBe(0);

  expect(await ours.outcome()).toMatchObject({ state: 'cancelled', error: { code: 'CANCELLED' } });
  const kept = await nc.request(`$JS.API.DIRECT.GET.HELIOS_OUTCOMES.helios.v1.outcome.${id}`);
  expect(kept.json()).toEqual(outcome);
  await nc.flush();
  expect(told.join(' ')).toContain(wanted.id);
  for (const cancelled of [ours.id, id]) expect(told.join(' ')).not.toContain(cancelled);
  // Who cancelled without a word has its event all the same, and each has one.
  expect((await jsm.streams.info('HELIOS_EVENTS')).state.messages).toBe(3);
  await client.close();
  await nc.close();
});
