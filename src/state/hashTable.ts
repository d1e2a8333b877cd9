/**
 * A table by block hash in few bytes: by their first 64 bits, in open addressing, so that an entry costs no object. Two
 * hashes that begin alike count as one, which has odds of one in a million with a million blocks.
 */
import type { Hash } from '../store/index.js';

/** Digits of a hash that entries are told apart by. */
export const PREFIX_DIGITS = 16;

const FIRST_CAPACITY = 1_024;
/** The table is doubled when it is fuller than this. */
const LOAD = 0.5;

export class HashTable {
  size = 0;
  /** Each entry: two words of its hash, never both 0, then what is kept of it. */
  words: Uint32Array;

  constructor(private readonly stride: 2 | 4) {
    this.words = new Uint32Array(FIRST_CAPACITY * stride);
  }

  has(hash: Hash): boolean {
    return !this.isFree(this.find(high(hash), low(hash)));
  }

  /** Where the entry of a hash is, made if there is none; `size` says whether it was. */
  entry(hash: Hash): number {
    const [first, second] = [high(hash), low(hash)];
    let at = this.find(first, second);
    if (!this.isFree(at)) return at;
    this.size++;
    if (this.size > (this.words.length / this.stride) * LOAD) {
      this.grow();
      at = this.find(first, second);
    }
    this.words[at] = first;
    this.words[at + 1] = second;
    return at;
  }

  /** Places of all entries. */
  *places(): Generator<number, undefined> {
    for (let at = 0; at < this.words.length; at += this.stride) if (!this.isFree(at)) yield at;
  }

  /** The first digits of the hash of an entry. */
  prefixAt(at: number): string {
    return [this.words[at], this.words[at + 1]].map((word) => Number(word).toString(16).padStart(8, '0')).join('');
  }

  private isFree(at: number): boolean {
    return this.words[at] === 0 && this.words[at + 1] === 0;
  }

  /** Where it stands, or the free place where it would. */
  private find(first: number, second: number): number {
    const { words, stride } = this;
    const last = words.length - stride;
    for (let at = (second * stride) & last; ; at = (at + stride) & last) {
      if ((words[at] === first && words[at + 1] === second) || this.isFree(at)) return at;
    }
  }

  private grow(): void {
    const { words: before, stride } = this;
    this.words = new Uint32Array(before.length * 2);
    for (let from = 0; from < before.length; from += stride) {
      const [first, second] = [before[from] as number, before[from + 1] as number];
      if (first === 0 && second === 0) continue;
      this.words.set(before.subarray(from, from + stride), this.find(first, second));
    }
  }
}

function high(hash: Hash): number {
  return Number.parseInt(hash.slice(0, 8), 16);
}

function low(hash: Hash): number {
  return Number.parseInt(hash.slice(8, PREFIX_DIGITS), 16) || 1;
}
