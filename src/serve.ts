/**
 * The processes that serve a cluster: a supervisor, which holds no store, and a worker, which is nothing without one.
 * Assembles actors around bus and journal, drains them and takes them down; decides nothing.
 */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import {
  type Clock,
  memorySettings,
  openMemoryReader,
  PressureActor,
  SupervisorActor,
  startHeartbeatThread,
  systemClock,
  ThresholdActor,
  type Waits,
  WorkerActor,
} from './actors/index.js';
import type { NatsAccess } from './bus/index.js';
import { type Cluster, joinCluster } from './cluster.js';
import { type Following, followCluster } from './following.js';
import { initialPolicy, type MemorySettings, type Policy } from './policy/index.js';
import { checkWorkerName, type HeartbeatMessage, HeliosError, WIRE_VERSION } from './protocol/index.js';
import type { AnyObjectType } from './restore/index.js';
import { Rooms, toLink } from './rooms.js';
import { hashOf, openStore } from './store/index.js';

export { startInspector } from './inspect/index.js';

export interface ServeOptions {
  readonly nats: string | NatsAccess;
  readonly prefix?: string;
  /** Its own among all processes of its kind; made of host, process and chance when absent. */
  readonly name?: string;
  readonly waits?: Partial<Waits>;
  readonly logger?: Logger;
}

export interface ServeWorkerOptions extends ServeOptions {
  /** The directory of the store, which all workers of a prefix share. */
  readonly store: string;
  readonly types?: readonly AnyObjectType[];
  readonly memoryBytes?: number;
  readonly durability?: 'process' | 'power';
}

/** A serving process, to be ended in order. */
export interface Served {
  readonly name: string;
  readonly prefix: string;
  /** Rejects when it can't go on. */
  readonly failed: Promise<never>;
  /** Takes nothing more, finishes what it has, for so long at most. Resolves to whether all was finished. */
  drain(limitMs: number): Promise<boolean>;
  close(): Promise<void>;
}

export interface ServedSupervisor extends Served {
  /** Says for a worker that has ended that it is gone, which others would only find out by and by. */
  workerGone(worker: string): void;
}

/** The journal's record of which store a prefix serves. */
const STORE_KEY = 'store';
const RANDOM_BYTES = 3;

export async function serveSupervisor(options: ServeOptions): Promise<ServedSupervisor> {
  const name = checkWorkerName(options.name ?? newName('supervisor'));
  const cluster = await joinCluster({ ...options, name });
  const { bus, journal, subjects, waits } = cluster;
  const memory = memorySettings(undefined);
  const around = surroundings(name, cluster, {
    ...{ memory, logger: options.logger, isWorker: false },
    onPolicy: () => supervisor.policyChanged(),
  });
  const { clock, following, pressure, onError } = around;
  const { record, tap } = following;
  const threshold = new ThresholdActor({ bus, subjects, clock, memory, record, onError });
  // How many bytes are free here says nothing of the workers.
  const situation = () => {
    const { score, trend } = pressure.pressure;
    return { threshold: following.policy.threshold, score, trend, freeBytes: undefined };
  };
  const supervisor: SupervisorActor = new SupervisorActor({
    ...{ bus, subjects, clock, waits, journal, tap, onError, situation },
    ...{ hash: hashOf, random: Math.random },
  });
  for (const actor of [supervisor.actor, threshold.actor]) tap.watch(actor);
  return {
    ...{ name, prefix: subjects.prefix, failed: cluster.failed },
    workerGone(worker) {
      const figures = { wire: WIRE_VERSION, beat: 0, progress: 0, inHand: 0, types: [] };
      const message: HeartbeatMessage = { worker, state: 'gone', ...figures };
      bus.publish(subjects.heartbeat(worker), message);
    },
    async drain(limitMs) {
      await supervisor.drain(limitMs);
      return supervisor.queued + supervisor.dispatched === 0;
    },
    close: once(async () => {
      supervisor.stop(ended());
      threshold.stop();
      around.stop();
      await cluster.close();
    }),
  };
}

/** @throws HeliosError `INVALID_REQUEST` when the prefix serves another store; else as joining and opening do */
export async function serveWorker(options: ServeWorkerOptions): Promise<Served> {
  const name = checkWorkerName(options.name ?? newName('worker'));
  const store = await openStore(options.store, { durability: options.durability ?? 'process' });
  let cluster: Cluster | undefined;
  try {
    const memory = memorySettings(options.memoryBytes);
    const rooms: Rooms = new Rooms({
      ...{ store, types: options.types ?? [], clock: systemClock, wallClock: Date.now, checkOpen: () => {} },
      budgetBytes: initialPolicy(memory).cacheBudgetBytes,
    });
    cluster = await joinCluster({ ...options, name, toLink, fromLink: (link) => rooms.fromLink(link) });
    await claimStore(cluster, store.id);
    const onPolicy = (policy: Policy) => rooms.grant(policy.cacheBudgetBytes);
    const around = surroundings(name, cluster, { memory, logger: options.logger, isWorker: true, onPolicy });
    return workerOver(name, cluster, rooms, around);
  } catch (error) {
    await cluster?.close();
    await store.close();
    throw error;
  }
}

