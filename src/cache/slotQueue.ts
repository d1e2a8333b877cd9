/**
 * A first-in, first-out queue of slots that also sums their bytes. Its links live in the slot table, so that a slot
 * leaves from the middle in O(1) and moves between queues without allocation. A slot stands in one queue at a time.
 */
import { NONE, type Slots } from './slots.js';

export class SlotQueue {
  /** The slot that came first, or NONE. */
  oldest = NONE;
  length = 0;
  /** Sum of the bytes of its slots. */
  bytes = 0;

  private newest = NONE;

  constructor(
    private readonly slots: Slots<unknown>,
    /** What `slots.places` says of the slots that stand in this queue. */
    readonly place: number,
  ) {}

  push(slot: number): void {
    const { slots } = this;
    slots.places[slot] = this.place;
    slots.older[slot] = this.newest;
    slots.newer[slot] = NONE;
    if (this.newest === NONE) this.oldest = slot;
    else slots.newer[this.newest] = slot;
    this.newest = slot;
    this.length++;
    this.bytes += slots.bytes[slot] as number;
  }

  remove(slot: number): void {
    const { slots } = this;
    const older = slots.older[slot] as number;
    const newer = slots.newer[slot] as number;
    if (older === NONE) this.oldest = newer;
    else slots.newer[older] = newer;
    if (newer === NONE) this.newest = older;
    else slots.older[newer] = older;
    this.length--;
    this.bytes -= slots.bytes[slot] as number;
  }

  /** Forgets its slots without touching them: for when the table is emptied as well. */
  clear(): void {
    this.oldest = NONE;
    this.newest = NONE;
    this.length = 0;
    this.bytes = 0;
  }
}
