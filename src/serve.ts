/**
 * The processes that serve a cluster: a supervisor, which holds no store, and a worker, which is nothing without one.
 * Assembles actors around bus and journal, drains them and takes them down; decides nothing.
 */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import type { Logger } from 'pino';
import {
  FollowedPolicy,
  openMemoryReader,
  PolicyRecord,
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
import { initialPolicy, type MemorySettings } from './policy/index.js';
import { checkWorkerName, HeliosError, WIRE_VERSION } from './protocol/index.js';
import type { AnyObjectType } from './restore/index.js';
import { Rooms, toLink } from './rooms.js';
import { openStore } from './store/index.js';

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
