/** Bus and journal of one kind, with another's view of both, for tests of those who ask and look on. */
import { systemClock } from '../../src/actors/index.js';
import {
  type Bus,
  connectNats,
  createEmbeddedBus,
  createEmbeddedJournal,
  createNatsBus,
  type Journal,
  openNatsJournal,
} from '../../src/bus/index.js';
import { createSubjects, type OutcomeMessage } from '../../src/protocol/index.js';
import type { NatsServer } from '../natsServer.js';

export interface AskingHouse {
  readonly bus: Bus;
  readonly journal: Journal;
  /** As whoever serves has them. */
  readonly there: { readonly bus: Bus; readonly journal: Journal };
  readonly errors: unknown[];
  close(): Promise<void>;
}

export const subjects = createSubjects('test');

export function openEmbedded(): AskingHouse {
  const errors: unknown[] = [];
  const bus = createEmbeddedBus({ onError: (error) => errors.push(error), random: Math.random });
  const journal = createEmbeddedJournal({ clock: systemClock, wallClock: Date.now, subjects });
  const close = async () => {
    await journal.close();
    await bus.close();
  };
  return { bus, journal, there: { bus, journal }, errors, close };
}

export async function openOverNats(server: NatsServer): Promise<AskingHouse> {
  const errors: unknown[] = [];
  const open = async () => {
    const link = await connectNats({ servers: server.url });
    const bus = createNatsBus({ link, onError: (error) => errors.push(error) });
    const journal = await openNatsJournal({ link, subjects, timeoutMs: 1_000 });
    return { link, bus, journal };
  };
  const [here, there] = [await open(), await open()];
  const close = async () => {
    for (const { journal, bus, link } of [here, there]) {
      await journal.close();
      await bus.close();
      await link.close();
    }
  };
  return { bus: here.bus, journal: here.journal, there, errors, close };
}

/** The outcome of a request that went well. */
export function materialized(id: string, otherwise: object = {}): OutcomeMessage {
  return {
    ...{ id, type: 'agent', object: 'agents/7', at: '2026-01-31T12:00:00.000Z', state: 'materialized' as const },
    ...{ root: 'a'.repeat(64), bytes: 7, worker: 'left', attempt: 1 },
    timings: { queueUs: 1, restoreUs: 2, totalUs: 3 },
    ...otherwise,
  };
}

export function failed(id: string, otherwise: object = {}): OutcomeMessage {
  return {
    ...{ id, type: 'agent', object: 'agents/7', at: '2026-01-31T12:00:00.000Z', state: 'failed' as const },
    error: { code: 'UNKNOWN_OBJECT', message: 'nobody of that name', retryable: false, details: { name: 'agents/7' } },
    ...otherwise,
  };
}
