/**
 * How many bytes the store's blocks have, without walking them. Each opening of the store has a slot of its own in the
 * `tally` table and writes into it, in the transaction that adds blocks, how many bytes it has added so far; the sum of
 * the slots is the figure. No two openings write the same slot, so nobody reads before writing and nobody is undone.
 *
 * The figure is exact but for one case: when two processes write the same block at the same moment, and the one that
 * came second dies before its next transaction, that block stays counted twice.
 */
import type { Tables } from './tables.js';

const SLOT_BYTES = 8;
const RECORD_BYTES = SLOT_BYTES + 1;
const ENDED = 1;

/** Where slots of openings that have ended are added together. */
const ENDED_SLOT = new Uint8Array(SLOT_BYTES);

export class Tally {
  /** Bytes that this opening has added, as far as it knows. */
  private added = 0;
  /** What its slot in the table says. */
  private written = 0;

  constructor(
    private readonly table: Tables['tally'],
    private readonly slot: Uint8Array,
  ) {}

  /** Whether the table is to be corrected: fewer bytes were added than a transaction took for granted. */
  get isOff(): boolean {
    return this.added !== this.written;
  }

  /** Whether this opening has a slot in the table. */
  get hasSlot(): boolean {
    return this.written !== 0;
  }

  /** Bytes added so far, to reckon with while the next transaction is queued. */
  get known(): number {
    return this.added;
  }

  /** Queues that this opening has added so many bytes in all. */
  queue(added: number): void {
    void this.table.put(this.slot, record(added, 0));
  }

  /** What a transaction did: bytes that it added, and what it left in the slot, if it wrote there. */
  settle(addedNow: number, written: number | undefined): void {
    this.added += addedNow;
    this.written = written ?? this.written;
  }

  /** Queues that this opening will add no more, so that a later one may clear the slot away. */
  queueEnd(): void {
    void this.table.put(this.slot, record(this.added, ENDED));
  }

  /** Bytes of all blocks. Costs a read and about a microsecond for each opening that has not ended well. */
  total(): number {
    let bytes = 0;
    for (const { value } of this.table.getRange({ start: ENDED_SLOT })) bytes += bytesIn(value);
    return bytes;
  }
}

/** Adds the slots of ended openings together, within a transaction. */
export function foldEnded(table: Tables['tally']): void {
  const ended = [...table.getRange({ start: ENDED_SLOT })].filter(({ value }) => value[SLOT_BYTES] === ENDED);
  if (ended.length < 2) return;
  let bytes = 0;
  for (const { key, value } of ended) {
    bytes += bytesIn(value);
    void table.remove(key);
  }
  void table.put(ENDED_SLOT, record(bytes, ENDED));
}

function record(bytes: number, flag: number): Uint8Array {
  const value = Buffer.alloc(RECORD_BYTES);
  value.writeDoubleLE(bytes, 0);
  value[SLOT_BYTES] = flag;
  return value;
}

function bytesIn(value: Uint8Array): number {
  return Buffer.from(value.buffer, value.byteOffset, value.length).readDoubleLE(0);
}
