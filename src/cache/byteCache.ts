/**
 * A cache with a budget in bytes. What goes first is decided by S3-FIFO (Yang et al., SOSP 2023), with bytes where the
 * paper counts entries: newcomers wait in a small queue, those asked for again there move to the main one, and the keys
 * of those that were not are remembered for a while as ghosts; a ghost that comes again goes straight to the main queue.
 * So a scan of things read once passes through without pushing out what is in use. A hit only raises a counter.
 * It never measures a value, and never holds more than its budget, not even for a moment.
 */
import assert from 'node:assert';
import { SlotQueue } from './slotQueue.js';
import { NONE, Slots } from './slots.js';

export interface ByteCacheOptions<V = unknown> {
  /** Bytes of values the cache may hold; 0 keeps nothing. */
  readonly budgetBytes: number;
  /** Called once with each value that is held no longer, or was too big to be; it must not touch the cache. */
  readonly onLeave?: (value: V) => void;
}

const SMALL = 1;
const MAIN = 2;
const GHOST = 3;

/** The part of the budget that newcomers may take while the main queue has need of the rest. */
const SMALL_SHARE = 0.1;
/** Touches are counted up to here. */
const TOUCHES_MAX = 3;
/** With more touches than this a newcomer moves to the main queue. */
const TOUCHES_TO_STAY = 1;
/**
 * Entries one eviction may spare, in each queue, because they were touched; after so many, the next one goes all the
 * same. It bounds how long an eviction takes; without it the share of hits was the same to within 0.005.
 */
const SPARED_MAX = 256;
/** Ghosts that are kept however few entries live. */
const GHOSTS_MIN = 64;

/** `V` is anything but `undefined`, which stands for no value. */
export class ByteCache<V> {
  /** Plain counters since the cache was made, for whoever shows them. */
  hits = 0;
  misses = 0;
  /** Entries that had to leave for want of room; not those replaced, deleted or refused. */
  evictions = 0;

  private readonly slotOf = new Map<string, number>();
  private readonly slots = new Slots<V>();
  private readonly small = new SlotQueue(this.slots, SMALL);
  private readonly main = new SlotQueue(this.slots, MAIN);
  private readonly ghosts = new SlotQueue(this.slots, GHOST);
  private budget = 0;
  private reserved = 0;
  private smallBytes = 0;
  private readonly onLeave: ((value: V) => void) | undefined;

  constructor(options: ByteCacheOptions<V>) {
    this.onLeave = options.onLeave;
    this.budgetBytes = options.budgetBytes;
  }

  get budgetBytes(): number {
    return this.budget;
  }

  /** Takes effect at once: what no longer fits is evicted before this returns. */
  set budgetBytes(budgetBytes: number) {
    assert(budgetBytes >= 0, `A cache budget is a number of bytes, 0 or more, but got ${budgetBytes}.`);
    this.budget = budgetBytes;
    this.smallBytes = Math.floor(budgetBytes * SMALL_SHARE);
    this.makeRoom(0);
    this.forgetGhosts();
  }

  /** Bytes of the budget that something else takes. */
  get reservedBytes(): number {
    return this.reserved;
  }

  /** Takes effect at once, as `budgetBytes` does. */
  set reservedBytes(bytes: number) {
    assert(bytes >= 0, `Bytes to reserve are a number, 0 or more, but got ${bytes}.`);
    this.reserved = bytes;
    this.makeRoom(0);
  }

  /** Sum of the bytes of what is held: never more than `budgetBytes` less `reservedBytes`. */
  get bytes(): number {
    return this.small.bytes + this.main.bytes;
  }

  /** Number of values held. */
  get size(): number {
    return this.small.length + this.main.length;
  }

  /** The value last set under the key, if it is still here. Counts as a use of it. */
  get(key: string): V | undefined {
    const slot = this.slotOf.get(key);
    const value = slot === undefined ? undefined : this.slots.values[slot];
    if (slot === undefined || value === undefined) {
      this.misses++;
      return undefined;
    }
    this.hits++;
    this.touch(slot);
    return value;
  }

  /** As `get`, but neither a use nor counted. */
  peek(key: string): V | undefined {
    const slot = this.slotOf.get(key);
    return slot === undefined ? undefined : this.slots.values[slot];
  }

  /**
   * Holds the value under the key, in place of what was there, and evicts others to make room. A value bigger than the
   * whole budget is not kept; nor is what it would have replaced.
   * @param bytes what holding the value costs; counted as 1 at least
   */
  set(key: string, value: V, bytes: number): void {
    if (!Number.isSafeInteger(bytes) || bytes < 0) {
      assert.fail(`An entry costs a whole number of bytes, 0 or more, but got ${bytes}.`);
    }
    const cost = Math.max(bytes, 1);
    const slot = this.slotOf.get(key);
    const isHeld = slot !== undefined && this.slots.places[slot] !== GHOST;
    if (cost > this.room) {
      if (isHeld) this.drop(slot);
      this.onLeave?.(value);
    } else if (isHeld) this.replace(slot, value, cost);
    else if (slot === undefined) this.admit(key, value, cost);
    else this.readmit(slot, value, cost);
  }

