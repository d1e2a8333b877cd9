/**
 * Who serves a Helios: a supervisor and a worker in this process, over a bus and a journal in its memory, or others, over
 * NATS. Says where to ask, and which policy holds; memory is each process's own, and so is the pressure that it hears of.
 */
import {
  type Clock,
  FollowedPolicy,
  PolicyRecord,
  type PressureActor,
  type RequestTap,
  SupervisorActor,
  ThresholdActor,
  type Waits,
  WorkerActor,
} from './actors/index.js';
import { type Bus, createEmbeddedJournal, type EmbeddedBus, type Journal } from './bus/index.js';
import type { Cluster } from './cluster.js';
import { createInspectTap } from './inspect/tap.js';
import type { MemorySettings, Policy, Situation } from './policy/index.js';
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

export interface ServingOptions {
  /** What this process is called. */
  readonly name: string;
  readonly clock: Clock;
  readonly wallClock: () => number;
  readonly random: () => number;
  /** Of this process alone: its pressure is told on it. */
  readonly ownBus: EmbeddedBus;
  readonly pressure: PressureActor;
  readonly memory: MemorySettings;
  readonly onPolicy: (policy: Policy) => void;
  readonly onError: (error: unknown) => void;
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
    ...{ name, bus, subjects, clock, journal, onError: options.onError, beatMs: waits.beatMs },
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

export function serveElsewhere(cluster: Cluster, options: ServingOptions): Serving {
  const { name, clock, wallClock, random, pressure, memory, onPolicy, onError } = options;
  const { bus, journal, subjects } = cluster;
  const record = new PolicyRecord({ records: journal.records, memory, onError });
  const followed = new FollowedPolicy({ record, pressure, memory, onPolicy });
  const tap = createInspectTap({ bus, subjects, process: name, clock, wallClock, random, onError });
  tap.watch(pressure.actor);
  return {
    ...{ bus, journal, supervisor: null, worker: null, tap, counters: () => ({ ...bus.counters }) },
    get policy() {
      return followed.policy;
    },
    async stop() {
      tap.close();
      followed.stop();
      record.close();
    },
    close: () => cluster.close(),
  };
}
