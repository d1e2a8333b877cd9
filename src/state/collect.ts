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
import { type Hash, type HeadFault, type Store, SWEEP_MAX } from '../store/index.js';
import { closureOf } from './closure.js';
import { Marks } from './marks.js';
import { Slices, type SlicesOptions } from './slices.js';

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

export interface CollectOptions extends SlicesOptions {
  readonly store: Store;
  /** For which what was let go of stays, in milliseconds. */
  readonly graceMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onProgress?: (progress: CollectProgress) => void;
}

/** Milliseconds between two words that it goes on. */
const RENEW_MS = 10_000;
/** Hashes that are read at a time. */
const PAGE = 4_096;

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

function damagedNames({ name, problem }: HeadFault): HeliosError {
  const which = name === '' ? 'The table of names' : `What the store holds of "${name}"`;
  const how = problem === 'corrupt' ? 'damaged' : 'incomplete';
  return new HeliosError(
    'CORRUPT_BLOCK',
    `${which} is ${how}: nothing is freed. \`helios verify\` names all that is.`,
    {
      details: { name },
    },
  );
}

class Collecting {
  private readonly marks = new Marks();
  private readonly slices: Slices;
  private renewAt: number;

  constructor(private readonly options: CollectOptions) {
    this.slices = new Slices(options, 'The collection was stopped. What it had freed by then stays freed.');
    this.renewAt = options.steady() + RENEW_MS;
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
    // What is saved while they are read is recorded.
    for (const one of this.options.store.heads.audit()) {
      // What it held can't be told from what nobody holds.
      if ('problem' in one) throw damagedNames(one);
      await this.mark([one.commit]);
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
        // Writers that wait have their turn between any two steps.
        await this.pause('sweep', looked);
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
  }

  private async mayPause(phase: CollectProgress['phase'], blocks: number): Promise<void> {
    if (this.slices.isOver) await this.pause(phase, blocks);
  }

  private async pause(phase: CollectProgress['phase'], blocks: number): Promise<void> {
    const { steady, store, onProgress } = this.options;
    onProgress?.({ phase, blocks });
    if (steady() >= this.renewAt) {
      await store.collection.renew();
      this.renewAt = steady() + RENEW_MS;
    }
    await this.slices.next();
  }
}
