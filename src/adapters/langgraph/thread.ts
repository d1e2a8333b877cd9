/**
 * A thread as one Helios object: the record of all its checkpoints and writes, by namespace and id. A checkpoint holds its
 * channels as parts of that record, so that one that did not change is the very same part as its parent's, whatever other
 * forks do; and a thread is copied by copying one head. Saves of a thread take turns in this process, and are done again
 * when another process was first: what they add stands under keys of its own, so both stay.
 */

import { setImmediate } from 'node:timers/promises';
import type { Helios } from '../../helios.js';
import { HeliosError } from '../../protocol/errors.js';
import { type StateReference, Turns, type Value, type Version } from '../../state/index.js';

/** A checkpoint as it is stored. Everything in it is encoded. */
export interface StoredCheckpoint {
  /** All of it but the channels' values. */
  readonly checkpoint: unknown;
  readonly metadata: unknown;
  readonly parent?: string;
  readonly channels: Readonly<Record<string, unknown>>;
  /** Places of the channels in the order of their names, where they were given in another. */
  readonly order?: readonly number[];
  /** Ids of classes that objects in it are of, beside messages. */
  readonly classes?: readonly string[];
}

export interface StoredWrite {
  readonly task: string;
  readonly path: string;
  readonly index: number;
  readonly channel: string;
  readonly value: unknown;
  readonly classes?: readonly string[];
}

type ByNamespace<T> = Record<string, Record<string, T>>;

export interface Thread {
  checkpoints: ByNamespace<StoredCheckpoint>;
  /** The id of each namespace's newest checkpoint. */
  latest: Record<string, string>;
  /** By checkpoint, then by task and index. */
  writes: ByNamespace<Record<string, StoredWrite>>;
  /** Of a thread that began as a fork: what came after the fork's beginning elsewhere, and is none of its own. */
  hidden?: readonly Hidden[];
}

/** Checkpoints whose ids are between these two, which are in the order of time. */
export interface Hidden {
  readonly after: string;
  readonly before: string;
}

export interface Change {
  /** Whether it takes over what stands in the thread already: then nothing that comes before it may be saved with it. */
  readonly isStep: boolean;
  /** `before` is the thread's view as it was, for what is taken over from it. */
  readonly recipe: (draft: Thread, before: Readonly<Thread>, ref: ThreadReference) => void;
  readonly message: string;
}

interface Waiting {
  readonly change: Change;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export type ThreadReference = StateReference<Record<string, Value>>;

export interface ThreadsOptions {
  readonly helios: Helios;
  /** How long a thread that nobody saves to is kept; without it, for ever. */
  readonly ttlMs?: number | undefined;
  /** Is told when threads that were over could not be taken away. */
  readonly onFailedSweep: (error: unknown) => void;
}

const PREFIX = 'langgraph/';
/** Threads whose time is over are looked for so often in their time, and not more often than this. */
const SWEEPS_A_TTL = 10;
const SWEEP_MIN_MS = 10_000;
/** How often a save is done again because another process was first. */
const SAVE_TRIES = 64;
/** Threads whose newest state is held, so that it is not read again for each step. */
const THREADS_MAX = 1_024;

export class Threads {
  private readonly held = new Map<string, ThreadReference>();
  private readonly turns = new Turns();
  private readonly waiting = new Map<string, Waiting[]>();

  private readonly helios: Helios;
  private sweepAt = Number.NEGATIVE_INFINITY;
  private sweeping: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: ThreadsOptions) {
    this.helios = options.helios;
  }

  /** The newest state of a thread; `undefined` where there is none, or its time is over. */
  async get(thread: string): Promise<ThreadReference | undefined> {
    const loaded = (await this.helios.find(nameOf(thread))) as unknown as ThreadReference | null;
    if (loaded === null) {
      this.held.delete(thread);
      return undefined;
    }
    if (this.isOver(loaded.base)) return undefined;
    const held = this.held.get(thread);
    if (held !== undefined && held.base?.version === loaded.base?.version && held.root === loaded.root) return held;
    this.hold(thread, loaded);
    return loaded;
  }