function workerOver(name: string, cluster: Cluster, rooms: Rooms, around: Surroundings): Served {
  const { bus, journal, subjects, waits, nats } = cluster;
  const { store } = rooms;
  const { clock, following, pressure, onError } = around;
  const types = () => rooms.types.known();
  const heart = startHeartbeatThread({
    ...{ nats, subjects, clock, onError, worker: name, store: store.id, beatMs: waits.beatMs, types: types() },
  });
  const worker = new WorkerActor({
    ...{
      name,
      bus,
      subjects,
      clock,
      journal,
      heart,
      types,
      toLink,
      onError,
      store: store.id,
      beatMs: waits.beatMs,
      togetherMs: waits.togetherMs,
    },
    ...{ blocks: store.blocks, metrics: rooms.metrics, find: rooms.find },
    creditBytes: () => pressure.freeBytes,
  });
  following.tap.watch(worker.actor);
  return {
    ...{ name, prefix: subjects.prefix, failed: cluster.failed },
    drain: (limitMs) => worker.drain(limitMs),
    close: once(async () => {
      await worker.stop(ended());
      around.stop();
      await cluster.close();
      await store.close();
    }),
  };
}

/** All workers of a prefix serve one store: the first one says which. */
async function claimStore({ journal, subjects }: Cluster, id: string): Promise<void> {
  const isFirst = await journal.records.put(STORE_KEY, { id, wire: WIRE_VERSION }, 0);
  if (isFirst !== undefined) return;
  const value: unknown = (await journal.records.get(STORE_KEY))?.value;
  const found: unknown = Reflect.get(Object(value), 'id');
  const wire: unknown = Reflect.get(Object(value), 'wire');
  if (found === id && wire === WIRE_VERSION) return;
  const bucket = subjects.storage('POLICY');
  const text =
    found === id
      ? `The workers under ${subjects.prefix} speak version ${String(wire)} of the wire, this one ${WIRE_VERSION}. Update them together`
      : `The workers under ${subjects.prefix} serve the store ${String(found)}, and this directory is the store ${id}. Open that one, or use another --prefix`;
  const advice = `To give the prefix over, delete the key ${STORE_KEY} of the bucket ${bucket}`;
  throw new HeliosError('INVALID_REQUEST', `${text}. ${advice}.`, { details: { found, store: id } });
}

interface Surroundings {
  readonly clock: Clock;
  readonly pressure: PressureActor;
  readonly following: Following;
  readonly onError: (error: unknown) => void;
  stop(): void;
}

interface SurroundingsOptions {
  readonly memory: MemorySettings;
  readonly logger: Logger | undefined;
  /** Whether the cluster's policy shall follow this process's pressure. */
  readonly isWorker: boolean;
  readonly onPolicy: (policy: Policy) => void;
}

/** What every serving process has beside its actors. */
function surroundings(name: string, cluster: Cluster, options: SurroundingsOptions): Surroundings {
  const { bus, subjects } = cluster;
  const { memory, logger, isWorker: isPublished, onPolicy } = options;
  const clock = systemClock;
  const onError = (error: unknown) => logger?.warn({ err: error }, 'went wrong where nobody waits for it');
  const reader = openMemoryReader();
  const read = () => reader.read();
  const pressure = new PressureActor({ worker: name, bus, subjects, clock, read, isPublished });
  const following = followCluster(cluster, {
    ...{ name, clock, wallClock: Date.now, random: Math.random, pressure, memory, onPolicy, onError },
  });
  return {
    ...{ clock, pressure, following, onError },
    stop() {
      following.stop();
      pressure.stop();
      reader.close();
    },
  };
}

function once(close: () => Promise<void>): () => Promise<void> {
  let closing: Promise<void> | null = null;
  return () => {
    closing ??= close();
    return closing;
  };
}

function newName(kind: string): string {
  return `${kind}-${hostname()}-${process.pid}-${randomBytes(RANDOM_BYTES).toString('hex')}`;
}

function ended(): HeliosError {
  return new HeliosError('UNAVAILABLE', 'The process that had this request has ended. Ask again.', { retryAfterMs: 0 });
}
