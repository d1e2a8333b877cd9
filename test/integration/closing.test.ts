import { afterAll, beforeAll, expect, test } from 'vitest';
import { startChild } from '../children.js';
import { buildOnce } from '../cluster.js';
import { type NatsServer, startNatsServer } from '../natsServer.js';
import { type ServedOverNats, serveOverNats } from '../servedOverNats.js';

let server: NatsServer;
let served: ServedOverNats;
beforeAll(async () => {
  buildOnce();
  server = await startNatsServer();
  served = await serveOverNats({ nats: server.url });
  await served.rooms.objects.create(served.rooms.types.require('record'), { hp: 7 }).save('agents/7');
}, 120_000);
afterAll(async () => {
  await served.close();
  await server.stop();
});

test.each([
  ['a client', []],
  ['a Helios over NATS', ['memory']],
])('%s that is closed lets its process end, with whatever was open', async (_, args) => {
  const child = startChild(new URL('children/closing.mjs', import.meta.url), [server.url, ...args]);
  expect(await child.next()).toMatchObject({ value: { hp: 7 }, done: true });
  expect(await child.ended).toBe(0);
  expect(child.complaints()).toBe('');
});