  /** Ids of all threads, in order. */
  async *ids(): AsyncGenerator<string> {
    for await (const version of this.helios.list({ prefix: PREFIX })) {
      if (!this.isOver(version)) yield version.name.slice(PREFIX.length);
    }
  }

  /** Takes away the threads whose time is over, and gives their ids. */
  async sweep(): Promise<string[]> {
    const ids: string[] = [];
    for await (const version of this.helios.list({ prefix: PREFIX })) {
      const id = version.name.slice(PREFIX.length);
      if (this.isOver(version) && (await this.turns.take(id, () => this.drop(version)))) ids.push(id);
    }
    return ids;
  }

  /** Waits for what was begun by itself. */
  async settle(): Promise<void> {
    await this.sweeping;
  }

  private isOver(version: Version | null): boolean {
    const { ttlMs } = this.options;
    return ttlMs !== undefined && version !== null && version.at.getTime() + ttlMs <= Date.now();
  }

  /** Takes a thread away as it was; false where somebody has gone on with it, or was first. */
  private async drop(version: Version): Promise<boolean> {
    this.held.delete(version.name.slice(PREFIX.length));
    try {
      await this.helios.delete(version.name, { expect: version });
      return true;
    } catch (error) {
      if (HeliosError.is(error, 'UNKNOWN_OBJECT') || HeliosError.is(error, 'CONFLICT')) return false;
      throw error;
    }
  }

  /** Now and then, beside what is asked for. */
  private sweepSometimes(): void {
    const { ttlMs, onFailedSweep } = this.options;
    if (ttlMs === undefined || Date.now() < this.sweepAt) return;
    this.sweepAt = Date.now() + Math.max(ttlMs / SWEEPS_A_TTL, SWEEP_MIN_MS);
    this.sweeping = this.sweep().catch(onFailedSweep);
  }

