/** A NATS that goes away and comes back. For half a minute: test/long. */
import { beforeAll, it, onTestFinished } from 'vitest';
import { folderWith } from '../cli/terminal.js';
import { buildOnce } from '../cluster.js';
import { startNatsServer } from '../natsServer.js';
import { liveThrough } from './away.js';

beforeAll(buildOnce);

it.each(['killed', 'frozen'] as const)(
  'all calls end by their deadlines, and all durable requests come through a server that is %s for a while',
  async (how) => {
    const server = await startNatsServer();
    onTestFinished(server.stop);
    await liveThrough(server, folderWith(), { awayMs: 4_000, how });
  },
  60_000,
);
