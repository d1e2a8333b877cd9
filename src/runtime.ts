/**
 * Brings the rooms to life and takes them down again: store, state, restore, bus, and the actors of one process. Knows
 * who needs whom and in which order; what the public surface does with them is helios.ts.
 */
import {
  type Clock,
  openMemoryReader,
  PressureActor,
  Requests,
  SupervisorActor,
  systemClock,
  ThresholdActor,
  WorkerActor,
} from './actors/index.js';
import { createEmbeddedBus, type EmbeddedBus } from './bus/index.js';
import { initialPolicy, type MemorySettings, type Situation } from './policy/index.js';
import { createIds, createSubjects, HeliosError, type Subjects } from './protocol/index.js';
import type { AnyObjectType } from './restore/index.js';
import { Rooms } from './rooms.js';
import type { Store } from './store/index.js';

export interface RuntimeOptions {
  readonly store: Store;
  readonly types: readonly AnyObjectType[];
  readonly memory: MemorySettings;
  /** Tells of what went wrong where nobody waits for it. */
  readonly onError: (error: unknown) => void;
  readonly clock?: Clock;
  readonly wallClock?: () => number;
  readonly random?: () => number;
}

export class Runtime {
  readonly rooms: Rooms;
  readonly clock: Clock;
  readonly bus: EmbeddedBus;
  readonly subjects: Subjects;
  readonly threshold: ThresholdActor;
  readonly pressure: PressureActor;
  readonly supervisor: SupervisorActor;
  readonly worker: WorkerActor;
  readonly requests: Requests;
  private readonly closeMemory: () => void;
  private closing: Promise<void> | null = null;

  constructor(options: RuntimeOptions) {
    const { store, types, memory, clock = systemClock, wallClock = Date.now, random = Math.random } = options;
    this.clock = clock;
    this.rooms = new Rooms({
      ...{ store, types, clock, wallClock, budgetBytes: initialPolicy(memory).cacheBudgetBytes },
      checkOpen: () => this.checkOpen(),
    });
    this.bus = createEmbeddedBus({ onError: options.onError, random });
    this.subjects = createSubjects();
    const { bus, subjects, rooms } = this;
    this.threshold = new ThresholdActor({ bus, subjects, clock, memory });
    bus.subscribe(subjects.policy, () => rooms.grant(this.threshold.policy.cacheBudgetBytes));
    const reader = openMemoryReader();
    this.closeMemory = () => reader.close();
    const nextId = createIds({ clock: wallClock, random });
    const name = `local-${nextId()}`;
    this.pressure = new PressureActor({ worker: name, bus, subjects, clock, read: () => reader.read() });
    this.supervisor = new SupervisorActor({ bus, subjects, clock, situation: () => this.situation() });
    this.worker = new WorkerActor({
      ...{ name, bus, subjects, clock, blocks: store.blocks, types: () => rooms.types.known(), metrics: rooms.metrics },
      find: rooms.find,
    });
    this.requests = new Requests({ bus, subjects, clock, nextId, random });
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

  /** @throws HeliosError `CLOSED` */
  checkOpen(): void {
    if (this.closing !== null) throw closed();
  }

  /** What a decision about memory rests on now. */
  situation(): Situation {
    const { score, trend } = this.pressure.pressure;
    return { threshold: this.threshold.policy.threshold, score, trend, freeBytes: this.pressure.freeBytes };
  }

  /** Lets what runs end for a while, ends the rest with `CLOSED`, and lets the store go. All calls share one closing. */
  close(drainMs: number): Promise<void> {
    this.closing ??= this.closeNow(drainMs);
    return this.closing;
  }

  private async closeNow(drainMs: number): Promise<void> {
    await this.drained(drainMs);
    const error = closed();
    try {
      this.supervisor.stop(error);
      this.worker.stop(error);
      this.requests.close(error);
      this.pressure.stop();
      this.threshold.stop();
      this.closeMemory();
      await this.bus.close();
    } finally {
      await this.rooms.store.close();
    }
  }

  private async drained(drainMs: number): Promise<void> {
    if (this.requests.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = this.clock.after(drainMs, resolve, true);
      this.requests.whenIdle(() => {
        timer.cancel();
        resolve();
      });
    });
  }
}

function closed(): HeliosError {
  return new HeliosError('CLOSED', 'This Helios was closed. Open another one.');
}
