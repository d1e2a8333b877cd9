/**
 * A set of block hashes in few bytes: by their first 64 bits, in open addressing, so that a hash costs 16 to 32 bytes
 * and no object. Two hashes that begin alike count as one: for a collection, which keeps what is marked, that errs on
 * the safe side (and has odds of one in a million with a million blocks).
 */
import type { Hash } from '../store/index.js';

const FIRST_CAPACITY = 1_024;
/** The table is doubled when it is fuller than this. */
const LOAD = 0.5;

export class Marks {
  size = 0;
  private words = new Uint32Array(FIRST_CAPACITY * 2);

  has(hash: Hash): boolean {
    const at = this.find(high(hash), low(hash));
    return this.words[at] !== 0 || this.words[at + 1] !== 0;
  }

  /** Says whether it is new. */
  add(hash: Hash): boolean {
    const [first, second] = [high(hash), low(hash)];
    const at = this.find(first, second);
    if (this.words[at] !== 0 || this.words[at + 1] !== 0) return false;
    this.words[at] = first;
    this.words[at + 1] = second;
    this.size++;
    if (this.size > (this.words.length / 2) * LOAD) this.grow();
    return true;
  }

  /** Where it stands, or the free place where it would. */
  private find(first: number, second: number): number {
    const { words } = this;
    const last = words.length - 2;
    for (let at = (second * 2) & last; ; at = (at + 2) & last) {
      if (words[at] === first && words[at + 1] === second) return at;
      if (words[at] === 0 && words[at + 1] === 0) return at;
    }
  }

  private grow(): void {
    const before = this.words;
    this.words = new Uint32Array(before.length * 2);
    for (let from = 0; from < before.length; from += 2) {
      const first = before[from] as number;
      const second = before[from + 1] as number;
      if (first === 0 && second === 0) continue;
      const at = this.find(first, second);
      this.words[at] = first;
      this.words[at + 1] = second;
    }
  }
}

function high(hash: Hash): number {
  return Number.parseInt(hash.slice(0, 8), 16);
}

/** Never 0 together with the other: that stands for a free place. */
function low(hash: Hash): number {
  return Number.parseInt(hash.slice(8, 16), 16) || 1;
}
