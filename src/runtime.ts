/**
 * A Helios brought to life and taken down again: the rooms of its store, those who serve it, and its way to ask them.
 * Knows who needs whom and in which order; what the public surface does with them is helios.ts.
 */
import { type Clock, DEFAULT_WAITS, openMemoryReader, PressureActor, systemClock, type Waits } from './actors/index.js';
import { createEmbeddedBus, type EmbeddedBus } from './bus/index.js';
import type { Cluster } from './cluster.js';
import { Front } from './front.js';
import { Phrasing } from './phrasing.js';
import { initialPolicy, type MemorySettings, type Policy, type Situation } from './policy/index.js';
import { createIds, createSubjects, HeliosError, type Subjects } from './protocol/index.js';
import type { AnyObjectType, Objects } from './restore/index.js';
import { Rooms } from './rooms.js';
import { type Serving, serveElsewhere, serveHere } from './serving.js';
import type { Part } from './state/index.js';
import type { Store } from './store/index.js';
import { DEFAULT_GRACE_MS, Upkeep } from './upkeep.js';

export interface RuntimeOptions {
  readonly store: Store;
  readonly types: readonly AnyObjectType[];
  readonly memory: MemorySettings;
  /** Tells of what went wrong where nobody waits for it. */
  readonly onError: (error: unknown) => void;
  /** Where others serve: closed with the rest. Without it, a supervisor and a worker serve here. */
  readonly cluster?: Cluster;
  /** Without a cluster, which has its own. */
  readonly prefix?: string;
  readonly clock?: Clock;
  readonly wallClock?: () => number;
  readonly random?: () => number;
  readonly waits?: Partial<Waits>;
  /** For which what was let go of is safe from collections; `DEFAULT_GRACE_MS` when absent. */
  readonly graceMs?: number;
}

export class Runtime {
  readonly rooms: Rooms;
  readonly clock: Clock;
  readonly subjects: Subjects;
  readonly pressure: PressureActor;
  readonly serving: Serving;
  readonly front: Front;
  readonly upkeep: Upkeep;
  /** What this process's own actors say to one another. */
  private readonly ownBus: EmbeddedBus;
  private readonly followers = new Set<() => void>();
  private readonly closeMemory: () => void;
  private closing: Promise<void> | null = null;

  constructor(options: RuntimeOptions) {
    const { store, types, memory, onError, cluster, clock = systemClock } = options;
    const { wallClock = Date.now, random = Math.random } = options;
    const waits = { ...DEFAULT_WAITS, ...cluster?.waits, ...options.waits };
    const nextId = cluster?.nextId ?? createIds({ clock: wallClock, random });
    const name = `local-${nextId()}`;
    const checkOpen = () => this.checkOpen();
    const subjects = cluster?.subjects ?? createSubjects(options.prefix);
    const rooms = new Rooms({
      ...{ store, types, clock, wallClock, checkOpen, budgetBytes: initialPolicy(memory).cacheBudgetBytes },
    });
    const { graceMs = DEFAULT_GRACE_MS } = options;
    this.upkeep = new Upkeep({ rooms, graceMs, wallClock, steady: () => clock.now() });
    this.clock = clock;
    this.subjects = subjects;
    this.rooms = rooms;
    const ownBus = createEmbeddedBus({ onError, random });
    this.ownBus = ownBus;
    const reader = openMemoryReader();
    this.closeMemory = () => reader.close();
    const pressure = new PressureActor({ worker: name, bus: ownBus, subjects, clock, read: () => reader.read() });
    this.pressure = pressure;
    const shared = {
      ...{ name, clock, wallClock, random, ownBus, pressure, memory, onError },
      onPolicy: (policy: Policy) => this.adopt(policy),
    };
    const situation = () => this.situation();
    this.serving =
      cluster === undefined
        ? serveHere({ ...shared, rooms, subjects, waits, situation })
        : serveElsewhere(cluster, shared);
    const { bus, journal, tap } = this.serving;
    const phrasing = new Phrasing({
      ...{ types: rooms.types, checkOpen, know: (type: AnyObjectType) => this.know(type) },
      isStored: (root) => store.blocks.has(root),
      ...(cluster === undefined ? { lend: (part: Part) => lendFrom(rooms.objects, part) } : {}),
    });
    this.front = new Front({
      ...{ bus, journal, subjects, clock, waits, nextId, random, phrasing },
      ...(tap === null ? {} : { tap }),
    });
  }

  get store(): Store {
    return this.rooms.store;
  }

  get types(): Rooms['types'] {
    return this.rooms.types;
  }

  get objects(): Rooms['objects'] {
    return this.rooms.objects;
  }

  get cache(): Rooms['cache'] {
    return this.rooms.cache;
  }

  /** Makes a type known here, and its worker's knowing it to those who give it work. @throws HeliosError `INVALID_REQUEST` */
  know(type: AnyObjectType): void {
    if (this.rooms.types.get(type.name) === type) return;
    this.rooms.types.register(type);
    this.serving.worker?.announce();
  }

  /** What this process follows now. */
  get policy(): Policy {
    return this.serving.policy;
  }

  /** Calls back after each change of the policy. Returns what ends that. */
  followPolicy(onPolicy: () => void): () => void {
    this.followers.add(onPolicy);
    return () => void this.followers.delete(onPolicy);
  }

  /** @throws HeliosError `CLOSED` */
  checkOpen(): void {
    if (this.closing !== null) throw closed();
  }

  /** What a decision about memory rests on now. */
  situation(): Situation {
    const { score, trend } = this.pressure.pressure;
    return { threshold: this.policy.threshold, score, trend, freeBytes: this.pressure.freeBytes };
  }

  /** Lets what runs end for a while, ends the rest with `CLOSED`, and lets the store go. All calls share one closing. */
  close(drainMs: number): Promise<void> {
    this.closing ??= this.closeNow(drainMs);
    return this.closing;
  }

  private adopt(policy: Policy): void {
    this.rooms.grant(policy.cacheBudgetBytes);
    for (const follower of [...this.followers]) follower();
  }

  private async closeNow(drainMs: number): Promise<void> {
    await this.front.drained(drainMs);
    const error = closed();
    try {
      await this.upkeep.close();
      await this.serving.stop(error);
      this.front.close(error);
      this.pressure.stop();
      this.closeMemory();
      this.rooms.moves.close();
      await this.serving.close();
      await this.ownBus.close();
    } finally {
      await this.rooms.store.close();
    }
  }
}

function lendFrom(objects: Objects, part: Part): () => void {
  objects.lend(part);
  return () => objects.giveBack(part);
}

function closed(): HeliosError {
  return new HeliosError('CLOSED', 'This Helios was closed. Open another one.');
}
