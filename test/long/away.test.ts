/** A NATS that goes away for half a minute, and comes back. */
import { it, onTestFinished } from 'vitest';
import { folderWith } from '../cli/terminal.js';
import { buildOnce } from '../cluster.js';
import { liveThrough } from '../integration/away.js';
import { startNatsServer } from '../natsServer.js';

it.each(['killed', 'frozen'] as const)(
  'all calls end by their deadlines, and all durable requests come through a server that is %s for 30 s',
  async (how) => {
    buildOnce();
    const server = await startNatsServer();
    onTestFinished(server.stop);
    await liveThrough(server, folderWith(), { awayMs: 30_000, how });
  },
);
