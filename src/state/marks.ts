/**
 * A set of block hashes in 16 to 32 bytes each. Two that begin alike count as one: for a collection, which keeps what is
 * marked, that errs on the safe side.
 */
import type { Hash } from '../store/index.js';
import { HashTable } from './hashTable.js';

export class Marks {
  private readonly table = new HashTable(2);

  get size(): number {
    return this.table.size;
  }

  has(hash: Hash): boolean {
    return this.table.has(hash);
  }

  /** Says whether it is new. */
  add(hash: Hash): boolean {
    const before = this.table.size;
    this.table.entry(hash);
    return this.table.size > before;
  }
}
