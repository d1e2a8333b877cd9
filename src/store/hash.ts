/**
 * Names of blocks: BLAKE3 of their bytes, in hex. This runs on the WASM build of the `blake3` package, which is quicker
 * than a native one for blocks of the usual size (2 KB: about 4 µs) and is the same on every machine. Never caches.
 */
import { createHash, hash } from 'blake3';
import { HeliosError } from '../protocol/errors.js';
import type { Hash } from './store.js';

/** Inputs above this are hashed in pieces, so that the WASM memory, which never shrinks, stays small. */
const PIECE_BYTES = 1_048_576;

const HASH = /^[0-9a-f]{64}$/;

/** The hash of some bytes, of any length: 64 lower-case hex digits. */
export function hashOf(bytes: Uint8Array): Hash {
  return digestOf(bytes).toString('hex');
}

/** The same as 32 bytes. */
export function digestOf(bytes: Uint8Array): Buffer {
  if (bytes.length <= PIECE_BYTES) return hash(bytes) as Buffer;
  const hasher = createHash();
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) hasher.update(bytes.subarray(at, at + PIECE_BYTES));
  return hasher.digest() as Buffer;
}

/** Whether a text can be the name of a block. */
export function isHash(text: string): text is Hash {
  return HASH.test(text);
}

/**
 * Checks that bytes are the block that they are said to be.
 * @throws HeliosError `CORRUPT_BLOCK` (details: `hash`, `found`)
 */
export function verify(hash: Hash, bytes: Uint8Array): void {
  if (hashOf(bytes) !== hash) throw corrupt(hash, bytes);
}

/** What to throw when bytes are not the block that they are said to be. */
export function corrupt(hash: Hash, bytes: Uint8Array): HeliosError {
  const found = hashOf(bytes);
  return new HeliosError(
    'CORRUPT_BLOCK',
    `Block ${hash} is damaged: its ${bytes.length} bytes have the hash ${found}. Bring it back from a backup or from another machine.`,
    { details: { hash, found } },
  );
}
