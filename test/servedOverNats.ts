/** A supervisor and a worker over NATS in the test's own process, with a store in memory: what clients ask. */
import { SupervisorActor, systemClock, WorkerActor } from '../src/actors/index.js';
import { joinCluster } from '../src/cluster.js';
import { HeliosError } from '../src/protocol/errors.js';
import type { AnyObjectType } from '../src/restore/index.js';
import { Rooms, toLink } from '../src/rooms.js';
import { createMemoryStore, hashOf, type Store } from '../src/store/index.js';

export interface ServedOverNats {
  readonly rooms: Rooms;
  readonly supervisor: SupervisorActor;
  readonly worker: WorkerActor;
  close(): Promise<void>;
}

export interface ServedOptions {
  readonly nats: string;
  readonly prefix?: string;
  readonly types?: readonly AnyObjectType[];
  readonly store?: Store;
}

export async function serveOverNats(options: ServedOptions): Promise<ServedOverNats> {
  const { nats, prefix, types = [], store = createMemoryStore() } = options;
  const clock = systemClock;
  const rooms = new Rooms({
    ...{ store, types, clock, budgetBytes: 1e7, wallClock: Date.now, checkOpen: () => {} },
  });
  const { bus, journal, subjects, waits, close } = await joinCluster({
    ...{ nats, toLink, fromLink: (link) => rooms.fromLink(link), waits: { beatMs: 100 } },
    ...(prefix === undefined ? {} : { prefix }),
  });
  const situation = () => ({ threshold: 0, score: 0, trend: 0, freeBytes: undefined });
  const supervisor = new SupervisorActor({ bus, subjects, clock, situation, waits, journal, hash: hashOf });
  const worker = new WorkerActor({
    ...{ name: 'left', bus, subjects, clock, journal, beatMs: 100, toLink },
    ...{ blocks: store.blocks, metrics: rooms.metrics, find: rooms.find, types: () => rooms.types.known() },
  });
  await bus.flush();
  return {
    ...{ rooms, supervisor, worker },
    close: async () => {
      const error = new HeliosError('CLOSED', 'The test is over.');
      supervisor.stop(error);
      await worker.stop(error);
      await close();
      await store.close();
    },
  };
}
