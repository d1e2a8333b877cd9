/**
 * Counts the bytes of blocks that were made here and are held by references alone: not saved yet. They count in the
 * memory budget, which the decoded cache then has less of, until they are saved or their reference is collected.
 */
import type { HeldState } from '../state/index.js';

/** Bytes by which the count must have changed before anybody is told: a budget isn't moved for each edit. */
const STEP_BYTES = 1_048_576;

type Unsaved = NonNullable<HeldState['unsaved']>;

export class UnsavedBytes {
  /** Bytes held now, by the collector's last look. */
  total = 0;
  private told = 0;
  /** What a state counts lies on it: a table of states, or taking them off this list again, costs more than an encoding. */
  private readonly freed = new FinalizationRegistry<Unsaved>((unsaved) => this.forget(unsaved));

  /** `onChange` is told the total whenever it has moved by about a megabyte. */
  constructor(private readonly onChange: (totalBytes: number) => void) {}

  /** A state holds so many bytes of new blocks from now on. */
  add(held: HeldState, bytes: number): void {
    const unsaved = { bytes };
    held.unsaved = unsaved;
    this.freed.register(held, unsaved);
    this.total += bytes;
    this.tell();
  }

  /** The state was saved: its blocks are in the store. */
  release(held: HeldState): void {
    if (held.unsaved === undefined) return;
    this.forget(held.unsaved);
    held.unsaved = undefined;
  }

  private forget(unsaved: Unsaved): void {
    this.total -= unsaved.bytes;
    unsaved.bytes = 0;
    this.tell();
  }

  private tell(): void {
    if (Math.abs(this.total - this.told) < STEP_BYTES) return;
    this.told = this.total;
    this.onChange(this.total);
  }
}
