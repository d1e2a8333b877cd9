/**
 * Who serves a Helios: a supervisor and a worker in this process, over a bus and a journal in its memory, or others, over
 * NATS. Says where to ask, and which policy holds; memory is each process's own, and so is the pressure that it hears of.
 */
import { type RequestTap, SupervisorActor, ThresholdActor, type Waits, WorkerActor } from './actors/index.js';
import { type Bus, createEmbeddedJournal, type EmbeddedBus, type Journal } from './bus/index.js';
import type { Cluster } from './cluster.js';
import { type FollowingOptions, followCluster } from './following.js';
import type { Policy, Situation } from './policy/index.js';
import type { HeliosError, Subjects } from './protocol/index.js';
import { type Rooms, toLink } from './rooms.js';
import type { BusStats } from './stats.js';
import { hashOf } from './store/index.js';

export interface Serving {
  readonly bus: Bus;
  readonly journal: Journal;
  readonly policy: Policy;
  /** Null where others serve. */
  readonly supervisor: SupervisorActor | null;
  readonly worker: WorkerActor | null;
  /** Who looks on, where somebody can. */
  readonly tap: RequestTap | null;
  counters(): BusStats;
  /** Ends the actors; what is still open at them ends with this error. */
  stop(error: HeliosError): Promise<void>;
  /** Lets the way to those who serve go. */
  close(): Promise<void>;
}

export interface ServingOptions extends FollowingOptions {
  /** Of this process alone: its pressure is told on it. */
  readonly ownBus: EmbeddedBus;
}

export interface HereOptions extends ServingOptions {
  readonly rooms: Rooms;
  readonly subjects: Subjects;
  readonly waits: Waits;
  readonly situation: () => Situation;
}

export function serveHere(options: HereOptions): Serving {
  const { ownBus: bus, name, rooms, memory, subjects, clock, wallClock, waits, situation } = options;
  const journal = createEmbeddedJournal({ clock, wallClock, subjects, ackWaitMs: waits.ackWaitMs });
  const threshold = new ThresholdActor({ bus, subjects, clock, memory });
  bus.subscribe(subjects.policy, () => options.onPolicy(threshold.policy));
  const supervisor = new SupervisorActor({
    ...{ bus, subjects, clock, situation, waits, journal, random: options.random, onError: options.onError },
    hash: hashOf,
  });
  const worker = new WorkerActor({
    ...{
      name,
      bus,
      subjects,
      clock,
      journal,
      onError: options.onError,
      beatMs: waits.beatMs,
      togetherMs: waits.togetherMs,
    },
    ...{ blocks: rooms.store.blocks, metrics: rooms.metrics, find: rooms.find, toLink },
    types: () => rooms.types.known(),
    creditBytes: () => options.pressure.freeBytes,
  });
  return {
    ...{ bus, journal, supervisor, worker, tap: null, counters: () => ({ ...bus.counters }) },
    get policy() {
      return threshold.policy;
    },
    async stop(error) {
      supervisor.stop(error);
      await worker.stop(error);
      threshold.stop();
    },
    close: () => journal.close(),
  };
}

export function serveElsewhere(cluster: Cluster, options: FollowingOptions): Serving {
  const { bus, journal } = cluster;
  const following = followCluster(cluster, options);
  return {
    ...{ bus, journal, supervisor: null, worker: null, tap: following.tap, counters: () => ({ ...bus.counters }) },
    get policy() {
      return following.policy;
    },
    async stop() {
      following.stop();
    },
    close: () => cluster.close(),
  };
}