  /** Forgets the key. Answers whether a value was held under it. */
  delete(key: string): boolean {
    const slot = this.slotOf.get(key);
    if (slot === undefined) return false;
    const isHeld = this.slots.places[slot] !== GHOST;
    this.drop(slot);
    return isHeld;
  }

  /** Forgets everything but the counters, and gives back the memory of the table. */
  clear(): void {
    if (this.onLeave !== undefined) for (const value of this.slots.values) if (value !== undefined) this.onLeave(value);
    this.slotOf.clear();
    this.slots.clear();
    this.small.clear();
    this.main.clear();
    this.ghosts.clear();
  }

  private get room(): number {
    return this.budget > this.reserved ? this.budget - this.reserved : 0;
  }

  private touch(slot: number): void {
    const { touches } = this.slots;
    const seen = touches[slot] as number;
    if (seen < TOUCHES_MAX) touches[slot] = seen + 1;
  }

  private admit(key: string, value: V, bytes: number): void {
    this.makeRoom(bytes);
    const slot = this.slots.take(key);
    this.slotOf.set(key, slot);
    this.hold(this.small, slot, value, bytes);
  }

  private readmit(slot: number, value: V, bytes: number): void {
    this.ghosts.remove(slot);
    this.makeRoom(bytes);
    this.slots.touches[slot] = 0;
    this.hold(this.main, slot, value, bytes);
  }

  /** Counts as a use. Stays in its queue, as its newest where its size changed. */
  private replace(slot: number, value: V, bytes: number): void {
    this.touch(slot);
    const before = this.slots.values[slot];
    if (before !== undefined && before !== value) this.onLeave?.(before);
    if (this.slots.bytes[slot] === bytes) {
      this.slots.values[slot] = value;
      return;
    }
    const queue = this.queueOf(slot);
    queue.remove(slot);
    this.makeRoom(bytes);
    this.hold(queue, slot, value, bytes);
  }

  private hold(queue: SlotQueue, slot: number, value: V, bytes: number): void {
    this.slots.values[slot] = value;
    this.slots.bytes[slot] = bytes;
    queue.push(slot);
  }

  private makeRoom(bytes: number): void {
    let promoted = 0;
    while (this.bytes + bytes > this.room) {
      const newcomersGo = this.small.bytes > this.smallBytes && promoted < SPARED_MAX;
      if (!newcomersGo && this.main.length > 0) this.shrinkMain();
      else if (this.promoteOldest()) promoted++;
      else {
        this.shrinkSmall();
        promoted = 0;
      }
    }
  }

  /** Moves the oldest newcomer to the main queue if it was touched enough, and says whether it did. */
  private promoteOldest(): boolean {
    const { small, slots } = this;
    const slot = small.oldest;
    if ((slots.touches[slot] as number) <= TOUCHES_TO_STAY) return false;
    slots.touches[slot] = 0;
    small.remove(slot);
    this.main.push(slot);
    return true;
  }

  /** The oldest newcomer leaves a ghost. */
  private shrinkSmall(): void {
    const slot = this.small.oldest;
    this.small.remove(slot);
    this.leave(slot);
    this.evictions++;
    this.ghosts.push(slot);
    this.forgetGhosts();
  }

  /** The oldest that was not touched since it last came round leaves for good. */
  private shrinkMain(): void {
    const { main, slots } = this;
    for (let spared = 0; spared < SPARED_MAX; spared++) {
      const slot = main.oldest;
      const touches = slots.touches[slot] as number;
      if (touches === 0) break;
      slots.touches[slot] = touches - 1;
      main.remove(slot);
      main.push(slot);
    }
    this.evictions++;
    this.drop(main.oldest);
  }

  /** Ghosts stand for no more bytes than the main queue may hold, and are no more than there are entries. */
  private forgetGhosts(): void {
    const { ghosts } = this;
    const most = Math.max(this.size, GHOSTS_MIN);
    while (ghosts.oldest !== NONE && (ghosts.length > most || ghosts.bytes > this.budget - this.smallBytes)) {
      this.drop(ghosts.oldest);
    }
  }

  private drop(slot: number): void {
    this.queueOf(slot).remove(slot);
    this.leave(slot);
    this.slotOf.delete(this.slots.keys[slot] as string);
    this.slots.release(slot);
  }

  private leave(slot: number): void {
    const value = this.slots.values[slot];
    this.slots.values[slot] = undefined;
    if (value !== undefined) this.onLeave?.(value);
  }

  private queueOf(slot: number): SlotQueue {
    const place = this.slots.places[slot];
    return place === SMALL ? this.small : place === MAIN ? this.main : this.ghosts;
  }
}
