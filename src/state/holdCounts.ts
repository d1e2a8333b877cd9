/**
 * How often blocks are held, in few bytes: by the first 64 bits of their hashes, in open addressing, as in marks.ts. A
 * block costs 32 to 64 bytes and no object. Two hashes that begin alike count as one.
 */
import type { Hash } from '../store/index.js';

/** Hash (two words), times held, bytes. */
const STRIDE = 4;
const FIRST_CAPACITY = 1_024;
const LOAD = 0.5;
const COUNT_MAX = 0xffff_ffff;

/** Digits of a hash that blocks are told apart by. */
export const PREFIX_DIGITS = 16;

/** One entry: the first digits of a hash, how often it is held, and its bytes. */
export interface Held {
  readonly prefix: string;
  readonly times: number;
  readonly bytes: number;
}

export class HoldCounts {
  size = 0;
  private words = new Uint32Array(FIRST_CAPACITY * STRIDE);

  /** Counts one more holder of a block. Says whether it is the first. */
  add(hash: Hash): boolean {
    const high = Number.parseInt(hash.slice(0, 8), 16);
    const low = Number.parseInt(hash.slice(8, 16), 16);
    const at = this.find(high, low);
    const times = this.words[at + 2] as number;
    if (times < COUNT_MAX) this.words[at + 2] = times + 1;
    if (times > 0) return false;
    this.words[at] = high;
    this.words[at + 1] = low;
    this.size++;
    if (this.size > (this.words.length / STRIDE) * LOAD) this.grow();
    return true;
  }

  /** Says how many bytes a counted block has. */
  measure(hash: Hash, bytes: number): void {
    this.words[this.find(Number.parseInt(hash.slice(0, 8), 16), Number.parseInt(hash.slice(8, 16), 16)) + 3] = bytes;
  }

  *[Symbol.iterator](): Generator<Held, undefined> {
    const { words } = this;
    for (let at = 0; at < words.length; at += STRIDE) {
      const times = words[at + 2] as number;
      if (times === 0) continue;
      const [high, low] = [words[at] as number, words[at + 1] as number];
      const prefix = high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
      yield { prefix, times, bytes: words[at + 3] as number };
    }
  }

  /** Where it stands, or the free place where it would: one that nothing is held at. */
  private find(high: number, low: number): number {
    const { words } = this;
    const last = words.length - STRIDE;
    for (let at = (low * STRIDE) & last; ; at = (at + STRIDE) & last) {
      if (words[at + 2] === 0 || (words[at] === high && words[at + 1] === low)) return at;
    }
  }

  private grow(): void {
    const before = this.words;
    this.words = new Uint32Array(before.length * 2);
    for (let from = 0; from < before.length; from += STRIDE) {
      if (before[from + 2] === 0) continue;
      const at = this.find(before[from] as number, before[from + 1] as number);
      this.words.set(before.subarray(from, from + STRIDE), at);
    }
  }
}
