import { afterAll, beforeAll } from 'vitest';
import { connectNats, createNatsBus } from '../../../src/bus/index.js';
import { busContract } from '../../contract/bus.js';
import { type NatsServer, startNatsServer } from '../../natsServer.js';

let server: NatsServer;
beforeAll(async () => {
  server = await startNatsServer({ jetStream: false });
});
afterAll(() => server.stop());

busContract('nats', async ({ onError }) => {
  const links = await Promise.all([1, 2].map(() => connectNats({ servers: server.url })));
  const [here, there] = links.map((link) => createNatsBus({ link, onError }));
  if (here === undefined || there === undefined) throw new Error('two links make two buses');
  return {
    here,
    there,
    stop: async () => {
      for (const link of links) await link.close();
    },
  };
});
