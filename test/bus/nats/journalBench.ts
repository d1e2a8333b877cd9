/** What the tests of the journal over NATS work at: servers, connections and journals that end with the test. */
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

  async function link(to: NatsServer): Promise<NatsLink> {
    const made = await connectNats({ servers: to.url, reconnectMs: 50, reconnectJitterMs: 1 });
    cleanUps.push(() => made.close());
    return made;
  }

  async function journal(to: NatsServer | NatsLink, options: Partial<NatsJournalOptions> = {}): Promise<Journal> {
    const through = 'connection' in to ? to : await link(to);
    const opened = await openNatsJournal({ link: through, subjects: createSubjects(), bounds: SMALL, ...options });
    cleanUps.push(() => opened.close());
    return opened;
  }

  return { server, link, journal };
}
