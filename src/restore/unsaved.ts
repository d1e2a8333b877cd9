/**
 * Counts the bytes of blocks that were made here and are held by references alone: not saved yet. They count in the
 * memory budget, which the decoded cache then has less of, until they are saved or their reference is collected.
 */
import type { HeldState } from '../state/index.js';

/** Bytes by which the count must have changed before anybody is told: a budget isn't moved for each edit. */
const STEP_BYTES = 1_048_576;

interface Entry {
  bytes: number;
}

export class UnsavedBytes {
  /** Bytes held now, by the collector's last look. */
  total = 0;
  private told = 0;
  private readonly entries = new WeakMap<HeldState, Entry>();
  private readonly freed = new FinalizationRegistry<Entry>((entry) => this.forget(entry));

  /** `onChange` is told the total whenever it has moved by about a megabyte. */
  constructor(private readonly onChange: (totalBytes: number) => void) {}

  /** A state holds so many bytes of new blocks from now on. */
  add(held: HeldState, bytes: number): void {
    const entry = { bytes };
    this.entries.set(held, entry);
    this.freed.register(held, entry, held);
    this.total += bytes;
    this.tell();
  }

  /** The state was saved: its blocks are in the store. */
  release(held: HeldState): void {
    const entry = this.entries.get(held);
    if (entry === undefined) return;
    this.entries.delete(held);
    this.freed.unregister(held);
    this.forget(entry);
  }

  private forget(entry: Entry): void {
    this.total -= entry.bytes;
    entry.bytes = 0;
    this.tell();
  }

  private tell(): void {
    if (Math.abs(this.total - this.told) < STEP_BYTES) return;
    this.told = this.total;
    this.onChange(this.total);
  }
}
