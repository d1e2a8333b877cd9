/**
 * The table behind the cache: one numbered slot an entry, its fields in arrays side by side, so that an entry costs no
 * object of its own and nothing is allocated while entries come and go. It grows by doubling and shrinks only when it is
 * emptied. It knows no order and no budget.
 */

/** No slot: the end of a queue, an empty free list. */
export const NONE = -1;

const FIRST_CAPACITY = 64;

export class Slots<V> {
  keys: string[] = [];
  /** `undefined` for a ghost, and for a slot nobody uses. */
  values: (V | undefined)[] = [];
  bytes = new Float64Array(FIRST_CAPACITY);
  touches = new Uint8Array(FIRST_CAPACITY);
  /** Which queue the slot stands in, as that queue's own number. */
  places = new Uint8Array(FIRST_CAPACITY);
  /** Neighbours in that queue; `newer` also chains the free slots. */
  newer = new Int32Array(FIRST_CAPACITY);
  older = new Int32Array(FIRST_CAPACITY);

  private firstFree = NONE;

  /** A slot for this key, with no value and never touched. */
  take(key: string): number {
    let slot = this.firstFree;
    if (slot === NONE) slot = this.addSlot();
    else this.firstFree = this.newer[slot] as number;
    this.keys[slot] = key;
    this.touches[slot] = 0;
    return slot;
  }

  /** Gives a slot back, holding on to neither its key nor its value. */
  release(slot: number): void {
    this.keys[slot] = '';
    this.values[slot] = undefined;
    this.newer[slot] = this.firstFree;
    this.firstFree = slot;
  }

  clear(): void {
    this.keys = [];
    this.values = [];
    this.firstFree = NONE;
    this.resize(FIRST_CAPACITY);
  }

  private addSlot(): number {
    const slot = this.keys.length;
    if (slot === this.bytes.length) this.resize(slot * 2);
    this.keys.push('');
    this.values.push(undefined);
    return slot;
  }

  private resize(capacity: number): void {
    this.bytes = copied(this.bytes, new Float64Array(capacity));
    this.touches = copied(this.touches, new Uint8Array(capacity));
    this.places = copied(this.places, new Uint8Array(capacity));
    this.newer = copied(this.newer, new Int32Array(capacity));
    this.older = copied(this.older, new Int32Array(capacity));
  }
}

function copied<A extends Float64Array | Uint8Array | Int32Array>(from: A, to: A): A {
  to.set(from.subarray(0, Math.min(from.length, to.length)));
  return to;
}
