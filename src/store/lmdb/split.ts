/** How blocks are divided among transactions, so that each holds the write lock for some 20 ms and not for seconds. */
import type { Blocks } from '../store.js';

/** Blocks in one transaction, and bytes in them; a single block may be larger. */
export const MAX_BATCH_BLOCKS = 4_096;
export const MAX_BATCH_BYTES = 8 * 1_048_576;

/** Blocks that go ahead in transactions of their own, and those that go with the change. */
export function splitBlocks(blocks: Blocks): { readonly ahead: readonly Blocks[]; readonly rest: Blocks } {
  if (blocks.size <= MAX_BATCH_BLOCKS && bytesIn(blocks) <= MAX_BATCH_BYTES) return { ahead: [], rest: blocks };
  const ahead: Blocks[] = [];
  let rest = new Map<string, Uint8Array>();
  let bytes = 0;
  for (const [hash, block] of blocks) {
    if (rest.size >= MAX_BATCH_BLOCKS || (rest.size > 0 && bytes + block.length > MAX_BATCH_BYTES)) {
      ahead.push(rest);
      rest = new Map();
      bytes = 0;
    }
    rest.set(hash, block);
    bytes += block.length;
  }
  return { ahead, rest };
}

export function bytesIn(blocks: Blocks): number {
  let bytes = 0;
  for (const block of blocks.values()) bytes += block.length;
  return bytes;
}
