import { afterAll, beforeAll } from 'vitest';
import { connectNats } from '../../../src/bus/nats/connection.js';
import { openNatsJournal } from '../../../src/bus/nats/journal.js';
import { createSubjects } from '../../../src/protocol/index.js';
import { journalContract } from '../../contract/journal.js';
import { type NatsServer, startNatsServer } from '../../natsServer.js';
import { SMALL } from './journalBench.js';

let server: NatsServer;
let prefixes = 0;
beforeAll(async () => {
  server = await startNatsServer();
});
afterAll(() => server.stop());

journalContract('nats', async ({ bounds, ...settings }) => {
  const subjects = createSubjects(`contract.v${prefixes++}`);
  const links = [await connectNats({ servers: server.url }), await connectNats({ servers: server.url })] as const;
  const options = { ...settings, subjects, bounds: { ...SMALL, ...bounds } };
  const [here, there] = await Promise.all([
    openNatsJournal({ ...options, link: links[0] }),
    openNatsJournal({ ...options, link: links[1] }),
  ]);
  const stop = async () => {
    await Promise.all(links.map((link) => link.close()));
  };
  return { here, there, stop };
});
