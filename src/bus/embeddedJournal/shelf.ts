/**
 * What is kept for a while: up to so many bytes, and for so long since it was put there; the oldest goes first. Looks at
 * the time whenever it is asked or given something, and has no timers.
 */

export interface Shelf<Key, Value> {
  readonly bytes: number;
  readonly size: number;
  get(key: Key): Value | undefined;
  /** Puts it in front, as the newest; an earlier one of this key makes room first. */
  put(key: Key, value: Value, bytes: number): void;
  delete(key: Key): boolean;
  /** Oldest first. */
  entries(): IterableIterator<readonly [Key, Value]>;
}

export interface ShelfOptions<Key> {
  readonly now: () => number;
  readonly keepMs: number;
  readonly bytesMax: number;
  /** What goes for its age or to make room, not what is deleted or replaced. */
  readonly onGone?: (key: Key) => void;
}

interface Kept<Value> {
  readonly value: Value;
  readonly bytes: number;
  readonly until: number;
}

export function createShelf<Key, Value>({ now, keepMs, bytesMax, onGone }: ShelfOptions<Key>): Shelf<Key, Value> {
  /** In the order in which they were put there. */
  const kept = new Map<Key, Kept<Value>>();
  let bytes = 0;

  function take(key: Key): boolean {
    const entry = kept.get(key);
    if (entry === undefined) return false;
    bytes -= entry.bytes;
    return kept.delete(key);
  }

  /** The newest stays whatever its size. */
  function trim(): void {
    const time = now();
    for (const [key, entry] of kept) {
      if (entry.until > time && (bytes <= bytesMax || kept.size === 1)) return;
      take(key);
      onGone?.(key);
    }
  }

  return {
    get bytes() {
      trim();
      return bytes;
    },
    get size() {
      trim();
      return kept.size;
    },
    get(key) {
      trim();
      return kept.get(key)?.value;
    },
    put(key, value, size) {
      take(key);
      kept.set(key, { value, bytes: size, until: now() + keepMs });
      bytes += size;
      trim();
    },
    delete(key) {
      trim();
      return take(key);
    },
    *entries() {
      trim();
      for (const [key, { value }] of kept) yield [key, value] as const;
    },
  };
}
