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
import { ByteCache } from './cache/index.js';
import { createLookup } from './lookup.js';
import { initialPolicy, type MemorySettings, type Situation } from './policy/index.js';
import { createIds, createSubjects, HeliosError, type Subjects } from './protocol/index.js';
import {
  type AnyObjectType,
  Blocks,
  type Cell,
  Objects,
  Restorer,
  TypeMetrics,
  TypeRegistry,
  UnsavedBytes,
} from './restore/index.js';
import {
  createEncoder,
  Decoder,
  heldBy,
  hostOf,
  type Link,
  labelOf,
  partOf,
  StateReference,
  Versions,
} from './state/index.js';
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
  readonly store: Store;
  readonly types: TypeRegistry;
  readonly metrics = new TypeMetrics();
  readonly unsaved = new UnsavedBytes(() => this.shareBudget());
  readonly clock: Clock;
  readonly cache: ByteCache<Cell>;
  readonly blocks: Blocks;
  readonly versions: Versions;
  readonly objects: Objects;
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
    const { store, memory, clock = systemClock, wallClock = Date.now, random = Math.random } = options;
    this.store = store;
    this.clock = clock;
    this.types = new TypeRegistry(options.types);
    this.cache = new ByteCache<Cell>({ budgetBytes: initialPolicy(memory).cacheBudgetBytes });
    const decoder = new Decoder({ fromLink: (link) => this.reference(link) });
    this.blocks = new Blocks({ store, decoder, cache: this.cache });
    const encoder = createEncoder({ asLink });
    this.versions = new Versions({ store, encoder, now: wallClock });
    this.objects = new Objects({
      ...{ types: this.types, restorer: new Restorer(store, this.blocks), encoder, versions: this.versions },
      ...{ unsaved: this.unsaved, metrics: this.metrics, now: () => clock.now(), checkOpen: () => this.checkOpen() },
    });

    this.bus = createEmbeddedBus({ onError: options.onError, random });
    this.subjects = createSubjects();
    const { bus, subjects } = this;
    this.threshold = new ThresholdActor({ bus, subjects, clock, memory });
    bus.subscribe(subjects.policy, () => this.shareBudget());
    const reader = openMemoryReader();
    this.closeMemory = () => reader.close();
    const nextId = createIds({ clock: wallClock, random });
    const name = `local-${nextId()}`;
    this.pressure = new PressureActor({ worker: name, bus, subjects, clock, read: () => reader.read() });
    this.supervisor = new SupervisorActor({ bus, subjects, clock, situation: () => this.situation() });
    this.worker = new WorkerActor({
      ...{ name, bus, subjects, clock, blocks: store.blocks, types: this.types.known(), metrics: this.metrics },
      find: createLookup({ store, objects: this.objects, types: this.types, metrics: this.metrics }),
    });
    this.requests = new Requests({ bus, subjects, clock, nextId, random });
  }

  /** What the policy grants goes to unsaved states first, then to the cache. */
  private shareBudget(): void {
    this.cache.budgetBytes = Math.max(0, this.threshold.policy.cacheBudgetBytes - this.unsaved.total);
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
      await this.store.close();
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

  private reference(link: Link): StateReference<unknown, unknown> {
    const { part, type, schemaVersion, weight } = link;
    return new StateReference(this.objects, { part, tree: undefined }, { type, schemaVersion, weight }, null);
  }
}

function asLink(value: object): Link | undefined {
  if (!(value instanceof StateReference)) return undefined;
  return { part: partOf(hostOf(value), heldBy(value)), ...labelOf(value) };
}

function closed(): HeliosError {
  return new HeliosError('CLOSED', 'This Helios was closed. Open another one.');
}