  /** Changes a thread, made if it isn't there. Changes that come while one is being saved are saved together. */
  change(thread: string, change: Change): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting = this.waiting.get(thread);
      const one = { change, resolve, reject };
      if (waiting !== undefined) {
        waiting.push(one);
        return;
      }
      this.waiting.set(thread, [one]);
      void this.turns.take(thread, () => this.saveWaiting(thread));
    });
  }

  private async saveWaiting(thread: string): Promise<void> {
    // The writes of a step and its checkpoint come in one turn of the event loop: so they are one save.
    await setImmediate();
    for (;;) {
      const waiting = this.waiting.get(thread) ?? [];
      if (waiting.length === 0) {
        this.waiting.delete(thread);
        return;
      }
      const batch = waiting.splice(0, batchOf(waiting));
      try {
        await this.save(
          thread,
          batch.map(({ change }) => change),
        );
        for (const { resolve } of batch) resolve();
      } catch (error) {
        await this.saveEach(thread, batch, error);
      }
    }
  }

  /** One of several could not be saved: so each by itself, and it is told to whom it belongs. */
  private async saveEach(thread: string, batch: readonly Waiting[], error: unknown): Promise<void> {
    for (const { change, resolve, reject } of batch) {
      if (batch.length === 1) reject(error);
      else await this.save(thread, [change]).then(resolve, reject);
    }
  }

  private async save(thread: string, changes: readonly Change[]): Promise<void> {
    const message = [...new Set(changes.map((change) => change.message))].join(', ');
    await this.saveAs(thread, message, (ref) => {
      const before = viewOf(ref);
      return ref.edit((draft) => {
        for (const { recipe } of changes) recipe(draft as unknown as Thread, before, ref);
      });
    });
  }

  /**
   * Many changes of a thread, one upon the other, in one save; none where nothing has changed.
   * @param work is called again when another process was first
   * @returns whether the thread is new
   */
  rework(thread: string, message: string, work: (ref: ThreadReference) => ThreadReference): Promise<boolean> {
    return this.turns.take(thread, () => this.saveAs(thread, message, work));
  }

  private async saveAs(
    thread: string,
    message: string,
    work: (ref: ThreadReference) => ThreadReference,
  ): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      const ref = await this.latest(thread);
      const isNew = ref.base === null;
      const next = work(ref);
      if (next === ref) return false;
      try {
        await next.save(nameOf(thread), { message });
        this.hold(thread, next);
        this.sweepSometimes();
        return isNew;
      } catch (error) {
        if (!HeliosError.is(error, 'CONFLICT') || attempt >= SAVE_TRIES) throw error;
        this.held.delete(thread);
      }
    }
  }

  /** What a save goes on from. What is left of a thread whose time is over goes first. */
  private async latest(thread: string): Promise<ThreadReference> {
    const held = this.held.get(thread);
    if (held !== undefined && !this.isOver(held.base)) return held;
    const found = await this.get(thread);
    if (found !== undefined) return found;
    await this.dropOver(thread);
    return this.empty();
  }

  private async dropOver(thread: string): Promise<void> {
    const left = this.options.ttlMs === undefined ? null : await this.helios.find(nameOf(thread));
    if (left?.base && this.isOver(left.base)) await this.drop(left.base);
  }

  async delete(thread: string): Promise<void> {
    await this.turns.take(thread, async () => {
      this.held.delete(thread);
      try {
        await this.helios.delete(nameOf(thread));
      } catch (error) {
        if (!HeliosError.is(error, 'UNKNOWN_OBJECT')) throw error;
      }
    });
  }

  /** Puts a state of another thread, changed or not, under a name that is not taken. */
  async copy(ref: ThreadReference, to: string, message: string, recipe?: Change['recipe']): Promise<void> {
    await this.turns.take(to, async () => {
      const before = viewOf(ref);
      const copy =
        recipe === undefined ? ref.branch() : ref.edit((draft) => recipe(draft as unknown as Thread, before, ref));
      await this.dropOver(to);
      await copy.save(nameOf(to), { expect: 'absent', message });
    });
  }

  private empty(): ThreadReference {
    return this.helios.create('record', { checkpoints: {}, latest: {}, writes: {} } as Record<string, Value>);
  }

  private hold(thread: string, ref: ThreadReference): void {
    this.held.delete(thread);
    this.held.set(thread, ref);
    for (const oldest of this.held.keys()) {
      if (this.held.size <= THREADS_MAX) return;
      this.held.delete(oldest);
    }
  }
}

/** How many of those that wait are saved together: up to the second one that takes over what the first has put there. */
function batchOf(waiting: readonly Waiting[]): number {
  let steps = 0;
  for (const [index, { change }] of waiting.entries()) if (change.isStep && ++steps > 1) return index;
  return waiting.length;
}

/** Whether a checkpoint of this id is none of the thread's own. */
export function isHidden({ hidden }: Readonly<Thread>, id: string): boolean {
  return hidden?.some(({ after, before }) => id > after && id < before) ?? false;
}

/** The head that a thread is. */
export function nameOf(thread: string): string {
  return PREFIX + thread;
}

/** What a thread has in a namespace, made where there is nothing. */
export function inNamespace<T>(all: Record<string, Record<string, T>>, namespace: string): Record<string, T> {
  if (!Object.hasOwn(all, namespace)) all[namespace] = {};
  return all[namespace] as Record<string, T>;
}

/** Puts a checkpoint in, which is its namespace's newest if its id says so. */
export function setCheckpoint(draft: Thread, namespace: string, id: string, stored: StoredCheckpoint): void {
  inNamespace(draft.checkpoints, namespace)[id] = stored;
  const latest = draft.latest[namespace];
  if (latest === undefined || id > latest) draft.latest[namespace] = id;
}

/** The key of a write among those at a checkpoint. */
export function writeKey({ task, index }: StoredWrite): string {
  return `${task},${index}`;
}

export function viewOf(ref: ThreadReference): Readonly<Thread> {
  return ref.view() as unknown as Readonly<Thread>;
}

export function own<T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}
