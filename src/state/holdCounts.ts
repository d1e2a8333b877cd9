/** How often blocks are held, and how large they are, in 32 to 64 bytes each. */
import type { Hash } from '../store/index.js';
import { HashTable } from './hashTable.js';

export interface Held {
  /** How the hash begins: see HashTable. */
  readonly prefix: string;
  readonly times: number;
  readonly bytes: number;
}

const TIMES = 2;
const BYTES = 3;
const COUNT_MAX = 0xffff_ffff;

export class HoldCounts {
  private readonly table = new HashTable(4);

  get size(): number {
    return this.table.size;
  }

  /** Counts one more holder of a block. Says whether it is the first. */
  add(hash: Hash): boolean {
    const before = this.table.size;
    const at = this.table.entry(hash) + TIMES;
    const { words } = this.table;
    words[at] = Math.min((words[at] as number) + 1, COUNT_MAX);
    return this.table.size > before;
  }

  /** Says how many bytes a counted block has. */
  measure(hash: Hash, bytes: number): void {
    const at = this.table.entry(hash) + BYTES;
    this.table.words[at] = bytes;
  }

  *[Symbol.iterator](): Generator<Held, undefined> {
    const { table } = this;
    for (const at of table.places()) {
      const [times, bytes] = [table.words[at + TIMES] as number, table.words[at + BYTES] as number];
      yield { prefix: table.prefixAt(at), times, bytes };
    }
  }
}
