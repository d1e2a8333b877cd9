/** What the tests of the journal over NATS work at: servers, connections and journals that end with the test. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach } from 'vitest';
import type { Journal } from '../../../src/bus/journal.js';
import { connectNats, type NatsLink } from '../../../src/bus/nats/connection.js';
import { type NatsJournalOptions, openNatsJournal } from '../../../src/bus/nats/journal.js';
import { createSubjects } from '../../../src/protocol/index.js';
import { type NatsServer, type NatsServerOptions, startNatsServer } from '../../natsServer.js';

/** Bytes: a test needs little, and many streams share the disk. */
export const SMALL = {
  ...{ requestBytes: 16_777_216, outcomeBytes: 16_777_216, eventBytes: 16_777_216 },
  ...{ recordBytes: 1_048_576, deadBytes: 1_048_576 },
};

export function journalBench() {
  const cleanUps: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  async function server(options?: NatsServerOptions): Promise<NatsServer> {
    const started = await startNatsServer(options);
    cleanUps.push(() => started.stop());
    return started;
  }

  /** A way to the server that can lose what comes back. */
  async function lossy(to: NatsServer) {
    const sockets = new Set<Socket>();
    let isLosing = false;
    const proxy = createServer((near) => {
      const far = connect(to.port, '127.0.0.1');
      near.pipe(far);
      far.on('data', (data) => isLosing || near.write(data));
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(socket);
        // Whichever end goes, the other one goes too; why is the test's business.
        socket.on('error', () => {}).on('close', () => other.destroy());
      }
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const address = proxy.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    cleanUps.push(async () => {
      cut();
      proxy.close();
    });
    function cut(): void {
      isLosing = false;
      for (const socket of sockets) socket.destroy();
      sockets.clear();
    }
    return {
      url: `nats://127.0.0.1:${address.port}`,
      /** Answers are lost from now on, until `cut` breaks the connections. */
      lose: () => {
        isLosing = true;
      },
      cut,
    };
  }

  async function link(to: Pick<NatsServer, 'url'>): Promise<NatsLink> {
    const made = await connectNats({ servers: to.url, reconnectMs: 50, reconnectJitterMs: 1 });
    cleanUps.push(() => made.close());
    return made;
  }

  async function journal(
    to: Pick<NatsServer, 'url'> | NatsLink,
    options: Partial<NatsJournalOptions> = {},
  ): Promise<Journal> {
    const through = 'connection' in to ? to : await link(to);
    const opened = await openNatsJournal({ link: through, subjects: createSubjects(), bounds: SMALL, ...options });
    cleanUps.push(() => opened.close());
    return opened;
  }

  return { server, lossy, link, journal };
}
