/**
 * Collection: marks what is within reach of heads, their kept versions, and what was let go of within the grace time;
 * sweeps the rest. It works in small steps, and other processes go on writing: what they write meanwhile is recorded by
 * the store, and marked before each step that frees something, at a moment when nobody writes.
 *
 * Why nothing is lost: a block is freed only if it was in no closure of a root when it was marked, and nobody has
 * written or borrowed it, or anything above it, since; a change that looked before the step, and would rest on what the
 * step freed, is refused by the count in `Swept` and prepared anew (versions.ts).
 */
import { HeliosError } from '../protocol/errors.js';
import { type Hash, type Store, SWEEP_MAX } from '../store/index.js';
import { closureOf } from './closure.js';
import { Marks } from './marks.js';

export interface CollectReport {
  readonly blocksFreed: number;
  readonly bytesFreed: number;
  readonly durationMs: number;
}

export interface CollectProgress {
  /** `mark`: blocks found within reach so far. `sweep`: blocks looked at, of all. */
  readonly phase: 'mark' | 'sweep';
  readonly blocks: number;
}

export interface CollectOptions {
  readonly store: Store;
  /** For which what was let go of stays, in milliseconds. */
  readonly graceMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a steady clock. */
  readonly steady: () => number;
  /** Ends the turn of the event loop. */
  readonly pause: () => Promise<void>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: CollectProgress) => void;
}

/** Milliseconds for which one step may keep the thread. */
const SLICE_MS = 2;
/** Milliseconds between two words that it goes on. */
const RENEW_MS = 10_000;
/** Hashes that are read at a time, and heads. */
const PAGE = 4_096;
const HEADS_PAGE = 256;

/**
 * Frees what nothing holds.
 * @throws HeliosError `CONFLICT` while another collection is under way · `CORRUPT_BLOCK` when what is within reach can't
 *   be followed: nothing is freed then · `CANCELLED` by the signal: what was freed by then is · `CLOSED`
 */
export async function collect(options: CollectOptions): Promise<CollectReport> {
  const { store, steady } = options;
  const startedAt = steady();
  await store.collection.begin();
  try {
    const { blocks, bytes } = await new Collecting(options).run();
    return { blocksFreed: blocks, bytesFreed: bytes, durationMs: steady() - startedAt };
  } finally {
    await store.collection.end();
  }
}

class Collecting {
  private readonly marks = new Marks();
  private sliceEndsAt: number;
  private renewAt: number;

  constructor(private readonly options: CollectOptions) {
    const now = options.steady();
    this.sliceEndsAt = now + SLICE_MS;
    this.renewAt = now + RENEW_MS;
  }

  async run(): Promise<{ blocks: number; bytes: number }> {
    const { store, graceMs, now } = this.options;
    const before = now() - graceMs;
    await this.markHeads();
    // After the heads: what was let go of while they were read is here by now.
    await this.mark(await store.collection.dropped(before));
    return this.sweep(before);
  }

  private async markHeads(): Promise<void> {
    const { heads } = this.options.store;
    for (let after = ''; ; ) {
      const page = [...heads.list({ after, limit: HEADS_PAGE })];
      for (const head of page) {
        // In pages, newest first: what is saved meanwhile is recorded.
        for (const { commit } of heads.history(head.name)) await this.mark([commit]);
        await this.mark([head.commit]);
      }
      const last = page.at(-1);
      if (last === undefined || page.length < HEADS_PAGE) return;
      after = last.name;
    }
  }

  /** Everything within reach. A link to what was never stored here leads nowhere. */
  private async mark(roots: readonly Hash[]): Promise<void> {
    for (const _ of this.marking(roots)) await this.mayPause('mark', this.marks.size);
  }

  private *marking(roots: readonly Hash[]): Generator<void> {
    const { marks } = this;
    const { blocks } = this.options.store;
    for (const { hash } of closureOf(
      roots,
      (one) => marks.has(one),
      (one) => blocks.get(one),
    )) {
      marks.add(hash);
      yield;
    }
  }

  private async sweep(before: number): Promise<{ blocks: number; bytes: number }> {
    const { store } = this.options;
    const total = { blocks: 0, bytes: 0 };
    let looked = 0;
    let garbage: Hash[] = [];
    for (let after: Hash | null = null; ; ) {
      const page: readonly Hash[] = store.collection.hashes(after, PAGE);
      for (const hash of page) if (!this.marks.has(hash)) garbage.push(hash);
      looked += page.length;
      const isLast = page.length < PAGE;
      while (garbage.length >= SWEEP_MAX || (isLast && garbage.length > 0)) {
        await this.free(garbage.slice(0, SWEEP_MAX), before, total);
        garbage = garbage.slice(SWEEP_MAX);
      }
      await this.mayPause('sweep', looked);
      if (isLast) return total;
      after = page.at(-1) ?? null;
    }
  }

  private async free(hashes: readonly Hash[], before: number, total: { blocks: number; bytes: number }): Promise<void> {
    const { collection } = this.options.store;
    // Most of it first, while others may write; what is left for the moment when nobody may is little.
    await this.mark(await collection.written());
    const freed = await collection.sweep((written) => {
      for (const _ of this.marking(written));
      return hashes.filter((hash) => !this.marks.has(hash));
    }, before);
    total.blocks += freed.blocks;
    total.bytes += freed.bytes;
    // Writers that wait have their turn between any two steps.
    await this.options.pause();
    this.checkSignal();
  }

  private async mayPause(phase: CollectProgress['phase'], blocks: number): Promise<void> {
    const { steady, pause, store, onProgress } = this.options;
    const now = steady();
    if (now < this.sliceEndsAt) return;
    onProgress?.({ phase, blocks });
    if (now >= this.renewAt) {
      await store.collection.renew();
      this.renewAt = steady() + RENEW_MS;
    }
    await pause();
    this.checkSignal();
    this.sliceEndsAt = steady() + SLICE_MS;
  }

  private checkSignal(): void {
    const { signal } = this.options;
    if (signal?.aborted !== true) return;
    throw new HeliosError('CANCELLED', 'The collection was stopped. What it had freed by then stays freed.', {
      cause: signal.reason,
    });
  }
}
