/** What is said of a block whose bytes do not fit the format. */
import { HeliosError } from '../protocol/errors.js';
import type { Hash } from '../store/index.js';

/** @throws HeliosError `CORRUPT_BLOCK` (details: `hash`) */
export function corruptBlock(hash: Hash, what: string): never {
  throw new HeliosError(
    'CORRUPT_BLOCK',
    `Block ${hash} ${what}. It was damaged, or written by another program: import its object again.`,
    { details: { hash } },
  );
}
