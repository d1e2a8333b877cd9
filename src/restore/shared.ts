/**
 * Shared components: those that more than one of the objects in memory hold. One that is built a second time is
 * promoted: from then on all objects that hold it have the same frozen value, and its bytes are counted once, apart from
 * the cache's entries, for as long as anything that is kept holds it. When nothing does any more it is demoted: an entry
 * of the cache like others, which goes when it isn't asked for. Never reads a block.
 */
import type { ByteCache } from '../cache/index.js';
import type { Hash } from '../store/index.js';
import { type Cell, decodedBytes, type SharedCell } from './cell.js';

/** Components that are remembered to have been built once, at most; half of them is forgotten at a time. */
const SEEN_MAX = 16_384;
/** The part of the memory for decoded values that shared components may take. */
const SHARED_PART = 0.5;

/** Counters since the start, and what there is now. */
export interface SharedStats {
  /** Shared components now, and their bytes in memory as they are reckoned. */
  readonly components: number;
  readonly bytes: number;
  /** Kept values that hold them now, summed over the components. */
  readonly holders: number;
  /** Bytes that the holders would take besides, each with a copy of its own. */
  readonly savedBytes: number;
  readonly promotions: number;
  readonly demotions: number;
}

export class SharedComponents {
  private readonly cells = new Map<Hash, SharedCell>();
  private seen = new Set<Hash>();
  private seenBefore = new Set<Hash>();
  /** Those that may have no holder (any more). */
  private idle: SharedCell[] = [];
  private promotions = 0;
  private demotions = 0;

  get(hash: Hash): SharedCell | undefined {
    return this.cells.get(hash);
  }

  /** A component was built: is it the second time? */
  meet(hash: Hash): boolean {
    if (this.seen.has(hash) || this.seenBefore.has(hash)) return true;
    if (this.seen.size >= SEEN_MAX / 2) {
      this.seenBefore = this.seen;
      this.seen = new Set();
    }
    this.seen.add(hash);
    return false;
  }

  /** The component as a shared one, if there is room for it. It has no holder yet: `settle` follows. */
  promote(hash: Hash, cell: Cell, cache: ByteCache<Cell>): SharedCell | undefined {
    const { whole, shallow, isObject, blockBytes, holds } = cell;
    const bytes = decodedBytes(blockBytes);
    if (cache.reservedBytes + bytes > cache.budgetBytes * SHARED_PART) return undefined;
    const shared: SharedCell = { hash, whole, shallow, isObject, hasBytes: false, blockBytes, holds, holders: 0 };
    for (const held of holds) held.holders++;
    // Out of the cache first: it would be charged twice.
    cache.delete(hash);
    this.cells.set(hash, shared);
    cache.reservedBytes += bytes;
    this.idle.push(shared);
    this.promotions++;
    return shared;
  }

  /** A value is kept from now on. */
  kept({ holds }: Cell): void {
    for (const held of holds) held.holders++;
  }

  /** A value isn't kept any more. The cache is at work just then: what has lost its last holder waits for `settle`. */
  readonly left = ({ holds }: Cell): void => {
    for (const held of holds) if (--held.holders === 0) this.idle.push(held);
  };

  /** Demotes those that nothing holds. */
  settle(cache: ByteCache<Cell>): void {
    for (let one = this.idle.pop(); one !== undefined; one = this.idle.pop()) {
      if (one.holders > 0 || this.cells.get(one.hash) !== one) continue;
      const { hash, whole, shallow, isObject, blockBytes, holds } = one;
      const bytes = decodedBytes(blockBytes);
      this.cells.delete(hash);
      this.demotions++;
      cache.reservedBytes -= bytes;
      cache.set(hash, { whole, shallow, isObject, hasBytes: false, blockBytes, holds }, bytes);
    }
  }

  stats(): SharedStats {
    let bytes = 0;
    let holders = 0;
    let savedBytes = 0;
    for (const cell of this.cells.values()) {
      const cost = decodedBytes(cell.blockBytes);
      bytes += cost;
      holders += cell.holders;
      savedBytes += Math.max(0, cell.holders - 1) * cost;
    }
    const { promotions, demotions } = this;
    return { components: this.cells.size, bytes, holders, savedBytes, promotions, demotions };
  }
}
