import { deepStrictEqual } from 'node:assert';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { POLICY_KEY } from '../src/actors/policyRecord.js';
import { joinCluster } from '../src/cluster.js';
import { defineType, Helios, StateReference } from '../src/index.js';
import { createMemoryStore, openStore } from '../src/store/index.js';
import { forcePressure } from '../src/testing/index.js';
import { type NatsServer, startNatsServer } from './natsServer.js';
import { type ServedOverNats, serveOverNats } from './servedOverNats.js';
import { freshDirectory, removeDirectory } from './store/directories.js';

const Agent = defineType({ name: 'agent', schema: z.object({ hp: z.number() }) });

const directories: string[] = [];
function directory(): string {
  const made = freshDirectory();
  directories.push(made);
  return made;
}

let server: NatsServer;
let served: ServedOverNats;
beforeAll(async () => {
  server = await startNatsServer();
  served = await serveOverNats({ nats: server.url, types: [Agent], store: createMemoryStore() });
  const { objects } = served.rooms;
  const agent = objects.create(Agent, { hp: 7 });
  await agent.save('agents/7');
  await objects.create(served.rooms.types.require('record'), { friend: agent }).save('links');
});
afterAll(async () => {
  await served.close();
  await server.stop();
  for (const made of directories) removeDirectory(made);
});

test('requests go to those who serve, references stay here', async () => {
  await using helios = await Helios.open({ store: 'memory', nats: server.url, types: [Agent] });
  const { value, worker } = await helios.request(Agent, 'agents/7').result;
  deepStrictEqual(value, { hp: 7 });
  expect(worker).toBe('left');
  await expect(helios.load(Agent, 'agents/7')).rejects.toMatchObject({ code: 'UNKNOWN_OBJECT' });
  const mine = helios.create(Agent, { hp: 1 });
  await mine.save('agents/mine');
  expect((await helios.load(Agent, 'agents/mine')).materialize()).toEqual({ hp: 1 });
  await expect(helios.request(Agent, 'agents/mine').result).rejects.toMatchObject({ code: 'UNKNOWN_OBJECT' });
  await expect(helios.request(helios.create(Agent, { hp: 2 })).result).rejects.toMatchObject({
    ...{ code: 'INVALID_REQUEST', message: expect.stringContaining('Save it first') },
  });
  // Made again, unsaved, but its blocks are there.
  await expect(helios.request(helios.create(Agent, { hp: 1 })).result).rejects.toMatchObject({ code: 'MISSING_BLOCK' });
});

test('a link in a value is a reference of this store, whose blocks may be elsewhere', async () => {
  await using helios = await Helios.open({ store: 'memory', nats: server.url, types: [Agent] });
  const { value } = await helios.request('links').result;
  const { friend } = value as { friend: StateReference<{ hp: number }> };
  expect(friend).toBeInstanceOf(StateReference);
  expect(friend.type).toBe('agent');
  expect(() => friend.materialize()).toThrow(expect.objectContaining({ code: 'NOT_LOCAL' }));
  expect((await helios.request(Agent, friend).result).value).toEqual({ hp: 7 });
  await helios.create(Agent, { hp: 7 }).save('the same');
  expect(friend.materialize()).toEqual({ hp: 7 });
});

test('supervisor and worker are not here, and the figures say so', async () => {
  await using helios = await Helios.open({ store: 'memory', nats: server.url, types: [Agent] });
  await helios.request('agents/7').result;
  const { requests, bus } = helios.stats();
  expect(requests).toMatchObject({ open: 0, queued: 0, dispatched: 0, restoring: 0, restorations: 0, joined: 0 });
  expect(bus).toMatchObject({ faulty: 0, lost: 0, failed: 0 });
  expect(bus.batches).toBeGreaterThan(0);
});

test('the policy is the tighter of the cluster’s and its own', async () => {
  const cluster = await joinCluster({ nats: server.url, prefix: 'policy.v1' });
  const { records } = cluster.journal;
  const revision = (await records.put(POLICY_KEY, { level: 'high', threshold: 0.6 }, 0)) ?? 0;
  await using helios = await Helios.open({ store: 'memory', nats: server.url, prefix: 'policy.v1' });
  await expect.poll(() => helios.policy.level).toBe('high');
  expect(helios.policy).toMatchObject({ epoch: BigInt(revision), threshold: 0.6 });
  expect(helios.explain(0.5, 0, 0).threshold).toBeGreaterThanOrEqual(0.6);
  const release = forcePressure(helios, 0.99);
  await expect.poll(() => helios.policy.level).toBe('critical');
  release();
  await records.put(POLICY_KEY, { level: 'critical', threshold: 0.9 }, revision);
  await expect.poll(() => helios.policy.threshold).toBe(0.9);
  await cluster.close();
});

test('a directory of this machine may be the one that workers have: what is saved here is served there', async () => {
  const store = directory();
  const there = await serveOverNats({
    ...{ nats: server.url, prefix: 'shared.v1', types: [Agent], store: await openStore(store, {}) },
  });
  await using helios = await Helios.open({ store, nats: server.url, prefix: 'shared.v1', types: [Agent] });
  const made = helios.create(Agent, { hp: 5 });
  await made.save('agents/5');
  expect((await helios.request(Agent, 'agents/5').result).value).toEqual({ hp: 5 });
  const again = helios.create(Agent, { hp: 5 });
  expect((await helios.request(Agent, again).result).value).toEqual({ hp: 5 });
  await there.close();
});

test('what can’t be reached opens nothing and leaves the store to others', async () => {
  const store = directory();
  await expect(Helios.open({ store, nats: 'nats://127.0.0.1:1' })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  for (const nats of ['', 'ftp://127.0.0.1', { servers: [] }] as const) {
    await expect(Helios.open({ store, nats })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  }
  await expect(Helios.open({ store, prefix: 'a b' })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  await (await Helios.open({ store })).close();
});
