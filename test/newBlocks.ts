/** What an edit costs: blocks that were read for it, and blocks that are new in its outcome. */
import { Helios, type StateReference } from '../src/index.js';
import { freshBlocks } from '../src/state/part.js';
import { heldBy, hostOf, partOf } from '../src/state/reference.js';

/** Blocks of a state that were made here and are in no store. Encodes what was edited. */
export function newBlocksOf(reference: StateReference<never, never>): number {
  const any = reference as unknown as StateReference<unknown, unknown>;
  return [...freshBlocks(partOf(hostOf(any), heldBy(any)))].length;
}

/** Blocks of a state in all, equal ones once. */
export function blocksOf(helios: Helios, reference: StateReference<never, never>): number {
  const { blocks } = Helios.runtime(helios).rooms;
  const seen = new Set<string>();
  const stack = [partOf(hostOf(reference as never), heldBy(reference as never))];
  for (let part = stack.pop(); part !== undefined; part = stack.pop()) {
    if (seen.has(part.hash)) continue;
    seen.add(part.hash);
    const open = blocks.open(part);
    if (open !== undefined) stack.push(...open.children.slice(0, open.components));
  }
  return seen.size;
}

/** Runs something and counts the blocks that are read from the store meanwhile. Forgets decoded ones before. */
export function readsOf(helios: Helios, run: () => unknown): number {
  const { rooms } = Helios.runtime(helios);
  rooms.cache.clear();
  const before = rooms.blocks.storeReads;
  run();
  return rooms.blocks.storeReads - before;
}
