/**
 * Which blocks a block is made of and points at, out of its child list alone: no body is decoded. Walks with a stack of
 * its own, to any depth.
 */
import type { Hash } from '../store/index.js';
import { CHILD_BYTES } from './format.js';
import { childAt, headerOf } from './header.js';

/** Components and links, as the child list has them. Of a block that is known to be one. */
export function childrenOf(block: Uint8Array): Hash[] {
  const { components, links, listAt } = headerOf(block);
  const children: Hash[] = [];
  for (let index = 0; index < components + links; index++) {
    children.push(childAt(block, listAt + index * CHILD_BYTES).hash);
  }
  return children;
}

/**
 * All that is within reach of some blocks, they included, as far as it is not `known`: whoever answers must know it from
 * then on. Yields each with its block before what is below it; `undefined` for a block that isn't there. `children` reads
 * blocks that nobody has vouched for.
 * @throws HeliosError `CORRUPT_BLOCK` by `get`
 */
export function* closureOf(
  hashes: Iterable<Hash>,
  isKnown: (hash: Hash) => boolean,
  get: (hash: Hash) => Uint8Array | undefined,
  children: (block: Uint8Array, hash: Hash) => readonly Hash[] = childrenOf,
): Generator<{ readonly hash: Hash; readonly block: Uint8Array | undefined }> {
  const stack = [...hashes];
  for (let hash = stack.pop(); hash !== undefined; hash = stack.pop()) {
    if (isKnown(hash)) continue;
    const block = get(hash);
    yield { hash, block };
    if (block !== undefined) for (const child of children(block, hash)) if (!isKnown(child)) stack.push(child);
  }
}
